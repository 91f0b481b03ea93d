// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/study/summary.h"

#include "core/base/parallel.h"

#include <cmath>

namespace ketscope {

namespace {

constexpr std::size_t kWorkPerCell = 8;  // several logarithms each

double meanDistanceOf(MatrixView map, std::span<const std::uint8_t> rows)
{
    double sum = 0.0;
    std::size_t count = 0;
    for (std::size_t row = 0; row < map.rows; ++row) {
        if (!rows.empty() && rows[row] == 0)
            continue;
        sum += meanDistance(map.row(row), row);
        ++count;
    }
    return count == 0 ? 0.0 : sum / static_cast<double>(count);
}

}  // namespace

std::vector<HeadSummary> summarizeHeads(const Comparison& comparison, std::size_t candidate)
{
    return summarizeHeads(comparison, ComparedPair{0, candidate});
}

std::vector<HeadSummary> summarizeHeads(const Comparison& comparison, const ComparedPair& pair)
{
    std::vector<HeadSummary> heads;
    std::size_t tokens = 0;
    const Trace& baseline = *comparison.traces.at(pair.baseline);
    const Trace& changed = *comparison.traces.at(pair.candidate);
    for (std::size_t stack = 0; stack < comparison.model.stacks.size(); ++stack) {
        const StackInfo& info = comparison.model.stacks[stack];
        for (std::size_t layer = 0; layer < info.layers; ++layer) {
            for (std::size_t head = 0; head < info.heads; ++head) {
                if (mayDiffer(comparison, pair, stack, layer, head) && baseline.stacks.at(stack).attention.at(layer))
                    heads.push_back({stack, layer, head, {}, 0.0, 0.0, {}});
            }
        }
        for (const TensorPointer& maps : baseline.stacks.at(stack).attention)
            tokens = std::max(tokens, maps ? maps->matrix().rows : 0);
    }
    parallelFor(heads.size(), tokens * tokens * kWorkPerCell, [&](std::size_t index) {
        HeadSummary& at = heads[index];
        const MatrixView a = baseline.stacks.at(at.stack).attention.at(at.layer)->matrix({at.head});
        const MatrixView b = changed.stacks.at(at.stack).attention.at(at.layer)->matrix({at.head});
        const auto rows = axisMask(comparison.input.model, comparison.model.stacks[at.stack].queries, a.rows);
        at.maps = compareMaps(a, b, rows);
        const auto& errors = changed.stacks.at(at.stack).standardError;
        if (at.layer < errors.size() && errors[at.layer])
            at.errors = compareErrors(a, b, errors[at.layer]->matrix({at.head}), rows);
        // Between a word and a patch there is no distance.
        const StackInfo& stack = comparison.model.stacks[at.stack];
        const bool oneAxis = stack.queries == stack.keys;
        at.meanDistanceA = oneAxis ? meanDistanceOf(a, rows) : std::numeric_limits<double>::quiet_NaN();
        at.meanDistanceB = oneAxis ? meanDistanceOf(b, rows) : std::numeric_limits<double>::quiet_NaN();
    });
    return heads;
}

HeadsMean meanOver(const std::vector<HeadSummary>& heads)
{
    HeadsMean mean;
    mean.heads = heads.size();
    std::vector<MapComparison> parts;
    double rows = 0.0;
    for (const HeadSummary& head : heads) {
        const auto weight = static_cast<double>(head.maps.compared);
        parts.push_back(head.maps);
        if (!std::isnan(head.meanDistanceA)) {
            mean.meanDistanceA += weight * head.meanDistanceA;
            mean.meanDistanceB += weight * head.meanDistanceB;
            rows += weight;
        }
    }
    mean.maps = combine(parts);
    std::vector<MapErrors> errors;
    for (const HeadSummary& head : heads)
        if (head.errors)
            errors.push_back(*head.errors);
    if (!heads.empty() && errors.size() == heads.size())
        mean.errors = combineErrors(errors);
    // 0/0 = NaN where no head has a distance.
    mean.meanDistanceA = heads.empty() ? 0.0 : mean.meanDistanceA / rows;
    mean.meanDistanceB = heads.empty() ? 0.0 : mean.meanDistanceB / rows;
    return mean;
}

GiniMeans giniOver(const Comparison& comparison, const ComparedPair& pair, const std::vector<HeadSummary>& heads)
{
    std::vector<GiniMeans> each(heads.size());
    const auto mapOf = [&](const HeadSummary& at, std::size_t trace) {
        return comparison.traces.at(trace)->stacks.at(at.stack).attention.at(at.layer)->matrix({at.head});
    };
    const std::size_t rows = heads.empty() ? 0 : mapOf(heads.front(), pair.baseline).rows;
    parallelFor(heads.size(), rows * rows * kWorkPerCell, [&](std::size_t index) {
        const HeadSummary& at = heads[index];
        const auto mask = maskOf(comparison, at.stack);
        each[index] = meanGini(mapOf(at, pair.baseline), mapOf(at, pair.candidate), mask->mask, mask->queries);
    });
    return combine(each);
}

}  // namespace ketscope
