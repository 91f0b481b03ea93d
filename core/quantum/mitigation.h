// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/quantum/channel.h"

#include <cstdint>
#include <span>
#include <vector>

namespace ketscope {

// Error mitigation: estimates of what a register would give without noise, from noisy runs. It buys less bias with more
// variance; every method here says how much. Nothing is corrected: no code is decoded (but see repetitionCodeError).

// --- Zero-noise extrapolation: E(0) from E(c₁), E(c₂), … at different noise scales c ≥ 1.

// E(0) ≈ Σ wₖ E(cₖ): the weights of Richardson's polynomial through all points, and of the intercept of the line of least
// squares. Throws Error (Input) unless there are at least two scales, all different (for the line: not all equal).
std::vector<double> richardsonWeights(std::span<const double> scales);
std::vector<double> linearWeights(std::span<const double> scales);

// Σ wₖ²: how much larger the variance is than that of one run.
double varianceFactor(std::span<const double> weights);

struct Extrapolated {
    double value = 0.0;
    double varianceFactor = 1.0;  // to first order, of runs of equal variance
};

// E(c) = E∞ + A·r^c through points with a known asymptote E∞ = E(∞), by least squares of ln|E − E∞|: exact for depolarising
// noise. Points that noise has thrown to the other side of E∞ than the first, or onto it, are left out; with fewer than two
// left the first value stands.
Extrapolated extrapolateExponentially(std::span<const double> scales, std::span<const double> values, double asymptote);

// --- Readout inversion and other inverses of maps on bits.

// M⁻¹, whose entries are quasi-probabilities: columns sum to 1, some negative. Throws Error (Input) when M is singular (for
// readout error: p01 + p10 = 1).
BitMatrix inverseOf(const BitMatrix& matrix);

// ‖M⁻¹‖₁: the factor by which inverting one bit can enlarge a standard error (its square: a variance). For m bits, to the
// power m. Equal to the condition number, since ‖M‖₁ = 1.
double inversionOverhead(const BitMatrix& matrix);

// Nearest point (Euclidean) with no negative entry and the given sum > 0 (sort and threshold). Never enlarges the distance
// to the true distribution.
void projectOntoSimplex(std::span<double> values, double sum = 1.0);

// As projectOntoSimplex over the entries that are allowed; the others become 0. Empty `allowed` = all.
void projectOntoConstraints(std::span<double> values, std::span<const std::uint8_t> allowed);

// Richardson–Lucy unfolding of `measured` (2^m, ≥ 0) by ⊗M, starting uniform: positive and of equal sum at every step, a
// maximum-likelihood estimate in the limit. Fewer iterations leave bias, more let noise in.
std::vector<double> unfold(std::span<const double> measured, const BitMatrix& matrix, std::size_t iterations);

// --- Probabilistic error cancellation.

// Quasi-probabilities of I, X, Y, Z whose mixture undoes depolarizing(λ), λ < 1. Draw k with probability |qₖ|/γ and weigh the
// result with γ·sign(qₖ): unbiased, with variance × γ².
struct QuasiProbabilities {
    double identity = 1.0;
    double pauli = 0.0;  // each of X, Y, Z; ≤ 0

    double overhead() const { return identity - 3.0 * pauli; }  // γ = (1 + λ/2)/(1 − λ)
};
QuasiProbabilities depolarizingInverse(double lambda);

// --- Virtual distillation: ⟨O⟩ = Tr(ρ^M O)/Tr(ρ^M) from M copies.

// Outcome probabilities of ρ^M/Tr ρ^M for ρ = (1 − λ)|ψ⟩⟨ψ| + λI/D with |⟨j|ψ⟩|² = `probabilities` (D = their number).
// `purity` receives Tr ρ^M; the variance grows about as 1/(Tr ρ^M)², beside M copies for each shot.
std::vector<double> distilled(std::span<const double> probabilities, double lambda, int copies,
                              double* purity = nullptr);

// --- For teaching: what an error-correcting code would do.

// Three-qubit repetition code with majority vote: logical error 3p² − 2p³ for a bit-flip probability p; smaller than p only
// below p = ½.
double repetitionCodeError(double p);

}  // namespace ketscope
