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
    const Operations& operations = cross.stack->operations();
    Tensor queries = operations.tensor({state.matrix().rows, width});
    operations.apply(layer.query, state.matrix(), queries.matrix());
    Tensor own;
    Tensor& keysValues = cross.keysValues == nullptr ? own : cross.keysValues->at(index);
    if (keysValues.empty()) {
        keysValues = operations.tensor({cross.tokens.rows, 2 * width});
        operations.apply(layer.keyValue, cross.tokens, keysValues.matrix());
    }
    const MatrixView both = keysValues.matrix();
    cross.stack->attend(index,
                        {queries.matrix(), both.middleColumns(0, width), both.middleColumns(width, width),
                         state.matrix(), cross.tokens},
                        headScale(cross.stack->info()), context);
    operations.addTo(layer.output, context.matrix(), state.matrix(), &Dropout::crossAttention);
    operations.apply(layer.norm, state.matrix(), state.matrix());
}

void PostNormEncoder::run(StackPass& stack, const CrossAttention& cross) const
{
    const Operations& operations = stack.operations();
    Tensor projected = operations.tensor({stack.queries(), 3 * stack.info().width});
    Tensor context = operations.tensor({stack.queries(), stack.info().width});
    Tensor inner = operations.tensor({stack.queries(), stack.info().feedForwardSize});
    for (std::size_t i = stack.firstLayer(); i < stack.layers(); ++i) {
        stack.beginLayer(i);
        const Layer& layer = m_layers[i];
        const MatrixView x = stack.hidden(i);
        operations.apply(layer.queryKeyValue, x, projected.matrix());
        stack.attend(i, projected, x, headScale(stack.info()), context);
        Tensor attended = operations.copyOf(x);
        operations.addTo(layer.attentionOutput, context.matrix(), attended.matrix());
        operations.apply(layer.attentionNorm, attended.matrix(), attended.matrix());
        if (cross.stack != nullptr && layer.cross)
            lookAcross(*layer.cross, i, cross, context, attended);
        stack.feedForward(i, attended.matrix(), attended.matrix(), [&] {
            operations.apply(layer.expand, attended.matrix(), inner.matrix());
            operations.addTo(layer.contract, inner.matrix(), attended.matrix());
        });
        operations.apply(layer.outputNorm, attended.matrix(), attended.matrix());
        stack.endLayer(std::move(attended));
    }
}

}  // namespace ketscope
