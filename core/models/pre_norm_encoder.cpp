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
    Tensor normed({stack.queries(), info.width});
    Tensor projected({stack.queries(), 3 * info.width});
    Tensor context({stack.queries(), info.width});
    Tensor inner({stack.queries(), info.feedForwardSize});
    for (std::size_t i = stack.firstLayer(); i < stack.layers(); ++i) {
        stack.beginLayer(i);
        const Layer& layer = m_layers[i];
        Tensor x = copyOf(stack.hidden(i));
        layer.attentionNorm.apply(x.matrix(), normed.matrix());
        layer.queryKeyValue.apply(normed.matrix(), projected.matrix());
        stack.attend(i, projected, normed.matrix(), scales.empty() ? headScale(info) : scales[i], context);
        layer.attentionOutput.addTo(context.matrix(), x.matrix());
        layer.feedForwardNorm.apply(x.matrix(), normed.matrix());
        layer.expand.apply(normed.matrix(), inner.matrix());
        layer.contract.addTo(inner.matrix(), x.matrix());
        if (finalNorm != nullptr && i + 1 == stack.layers())
            finalNorm->apply(x.matrix(), x.matrix());
        stack.endLayer(std::move(x));
    }
}

}  // namespace ketscope
