// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/attention/head_plan.h"

namespace ketscope {

HeadPlan::HeadPlan(const std::vector<StackShape>& stacks, std::uint64_t seed) : m_stacks(stacks), m_seed(seed)
{
    std::size_t heads = 0;
    for (const StackShape& stack : stacks) {
        m_firstHead.push_back(heads);
        heads += stack.layers * stack.heads;
    }
    m_assignments.resize(heads);
}

std::size_t HeadPlan::indexOf(std::size_t stack, std::size_t layer, std::size_t head) const
{
    return m_firstHead.at(stack) + layer * m_stacks[stack].heads + head;
}

void HeadPlan::assign(std::size_t stack, std::size_t layer, std::size_t head,
                      std::shared_ptr<const HeadAssignment> what)
{
    m_assignments.at(indexOf(stack, layer, head)) = std::move(what);
}

const HeadAssignment& HeadPlan::at(std::size_t stack, std::size_t layer, std::size_t head) const
{
    static const HeadAssignment exact{mechanisms().front(), mechanisms().front()->defaults()};
    const auto& assigned = m_assignments.at(indexOf(stack, layer, head));
    if (assigned)
        return *assigned;
    const StackShape& shape = m_stacks[stack];
    if (!shape.ownHeads.empty() && shape.ownHeads.at(layer * shape.heads + head))
        return *shape.ownHeads[layer * shape.heads + head];
    return shape.own ? *shape.own : exact;
}

bool HeadPlan::isPatched(std::size_t stack, std::size_t layer, std::size_t head) const
{
    return m_assignments.at(indexOf(stack, layer, head)) != nullptr;
}

std::size_t HeadPlan::firstPatchedLayer(std::size_t stack) const
{
    const StackShape& shape = m_stacks.at(stack);
    for (std::size_t layer = 0; layer < shape.layers; ++layer)
        for (std::size_t head = 0; head < shape.heads; ++head)
            if (isPatched(stack, layer, head))
                return layer;
    return shape.layers;
}

bool HeadPlan::anyGivesStandardError(std::size_t stack, std::size_t layer) const
{
    for (std::size_t head = 0; head < m_stacks.at(stack).heads; ++head) {
        const HeadAssignment& assignment = at(stack, layer, head);
        if (assignment.mechanism->properties(assignment.parameters).givesStandardError)
            return true;
    }
    return false;
}

}  // namespace ketscope
