// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <span>

namespace ketscope {

// Between two distributions over the same outcomes, in double precision and with nothing floored, as outputs of a model
// need; those of attention rows are in measures.h.

// Σ p ln(p / q), 0 ln 0 = 0, nats; q is at least the smallest positive double, so that it is finite.
double klOfDistributions(std::span<const double> p, std::span<const double> q);
// Jensen–Shannon divergence with natural logarithm, 0 … ln 2.
double jsOfDistributions(std::span<const double> p, std::span<const double> q);
// ½ Σ |p − q|, 0 … 1.
double totalVariation(std::span<const double> p, std::span<const double> q);

}  // namespace ketscope
