// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "tests/support/random_head.h"

#include <functional>

namespace ketscope::test {

// The loss Σ G ⊙ output of one head, of which G is the gradient with respect to the output.
inline double weightedOutput(const Mechanism& mechanism, const HeadInput& input, const Parameters& parameters,
                             const Tensor& gradient)
{
    const HeadResult result = runHead(mechanism, input, parameters);
    double loss = 0.0;
    for (std::size_t i = 0; i < gradient.size(); ++i)
        loss += static_cast<double>(gradient.values()[i]) * result.output.values()[i];
    return loss;
}

// (f(step) − f(−step)) / 2 step.
inline double centralSlope(const std::function<double(double)>& f, double step)
{
    return (f(step) - f(-step)) / (2.0 * step);
}

// dL/d of a real parameter as `backward` gives it and by central differences.
struct ParameterSlope {
    double found = 0.0;
    double expected = 0.0;
};

inline ParameterSlope parameterSlope(const Mechanism& mechanism, const HeadInput& input, const Parameters& parameters,
                                     const std::string& id, double step)
{
    const Tensor gradient = normalTensor(input.queries.rows, input.values.columns, 77);
    std::map<std::string, double, std::less<>> found;
    mechanism.backward(input, parameters, {gradient.matrix(), {}}, {.parameters = &found}, Monitor());
    const auto loss = [&](double move) {
        Parameters moved = parameters;
        moved.set(id, parameters.real(id) + move);
        return weightedOutput(mechanism, input, moved, gradient);
    };
    return {found[id], centralSlope(loss, step)};
}

}  // namespace ketscope::test
