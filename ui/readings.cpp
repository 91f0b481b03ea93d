// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/readings.h"

#include "core/study/token_axis.h"

#include <algorithm>

namespace ketscope {

namespace {

constexpr std::size_t kSmallMap = 300 * 300;  // cells

double flopsOf(const Comparison& comparison, std::size_t trace)
{
    if (!comparison.plans.at(trace))
        return 0.0;  // what another program computed is not known
    double sum = 0.0;
    for (std::size_t stack = 0; stack < comparison.model.stacks.size(); ++stack) {
        const StackInfo& info = comparison.model.stacks[stack];
        const std::size_t queries = axisTokens(comparison.input, info.queries);
        HeadInput head;
        head.queries = MatrixView(nullptr, queries, info.headSize);
        head.keys = head.values = MatrixView(nullptr, axisTokens(comparison.input, info.keys), info.headSize);
        head.layerInput = MatrixView(nullptr, queries, info.width);
        head.mask.causal = info.causal;
        for (std::size_t layer = 0; layer < info.layers; ++layer) {
            for (std::size_t index = 0; index < info.heads; ++index) {
                const HeadAssignment& assigned = comparison.plans[trace]->at(stack, layer, index);
                sum += assigned.mechanism->flops(head, assigned.parameters);
            }
        }
    }
    return sum;
}

}  // namespace

MatrixView mapOf(const Comparison& comparison, std::size_t trace, const Selection& selection)
{
    const StackTrace& stack = comparison.traces.at(trace)->stacks.at(selection.stack);
    return stack.attention.at(selection.layer)->matrix({selection.head});
}

bool isSmallMap(const Comparison& comparison)
{
    const Selection& at = comparison.study.selection;
    const TensorPointer& layer = comparison.traces.front()->stacks.at(at.stack).attention.at(at.layer);
    return !layer || layer->shape().at(1) * layer->shape().at(2) <= kSmallMap;
}

MatrixView standardErrorOf(const Comparison& comparison, std::size_t trace, const Selection& selection)
{
    const StackTrace& stack = comparison.traces.at(trace)->stacks.at(selection.stack);
    if (selection.layer >= stack.standardError.size() || stack.standardError[selection.layer] == nullptr)
        return {};
    return stack.standardError[selection.layer]->matrix({selection.head});
}

const HeadDiagnostics* diagnosticsOf(const Comparison& comparison, std::size_t trace, const Selection& selection)
{
    if (trace >= comparison.traces.size())
        return nullptr;
    const StackTrace& stack = comparison.traces[trace]->stacks.at(selection.stack);
    if (selection.layer >= stack.diagnostics.size())
        return nullptr;
    const std::vector<HeadDiagnostics>& heads = stack.diagnostics[selection.layer];
    const auto found = std::ranges::find(heads, selection.head, &HeadDiagnostics::head);
    return found == heads.end() ? nullptr : &*found;
}

namespace {

void correctEntropies(Readings& readings, const Comparison& comparison, const Selection& selection,
                      std::span<const std::uint8_t> rows)
{
    const HeadDiagnostics* head = diagnosticsOf(comparison, comparedPair(comparison).candidate, selection);
    if (head == nullptr)
        return;
    for (const Diagnostic& each : head->list) {
        if (each.info.id != "entropy_corrected")
            continue;
        const std::span<const float> values = each.values->values();
        if (readings.direction == AttentionDirection::FromQuery && selection.query < values.size())
            readings.lineCorrected = static_cast<double>(values[selection.query]);
        readings.headCorrected = meanOf(values, rows);
    }
}

GiniMeans lineGini(const Comparison& comparison, MatrixView a, MatrixView b)
{
    const Selection& at = comparison.study.selection;
    const auto mask = maskOf(comparison, at.stack);
    if (comparison.study.view.heatmap.direction == AttentionDirection::ToKey)
        return {columnGini(a, at.key, mask->mask), columnGini(b, at.key, mask->mask), 1, 1};
    std::vector<std::uint8_t> only(a.rows, 0);
    only[at.query] = 1;
    return meanGini(a, b, mask->mask, only);
}

}  // namespace

WholeReadings readWhole(const Comparison& comparison)
{
    WholeReadings whole;
    whole.pair = comparedPair(comparison);
    const std::vector<HeadSummary> heads = summarizeHeads(comparison, whole.pair);
    whole.patched = meanOver(heads);
    whole.patchedGini = giniOver(comparison, whole.pair, heads);
    for (std::size_t trace = 0; trace < comparison.traces.size(); ++trace)
        whole.attentionFlop.push_back(flopsOf(comparison, trace));
    return whole;
}

Readings readSelection(const Comparison& comparison, std::shared_ptr<const WholeReadings> whole)
{
    const Selection& selection = comparison.study.selection;
    const ComparedPair pair = comparedPair(comparison);
    const MatrixView a = mapOf(comparison, pair.baseline, selection);
    const MatrixView b = mapOf(comparison, pair.candidate, selection);
    const auto rows = axisMask(comparison.input.model, comparison.model.stacks[selection.stack].queries, a.rows);
    Readings readings;
    readings.direction = comparison.study.view.heatmap.direction;
    readings.cell = compareCells(a(selection.query, selection.key), b(selection.query, selection.key));
    readings.head = compareMaps(a, b, rows);
    readings.headGini = meanGini(a, b, maskOf(comparison, selection.stack)->mask, rows);
    readings.lineGini = lineGini(comparison, a, b);
    const bool row = readings.direction == AttentionDirection::FromQuery;
    readings.line = row ? compareMaps(a.middleRows(selection.query, 1), b.middleRows(selection.query, 1))
                        : compareColumns(a, b, selection.key);
    const MatrixView errors = standardErrorOf(comparison, comparedPair(comparison).candidate, selection);
    if (!errors.empty()) {
        readings.cellError = static_cast<double>(errors(selection.query, selection.key));
        readings.headErrors = compareErrors(a, b, errors, rows);
        if (row)
            readings.lineErrors = compareErrors(a.middleRows(selection.query, 1), b.middleRows(selection.query, 1),
                                                errors.middleRows(selection.query, 1));
    }
    correctEntropies(readings, comparison, selection, rows);
    readings.outputs = outputTable(comparison);
    readings.changes = outputChanges(comparison);
    readings.whole = std::move(whole);
    return readings;
}

}  // namespace ketscope
