// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/quantum/pauli.h"
#include "core/quantum/state_vector.h"
#include "tests/support/quantum.h"

#include <gmock/gmock.h>
#include <set>

namespace ketscope {
namespace {

using namespace test;

std::vector<PauliString> allStrings(std::size_t qubits)
{
    std::vector<PauliString> strings;
    for (std::uint64_t x = 0; x < std::uint64_t{1} << qubits; ++x)
        for (std::uint64_t z = 0; z < std::uint64_t{1} << qubits; ++z)
            strings.push_back({qubits, x, z});
    return strings;
}

TEST(Pauli, TextReadsBack)
{
    for (const PauliString& string : allStrings(3))
        EXPECT_EQ(PauliString::parse(string.text()), string);
    EXPECT_EQ(PauliString::parse("XYZI").yCount(), 1U);
    EXPECT_EQ(PauliString::parse("XYZI").weight(), 3U);
    EXPECT_EQ(PauliString::zOn(0, 3).text(), "ZII");
    EXPECT_THROW(PauliString::parse("XA"), Error);
    EXPECT_THROW(PauliString::parse(""), Error);
}

TEST(Pauli, MasksEqualMatrices)
{
    const auto numbers = randomNumbers(16, 1);
    StateVector state(3);
    for (std::size_t b = 0; b < 8; ++b)
        state.amplitudes()[b] = {numbers[2 * b], numbers[2 * b + 1]};
    const Eigen::VectorXcd psi = vectorOf(state.amplitudes());
    for (const PauliString& string : allStrings(3)) {
        const Eigen::VectorXcd image = pauliMatrix(string) * psi;
        EXPECT_NEAR(state.expectation(string), psi.dot(image).real(), 1e-13) << string.text();
        std::vector<std::complex<double>> sum(8, 1.0);
        addPauli(-0.7, string, state.amplitudes(), sum);
        for (Eigen::Index b = 0; b < 8; ++b)
            EXPECT_NEAR(std::abs(sum[static_cast<std::size_t>(b)] - (1.0 - 0.7 * image(b))), 0.0, 1e-14)
                << string.text();
    }
}

TEST(Pauli, QuadraticFormsOfRealVectors)
{
    const std::vector<double> x = {1, 2, 3, 4};
    const std::vector<std::pair<const char*, double>> golden = {{"ZI", -20}, {"IZ", -10}, {"XI", 22}, {"IX", 28},
                                                                {"YI", 0},   {"XZ", -10}, {"YY", 4}};
    for (const auto& [letters, value] : golden)
        EXPECT_EQ(quadraticForm(PauliString::parse(letters), x), value) << letters;
}

// As published: with replacement. The shares of dead (odd-Y) channels and of distinct strings follow from the letters'
// probabilities.
TEST(Pauli, PublishedDrawingHasDeadAndDoubleChannels)
{
    struct Case {
        std::size_t qubits;
        std::size_t count;
        double dead;
        double distinct;
    };
    for (const auto& [qubits, count, dead, distinct] : {Case{4, 16, 0.351, 10.7}, Case{7, 128, 0.367, 55.0}}) {
        double odd = 0.0;
        double different = 0.0;
        constexpr int kRuns = 400;
        for (std::uint32_t run = 0; run < kRuns; ++run) {
            RandomStream random({21}, run);
            const auto strings = drawPauliStrings(qubits, count, {.distinct = false}, random);
            std::set<std::string> texts;
            for (const PauliString& string : strings) {
                odd += static_cast<double>(string.yCount() & 1);
                EXPECT_GT(string.weight(), 0U);
                texts.insert(string.text());
            }
            different += static_cast<double>(texts.size());
        }
        const double total = kRuns * static_cast<double>(count);
        EXPECT_LT(std::abs(odd / total - dead), 4.0 * std::sqrt(dead * (1.0 - dead) / total) + 0.0005);
        EXPECT_NEAR(different / kRuns, distinct, 0.5);
    }
}

TEST(Pauli, RecommendedDrawingIsDistinctAndAlive)
{
    for (const std::size_t qubits : {1UL, 2UL, 4UL, 7UL}) {
        RandomStream random({5}, 0);
        const std::size_t count = qubits == 1 ? 2 : std::size_t{1} << qubits;
        const auto strings = drawPauliStrings(qubits, count, {.evenY = true}, random);
        std::set<std::string> texts;
        for (const PauliString& string : strings) {
            EXPECT_EQ(string.yCount() % 2, 0U);
            texts.insert(string.text());
        }
        EXPECT_EQ(texts.size(), count);
        RandomStream again({5}, 0);
        EXPECT_EQ(drawPauliStrings(qubits, count, {.evenY = true}, again), strings);
    }
    RandomStream random({5}, 0);
    EXPECT_EQ(drawPauliStrings(2, 9, {.evenY = true}, random).size(), 9U);
    EXPECT_EQ(drawPauliStrings(2, 15, {.identity = 0.0}, random).size(), 15U);
    EXPECT_THROW(drawPauliStrings(2, 10, {.evenY = true}, random), Error);
    EXPECT_THROW(drawPauliStrings(2, 16, {}, random), Error);
    EXPECT_THROW(drawPauliStrings(2, 1, {.identity = 1.0}, random), Error);
    EXPECT_THROW(drawPauliStrings(7, 1000, {}, random), Error);
}

}  // namespace
}  // namespace ketscope
