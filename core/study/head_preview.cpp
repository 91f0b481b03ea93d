// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/study/head_preview.h"

#include "core/base/error.h"
#include "core/base/parallel.h"
#include "core/nn/attention.h"
#include "core/study/head_recorder.h"
#include "core/study/head_statistics.h"
#include "core/study/layer_input.h"
#include "core/study/selected_head.h"

#include <algorithm>

namespace ketscope {

namespace {

// The forward pass of the candidate as far as the selected layer, of which no head runs.
std::shared_ptr<const LayerInput> recordInput(const Comparison& next, std::size_t trace, const LoadedModel& model,
                                              const Monitor& monitor)
{
    const Selection& at = next.study.selection;
    const HeadPlan& plan = *next.plans[trace];
    ForwardRequest request{.input = &next.input.model, .plan = &plan, .resumeFrom = next.traces.front().get()};
    for (std::size_t stack = 0; stack < next.model.stacks.size(); ++stack)
        request.firstLayers.push_back(
            std::min(plan.firstPatchedLayer(stack), stack == at.stack ? at.layer : next.model.stacks[stack].layers));
    request.keepMaps.resize(next.model.stacks.size());
    for (std::size_t stack = 0; stack < next.model.stacks.size(); ++stack)
        request.keepMaps[stack].assign(next.model.stacks[stack].layers, std::uint8_t{0});
    std::shared_ptr<const LayerInput> input;
    runUntilLayer(
        *model.model, std::move(request), at.stack, at.layer,
        [&](const LayerAttention& given) {
            LayerAttention wanted = given;
            wanted.maps = wanted.standardErrors = true;
            input = std::make_shared<const LayerInput>(wanted);
        },
        monitor);
    return input;
}

// `layer` (H, n, m), or zeros where it is null, with the matrix of one head replaced.
TensorPointer replaced(const TensorPointer& layer, const Tensor& like, std::size_t head, const Tensor& with)
{
    Tensor changed = layer ? Tensor(like.shape()) : Tensor::zeros(like.shape());
    if (layer)
        std::ranges::copy(layer->values(), changed.values().begin());
    std::ranges::copy(with.values(), changed.matrix({head}).data);
    return std::make_shared<const Tensor>(std::move(changed));
}

void put(StackTrace& stack, const Selection& at, const LayerMaps& maps)
{
    TensorPointer& weights = stack.attention.at(at.layer);
    if (stack.standardError.size() <= at.layer)
        stack.standardError.resize(stack.attention.size());
    TensorPointer& errors = stack.standardError[at.layer];
    if (maps.standardErrors)
        errors = replaced(errors, *weights, at.head, *maps.standardErrors);
    else if (errors)
        errors = replaced(errors, *weights, at.head, Tensor::zeros({1, weights->shape()[1], weights->shape()[2]}));
    weights = replaced(weights, *weights, at.head, *maps.weights);
    if (stack.diagnostics.size() <= at.layer)
        stack.diagnostics.resize(stack.attention.size());
    std::vector<HeadDiagnostics>& known = stack.diagnostics[at.layer];
    std::erase_if(known, [&](const HeadDiagnostics& each) { return each.head == at.head; });
    std::ranges::copy(maps.diagnostics, std::back_inserter(known));
}

}  // namespace

bool canRunHeadAlone(const Comparison& last, const Study& study, std::size_t trace)
{
    if (!last.recordedTitles.empty() || trace == 0 || trace >= last.traces.size()
        || study.candidates.size() + 1 != last.traces.size() || !planIsKnown(last, 0))
        return false;
    Study same = study;
    same.candidates[trace - 1] = last.study.candidates.at(trace - 1);
    const Selection& at = study.selection;
    return same.modelPath == last.study.modelPath && same.input == last.study.input && same.seed == last.study.seed
           && same.keptLayers == last.study.keptLayers && same.candidates == last.study.candidates
           && clamped(at, last) == at && last.traces[trace]->stacks.at(at.stack).attention.at(at.layer) != nullptr;
}

HeadAnew withHeadAnew(const ComparisonPointer& last, const Study& study, std::size_t trace, const LoadedModel& model,
                      int threads, Monitor& monitor)
{
    setThreads(threads);
    auto next = std::make_shared<Comparison>(*last);
    next->study = study;
    next->plans[trace] =
        std::make_shared<const HeadPlan>(resolve(study.candidates.at(trace - 1), last->model, study.seed));
    next->statistics = std::make_shared<StatisticsMemo>();  // nothing of it is worth keeping
    next->alignments = std::make_shared<AlignmentMemo>();
    next->selectedHead.reset();
    const Selection& at = study.selection;
    const HeadPlan& plan = *next->plans[trace];
    auto input = next->heads->inputUnder(*next, trace);
    const HeadPlan* before = last->plans[trace].get();
    const bool typical =
        input || before == nullptr || !sameBefore(*before, plan, last->model.stacks, at.stack, at.layer);
    if (!input) {
        input = recordInput(*next, trace, model, monitor);
        next->heads->keepInput(*next, trace, input);
    }
    auto anew = std::make_shared<Trace>(*last->traces[trace]);
    put(anew->stacks.at(at.stack), at, attendHead(input->attention(), at.head, plan, monitor));
    next->traces[trace] = std::move(anew);
    return {std::move(next), typical};
}

}  // namespace ketscope
