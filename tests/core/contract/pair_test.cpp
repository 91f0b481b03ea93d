// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/attention/pair_reading.h"

#include "tests/support/mechanism_variants.h"
#include "tests/support/random_head.h"

namespace ketscope {
namespace {

class PairTest : public testing::TestWithParam<std::string> {};

// What is said of a pair comes to the very cell of the map, with every choice and at both ends of every range.
TEST_P(PairTest, TheArithmeticComesToTheCellOfTheMap)
{
    const Mechanism& tested = mechanism(GetParam());
    for (const bool causal : {false, true}) {
        test::RandomHead head(6, 6, 4, 4);
        head.input.mask.causal = causal;
        for (const test::Variant& variant : test::variantsOf(tested)) {
            SCOPED_TRACE(variant.name + (causal ? ", causal" : ""));
            const test::HeadResult map = test::runHead(tested, head.input, variant.parameters);
            for (const auto& [query, key] : {std::pair<std::size_t, std::size_t>{4, 1}, {2, 5}, {3, 3}}) {
                const PairReading reading = tested.pair(head.input, variant.parameters, query, key, Monitor());
                EXPECT_NEAR(reading.weight, map.weight(query, key), 2e-5) << query << " " << key;
                EXPECT_EQ(reading.scores.size(), 6U);
                EXPECT_FALSE(reading.arithmetic.empty());
                EXPECT_FALSE(reading.comparison.empty());
                // Nobody finds an empty page.
                EXPECT_TRUE(!reading.states.empty() || !reading.noStates.empty());
                EXPECT_TRUE(reading.features || !reading.states.empty() || !reading.circuits.empty());
            }
        }
    }
}

TEST_P(PairTest, StatesHaveLengthOneAndCircuitsEndInThem)
{
    const Mechanism& tested = mechanism(GetParam());
    const test::RandomHead head(6, 6, 4, 4);
    for (const test::Variant& variant : test::variantsOf(tested)) {
        SCOPED_TRACE(variant.name);
        const PairReading reading = tested.pair(head.input, variant.parameters, 4, 1, Monitor());
        for (const PairState& state : reading.states) {
            double norm = 0.0;
            for (const auto& amplitude : state.amplitudes)
                norm += std::norm(amplitude);
            EXPECT_NEAR(norm, 1.0, 1e-6) << state.title;
        }
        for (const PairCircuit& circuit : reading.circuits) {
            for (const PairState& state : reading.states) {
                if (circuit.role != state.role || state.amplitudes.empty())
                    continue;
                const auto found = stateAfter(circuit, circuit.columns()).amplitudes;
                ASSERT_EQ(found.size(), state.amplitudes.size());
                for (std::size_t i = 0; i < found.size(); ++i)
                    EXPECT_NEAR(std::abs(found[i] - state.amplitudes[i]), 0.0, 1e-6) << circuit.title;
            }
        }
        if (reading.features && !reading.features->exact.empty()) {
            const PairFeatures& features = *reading.features;
            ASSERT_EQ(features.estimates.size(), reading.scores.size());
            ASSERT_EQ(features.exact.size(), reading.scores.size());
            ASSERT_TRUE(features.errors.empty() || features.errors.size() == reading.scores.size());
            for (std::size_t j = 0; j < features.errors.size(); ++j)
                EXPECT_LT(std::abs(features.estimates[j] - features.exact[j]), 5.0 * features.errors[j] + 1e-6);
        }
        if (reading.outcomes) {
            const PairOutcomes& outcomes = *reading.outcomes;
            const auto sum = [](const std::vector<double>& values) {
                double total = 0.0;
                for (const double value : values)
                    total += value;
                return total;
            };
            EXPECT_NEAR(sum(outcomes.exact), 1.0, 1e-6);
            EXPECT_LT(outcomes.wanted, outcomes.exact.size());
            EXPECT_TRUE(outcomes.measured.empty() || outcomes.measured.size() == outcomes.exact.size());
            EXPECT_TRUE(outcomes.noisy.empty() || outcomes.noisy.size() == outcomes.exact.size());
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Mechanisms, PairTest, testing::ValuesIn(test::mechanismIds()), test::nameOfInstance);

}  // namespace
}  // namespace ketscope
