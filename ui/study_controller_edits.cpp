// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/input_text.h"
#include "ui/opening.h"
#include "ui/study_controller.h"

#include <QFileInfo>

#include <algorithm>

namespace ketscope {

void StudyController::setInput(const Input& input) { setInput(input, tr("Change input")); }

void StudyController::setInput(const Input& input, const QString& title)
{
    WorkPart after = work();
    after.input = input;
    edit(title, after);
}

void StudyController::setInputText(const QString& text)
{
    try {
        setInput(withText(m_study.input, text, tokenizer() != nullptr));
    } catch (const Error& error) {
        emit failed(QString::fromUtf8(error.what()));
    }
}

void StudyController::setPicture(const QString& file)
{
    if (!canRun() || !model()->image) {
        const std::string name = canRun() ? model()->title : "what is open";
        emit failed(tr("%1: expected a model that looks at pictures, found %2. Open an image–text model first.")
                        .arg(QFileInfo(file).fileName(), QString::fromStdString(name)));
        return;
    }
    Input input = m_study.input;
    input.image = PictureInput{file.toStdString(), nullptr};
    input.pixelValues.clear();
    setInput(input);
}

void StudyController::setMechanism(const Mechanism& mechanism)
{
    if (!canRun())
        return;
    if (entry() == nullptr) {
        Plan filled = plan();
        filled.entries.push_back(usualEntry(mechanism, *model()));
        return setPlan(filled, tr("Change mechanism"));
    }
    if (entry()->mechanism == &mechanism)
        return;
    editEntry(tr("Change mechanism"), [&](PlanEntry& changed) {
        changed.mechanism = &mechanism;
        changed.parameters = mechanism.defaults();
    });
}

void StudyController::setParameter(const std::string& id, double value, Pace pace)
{
    editEntry(
        tr("Change parameter"), [&](PlanEntry& changed) { changed.parameters.set(id, value); }, pace);
}

void StudyController::setParameters(const std::vector<std::pair<std::string, std::string>>& values)
{
    editEntry(tr("Change parameters"), [&](PlanEntry& changed) {
        for (const auto& [id, text] : values)
            changed.parameters.setText(id, text);
    });
}

void StudyController::resetParameters()
{
    editEntry(tr("Reset parameters"), [](PlanEntry& changed) { changed.parameters = changed.mechanism->defaults(); });
}

void StudyController::setSeed(std::uint64_t seed)
{
    WorkPart after = work();
    after.seed = seed;
    edit(tr("Change seed"), after);
}

void StudyController::setPlan(const Plan& plan, const QString& title)
{
    WorkPart after = work();
    after.candidates.resize(std::max<std::size_t>(m_candidate + 1, after.candidates.size()));
    after.candidates[m_candidate] = plan;
    edit(title, after);
}

void StudyController::setScope(const Scope& scope)
{
    editEntry(tr("Change plan"), [&](PlanEntry& changed) {
        changed.stack = scope.stack;
        changed.layers = scope.layers;
        changed.heads = scope.heads;
    });
}

void StudyController::setEntryIndex(std::size_t index)
{
    m_entry = index;
    emit studyChanged();
}

void StudyController::editEntry(const QString& title, const std::function<void(PlanEntry&)>& change, Pace pace)
{
    if (entry() == nullptr)
        return;
    WorkPart after = work();
    change(after.candidates[m_candidate].entries[m_entry]);
    edit(title, after, pace);
}

void StudyController::setKeptLayers(const std::vector<std::size_t>& layers)
{
    WorkPart after = work();
    after.keptLayers = layers;
    edit(tr("Change kept layers"), after);
}

void StudyController::edit(const QString& title, const WorkPart& after, Pace pace)
{
    Stage next = stage();
    next.work = std::make_shared<const WorkPart>(after);
    edit(title, next, pace);
}

// Taking the step runs it, unless it is held back while dragging.
void StudyController::edit(const QString& title, const Stage& after, Pace pace)
{
    if (!canRun())
        return;
    const bool settled = pace == Pace::Settled;
    m_dragging = !settled;
    // Whether everything is being run since the slider rested: that gives way to the next move, and goes on without one.
    const bool resting = std::exchange(m_rested, false) && m_runJob.isRunning();
    m_holdRun = !settled && (!runsWhileDragging() || (m_runJob.isRunning() && !resting));
    m_runAgain = !settled && runsWhileDragging();
    if (*after.work != work())
        take(title, after, title, m_gesture);
    else if (settled && !isUpToDate() && !resting)
        run();
    else if (settled && m_head && !resting)
        rest();
    m_holdRun = false;
    completeErrors();
    if (settled)
        ++m_gesture;
}

}  // namespace ketscope
