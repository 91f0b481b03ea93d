// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/main_window.h"

#include "ui/dialogs/input_dialog.h"
#include "ui/docks/convergence_section.h"
#include "ui/docks/head_grid.h"
#include "ui/docks/info_sections.h"
#include "ui/docks/parameter_panel.h"
#include "ui/docks/pins_section.h"
#include "ui/docks/sensitivity_section.h"
#include "ui/docks/start_panel.h"
#include "ui/docks/token_panel.h"
#include "ui/docks/trace_sections.h"
#include "ui/docks/traces_section.h"
#include "ui/lessons/exhibit_page.h"
#include "ui/main_tool_bar.h"
#include "ui/message_strip.h"
#include "ui/status_line.h"
#include "ui/views/heatmap_page.h"
#include "ui/views/vacant_page.h"

#include <QCloseEvent>
#include <QInputDialog>
#include <QLineEdit>
#include <QScrollArea>

#include <algorithm>

namespace ketscope {

using namespace Qt::StringLiterals;

namespace {

constexpr QSize kReference(1600, 1000);
constexpr QSize kSmallest(1180, 720);
constexpr int kBothDocks = 1360;       // below this width, at 100 %, the right dock is a tab of the left
constexpr double kMostOfWidth = 0.44;  // that a dock may insist on

QScrollArea* scrolledColumn(const std::vector<QWidget*>& sections)
{
    auto* content = new QWidget;
    auto* column = new QVBoxLayout(content);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    for (QWidget* section : sections)
        column->addWidget(section);
    column->addStretch(1);
    QScrollArea* area = makeScrollArea(content);
    area->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    return area;
}

}  // namespace

MainWindow::MainWindow(StudyController& controller, Appearance& appearance, Settings& settings)
    : m_controller(controller), m_appearance(appearance), m_settings(settings)
{
    setObjectName(u"mainWindow"_s);
    setMinimumSize(kSmallest);
    setAcceptDrops(true);
    setDockOptions(QMainWindow::AllowTabbedDocks);
    createMenus();
    m_tools = new MainToolBar(controller, appearance, *m_modelMenu, this);
    addToolBar(m_tools);
    createCentre();
    createDocks();
    setStatusBar(new StatusLine(controller, appearance, this));
    connectController();
    connectStudyFile();
    createLessons();
    applySizes();
    refreshTitle();
    restore();
    if (m_controller.comparison())
        m_page->figureView().setFocus();
    else
        m_vacant->setFocus();
}

void MainWindow::createCentre()
{
    auto* centre = new QWidget(this);
    m_errors = new MessageStrip(MessageStrip::Kind::Error, centre);
    m_notices = new MessageStrip(MessageStrip::Kind::Notice, centre);
    m_perspectives = new QStackedWidget(centre);
    m_perspectives->setObjectName(u"pages"_s);
    for (const PerspectiveType& type : perspectiveTypes()) {
        Perspective* page = type.make(m_controller, m_appearance, m_perspectives);
        m_perspectives->addWidget(page);
        connectPage(*page);
        if (auto* heatmap = qobject_cast<HeatmapPage*>(page))
            m_page = heatmap;
    }
    auto* column = new QVBoxLayout(centre);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addWidget(m_errors);
    column->addWidget(m_notices);
    column->addWidget(m_perspectives, 1);
    m_vacant = new VacantPage(m_controller, m_appearance, centre);
    connect(m_vacant, &VacantPage::modelWanted, this, &MainWindow::chooseModel);
    connect(m_vacant, &VacantPage::keptLayersWanted, this, &MainWindow::chooseKeptLayers);
    connect(m_errors, &MessageStrip::remedyWanted, this, &MainWindow::chooseKeptLayers);
    connect(m_vacant, &VacantPage::sampleWanted, this, [this] { openSample(samples().front()); });
    column->addWidget(m_vacant, 1);
    m_exhibit = new ExhibitPage(m_appearance, centre);
    m_exhibit->hide();
    column->addWidget(m_exhibit, 1);
    setCentralWidget(centre);
    refreshCentre();
}

std::vector<QWidget*> MainWindow::makeLeftSections()
{
    m_plan = new PlanSection(m_controller, m_appearance);
    return {new HeadsSection(m_controller, m_appearance), m_plan, new TracesSection(m_controller, m_appearance),
            new OutputSection(m_controller, m_appearance)};
}

std::vector<QWidget*> MainWindow::makeRightSections()
{
    m_parameters = new ParameterSection(m_controller, m_appearance);
    auto* convergence = new ConvergenceSection(m_controller, m_appearance);
    auto* sensitivity = new SensitivitySection(m_controller, m_appearance);
    for (HeadCurve* each : std::initializer_list<HeadCurve*>{convergence, sensitivity})
        connect(each, &HeadCurve::exportWanted, this, &MainWindow::openExportFor);
    return {new MechanismSection(m_controller, m_appearance),
            m_parameters,
            convergence,
            sensitivity,
            new CellSection(m_controller, m_appearance),
            new PinsSection(m_controller, m_appearance),
            new DiagnosticsSection(m_controller, m_appearance),
            new CostSection(m_controller, m_appearance)};
}

QStackedWidget* MainWindow::createColumn(const std::vector<QWidget*>& own,
                                         std::vector<QWidget*> (Perspective::*sections)())
{
    auto* columns = new QStackedWidget;
    columns->addWidget(scrolledColumn(own));
    for (int i = 0; i < m_perspectives->count(); ++i) {
        const std::vector<QWidget*> made = (perspective(i).*sections)();
        columns->addWidget(made.empty() ? new QWidget(columns) : scrolledColumn(made));
        columns->widget(i + 1)->setProperty("empty", made.empty());
    }
    return columns;
}

QDockWidget* MainWindow::createDock(const QString& title, const QString& name, QWidget* content,
                                    Qt::DockWidgetArea area)
{
    auto* dock = new QDockWidget(title, this);
    dock->setObjectName(name);
    dock->setTitleBarWidget(new QWidget(dock));
    dock->setFeatures(QDockWidget::NoDockWidgetFeatures);
    dock->setWidget(content);
    addDockWidget(area, dock);
    return dock;
}

void MainWindow::createDocks()
{
    setCorner(Qt::BottomLeftCorner, Qt::BottomDockWidgetArea);
    setCorner(Qt::BottomRightCorner, Qt::BottomDockWidgetArea);
    setTabPosition(Qt::LeftDockWidgetArea, QTabWidget::North);
    m_leftColumns = createColumn(makeLeftSections(), &Perspective::makeLeftSections);
    m_rightColumns = createColumn(makeRightSections(), &Perspective::makeRightSections);
    createStart();
    m_left = createDock(tr("Heads and output"), u"leftDock"_s, m_leftColumns, Qt::LeftDockWidgetArea);
    m_right = createDock(tr("Mechanism"), u"rightDock"_s, m_rightColumns, Qt::RightDockWidgetArea);
    m_bottom = createDock(tr("Input tokens"), u"tokenDock"_s, new TokenPanel(m_controller, m_appearance),
                          Qt::BottomDockWidgetArea);
}

void MainWindow::connectController()
{
    connect(&m_controller, &StudyController::failed, this, &MainWindow::sayFailure);
    connect(&m_controller, &StudyController::sweepOpened, this, [this] { showPerspectiveOf(u"sweep"_s); });
    connect(&m_controller, &StudyController::runFinished, this, [this] { m_errors->say({}); });
    for (const auto refresh : {&MainWindow::refreshCentre, &MainWindow::refreshNotices})
        connect(&m_controller, &StudyController::comparisonChanged, this, refresh);
    connect(&m_controller, &StudyController::modelChanged, this, [this] {
        const QString& recorded = m_controller.recordedFile();
        if (!isLastSession(recorded) && !m_controller.isAside())
            m_settings.addRecentFile(recorded.isEmpty() ? QString::fromStdString(m_controller.study().modelPath)
                                                        : recorded);
        refreshTitle();
    });
    connect(&m_controller, &StudyController::viewChanged, this,
            [this] { m_settings.setView(lastingView(m_controller.ownStudy().view)); });
    connect(&m_appearance, &Appearance::changed, this, &MainWindow::applySizes);
    connect(m_tools, &MainToolBar::planDialogWanted, m_plan, &PlanSection::edit);
    connect(m_tools, &MainToolBar::inputDialogWanted, this, &MainWindow::openInputDialog);
    connect(m_tools, &MainToolBar::pictureWanted, this, &MainWindow::choosePicture);
    connect(m_tools, &MainToolBar::exportWanted, this, &MainWindow::openExport);
    connect(m_tools, &MainToolBar::perspectiveChosen, this, &MainWindow::showPerspective);
    connect(&m_controller, &StudyController::perspectiveChanged, this, &MainWindow::followPerspective);
    for (const auto signal : {&StudyController::modelChanged, &StudyController::comparisonChanged})
        connect(&m_controller, signal, this, &MainWindow::refreshPerspectives);
    connect(&m_exportJob, &Job::failed, this, &MainWindow::sayError);
}

void MainWindow::applySizes()
{
    const double scale = m_appearance.textScale();
    m_left->widget()->setMaximumWidth(qRound(360 * scale));
    m_right->widget()->setMaximumWidth(qRound(400 * scale));
    arrangeDocks();
    resizeSideDocks();
}

void MainWindow::resizeSideDocks()
{
    const double scale = m_appearance.textScale();
    resizeDocks({m_left, m_right}, {qRound((m_startShown ? 348 : 252) * scale), qRound(292 * scale)}, Qt::Horizontal);
}

void MainWindow::arrangeDocks()
{
    const double scale = m_appearance.textScale();
    const bool together = width() < kBothDocks * scale;
    // Large text in a small window: what is wider than its dock would be cut off, so docks leave the centre its room.
    const auto least = [&](int pixels) { return qRound(std::min(pixels * scale, kMostOfWidth * width())); };
    m_left->widget()->setMinimumWidth(least(m_startShown ? 340 : 236));
    m_right->widget()->setMinimumWidth(least(268));
    const bool tabbed = tabifiedDockWidgets(m_left).contains(m_right);
    if (together && !tabbed) {
        tabifyDockWidget(m_left, m_right);
        m_left->raise();
    } else if (!together && tabbed) {
        removeDockWidget(m_right);
        addDockWidget(Qt::RightDockWidgetArea, m_right);
        m_right->show();
        resizeSideDocks();
    }
}

void MainWindow::restore()
{
    resize(kReference);
    if (const QByteArray geometry = m_settings.geometry(); !geometry.isEmpty())
        restoreGeometry(geometry);
    if (const QByteArray state = m_settings.windowState(); !state.isEmpty())
        restoreState(state);
    arrangeDocks();
}

void MainWindow::refreshNotices()
{
    QStringList notices;
    const auto append = [&](const std::vector<std::string>& texts) {
        for (const std::string& text : texts)
            notices += QString::fromStdString(text);
    };
    if (m_controller.model() != nullptr)
        append(m_controller.model()->warnings);
    if (const ComparisonPointer& comparison = m_controller.comparison()) {
        append(comparison->input.notices);
        if (!comparison->study.input.tokenIds.empty() && m_controller.tokenizer() != nullptr)
            notices += tr("The input is exact token ids, not a text: edited tokens cannot always be written as one.");
        for (const auto& trace : comparison->traces)
            append(trace->warnings);
        if (m_controller.isRecorded())
            notices.prepend(m_controller.lacksModel()
                                ? tr("Shown from a file: its model is not where it was, so nothing can be run again. "
                                     "Model › Locate model… opens it.")
                                : tr("Shown from a file: its model is not open, so nothing can be run again."));
        if (m_restored)
            notices.prepend(tr("Restored what was open when Ketscope ended unexpectedly."));
    }
    notices.removeDuplicates();
    m_notices->say(notices.join(u"  ·  "_s));
    for (QAction* action : {m_exportAction, m_exportData})
        action->setEnabled(m_controller.comparison() != nullptr);
}

void MainWindow::openInputDialog()
{
    if (!m_controller.canRun())
        return;
    auto* dialog =
        new InputDialog(*m_controller.model(), m_controller.tokenizer() != nullptr, m_controller.study().input, this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    connect(dialog, &QDialog::accepted, this, [this, dialog] { m_controller.setInput(dialog->input()); });
    dialog->open();
}

void MainWindow::chooseKeptLayers()
{
    if (!m_controller.canRun())
        return;
    bool accepted = false;
    const QString before = QString::fromStdString(formatIndexList(m_controller.study().keptLayers));
    const QString text = QInputDialog::getText(
        this, tr("Layers to keep"),
        tr("Layers whose maps are kept, for example 0,4-5. Patched ones must be among them. Empty keeps all."),
        QLineEdit::Normal, before, &accepted);
    if (!accepted || text == before)
        return;
    try {
        m_controller.setKeptLayers(text.trimmed().isEmpty() ? std::vector<std::size_t>()
                                                            : parseIndexList(text.trimmed().toStdString(), "layers"));
    } catch (const Error& error) {
        sayError(QString::fromUtf8(error.what()));
    }
}

Perspective& MainWindow::perspective(int index) const
{
    return *static_cast<Perspective*>(m_perspectives->widget(index));
}

Perspective& MainWindow::perspective() const { return perspective(m_perspectives->currentIndex()); }

void MainWindow::showPerspective(int index)
{
    const std::string id = perspectiveTypes()[static_cast<std::size_t>(index)].id.toStdString();
    const QString obstacle = perspective(index).obstacle();
    if (!obstacle.isEmpty())
        sayDone(obstacle);
    if (obstacle.isEmpty() && id != m_controller.study().perspective)
        m_controller.setPerspective(id);
    else
        followPerspective();
}

// What a file names may be unknown here, and what undo brings back may have nothing to show: the page stays then.
void MainWindow::followPerspective()
{
    const auto& types = perspectiveTypes();
    const QString id = QString::fromStdString(m_controller.study().perspective);
    const auto type = id.isEmpty() ? types.begin() : std::ranges::find(types, id, &PerspectiveType::id);
    const int index = static_cast<int>(type - types.begin());
    if (type == types.end() || !perspective(index).obstacle().isEmpty())
        return m_tools->showPerspective(m_perspectives->currentIndex());
    m_perspectives->setCurrentIndex(index);
    m_tools->showPerspective(index);
    refreshColumns();
    for (QAction* action : {m_copyValue, m_copyRow})
        action->setEnabled(&perspective() == m_page);
    perspective().takeFocus();
}

void MainWindow::refreshColumns()
{
    const int own = m_perspectives->currentIndex() + 1;
    for (QStackedWidget* columns : {m_leftColumns, m_rightColumns}) {
        const bool empty = columns->widget(own)->property("empty").toBool();
        columns->setCurrentIndex(empty ? 0 : own);
    }
    if (m_startShown && m_leftColumns->currentIndex() == 0)
        m_leftColumns->setCurrentIndex(m_leftColumns->count() - 1);
}

void MainWindow::createStart()
{
    auto* start = m_start = new StartPanel(m_controller, m_appearance, m_settings);
    connect(start, &StartPanel::lessonWanted, this, &MainWindow::openLesson);
    m_leftColumns->addWidget(scrolledColumn({start}));
    connect(start, &StartPanel::modelWanted, this, &MainWindow::chooseModel);
    connect(start, &StartPanel::fileWanted, this, &MainWindow::chooseFile);
    connect(start, &StartPanel::sampleWanted, this, &MainWindow::openSample);
    connect(start, &StartPanel::pathWanted, this, &MainWindow::openPath);
    connect(start, &StartPanel::closeWanted, this, [this] { showStart(false); });
}

void MainWindow::showStart(bool on)
{
    m_startShown = on;
    m_startAction->setChecked(on);
    refreshColumns();
    applySizes();
}

// A perspective with nothing to show for what is open cannot be chosen, and is left when it is shown.
void MainWindow::refreshPerspectives()
{
    for (int i = 0; i < m_perspectives->count(); ++i)
        m_tools->setObstacle(i, perspective(i).obstacle());
    if (!perspective().obstacle().isEmpty())
        m_controller.leavePerspective(perspectiveTypes().front().id.toStdString());
}

void MainWindow::closeEvent(QCloseEvent* event)
{
    if (!isReadyToClose())
        return event->ignore();
    m_settings.setWindow(saveGeometry(), saveState());
    m_settings.setRunWhileDragging(m_controller.wantsRunWhileDragging());
    QMainWindow::closeEvent(event);
}

void MainWindow::resizeEvent(QResizeEvent* event)
{
    QMainWindow::resizeEvent(event);
    if (m_left != nullptr && m_right != nullptr)
        arrangeDocks();
}

}  // namespace ketscope
