// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/views/sweep_page.h"

#include "ui/docks/info_sections.h"
#include "ui/docks/parameter_panel.h"
#include "viz/figures/sweep_points.h"
#include "viz/scale.h"

#include <QAction>
#include <QFileDialog>
#include <QFileInfo>
#include <QHeaderView>

namespace ketscope {

using namespace Qt::StringLiterals;

namespace {

constexpr double kSideBySide = 900.0;
constexpr double kMostTable = 0.5;  // of the width
constexpr double kEmptyWidth = 520.0;
constexpr int kRowsBelow = 12;  // of the table below the figure; more are scrolled
constexpr double kRowHeight = 22.0;
constexpr double kColumnGap = 8.0;
constexpr double kTellsTime = 0.02;  // before so much is done, the time left is a guess

}  // namespace

SweepPage::SweepPage(StudyController& controller, Appearance& appearance, QWidget* parent)
    : PanePage(controller, appearance, parent), m_form(new SweepSection(controller, appearance, this))
{
    setObjectName(u"sweepPage"_s);
    m_form->hide();  // until the dock asks for it
    m_split = new QSplitter(Qt::Horizontal, this);
    m_figure = addPane("sweep", m_split);
    // Whatever B is now, of what was varied.
    m_figure->setOutdatedWhen([&controller] {
        const ComparisonPointer& comparison = controller.comparison();
        if (!comparison || !comparison->sweep)
            return controller.isOutdated();
        return !sweepIsCurrent(*comparison->sweep, controller.study());
    });
    m_split->addWidget(makeScrollArea(m_figure, m_split));
    m_table = new QTableWidget(m_split);
    m_table->setObjectName(u"sweepTable"_s);
    m_table->setAccessibleName(tr("Sweep in numbers"));
    m_table->setEditTriggers(QAbstractItemView::NoEditTriggers);
    m_table->setSelectionBehavior(QAbstractItemView::SelectRows);
    m_table->setSelectionMode(QAbstractItemView::SingleSelection);
    m_table->verticalHeader()->hide();
    m_table->setShowGrid(false);
    m_split->addWidget(m_table);
    m_split->setStretchFactor(0, 1);
    m_split->setHandleWidth(1);
    m_split->setChildrenCollapsible(false);
    m_body = new QStackedWidget(this);
    m_body->addWidget(makeEmpty());
    m_scroll = makeScrollArea(m_split, m_body);
    m_body->addWidget(m_scroll);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addWidget(makeHeader());
    column->addWidget(makeProgress());
    column->addWidget(m_body, 1);
    for (const auto signal : {&StudyController::comparisonChanged, &StudyController::viewChanged,
                              &StudyController::sweepChanged, &StudyController::studyChanged})
        connect(&controller, signal, this, &SweepPage::refresh);
    connect(&controller, &StudyController::sweepProgressed, this, &SweepPage::showProgress);
    connect(m_form, &SweepSection::changed, this, &SweepPage::refresh);
    connect(m_figure, &FigurePane::figureChanged, this, &SweepPage::arrange);
    connect(m_figure, &FigurePane::itemChosen, this, &SweepPage::setFromRow);
    connect(m_table, &QTableWidget::cellClicked, this, [this](int row) { setFromRow(static_cast<std::size_t>(row)); });
    connect(&m_exportJob, &Job::failed, &controller, &StudyController::failed);
    refresh();
}

QWidget* SweepPage::makeHeader()
{
    m_header = new PageHeader(tr("Sweep"), this);
    m_measure = new ChoiceBox(m_header);
    m_measure->setObjectName(u"sweepMeasure"_s);
    m_measure->setAccessibleName(tr("Measure"));
    for (const SweepMeasure& measure : sweepMeasures()) {
        const QString title = QString::fromStdString(measure.title);
        m_measure->addItem(measure.unit.empty() ? title : title + u", "_s + QString::fromStdString(measure.unit),
                           QString::fromStdString(measure.id));
    }
    m_export = new QPushButton(tr("Export data…"), m_header);
    m_run = new QPushButton(tr("Run sweep"), m_header);
    m_run->setObjectName(u"runSweep"_s);
    setRole(*m_run, "primary");
    for (QWidget* control :
         std::initializer_list<QWidget*>{m_measure, m_export, m_run, makeExplanationButton(appearance(), m_header)})
        m_header->add(control);
    connect(m_measure, &QComboBox::activated, this, [this] {
        controller().changeView(
            [this](auto& view) { view.outputs.sweepMeasure = m_measure->currentData().toString().toStdString(); });
    });
    connect(m_export, &QPushButton::clicked, this, &SweepPage::askForFile);
    connect(m_run, &QPushButton::clicked, this, &SweepPage::runOrCancel);
    m_action = new QAction(this);
    addAction(m_action);
    connect(m_action, &QAction::triggered, this, [this] {
        runOrCancel();
        emit shownWanted();
    });
    return m_header;
}

QWidget* SweepPage::makeEmpty()
{
    auto* empty = new QWidget(this);
    m_emptyTitle = makeLabel({}, "page", empty);
    m_emptyTitle->setObjectName(u"sweepEmptyTitle"_s);
    m_emptyText = makeWrappedLabel("value", empty);
    m_emptyText->setObjectName(u"sweepEmpty"_s);
    for (QLabel* label : {m_emptyTitle, m_emptyText})
        label->setAlignment(Qt::AlignHCenter);
    m_emptyRun = new QPushButton(tr("Run sweep"), empty);
    m_emptyRun->setObjectName(u"sweepEmptyRun"_s);
    setRole(*m_emptyRun, "primary");
    connect(m_emptyRun, &QPushButton::clicked, this, &SweepPage::runOrCancel);
    auto* column = new QVBoxLayout(empty);
    column->setContentsMargins(20, 20, 20, 20);
    column->setSpacing(12);
    column->addStretch(2);
    for (QWidget* each : std::initializer_list<QWidget*>{m_emptyTitle, m_emptyText, m_emptyRun})
        column->addWidget(each, 0, Qt::AlignHCenter);
    column->addStretch(3);
    return makeScrollArea(empty, this);
}

QWidget* SweepPage::makeProgress()
{
    m_progressRow = new QWidget(this);
    m_bar = new QProgressBar(m_progressRow);
    m_bar->setTextVisible(false);
    m_bar->setRange(0, 1000);
    m_step = new ElidedLabel("hint", m_progressRow);
    m_step->setObjectName(u"sweepStep"_s);
    auto* row = new QHBoxLayout(m_progressRow);
    row->setContentsMargins(14, 0, 14, 6);
    row->setSpacing(10);
    row->addWidget(m_bar, 1);
    row->addWidget(m_step, 1);
    return m_progressRow;
}

std::vector<QWidget*> SweepPage::makeRightSections()
{
    m_form->show();
    return {m_form, new MechanismSection(controller(), appearance()), new ParameterSection(controller(), appearance())};
}

QString SweepPage::obstacle() const
{
    return controller().isRecorded() ? tr("A sweep runs the model, and what is shown comes from a file.") : QString();
}

QString SweepPage::explanation() const
{
    return tr("<p><b>A sweep</b> runs the edited entry of the plan with every value that is listed, each with several "
              "seeds "
              "where something is left to chance. Points are means over the seeds, bars their 95 % intervals.</p>"
              "<p><b>Errors and entropies</b> are of the patched heads together, each given what it is given in the "
              "exact "
              "model; the last measures are of the whole model's answer.</p>"
              "<p><b>Dashed lines</b> are what costs nothing to reach: exact attention, uniform weights, no output at "
              "all. "
              "Open points reproduce published code with its faults and are not to be ranked.</p>")
           + explainTraces(controller());
}

void SweepPage::runOrCancel()
{
    if (controller().isSweeping())
        return controller().cancelSweep();
    if (!m_form || !m_form->problem().isEmpty() || !controller().canRun())
        return;
    m_clock.start();
    controller().startSweep(m_form->axes(), m_form->seeds());
}

void SweepPage::setFromRow(std::size_t row)
{
    const ComparisonPointer& comparison = controller().comparison();
    const PlanEntry* entry = controller().entry();
    if (!comparison || !comparison->sweep || entry == nullptr || row >= comparison->sweep->rows.size())
        return;
    const Sweep& sweep = *comparison->sweep;
    if (entry->mechanism != sweep.request.candidate.mechanism)
        return m_header->setNote(
            tr("B uses another mechanism now: choose %1 to set a point.")
                .arg(QString::fromStdString(sweep.request.candidate.mechanism->info().shortTitle)));
    std::vector<std::pair<std::string, std::string>> values;
    for (std::size_t axis = 0; axis < sweep.rows[row].values.size(); ++axis)
        values.emplace_back(sweep.request.axes[axis].parameter, sweep.rows[row].values[axis]);
    if (!values.empty())
        controller().setParameters(values);
}

void SweepPage::askForFile()
{
    const QString file = QFileDialog::getSaveFileName(this, tr("Export the sweep's data"), u"sweep.csv"_s,
                                                      tr("Table (*.csv);;HDF5 (*.h5)"));
    if (!file.isEmpty())
        exportData(file);
}

void SweepPage::exportData(const QString& file)
{
    const ComparisonPointer& comparison = controller().comparison();
    if (!comparison || !comparison->sweep)
        return;
    m_exportJob.start([this, sweep = comparison->sweep, file](Monitor&) -> Job::Delivery {
        writeSweep(*sweep, file.toStdString());
        return [this, file] { m_header->setNote(tr("Saved %1").arg(file)); };
    });
}

void SweepPage::showProgress(double fraction, const QString& what)
{
    m_bar->setValue(qRound(1000.0 * fraction));
    const double elapsed = static_cast<double>(m_clock.elapsed()) / 1000.0;
    const int left = qCeil(elapsed * (1.0 - fraction) / std::max(fraction, kTellsTime));
    m_step->setText(fraction < kTellsTime ? what : tr("%1 · about %2 s left").arg(what).arg(left));
}

void SweepPage::refresh()
{
    const ComparisonPointer& comparison = controller().comparison();
    const bool sweeping = controller().isSweeping();
    const bool any = comparison && comparison->sweep;
    const QString problem = m_form ? m_form->problem() : QString();
    m_measure->choose(QString::fromStdString(controller().study().view.outputs.sweepMeasure));
    m_run->setText(sweeping ? tr("Cancel") : tr("Run sweep"));
    m_run->setEnabled(sweeping || (controller().canRun() && problem.isEmpty()));
    m_run->setToolTip(problem);
    m_action->setText(sweeping ? tr("Cancel the s&weep") : tr("Run s&weep"));
    m_action->setEnabled(m_run->isEnabled());
    m_export->setEnabled(any);
    m_progressRow->setVisible(sweeping);
    if (sweeping && !m_wasSweeping) {
        m_bar->setValue(0);
        m_step->setText(tr("Starting"));
    }
    m_wasSweeping = sweeping;
    m_body->setCurrentIndex(any ? 1 : 0);
    refreshEmpty(problem);
    const QString file = QFileInfo(controller().sweepFile()).fileName();
    m_header->setNote(!any                                   ? QString()
                      : !controller().sweepError().isEmpty() ? tr("of an earlier sweep: the last one failed")
                      : !file.isEmpty() ? tr("read from %1 · click a point to set it in B").arg(file)
                                        : tr("click a point to set it in B"));
    if (any)
        refreshTable();
    if (isVisible())
        arrange();
}

Vacancy SweepPage::vacancy(const QString& problem) const
{
    if (controller().isSweeping())
        return {tr("The sweep is being run."), tr("Its points are drawn when all of them are there; Cancel ends it.")};
    if (!controller().canRun())
        return {tr("A sweep needs a model."), tr("Open one first.")};
    if (!controller().sweepError().isEmpty())
        return {tr("There is no sweep to show."), controller().sweepError()};
    if (!problem.isEmpty())
        return {tr("This cannot be swept."), problem};
    return {tr("Nothing was swept yet."),
            tr("A sweep runs B with several values of a parameter and draws a measure against it. What is varied is "
               "chosen in the Sweep section, at the side.")};
}

bool SweepPage::says(const QString& error) const { return m_body->currentIndex() == 0 && m_emptyText->text() == error; }

void SweepPage::refreshEmpty(const QString& problem)
{
    const Vacancy said = vacancy(problem);
    m_emptyTitle->setText(said.title);
    m_emptyText->setText(said.hint);
    fitEmpty();
    m_emptyRun->setVisible(!controller().isSweeping() && controller().canRun() && problem.isEmpty());
}

// All lines of the sentence.
void SweepPage::fitEmpty()
{
    m_emptyText->setFixedWidth(std::min(qRound(appearance().theme().px(kEmptyWidth)), std::max(160, width() - 40)));
    m_emptyText->setMinimumHeight(0);  // else the height that is asked for is no less than the one it has
    m_emptyText->setMinimumHeight(std::max(0, m_emptyText->heightForWidth(m_emptyText->minimumWidth())));
}

void SweepPage::refreshTable()
{
    const Comparison& comparison = *controller().comparison();
    const Sweep& sweep = *comparison.sweep;
    const std::size_t measure = sweepMeasureIndex(comparison.study.view.outputs.sweepMeasure);
    QStringList titles;
    for (std::size_t axis = 0; axis < sweep.request.axes.size(); ++axis)
        titles << axisSymbol(sweep, axis);
    titles << tr("mean") << tr("95 % from") << tr("to") << tr("runs");
    const auto axes = static_cast<int>(sweep.request.axes.size());
    m_table->clear();
    m_table->setColumnCount(static_cast<int>(titles.size()));
    m_table->setHorizontalHeaderLabels(titles);
    const auto alignment = [axes](int column) {
        return (column < axes ? Qt::AlignLeft : Qt::AlignRight) | Qt::AlignVCenter;
    };
    for (int column = 0; column < titles.size(); ++column)
        m_table->horizontalHeaderItem(column)->setTextAlignment(alignment(column));
    m_table->setRowCount(static_cast<int>(sweep.rows.size()));
    for (int row = 0; row < m_table->rowCount(); ++row) {
        const SweepRow& found = sweep.rows[static_cast<std::size_t>(row)];
        const Interval& value = found.measures.at(measure);
        QStringList texts;
        for (int axis = 0; axis < axes; ++axis)
            texts << (found.values.empty() ? axis == 0 ? baselineName(found.label) : QString()
                                           : QString::fromStdString(found.values[static_cast<std::size_t>(axis)]));
        const bool interval = found.runs > 1;
        texts << formatCompact(value.mean, 4) << (interval ? formatCompact(value.low, 4) : u"–"_s)
              << (interval ? formatCompact(value.high, 4) : u"–"_s) << QString::number(found.runs);
        for (int column = 0; column < titles.size(); ++column) {
            auto* item = new QTableWidgetItem(texts[column]);
            item->setTextAlignment(alignment(column));
            if (found.published)
                item->setToolTip(tr("As published, faults included: not to be ranked."));
            m_table->setItem(row, column, item);
        }
    }
}

// Gives every column what it needs to be read whole, and says how wide they are together.
int SweepPage::fitColumns()
{
    const int gap = qRound(appearance().theme().px(kColumnGap));
    QHeaderView& header = *m_table->horizontalHeader();
    header.setStretchLastSection(false);
    header.setMinimumSectionSize(0);
    header.setSectionResizeMode(QHeaderView::ResizeToContents);
    std::vector<int> widths;
    for (int column = 0; column < m_table->columnCount(); ++column)
        widths.push_back(header.sectionSize(column) + gap);
    header.setSectionResizeMode(QHeaderView::Interactive);
    for (int column = 0; column < m_table->columnCount(); ++column)
        header.resizeSection(column, widths[static_cast<std::size_t>(column)]);
    return header.length();
}

// Room beyond what the columns need goes to all of them.
void SweepPage::widenColumns(int room)
{
    QHeaderView& header = *m_table->horizontalHeader();
    const int columns = m_table->columnCount(), more = room - header.length();
    for (int column = 0; column < columns && more > 0; ++column)
        header.resizeSection(column, header.sectionSize(column) + more / columns);
}

// The table stands below the figure where there is no room beside it, and both are scrolled together.
void SweepPage::arrange()
{
    const Theme& theme = appearance().theme();
    fitEmpty();
    const bool narrow = width() < theme.px(kSideBySide);
    m_split->setOrientation(narrow ? Qt::Vertical : Qt::Horizontal);
    m_table->setFont(theme.mono(kTickPixels));
    m_table->verticalHeader()->setDefaultSectionSize(qRound(theme.px(kRowHeight)));
    const int frame = 2 * m_table->frameWidth(), bar = style()->pixelMetric(QStyle::PM_ScrollBarExtent);
    const int columns = fitColumns();
    if (!narrow) {
        const int table = std::min(columns + frame + bar, qRound(kMostTable * width()));
        m_split->setMinimumHeight(0);
        return m_split->setSizes({std::max(table, width() - table), table});
    }
    const int rows = std::min(m_table->rowCount(), kRowsBelow);
    const int table = m_table->horizontalHeader()->sizeHint().height() + rows * qRound(theme.px(kRowHeight)) + frame;
    const int room = m_scroll->viewport()->height();
    const int figure = std::max(m_figure->heightForWidth(width() - bar), room - table);
    m_split->setMinimumHeight(figure + table + m_split->handleWidth());
    m_split->setSizes({figure, table});
    widenColumns(width() - frame - 2 * bar);
}

}  // namespace ketscope
