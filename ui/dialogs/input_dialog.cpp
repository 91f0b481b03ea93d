// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/dialogs/input_dialog.h"

#include "core/base/error.h"
#include "ui/input_text.h"

#include <QDialogButtonBox>
#include <QFileDialog>
#include <QFileInfo>

namespace ketscope {

using namespace Qt::StringLiterals;

namespace {

constexpr int kTextLines = 3;
constexpr int kLabelLines = 4;
constexpr int kWidth = 96;  // average characters

QPlainTextEdit* makeEdit(int lines, const QString& placeholder, QWidget* parent)
{
    auto* edit = new QPlainTextEdit(parent);
    edit->setTabChangesFocus(true);
    edit->setPlaceholderText(placeholder);
    edit->setFixedHeight(edit->fontMetrics().lineSpacing() * lines + 14);
    return edit;
}

QLineEdit* makeField(const QString& placeholder, const QString& name, QWidget* parent)
{
    auto* field = new QLineEdit(parent);
    field->setObjectName(name);
    field->setPlaceholderText(placeholder);
    return field;
}

template <typename Numbers> QString joined(const Numbers& numbers)
{
    QStringList parts;
    for (const auto number : numbers)
        parts += QString::number(static_cast<int>(number));
    return parts.join(u", "_s);
}

}  // namespace

QString pictureFilter()
{
    return InputDialog::tr("Pictures (*.png *.jpg *.jpeg *.webp *.bmp *.tif *.tiff *.gif *.ppm *.pgm)");
}

InputDialog::InputDialog(const ModelInfo& model, bool hasTokenizer, const Input& input, QWidget* parent)
    : QDialog(parent), m_model(model), m_hasTokenizer(hasTokenizer), m_input(input),
      m_problem(makeLabel({}, "problem", this))
{
    setWindowTitle(tr("Input"));
    m_problem->setObjectName(u"problem"_s);
    m_problem->setWordWrap(true);
    m_problem->hide();
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Cancel, this);
    auto* run = buttons->addButton(tr("Run"), QDialogButtonBox::AcceptRole);
    setRole(*run, "primary");
    run->setDefault(true);
    auto* form = new QFormLayout;
    addTexts(*form);
    addPicture(*form);
    addNumbers(*form);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(16, 14, 16, 12);
    column->setSpacing(8);
    column->addLayout(form);
    column->addWidget(m_problem);
    column->addWidget(buttons);
    connect(buttons, &QDialogButtonBox::accepted, this, &InputDialog::accept);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    show(input);
    resizeInside(*this, QSize(fontMetrics().averageCharWidth() * kWidth, sizeHint().height()));
}

void InputDialog::disable(QWidget& control, const QString& reason)
{
    control.setEnabled(false);
    control.setToolTip(reason);
    if (auto* field = qobject_cast<QLineEdit*>(&control))
        field->setPlaceholderText(reason);
    if (auto* edit = qobject_cast<QPlainTextEdit*>(&control))
        edit->setPlaceholderText(reason);
}

void InputDialog::addTexts(QFormLayout& form)
{
    m_text = makeEdit(kTextLines, tr("A sentence"), this);
    m_text->setObjectName(u"text"_s);
    m_pair = makeField(tr("A second text, for models that compare two"), u"pair"_s, this);
    m_labels =
        makeEdit(kLabelLines, tr("One label a line, in place of a text: the picture is held against each"), this);
    m_labels->setObjectName(u"labels"_s);
    m_template = makeField(tr("a picture of a {}"), u"template"_s, this);
    form.addRow(makeLabel(tr("Text"), "title", this));
    form.addRow(tr("Text"), m_text);
    form.addRow(tr("Second text"), m_pair);
    form.addRow(tr("Labels"), m_labels);
    form.addRow(tr("Template"), m_template);
    m_template->setToolTip(tr("Every {} becomes the label."));
    const QString name = QString::fromStdString(m_model.title);
    QString reason;
    if (m_model.vocabularySize == 0)
        reason = tr("%1 reads no text").arg(name);
    else if (!m_hasTokenizer)
        reason = tr("This model has no tokenizer: enter token ids below");
    if (!reason.isEmpty())
        for (QWidget* each : std::initializer_list<QWidget*>{m_text, m_pair, m_labels, m_template})
            disable(*each, reason);
    else if (!m_model.usesTokenTypes)
        disable(*m_pair, tr("%1 does not tell two texts apart").arg(name));
    if (reason.isEmpty() && !m_model.takesFurtherTexts)
        for (QWidget* each : std::initializer_list<QWidget*>{m_labels, m_template})
            disable(*each, tr("Only for models that hold a picture against several texts, such as CLIP"));
}

QWidget* InputDialog::fileField(QLineEdit& field, const QString& title, const QString& filter)
{
    auto* row = new QWidget(this);
    auto* browse = new QPushButton(tr("Browse…"), row);
    auto* line = new QHBoxLayout(row);
    line->setContentsMargins(0, 0, 0, 0);
    line->addWidget(&field, 1);
    line->addWidget(browse);
    browse->setEnabled(m_model.image.has_value());
    connect(browse, &QPushButton::clicked, this, [this, &field, title, filter] {
        const QString file = QFileDialog::getOpenFileName(this, title, QFileInfo(field.text()).path(), filter);
        if (!file.isEmpty())
            field.setText(file);
    });
    return row;
}

void InputDialog::addPicture(QFormLayout& form)
{
    m_picture = makeField(tr("PNG, JPEG, WebP, BMP, TIFF"), u"picture"_s, this);
    m_pixels = makeField(tr(".npy, float32, shape [3, h, w], in place of a picture"), u"pixels"_s, this);
    form.addRow(makeLabel(tr("Picture"), "title", this));
    form.addRow(tr("File"), fileField(*m_picture, tr("Open a picture"), pictureFilter()));
    form.addRow(tr("Pixel values"), fileField(*m_pixels, tr("Open pixel values"), tr("NumPy array (*.npy)")));
    if (!m_model.image)
        for (QWidget* each : {m_picture, m_pixels})
            disable(*each, tr("%1 looks at no picture").arg(QString::fromStdString(m_model.title)));
}

void InputDialog::addNumbers(QFormLayout& form)
{
    m_ids = makeField(tr("101, 7, 102, in place of a text"), u"ids"_s, this);
    m_mask = makeField(tr("1, 1, 0: one value a token; 0 is padding"), u"mask"_s, this);
    m_types = makeField(tr("0, 0, 1: one value a token"), u"types"_s, this);
    form.addRow(makeLabel(tr("Exact numbers"), "title", this));
    form.addRow(tr("Token ids"), m_ids);
    form.addRow(tr("Attention mask"), m_mask);
    form.addRow(tr("Token types"), m_types);
    if (m_model.vocabularySize == 0)
        for (QWidget* each : {m_ids, m_mask, m_types})
            disable(*each, tr("%1 reads no text").arg(QString::fromStdString(m_model.title)));
    else if (!m_model.usesTokenTypes)
        disable(*m_types, tr("%1 has no token types").arg(QString::fromStdString(m_model.title)));
}

void InputDialog::show(const Input& input)
{
    m_text->setPlainText(QString::fromStdString(input.text.value_or("")));
    m_pair->setText(QString::fromStdString(input.textPair.value_or("")));
    QStringList labels;
    for (const std::string& label : input.labels)
        labels += QString::fromStdString(label);
    m_labels->setPlainText(labels.join(u'\n'));
    m_template->setText(input.labelTemplate == "{}" ? QString() : QString::fromStdString(input.labelTemplate));
    m_picture->setText(input.image ? QString::fromStdString(input.image->path) : QString());
    m_pixels->setText(QString::fromStdString(input.pixelValues));
    m_ids->setText(joined(input.tokenIds));
    m_mask->setText(joined(input.attentionMask));
    m_types->setText(joined(input.tokenTypes));
}

Input InputDialog::read() const
{
    Input input;
    if (m_text->isEnabled() && !m_text->toPlainText().isEmpty())
        input.text = m_text->toPlainText().toStdString();
    if (m_pair->isEnabled() && !m_pair->text().isEmpty())
        input.textPair = m_pair->text().toStdString();
    for (const QString& label : m_labels->toPlainText().split(u'\n'))
        if (const QString text = label.trimmed(); m_labels->isEnabled() && !text.isEmpty())
            input.labels.push_back(text.toStdString());
    if (!m_template->text().isEmpty() && !input.labels.empty())
        input.labelTemplate = m_template->text().toStdString();
    if (m_picture->isEnabled() && !m_picture->text().isEmpty())
        input.image = PictureInput{m_picture->text().toStdString(), nullptr};
    if (m_pixels->isEnabled())
        input.pixelValues = m_pixels->text().toStdString();
    input.tokenIds = wholeNumbersIn(m_ids->text(), "token ids");
    for (const std::int32_t value : wholeNumbersIn(m_mask->text(), "attention mask")) {
        if (value != 0 && value != 1)
            refuse({"attention mask", "0 or 1 for each token", std::to_string(value), ""});
        input.attentionMask.push_back(static_cast<std::uint8_t>(value));
    }
    input.tokenTypes = wholeNumbersIn(m_types->text(), "token types");
    // A picture that stays the same stays decoded.
    if (input.image && m_input.image && input.image->path == m_input.image->path)
        input.image = m_input.image;
    return input;
}

void InputDialog::accept()
{
    try {
        m_input = read();
        QDialog::accept();
    } catch (const Error& error) {
        m_problem->setText(QString::fromUtf8(error.what()));
        m_problem->show();
    }
}

}  // namespace ketscope
