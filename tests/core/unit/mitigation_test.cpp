// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/base/random.h"
#include "core/quantum/bit_noise.h"
#include "core/quantum/mitigation.h"
#include "tests/support/statistics.h"

#include <cmath>
#include <gmock/gmock.h>
#include <numeric>

namespace ketscope {
namespace {

using Vector = std::vector<double>;
const Vector kProbabilities = {0.05, 0.4, 0.25, 0.3};

double dot(const Vector& a, const Vector& b) { return std::inner_product(a.begin(), a.end(), b.begin(), 0.0); }

void expectNear(const Vector& actual, const Vector& expected, double tolerance = 1e-15)
{
    ASSERT_EQ(actual.size(), expected.size());
    for (std::size_t i = 0; i < actual.size(); ++i)
        EXPECT_NEAR(actual[i], expected[i], tolerance) << i;
}

// E(c) of folded global depolarising noise: λ = .05, E₀ = .7, E∞ = .125.
Vector foldedRuns(const Vector& scales)
{
    Vector values;
    for (const double c : scales)
        values.push_back(std::pow(0.95, c) * 0.7 + (1.0 - std::pow(0.95, c)) * 0.125);
    return values;
}

TEST(ZeroNoiseExtrapolation, RichardsonIsTheWorkedExample)
{
    EXPECT_NEAR(foldedRuns({1})[0], 0.67125, 1e-15);
    const std::vector<std::tuple<Vector, double, double>> cases = {
        {{1, 3}, 0.6978796875, 2.5}, {{1, 2, 3}, 0.699928125, 19.0}, {{1, 3, 5}, 0.69982698340, 5.21875}};
    for (const auto& [scales, expected, variance] : cases) {
        const Vector weights = richardsonWeights(scales);
        EXPECT_NEAR(dot(weights, foldedRuns(scales)), expected, 1e-11);
        EXPECT_NEAR(varianceFactor(weights), variance, 1e-12);
        EXPECT_NEAR(std::accumulate(weights.begin(), weights.end(), 0.0), 1.0, 1e-13);
    }
}

// A polynomial through all points is met exactly, whatever its coefficients.
TEST(ZeroNoiseExtrapolation, RichardsonIsExactForPolynomials)
{
    const Vector scales = {1.0, 1.5, 2.5, 4.0};
    Vector values;
    for (const double c : scales)
        values.push_back(0.3 - 1.1 * c + 0.7 * c * c - 0.2 * c * c * c);
    EXPECT_NEAR(dot(richardsonWeights(scales), values), 0.3, 1e-12);
}

TEST(ZeroNoiseExtrapolation, LineOfLeastSquares)
{
    const Vector scales = {1, 2, 3, 4};
    EXPECT_NEAR(dot(linearWeights(scales), {3, 5, 7, 9}), 1.0, 1e-14);
    EXPECT_NEAR(dot(linearWeights(scales), {6, 5, 7, 10}), 3.5, 1e-14);  // y = 3.5 + 1.4x
    expectNear(linearWeights(Vector{1, 3}), richardsonWeights(Vector{1, 3}));
}

TEST(ZeroNoiseExtrapolation, ExponentialIsExactForDepolarising)
{
    const Vector scales = {1, 3, 5};
    const Extrapolated found = extrapolateExponentially(scales, foldedRuns(scales), 0.125);
    EXPECT_NEAR(found.value, 0.7, 1e-14);
    // From below the asymptote as well.
    Vector below;
    for (const double value : foldedRuns(scales))
        below.push_back(0.25 - value);
    EXPECT_NEAR(extrapolateExponentially(scales, below, 0.125).value, -0.45, 1e-14);
}

TEST(ZeroNoiseExtrapolation, ExponentialVarianceIsTheSpread)
{
    const Vector scales = {1, 3, 5};
    const Vector exact = foldedRuns(scales);
    RandomStream stream({.seed = 8}, 0);
    test::Samples samples;
    constexpr double kNoise = 1e-4;
    for (int i = 0; i < 20000; ++i) {
        Vector values = exact;
        for (double& value : values)
            value += kNoise * stream.normal();
        samples.add(extrapolateExponentially(scales, values, 0.125).value);
    }
    const double expected = extrapolateExponentially(scales, exact, 0.125).varianceFactor * kNoise * kNoise;
    EXPECT_LT(std::abs(samples.variance() - expected), 4.0 * samples.errorOfVariance());
}

TEST(ZeroNoiseExtrapolation, ExponentialLeavesOutPointsBeyondTheAsymptote)
{
    EXPECT_EQ(extrapolateExponentially(Vector{1, 3}, Vector{0.3, 0.1}, 0.2).value, 0.3);
    EXPECT_EQ(extrapolateExponentially(Vector{1, 3}, Vector{0.2, 0.2}, 0.2).value, 0.2);
    EXPECT_NEAR(extrapolateExponentially(Vector{1, 2, 3}, Vector{0.6, 0.4, 0.1}, 0.2).value, 1.0, 1e-14);
}

TEST(ZeroNoiseExtrapolation, RefusesTooFewScales)
{
    for (const Vector& scales : {Vector{1}, Vector{2, 2}, Vector{1, 3, 3}})
        EXPECT_THROW(richardsonWeights(scales), Error);
    EXPECT_THROW(linearWeights(Vector{2, 2}), Error);
    EXPECT_NO_THROW(linearWeights(Vector{1, 3, 3}));
}

TEST(ReadoutMitigation, InversionIsExact)
{
    for (const Noise& noise : {Noise{readoutError(0.02, 0.05)}, Noise{generalizedAmplitudeDamping(0.2, 0.3)}}) {
        Vector p = kProbabilities;
        applyNoise(p, noise);
        applyToEveryBit(p, inverseOf(bitMatrix(noise.kraus)));
        expectNear(p, kProbabilities, 1e-16);
    }
}

TEST(ReadoutMitigation, SingularIffTheErrorsSumToOne)
{
    EXPECT_THROW(inverseOf(bitMatrix(readoutError(0.4, 0.6))), Error);
    EXPECT_NO_THROW(inverseOf(bitMatrix(readoutError(0.4, 0.61))));
    EXPECT_NO_THROW(inverseOf(bitMatrix(readoutError(0.9, 0.9))));  // a wire that flips tells as much
}

TEST(ReadoutMitigation, OverheadIsTheConditionNumber)
{
    EXPECT_NEAR(inversionOverhead(bitMatrix(readoutError(0.02, 0.05))), 1.03 / 0.93, 1e-14);
    EXPECT_NEAR(inversionOverhead(bitMatrix(depolarizing(0.2))), 1.0 / 0.8, 1e-14);
}

TEST(SimplexProjection, WorkedExample)
{
    Vector values = {0.7, 0.4, -0.1, 0.0};
    projectOntoSimplex(values);
    expectNear(values, {0.65, 0.35, 0.0, 0.0});
    Vector inside = kProbabilities;
    projectOntoSimplex(inside);
    expectNear(inside, kProbabilities, 1e-16);
}

// The projection onto a convex set is the nearest of its points: no other is nearer, and no true distribution gets farther.
TEST(SimplexProjection, IsNearestAndNeverFartherFromTheTruth)
{
    RandomStream stream({.seed = 4}, 0);
    const auto squared = [](const Vector& a, const Vector& b) {
        double sum = 0.0;
        for (std::size_t i = 0; i < a.size(); ++i)
            sum += (a[i] - b[i]) * (a[i] - b[i]);
        return sum;
    };
    for (int trial = 0; trial < 200; ++trial) {
        Vector raw(6);
        Vector other(6);
        for (std::size_t i = 0; i < 6; ++i) {
            raw[i] = 0.4 * stream.normal() + 1.0 / 6.0;
            other[i] = stream.uniform();
        }
        const double sum = std::accumulate(other.begin(), other.end(), 0.0);
        for (double& x : other)
            x /= sum;
        Vector projected = raw;
        projectOntoSimplex(projected);
        EXPECT_NEAR(std::accumulate(projected.begin(), projected.end(), 0.0), 1.0, 1e-14);
        EXPECT_THAT(projected, testing::Each(testing::Ge(0.0)));
        EXPECT_LE(squared(raw, projected), squared(raw, other) + 1e-14);
        EXPECT_LE(squared(projected, other), squared(raw, other) + 1e-14);
    }
}

TEST(SimplexProjection, ConstraintsZeroWhatTheMaskForbids)
{
    Vector values = {0.7, 0.4, -0.1, 0.3};
    projectOntoConstraints(values, std::vector<std::uint8_t>{1, 1, 1, 0});
    expectNear(values, {0.65, 0.35, 0.0, 0.0});
}

TEST(Unfolding, StaysPositiveAndComesToTheInverse)
{
    const BitMatrix m = bitMatrix(readoutError(0.1, 0.2));
    Vector measured = kProbabilities;
    applyToEveryBit(measured, m);
    expectNear(unfold(measured, m, 3000), kProbabilities, 1e-9);
    const Vector noisy = {0.0, 0.5, 0.3, 0.2};  // plain inversion would go negative
    Vector inverted = noisy;
    applyToEveryBit(inverted, inverseOf(m));
    EXPECT_LT(*std::ranges::min_element(inverted), 0.0);
    for (const std::size_t iterations : {1UL, 10UL, 100UL}) {
        const Vector found = unfold(noisy, m, iterations);
        EXPECT_THAT(found, testing::Each(testing::Ge(0.0)));
        EXPECT_NEAR(std::accumulate(found.begin(), found.end(), 0.0), 1.0, 1e-12);
    }
}

// Σ q_P P D(ρ) P = ρ on the Bloch vector: D shrinks it by 1 − λ, and each Pauli turns two of its components around.
TEST(ErrorCancellation, QuasiProbabilitiesUndoDepolarising)
{
    for (const double lambda : {0.0, 0.05, 0.5}) {
        const QuasiProbabilities q = depolarizingInverse(lambda);
        EXPECT_NEAR(q.identity + 3.0 * q.pauli, 1.0, 1e-14);
        EXPECT_NEAR((1.0 - lambda) * (q.identity - q.pauli), 1.0, 1e-14);
        EXPECT_NEAR(q.overhead(), (1.0 + 0.5 * lambda) / (1.0 - lambda), 1e-14);
    }
    EXPECT_THROW(depolarizingInverse(1.0), Error);
}

// One qubit with ⟨Z⟩ = .6 under λ = .2, measured once for each draw: unbiased, and each draw is ±γ.
TEST(ErrorCancellation, IsUnbiasedWithVarianceGammaSquared)
{
    constexpr double kLambda = 0.2;
    const QuasiProbabilities q = depolarizingInverse(kLambda);
    const double gamma = q.overhead();
    RandomStream stream({.seed = 12}, 0);
    test::Samples samples;
    for (int i = 0; i < 200000; ++i) {
        const double which = stream.uniform() * gamma;
        const bool identity = which < q.identity;
        const bool isZ = !identity && which >= q.identity - 2.0 * q.pauli;
        const double z = (1.0 - kLambda) * (identity || isZ ? 0.6 : -0.6);
        const double outcome = stream.uniform() < (1.0 + z) / 2.0 ? 1.0 : -1.0;
        samples.add(gamma * (identity ? 1.0 : -1.0) * outcome);
    }
    EXPECT_LT(std::abs(samples.mean() - 0.6), 4.0 * samples.errorOfMean());
    EXPECT_LT(std::abs(samples.variance() - (gamma * gamma - 0.36)), 4.0 * samples.errorOfVariance());
}

TEST(VirtualDistillation, WorkedExample)
{
    double purity = 0.0;
    expectNear(distilled(kProbabilities, 0.2, 2, &purity), {0.052739726, 0.397945205, 0.25, 0.299315068}, 5e-10);
    EXPECT_NEAR(purity, 0.85 * 0.85 + 3.0 * 0.05 * 0.05, 1e-15);
    expectNear(distilled(kProbabilities, 0.2, 1), {0.09, 0.37, 0.25, 0.29});
    expectNear(distilled(kProbabilities, 0.2, 30), kProbabilities, 1e-15);
}

TEST(RepetitionCode, HelpsBelowOneHalf)
{
    EXPECT_NEAR(repetitionCodeError(0.1), 0.028, 1e-15);
    EXPECT_EQ(repetitionCodeError(0.5), 0.5);
    EXPECT_GT(repetitionCodeError(0.6), 0.6);
}

}  // namespace
}  // namespace ketscope
