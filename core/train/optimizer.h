// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/tensor.h"

#include <map>
#include <string>
#include <vector>

namespace ketscope {

using ParameterValues = std::map<std::string, Tensor, std::less<>>;

// How fast a run learns at each of its steps: from near 0 up to `peak` in `warmUp` steps, then along half a cosine
// (Loshchilov, Hutter, "SGDR", ICLR 2017) down to `last` · peak; the same again from each of the `restarts` on.
struct Schedule {
    double peak = 1e-3;
    double last = 0.1;  // a share of the peak
    std::size_t warmUp = 0;
    std::size_t steps = 1;
    std::vector<std::size_t> restarts = {};  // steps, in their order

    double rate(std::size_t step) const;  // of step 0 … steps − 1
};

// AdamW (Loshchilov, Hutter, "Decoupled weight decay regularization", ICLR 2019, algorithm 2): with g a parameter's
// gradients at its update t = 1, 2, …, m ← β₁m + (1−β₁)g, v ← β₂v + (1−β₂)g², θ ← θ − rate · (m̂ / (√v̂ + ε) + decay · θ)
// where m̂ = m/(1−β₁ᵗ), v̂ = v/(1−β₂ᵗ). Every parameter counts its own updates: some have gradients only from a later step
// of a run on, and with the run's count the corrections would be missing then, and the first steps be several times too long.
struct AdamW {
    struct State {
        Tensor first, second;  // m and v
        std::size_t updates = 0;
    };

    double beta1 = 0.9;
    double beta2 = 0.999;
    double epsilon = 1e-8;
    double decay = 0.01;  // of what decays() says

    std::map<std::string, State, std::less<>> states = {};  // of every parameter that had gradients

    // Parameters without gradients stay as they are.
    void step(double rate, const ParameterValues& gradients, ParameterValues& parameters);
    // Matrices decay; biases, norms, scales and what belongs to mechanisms do not.
    static bool decays(std::string_view name, const Tensor& parameter);
};

// The Euclidean norm of all gradients together, in double precision; scales them to `most` where it is larger
// (Pascanu, Mikolov, Bengio, ICML 2013). 0 = no limit.
double clip(ParameterValues& gradients, double most);

}  // namespace ketscope
