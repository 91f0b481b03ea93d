// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/study/look_ahead.h"

namespace ketscope {

const Mechanism* lookingAhead(const Comparison& comparison, std::size_t trace, std::size_t stack)
{
    const StackInfo& info = comparison.model.stacks.at(stack);
    if (!info.causal || !planIsKnown(comparison, trace))
        return nullptr;
    for (std::size_t layer = 0; layer < info.layers; ++layer)
        for (std::size_t head = 0; head < info.heads; ++head) {
            const HeadAssignment& what = comparison.plans[trace]->at(stack, layer, head);
            if (!what.mechanism->properties(what.parameters).causalSafe)
                return what.mechanism;
        }
    return nullptr;
}

std::vector<std::string> lookAheadNotices(const Comparison& comparison)
{
    std::vector<std::string> notices;
    for (std::size_t trace = 0; trace < comparison.traces.size(); ++trace)
        for (std::size_t stack = 0; stack < comparison.model.stacks.size(); ++stack)
            if (const Mechanism* const what = lookingAhead(comparison, trace, stack))
                notices.push_back("trace " + traceTag(trace) + ": " + what->info().title + " looks ahead in the "
                                  + comparison.model.stacks[stack].name
                                  + " stack: later tokens reach earlier ones, so what it predicts they may have told.");
    return notices;
}

}  // namespace ketscope
