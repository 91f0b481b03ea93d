// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/study/head_recorder.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <tuple>

namespace ketscope {

namespace {

// Exact attention that remembers what its heads were given.
class Recorder final : public Mechanism {
public:
    const MechanismInfo& info() const override { return mechanism("exact").info(); }
    double flops(const HeadInput& input, const Parameters& parameters) const override
    {
        return mechanism("exact").flops(input, parameters);
    }

    std::unique_ptr<PreparedHead> prepare(const HeadInput& input, const Parameters& parameters,
                                          const Monitor& monitor) const override
    {
        {
            const std::lock_guard lock(m_mutex);
            m_heads[{input.random.stack, input.random.layer, input.random.head}] = record(input);
        }
        return mechanism("exact").prepare(input, parameters, monitor);
    }

    std::vector<std::unique_ptr<RecordedHead>> take()
    {
        std::vector<std::unique_ptr<RecordedHead>> heads;
        for (auto& [place, head] : m_heads)
            heads.push_back(std::move(head));
        return heads;
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

    // What all heads of a layer are given alike is kept once.
    MatrixView shared(MatrixView matrix, int what, RecordedHead& head) const
    {
        auto& kept = m_shared[{head.stack, head.layer, what}];
        if (kept == nullptr && !matrix.empty()) {
            copy(matrix, head);
            kept = head.tensors.back();
        } else if (kept != nullptr) {
            head.tensors.push_back(kept);
        }
        return kept == nullptr ? MatrixView() : kept->matrix();
    }

    std::unique_ptr<RecordedHead> record(const HeadInput& input) const
    {
        auto head = std::make_unique<RecordedHead>();
        head->stack = input.random.stack;
        head->layer = input.random.layer;
        head->head = input.random.head;
        head->input = input;
        head->input.queries = copy(input.queries, *head);
        head->input.keys = copy(input.keys, *head);
        head->input.values = copy(input.values, *head);
        head->input.layerInput = shared(input.layerInput, 0, *head);
        head->input.keyInput = shared(input.keyInput, 1, *head);
        head->input.mask.additive = shared(input.mask.additive, 2, *head);
        head->keyAllowed.assign(input.mask.keyAllowed.begin(), input.mask.keyAllowed.end());
        head->input.mask.keyAllowed = head->keyAllowed;
        if (input.trained != nullptr) {
            head->trained = *input.trained;
            head->input.trained = &head->trained;
        }
        return head;
    }

    mutable std::mutex m_mutex;
    mutable std::map<std::tuple<std::size_t, std::size_t, std::size_t>, std::unique_ptr<RecordedHead>> m_heads;
    mutable std::map<std::tuple<std::size_t, std::size_t, int>, std::shared_ptr<const Tensor>> m_shared;
};

}  // namespace

std::vector<std::unique_ptr<RecordedHead>> recordHeads(const Comparison& comparison, const LoadedModel& model,
                                                       const HeadPlan& plan, Monitor& monitor)
{
    Recorder recorder;
    const auto assignment =
        std::make_shared<const HeadAssignment>(HeadAssignment{&recorder, mechanism("exact").defaults()});
    HeadPlan recording = *comparison.plans.front();
    const std::vector<StackInfo>& stacks = comparison.model.stacks;
    for (std::size_t stack = 0; stack < stacks.size(); ++stack)
        for (std::size_t layer = 0; layer < stacks[stack].layers; ++layer)
            for (std::size_t head = 0; head < stacks[stack].heads; ++head)
                if (plan.isPatched(stack, layer, head))
                    recording.assign(stack, layer, head, assignment);
    const ForwardRequest request{.input = &comparison.input.model, .plan = &recording, .standardErrors = false};
    model.model->forward(request, monitor);
    auto heads = recorder.take();
    for (const auto& head : heads)
        head->rows =
            axisMask(comparison.input.model, comparison.model.stacks[head->stack].queries, head->input.queries.rows);
    return heads;
}

}  // namespace ketscope
