// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/study/selected_head.h"
#include "ui/study_controller.h"

#include <QElapsedTimer>

#include <algorithm>

namespace ketscope {

using namespace Qt::StringLiterals;

namespace {

constexpr int kMostSteps = 500;
constexpr qint64 kOneGestureMs = 1000;  // looks of one kind that follow each other faster are one step of undo

bool sameWork(const std::shared_ptr<const WorkPart>& one, const std::shared_ptr<const WorkPart>& other)
{
    return one == other || *one == *other;
}

// Whether what the tables say of the selection depends on what changed.
bool asksAnew(const ViewSettings& before, const ViewSettings& after)
{
    return before.heatmap.direction != after.heatmap.direction || before.outputs.atSelected != after.outputs.atSelected;
}

}  // namespace

bool StudyController::Stage::operator==(const Stage& other) const
{
    return sameWork(work, other.work) && selection == other.selection && view == other.view
           && perspective == other.perspective && candidate == other.candidate && entry == other.entry;
}

class StudyController::Step : public QUndoCommand {
public:
    // `kind`: what may follow as part of this step, empty = nothing; `edit` 0 = a look, else the number of the gesture.
    Step(StudyController& controller, const QString& title, Stage before, Stage after, QString kind, int edit)
        : QUndoCommand(title), m_controller(controller), m_before(std::move(before)), m_after(std::move(after)),
          m_kind(std::move(kind)), m_edit(edit)
    {
        m_since.start();
    }

    int id() const override { return 1; }
    void undo() override { m_controller.show(m_before); }
    void redo() override { m_controller.show(m_after); }

    bool mergeWith(const QUndoCommand* other) override
    {
        const auto& next = static_cast<const Step&>(*other);
        const bool late = m_edit == 0 && m_since.elapsed() > kOneGestureMs;
        if (m_kind.isEmpty() || next.m_kind != m_kind || next.m_edit != m_edit || late)
            return false;
        m_after = next.m_after;
        m_since.restart();
        setObsolete(m_after == m_before);
        return true;
    }

private:
    StudyController& m_controller;
    Stage m_before;
    Stage m_after;
    QString m_kind;
    int m_edit;
    QElapsedTimer m_since;
};

StudyController::Stage StudyController::stage() const
{
    return {m_stagedWork && *m_stagedWork == work() ? m_stagedWork : std::make_shared<const WorkPart>(work()),
            m_study.selection,
            m_study.view,
            m_study.perspective,
            m_candidate,
            m_entry};
}

void StudyController::forgetSteps()
{
    m_undo->clear();
    m_undo->setUndoLimit(kMostSteps);
    m_stagedWork.reset();
    m_wanted.reset();
}

// Pushing shows the stage. Before there is something to see there is nothing to take back.
void StudyController::take(const QString& title, const Stage& after, const QString& kind, int edit)
{
    const Stage before = stage();
    if (after == before)
        return;
    if (m_comparison || edit != 0)
        m_undo->push(new Step(*this, title, before, after, kind, edit));
    else
        show(after);
}

void StudyController::show(const Stage& stage)
{
    const Study before = m_study;
    const ComparedPair pairBefore = pair();
    const bool works = *stage.work != work();
    const bool edits = works || m_candidate != stage.candidate || m_entry != stage.entry;
    m_stagedWork = stage.work;
    m_study.input = stage.work->input;
    m_study.candidates = stage.work->candidates;
    m_study.seed = stage.work->seed;
    m_study.keptLayers = stage.work->keptLayers;
    m_study.view = stage.view;
    m_study.perspective = stage.perspective;
    m_study.selection = m_comparison ? clamped(stage.selection, *m_comparison) : stage.selection;
    m_wanted = works ? std::optional(stage.selection) : std::nullopt;
    m_candidate = std::min(stage.candidate, std::max<std::size_t>(1, m_study.candidates.size()) - 1);
    m_entry = std::min(stage.entry, std::max<std::size_t>(1, plan().entries.size()) - 1);
    refreshShown();
    if (works)
        m_failure = {};
    if (edits)
        emit studyChanged();
    if (m_study.view != before.view)
        emit viewChanged();
    if (m_study.selection != before.selection)
        emit selectionChanged();
    if (m_study.perspective != before.perspective)
        emit perspectiveChanged();
    const bool asks = m_study.selection != before.selection || asksAnew(before.view, m_study.view);
    if (m_comparison && (asks || pair() != pairBefore))
        readOff();
    if (works && m_holdRun)
        emit stateChanged();
    else if (works)
        run();
}

void StudyController::select(const Selection& selection)
{
    if (!m_comparison)
        return;
    Stage after = stage();
    after.selection = clamped(selection, *m_comparison);
    take(tr("Select"), after, u"selection"_s);
}

void StudyController::point(const Pointed& pointed)
{
    if (pointed == m_pointed)
        return;
    m_pointed = pointed;
    emit pointedChanged();
}

void StudyController::selectCell(std::optional<std::size_t> query, std::optional<std::size_t> key)
{
    Selection selection = m_study.selection;
    selection.query = query.value_or(selection.query);
    selection.key = key.value_or(selection.key);
    select(selection);
}

void StudyController::setView(const ViewSettings& view)
{
    Stage after = stage();
    after.view = view;
    QStringList changed;  // zooming is one kind of step, changing a filter another
    for (const std::string& field : changedFields(m_study.view, view))
        changed += QString::fromStdString(field);
    take(tr("Change view"), after, changed.join(u' '));
}

void StudyController::changeView(const std::function<void(ViewSettings&)>& change)
{
    ViewSettings view = m_study.view;
    change(view);
    setView(view);
}

void StudyController::become(const QString& title, const Study& study)
{
    Stage after = stage();
    after.work =
        std::make_shared<const WorkPart>(WorkPart{study.input, study.candidates, study.seed, study.keptLayers});
    after.selection = study.selection;
    after.view = study.view;
    after.perspective = study.perspective;
    take(title, after, {});
}

void StudyController::setPerspective(const std::string& id)
{
    Stage after = stage();
    after.perspective = id;
    take(tr("Change perspective"), after, {});
}

void StudyController::leavePerspective(const std::string& id)
{
    m_study.perspective = id;
    refreshShown();
    emit perspectiveChanged();
}

void StudyController::look(const QString& title, const ViewSettings& view, const Selection& selection)
{
    if (!m_comparison)
        return;
    Stage after = stage();
    after.view = view;
    after.selection = clamped(selection, *m_comparison);
    take(title, after, title);
}

}  // namespace ketscope
