// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/models/post_norm_encoder.h"

#include "core/models/heads.h"

namespace ketscope {

PostNormEncoder::PostNormEncoder(const Weights& weights, const StackInfo& stack, double epsilon, Activation activation,
                                 Monitor& monitor)
{
    for (std::size_t i = 0; i < stack.layers; ++i) {
        beginReading(monitor, i, stack.layers);
        m_layers.push_back({weights.has("query", i) ? weights.fused({"query", "key", "value"}, i)
                                                    : weights.linear("query key value", i),
                            weights.linear("attention output", i), weights.norm("attention norm", i, epsilon),
                            readCross(weights, i, epsilon), weights.linear("expand", i, activation),
                            weights.linear("contract", i), weights.norm("output norm", i, epsilon)});
    }
}

std::optional<PostNormEncoder::CrossLayer> PostNormEncoder::readCross(const Weights& weights, std::size_t layer,
                                                                      double epsilon)
{
    if (!weights.has("cross query", layer))
        return std::nullopt;
    return CrossLayer{weights.linear("cross query", layer), weights.fused({"cross key", "cross value"}, layer),
                      weights.linear("cross output", layer), weights.norm("cross norm", layer, epsilon)};
}

void PostNormEncoder::lookAcross(const CrossLayer& layer, std::size_t index, const CrossAttention& cross,
                                 Tensor& context, Tensor& state)
{
    const std::size_t width = layer.query.outputs();
    Tensor queries({state.matrix().rows, width});
    Tensor keysValues({cross.tokens.rows, 2 * width});
    layer.query.apply(state.matrix(), queries.matrix());
    layer.keyValue.apply(cross.tokens, keysValues.matrix());
    const MatrixView both = keysValues.matrix();
    cross.stack->attend(index,
                        {queries.matrix(), both.middleColumns(0, width), both.middleColumns(width, width),
                         state.matrix(), cross.tokens},
                        headScale(cross.stack->info()), context);
    layer.output.addTo(context.matrix(), state.matrix());
    layer.norm.apply(state.matrix(), state.matrix());
}

void PostNormEncoder::run(StackPass& stack, const CrossAttention& cross) const
{
    Tensor projected({stack.queries(), 3 * stack.info().width});
    Tensor context({stack.queries(), stack.info().width});
    Tensor inner({stack.queries(), stack.info().feedForwardSize});
    for (std::size_t i = stack.firstLayer(); i < stack.layers(); ++i) {
        stack.beginLayer(i);
        const Layer& layer = m_layers[i];
        const MatrixView x = stack.hidden(i);
        layer.queryKeyValue.apply(x, projected.matrix());
        stack.attend(i, projected, x, headScale(stack.info()), context);
        Tensor attended = copyOf(x);
        layer.attentionOutput.addTo(context.matrix(), attended.matrix());
        layer.attentionNorm.apply(attended.matrix(), attended.matrix());
        if (cross.stack != nullptr && layer.cross)
            lookAcross(*layer.cross, i, cross, context, attended);
        layer.expand.apply(attended.matrix(), inner.matrix());
        layer.contract.addTo(inner.matrix(), attended.matrix());
        layer.outputNorm.apply(attended.matrix(), attended.matrix());
        stack.endLayer(std::move(attended));
    }
}

}  // namespace ketscope
