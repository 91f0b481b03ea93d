// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/study/selected_pair.h"

#include "core/base/error.h"
#include "core/quantum/ansatz.h"
#include "core/quantum/openqasm.h"
#include "core/study/compared_pair.h"

#include <algorithm>

namespace ketscope {

namespace {

std::size_t shownTrace(const Comparison& comparison)
{
    const Selection& at = comparison.study.selection;
    const std::size_t trace = patcherOf(comparedPair(comparison));
    const bool patched =
        planIsKnown(comparison, trace) && comparison.plans[trace]->isPatched(at.stack, at.layer, at.head);
    return patched ? trace : 0;
}

std::shared_ptr<const SelectedPair> computed(const Comparison& comparison, std::size_t trace, const Monitor& monitor)
{
    const Selection& at = comparison.study.selection;
    const auto head = comparison.selectedHead->traces.at(trace);
    if (head == nullptr)
        refuse({"pair", "a trace whose plan is known", "none", "Run the comparison again."});
    auto pair = std::make_shared<SelectedPair>();
    pair->trace = trace;
    pair->used = pair->shown = head->assignment.mechanism;
    Parameters parameters = head->assignment.parameters;
    if (pair->used == &mechanism("exact")) {
        pair->shown = &mechanism("fidelity");
        parameters = pair->shown->defaults();
    }
    pair->reading = pair->shown->pair(head->input, parameters, at.query, at.key, monitor);
    for (const auto& each : comparison.traces)
        pair->weights.push_back(each->stacks.at(at.stack).attention.at(at.layer)->matrix({at.head})(at.query, at.key));
    const auto row = comparison.traces[trace]->stacks[at.stack].attention[at.layer]->matrix({at.head}).row(at.query);
    pair->mapRow.assign(row.begin(), row.end());
    return pair;
}

}  // namespace

std::size_t shownColumns(const PairCircuit& circuit, const QuantumView& view)
{
    const std::size_t all = circuit.columns();
    if (view.step)
        return std::min(*view.step, all);
    if (view.stage == PairStage::Measured || circuit.role)
        return all;
    const PairRole role = view.stage == PairStage::AfterQuery ? PairRole::Query : PairRole::Key;
    for (const CircuitBlock& block : circuit.blocks)
        if (block.role == role)
            return circuit.columnsOf(block);
    // A circuit that prepares both at once: before its last block.
    return circuit.blocks.size() > 1 ? circuit.columnsOf(circuit.blocks[circuit.blocks.size() - 2]) : all;
}

std::string pairProgram(const Comparison& comparison, const SelectedPair& pair)
{
    if (pair.reading.circuits.empty())
        return {};
    const PairCircuit& shown = pair.reading.circuits.front();
    const Selection& at = comparison.study.selection;
    OpenQasmOptions options;
    options.comment = shown.title + "\nlayer " + std::to_string(at.layer) + ", head " + std::to_string(at.head)
                      + ", query " + std::to_string(at.query) + ", key " + std::to_string(at.key) + "\n"
                      + pair.shown->info().title;
    if (pair.isIllustration())
        options.comment += "\nAn illustration: the head used " + pair.used->info().title + ".";
    if (shown.hasNoise())
        options.comment += "\nThe noise channels of the drawing are not part of this program.";
    if (shown.initial.empty())
        return openQasm(shown.circuit, options);
    // What the wires are loaded with has gates of its own.
    std::vector<double> data;
    for (const std::complex<double>& amplitude : shown.initial)
        data.push_back(amplitude.real());
    Circuit whole = amplitudeEncodingCircuit(data);
    return openQasm(whole.append(shown.circuit), options);
}

std::shared_ptr<const SelectedPair> selectedPair(const ComparisonPointer& comparison, const Monitor& monitor)
{
    const ComparisonPointer filled = withSelectedHead(comparison, monitor);
    if (!filled->selectedHead)
        refuse({"pair of tokens", "the model that was run", "none", obstacleToRecording(*comparison)});
    const std::size_t trace = shownTrace(*filled);
    return filled->heads->pair(*filled, trace, [&] { return computed(*filled, trace, monitor); });
}

}  // namespace ketscope
