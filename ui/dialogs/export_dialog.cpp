// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/dialogs/export_dialog.h"

#include "viz/scale.h"

#include <QDialogButtonBox>
#include <QFileDialog>
#include <QScrollArea>
#include <QStandardPaths>

namespace ketscope {

using namespace Qt::StringLiterals;

namespace {

constexpr int kDebounceMs = 150;
constexpr double kPreviewDpi = 96.0;
const QString kHeatmap = u"heatmap"_s;
constexpr double kPresets[] = {89.0, 120.0, 183.0};

QDoubleSpinBox* makeSpin(double low, double high, int decimals, const QString& suffix, QWidget* parent)
{
    auto* spin = new QDoubleSpinBox(parent);
    spin->setRange(low, high);
    spin->setDecimals(decimals);
    spin->setSuffix(suffix);
    spin->setButtonSymbols(QAbstractSpinBox::NoButtons);
    spin->setKeyboardTracking(false);
    return spin;
}

QString suggestedName(const Comparison& comparison, const QString& type)
{
    const Selection& at = comparison.study.selection;
    return u"%1-l%2h%3"_s.arg(type == kHeatmap ? u"attention"_s : type).arg(at.layer).arg(at.head);
}

std::unique_ptr<Figure> figureOf(const ExportTask& task)
{
    if (task.type == kHeatmap)
        return std::make_unique<Heatmap>(task.comparison, task.heatmap);
    return figureType(task.type).make(task.comparison);
}

}  // namespace

Job::Work exportWork(const ExportTask& task, const std::function<void()>& done)
{
    return [task, done](Monitor& monitor) -> Job::Delivery {
        const std::unique_ptr<Figure> figure = figureOf(task);
        monitor.check();
        exportFigure(*figure, *task.comparison, task.file, task.options);
        return done;
    };
}

ExportDialog::ExportDialog(const ComparisonPointer& comparison, const QString& type,
                           std::optional<double> lockedMaximum, Settings& settings, Appearance& appearance,
                           QWidget* parent)
    : QDialog(parent), m_comparison(comparison), m_lockedMaximum(lockedMaximum), m_settings(settings),
      m_appearance(appearance), m_type(new ChoiceBox(this))
{
    m_type->setObjectName(u"figureType"_s);
    m_type->setAccessibleName(tr("Figure"));
    for (const FigureType* each : figureTypes())
        m_type->addItem(each->title, each->id);
    m_type->choose(type);
    setWindowTitle(tr("Export figure"));
    auto* middle = new QHBoxLayout;
    middle->setSpacing(0);
    middle->addWidget(makeOptions());
    middle->addWidget(makePreview(), 1);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addLayout(middle, 1);
    column->addWidget(makeBottom());
    const Theme& theme = appearance.theme();
    const QSize wanted(qRound(theme.px(1120)), qRound(theme.px(660)));
    resize(parent == nullptr ? wanted : wanted.boundedTo(parent->window()->size() * 0.95));
    m_debounce.setSingleShot(true);
    m_debounce.setInterval(kDebounceMs);
    load(settings.exportChoice());
    connectControls();
    renderPreview();
}

QWidget* ExportDialog::makeOptions()
{
    auto* area = new QScrollArea(this);
    auto* content = new QWidget(area);
    auto* column = new QVBoxLayout(content);
    column->setContentsMargins(14, 14, 14, 14);
    auto* form = new QFormLayout;
    column->addWidget(makeLabel(tr("Figure"), "title", content));
    column->addWidget(m_type);
    column->addSpacing(10);
    column->addWidget(makeLabel(tr("Size"), "title", content));
    column->addLayout(form);
    addSizes(*form);
    column->addSpacing(10);
    column->addWidget(makeLabel(tr("Include"), "title", content));
    addIncluded(*column);
    column->addStretch(1);
    area->setWidget(content);
    area->setWidgetResizable(true);
    area->setFrameShape(QFrame::NoFrame);
    area->setFixedWidth(qRound(m_appearance.theme().px(300)));
    return area;
}

void ExportDialog::addSizes(QFormLayout& form)
{
    m_preset = new ChoiceBox(this);
    m_preset->setObjectName(u"widthPreset"_s);
    m_preset->addItem(tr("Single column, 89 mm"), kPresets[0]);
    m_preset->addItem(tr("One and a half, 120 mm"), kPresets[1]);
    m_preset->addItem(tr("Double column, 183 mm"), kPresets[2]);
    m_preset->addItem(tr("Other width"));
    m_width = makeSpin(20, 1000, 1, tr(" mm"), this);
    m_dpi = makeSpin(36, 2400, 0, tr(" dpi"), this);
    m_dpi->setToolTip(tr("For PNG and for maps too large for vector cells."));
    m_text = makeSpin(4, 24, 1, tr(" pt"), this);
    m_size = makeLabel({}, "hint", this);
    form.addRow(tr("Preset"), m_preset);
    form.addRow(tr("Width"), m_width);
    form.addRow(tr("Resolution"), m_dpi);
    form.addRow(tr("Text size"), m_text);
    form.addRow(QString(), m_size);
}

void ExportDialog::addIncluded(QVBoxLayout& column)
{
    m_caption = new TickBox(tr("Caption with parameters"), this);
    m_embed = new TickBox(tr("Embed study data"), this);
    m_embed->setToolTip(tr("Model, input, plan and seed in the file's metadata, so that it can be drawn again."));
    m_crosshair = new TickBox(tr("Selection crosshair"), this);
    m_dark = new TickBox(tr("Dark background"), this);
    m_outlines = new TickBox(tr("Text as outlines (SVG)"), this);
    m_outlines->setToolTip(tr("Looks the same without the fonts; the text can no longer be edited."));
    for (TickBox* each : {m_caption, m_embed, m_crosshair, m_dark, m_outlines})
        column.addWidget(each);
}

QWidget* ExportDialog::makePreview()
{
    auto* ground = new QWidget(this);
    ground->setProperty("ground", u"bg"_s);
    ground->setAttribute(Qt::WA_StyledBackground);
    m_preview = new QLabel(tr("Drawing…"), ground);
    m_preview->setAlignment(Qt::AlignCenter);
    m_preview->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Ignored);
    m_notices = makeLabel({}, "warning", ground);
    m_notices->setObjectName(u"notices"_s);
    m_notices->setWordWrap(true);
    auto* column = new QVBoxLayout(ground);
    column->setContentsMargins(18, 12, 18, 10);
    column->addWidget(makeLabel(tr("Preview, at actual proportions"), "hint", ground));
    column->addWidget(m_preview, 1);
    column->addWidget(m_notices);
    return ground;
}

QWidget* ExportDialog::makeBottom()
{
    auto* bottom = new QWidget(this);
    QStringList titles;
    for (const ExportFormat& format : exportFormats())
        titles += format.title;
    m_format = new Segment(titles, bottom);
    m_file = new QLineEdit(bottom);
    m_file->setObjectName(u"file"_s);
    m_file->setAccessibleName(tr("File"));
    auto* browse = new QPushButton(tr("Browse…"), bottom);
    auto* cancel = new QPushButton(tr("Cancel"), bottom);
    m_export = new QPushButton(bottom);
    setRole(*m_export, "primary");
    m_export->setDefault(true);
    m_message = makeLabel({}, "warning", bottom);
    m_message->setWordWrap(true);
    m_message->hide();
    auto* row = new QHBoxLayout;
    row->addWidget(m_format);
    row->addWidget(m_file, 1);
    for (QWidget* each : std::initializer_list<QWidget*>{browse, cancel, m_export})
        row->addWidget(each);
    auto* column = new QVBoxLayout(bottom);
    column->setContentsMargins(14, 10, 14, 10);
    column->addWidget(m_message);
    column->addLayout(row);
    connect(browse, &QPushButton::clicked, this, &ExportDialog::browse);
    connect(cancel, &QPushButton::clicked, this, &QDialog::reject);
    connect(m_export, &QPushButton::clicked, this, &ExportDialog::exportNow);
    return bottom;
}

void ExportDialog::connectControls()
{
    connect(&m_debounce, &QTimer::timeout, this, &ExportDialog::renderPreview);
    connect(m_preset, &QComboBox::activated, this, &ExportDialog::widthChosen);
    connect(m_type, &QComboBox::activated, this, &ExportDialog::typeChosen);
    for (QDoubleSpinBox* spin : {m_width, m_dpi, m_text})
        connect(spin, &QDoubleSpinBox::valueChanged, this, &ExportDialog::refresh);
    for (TickBox* tick : {m_caption, m_embed, m_crosshair, m_dark, m_outlines})
        connect(tick, &QCheckBox::toggled, this, &ExportDialog::refresh);
    connect(m_format, &Segment::chosen, this, &ExportDialog::formatChosen);
    connect(m_file, &QLineEdit::textEdited, this, [this] { say({}, false); });
    connect(&m_previewJob, &Job::failed, this, [this](const QString& text) { say(text, true); });
    connect(&m_exportJob, &Job::failed, this, [this](const QString& text) {
        m_export->setEnabled(true);
        say(text, true);
    });
}

void ExportDialog::load(const ExportChoice& choice)
{
    const ExportOptions& options = choice.options;
    m_width->setValue(options.widthMm);
    m_dpi->setValue(options.dpi);
    m_text->setValue(options.textPt);
    m_caption->setChecked(options.caption);
    m_embed->setChecked(options.embedStudy);
    m_dark->setChecked(options.dark);
    m_outlines->setChecked(options.textAsOutlines);
    const auto& formats = exportFormats();
    for (std::size_t index = 0; index < formats.size(); ++index) {
        if (formats[index].id == choice.format)
            m_format->choose(static_cast<int>(index));
    }
    const QString documents = QStandardPaths::writableLocation(QStandardPaths::DocumentsLocation);
    const QString usual = QFileInfo::exists(documents) ? documents : QDir::homePath();
    const QString folder = QFileInfo::exists(choice.folder) ? choice.folder : usual;
    m_file->setText(folder + u'/' + suggestedName(*m_comparison, m_type->currentData().toString()));
    m_crosshair->setEnabled(m_type->currentData().toString() == kHeatmap);
    formatChosen();
}

void ExportDialog::typeChosen()
{
    const QString type = m_type->currentData().toString();
    m_crosshair->setEnabled(type == kHeatmap);
    m_file->setText(QFileInfo(m_file->text()).absolutePath() + u'/' + suggestedName(*m_comparison, type));
    formatChosen();
}

ExportOptions ExportDialog::options() const
{
    ExportOptions options;
    options.widthMm = m_width->value();
    options.dpi = m_dpi->value();
    options.textPt = m_text->value();
    options.caption = m_caption->isChecked();
    options.embedStudy = m_embed->isChecked();
    options.dark = m_dark->isChecked();
    options.textAsOutlines = m_outlines->isChecked();
    return options;
}

ExportTask ExportDialog::task() const
{
    HeatmapOptions figure;
    figure.crosshair = m_crosshair->isChecked();
    figure.maximum = m_lockedMaximum;
    return {m_comparison, m_type->currentData().toString(), figure, options(),
            std::filesystem::path(m_file->text().toStdString())};
}

void ExportDialog::setFile(const QString& file)
{
    m_file->setText(file);
    const auto& formats = exportFormats();
    for (std::size_t index = 0; index < formats.size(); ++index) {
        if (formats[index].id == QFileInfo(file).suffix().toLower())
            m_format->choose(static_cast<int>(index));
    }
    formatChosen();
}

void ExportDialog::formatChosen()
{
    const ExportFormat& format = exportFormats()[static_cast<std::size_t>(m_format->current())];
    const QFileInfo file(m_file->text());
    QString base = m_file->text();
    for (const ExportFormat& each : exportFormats()) {
        if (file.suffix().toLower() == each.id)
            base.chop(each.id.size() + 1);
    }
    m_file->setText(base + u'.' + format.id);
    m_export->setText(tr("Export %1").arg(format.title));
    m_outlines->setEnabled(format.id == u"svg"_s);
    refresh();
}

void ExportDialog::widthChosen()
{
    if (m_preset->currentData().isValid())
        m_width->setValue(m_preset->currentData().toDouble());
    else
        m_width->setFocus();
}

void ExportDialog::browse()
{
    const ExportFormat& format = exportFormats()[static_cast<std::size_t>(m_format->current())];
    const QString chosen = QFileDialog::getSaveFileName(this, tr("Export figure"), m_file->text(),
                                                        u"%1 (*.%2)"_s.arg(format.title, format.id));
    if (!chosen.isEmpty())
        setFile(chosen);
}

void ExportDialog::refresh()
{
    const int preset = m_preset->findData(m_width->value());
    m_preset->setCurrentIndex(preset < 0 ? m_preset->count() - 1 : preset);
    m_debounce.start();
}

void ExportDialog::renderPreview()
{
    ExportTask preview = task();
    m_previewJob.start([this, preview](Monitor& monitor) -> Job::Delivery {
        const std::unique_ptr<Figure> figure = figureOf(preview);
        ExportOptions coarse = preview.options;
        coarse.dpi = kPreviewDpi * 2.0;
        const QImage image = renderImage(*figure, *preview.comparison, coarse);
        monitor.check();
        const QSizeF size = exportSizeMm(*figure, preview.options);
        const QStringList notices = exportNotices(*figure, preview.options);
        return [this, image, size, notices] {
            m_image = image;
            m_size->setText(tr("%1 × %2 mm, %3 × %4 px in PNG")
                                .arg(formatNumber(size.width(), 0), formatNumber(size.height(), 0))
                                .arg(qRound(size.width() / 25.4 * m_dpi->value()))
                                .arg(qRound(size.height() / 25.4 * m_dpi->value())));
            m_notices->setText(notices.join(u' '));
            m_notices->setVisible(!notices.isEmpty());
            showPreview();
        };
    });
}

void ExportDialog::showPreview()
{
    const double ratio = devicePixelRatioF();
    const QSize room = m_preview->size() * ratio;
    QPixmap pixmap = QPixmap::fromImage(m_image.size().width() > room.width() || m_image.height() > room.height()
                                            ? m_image.scaled(room, Qt::KeepAspectRatio, Qt::SmoothTransformation)
                                            : m_image);
    pixmap.setDevicePixelRatio(ratio);
    m_preview->setPixmap(pixmap);
}

void ExportDialog::say(const QString& text, bool error)
{
    m_message->setText(text);
    m_message->setVisible(!text.isEmpty());
    setRole(*m_message, error ? "problem" : "warning");
}

void ExportDialog::exportNow()
{
    m_export->setEnabled(false);
    say({}, false);
    m_exportJob.start(exportWork(task(), [this] { finish(); }));
}

void ExportDialog::finish()
{
    const ExportTask done = task();
    ExportChoice choice;
    choice.format = exportFormats()[static_cast<std::size_t>(m_format->current())].id;
    choice.folder = QFileInfo(m_file->text()).absolutePath();
    choice.options = done.options;
    m_settings.setExportChoice(choice);
    emit exported(done);
    accept();
}

}  // namespace ketscope
