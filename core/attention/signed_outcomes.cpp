// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/attention/signed_outcomes.h"

#include "core/base/error.h"
#include "core/quantum/mitigation.h"

#include <Eigen/Core>
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

using Matrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

// ρ'_ab = Σ_K Σ K_ac ρ_cd K*_bd on one qubit of a real density matrix; every channel here keeps it real.
void applyToQubit(Matrix& rho, std::size_t stride, const std::array<double, 16>& map)
{
    const auto states = static_cast<std::size_t>(rho.rows());
    for (std::size_t r = 0; r < states; ++r)
        for (std::size_t c = 0; c < states && (r & stride) == 0; ++c) {
            if ((c & stride) != 0)
                continue;
            const auto at = [&](std::size_t cell) -> double& {
                return rho(static_cast<Eigen::Index>(r + (cell & 2 ? stride : 0)),
                           static_cast<Eigen::Index>(c + (cell & 1 ? stride : 0)));
            };
            const std::array<double, 4> before = {at(0), at(1), at(2), at(3)};
            for (std::size_t cell = 0; cell < 4; ++cell) {
                double sum = 0.0;
                for (std::size_t from = 0; from < 4; ++from)
                    sum += map[4 * cell + from] * before[from];
                at(cell) = sum;
            }
        }
}

std::array<double, 16> mapOf(const KrausOperators& operators)
{
    std::array<double, 16> map{};
    for (const KrausOperator& k : operators)
        for (std::size_t to = 0; to < 4; ++to)
            for (std::size_t from = 0; from < 4; ++from)
                map[4 * to + from] += (k[(to & 2) + from / 2] * std::conj(k[2 * (to & 1) + from % 2])).real();
    return map;
}

Matrix noisyState(std::span<const double> probabilities, const Noise& noise)
{
    const auto states = static_cast<Eigen::Index>(probabilities.size());
    Eigen::VectorXd amplitudes(states);
    for (Eigen::Index j = 0; j < states; ++j)
        amplitudes[j] = std::sqrt(probabilities[static_cast<std::size_t>(j)]);
    Matrix rho = amplitudes * amplitudes.transpose();
    if (noise.kraus.empty())
        return rho;
    const auto map = mapOf(noise.kraus);
    for (std::size_t stride = 1; stride < probabilities.size(); stride *= 2)
        applyToQubit(rho, stride, map);
    return rho;
}

// diag(ρ^M) for M = 2, 3, 4.
Eigen::VectorXd diagonalOfPower(const Matrix& rho, int copies)
{
    if (copies == 2)
        return rho.cwiseProduct(rho).rowwise().sum();
    const Matrix square = rho * rho;
    return square.cwiseProduct(copies == 3 ? rho : square).rowwise().sum();
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
    std::vector<double> wanted;
    if (noise.kraus.empty()) {
        double purity = 1.0;
        wanted = distilled(probabilities, noise.registerMixing, copies, &purity);
        for (double& p : wanted)
            p *= purity;
    } else {
        if (states > std::size_t{1} << kDistillationQubits)
            refuse({"virtual distillation", "at most 256 keys (8 qubits), whose density matrix is simulated",
                    std::to_string(states), "Use a shorter input, or noise on the whole register."});
        const Eigen::VectorXd diagonal = diagonalOfPower(noisyState(probabilities, noise), copies);
        wanted.assign(diagonal.begin(), diagonal.end());
    }
    std::vector<double> minus(states);
    for (std::size_t j = 0; j < states; ++j) {
        minus[j] = 0.5 * (noisy[j] - wanted[j]);
        wanted[j] = 0.5 * (noisy[j] + wanted[j]);
    }
    return join(wanted, minus, 1.0);
}

}  // namespace ketscope
