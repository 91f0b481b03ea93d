// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/study/plan_table.h"

#include <algorithm>
#include <sstream>

namespace ketscope {

namespace {

bool names(const std::vector<std::size_t>& indices, std::size_t index)
{
    return indices.empty() || std::ranges::find(indices, index) != indices.end();
}

}  // namespace

std::optional<std::size_t> decidingEntry(const Plan& plan, const ModelInfo& model, std::size_t stack, std::size_t layer,
                                         std::size_t head)
{
    const std::string& name = model.stacks.at(stack).name;
    for (std::size_t index = plan.entries.size(); index-- > 0;) {
        const PlanEntry& entry = plan.entries[index];
        if ((entry.stack.empty() || entry.stack == name) && names(entry.layers, layer) && names(entry.heads, head))
            return index;
    }
    return {};
}

PlanTable::PlanTable(const Plan& plan, const ModelInfo& model)
{
    resolve(plan, model, 0);
    std::vector<std::size_t> choiceOf;
    for (const PlanEntry& entry : plan.entries)
        choiceOf.push_back(choiceFor({entry.mechanism, entry.parameters}));
    for (std::size_t stack = 0; stack < model.stacks.size(); ++stack) {
        const StackInfo& info = model.stacks[stack];
        Stack& made = m_stacks.emplace_back(Stack{info.name, info.layers, info.heads, {}});
        for (std::size_t cell = 0; cell < info.layers * info.heads; ++cell) {
            const auto entry = decidingEntry(plan, model, stack, cell / info.heads, cell % info.heads);
            made.cells.push_back(entry ? std::optional(choiceOf[*entry]) : std::nullopt);
        }
    }
}

std::size_t PlanTable::choiceFor(const PlanChoice& choice)
{
    const auto found = std::ranges::find(m_choices, choice);
    const auto index = static_cast<std::size_t>(found - m_choices.begin());
    if (found == m_choices.end())
        m_choices.push_back(choice);
    return index;
}

void PlanTable::replaceChoice(std::size_t index, const PlanChoice& choice) { m_choices.at(index) = choice; }

void PlanTable::removeChoice(std::size_t index)
{
    m_choices.erase(m_choices.begin() + static_cast<std::ptrdiff_t>(index));
    for (Stack& stack : m_stacks) {
        for (std::optional<std::size_t>& cell : stack.cells) {
            if (cell == index)
                cell.reset();
            else if (cell && *cell > index)
                --*cell;
        }
    }
}

std::optional<std::size_t> PlanTable::at(std::size_t stack, std::size_t layer, std::size_t head) const
{
    return m_stacks.at(stack).cells.at(layer * m_stacks[stack].heads + head);
}

void PlanTable::set(std::size_t stack, std::size_t layer, std::size_t head, std::optional<std::size_t> choice)
{
    m_stacks.at(stack).cells.at(layer * m_stacks[stack].heads + head) = choice;
}

std::size_t PlanTable::headsUsing(std::size_t choice) const
{
    std::size_t count = 0;
    for (const Stack& stack : m_stacks)
        count += static_cast<std::size_t>(std::ranges::count(stack.cells, std::optional(choice)));
    return count;
}

bool PlanTable::isEverywhere(std::size_t choice) const
{
    return std::ranges::all_of(m_stacks, [&](const Stack& stack) {
        return std::ranges::all_of(stack.cells, [&](const auto& cell) { return cell == choice; });
    });
}

void PlanTable::addEntries(std::size_t choice, const Stack& stack, std::vector<PlanEntry>& entries) const
{
    std::vector<std::pair<std::vector<std::size_t>, std::vector<std::size_t>>> groups;  // heads, then their layers
    for (std::size_t layer = 0; layer < stack.layers; ++layer) {
        std::vector<std::size_t> heads;
        for (std::size_t head = 0; head < stack.heads; ++head)
            if (stack.cells[layer * stack.heads + head] == choice)
                heads.push_back(head);
        if (heads.empty())
            continue;
        const auto same = std::ranges::find(groups, heads, [](const auto& group) { return group.first; });
        if (same == groups.end())
            groups.push_back({heads, {layer}});
        else
            same->second.push_back(layer);
    }
    for (auto& [heads, layers] : groups) {
        if (heads.size() == stack.heads)
            heads.clear();
        if (layers.size() == stack.layers)
            layers.clear();
        entries.push_back({m_choices[choice].mechanism, m_choices[choice].parameters,
                           m_stacks.size() > 1 ? stack.name : std::string(), layers, heads});
    }
}

Plan PlanTable::plan() const
{
    Plan plan;
    for (std::size_t choice = 0; choice < m_choices.size(); ++choice) {
        if (isEverywhere(choice)) {
            plan.entries.push_back({m_choices[choice].mechanism, m_choices[choice].parameters, {}, {}, {}});
            continue;
        }
        for (const Stack& stack : m_stacks)
            addEntries(choice, stack, plan.entries);
    }
    return plan;
}

Plan parsePlan(std::string_view text)
{
    Plan plan;
    std::istringstream words{std::string(text)};
    for (std::string spec; words >> spec;)
        plan.entries.push_back(parseSpec(spec));
    return plan;
}

std::string formatPlan(const Plan& plan)
{
    std::string text;
    for (const PlanEntry& entry : plan.entries)
        text += (text.empty() ? "" : " ") + formatSpec(entry);
    return text;
}

}  // namespace ketscope
