// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/readings.h"

#include "core/study/token_axis.h"

#include <algorithm>

namespace ketscope {

namespace {

constexpr std::size_t kBaseline = 0;
constexpr std::size_t kCandidate = 1;

std::size_t candidateOf(const Comparison& comparison) { return comparison.traces.size() > kCandidate ? kCandidate : 0; }

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

WholeReadings readWhole(const Comparison& comparison)
{
    WholeReadings whole;
    whole.patched = meanOver(summarizeHeads(comparison, candidateOf(comparison)));
    for (std::size_t trace = 0; trace < comparison.traces.size(); ++trace)
        whole.attentionFlop.push_back(flopsOf(comparison, trace));
    return whole;
}

Readings readSelection(const Comparison& comparison, std::shared_ptr<const WholeReadings> whole)
{
    const Selection& selection = comparison.study.selection;
    const MatrixView a = mapOf(comparison, kBaseline, selection);
    const MatrixView b = mapOf(comparison, candidateOf(comparison), selection);
    Readings readings;
    readings.cell = compareCells(a(selection.query, selection.key), b(selection.query, selection.key));
    readings.query = compareMaps(a.middleRows(selection.query, 1), b.middleRows(selection.query, 1));
    readings.head =
        compareMaps(a, b, axisMask(comparison.input.model, comparison.model.stacks[selection.stack].queries, a.rows));
    readings.outputs = outputTable(comparison);
    readings.whole = std::move(whole);
    return readings;
}

}  // namespace ketscope
