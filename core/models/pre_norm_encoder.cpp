// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/models/pre_norm_encoder.h"

#include "core/models/heads.h"

namespace ketscope {

PreNormEncoder::PreNormEncoder(const Weights& weights, const StackInfo& stack, double epsilon, Activation activation,
                               Monitor& monitor)
{
    for (std::size_t i = 0; i < stack.layers; ++i) {
        beginReading(monitor, i, stack.layers);
        m_layers.push_back({weights.norm("attention norm", i, epsilon),
                            weights.has("query", i) ? weights.fused({"query", "key", "value"}, i)
                                                    : weights.linear("query key value", i),
                            weights.linear("attention output", i), weights.norm("feed-forward norm", i, epsilon),
                            weights.linear("expand", i, activation), weights.linear("contract", i)});
    }
}

void PreNormEncoder::run(StackPass& stack, const LayerNorm* finalNorm, std::span<const float> scales) const
{
    const StackInfo& info = stack.info();
    const Operations& operations = stack.operations();
    Tensor normed = operations.tensor({stack.queries(), info.width});
    Tensor projected = operations.tensor({stack.queries(), 3 * info.width});
    Tensor context = operations.tensor({stack.queries(), info.width});
    Tensor inner = operations.tensor({stack.queries(), info.feedForwardSize});
    for (std::size_t i = stack.firstLayer(); i < stack.layers(); ++i) {
        stack.beginLayer(i);
        const Layer& layer = m_layers[i];
        Tensor x = operations.copyOf(stack.hidden(i));
        operations.apply(layer.attentionNorm, x.matrix(), normed.matrix());
        operations.apply(layer.queryKeyValue, normed.matrix(), projected.matrix());
        stack.attend(i, projected, normed.matrix(), scales.empty() ? headScale(info) : scales[i], context);
        operations.addTo(layer.attentionOutput, context.matrix(), x.matrix());
        operations.apply(layer.feedForwardNorm, x.matrix(), normed.matrix());
        stack.feedForward(i, normed.matrix(), x.matrix(), [&] {
            operations.apply(layer.expand, normed.matrix(), inner.matrix());
            operations.addTo(layer.contract, inner.matrix(), x.matrix());
        });
        if (finalNorm != nullptr && i + 1 == stack.layers())
            operations.apply(*finalNorm, x.matrix(), x.matrix());
        stack.endLayer(std::move(x));
    }
}

}  // namespace ketscope
