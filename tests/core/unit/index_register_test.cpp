// SPDX-License-Identifier: GPL-3.0-or-later
// `shots` with a noisy index register: worked examples, mitigation, and standard errors over seeds.
#include "core/attention/index_register.h"
#include "core/attention/signed_outcomes.h"
#include "core/base/error.h"
#include "core/quantum/mitigation.h"
#include "tests/support/random_head.h"
#include "tests/support/statistics.h"

#include <Eigen/Dense>
#include <cmath>
#include <gmock/gmock.h>
#include <numeric>

namespace ketscope {
namespace {

using namespace test;
using Changes = std::vector<std::pair<std::string, std::string>>;

const Mechanism& shots() { return mechanism("shots"); }
const std::vector<double> kGolden = {0.05, 0.4, 0.25, 0.3};

// One query whose softmax row is p.
struct RowHead {
    explicit RowHead(const std::vector<double>& p) : query({1, 1}), keys({p.size(), 1}), values({p.size(), 1})
    {
        query.data()[0] = 1.0F;
        for (std::size_t j = 0; j < p.size(); ++j) {
            keys.data()[j] = static_cast<float>(std::log(p[j]));
            values.data()[j] = static_cast<float>(j);
        }
        input.queries = query.matrix();
        input.keys = keys.matrix();
        input.values = values.matrix();
    }

    Tensor query;
    Tensor keys;
    Tensor values;
    HeadInput input;
};

Parameters noisy(const Changes& changes)
{
    Changes all = {{"register", "on"}};
    all.insert(all.end(), changes.begin(), changes.end());
    return with(shots(), all);
}

// The row with endless shots.
std::vector<double> rowOf(const std::vector<double>& p, const Changes& changes)
{
    Changes all = {{"estimator", "exact"}};
    all.insert(all.end(), changes.begin(), changes.end());
    const RowHead head(p);
    const HeadResult result = runHead(shots(), head.input, noisy(all));
    return {result.weights.values().begin(), result.weights.values().end()};
}

void expectRow(const std::vector<double>& found, const std::vector<double>& expected)
{
    ASSERT_EQ(found.size(), expected.size());
    for (std::size_t j = 0; j < found.size(); ++j)
        EXPECT_NEAR(found[j], expected[j], 2e-7) << j;
}

TEST(IndexRegister, ChannelsOfTheWorkedExample)
{
    expectRow(rowOf(kGolden, {{"noise", "depolarizing"}, {"lambda", "0.2"}}), {0.102, 0.358, 0.238, 0.302});
    expectRow(rowOf(kGolden, {{"noise", "depolarizing-register"}, {"lambda", "0.2"}}), {0.09, 0.37, 0.25, 0.29});
    expectRow(rowOf(kGolden, {{"noise", "amplitude-damping"}, {"gamma", "0.2"}}), {0.192, 0.368, 0.248, 0.192});
    expectRow(rowOf(kGolden, {{"noise", "generalized-amplitude-damping"}, {"gamma", "0.2"}, {"excited", "0.3"}}),
              {0.1356, 0.3644, 0.2444, 0.2556});
    expectRow(rowOf(kGolden, {{"noise", "none"}, {"readout", "on"}, {"read-one", "0.02"}, {"read-zero", "0.05"}}),
              {0.08062, 0.38788, 0.24838, 0.28312});
    expectRow(rowOf(kGolden, {{"noise", "phase-damping"}, {"lambda", "0.9"}}), kGolden);
}

TEST(IndexRegister, DampingLeadsToTheKeyLabelledZero)
{
    const Changes damped = {{"noise", "amplitude-damping"}, {"gamma", "1"}};
    expectRow(rowOf(kGolden, damped), {1, 0, 0, 0});
    Changes random = damped;
    random.emplace_back("labels", "random");
    std::vector<int> hits(4, 0);
    RowHead head(kGolden);
    for (std::uint64_t seed = 0; seed < 64; ++seed) {
        head.input.random.seed = seed;
        random.emplace_back("estimator", "exact");
        const HeadResult result = runHead(shots(), head.input, noisy(random));
        ++hits[static_cast<std::size_t>(std::ranges::max_element(result.weights.values())
                                        - result.weights.values().begin())];
    }
    EXPECT_THAT(hits, testing::Each(testing::Gt(0)));
}

// Three keys on four states, whole register mixed with λ = 0.4: the state that is no key gets 0.1.
TEST(IndexRegister, MassOnOtherStatesIsDroppedOrShown)
{
    const std::vector<double> p = {0.2, 0.5, 0.3};
    const Changes mixed = {{"noise", "depolarizing-register"}, {"lambda", "0.4"}};
    const auto kept = [](double x) { return 0.6 * x + 0.1; };
    expectRow(rowOf(p, mixed), {kept(0.2) / 0.9, kept(0.5) / 0.9, kept(0.3) / 0.9});
    Changes leaky = mixed;
    leaky.emplace_back("padding", "show-leak");
    expectRow(rowOf(p, leaky), {kept(0.2), kept(0.5), kept(0.3)});
    leaky.emplace_back("estimator", "exact");
    const RowHead head(p);
    HeadResult result(head.input);
    Tensor leaked({1, 1});
    HeadOutput output = result.view();
    output.diagnostics = leaked.matrix();
    attendHead(shots(), head.input, noisy(leaky), output, Monitor());
    EXPECT_NEAR(leaked.data()[0], 0.1, 1e-7);
}

// Damping ends at key 0, which is forbidden: no shot is left, and the row is uniform over what is allowed.
TEST(IndexRegister, WithEveryShotLostTheRowIsUniform)
{
    RowHead head({0.2, 0.4, 0.4});
    const std::vector<std::uint8_t> allowed = {0, 1, 1};
    head.input.mask.keyAllowed = allowed;
    for (const char* estimator : {"exact", "naive"}) {
        const Parameters parameters = noisy({{"estimator", estimator}, {"noise", "amplitude-damping"}, {"gamma", "1"}});
        const HeadResult result = runHead(shots(), head.input, parameters);
        EXPECT_THAT(result.weights.values(), testing::ElementsAre(0.0F, 0.5F, 0.5F));
    }
}

// With a causal mask a row's register is as large as the keys so far need: five tokens or thirty, the first three rows are
// the same.
TEST(IndexRegister, LaterTokensDoNotEvenEnlargeTheRegister)
{
    const RandomHead longer(30, 30, 4, 3);
    HeadInput input = longer.input;
    input.mask.causal = true;
    HeadInput shorter = input;
    for (MatrixView* part : {&shorter.queries, &shorter.keys, &shorter.values, &shorter.layerInput})
        *part = part->middleRows(0, 5);
    for (const char* order : {"position", "logit", "value"})
        for (const char* labels : {"binary", "gray", "random"}) {
            const Parameters parameters =
                noisy({{"estimator", "stratified"}, {"order", order}, {"labels", labels}, {"lambda", "0.3"}});
            const HeadResult a = runHead(shots(), input, parameters);
            const HeadResult b = runHead(shots(), shorter, parameters);
            for (std::size_t i = 0; i < 5; ++i)
                for (std::size_t j = 0; j < 5; ++j)
                    EXPECT_EQ(a.weight(i, j), b.weight(i, j)) << order << labels << i << j;
        }
}

// methods.md §11: λ = 0.05, E₀ = 0.7, asymptote 1/8.
TEST(IndexRegister, ExtrapolationsOfTheWorkedExample)
{
    const std::vector<double> p = {0.7, 0.1, 0.05, 0.05, 0.04, 0.03, 0.02, 0.01};
    const Changes base = {{"noise", "depolarizing-register"}, {"lambda", "0.05"}};
    const auto first = [&](const char* scales, const char* extrapolation) {
        Changes all = base;
        all.insert(
            all.end(),
            {{"mitigation", "zero-noise"}, {"scales", scales}, {"extrapolation", extrapolation}, {"project", "off"}});
        return rowOf(p, all)[0];
    };
    EXPECT_NEAR(rowOf(p, base)[0], 0.67125, 2e-7);
    EXPECT_NEAR(first("one-three", "richardson"), 0.6978796875, 2e-7);
    EXPECT_NEAR(first("one-three", "linear"), 0.6978796875, 2e-7);
    EXPECT_NEAR(first("one-two-three", "richardson"), 0.699928125, 2e-7);
    EXPECT_NEAR(first("one-three-five", "richardson"), 0.69982698340, 2e-7);
    EXPECT_NEAR(first("one-three-five", "exponential"), 0.7, 2e-7);
}

TEST(IndexRegister, DistillationOfTheWorkedExample)
{
    expectRow(rowOf(kGolden, {{"noise", "depolarizing-register"},
                              {"lambda", "0.2"},
                              {"mitigation", "distillation"},
                              {"project", "off"}}),
              {0.052739726, 0.397945205, 0.25, 0.299315068});
}

// ρ after the channel on every qubit, from Kraus operators on the whole space.
Eigen::MatrixXcd stateByDefinition(const std::vector<double>& p, const KrausOperators& operators)
{
    const auto states = static_cast<Eigen::Index>(p.size());
    Eigen::VectorXcd psi(states);
    for (Eigen::Index j = 0; j < states; ++j)
        psi[j] = std::sqrt(p[static_cast<std::size_t>(j)]);
    Eigen::MatrixXcd rho = psi * psi.adjoint();
    for (Eigen::Index stride = 1; stride < states; stride *= 2) {
        Eigen::MatrixXcd next = Eigen::MatrixXcd::Zero(states, states);
        for (const KrausOperator& k : operators) {
            Eigen::MatrixXcd whole = Eigen::MatrixXcd::Zero(states, states);
            for (Eigen::Index a = 0; a < states; ++a)
                for (Eigen::Index b = 0; b < states; ++b)
                    if ((a & ~stride) == (b & ~stride))
                        whole(a, b) = k[static_cast<std::size_t>(2 * ((a & stride) != 0) + ((b & stride) != 0))];
            next += whole * rho * whole.adjoint();
        }
        rho = next;
    }
    return rho;
}

TEST(IndexRegister, DistillationIsThePowerOfTheDensityMatrix)
{
    const std::vector<double> p = {0.3, 0.05, 0.1, 0.2, 0.02, 0.13, 0.08, 0.12};
    for (const KrausOperators& channel :
         {depolarizing(0.3), amplitudeDamping(0.2), thermalRelaxation(50.0, 60.0, 20.0, 0.2), phaseDamping(0.4)})
        for (const int copies : {2, 3, 4}) {
            const Eigen::MatrixXcd rho = stateByDefinition(p, channel);
            Eigen::MatrixXcd power = rho;
            for (int i = 1; i < copies; ++i)
                power = power * rho;
            const SignedOutcomes outcomes = distillationOutcomes(p, Noise{channel}, copies);
            for (std::size_t j = 0; j < 8; ++j) {
                const auto index = static_cast<Eigen::Index>(j);
                EXPECT_NEAR(outcomes.probabilities[j] - outcomes.probabilities[8 + j], power(index, index).real(),
                            1e-12);
                EXPECT_NEAR(outcomes.probabilities[j] + outcomes.probabilities[8 + j], rho(index, index).real(), 1e-12);
            }
        }
}

// With endless shots the inverses give the softmax row back: of the channel, and of the readout error.
TEST(IndexRegister, InversesUndoWhatTheyInvert)
{
    for (const char* channel : {"depolarizing", "depolarizing-register", "amplitude-damping",
                                "generalized-amplitude-damping", "thermal-relaxation", "phase-damping"})
        expectRow(rowOf(kGolden, {{"noise", channel},
                                  {"lambda", "0.2"},
                                  {"gamma", "0.2"},
                                  {"excited", "0.3"},
                                  {"duration", "9"},
                                  {"mitigation", "cancellation"},
                                  {"project", "off"}}),
                  kGolden);
    const Changes readout = {
        {"noise", "none"}, {"readout", "on"}, {"read-one", "0.1"}, {"read-zero", "0.2"}, {"mitigation", "readout"}};
    expectRow(rowOf(kGolden, readout), kGolden);
    Changes unfolded = readout;
    unfolded.insert(unfolded.end(), {{"inversion", "unfolding"}, {"steps", "100"}});
    const auto found = rowOf(kGolden, unfolded);
    for (std::size_t j = 0; j < 4; ++j)
        EXPECT_NEAR(found[j], kGolden[j], 0.01) << j;
}

// γ = (1 + λ/2)/(1 − λ) for each qubit, (1 + g)/(1 − g) for relaxation; with both signs a distribution.
TEST(IndexRegister, CancellationCostsItsOverhead)
{
    const std::vector<double> p = {0.3, 0.05, 0.1, 0.2, 0.02, 0.13, 0.08, 0.12};
    const auto overhead = [&](const Noise& noise) {
        std::vector<double> q = p;
        applyNoise(q, noise);
        const SignedOutcomes outcomes = cancellationOutcomes(q, noise);
        EXPECT_NEAR(std::accumulate(outcomes.probabilities.begin(), outcomes.probabilities.end(), 0.0), 1.0, 1e-12);
        EXPECT_THAT(outcomes.probabilities, testing::Each(testing::Ge(0.0)));
        return outcomes.scale;
    };
    EXPECT_NEAR(overhead({depolarizing(0.1)}), std::pow(1.05 / 0.9, 3), 1e-12);
    EXPECT_NEAR(overhead({amplitudeDamping(0.1)}), std::pow(1.1 / 0.9, 3), 1e-12);
    EXPECT_NEAR(overhead({{}, 0.1}), (1.1 - 0.2 / 64.0) / 0.9, 1e-12);
}

// Over many seeds, five keys on eight states of which the mask forbids one: the mean is the row with endless shots, the
// variance the square of the reported standard error. `bias`: of ratios, O(1/S).
void expectStandardError(const Changes& changes, double bias = 0.0)
{
    RowHead head({0.1, 0.35, 0.25, 0.05, 0.25});
    const std::vector<std::uint8_t> allowed = {1, 1, 1, 0, 1};
    head.input.mask.keyAllowed = allowed;
    Changes all = {{"lambda", "0.1"}, {"gamma", "0.1"}, {"read-one", "0.05"}, {"read-zero", "0.1"}};
    all.insert(all.end(), changes.begin(), changes.end());
    const HeadResult once = runHead(shots(), head.input, noisy(all));
    std::vector<Samples> spread(5);
    for (std::uint64_t seed = 0; seed < 6000; ++seed) {
        head.input.random.seed = seed;
        const HeadResult result = runHead(shots(), head.input, noisy(all));
        for (std::size_t j = 0; j < 5; ++j)
            spread[j].add(result.weights.data()[j]);
    }
    all.emplace_back("estimator", "exact");
    const HeadResult exact = runHead(shots(), head.input, noisy(all));
    for (std::size_t j = 0; j < 5; ++j) {
        SCOPED_TRACE(changes.front().second + ", " + changes.back().second + ", key " + std::to_string(j));
        const double variance = std::pow(once.standardError.data()[j], 2);
        EXPECT_LT(std::abs(spread[j].mean() - exact.weights.data()[j]), 4.0 * spread[j].errorOfMean() + 1e-6 + bias);
        EXPECT_LT(std::abs(spread[j].variance() - variance),
                  4.0 * spread[j].errorOfVariance() + 1e-9 + 10.0 * bias * variance);
    }
}

TEST(IndexRegister, StandardErrorsHoldTheCostOfMitigation)
{
    for (const char* estimator : {"naive", "hybrid", "mass-strata"}) {
        const Changes base = {{"estimator", estimator}, {"shots", "400"}};
        const auto plus = [&](const Changes& more) {
            Changes all = base;
            all.insert(all.end(), more.begin(), more.end());
            return all;
        };
        expectStandardError(plus({{"padding", "show-leak"}}));
        expectStandardError(plus({{"padding", "postselect"}}), 1e-3);
        expectStandardError(plus({{"readout", "on"}, {"mitigation", "readout"}, {"project", "off"}}));
        expectStandardError(plus({{"mitigation", "cancellation"}, {"project", "off"}}));
        expectStandardError(plus(
            {{"noise", "amplitude-damping"}, {"readout", "on"}, {"mitigation", "cancellation"}, {"project", "off"}}));
        expectStandardError(plus({{"mitigation", "zero-noise"}, {"project", "off"}}));
        expectStandardError(plus({{"mitigation", "zero-noise"}, {"extrapolation", "linear"}, {"project", "off"}}));
        expectStandardError(plus({{"mitigation", "distillation"}, {"project", "off"}}), 2e-3);
    }
}

TEST(IndexRegister, MitigatedRowsAreDistributionsUnlessAskedFor)
{
    const RowHead head(kGolden);
    for (const MitigationMethod& method : mitigationMethods()) {
        const Parameters parameters =
            noisy({{"shots", "5"}, {"lambda", "0.4"}, {"readout", "on"}, {"mitigation", method.id}});
        const HeadResult result = runHead(shots(), head.input, parameters);
        EXPECT_NEAR(std::accumulate(result.weights.values().begin(), result.weights.values().end(), 0.0), 1.0, 1e-6);
        EXPECT_THAT(result.weights.values(), testing::Each(testing::Ge(0.0F)));
        EXPECT_FALSE(shots().properties(parameters).signedWeights);
    }
    const Parameters raw = noisy({{"mitigation", "cancellation"}, {"project", "off"}});
    EXPECT_TRUE(shots().properties(raw).signedWeights);
    EXPECT_FALSE(shots().properties(raw).rowStochastic);
}

TEST(IndexRegister, WhatCannotBeIsRefused)
{
    const RowHead head(kGolden);
    EXPECT_THROW(runHead(shots(), head.input, noisy({{"lambda", "1"}, {"mitigation", "cancellation"}})), Error);
    EXPECT_THROW(
        runHead(shots(), head.input,
                noisy({{"readout", "on"}, {"read-one", "0.5"}, {"read-zero", "0.5"}, {"mitigation", "readout"}})),
        Error);
    const RowHead large(std::vector<double>(257, 1.0 / 257.0));
    try {
        runHead(shots(), large.input, noisy({{"mitigation", "distillation"}}));
        FAIL() << "a density matrix of 9 qubits";
    } catch (const Error& error) {
        EXPECT_THAT(error.what(), testing::HasSubstr("256"));
    }
    EXPECT_NO_THROW(
        runHead(shots(), large.input, noisy({{"noise", "depolarizing-register"}, {"mitigation", "distillation"}})));
}

}  // namespace
}  // namespace ketscope
