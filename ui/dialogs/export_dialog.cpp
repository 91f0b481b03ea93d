// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/dialogs/export_dialog.h"

#include "ui/controls/view_boxes.h"
#include "viz/scale.h"

#include <QApplication>
#include <QClipboard>
#include <QFileDialog>
#include <QFontDatabase>
#include <QStandardPaths>

namespace ketscope {

using namespace Qt::StringLiterals;

namespace {

constexpr int kDebounceMs = 150;
constexpr double kPreviewDpi = 192.0;
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

QString suggestedName(const Comparison& comparison, const QStringList& figures)
{
    const Selection& at = comparison.study.selection;
    const QString what = figures.size() != 1           ? u"figure"_s
                         : figures.front() == kHeatmap ? u"attention"_s
                                                       : figures.front();
    return u"%1-l%2h%3"_s.arg(what).arg(at.layer).arg(at.head);
}

// "Ready: text ≥ 6.4 pt, lines ≥ 0.3 pt, fonts embedded." and what is to be known beside it.
QString verdictOf(const ExportCheck& check, const ExportOptions& options, const QString& format)
{
    QStringList facts;
    if (check.smallestTextPt > 0.0)
        facts << ExportDialog::tr("text ≥ %1 pt").arg(formatNumber(check.smallestTextPt, 1));
    if (check.thinnestLinePt > 0.0)
        facts << ExportDialog::tr("lines ≥ %1 pt").arg(formatNumber(check.thinnestLinePt, 2));
    if (format == u"pdf"_s)
        facts << (options.textAsOutlines ? ExportDialog::tr("text as outlines") : ExportDialog::tr("fonts embedded"));
    if (format == u"svg"_s && !options.textAsOutlines)
        facts << ExportDialog::tr("fonts not embedded: readers need them");
    QString verdict = ExportDialog::tr("Ready: %1.").arg(facts.join(u", "_s));
    if (!check.warnings.isEmpty())
        verdict += u' ' + ExportDialog::tr("Note: %1").arg(check.warnings.join(u' '));
    return verdict;
}

}  // namespace

Job::Work exportWork(const ExportTask& task, const std::function<void()>& done)
{
    return [task, done](Monitor& monitor) -> Job::Delivery {
        const std::unique_ptr<Composition> figure = makePage(task.comparison, task.page);
        monitor.check();
        exportFigure(*figure, *task.comparison, task.file, task.options);
        return done;
    };
}

ExportDialog::ExportDialog(const ComparisonPointer& comparison, const QString& type, Settings& settings,
                           Appearance& appearance, QWidget* parent)
    : QDialog(parent), m_comparison(comparison), m_settings(settings), m_appearance(appearance),
      m_preview(new ExportPreview(appearance, this))
{
    setWindowTitle(tr("Export figure"));
    auto* middle = new QHBoxLayout;
    middle->setSpacing(0);
    middle->addWidget(makeOptions());
    middle->addWidget(m_preview, 1);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addLayout(middle, 1);
    column->addWidget(makeBottom());
    const Theme& theme = appearance.theme();
    resizeInside(*this, QSize(qRound(theme.px(1240)), qRound(theme.px(796))));
    m_debounce.setSingleShot(true);
    m_debounce.setInterval(kDebounceMs);
    load(choiceFor(type));
    connectControls();
    renderPreview();
}

QWidget* ExportDialog::makeOptions()
{
    auto* content = new QWidget(this);
    auto* column = new QVBoxLayout(content);
    column->setContentsMargins(14, 14, 14, 14);
    column->setSpacing(6);
    const auto title = [&](const QString& text) { column->addWidget(makeLabel(text, "title", content)); };
    auto* size = new QFormLayout;
    title(tr("Size"));
    column->addLayout(size);
    addSizes(*size);
    column->addSpacing(6);
    title(tr("Panels"));
    m_panels = new PanelList(content);
    m_panels->setToolTip(tr("Tick what the page shows; drag to reorder, or Alt+Up and Alt+Down."));
    column->addWidget(m_panels);
    m_arrangement = new ChoiceBox(content);
    m_arrangement->setObjectName(u"arrangement"_s);
    int index = 0;
    for (const QString& each : {tr("Automatic"), tr("One column"), tr("Two columns"), tr("Three columns"),
                                tr("First wide, then two columns")})
        m_arrangement->addItem(each, index++);
    auto* arranged = new QFormLayout;
    arranged->addRow(tr("Arrangement"), m_arrangement);
    column->addLayout(arranged);
    column->addSpacing(6);
    title(tr("Include"));
    addIncluded(*column);
    column->addSpacing(6);
    title(tr("Style"));
    auto* style = new QFormLayout;
    column->addLayout(style);
    addStyle(*style);
    column->addStretch(1);
    QScrollArea* area = makeScrollArea(content, this);
    area->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    area->setFixedWidth(qRound(m_appearance.theme().px(384)));
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
    m_width->setAccessibleName(tr("Width"));
    m_dpi = makeSpin(36, 2400, 0, tr(" dpi"), this);
    m_dpi->setToolTip(tr("For PNG and for maps too large for vector cells."));
    m_size = makeLabel({}, "hint", this);
    auto* widths = new QHBoxLayout;
    widths->addWidget(m_preset, 1);
    widths->addWidget(m_width);
    form.addRow(tr("Width"), widths);
    form.addRow(tr("Height"), m_size);
    form.addRow(tr("Resolution"), m_dpi);
}

void ExportDialog::addIncluded(QVBoxLayout& column)
{
    m_colourBars = new TickBox(tr("Colour bars"), this);
    m_tokenLabels = new TickBox(tr("Token labels"), this);
    m_tokenLabels->setToolTip(tr("Tokens beside maps and below charts."));
    m_metrics = new TickBox(tr("Metrics in caption"), this);
    m_metrics->setToolTip(tr("Means of the selected head: divergences, entropies and the largest difference."));
    m_signs = new TickBox(tr("Signs of differences"), this);
    m_signs->setToolTip(tr("+ and − in cells that are large enough, for print without colour."));
    m_caption = new TickBox(tr("Caption, parameters"), this);
    m_letters = new TickBox(tr("Panel letters"), this);
    m_crosshair = new TickBox(tr("Selection crosshair"), this);
    m_embed = new TickBox(tr("Embed study data"), this);
    m_embed->setToolTip(tr("Model, input, plan and seed in the file's metadata, so that it can be drawn again."));
    m_values = new TickBox(tr("Values as CSV"), this);
    m_values->setToolTip(tr("The numbers of every panel in a file beside the figure."));
    m_dark = new TickBox(tr("Dark background"), this);
    m_outlines = new TickBox(tr("Text as outlines"), this);
    m_outlines->setToolTip(tr("Looks the same without the fonts; the text can no longer be edited or searched."));
    auto* grid = new QGridLayout;
    int place = 0;
    for (TickBox* each : {m_colourBars, m_letters, m_tokenLabels, m_crosshair, m_caption, m_metrics, m_signs, m_embed,
                          m_outlines, m_values, m_dark}) {
        grid->addWidget(each, place / 2, place % 2);
        ++place;
    }
    column.addLayout(grid);
}

void ExportDialog::addStyle(QFormLayout& form)
{
    m_font = new ChoiceBox(this);
    m_font->setObjectName(u"font"_s);
    m_font->addItem(tr("%1, as on screen").arg(printTheme().uiFamily), QString());
    for (const QString& family : QFontDatabase::families())
        if (QFontDatabase::isSmoothlyScalable(family) && !QFontDatabase::isPrivateFamily(family))
            m_font->addItem(family, family);
    m_font->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    m_font->setMinimumContentsLength(18);
    m_text = makeSpin(4, 24, 1, tr(" pt"), this);
    m_text->setAccessibleName(tr("Text size"));
    m_colourMap = new ChoiceBox(this);
    m_colourMap->setObjectName(u"exportColourMap"_s);
    addColourMaps(*m_colourMap);
    QStringList visions;
    for (const ColourVision& vision : colourVisions())
        visions << vision.title;
    m_vision = new Segment(visions, this);
    m_vision->setObjectName(u"checkAs"_s);
    m_vision->setToolTip(tr("How the preview is seen: in print without colour, or without one kind of cone. The file "
                            "keeps its colours."));
    m_vision->choose(0);
    form.addRow(tr("Font"), m_font);
    form.addRow(tr("Text size"), m_text);
    form.addRow(tr("Colour map"), m_colourMap);
    form.addRow(tr("Check as"), m_vision);
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
    auto* copy = new QPushButton(tr("Copy image"), bottom);
    auto* cancel = new QPushButton(tr("Cancel"), bottom);
    m_export = new QPushButton(bottom);
    m_export->setObjectName(u"export"_s);
    setRole(*m_export, "primary");
    m_export->setDefault(true);
    m_message = makeLabel({}, "warning", bottom);
    m_message->setWordWrap(true);
    m_message->hide();
    auto* row = new QHBoxLayout;
    row->addWidget(m_format);
    row->addWidget(m_file, 1);
    for (QWidget* each : std::initializer_list<QWidget*>{browse, copy, cancel, m_export})
        row->addWidget(each);
    auto* column = new QVBoxLayout(bottom);
    column->setContentsMargins(14, 10, 14, 10);
    column->addWidget(m_message);
    column->addLayout(row);
    connect(browse, &QPushButton::clicked, this, &ExportDialog::browse);
    connect(copy, &QPushButton::clicked, this, &ExportDialog::copyPage);
    connect(cancel, &QPushButton::clicked, this, &QDialog::reject);
    connect(m_export, &QPushButton::clicked, this, &ExportDialog::exportNow);
    return bottom;
}

void ExportDialog::connectControls()
{
    connect(&m_debounce, &QTimer::timeout, this, &ExportDialog::renderPreview);
    connect(m_preset, &QComboBox::activated, this, &ExportDialog::widthChosen);
    connect(m_panels, &PanelList::panelsChanged, this, &ExportDialog::panelsChosen);
    for (QDoubleSpinBox* spin : {m_width, m_dpi, m_text})
        connect(spin, &QDoubleSpinBox::valueChanged, this, &ExportDialog::refresh);
    for (ChoiceBox* box : {m_arrangement, m_font, m_colourMap})
        connect(box, &QComboBox::activated, this, &ExportDialog::refresh);
    for (TickBox* tick : {m_colourBars, m_tokenLabels, m_metrics, m_signs, m_caption, m_letters, m_crosshair, m_embed,
                          m_values, m_dark, m_outlines})
        connect(tick, &QCheckBox::toggled, this, &ExportDialog::refresh);
    connect(m_vision, &Segment::chosen, this,
            [this](int index) { m_preview->setVision(colourVisions()[static_cast<std::size_t>(index)]); });
    connect(m_format, &Segment::chosen, this, &ExportDialog::formatChosen);
    connect(m_file, &QLineEdit::textEdited, this, [this] {
        m_fileByHand = true;
        say({}, false);
    });
    connect(&m_previewJob, &Job::failed, this, [this](const QString& text) { say(text, true); });
    connect(&m_exportJob, &Job::failed, this, [this](const QString& text) {
        m_export->setEnabled(true);
        say(text, true);
    });
}

// The page of the figure that the study came from, or the last one, where it has this figure; else this figure alone.
ExportChoice ExportDialog::choiceFor(const QString& type) const
{
    ExportChoice choice = m_settings.exportChoice();
    const FigurePage& page = m_comparison->study.view.page;
    const PageContents contents = contentsOf(page);
    if (contents.figures.contains(type)) {
        choice.options = optionsOf(page, choice.options);
        choice.page = contents;
    } else if (choice.page.figures.isEmpty() || choice.page.figures.front() != type) {
        choice.page.figures = {type};
    }
    return choice;
}

void ExportDialog::load(const ExportChoice& choice)
{
    const ExportOptions& options = choice.options;
    m_width->setValue(options.widthMm);
    m_dpi->setValue(options.dpi);
    m_text->setValue(options.textPt);
    const FigureParts& parts = m_comparison->study.view.parts;
    m_colourBars->setChecked(parts.colourBars);
    m_tokenLabels->setChecked(parts.tokenLabels);
    m_metrics->setChecked(parts.metrics);
    m_signs->setChecked(parts.signs);
    m_caption->setChecked(options.caption);
    m_letters->setChecked(choice.page.letters);
    m_crosshair->setChecked(choice.page.crosshair);
    m_embed->setChecked(options.embedStudy);
    m_values->setChecked(options.values);
    m_dark->setChecked(options.dark);
    m_outlines->setChecked(options.textAsOutlines);
    m_arrangement->choose(static_cast<int>(choice.page.arrangement));
    m_font->choose(m_font->findData(options.fontFamily) < 0 ? QString() : options.fontFamily);
    m_colourMap->choose(QString::fromStdString(m_comparison->study.view.colourMap));
    m_panels->choose(choice.page.figures, *m_comparison);
    chooseFormat(choice.format);
    const QString documents = QStandardPaths::writableLocation(QStandardPaths::DocumentsLocation);
    const QString usual = QFileInfo::exists(documents) ? documents : QDir::homePath();
    const QString folder = QFileInfo::exists(choice.folder) ? choice.folder : usual;
    m_file->setText(folder + u'/');
    panelsChosen();
}

void ExportDialog::panelsChosen()
{
    const QStringList figures = m_panels->chosen();
    m_crosshair->setEnabled(figures.contains(kHeatmap));
    m_letters->setEnabled(figures.size() > 1);
    m_arrangement->setEnabled(figures.size() > 1);
    m_export->setEnabled(!figures.isEmpty());
    if (!m_fileByHand)
        m_file->setText(QFileInfo(m_file->text()).absolutePath() + u'/' + suggestedName(*m_comparison, figures));
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
    options.values = m_values->isChecked();
    options.dark = m_dark->isChecked();
    options.textAsOutlines = m_outlines->isChecked();
    options.fontFamily = m_font->currentData().toString();
    options.parts = {m_colourBars->isChecked(), m_tokenLabels->isChecked(), m_metrics->isChecked(),
                     m_signs->isChecked()};
    return options;
}

PageContents ExportDialog::page() const
{
    return {m_panels->chosen(), static_cast<Arrangement>(m_arrangement->currentData().toInt()), m_letters->isChecked(),
            m_crosshair->isChecked()};
}

ExportTask ExportDialog::task() const
{
    auto comparison = m_comparison;
    const std::string map = m_colourMap->currentData().toString().toStdString();
    if (map != comparison->study.view.colourMap) {
        auto recoloured = std::make_shared<Comparison>(*comparison);
        recoloured->study.view.colourMap = map;
        comparison = std::move(recoloured);
    }
    return {comparison, page(), options(), std::filesystem::path(m_file->text().toStdString())};
}

void ExportDialog::setFile(const QString& file)
{
    m_fileByHand = true;
    m_file->setText(file);
    chooseFormat(QFileInfo(file).suffix().toLower());
    formatChosen();
}

void ExportDialog::chooseFormat(const QString& id)
{
    const auto format = std::ranges::find(exportFormats(), id, &ExportFormat::id);
    if (format != exportFormats().end())
        m_format->choose(static_cast<int>(format - exportFormats().begin()));
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
    m_outlines->setEnabled(format.id != u"png"_s);
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
    if (chosen.isEmpty())
        return;
    setFile(chosen);
    m_mayReplace = m_file->text();  // the file dialog has asked
}

void ExportDialog::refresh()
{
    const int preset = m_preset->findData(m_width->value());
    m_preset->setCurrentIndex(preset < 0 ? m_preset->count() - 1 : preset);
    say({}, false);  // what was said was of the page before
    m_debounce.start();
}

void ExportDialog::renderPreview()
{
    const ExportTask preview = task();
    if (preview.page.figures.isEmpty())
        return m_preview->setVerdict(tr("Tick what the page is to show."), false);
    const QString format = exportFormats()[static_cast<std::size_t>(m_format->current())].id;
    m_previewJob.start([this, preview, format](Monitor& monitor) -> Job::Delivery {
        const std::unique_ptr<Composition> figure = makePage(preview.comparison, preview.page);
        ExportOptions coarse = preview.options;
        coarse.dpi = kPreviewDpi;
        const QImage image = renderImage(*figure, *preview.comparison, coarse);
        monitor.check();
        const QSizeF size = exportSizeMm(*figure, preview.options);
        const ExportCheck check = checkExport(*figure, preview.options);
        return [=, this] {
            const double dots = preview.options.dpi / 25.4;
            m_size->setText(tr("Automatic, %1 mm · %2 × %3 px as PNG")
                                .arg(formatNumber(size.height(), 0))
                                .arg(qRound(size.width() * dots))
                                .arg(qRound(size.height() * dots)));
            m_preview->setPage(image, size);
            m_preview->setVerdict(verdictOf(check, preview.options, format), check.isFit());
        };
    });
}

void ExportDialog::copyPage()
{
    const ExportTask copied = task();
    m_exportJob.start([this, copied](Monitor& monitor) -> Job::Delivery {
        const std::unique_ptr<Composition> figure = makePage(copied.comparison, copied.page);
        monitor.check();
        const QImage image = renderImage(*figure, *copied.comparison, copied.options);
        return [this, image] {
            QApplication::clipboard()->setImage(image);
            say(tr("Copied %1 × %2 pixels.").arg(image.width()).arg(image.height()), false);
        };
    });
}

void ExportDialog::say(const QString& text, bool error)
{
    m_message->setText(text);
    m_message->setVisible(!text.isEmpty());
    setRole(*m_message, error ? "problem" : "hint");
}

void ExportDialog::exportNow()
{
    // Nothing that is there is lost by one key.
    if (QFileInfo::exists(m_file->text()) && std::exchange(m_mayReplace, m_file->text()) != m_file->text())
        return say(tr("%1 is there already. Export once more to replace it.").arg(QFileInfo(m_file->text()).fileName()),
                   false);
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
    choice.page = done.page;
    m_settings.setExportChoice(choice);
    emit exported(done);
    accept();
}

}  // namespace ketscope
