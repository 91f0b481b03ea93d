// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/attention/signed_outcomes.h"

#include "core/base/error.h"
#include "core/quantum/density_matrix.h"
#include "core/quantum/mitigation.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace ketscope {

namespace {

// The inverse of a map on one bit as a difference of two positive ones.
struct QuasiInverse {
    BitMatrix plus;
    BitMatrix minus;
    double overhead = 1.0;  // what their columns sum to together
};

QuasiInverse quasiInverse(const BitMatrix& matrix)
{
    const double up = matrix[2];
    const double down = matrix[1];
    const double relaxation = up + down;
    if (std::abs(up - down) < 1e-15) {
        const QuasiProbabilities q = depolarizingInverse(relaxation);
        const double one = -q.pauli;
        return {{q.identity, 0.0, 0.0, q.identity}, {one, 2.0 * one, 2.0 * one, one}, q.overhead()};
    }
    if (relaxation >= 1.0)
        refuse({"error cancellation", "noise that leaves something of the state", "complete relaxation",
                "Lower the noise."});
    const double keep = 1.0 / (1.0 - relaxation);
    return {{keep, 0.0, 0.0, keep}, {down * keep, down * keep, up * keep, up * keep}, keep * (1.0 + relaxation)};
}

SignedOutcomes join(std::span<const double> plus, std::span<const double> minus, double scale)
{
    SignedOutcomes result{{plus.begin(), plus.end()}, scale};
    result.probabilities.insert(result.probabilities.end(), minus.begin(), minus.end());
    for (double& p : result.probabilities)
        p = std::max(p / scale, 0.0);
    return result;
}

// (1 − λ)ρ + λI/D is undone by the identity and, with the other sign, all other Paulis alike.
SignedOutcomes cancelRegisterMixing(std::span<const double> noisy, double lambda)
{
    if (lambda >= 1.0)
        refuse({"error cancellation", "noise that leaves something of the state", "λ = 1", "Lower the noise."});
    const auto states = static_cast<double>(noisy.size());
    const double square = states * states;
    std::vector<double> plus(noisy.size());
    std::vector<double> minus(noisy.size());
    for (std::size_t j = 0; j < noisy.size(); ++j) {
        plus[j] = (1.0 - lambda / square) / (1.0 - lambda) * noisy[j];
        minus[j] = lambda / (1.0 - lambda) * (1.0 / states - noisy[j] / square);
    }
    return join(plus, minus, (1.0 + lambda - 2.0 * lambda / square) / (1.0 - lambda));
}

}  // namespace

SignedOutcomes cancellationOutcomes(std::vector<double> noisy, const Noise& noise)
{
    if (noise.registerMixing != 0.0)
        return cancelRegisterMixing(noisy, noise.registerMixing);
    const QuasiInverse inverse = quasiInverse(bitMatrix(noise.kraus));
    BitMatrix sum{};
    BitMatrix difference{};
    for (std::size_t cell = 0; cell < 4; ++cell) {
        sum[cell] = inverse.plus[cell] + inverse.minus[cell];
        difference[cell] = inverse.plus[cell] - inverse.minus[cell];
    }
    std::vector<double> all = noisy;
    applyToEveryBit(all, sum);
    applyToEveryBit(noisy, difference);
    std::vector<double> minus(all.size());
    for (std::size_t j = 0; j < all.size(); ++j) {
        minus[j] = 0.5 * (all[j] - noisy[j]);
        all[j] = 0.5 * (all[j] + noisy[j]);
    }
    const auto qubits = static_cast<double>(std::bit_width(all.size())) - 1.0;
    return join(all, minus, std::pow(inverse.overhead, qubits));
}

SignedOutcomes distillationOutcomes(std::span<const double> probabilities, const Noise& noise, int copies)
{
    const std::size_t states = probabilities.size();
    std::vector<double> noisy(probabilities.begin(), probabilities.end());
    applyNoise(noisy, noise);
    double trace = 1.0;
    std::vector<double> wanted;
    if (noise.kraus.empty()) {
        wanted = distilled(probabilities, noise.registerMixing, copies, &trace);
    } else {
        if (states > std::size_t{1} << DensityMatrix::kMaximumQubits)
            refuse({"virtual distillation", "at most 256 keys (8 qubits), whose density matrix is simulated",
                    std::to_string(states), "Use a shorter input, or noise on the whole register."});
        std::vector<double> amplitudes(states);
        std::ranges::transform(probabilities, amplitudes.begin(), [](double p) { return std::sqrt(p); });
        wanted = DensityMatrix::pure(amplitudes).apply(noise).distilled(copies, &trace);
    }
    for (double& p : wanted)
        p *= trace;
    std::vector<double> minus(states);
    for (std::size_t j = 0; j < states; ++j) {
        minus[j] = 0.5 * (noisy[j] - wanted[j]);
        wanted[j] = 0.5 * (noisy[j] + wanted[j]);
    }
    return join(wanted, minus, 1.0);
}

}  // namespace ketscope
