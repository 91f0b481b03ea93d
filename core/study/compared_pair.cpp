// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/study/compared_pair.h"

#include "core/base/error.h"

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

void readComparedTraces(std::string_view text, std::size_t traces, const std::string& where, ComparisonView& view)
{
    view.everyTrace = text == "all";
    if (view.everyTrace)
        return;
    std::string known;
    std::size_t found[2] = {traces, traces};
    const std::size_t comma = text.find(',');
    const std::string_view parts[] = {text.substr(0, comma),
                                      comma == std::string_view::npos ? "" : text.substr(comma + 1)};
    for (std::size_t trace = 0; trace < traces; ++trace) {
        known += (known.empty() ? "" : ", ") + traceTag(trace);
        for (std::size_t side = 0; side < 2; ++side)
            if (parts[side] == traceTag(trace))
                found[side] = trace;
    }
    if (found[0] == traces || found[1] == traces || found[0] == found[1])
        refuse({where, "two different traces of " + known + ", such as A,B, or all",
                "\"" + printable(std::string(text), 40) + "\"", ""});
    view.baseline = found[0];
    view.candidate = found[1];
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
