// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/study/token_edit.h"
#include "ui/study_controller.h"

#include <algorithm>

namespace ketscope {

namespace {

constexpr std::size_t kMostPins = 50;

// A trace's place after one was taken out.
std::size_t without(std::size_t trace, std::size_t removed) { return trace > removed ? trace - 1 : trace; }

}  // namespace

// The candidates, the one that is edited and the pair that is compared, in one step of undo.
void StudyController::editCandidates(const QString& title, const std::vector<Plan>& candidates, std::size_t current,
                                     const ComparedPair& pair)
{
    WorkPart edited = work();
    edited.candidates = candidates;
    Stage after = stage();
    after.work = std::make_shared<const WorkPart>(std::move(edited));
    after.candidate = current;
    after.entry = 0;
    after.view.compared.baseline = pair.baseline;
    after.view.compared.candidate = pair.candidate;
    if (*after.work == work())
        take(title, after, title);  // equal plans changed places
    else
        edit(title, after, Pace::Settled);
}

void StudyController::chooseCandidate(std::size_t index)
{
    if (index >= m_study.candidates.size())
        return;
    Stage after = stage();
    after.candidate = index;
    if (index != m_candidate)
        after.entry = 0;
    const ComparedPair now = pair();
    if (now.baseline != index + 1 && now.candidate != index + 1) {
        after.view.compared.baseline = now.baseline;
        after.view.compared.candidate = index + 1;
    }
    take(tr("Choose candidate"), after, {});
}

void StudyController::addCandidate()
{
    if (!canRun())
        return;
    std::vector<Plan> candidates = m_study.candidates;
    candidates.push_back(plan());
    editCandidates(tr("Add candidate"), candidates, candidates.size() - 1, {pair().baseline, candidates.size()});
}

void StudyController::duplicateCandidate(std::size_t index)
{
    if (!canRun() || index >= m_study.candidates.size())
        return;
    std::vector<Plan> candidates = m_study.candidates;
    candidates.insert(candidates.begin() + static_cast<std::ptrdiff_t>(index) + 1, m_study.candidates[index]);
    const auto shifted = [&](std::size_t trace) { return trace > index + 1 ? trace + 1 : trace; };
    editCandidates(tr("Duplicate candidate"), candidates, index + 1, {shifted(pair().baseline), index + 2});
}

void StudyController::removeCandidate(std::size_t index)
{
    if (!canRun() || index >= m_study.candidates.size() || m_study.candidates.size() < 2)
        return;
    std::vector<Plan> candidates = m_study.candidates;
    candidates.erase(candidates.begin() + static_cast<std::ptrdiff_t>(index));
    const ComparedPair now = pair();
    const std::size_t removed = index + 1;
    const std::size_t current = std::min(without(m_candidate, index), candidates.size() - 1);
    const std::size_t baseline = now.baseline == removed ? 0 : without(now.baseline, removed);
    editCandidates(tr("Remove candidate"), candidates, current,
                   {baseline, now.candidate == removed ? current + 1 : without(now.candidate, removed)});
}

void StudyController::moveCandidate(std::size_t index, std::size_t to)
{
    const std::size_t count = m_study.candidates.size();
    if (!canRun() || index >= count || to >= count || index == to)
        return;
    std::vector<Plan> candidates = m_study.candidates;
    std::swap(candidates[index], candidates[to]);
    const auto moved = [&](std::size_t place) { return place == index ? to : place == to ? index : place; };
    const auto movedTrace = [&](std::size_t trace) { return trace == 0 ? 0 : moved(trace - 1) + 1; };
    const ComparedPair now = pair();
    editCandidates(tr("Move candidate"), candidates, moved(m_candidate),
                   {movedTrace(now.baseline), movedTrace(now.candidate)});
}

void StudyController::compare(const ComparedPair& pair)
{
    changeView([&](ViewSettings& view) {
        view.compared.baseline = pair.baseline;
        view.compared.candidate = pair.candidate;
    });
}

void StudyController::swapCompared()
{
    const ComparedPair now = pair();
    compare({now.candidate, now.baseline});
}

void StudyController::assignHead(std::size_t layer, std::size_t head, const PlanChoice* choice, const QString& title)
{
    if (!canRun())
        return;
    try {
        PlanTable table(plan(), *model());
        const std::size_t stack = selection().stack;
        if (layer >= table.layers(stack) || head >= table.heads(stack))
            return;
        table.set(stack, layer, head,
                  choice == nullptr ? std::nullopt : std::optional<std::size_t>(table.choiceFor(*choice)));
        setPlan(table.plan(), title);
        if (const auto entry = decidingEntry(plan(), *model(), stack, layer, head))
            setEntryIndex(*entry);
    } catch (const Error& error) {
        emit failed(QString::fromUtf8(error.what()));
    }
}

void StudyController::ablateHead(std::size_t layer, std::size_t head)
{
    const Mechanism& zero = mechanism("zero");
    const PlanChoice choice{&zero, zero.defaults()};
    assignHead(layer, head, &choice, tr("Ablate head"));
}

void StudyController::patchHead(std::size_t layer, std::size_t head)
{
    if (entry() == nullptr)
        return;
    const PlanChoice choice{entry()->mechanism, entry()->parameters};
    assignHead(layer, head, &choice, tr("Patch head"));
}

void StudyController::unpatchHead(std::size_t layer, std::size_t head)
{
    assignHead(layer, head, nullptr, tr("Remove head from plan"));
}

void StudyController::editToken(const QString& title, const std::function<Input(const EncodedInput&)>& change)
{
    if (!canRun() || !m_comparison || m_comparison->study.input != m_study.input)
        return;
    try {
        if (const std::string obstacle = tokenEditObstacle(m_study.input, tokenizer()); !obstacle.empty())
            refuse({"token", "a text or token ids", "an input of another kind", obstacle});
        setInput(change(m_comparison->input), title);
    } catch (const Error& error) {
        emit failed(QString::fromUtf8(error.what()));
    }
}

void StudyController::replaceToken(std::size_t token, const QString& text)
{
    editToken(tr("Replace token"), [&](const EncodedInput& encoded) {
        return withTokenReplaced(m_study.input, encoded, token, text.toStdString(), *tokenizer());
    });
}

void StudyController::maskToken(std::size_t token)
{
    editToken(tr("Mask token"), [&](const EncodedInput& encoded) {
        const auto mask = maskTokenText(*tokenizer());
        if (!mask)
            refuse({"token", "a model with a mask token", model()->title, "Replace or hide the token instead."});
        return withTokenReplaced(m_study.input, encoded, token, *mask, *tokenizer());
    });
}

void StudyController::removeToken(std::size_t token)
{
    editToken(tr("Remove token"), [&](const EncodedInput& encoded) {
        return withTokenRemoved(m_study.input, encoded, token, tokenizer());
    });
}

void StudyController::hideToken(std::size_t token, bool hidden)
{
    editToken(hidden ? tr("Hide token") : tr("Show token"),
              [&](const EncodedInput& encoded) { return withTokenHidden(m_study.input, encoded, token, hidden); });
}

void StudyController::pin(const Selection& cell)
{
    changeView([&](ViewSettings& view) {
        std::erase(view.compared.pins, cell);
        view.compared.pins.push_back(cell);
        if (view.compared.pins.size() > kMostPins)
            view.compared.pins.erase(view.compared.pins.begin());
    });
}

void StudyController::unpin(std::size_t index)
{
    changeView([&](ViewSettings& view) {
        if (index < view.compared.pins.size())
            view.compared.pins.erase(view.compared.pins.begin() + static_cast<std::ptrdiff_t>(index));
    });
}

}  // namespace ketscope
