// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/study/compared_pair.h"

#include <numeric>

namespace ketscope {

ComparedPair comparedPair(const Comparison& comparison)
{
    const ComparisonView& view = comparison.study.view.compared;
    const std::size_t traces = comparison.traces.size();
    if (traces < 2)
        return {};
    const std::size_t baseline = view.baseline < traces ? view.baseline : 0;
    const bool fits = view.candidate < traces && view.candidate != baseline;
    return {baseline, fits ? view.candidate : std::size_t{baseline == 0 ? 1U : 0U}};
}

std::vector<std::size_t> shownTraces(const Comparison& comparison)
{
    if (comparison.traces.size() > 1 && !comparison.study.view.compared.everyTrace) {
        const ComparedPair pair = comparedPair(comparison);
        return {pair.baseline, pair.candidate};
    }
    std::vector<std::size_t> all(comparison.traces.size());
    std::iota(all.begin(), all.end(), std::size_t{0});
    return all;
}

bool showsDifference(const Comparison& comparison)
{
    const ViewSettings& view = comparison.study.view;
    return comparison.traces.size() > 1 && view.showDifference && !view.compared.everyTrace;
}

bool mayDiffer(const Comparison& comparison, const ComparedPair& pair, std::size_t stack, std::size_t layer,
               std::size_t head)
{
    return pair.baseline != pair.candidate
           && (mayDiffer(comparison, pair.baseline, stack, layer, head)
               || mayDiffer(comparison, pair.candidate, stack, layer, head));
}

bool plansAreKnown(const Comparison& comparison, const ComparedPair& pair)
{
    return planIsKnown(comparison, pair.baseline) && planIsKnown(comparison, pair.candidate);
}

}  // namespace ketscope
