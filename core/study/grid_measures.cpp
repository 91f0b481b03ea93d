// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/study/grid_measures.h"

#include "core/base/error.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace ketscope {

const std::vector<GridMeasure>& gridMeasures()
{
    static const std::vector<GridMeasure> all = [] {
        std::vector<GridMeasure> list;
        for (const HeadMeasure& each : headMeasures())
            list.push_back({each.id, each.title, each.unit, each.value, nullptr});
        list.push_back({"js", "Jensen–Shannon divergence from A", "nats", nullptr, &MapComparison::jensenShannon});
        list.push_back({"kl", "KL divergence from A", "nats", nullptr, &MapComparison::kl});
        return list;
    }();
    return all;
}

const GridMeasure& gridMeasure(std::string_view id)
{
    std::string known;
    for (const GridMeasure& measure : gridMeasures()) {
        if (measure.id == id)
            return measure;
        known += (known.empty() ? "" : ", ") + measure.id;
    }
    refuse({"measure of the grid of heads", "one of " + known, "\"" + printable(std::string(id), 40) + "\"", ""});
}

std::vector<double> gridValues(const Comparison& comparison, const GridMeasure& measure, std::size_t stack,
                               std::size_t trace, std::size_t baseline, const Monitor& monitor)
{
    const StackInfo& info = comparison.model.stacks.at(stack);
    std::vector<double> values(info.layers * info.heads, std::numeric_limits<double>::quiet_NaN());
    if (measure.value != nullptr) {
        const auto heads = comparison.statistics->of(comparison, trace, stack, measure.value == &HeadStatistics::gini);
        for (std::size_t i = 0; i < values.size(); ++i)
            values[i] = heads->at(i / info.heads).at(i % info.heads).*measure.value;
        return values;
    }
    const auto mask = maskOf(comparison, stack);
    for (std::size_t i = 0; i < values.size(); ++i) {
        monitor.check();
        const std::size_t layer = i / info.heads, head = i % info.heads;
        const TensorPointer& a = comparison.traces.at(baseline)->stacks.at(stack).attention.at(layer);
        const TensorPointer& b = comparison.traces.at(trace)->stacks.at(stack).attention.at(layer);
        if (a && b)
            values[i] =
                a == b ? 0.0 : compareMaps(a->matrix({head}), b->matrix({head}), mask->queries).*measure.difference;
    }
    return values;
}

std::vector<double> meanStandardErrors(const Comparison& comparison, std::size_t stack, std::size_t trace)
{
    const StackInfo& info = comparison.model.stacks.at(stack);
    std::vector<double> values(info.layers * info.heads, std::numeric_limits<double>::quiet_NaN());
    const auto& layers = comparison.traces.at(trace)->stacks.at(stack).standardError;
    for (std::size_t i = 0; i < values.size(); ++i) {
        if (i / info.heads >= layers.size() || !layers[i / info.heads])
            continue;
        const MatrixView errors = layers[i / info.heads]->matrix({i % info.heads});
        double sum = 0.0;
        for (std::size_t row = 0; row < errors.rows; ++row)
            sum = std::accumulate(errors.row(row).begin(), errors.row(row).end(), sum);
        values[i] = sum / static_cast<double>(errors.rows * errors.columns);
    }
    return values;
}

std::vector<std::size_t> largestPlaces(const std::vector<double>& values, std::size_t count)
{
    std::vector<std::size_t> places;
    for (std::size_t i = 0; i < values.size(); ++i)
        if (!std::isnan(values[i]))
            places.push_back(i);
    std::ranges::stable_sort(places, std::ranges::greater(), [&](std::size_t i) { return values[i]; });
    places.resize(std::min(places.size(), count));
    return places;
}

}  // namespace ketscope
