// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/study/head_recorder.h"

#include "core/base/error.h"
#include "core/nn/attention.h"

#include <algorithm>
#include <atomic>
#include <map>
#include <tuple>

namespace ketscope {

namespace {

// Copies what heads are given out of a running forward pass.
class Recorder {
public:
    Recorder(const Comparison& comparison, const HeadPlan& plan) : m_comparison(comparison), m_plan(plan) {}

    void record(const LayerAttention& layer, std::size_t head)
    {
        auto made = std::make_unique<RecordedHead>();
        made->stack = layer.stack;
        made->layer = layer.layer;
        made->head = head;
        made->assignment = m_plan.at(layer.stack, layer.layer, head);
        const HeadInput given = headInputOf(layer, head, made->assignment, m_plan.seed());
        HeadInput& input = made->input;
        input = given;
        input.queries = copy(given.queries, *made);
        input.keys = copy(given.keys, *made);
        input.values = copy(given.values, *made);
        input.layerInput = shared(given.layerInput, *made);
        input.keyInput = shared(given.keyInput, *made);
        input.mask.additive = shared(given.mask.additive, *made);
        made->keyAllowed.assign(given.mask.keyAllowed.begin(), given.mask.keyAllowed.end());
        input.mask.keyAllowed = made->keyAllowed;
        if (given.trained != nullptr) {
            made->trained = *given.trained;
            input.trained = &made->trained;
        }
        made->rows =
            axisMask(m_comparison.input.model, m_comparison.model.stacks[layer.stack].queries, given.queries.rows);
        m_heads.push_back(std::move(made));
    }

    // What several heads of the layer look at is copied once.
    void endLayer() { m_shared.clear(); }

    RecordedHeads take()
    {
        std::ranges::sort(m_heads, [](const auto& a, const auto& b) {
            return std::tie(a->stack, a->layer, a->head) < std::tie(b->stack, b->layer, b->head);
        });
        return std::move(m_heads);
    }

private:
    static MatrixView copy(MatrixView matrix, RecordedHead& head)
    {
        if (matrix.empty())
            return {};
        Tensor tensor({matrix.rows, matrix.columns});
        for (std::size_t row = 0; row < matrix.rows; ++row)
            std::ranges::copy(matrix.row(row), tensor.matrix().row(row).begin());
        head.tensors.push_back(std::make_shared<const Tensor>(std::move(tensor)));
        return head.tensors.back()->matrix();
    }

    MatrixView shared(MatrixView matrix, RecordedHead& head)
    {
        if (matrix.empty())
            return {};
        std::shared_ptr<const Tensor>& kept = m_shared[matrix.data];
        if (kept == nullptr) {
            copy(matrix, head);
            kept = head.tensors.back();
        } else {
            head.tensors.push_back(kept);
        }
        return kept->matrix();
    }

    const Comparison& m_comparison;
    const HeadPlan& m_plan;
    RecordedHeads m_heads;
    std::map<const float*, std::shared_ptr<const Tensor>> m_shared;
};

// Ends a forward pass as soon as what was wanted of it is there.
class UntilRecorded final : public Monitor {
public:
    explicit UntilRecorded(const Monitor& whole) : m_whole(whole) {}
    bool cancelled() const noexcept override { return recorded || m_whole.cancelled(); }

    std::atomic<bool> recorded = false;

private:
    const Monitor& m_whole;
};

}  // namespace

void runUntilLayer(const Model& model, ForwardRequest request, std::size_t stack, std::size_t layer,
                   const std::function<void(const LayerAttention&)>& act, const Monitor& monitor)
{
    UntilRecorded until(monitor);
    request.watch = [&](const LayerAttention& given) {
        if (until.recorded || given.stack != stack || given.layer != layer)
            return;
        act(given);
        until.recorded = true;
    };
    try {
        model.forward(request, until);
    } catch (const Error& error) {
        if (error.kind() != ErrorKind::Cancelled || !until.recorded)
            throw;
    }
    monitor.check();
}

RecordedHeads recordHeads(const Comparison& comparison, const LoadedModel& model, const HeadPlan& plan,
                          Monitor& monitor)
{
    const auto exact =
        std::make_shared<const HeadAssignment>(HeadAssignment{&mechanism("exact"), mechanism("exact").defaults()});
    HeadPlan recording = *comparison.plans.front();
    const std::vector<StackInfo>& stacks = comparison.model.stacks;
    for (std::size_t stack = 0; stack < stacks.size(); ++stack)
        for (std::size_t layer = 0; layer < stacks[stack].layers; ++layer)
            for (std::size_t head = 0; head < stacks[stack].heads; ++head)
                if (plan.isPatched(stack, layer, head))
                    recording.assign(stack, layer, head, exact);
    Recorder recorder(comparison, recording);
    ForwardRequest request{.input = &comparison.input.model, .plan = &recording, .standardErrors = false};
    request.watch = [&](const LayerAttention& layer) {
        for (std::size_t head = 0; head < layer.heads; ++head)
            if (plan.isPatched(layer.stack, layer.layer, head))
                recorder.record(layer, head);
        recorder.endLayer();
    };
    model.model->forward(request, monitor);
    return recorder.take();
}

RecordedHeads recordLayer(const Comparison& comparison, std::size_t trace, std::size_t stack, std::size_t layer,
                          const LoadedModel& model, const Monitor& monitor)
{
    if (!planIsKnown(comparison, trace))
        return {};
    const HeadPlan& plan = *comparison.plans[trace];
    Recorder recorder(comparison, plan);
    ForwardRequest request{
        .input = &comparison.input.model, .plan = &plan, .resumeFrom = comparison.traces[trace].get()};
    for (std::size_t s = 0; s < comparison.model.stacks.size(); ++s)
        request.firstLayers.push_back(s == stack ? layer : comparison.model.stacks[s].layers);
    request.standardErrors = false;
    runUntilLayer(
        *model.model, std::move(request), stack, layer,
        [&](const LayerAttention& given) {
            for (std::size_t head = 0; head < given.heads; ++head)
                recorder.record(given, head);
        },
        monitor);
    return recorder.take();
}

}  // namespace ketscope
