// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/study/samples.h"
#include "ui/dialogs/claims_window.h"
#include "ui/dialogs/training_window.h"
#include "ui/docks/parameter_panel.h"
#include "ui/main_tool_bar.h"
#include "ui/main_window.h"
#include "ui/message_strip.h"
#include "ui/presentation.h"
#include "ui/views/heatmap_page.h"
#include "viz/colour_map.h"

#include <QActionGroup>
#include <QApplication>
#include <QFileInfo>
#include <QLineEdit>
#include <QMenuBar>

#include <algorithm>

namespace ketscope {

using namespace Qt::StringLiterals;

namespace {

constexpr double kTextStep = 0.1;

std::size_t moved(std::size_t index, int step)
{
    return step < 0 && index == 0 ? 0 : index + static_cast<std::size_t>(step);
}

}  // namespace

QAction* MainWindow::add(QMenu& menu, const QString& title, const QList<QKeySequence>& keys, Slot slot)
{
    QAction* action = menu.addAction(title);
    connect(action, &QAction::triggered, this, [slot = std::move(slot)] { slot(); });
    if (keys.isEmpty())
        return action;
    action->setShortcuts(keys);
    m_keys.append({menu.title().remove(u'&'), keys.front().toString(QKeySequence::NativeText),
                   QString(title).remove(u'&').remove(u"…"_s)});
    return action;
}

void MainWindow::createMenus()
{
    m_modelMenu = new QMenu(tr("&Model"), this);
    createFileMenu();
    createEditMenu();
    createViewMenu();
    createRunMenu();
    createPlanMenus();
    createModelMenu();
    createLessonMenu();
    createHelpMenu();
}

void MainWindow::createFileMenu()
{
    QMenu& menu = *menuBar()->addMenu(tr("&File"));
    add(menu, tr("&Open model folder…"), {QKeySequence::Open}, [this] { chooseModel(); });
    add(menu, tr("Open &file…"), {QKeySequence(u"Ctrl+Shift+F"_s)}, [this] { chooseFile(); });
    fillSamples(*menu.addMenu(tr("&Samples")));
    QMenu* recent = menu.addMenu(tr("&Recent"));
    connect(recent, &QMenu::aboutToShow, this, [this, recent] {
        recent->clear();
        fillRecent(*recent);
    });
    menu.addSeparator();
    createStudyActions(menu);
    menu.addSeparator();
    m_exportAction = add(menu, tr("&Export figure…"), {QKeySequence(u"Ctrl+E"_s)}, [this] { openExport(); });
    m_exportAction->setEnabled(false);
    m_exportAgain = add(menu, tr("Export &again"), {QKeySequence(u"Ctrl+Shift+E"_s)}, [this] { exportAgain(); });
    m_exportAgain->setEnabled(false);
    m_exportData = add(menu, tr("Export &data…"), {QKeySequence(u"Ctrl+Alt+E"_s)}, [this] { openDataExport(); });
    m_exportData->setEnabled(false);
    const auto ofCircuit = [this](void (Perspective::*act)()) {
        if (perspective().drawsCircuit())
            return (perspective().*act)();
        sayError(tr("There is no circuit here. The Quantum page draws that of a head whose mechanism runs one."));
    };
    add(menu, tr("Export circuit as Open&QASM 3…"), {}, [ofCircuit] { ofCircuit(&Perspective::exportCircuit); });
    add(menu, tr("&Import measured counts…"), {}, [ofCircuit] { ofCircuit(&Perspective::importCounts); });
    add(menu, tr("&Copy image"), {QKeySequence(u"Ctrl+Shift+C"_s)}, [this] { perspective().copyImage(); });
    menu.addSeparator();
    add(menu, tr("&Quit"), {QKeySequence(u"Ctrl+Q"_s)}, [this] { close(); });
}

void MainWindow::fillRecent(QMenu& menu)
{
    for (const QString& path : m_settings.recentFiles()) {
        const bool there = QFileInfo::exists(path);
        QAction* action = menu.addAction(there ? path : tr("%1 (not found)").arg(path));
        action->setEnabled(there);
        connect(action, &QAction::triggered, this, [this, path] { openPath(path); });
    }
    if (m_settings.recentFiles().isEmpty())
        menu.addAction(tr("None yet"))->setEnabled(false);
}

void MainWindow::createEditMenu()
{
    QMenu& menu = *menuBar()->addMenu(tr("&Edit"));
    QAction* undo = m_controller.undoGroup().createUndoAction(this, tr("&Undo"));
    undo->setShortcut(QKeySequence::Undo);
    QAction* redo = m_controller.undoGroup().createRedoAction(this, tr("&Redo"));
    redo->setShortcut(QKeySequence(u"Ctrl+Shift+Z"_s));
    menu.addActions({undo, redo});
    m_keys.append({tr("Edit"), undo->shortcut().toString(QKeySequence::NativeText),
                   tr("Undo what was edited, selected or shown")});
    m_keys.append({tr("Edit"), redo->shortcut().toString(QKeySequence::NativeText), tr("Redo")});
    menu.addSeparator();
    // Ctrl+C itself belongs to whatever has the focus.
    m_copyValue = add(menu, tr("Copy &value"), {}, [this] { m_page->figureView().copyValue(); });
    m_copyRow = add(menu, tr("Copy &row"), {}, [this] { m_page->figureView().copyRow(); });
    add(menu, tr("Copy &matrix"), {}, [this] { perspective().copyValues(); });
    m_keys.append({tr("Map"), u"Ctrl+C"_s, tr("Copy the selected cell")});
    m_tokenMenu = menu.addMenu(tr("Selected &token"));
    connect(m_tokenMenu, &QMenu::aboutToShow, this, &MainWindow::fillTokenMenu);
}

void MainWindow::createViewMenu()
{
    QMenu& menu = *menuBar()->addMenu(tr("&View"));
    int number = 0;
    for (const PerspectiveType& type : perspectiveTypes()) {
        const QString title = QString(type.title).replace(u"&"_s, u"&&"_s);
        add(menu, title, {QKeySequence(QString::number(number + 1))}, [this, number] {
            if (!isTyping())
                showPerspective(number);
        });
        ++number;
    }
    menu.addSeparator();
    createLookMenus(menu);
    menu.addSeparator();
    add(menu, tr("Show &Δ"), {QKeySequence(u"D"_s)}, [this] {
        if (!isTyping())
            m_controller.changeView([](auto& view) { view.showDifference = !view.showDifference; });
    });
    const auto changeHeatmap = [this](const std::function<void(HeatmapView&)>& change) {
        if (!isTyping())
            m_controller.changeView([&](ViewSettings& view) { change(view.heatmap); });
    };
    add(menu, tr("Show standard &errors"), {QKeySequence(u"U"_s)},
        [changeHeatmap] { changeHeatmap([](HeatmapView& view) { view.standardErrors = !view.standardErrors; }); });
    add(menu, tr("From a query, or to a &key"), {QKeySequence(u"R"_s)}, [changeHeatmap] {
        changeHeatmap([](HeatmapView& view) {
            view.direction = view.direction == AttentionDirection::FromQuery ? AttentionDirection::ToKey
                                                                             : AttentionDirection::FromQuery;
        });
    });
    add(menu, tr("&Next scale"), {QKeySequence(u"S"_s)}, [this] {
        if (!isTyping())
            m_controller.changeView(
                [](auto& view) { view.scale = static_cast<ColourScale>((static_cast<int>(view.scale) + 1) % 3); });
    });
    add(menu, tr("&Lock range"), {QKeySequence(u"L"_s)}, [this] {
        if (!isTyping())
            m_page->toggleRangeLock();
    });
    add(menu, tr("Step the circuit &back"), {QKeySequence(u","_s)}, [this] {
        if (!isTyping())
            perspective().stepCircuit(-1);
    });
    add(menu, tr("Step the circuit &forward"), {QKeySequence(u"."_s)}, [this] {
        if (!isTyping())
            perspective().stepCircuit(1);
    });
    menu.addSeparator();
    createCompareActions(menu);
    createSelectionActions(menu);
    menu.addSeparator();
    add(menu, tr("Left dock"), {QKeySequence(u"F9"_s)}, [this] { m_left->setVisible(m_left->isHidden()); });
    add(menu, tr("Right dock"), {QKeySequence(u"F10"_s)}, [this] { m_right->setVisible(m_right->isHidden()); });
    add(menu, tr("Centre only"), {QKeySequence(u"F11"_s)},
        [this] { showCentreOnly(!(m_left->isHidden() && m_right->isHidden() && m_bottom->isHidden())); });
    menu.addSeparator();
    createPresentation(menu);
}

void MainWindow::createLookMenus(QMenu& menu)
{
    QMenu& themes = *menu.addMenu(tr("&Theme"));
    auto* group = new QActionGroup(this);
    const std::pair<QString, ThemeChoice> choices[] = {
        {tr("&System"), ThemeChoice::System}, {tr("&Light"), ThemeChoice::Light}, {tr("&Dark"), ThemeChoice::Dark}};
    for (const auto& [title, choice] : choices) {
        QAction* action = add(themes, title, {}, [this, choice = choice] { m_appearance.setChoice(choice); });
        action->setCheckable(true);
        action->setChecked(m_appearance.choice() == choice);
        group->addAction(action);
    }
    QMenu& text = *menu.addMenu(tr("Te&xt size"));
    add(text, tr("&Larger text"), {QKeySequence(u"Ctrl++"_s), QKeySequence(u"Ctrl+="_s)},
        [this] { m_appearance.setTextScale(m_appearance.textScale() + kTextStep); });
    add(text, tr("&Smaller text"), {QKeySequence(u"Ctrl+-"_s)},
        [this] { m_appearance.setTextScale(m_appearance.textScale() - kTextStep); });
    add(text, tr("&Normal text"), {QKeySequence(u"Ctrl+0"_s)}, [this] { m_appearance.setTextScale(1.0); });
    QMenu& maps = *menu.addMenu(tr("&Colour map"));
    for (const bool reversed : {false, true})
        for (const ColourMap& each : colourMaps()) {
            const ColourMap map = reversed ? each.reversed() : each;
            add(maps, map.title(), {}, [this, id = map.id().toStdString()] {
                m_controller.changeView([&](auto& view) { view.colourMap = id; });
            });
        }
}

void MainWindow::createSelectionActions(QMenu& menu)
{
    const std::tuple<QString, QString, int, int> moves[] = {{tr("Layer above"), u"Alt+Up"_s, -1, 0},
                                                            {tr("Layer below"), u"Alt+Down"_s, 1, 0},
                                                            {tr("Head to the left"), u"Alt+Left"_s, 0, -1},
                                                            {tr("Head to the right"), u"Alt+Right"_s, 0, 1}};
    QMenu& select = *menu.addMenu(tr("&Selection"));
    for (const auto& [title, key, layers, heads] : moves)
        add(select, title, {QKeySequence(key)}, [this, layers = layers, heads = heads] { moveHead(layers, heads); });
    const std::pair<QString, QString> inMap[] = {
        {tr("Arrows"), tr("Query and key")},
        {tr("Ctrl+Left, Right"), tr("Next larger or smaller key of A's row")},
        {tr("Ctrl+Up, Down"), tr("Largest key of A's row")},
        {tr("Home, End"), tr("First and last key")},
        {tr("+, −, 0"), tr("Zoom the map in, out, to all tokens")},
        {tr("Drag, Ctrl+wheel"), tr("Zoom the map; double-click: all tokens")},
        {tr("Space+drag, wheel"), tr("Pan a zoomed map")},
        {tr("Arrows, in a picture"), tr("The selected patch")},
        {tr("Shift+Arrows, in a picture"), tr("Size of the region of patches")},
        {tr("Shift+click on a word"), tr("Add it to the mean, in Alignment")}};
    for (const auto& [keys, does] : inMap)
        m_keys.append({tr("Map"), keys, does});
}

void MainWindow::createRunMenu()
{
    QMenu& menu = *menuBar()->addMenu(tr("&Run"));
    add(menu, tr("&Run"), {QKeySequence(u"F5"_s)}, [this] { m_tools->commitInput(); });
    add(menu, tr("&Cancel, leave the presentation, or clear the hover and the zoom"), {QKeySequence(u"Esc"_s)},
        [this] { escape(); });
    add(menu, tr("&Input"), {QKeySequence(u"Ctrl+I"_s)}, [this] {
        m_tools->input().setFocus(Qt::ShortcutFocusReason);
        m_tools->input().selectAll();
    });
    add(menu, tr("&All of the input…"), {QKeySequence(u"Ctrl+Shift+I"_s)}, [this] { openInputDialog(); });
    add(menu, tr("&New seed"), {QKeySequence(u"N"_s)}, [this] {
        if (!isTyping())
            m_parameters->newSeed();
    });
    m_runMenu = &menu;
}

void MainWindow::connectPage(Perspective& page)
{
    m_runMenu->addActions(page.actions());
    connect(&page, &Perspective::exportWanted, this, &MainWindow::openExportOf);
    connect(&page, &Perspective::inputWanted, this, &MainWindow::openInputDialog);
    connect(&page, &Perspective::shownWanted, this, [this, &page] { showPerspective(m_perspectives->indexOf(&page)); });
}

void MainWindow::createModelMenu()
{
    add(*m_modelMenu, tr("Open model folder…"), {}, [this] { chooseModel(); });
    add(*m_modelMenu, tr("Open file…"), {}, [this] { chooseFile(); });
    m_locateModel = add(*m_modelMenu, tr("Locate model…"), {}, [this] { locateModel(); });
    fillSamples(*m_modelMenu->addMenu(tr("Samples")));
    QMenu* recent = m_modelMenu->addMenu(tr("Recent"));
    connect(recent, &QMenu::aboutToShow, this, [this, recent] {
        recent->clear();
        fillRecent(*recent);
    });
    m_modelMenu->addSeparator();
    add(*m_modelMenu, tr("&Train a model…"), {QKeySequence(u"Ctrl+T"_s)}, [this] { showTraining(); });
    m_keys.append({tr("Training"), u"Esc"_s, tr("Pause the run")});
    QAction* about = add(*m_modelMenu, tr("About this model…"), {}, [this] { showModelInfo(m_controller, this); });
    about->setEnabled(false);
    connect(&m_controller, &StudyController::modelChanged, about, [about] { about->setEnabled(true); });
    menuBar()->addMenu(m_modelMenu);
}

void MainWindow::createHelpMenu()
{
    QMenu& help = *menuBar()->addMenu(tr("&Help"));
    add(help, tr("&Commands…"), {QKeySequence(u"Ctrl+K"_s), QKeySequence(u"Ctrl+Shift+P"_s)},
        [this] { showPalette(); });
    add(help, tr("&What am I looking at?"), {QKeySequence(u"F1"_s)}, [this] { perspective().explain(); });
    add(help, tr("&Keys"), {QKeySequence(u"?"_s)}, [this] {
        if (isTyping())
            return;
        auto* list = new KeyList(m_keys, this);
        list->setAttribute(Qt::WA_DeleteOnClose);
        list->open();
    });
    add(help, tr("C&laims…"), {}, [this] { showClaims(); });
    m_startAction = add(help, tr("&Start panel"), {}, [this] { showStart(!m_startShown); });
    m_startAction->setCheckable(true);
    add(help, tr("&About Ketscope"), {}, [this] { showAbout(this); });
}

void MainWindow::fillSamples(QMenu& menu)
{
    try {
        for (const Sample& sample : samples())
            add(menu, QString::fromStdString(sample.title), {}, [this, sample] { openSample(sample); });
    } catch (const Error& error) {
        menu.addAction(QString::fromUtf8(error.what()))->setEnabled(false);
    }
}

void MainWindow::openSample(const Sample& sample) { openAsNew(sample.study); }

void MainWindow::openAsNew(const Study& given)
{
    m_errors->say({});
    Study study = given;
    study.view = lastingView(m_controller.study().view);
    leaveStudy([this, study] { m_controller.openStudy(study, false); });
}

void MainWindow::showClaims()
{
    if (m_claims == nullptr) {
        m_claims = new ClaimsWindow(m_appearance, this);
        connect(m_claims, &ClaimsWindow::studyWanted, this, [this](const Study& study) {
            openAsNew(study);
            activateWindow();
        });
        m_claims->resize(m_claims->sizeHint().expandedTo(size() * 0.85));
    }
    m_claims->show();
    m_claims->raise();
    m_claims->activateWindow();
}

void MainWindow::showTraining()
{
    if (m_training == nullptr) {
        m_training = new TrainingWindow(m_controller, m_appearance, m_settings, this);
        connect(m_training, &TrainingWindow::modelWanted, this, [this](const QString& folder) {
            openModel(folder);
            activateWindow();
        });
        m_training->resize(size() * 0.85);
    }
    m_training->show();
    m_training->raise();
    m_training->activateWindow();
}

void MainWindow::escape()
{
    if (m_controller.state() == StudyController::State::Running)
        m_controller.cancel();
    else if (m_presentation->isOn())
        m_presentation->setOn(false);
    else {
        m_controller.point({});
        perspective().resetZoom();
    }
}

void MainWindow::moveHead(int layers, int heads)
{
    Selection selection = m_controller.selection();
    selection.layer = moved(selection.layer, layers);
    selection.head = moved(selection.head, heads);
    m_controller.select(selection);
}

void MainWindow::showCentreOnly(bool on)
{
    for (QDockWidget* dock : {m_left, m_right, m_bottom})
        dock->setVisible(!on);
}

}  // namespace ketscope
