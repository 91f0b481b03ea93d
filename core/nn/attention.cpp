// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/nn/attention.h"

#include "core/attention/left_out_draws.h"
#include "core/base/parallel.h"
#include "core/nn/attention_kernel.h"
#include "core/nn/product.h"

#include <atomic>
#include <cmath>

namespace ketscope {

namespace {

std::size_t groupsOf(const LayerAttention& layer)
{
    return layer.keyValueHeads == 0 ? layer.heads : layer.keyValueHeads;
}

MatrixView columnsOfHead(const MatrixView& all, std::size_t head, std::size_t heads)
{
    const std::size_t width = all.columns / heads;
    return all.middleColumns(head * width, width);
}

bool finite(const MatrixView& values)
{
    for (std::size_t row = 0; row < values.rows; ++row)
        for (const float value : values.row(row))
            if (!std::isfinite(value))
                return false;
    return true;
}

// The work on heads of one layer, `count` from `first` on: each prepared, then all (head, row block) pairs in any
// order.
class LayerWork {
public:
    LayerWork(const LayerAttention& layer, std::size_t first, std::size_t count, const HeadPlan& plan,
              MutableMatrixView context, const Monitor& monitor)
        : m_layer(layer), m_first(first), m_plan(plan), m_context(context), m_monitor(monitor),
          m_weights(layer.maps ? Tensor({count, layer.queries.rows, layer.keys.rows}) : Tensor()), m_prepared(count),
          m_rowDiagnostics(count), m_notFinite(count)
    {
        bool givesErrors = false;
        for (std::size_t place = 0; place < count; ++place) {
            const HeadAssignment& what = assignment(place);
            givesErrors = givesErrors || what.mechanism->properties(what.parameters).givesStandardError;
            if (const auto rows = what.mechanism->rowDiagnostics(what.parameters); !rows.empty())
                m_rowDiagnostics[place] = Tensor::zeros({rows.size(), layer.queries.rows});
        }
        if (layer.maps && layer.standardErrors && givesErrors)
            m_errors = Tensor::zeros(m_weights.shape());
    }

    LayerMaps run()
    {
        const std::size_t queries = m_layer.queries.rows;
        const std::size_t keys = m_layer.keys.rows;
        const std::size_t headSize = m_layer.queries.columns / m_layer.heads;
        parallelFor(m_prepared.size(), keys * headSize, [&](std::size_t place) {
            m_monitor.check();
            const HeadAssignment& what = assignment(place);
            m_prepared[place] = what.mechanism->prepare(headInputOf(m_layer, m_first + place, what, m_plan.seed()),
                                                        what.parameters, m_monitor);
        });
        const std::size_t blocks = (queries + kAttentionRowBlock - 1) / kAttentionRowBlock;
        parallelFor(m_prepared.size() * blocks, kAttentionRowBlock * (keys + headSize),
                    [&](std::size_t item) { runBlock(item / blocks, item % blocks * kAttentionRowBlock); });
        return result();
    }

private:
    const HeadAssignment& assignment(std::size_t place) const
    {
        return m_plan.at(m_layer.stack, m_layer.layer, m_first + place);
    }

    HeadOutput outputOfHead(std::size_t place)
    {
        const std::size_t width = m_context.columns / m_prepared.size();
        const HeadAssignment& assigned = assignment(place);
        const bool errors = !m_errors.empty() && assigned.mechanism->properties(assigned.parameters).givesStandardError;
        return {.weights = m_weights.empty() ? MutableMatrixView{} : m_weights.matrix({place}),
                .output = m_context.middleColumns(place * width, width),
                .standardError = errors ? m_errors.matrix({place}) : MutableMatrixView{},
                .diagnostics =
                    m_rowDiagnostics[place].empty() ? MutableMatrixView{} : m_rowDiagnostics[place].matrix()};
    }

    void runBlock(std::size_t place, std::size_t first)
    {
        m_monitor.check();
        const std::size_t last = std::min(first + kAttentionRowBlock, m_layer.queries.rows);
        const HeadOutput output = outputOfHead(place);
        m_prepared[place]->rows(first, last, output);
        // A weight that is not finite makes its row's output not finite: looking at the small output is enough.
        if (!finite(output.output.middleRows(first, last - first)))
            m_notFinite[place] = true;
    }

    HeadDiagnostics diagnosticsOf(std::size_t place) const
    {
        HeadDiagnostics result{m_first + place, m_prepared[place]->diagnostics()};
        const HeadAssignment& what = assignment(place);
        const auto rows = what.mechanism->rowDiagnostics(what.parameters);
        for (std::size_t i = 0; i < rows.size(); ++i) {
            Tensor values({m_layer.queries.rows});
            std::ranges::copy(m_rowDiagnostics[place].matrix().row(i), values.data());
            result.list.push_back({rows[i], std::make_shared<const Tensor>(std::move(values))});
        }
        return result;
    }

    LayerMaps result()
    {
        LayerMaps maps;
        for (std::size_t place = 0; place < m_prepared.size(); ++place)
            if (HeadDiagnostics known = diagnosticsOf(place); !known.list.empty())
                maps.diagnostics.push_back(std::move(known));
        for (std::size_t place = 0; place < m_prepared.size(); ++place)
            if (m_notFinite[place])
                maps.warnings.push_back("layer " + std::to_string(m_layer.layer) + " head "
                                        + std::to_string(m_first + place) + ": attention is not finite");
        if (!m_weights.empty())
            maps.weights = std::make_shared<const Tensor>(std::move(m_weights));
        if (!m_errors.empty())
            maps.standardErrors = std::make_shared<const Tensor>(std::move(m_errors));
        return maps;
    }

    const LayerAttention& m_layer;
    const std::size_t m_first;
    const HeadPlan& m_plan;
    MutableMatrixView m_context;
    const Monitor& m_monitor;
    // Of the heads from the first on: their places, not their numbers in the layer.
    Tensor m_weights;
    Tensor m_errors;
    std::vector<std::unique_ptr<PreparedHead>> m_prepared;
    std::vector<Tensor> m_rowDiagnostics;  // of each head: (its row diagnostics, n)
    std::vector<std::atomic<bool>> m_notFinite;
};

}  // namespace

HeadInput headInputOf(const LayerAttention& layer, std::size_t head, const HeadAssignment& what, std::uint64_t seed)
{
    const NamedTensors* trained = nullptr;
    if (what.trained && !what.trained->tensors.empty())
        trained = &what.trained->tensors;
    else if (!layer.trained.empty() && layer.trainedFor == &wholeMechanism(*what.mechanism))
        trained = &layer.trained[head];
    const std::size_t groups = groupsOf(layer);
    const std::size_t group = head / (layer.heads / groups);
    return {.queries = columnsOfHead(layer.queries, head, layer.heads),
            .keys = columnsOfHead(layer.keys, group, groups),
            .values = columnsOfHead(layer.values, group, groups),
            .mask = layer.headMasks.empty() ? layer.mask : layer.headMasks[head],
            .scale = layer.scale,
            .layerInput = layer.input,
            .random = {seed, static_cast<std::uint16_t>(layer.stack), static_cast<std::uint16_t>(layer.layer),
                       static_cast<std::uint16_t>(head)},
            .keyInput = layer.keyInput,
            .trained = trained};
}

LayerMaps attend(const LayerAttention& layer, const HeadPlan& plan, MutableMatrixView context, const Monitor& monitor)
{
    return LayerWork(layer, 0, layer.heads, plan, context, monitor).run();
}

LayerMaps attendHead(const LayerAttention& layer, std::size_t head, const HeadPlan& plan, const Monitor& monitor)
{
    Tensor context({layer.queries.rows, layer.values.columns / groupsOf(layer)});
    return LayerWork(layer, head, 1, plan, context.matrix(), monitor).run();
}

namespace {

// What one head adds to values that several heads share.
struct SharedGradients {
    Tensor keys;
    Tensor values;
    Tensor input;
    Tensor keyInput;
};

Tensor zerosLike(MatrixView values) { return values.empty() ? Tensor() : Tensor::zeros({values.rows, values.columns}); }

MutableMatrixView viewOf(Tensor& values) { return values.empty() ? MutableMatrixView() : values.matrix(); }

void add(const Tensor& from, MutableMatrixView to)
{
    if (!to.empty() && !from.empty())
        addTo(from.matrix(), to);
}

SharedGradients headBackward(const LayerAttention& layer, const HeadPlan& plan, std::size_t head, MatrixView gradients,
                             const LayerGradients& into, const Monitor& monitor)
{
    const HeadAssignment& what = plan.at(layer.stack, layer.layer, head);
    const HeadInput input = headInputOf(layer, head, what, plan.seed());
    SharedGradients shared;
    shared.keys = zerosLike(into.keys.empty() ? MatrixView() : input.keys);
    shared.values = zerosLike(into.values.empty() ? MatrixView() : input.values);
    shared.input = zerosLike(into.input);
    shared.keyInput = zerosLike(layer.keyInput.empty() ? into.input : into.keyInput);
    HeadGradients of;
    if (!into.queries.empty()) {
        const std::size_t width = into.queries.columns / layer.heads;
        of.queries = into.queries.middleColumns(head * width, width);
    }
    of.keys = viewOf(shared.keys);
    of.values = viewOf(shared.values);
    of.layerInput = viewOf(shared.input);
    of.keyInput = viewOf(shared.keyInput);
    if (into.maps != nullptr)
        of.weights = into.maps->matrix({head});
    if (into.trained != nullptr && input.trained != nullptr)
        of.trained = &into.trained->at(head);
    if (into.parameters != nullptr && what.trained)
        of.parameters = &into.parameters->at(head);
    what.mechanism->backward(input, what.parameters, {columnsOfHead(gradients, head, layer.heads), {}}, of, monitor);
    return shared;
}

}  // namespace

void attendBackward(const LayerAttention& layer, const HeadPlan& plan, MatrixView gradients, const LayerGradients& into,
                    const Monitor& monitor)
{
    std::vector<SharedGradients> shared(layer.heads);
    parallelFor(layer.heads, layer.queries.rows * layer.keys.rows * layer.queries.columns / layer.heads,
                [&](std::size_t head) {
                    monitor.check();
                    shared[head] = headBackward(layer, plan, head, gradients, into, monitor);
                });
    const std::size_t groups = groupsOf(layer);
    for (std::size_t head = 0; head < layer.heads; ++head) {
        const std::size_t group = head / (layer.heads / groups);
        const auto columns = [&](MutableMatrixView all) {
            return all.empty() ? all : all.middleColumns(group * (all.columns / groups), all.columns / groups);
        };
        add(shared[head].keys, columns(into.keys));
        add(shared[head].values, columns(into.values));
        add(shared[head].input, into.input);
        add(shared[head].keyInput, layer.keyInput.empty() ? into.input : into.keyInput);
    }
}

}  // namespace ketscope
