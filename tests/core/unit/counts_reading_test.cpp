// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/study/counts_reading.h"

#include "core/base/error.h"
#include "core/quantum/openqasm.h"
#include "tests/support/paths.h"
#include "tests/support/statistics.h"

#include <cmath>
#include <fstream>
#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

namespace ketscope {
namespace {

using test::TemporaryFolder;

constexpr double kAngle = 0.8;

// RY(0.8) on qubit 0, a CNOT to qubit 1: 00 with cos² 0.4, 11 with sin² 0.4.
SelectedPair entangledPair(std::vector<std::size_t> measured = {0, 1})
{
    SelectedPair pair;
    PairCircuit circuit{Circuit(2).ry(0, kAngle).cx(0, 1)};
    circuit.measured = std::move(measured);
    pair.reading.circuits.push_back(circuit);
    return pair;
}

class Counts : public testing::Test {
protected:
    std::filesystem::path write(const std::string& text, const std::string& name = "counts.json") const
    {
        std::ofstream(m_folder.path() / name) << text;
        return m_folder.path() / name;
    }

    MeasuredCounts read(const std::string& text, BitOrder order, const SelectedPair& pair) const
    {
        return readMeasuredCounts(write(text), order, pair, {0, 1, 2, 3, 4});
    }

    TemporaryFolder m_folder;
};

TEST_F(Counts, AreReadBesideTheExactOutcomes)
{
    const SelectedPair pair = entangledPair();
    const std::string text = R"({"00": 60, "11": 30, "01": 10})";
    const MeasuredCounts counts = read(text, BitOrder::Qubit0Last, pair);
    EXPECT_EQ(counts.file, "counts.json");
    EXPECT_EQ(counts.shots(), 100U);
    const double p = std::pow(std::cos(kAngle / 2.0), 2);
    const CountsReading reading = countsReading(pair, counts);
    EXPECT_EQ(reading.problem, "");
    EXPECT_EQ(reading.scope, "all 4 outcomes of 2 qubits");
    ASSERT_EQ(reading.outcomes.size(), 4U);
    const double shares[] = {0.6, 0.0, 0.1, 0.3}, exact[] = {p, 0.0, 0.0, 1.0 - p};
    double distance = 0.0;
    for (std::size_t i = 0; i < 4; ++i) {
        EXPECT_NEAR(reading.outcomes[i].share.mean, shares[i], 1e-15) << i;
        EXPECT_NEAR(reading.outcomes[i].exact, exact[i], 1e-12) << i;
        EXPECT_NEAR(reading.outcomes[i].error, std::sqrt(shares[i] * (1.0 - shares[i]) / 100.0), 1e-15) << i;
        distance += std::abs(shares[i] - exact[i]) / 2.0;
    }
    EXPECT_EQ(reading.outcomes[2].label, "10") << "\"01\" ends with qubit 0";
    EXPECT_NEAR(reading.distance, distance, 1e-12);
    EXPECT_NEAR(reading.expectedDistance, expectedVariation(std::vector{p, 1.0 - p}, 100.0), 1e-12);
    EXPECT_EQ(inOrder(counts, BitOrder::Qubit0First), read(text, BitOrder::Qubit0First, pair));
    EXPECT_EQ(countsReading(pair, inOrder(counts, BitOrder::Qubit0First)).outcomes[1].count, 10U);
}

TEST_F(Counts, OfTheMeasuredQubitsAreSummedOverTheOthers)
{
    const SelectedPair pair = entangledPair({1});
    const CountsReading reading =
        countsReading(pair, read(R"({"counts": {"00": 60, "11": 30, "10": 10}})", BitOrder::Qubit0First, pair));
    EXPECT_EQ(reading.scope, "the 2 outcomes of qubit 1");
    ASSERT_EQ(reading.outcomes.size(), 2U);
    EXPECT_EQ(reading.outcomes[0].count, 70U);
    EXPECT_EQ(reading.outcomes[1].count, 30U);
    EXPECT_NEAR(reading.outcomes[1].exact, std::pow(std::sin(kAngle / 2.0), 2), 1e-12);
}

TEST_F(Counts, OfAnotherCircuitAreNotCompared)
{
    const MeasuredCounts counts = read(R"({"00": 1})", BitOrder::Qubit0Last, entangledPair());
    SelectedPair other = entangledPair();
    other.reading.circuits[0].circuit = Circuit(2).ry(0, kAngle + 0.1).cx(0, 1);
    const CountsReading reading = countsReading(other, counts);
    EXPECT_THAT(reading.problem, testing::HasSubstr("another circuit: query 3 with key 4 in layer 1, head 2"));
    EXPECT_TRUE(reading.outcomes.empty());
    other.reading.circuits[0].circuit = Circuit(2).ry(0, kAngle + 1e-6).cx(0, 1);
    EXPECT_EQ(countsReading(other, counts).problem, "") << "rounding does not make another circuit";
    other.reading.circuits.clear();
    EXPECT_NE(countsReading(other, counts).problem, "");
    EXPECT_THROW(read(R"({"00": 1})", BitOrder::Qubit0Last, other), Error);
}

TEST_F(Counts, BadFilesAreRefusedInOneLine)
{
    const SelectedPair pair = entangledPair();
    const auto refusal = [&](const std::filesystem::path& file) -> std::string {
        try {
            readMeasuredCounts(file, BitOrder::Qubit0Last, pair, {});
        } catch (const Error& error) {
            EXPECT_EQ(error.kind(), ErrorKind::Input);
            return error.what();
        }
        return {};
    };
    const std::string big(kMaximumCountsBytes + 1, ' ');
    const std::string longKey = "{\"" + std::string(100000, '0') + "\": 1}";
    const std::string longCount = "{\"00\": \"" + std::string(100000, '1') + "\"}";
    for (const auto& [text, part] : {std::pair<std::string, std::string>{"{", "valid JSON"},
                                     {R"({"00": 0})", "at least one shot"},
                                     {R"({"000": 1})", "strings of 2 bits"},
                                     {R"({"00": 1, "00": 2})", "twice"},
                                     {big, "at most 8388608 bytes"},
                                     {longKey, "strings of 2 bits"},
                                     {longCount, "a whole number"}}) {
        const std::string line = refusal(write(text));
        EXPECT_THAT(line, testing::HasSubstr(part));
        EXPECT_THAT(line, testing::HasSubstr("counts.json"));
        EXPECT_EQ(line.find('\n'), std::string::npos);
        EXPECT_LT(line.size(), 700U) << part;
    }
    EXPECT_THAT(refusal(m_folder.path()), testing::HasSubstr("a folder"));
    EXPECT_THAT(refusal(m_folder.path() / "none.json"), testing::HasSubstr("a readable file"));
}

TEST_F(Counts, TooManyOutcomesAreRefused)
{
    EXPECT_EQ(seenOutcomes(std::vector<std::uint64_t>(kMostMeasuredOutcomes, 1), "counts").size(),
              kMostMeasuredOutcomes);
    EXPECT_THROW(seenOutcomes(std::vector<std::uint64_t>(kMostMeasuredOutcomes + 1, 1), "counts"), Error);
}

TEST_F(Counts, SurviveAStudyAndAreCheckedThere)
{
    const MeasuredCounts counts = read(R"({"00": 60, "11": 30, "01": 10})", BitOrder::Qubit0Last, entangledPair());
    const Json json = toJson(counts);
    EXPECT_EQ(measuredCountsFromJson(json, "study"), counts);
    for (const auto& [field, value] : {std::pair<const char*, Json>{"order", "sideways"},
                                       {"expectations", Json::array()},
                                       {"expectations", {0.5, 2.0}},
                                       {"expectations", {0.5}},
                                       {"outcomes", Json::object()},
                                       {"outcomes", {{"00", -1}}},
                                       {"file", 3}}) {
        Json damaged = json;
        damaged[field] = value;
        EXPECT_THROW(measuredCountsFromJson(damaged, "study"), Error) << field << " " << value;
    }
}

// Newcombe, "Two-sided confidence intervals for the single proportion", Statistics in Medicine 17 (1998), table I.
TEST(ShareInterval, IsWilsons)
{
    for (const auto& [count, shots, low, high] : {std::tuple{81.0, 263.0, 0.2553, 0.3662},
                                                  {15.0, 148.0, 0.0624, 0.1605},
                                                  {0.0, 20.0, 0.0, 0.1611},
                                                  {1.0, 29.0, 0.0061, 0.1718}}) {
        const Interval interval = shareInterval(count, shots);
        EXPECT_NEAR(interval.low, low, 6e-5);
        EXPECT_NEAR(interval.high, high, 6e-5);
        EXPECT_DOUBLE_EQ(interval.mean, count / shots);
    }
}

TEST(ExpectedVariation, IsTheMeanOverDraws)
{
    // Enumerated: p = 0.3, N = 5.
    double mean = 0.0;
    for (int k = 0; k <= 5; ++k)
        mean += std::tgamma(6.0) / std::tgamma(k + 1.0) / std::tgamma(6.0 - k) * std::pow(0.3, k) * std::pow(0.7, 5 - k)
                * std::abs(k / 5.0 - 0.3);
    EXPECT_NEAR(expectedVariation(std::vector{0.3, 0.7}, 5.0), mean, 1e-12);
    EXPECT_EQ(expectedVariation(std::vector{1.0, 0.0}, 9.0), 0.0);

    StateVector state(3);
    state.apply(Circuit(3).ry(0, 0.7).ry(1, 1.9).cx(0, 2));
    const std::vector<double> p = state.probabilities();
    test::Samples distances;
    for (std::uint32_t draw = 0; draw < 2000; ++draw) {
        RandomStream stream({11}, draw);
        const auto counts = state.sample(64, stream);
        double distance = 0.0;
        for (std::size_t i = 0; i < p.size(); ++i)
            distance += std::abs(static_cast<double>(counts[i]) / 64.0 - p[i]) / 2.0;
        distances.add(distance);
    }
    EXPECT_LT(std::abs(distances.mean() - expectedVariation(p, 64.0)), 4.0 * distances.errorOfMean());
}

}  // namespace
}  // namespace ketscope
