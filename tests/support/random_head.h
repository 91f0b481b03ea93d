// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/attention/mechanism.h"
#include "core/base/tensor.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <utility>
#include <vector>

namespace ketscope::test {

inline Tensor normalTensor(std::size_t rows, std::size_t columns, std::uint64_t seed)
{
    Tensor tensor({rows, columns});
    RandomStream stream({seed}, 0, 999);
    for (float& x : tensor.values())
        x = static_cast<float>(stream.normal());
    return tensor;
}

// One head of standard normal queries, keys and values. `input` looks into the tensors.
struct RandomHead {
    RandomHead(std::size_t n, std::size_t m, std::size_t d, std::size_t dv, std::uint64_t seed = 1)
        : queries(normalTensor(n, d, seed)), keys(normalTensor(m, d, seed + 1000)),
          values(normalTensor(m, dv, seed + 2000)), layerInput(normalTensor(n, 2 * d, seed + 3000)),
          keyInput(normalTensor(m, 2 * d, seed + 4000))
    {
        input.queries = queries.matrix();
        input.keys = keys.matrix();
        input.values = values.matrix();
        input.layerInput = layerInput.matrix();
        if (n != m)
            input.keyInput = keyInput.matrix();
        input.scale = 1.0F / std::sqrt(static_cast<float>(d));
        input.random = {.seed = 5, .stack = 0, .layer = 3, .head = 2};
    }

    Tensor queries;
    Tensor keys;
    Tensor values;
    Tensor layerInput;
    Tensor keyInput;  // what keys come from; not used when there are as many keys as queries (self-attention)
    HeadInput input;
};

struct HeadResult {
    explicit HeadResult(const HeadInput& input)
        : weights({input.queries.rows, input.keys.rows}), output({input.queries.rows, input.values.columns}),
          standardError({input.queries.rows, input.keys.rows})
    {
        for (Tensor* tensor : {&weights, &output, &standardError})
            std::ranges::fill(tensor->values(), std::numeric_limits<float>::quiet_NaN());
    }

    HeadOutput view() { return {weights.matrix(), output.matrix(), standardError.matrix(), {}}; }
    float weight(std::size_t row, std::size_t key) const { return weights.matrix()(row, key); }

    Tensor weights;
    Tensor output;
    Tensor standardError;
    std::vector<Diagnostic> diagnostics;
};

inline HeadResult runHead(const Mechanism& mechanism, const HeadInput& input, const Parameters& parameters)
{
    HeadResult result(input);
    result.diagnostics = attendHead(mechanism, input, parameters, result.view(), Monitor());
    return result;
}

// The defaults with some values changed: {{"rule", "softmax"}, {"tau", "0.5"}}.
inline Parameters with(const Mechanism& mechanism, const std::vector<std::pair<std::string, std::string>>& changes)
{
    Parameters parameters = mechanism.defaults();
    for (const auto& [id, text] : changes)
        parameters.setText(id, text);
    return parameters;
}

}  // namespace ketscope::test
