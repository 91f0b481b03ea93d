// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/models/post_norm_encoder.h"

#include "core/models/heads.h"

namespace ketscope {

PostNormEncoder::PostNormEncoder(const Weights& weights, const ModelInfo& info, double epsilon, Activation activation,
                                 Monitor& monitor)
{
    const std::size_t layers = info.stacks.front().layers;
    for (std::size_t i = 0; i < layers; ++i) {
        beginReading(monitor, i, layers);
        m_layers.push_back({weights.fused({"query", "key", "value"}, i), weights.linear("attention output", i),
                            weights.norm("attention norm", i, epsilon), weights.linear("expand", i, activation),
                            weights.linear("contract", i), weights.norm("output norm", i, epsilon)});
    }
}

void PostNormEncoder::run(ForwardPass& pass, const ModelInfo& info) const
{
    const std::size_t width = info.stacks.front().width;
    Tensor projected({pass.tokens(), 3 * width});
    Tensor context({pass.tokens(), width});
    Tensor inner({pass.tokens(), info.feedForwardSize});
    for (std::size_t i = pass.firstLayer(); i < pass.layers(); ++i) {
        pass.beginLayer(i);
        const Layer& layer = m_layers[i];
        const MatrixView x = pass.hidden(i);
        layer.queryKeyValue.apply(x, projected.matrix());
        pass.attend(i, projected, x, headScale(info), context);
        Tensor attended = copyOf(x);
        layer.attentionOutput.addTo(context.matrix(), attended.matrix());
        layer.attentionNorm.apply(attended.matrix(), attended.matrix());
        layer.expand.apply(attended.matrix(), inner.matrix());
        layer.contract.addTo(inner.matrix(), attended.matrix());
        layer.outputNorm.apply(attended.matrix(), attended.matrix());
        pass.endLayer(std::move(attended));
    }
}

}  // namespace ketscope
