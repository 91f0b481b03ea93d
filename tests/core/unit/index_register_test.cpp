// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/attention/index_register.h"
#include "core/base/error.h"
#include "core/quantum/mitigation.h"
#include "tests/support/random_head.h"
#include "tests/support/statistics.h"

#include <cmath>
#include <gmock/gmock.h>
#include <numeric>

namespace ketscope {
namespace {

using namespace test;
using Vector = std::vector<double>;
using Changes = std::vector<std::pair<std::string, std::string>>;

const Vector kRow = {0.05, 0.4, 0.25, 0.3};

Parameters noisy(const Changes& changes)
{
    static const std::vector<Parameter> definitions = indexRegisterParameters();
    Parameters parameters(definitions);
    parameters.setText("register", "noisy");
    for (const auto& [id, text] : changes)
        parameters.setText(id, text);
    return parameters;
}

struct Reading {
    Vector weights;
    double leaked = 0.0;
    double varianceFactor = 1.0;
};

// Everything with endless shots.
Reading readRow(const HeadInput& input, std::size_t row, const Vector& probabilities, const Changes& changes)
{
    const Parameters parameters = noisy(changes);
    const IndexRegister noise(input, parameters);
    const RegisterRuns runs = noise.runs(row, probabilities);
    Reading reading{Vector(probabilities.size()), 0.0, runs.varianceFactor};
    reading.leaked = noise.read(row, runs.distributions, reading.weights);
    return reading;
}

Vector fourKeys(const Changes& changes)
{
    const RandomHead head(1, 4, 2, 2);
    return readRow(head.input, 0, kRow, changes).weights;
}

void expectNear(const Vector& actual, const Vector& expected, double tolerance = 1e-14)
{
    ASSERT_EQ(actual.size(), expected.size());
    for (std::size_t i = 0; i < actual.size(); ++i)
        EXPECT_NEAR(actual[i], expected[i], tolerance) << i;
}

TEST(IndexRegister, WorkedExamplesOfTheChannels)
{
    expectNear(fourKeys({{"noise", "depolarizing"}, {"lambda", "0.2"}}), {0.102, 0.358, 0.238, 0.302});
    expectNear(fourKeys({{"noise", "depolarizing-register"}, {"lambda", "0.2"}}), {0.09, 0.37, 0.25, 0.29});
    expectNear(fourKeys({{"noise", "amplitude-damping"}, {"gamma", "0.2"}}), {0.192, 0.368, 0.248, 0.192});
    expectNear(fourKeys({{"noise", "generalized-amplitude-damping"}, {"gamma", "0.2"}, {"excited", "0.3"}}),
               {0.1356, 0.3644, 0.2444, 0.2556});
    expectNear(fourKeys({{"noise", "none"}, {"readout", "on"}, {"false-one", "0.02"}, {"false-zero", "0.05"}}),
               {0.08062, 0.38788, 0.24838, 0.28312});
    expectNear(fourKeys({{"noise", "phase-damping"}, {"lambda", "0.7"}}), kRow);
}

TEST(IndexRegister, ReadoutErrorFollowsTheChannel)
{
    Vector expected = kRow;
    applyToEveryBit(expected, bitMatrix(amplitudeDamping(0.3)));
    applyToEveryBit(expected, bitMatrix(readoutError(0.1, 0.2)));
    const Changes changes = {{"noise", "amplitude-damping"},
                             {"gamma", "0.3"},
                             {"readout", "on"},
                             {"false-one", "0.1"},
                             {"false-zero", "0.2"}};
    expectNear(fourKeys(changes), expected);
}

TEST(IndexRegister, InversesAreExactWithEndlessShots)
{
    const std::vector<Changes> cases = {
        {{"noise", "amplitude-damping"}, {"gamma", "0.3"}, {"mitigation", "cancellation"}},
        {{"noise", "depolarizing-register"}, {"lambda", "0.4"}, {"mitigation", "cancellation"}, {"project", "off"}},
        {{"noise", "none"}, {"readout", "on"}, {"false-one", "0.1"}, {"readout-mitigation", "inversion"}},
        {{"noise", "depolarizing"},
         {"lambda", "0.2"},
         {"readout", "on"},
         {"readout-mitigation", "inversion"},
         {"mitigation", "cancellation"}},
        {{"noise", "depolarizing-register"}, {"lambda", "0.1"}, {"mitigation", "exponential"}},
        {{"noise", "depolarizing-register"},
         {"lambda", "0.1"},
         {"readout", "on"},
         {"mitigation", "exponential"},
         {"readout-mitigation", "inversion"}},
    };
    for (const Changes& changes : cases)
        expectNear(fourKeys(changes), kRow, 1e-12);
}

// λ = .05 on the register of D = 8 keys: E∞ = .125, as in the worked example of zero-noise extrapolation.
TEST(IndexRegister, ExtrapolationIsTheWorkedExample)
{
    const RandomHead head(1, 8, 2, 2);
    const Vector row = {0.7, 0.05, 0.05, 0.05, 0.05, 0.04, 0.03, 0.03};
    const auto first = [&](const std::string& mitigation, const std::string& scales) {
        return readRow(head.input, 0, row,
                       {{"noise", "depolarizing-register"},
                        {"lambda", "0.05"},
                        {"mitigation", mitigation},
                        {"scales", scales},
                        {"project", "off"}});
    };
    EXPECT_NEAR(readRow(head.input, 0, row, {{"noise", "depolarizing-register"}, {"lambda", "0.05"}}).weights[0],
                0.67125, 1e-14);
    EXPECT_NEAR(first("richardson", "one-three").weights[0], 0.6978796875, 1e-12);
    EXPECT_NEAR(first("richardson", "one-two-three").weights[0], 0.699928125, 1e-12);
    EXPECT_NEAR(first("richardson", "one-three-five").weights[0], 0.69982698340, 1e-11);
    EXPECT_NEAR(first("exponential", "one-three-five").weights[0], 0.7, 1e-12);
    EXPECT_NEAR(first("richardson", "one-three-five").varianceFactor, 5.21875, 1e-12);
    EXPECT_NEAR(first("linear", "one-three").varianceFactor, 2.5, 1e-12);
}

TEST(IndexRegister, DistillationIsTheWorkedExample)
{
    const Changes changes = {{"noise", "depolarizing-register"}, {"lambda", "0.2"}, {"mitigation", "distillation"}};
    expectNear(fourKeys(changes), {0.052739726, 0.397945205, 0.25, 0.299315068}, 5e-10);
    const RandomHead head(1, 4, 2, 2);
    EXPECT_NEAR(readRow(head.input, 0, kRow, changes).varianceFactor, std::pow(0.73, -2.0), 1e-12);
}

// Mixed by noise on each qubit: ρ² by hand from the density matrix of two qubits, p = (½, 0, 0, ½) under phase damping.
TEST(IndexRegister, DistillationOfLocalNoise)
{
    const RandomHead head(1, 4, 2, 2);
    const Vector row = {0.7, 0.0, 0.0, 0.3};  // ρ = [[.7, c], [c, .3]] on |00⟩, |11⟩ with c = √.21·(1 − λ)
    const double c = std::sqrt(0.21) * 0.5;
    const double trace = 0.49 + 0.09 + 2.0 * c * c;
    const Changes changes = {{"noise", "phase-damping"}, {"lambda", "0.5"}, {"mitigation", "distillation"}};
    const Reading reading = readRow(head.input, 0, row, changes);
    EXPECT_NEAR(reading.weights[0], (0.49 + c * c) / trace, 1e-14);
    EXPECT_NEAR(reading.weights[3], (0.09 + c * c) / trace, 1e-14);
}

TEST(IndexRegister, PaddingPolicies)
{
    const RandomHead head(1, 3, 2, 2);
    const Vector row = {0.2, 0.5, 0.3};
    const Changes changes = {{"noise", "depolarizing-register"}, {"lambda", "0.2"}};
    const Reading selected = readRow(head.input, 0, row, changes);
    EXPECT_NEAR(selected.leaked, 0.05, 1e-14);
    expectNear(selected.weights, {0.21 / 0.95, 0.45 / 0.95, 0.29 / 0.95});
    Changes shown = changes;
    shown.emplace_back("padding", "show-leak");
    expectNear(readRow(head.input, 0, row, shown).weights, {0.21, 0.45, 0.29});
    Changes projected = changes;
    projected.emplace_back("mitigation", "projection");
    expectNear(readRow(head.input, 0, row, projected).weights, {0.21 + 0.05 / 3, 0.45 + 0.05 / 3, 0.29 + 0.05 / 3});
}

// Row i of a causal map sees i + 1 keys: its register holds just these, and no other key gets weight.
TEST(IndexRegister, CausalRowsHaveRegistersOfTheirOwn)
{
    RandomHead head(5, 5, 2, 2);
    head.input.mask.causal = true;
    const Parameters parameters = noisy({{"lambda", "0.3"}, {"labels", "random"}});
    const IndexRegister noise(head.input, parameters);
    for (std::size_t row = 0; row < 5; ++row) {
        Vector p(5, 0.0);
        std::fill_n(p.begin(), row + 1, 1.0 / static_cast<double>(row + 1));
        const RegisterRuns runs = noise.runs(row, p);
        EXPECT_EQ(runs.distributions[0].size(), std::size_t{1} << registerQubits(row + 1));
        Vector weights(5);
        noise.read(row, runs.distributions, weights);
        EXPECT_NEAR(std::accumulate(weights.begin(), weights.end(), 0.0), 1.0, 1e-14);
        EXPECT_TRUE(std::all_of(weights.begin() + static_cast<std::ptrdiff_t>(row) + 1, weights.end(),
                                [](double w) { return w == 0.0; }));
    }
}

TEST(IndexRegister, KeysOfOutcomesUndoTheLabels)
{
    RandomHead head(1, 5, 2, 2);
    for (const char* labels : {"binary", "gray", "random"}) {
        const Parameters parameters = noisy({{"lambda", "0"}, {"labels", labels}});
        const IndexRegister noise(head.input, parameters);
        const Vector row = {0.1, 0.2, 0.3, 0.15, 0.25};
        const auto keys = noise.keysOfOutcomes(0);
        const auto outcomes = noise.runs(0, row).distributions[0];
        ASSERT_EQ(keys.size(), 8U);
        for (std::size_t i = 0; i < 8; ++i)
            EXPECT_EQ(outcomes[i], keys[i] < 0 ? 0.0 : row[static_cast<std::size_t>(keys[i])]) << labels;
    }
}

TEST(IndexRegister, AllLeakedIsUniformOverWhatIsAllowed)
{
    RandomHead head(1, 3, 2, 2);
    const std::vector<std::uint8_t> padding = {0, 1, 1};  // damping ends at key 0, which is forbidden
    head.input.mask.keyAllowed = padding;
    const Reading reading = readRow(head.input, 0, {0.0, 0.4, 0.6}, {{"noise", "amplitude-damping"}, {"gamma", "1"}});
    EXPECT_EQ(reading.leaked, 1.0);
    expectNear(reading.weights, {0.0, 0.5, 0.5});
}

// The spread of a mitigated weight over many runs of S shots, against the factor given for Richardson's weights.
TEST(IndexRegister, VarianceFactorOfExtrapolationIsTheSpread)
{
    const RandomHead head(1, 4, 2, 2);
    constexpr double kShots = 1000.0;
    const Parameters parameters = noisy({{"noise", "depolarizing-register"},
                                         {"lambda", "0.02"},
                                         {"mitigation", "richardson"},
                                         {"scales", "one-three"},
                                         {"project", "off"}});
    const IndexRegister noise(head.input, parameters);
    const RegisterRuns runs = noise.runs(0, kRow);
    RandomStream stream({.seed = 6}, 0);
    Samples samples;
    for (int repeat = 0; repeat < 20000; ++repeat) {
        auto measured = runs.distributions;
        for (Vector& run : measured)  // the marginal of one outcome is binomial
            run[1] = static_cast<double>(stream.binomial(std::uint64_t{1000}, run[1])) / kShots;
        Vector weights(4);
        noise.read(0, measured, weights);
        samples.add(weights[1]);
    }
    double expected = 0.0;
    const Vector gamma = {1.5, -0.5};
    for (std::size_t r = 0; r < 2; ++r)
        expected += gamma[r] * gamma[r] * runs.distributions[r][1] * (1.0 - runs.distributions[r][1]) / kShots;
    EXPECT_LT(std::abs(samples.mean() - (1.5 * runs.distributions[0][1] - 0.5 * runs.distributions[1][1])),
              4.0 * samples.errorOfMean());
    EXPECT_LT(std::abs(samples.variance() - expected), 4.0 * samples.errorOfVariance());
    EXPECT_NEAR(expected / (kRow[1] * (1.0 - kRow[1]) / kShots), runs.varianceFactor, 0.02);
}

TEST(IndexRegister, RefusesWhatCannotBeUndone)
{
    EXPECT_THROW(fourKeys({{"noise", "depolarizing-register"}, {"lambda", "1"}, {"mitigation", "cancellation"}}),
                 Error);
    EXPECT_THROW(fourKeys({{"noise", "amplitude-damping"}, {"gamma", "1"}, {"mitigation", "cancellation"}}), Error);
    const RandomHead head(1, 257, 2, 2);
    const Parameters local = noisy({{"noise", "depolarizing"}, {"mitigation", "distillation"}});
    EXPECT_THROW(IndexRegister(head.input, local), Error);
    const Parameters global = noisy({{"noise", "depolarizing-register"}, {"mitigation", "distillation"}});
    EXPECT_NO_THROW(IndexRegister(head.input, global));
}

TEST(IndexRegister, PropertiesSayWhatChanges)
{
    const auto properties = [](const Changes& changes) {
        MechanismProperties result;
        setIndexRegisterProperties(noisy(changes), result);
        return result;
    };
    EXPECT_TRUE(properties({}).rowStochastic);
    EXPECT_TRUE(properties({}).usesKeyOrder);
    EXPECT_FALSE(properties({{"register", "ideal"}}).usesKeyOrder);
    EXPECT_FALSE(properties({{"padding", "show-leak"}}).rowStochastic);
    EXPECT_TRUE(properties({{"mitigation", "richardson"}, {"project", "off"}}).signedWeights);
    EXPECT_FALSE(properties({{"mitigation", "richardson"}}).signedWeights);
    EXPECT_FALSE(properties({{"mitigation", "distillation"}, {"project", "off"}}).signedWeights);
    EXPECT_TRUE(properties({{"labels", "random"}}).randomFeatures);
}

}  // namespace
}  // namespace ketscope
