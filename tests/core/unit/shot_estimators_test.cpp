// SPDX-License-Identifier: GPL-3.0-or-later
// The estimators' laws on one row, and the faults of the published ones.
#include "core/attention/shot_estimators.h"

#include "core/attention/control_variate.h"
#include "core/attention/published_shots.h"
#include "tests/support/random_head.h"
#include "tests/support/statistics.h"

#include <cmath>
#include <gtest/gtest.h>
#include <numeric>

namespace ketscope {
namespace {

using namespace test;
using Changes = std::vector<std::pair<std::string, std::string>>;

// Probabilities of a row of `count` normal logits with the given spread.
std::vector<double> rowOf(std::size_t count, double spread, std::uint64_t seed)
{
    std::vector<double> p(count);
    RandomStream stream({.seed = seed}, 0);
    for (double& x : p)
        x = std::exp(spread * stream.normal());
    const double sum = std::accumulate(p.begin(), p.end(), 0.0);
    for (double& x : p)
        x /= sum;
    return p;
}

class OneRow {
public:
    OneRow(const Changes& changes, std::vector<double> p)
        : m_parameters(with(mechanism("shots"), changes)), m_settings(m_parameters), m_p(std::move(p)),
          m_values(normalTensor(m_p.size(), 3, 8))
    {
    }

    RowOutcomes outcomes() const { return {m_p, {}, m_values.matrix(), {}, false}; }

    std::uint64_t shots() const
    {
        const ShotEstimator& estimator = chosenEstimator(m_parameters);
        return estimator.shots == nullptr ? m_settings.shots : estimator.shots(outcomes(), m_settings);
    }

    Estimate draw(std::uint32_t number) const
    {
        RandomStream stream({.seed = 23}, number);
        return chosenEstimator(m_parameters).draw(outcomes(), m_settings, shots(), stream);
    }

    // ‖P̂ − p‖² over many draws.
    Samples errors(std::uint32_t draws) const
    {
        Samples result;
        for (std::uint32_t number = 0; number < draws; ++number) {
            const Estimate estimate = draw(number);
            double sum = 0.0;
            for (std::size_t j = 0; j < m_p.size(); ++j)
                sum += std::pow(estimate.weights[j] - m_p[j], 2);
            result.add(sum);
        }
        return result;
    }

private:
    Parameters m_parameters;
    ShotSettings m_settings;
    std::vector<double> m_p;
    Tensor m_values;
};

double purity(std::span<const double> p) { return std::inner_product(p.begin(), p.end(), p.begin(), 0.0); }

// E‖P̂ − p‖² = τ²(1 − ‖p_tail/τ‖²)/S.
TEST(ShotEstimators, HybridErrorIsTheSquareOfTheTail)
{
    const auto p = rowOf(32, 1.2, 3);
    std::vector<double> tail = p;
    std::ranges::sort(tail);
    tail.resize(24);
    const double tau = std::accumulate(tail.begin(), tail.end(), 0.0);
    const Samples errors = OneRow({{"estimator", "hybrid"}, {"shots", "16"}}, p).errors(20000);
    EXPECT_LT(std::abs(errors.mean() - (tau * tau - purity(tail)) / 16.0), 4.0 * errors.errorOfMean());
}

TEST(ShotEstimators, AdaptiveMeetsItsAim)
{
    for (const double spread : {0.3, 1.0, 2.5})
        for (const char* rule : {"variance", "entropy"}) {
            const auto p = rowOf(24, spread, 4);
            const OneRow row({{"estimator", "adaptive"}, {"epsilon", "0.1"}, {"rule", rule}}, p);
            const Samples errors = row.errors(4000);
            EXPECT_LT(errors.mean(), 0.01 + 4.0 * errors.errorOfMean()) << spread << rule;
            if (std::string(rule) == "variance") {
                EXPECT_EQ(row.shots(), static_cast<std::uint64_t>(std::ceil((1.0 - purity(p)) / 0.01 - 1e-9)));
            }
        }
}

TEST(ShotEstimators, AdaptiveShotsGrowWithEntropyBetweenTheirLimits)
{
    std::uint64_t before = 0;
    for (const double spread : {3.0, 2.0, 1.0, 0.5, 0.1}) {
        const std::uint64_t now =
            OneRow({{"estimator", "adaptive"}, {"rule", "entropy"}}, rowOf(24, spread, 4)).shots();
        EXPECT_GE(now, before);
        before = now;
    }
    const std::vector<double> certain = {0.0, 1.0, 0.0};
    EXPECT_EQ(OneRow({{"estimator", "adaptive"}, {"fewest-shots", "7"}}, certain).shots(), 7U);
    EXPECT_EQ(
        OneRow({{"estimator", "adaptive"}, {"epsilon", "0.001"}, {"most-shots", "900"}}, rowOf(24, 1.0, 4)).shots(),
        900U);
    EXPECT_EQ(OneRow({{"estimator", "adaptive"}, {"fewest-shots", "1000"}, {"most-shots", "10"}}, certain).shots(),
              1000U);
}

// Strata keep their mass whatever is drawn, and every one of them is drawn from.
TEST(ShotEstimators, MassStrataKeepTheirMass)
{
    const std::vector<double> p = {0.3, 0.15, 0.25, 0.05, 0.08, 0.09, 0.01, 0.015, 0.015, 0.04};
    for (const char* allocation : {"proportional", "neyman"})
        for (const char* shots : {"1", "2", "3", "10", "57"}) {
            const OneRow row({{"estimator", "mass-strata"}, {"allocation", allocation}, {"shots", shots}}, p);
            for (std::uint32_t number = 0; number < 200; ++number) {
                const Estimate e = row.draw(number);
                EXPECT_NEAR(e.weights[0] + e.weights[1] + e.weights[2], 0.7, 1e-12);
                EXPECT_NEAR(e.weights[3] + e.weights[4] + e.weights[5] + e.weights[9], 0.26, 1e-12);
                EXPECT_EQ(e.shots, std::max(std::stod(shots), 3.0));
            }
        }
    const std::vector<double> alone = {0.9, 0.06, 0.04};  // the first needs no draw
    EXPECT_EQ(OneRow({{"estimator", "mass-strata"}, {"shots", "5"}}, alone).draw(1).weights[0], 0.9);
}

TEST(ShotEstimators, MassStrataBeatNaive)
{
    const auto p = rowOf(32, 1.2, 3);
    EXPECT_LT(OneRow({{"estimator", "mass-strata"}, {"shots", "16"}}, p).errors(4000).mean(),
              0.95 * OneRow({{"shots", "16"}}, p).errors(4000).mean());
}

// methods.md §3: rows of the source's benchmark sum to 0.30 … 0.36.
TEST(ShotEstimators, StratifiedAsPublishedLosesMostOfItsMass)
{
    Samples sums;
    for (std::uint64_t seed = 0; seed < 40; ++seed) {
        const OneRow row({{"estimator", "stratified-published"}, {"shots", "32"}}, rowOf(32, 1.0, seed));
        for (std::uint32_t number = 0; number < 50; ++number) {
            const Estimate estimate = row.draw(number);
            sums.add(std::accumulate(estimate.weights.begin(), estimate.weights.end(), 0.0));
        }
    }
    EXPECT_GT(sums.mean(), 0.2);
    EXPECT_LT(sums.mean(), 0.4);
}

TEST(ShotEstimators, HybridAsPublishedGivesTheTailHalf)
{
    const std::vector<double> p = {0.6, 0.3, 0.06, 0.04};
    const Estimate estimate = OneRow({{"estimator", "hybrid-published"}}, p).draw(1);
    EXPECT_NEAR(estimate.weights[0], 0.5 * 0.6 / 0.9, 1e-12);
    EXPECT_NEAR(estimate.weights[2] + estimate.weights[3], 0.5, 1e-12);
}

// With p = 0.2 and four keys, amplitudes 0.8·√P + 0.05, squared and divided by their sum.
TEST(ShotEstimators, NoisyAmplitudesAsPublishedAreNoDepolarisedState)
{
    const std::vector<double> p = {0.64, 0.25, 0.09, 0.02};
    const OneRow row({{"estimator", "amplitudes-published"}, {"amplitude-noise", "0.2"}, {"shots", "1048576"}}, p);
    std::vector<double> expected;
    for (const double each : p)
        expected.push_back(std::pow(0.8 * std::sqrt(each) + 0.05, 2.0));
    const double sum = std::accumulate(expected.begin(), expected.end(), 0.0);
    const Estimate estimate = row.draw(1);
    for (std::size_t j = 0; j < p.size(); ++j) {
        const double mean = expected[j] / sum;
        EXPECT_NEAR(estimate.weights[j], mean, 4.0 * std::sqrt(mean * (1.0 - mean) / 1048576.0));
        EXPECT_GT(std::abs(mean - (0.8 * p[j] + 0.05)), 1e-3) << "what depolarising would give";
    }
    const OneRow quiet({{"estimator", "amplitudes-published"}, {"amplitude-noise", "0"}, {"shots", "64"}}, p);
    EXPECT_EQ(quiet.draw(3).weights, OneRow({{"shots", "64"}}, p).draw(3).weights);
}

TEST(ShotEstimators, AdaptiveCountAsPublished)
{
    EXPECT_EQ(adaptiveCountAsPublished(32, 0.9), 44U);
    EXPECT_EQ(adaptiveCountAsPublished(2, 0.1), 4U);
    EXPECT_EQ(adaptiveCountAsPublished(100, 1.9), 200U);
    const std::vector<double> sharp = {0.97, 0.01, 0.01, 0.002, 0.004, 0.002, 0.001, 0.001};
    ShotSettings settings(mechanism("shots").defaults());
    RandomStream stream({.seed = 1}, 0);
    const Estimate truncated = drawAdaptiveAsPublished({sharp}, settings, 8, stream);
    EXPECT_NEAR(truncated.weights[0], 0.97 / 0.994, 1e-12);  // the four largest alone
    EXPECT_EQ(truncated.weights[6], 0.0);
    EXPECT_EQ(truncated.shots, 0.0);
}

// The squared error of the output falls by 1 − ρ² at β* = Cov(v, h)/Var(h), and by nothing at β = 0.
TEST(ControlVariate, ErrorFollowsTheLawOfCorrelation)
{
    const auto p = rowOf(24, 1.3, 6);
    RandomHead head(1, 24, 4, 3);
    const Parameters parameters =
        with(mechanism("shots"), {{"control", "top-k"}, {"control-keys", "6"}, {"beta", "pilot"}});
    const ControlVariate control(head.input, parameters);
    const auto approximate = control.control(0, p);
    std::vector<double> h(24);
    for (std::size_t j = 0; j < 24; ++j)
        h[j] = approximate[j] / p[j];
    const MatrixView v = head.values.matrix();
    double cov = 0.0;
    double varianceOfH = 0.0;
    double varianceOfV = 0.0;
    for (std::size_t c = 0; c < 3; ++c) {
        double meanV = 0.0;
        double meanH = 0.0;
        for (std::size_t j = 0; j < 24; ++j) {
            meanV += p[j] * v(j, c);
            meanH += approximate[j] * v(j, c);
        }
        for (std::size_t j = 0; j < 24; ++j) {
            cov += p[j] * (v(j, c) - meanV) * (h[j] * v(j, c) - meanH);
            varianceOfH += p[j] * std::pow(h[j] * v(j, c) - meanH, 2);
            varianceOfV += p[j] * std::pow(v(j, c) - meanV, 2);
        }
    }
    const double best = cov / varianceOfH;
    EXPECT_NEAR(control.beta(p, p, approximate), best, 1e-9);
    const double rhoSquared = cov * cov / (varianceOfH * varianceOfV);
    ASSERT_GT(rhoSquared, 0.3);
    // A pilot of a thousand shots knows β well; 3000 shots are left.
    Samples errors;
    for (std::uint32_t number = 0; number < 4000; ++number) {
        RandomStream stream({.seed = 2}, number);
        double beta = 0.0;
        const Estimate estimate = control.estimate(
            p, approximate, 4000,
            [&](std::uint64_t shots) { return drawNaive({p}, ShotSettings(parameters), shots, stream); }, beta);
        EXPECT_NEAR(beta, best, 0.5);
        double square = 0.0;
        for (std::size_t c = 0; c < 3; ++c) {
            double off = 0.0;
            for (std::size_t j = 0; j < 24; ++j)
                off += (estimate.weights[j] - p[j]) * v(j, c);
            square += off * off;
        }
        errors.add(square);
    }
    const double expected = varianceOfV / 3000.0 * (1.0 - rhoSquared);
    EXPECT_NEAR(errors.mean(), expected, 0.01 * expected + 4.0 * errors.errorOfMean());
}

// (0.7·Ĥ + 0.3·H) − H = 0.7·(Ĥ − H): any error at all shrinks alike.
TEST(ControlVariate, PublishedBlendsScaleEveryErrorAlike)
{
    RandomHead head(4, 9, 4, 3);
    const Mechanism& shots = mechanism("shots");
    const HeadResult exact = runHead(mechanism("exact"), head.input, mechanism("exact").defaults());
    const HeadResult plain = runHead(shots, head.input, with(shots, {{"estimator", "stratified-published"}}));
    for (const auto& [id, kept] : {std::pair{"blend-thirty", 0.7}, std::pair{"blend-twenty", 0.8}}) {
        const HeadResult blended =
            runHead(shots, head.input, with(shots, {{"estimator", "stratified-published"}, {"control", id}}));
        for (std::size_t cell = 0; cell < 36; ++cell) {
            const double p = exact.weights.data()[cell];
            EXPECT_NEAR(blended.weights.data()[cell] - p, kept * (static_cast<double>(plain.weights.data()[cell]) - p),
                        1e-6);
        }
    }
}

}  // namespace
}  // namespace ketscope
