// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/study/comparison.h"

#include <cmath>
#include <numeric>

namespace ketscope {

namespace {

// Which row of "logits" the table shows, and what it is called.
struct Place {
    std::size_t row = 0;
    std::string title;
};

Place placeOf(const Comparison& comparison)
{
    const std::vector<Token>& tokens = comparison.input.tokens;
    if (comparison.model.task == Task::SequenceClassification)
        return {0, "class"};
    if (comparison.model.task == Task::CausalLanguageModelling) {
        std::size_t last = tokens.size() - 1;
        while (last > 0 && tokens[last].padding)
            --last;
        return {last, "next token"};
    }
    for (std::size_t i = 0; i < tokens.size(); ++i)
        if (tokens[i].piece == "[MASK]")
            return {i, "[MASK] at " + std::to_string(i)};
    const std::size_t query = std::min(comparison.study.selection.query, tokens.size() - 1);
    return {query, "token at " + std::to_string(query)};
}

std::vector<double> softmax(std::span<const float> logits)
{
    const double top = *std::ranges::max_element(logits);
    std::vector<double> probabilities(logits.size());
    std::ranges::transform(logits, probabilities.begin(), [top](float x) { return std::exp(x - top); });
    const double sum = std::accumulate(probabilities.begin(), probabilities.end(), 0.0);
    for (double& p : probabilities)
        p /= sum;
    return probabilities;
}

}  // namespace

OutputTable outputTable(const Comparison& comparison, std::size_t maximumRows)
{
    const auto& baseline = comparison.traces.front()->outputs;
    const auto found = baseline.find("logits");
    if (found == baseline.end() || comparison.model.task == Task::None)
        return {};
    const Place place = placeOf(comparison);
    if (found->second->empty() || place.row >= found->second->matrix().rows)
        return {};
    std::vector<std::vector<double>> probabilities;
    for (const auto& trace : comparison.traces) {
        const auto logits = trace->outputs.find("logits");
        if (logits == trace->outputs.end() || logits->second->shape() != found->second->shape())
            return {};
        probabilities.push_back(softmax(logits->second->matrix().row(place.row)));
    }
    std::vector<std::size_t> order(probabilities.front().size());
    std::iota(order.begin(), order.end(), 0);
    const std::size_t rows = std::min(maximumRows, order.size());
    std::ranges::partial_sort(order, order.begin() + static_cast<std::ptrdiff_t>(rows), std::ranges::greater(),
                              [&](std::size_t i) { return probabilities.front()[i]; });
    OutputTable table{place.title, {}};
    for (std::size_t r = 0; r < rows; ++r) {
        const std::size_t index = order[r];
        const bool named = comparison.outputLabels && index < comparison.outputLabels->size();
        OutputRow row{named ? (*comparison.outputLabels)[index] : std::to_string(index), {}};
        for (const auto& p : probabilities)
            row.probability.push_back(p[index]);
        table.rows.push_back(std::move(row));
    }
    return table;
}

}  // namespace ketscope
