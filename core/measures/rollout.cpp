// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/measures/rollout.h"

#include "core/base/parallel.h"

#include <algorithm>

namespace ketscope {

namespace {

// Mean over heads plus the identity, rows scaled to sum 1: (n, n).
std::vector<double> withResidual(const Tensor& layer)
{
    const std::size_t heads = layer.shape()[0], tokens = layer.shape()[1];
    std::vector<double> mixed(tokens * tokens, 0.0);
    parallelFor(tokens, heads * tokens, [&](std::size_t row) {
        double* out = mixed.data() + row * tokens;
        for (std::size_t head = 0; head < heads; ++head) {
            const auto weights = layer.matrix({head}).row(row);
            for (std::size_t key = 0; key < tokens; ++key)
                out[key] += static_cast<double>(weights[key]) / static_cast<double>(heads);
        }
        out[row] += 1.0;
        double sum = 0.0;
        for (std::size_t key = 0; key < tokens; ++key)
            sum += out[key];
        for (std::size_t key = 0; key < tokens; ++key)
            out[key] /= sum;
    });
    return mixed;
}

}  // namespace

Tensor attentionRollout(std::span<const TensorPointer> layers, std::size_t firstRow, std::size_t rows,
                        const Monitor& monitor)
{
    const std::size_t tokens = layers.front()->shape()[1];
    std::vector<double> flow(rows * tokens, 0.0);
    for (std::size_t row = 0; row < rows; ++row)
        flow[row * tokens + firstRow + row] = 1.0;
    // From the last layer down, so that only the rows that are asked for are carried along.
    for (std::size_t layer = layers.size(); layer-- > 0;) {
        const std::vector<double> step = withResidual(*layers[layer]);
        std::vector<double> next(flow.size(), 0.0);
        parallelFor(rows, tokens * tokens, [&](std::size_t row) {
            monitor.check();
            for (std::size_t middle = 0; middle < tokens; ++middle) {
                const double share = flow[row * tokens + middle];
                const double* from = step.data() + middle * tokens;
                double* out = next.data() + row * tokens;
                for (std::size_t key = 0; share != 0.0 && key < tokens; ++key)
                    out[key] += share * from[key];
            }
        });
        flow = std::move(next);
    }
    Tensor result({rows, tokens});
    std::ranges::transform(flow, result.values().begin(), [](double value) { return static_cast<float>(value); });
    return result;
}

}  // namespace ketscope
