// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/random.h"

namespace ketscope {

// Circuits that estimate the overlap of two states |q⟩, |k⟩ with real amplitudes from `shots` measurements. Each returns
// one draw of its estimator from the exact binomial distribution of its outcome.

// Compute–uncompute: P(0…0) = F, estimate counts/S, variance F(1 − F)/S.
double inversionTest(double fidelity, std::uint64_t shots, RandomStream& stream);

// Ancilla and controlled swap: P(0) = (1 + F)/2, estimate 2P̂ − 1 clipped at 0 (which biases small F upwards), variance
// (1 − F²)/S before clipping.
double swapTest(double fidelity, std::uint64_t shots, RandomStream& stream);

// Controlled preparation: P(0) = (1 + Re⟨q|k⟩)/2, estimate 2P̂ − 1 in [−1, 1], variance (1 − Re²)/S.
double hadamardTest(double overlap, std::uint64_t shots, RandomStream& stream);

}  // namespace ketscope
