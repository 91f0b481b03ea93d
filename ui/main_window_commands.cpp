// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/study/head_statistics.h"
#include "ui/control_commands.h"
#include "ui/docks/token_strip.h"
#include "ui/docks/trace_sections.h"
#include "ui/main_window.h"
#include "ui/views/perspective.h"

#include <QApplication>
#include <QFileInfo>
#include <QLineEdit>
#include <QMenuBar>

#include <algorithm>

namespace ketscope {

using namespace Qt::StringLiterals;

namespace {

QString plain(QString title)
{
    return title.replace(u"&&"_s, u"\x01"_s).remove(u'&').replace(u'\x01', u'&').remove(u"…"_s);
}

// The actions of a menu and its submenus that can be triggered now. What was there already, such as a sample that two menus
// have, is left out.
void collect(const QMenu& menu, std::vector<Command>& commands)
{
    const QString group = plain(menu.title());
    for (QAction* action : menu.actions()) {
        if (action->menu() != nullptr) {
            collect(*action->menu(), commands);
            continue;
        }
        const QString title = plain(action->text().section(u'\t', 0, 0));
        if (action->isSeparator() || !action->isEnabled()
            || std::ranges::find(commands, title, &Command::title) != commands.end())
            continue;
        const QString keys = action->text().section(u'\t', 1);
        commands.push_back({title, group, keys.isEmpty() ? action->shortcut().toString(QKeySequence::NativeText) : keys,
                            [action = QPointer<QAction>(action)] {
                                if (action)
                                    action->trigger();
                            }});
    }
}

}  // namespace

void MainWindow::createPlanMenus()
{
    QMenu& mechanismMenu = *menuBar()->addMenu(tr("Me&chanism"));
    for (const Mechanism* mechanism : mechanisms())
        add(mechanismMenu, tr("Use %1").arg(QString::fromStdString(mechanism->info().shortTitle)), {},
            [this, mechanism] { m_controller.setMechanism(*mechanism); })
            ->setToolTip(QString::fromStdString(mechanism->info().summary));
    QMenu& menu = *menuBar()->addMenu(tr("&Plan"));
    add(menu, tr("&Edit plan…"), {QKeySequence(u"Ctrl+P"_s)}, [this] { m_plan->edit(); });
    const auto onHead = [this](void (StudyController::*act)(std::size_t, std::size_t)) {
        return [this, act] { (m_controller.*act)(m_controller.selection().layer, m_controller.selection().head); };
    };
    add(menu, tr("&Patch the selected head"), {QKeySequence(u"Ctrl+Shift+H"_s)}, onHead(&StudyController::patchHead));
    add(menu, tr("&Remove the selected head from the plan"), {}, onHead(&StudyController::unpatchHead));
    add(menu, tr("A&blate the selected head"), {QKeySequence(u"Ctrl+Shift+B"_s)}, onHead(&StudyController::ablateHead));
    menu.addSeparator();
    add(menu, tr("&Add candidate"), {QKeySequence(u"Ctrl+Shift+A"_s)}, [this] { m_controller.addCandidate(); });
    add(menu, tr("&Duplicate candidate"), {}, [this] { m_controller.duplicateCandidate(m_controller.candidate()); });
    const auto moveCandidate = [this](std::size_t by) {
        m_controller.moveCandidate(m_controller.candidate(), m_controller.candidate() + by);
    };
    add(menu, tr("Move candidate &up"), {}, [moveCandidate] { moveCandidate(std::size_t(0) - 1); });
    add(menu, tr("Move candidate do&wn"), {}, [moveCandidate] { moveCandidate(1); });
    add(menu, tr("Re&move candidate"), {}, [this] { m_controller.removeCandidate(m_controller.candidate()); });
    const auto step = [this](std::size_t by) {
        const std::size_t count = m_controller.study().candidates.size();
        if (!isTyping() && count > 0)
            m_controller.chooseCandidate((m_controller.candidate() + by) % count);
    };
    add(menu, tr("&Next candidate"), {QKeySequence(u"]"_s)}, [step] { step(1); });
    add(menu, tr("Pre&vious candidate"), {QKeySequence(u"["_s)},
        [this, step] { step(std::max<std::size_t>(1, m_controller.study().candidates.size()) - 1); });
    menu.addSeparator();
    add(menu, tr("&Layers to keep…"), {}, [this] { chooseKeptLayers(); });
    for (QMenu* each : {&mechanismMenu, &menu}) {
        each->setEnabled(false);
        connect(&m_controller, &StudyController::modelChanged, each,
                [this, each] { each->setEnabled(m_controller.canRun()); });
    }
}

void MainWindow::createCompareActions(QMenu& menu)
{
    add(menu, tr("S&wap the compared traces"), {QKeySequence(u"X"_s)}, [this] {
        if (!isTyping())
            m_controller.swapCompared();
    });
    add(menu, tr("All traces, or the compared pair"), {},
        [this] { m_controller.changeView([](auto& view) { view.compared.everyTrace = !view.compared.everyTrace; }); });
    add(menu, tr("&Pin the selected cell"), {}, [this] { m_controller.pin(m_controller.selection()); });
    m_keys.append({tr("Map"), tr("Enter"), tr("Pin the selected cell")});
    m_keys.append({tr("Token strip"), u"F2"_s, tr("Replace the selected token")});
    m_keys.append({tr("Token strip"), tr("Del"), tr("Remove the selected token")});
    m_keys.append({tr("Plan table"), tr("Space"), tr("Paint or clear a head")});
    m_keys.append({tr("Plan table"), tr("Shift+Arrows"), tr("Paint while moving")});
    m_keys.append({tr("Traces"), tr("Enter, Del"), tr("Choose, remove a candidate")});
}

void MainWindow::fillTokenMenu()
{
    m_tokenMenu->clear();
    if (m_controller.comparison() != nullptr)
        m_bottom->findChild<TokenStrip*>()->fillMenu(*m_tokenMenu);
}

std::vector<Command> MainWindow::commands()
{
    std::vector<Command> all;
    fillTokenMenu();
    for (const QAction* action : menuBar()->actions())
        if (action->menu() != nullptr && action->isEnabled())
            collect(*action->menu(), all);
    for (const QString& path : m_settings.recentFiles())
        if (QFileInfo::exists(path))
            all.push_back({path, tr("Recent"), {}, [this, path] { openPath(path); }});
    for (const HeadMeasure& measure : headMeasures())
        all.push_back(
            {tr("Measure: %1").arg(QString::fromStdString(measure.title)), tr("Heads"), {}, [this, id = measure.id] {
                 m_controller.changeView([&](auto& view) { view.headMeasure = id; });
                 showPerspectiveOf(u"entropy"_s);
             }});
    addComparisonCommands(all);
    addPageCommands(all);
    return all;
}

// What the controls of every page and dock do. Those in sight come first: of a control that stands at several places, that
// one is meant.
void MainWindow::addPageCommands(std::vector<Command>& all)
{
    const auto add = [&](int index, bool current) {
        if (!perspective(index).obstacle().isEmpty())
            return;
        const auto show = [this, index] { showPerspective(index); };
        const QString title = perspectiveTypes()[static_cast<std::size_t>(index)].title;
        addControlCommands(perspective(index), title, show, all);
        for (const auto& [dock, columns] : {std::pair(m_left, m_leftColumns), std::pair(m_right, m_rightColumns)}) {
            QWidget* own = columns->widget(index + 1);
            addControlCommands(
                own->property("empty").toBool() ? *columns->widget(0) : *own, title,
                [=] {
                    if (!current)
                        show();
                    dock->show();
                    dock->raise();
                },
                all);
        }
    };
    const int now = m_perspectives->currentIndex();
    add(now, true);
    for (int index = 0; index < m_perspectives->count(); ++index)
        if (index != now)
            add(index, false);
    addControlCommands(
        *m_bottom->widget(), tr("Input tokens"), [this] { m_bottom->show(); }, all);
}

// What depends on the comparison: its pairs, candidates and heads.
void MainWindow::addComparisonCommands(std::vector<Command>& all)
{
    const ComparisonPointer comparison = m_controller.comparison();
    if (!comparison)
        return;
    const auto tag = [](std::size_t trace) { return QString::fromStdString(traceTag(trace)); };
    for (std::size_t a = 0; a < comparison->traces.size(); ++a)
        for (std::size_t b = a + 1; b < comparison->traces.size(); ++b)
            all.push_back({tr("Compare %1 with %2").arg(tag(a), tag(b)), tr("View"), {}, [this, a, b] {
                               m_controller.changeView([](auto& view) { view.compared.everyTrace = false; });
                               m_controller.compare({a, b});
                           }});
    for (std::size_t index = 0; index < m_controller.study().candidates.size(); ++index)
        all.push_back({tr("Edit candidate %1").arg(tag(index + 1)), tr("Plan"), {}, [this, index] {
                           m_controller.chooseCandidate(index);
                       }});
    Selection at = comparison->study.selection;
    const StackInfo& stack = comparison->model.stacks.at(at.stack);
    for (at.layer = 0; at.layer < stack.layers; ++at.layer)
        for (at.head = 0; at.head < stack.heads; ++at.head)
            all.push_back({tr("Layer %1 head %2").arg(at.layer).arg(at.head),
                           comparison->model.stacks.size() > 1 ? tr("Head, %1").arg(QString::fromStdString(stack.name))
                                                               : tr("Head"),
                           {},
                           [this, at] {
                               Selection selection = m_controller.selection();
                               selection.layer = at.layer;
                               selection.head = at.head;
                               m_controller.select(selection);
                           }});
}

void MainWindow::showPalette()
{
    auto* palette = new CommandPalette(commands(), this);
    palette->setAttribute(Qt::WA_DeleteOnClose);
    palette->open();
}

void MainWindow::showPerspectiveOf(const QString& id)
{
    const auto& types = perspectiveTypes();
    const auto found = std::ranges::find(types, id, &PerspectiveType::id);
    if (found != types.end())
        showPerspective(static_cast<int>(found - types.begin()));
}

// Letters and digits are keys of the window only while no text is being typed.
bool MainWindow::isTyping() { return qobject_cast<QLineEdit*>(QApplication::focusWidget()) != nullptr; }

}  // namespace ketscope
