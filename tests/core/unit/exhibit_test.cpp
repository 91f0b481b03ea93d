// SPDX-License-Identifier: GPL-3.0-or-later
// The mathematics of the exhibits against closed forms.
#include "core/base/error.h"
#include "core/lessons/exhibit.h"
#include "core/lessons/exhibit_math.h"

#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>
#include <numbers>
#include <random>

namespace ketscope::test {
namespace {

constexpr double kExact = 1e-12;

ExhibitState stateOf(const char* id, const ExhibitState& values)
{
    ExhibitState state = exhibitType(id).initial();
    for (const auto& [name, value] : values)
        state.at(name) = value;
    return state;
}

double reading(const char* id, const ExhibitState& values, std::string_view name)
{
    for (const ExhibitReading& each : exhibitType(id).compute(stateOf(id, values)).readings)
        if (each.id == name)
            return each.value;
    ADD_FAILURE() << id << " has no " << name;
    return NAN;
}

TEST(Exhibit, InitialValuesAreInsideAndReadingsHaveNamesOnce)
{
    EXPECT_EQ(exhibitTypes().size(), 5u);
    for (const ExhibitType* type : exhibitTypes()) {
        for (const Parameter& control : type->controls) {
            EXPECT_GE(control.initial, control.minimum) << control.id;
            EXPECT_LE(control.initial, control.maximum) << control.id;
        }
        std::vector<std::string> names;
        for (const ExhibitReading& each : type->compute(type->initial()).readings)
            names.push_back(each.id);
        std::ranges::sort(names);
        EXPECT_EQ(std::ranges::adjacent_find(names), names.end()) << type->id;
    }
    EXPECT_THROW(exhibitType("none"), Error);
}

TEST(Exhibit, SettingKeepsInsideTheRange)
{
    const ExhibitType& type = exhibitType("mixture");
    EXPECT_EQ(type.with(type.initial(), "w1", 7.0).at("w1"), 1.0);
    EXPECT_THROW(type.with(type.initial(), "none", 1.0), Error);
}

TEST(Scores, WeightsAreTheSoftmaxOfScaledDots)
{
    // q·k = 2, 0, −2, 4 with q = (2, 0); scores / √2.
    const ExhibitState keys = {{"qx", 2},   {"qy", 0},  {"k1x", 1}, {"k1y", 1}, {"k2x", 0}, {"k2y", 2},
                               {"k3x", -1}, {"k3y", 0}, {"k4x", 2}, {"k4y", 1}, {"T", 1},   {"mask", 0}};
    const double root = std::numbers::sqrt2;
    const double sum = std::exp(2 / root) + 1.0 + std::exp(-2 / root) + std::exp(4 / root);
    EXPECT_NEAR(reading("scores", keys, "w1"), std::exp(2 / root) / sum, kExact);
    EXPECT_NEAR(reading("scores", keys, "w4"), std::exp(4 / root) / sum, kExact);
    EXPECT_EQ(reading("scores", keys, "winner"), 4.0);
    ExhibitState masked = keys;
    masked["mask"] = 1;
    EXPECT_EQ(reading("scores", masked, "w4"), 0.0);
    EXPECT_NEAR(reading("scores", masked, "w1") / reading("scores", masked, "w2"), std::exp(2 / root), 1e-9);
}

TEST(Scores, EqualScoresHaveEntropyLn4)
{
    EXPECT_NEAR(reading("scores", {{"qx", 0}, {"qy", 0}}, "entropy"), std::log(4.0), kExact);
}

TEST(States, ScaleAndSignChangeNoProbability)
{
    const ExhibitState one = {{"k0", 1}, {"k1", 0.5}, {"k2", -0.5}, {"k3", 1}},
                       two = {{"k0", 2}, {"k1", 1}, {"k2", -1}, {"k3", 2}};
    for (const char* p : {"p0", "p1", "p2", "p3", "fidelity"})
        EXPECT_NEAR(reading("states", one, p), reading("states", two, p), kExact) << p;
    const ExhibitState turned = {{"k0", 1}, {"k1", -0.5}, {"k2", -0.5}, {"k3", 1}};
    EXPECT_NEAR(reading("states", one, "p1"), reading("states", turned, "p1"), kExact);
    EXPECT_GT(std::abs(reading("states", one, "fidelity") - reading("states", turned, "fidelity")), 0.1);
}

TEST(States, FidelityWithTheReference)
{
    const ExhibitState same = {{"k0", 2}, {"k1", 1}, {"k2", 1}, {"k3", 1.5}, {"phase", 0}};
    EXPECT_NEAR(reading("states", same, "fidelity"), 1.0, kExact);
    EXPECT_NEAR(reading("states", same, "distance"), 0.0, kExact);
    // r = (2, 1, 1, 1.5), ‖r‖² = 8.25; with phase φ on the last: |6 + 2.25 e^{iφ}|² / 8.25².
    for (const double phase : {0.3, 0.5, 1.0, 1.7}) {
        ExhibitState other = same;
        other["phase"] = phase;
        const double expected = (36 + 2.25 * 2.25 + 2 * 6 * 2.25 * std::cos(phase * std::numbers::pi)) / (8.25 * 8.25);
        EXPECT_NEAR(reading("states", other, "fidelity"), expected, kExact) << phase;
        EXPECT_NEAR(reading("states", other, "distance"), 0.0, kExact);
    }
}

TEST(FidelityExhibit, UnchangedUnderSignAndLengthOfTheQuery)
{
    for (const double scale : {-1.0, 0.5, 1.5}) {
        for (const char* f : {"f1", "f2", "f3", "v1", "v2", "v3"})
            EXPECT_NEAR(reading("fidelity", {{"qx", 1.2}, {"qy", 0.7}}, f),
                        reading("fidelity", {{"qx", 1.2 * scale}, {"qy", 0.7 * scale}}, f), kExact);
        EXPECT_NEAR(reading("fidelity", {{"qx", 1.2 * scale}, {"qy", 0.7 * scale}}, "dot1"),
                    scale * reading("fidelity", {{"qx", 1.2}, {"qy", 0.7}}, "dot1"), kExact);
    }
}

TEST(FidelityExhibit, IsTheSquaredCosine)
{
    const ExhibitState state = {{"qx", 1}, {"qy", 2}, {"k1x", 2}, {"k1y", -1}, {"k2x", 1}, {"k2y", 1}};
    EXPECT_NEAR(reading("fidelity", state, "f1"), 0.0, kExact);
    EXPECT_NEAR(reading("fidelity", state, "f2"), 9.0 / 10.0, kExact);
}

TEST(Interference, TermIsTwiceTheRealPart)
{
    const double a[] = {0.5, 0.7, 0.5, 0.1}, b[] = {0.5, 0.1, -0.5, -0.7};
    for (const double phase : {0.0, 0.25, 0.5, 1.0, 1.4})
        for (const double share : {0.0, 0.02, 0.5, 0.9, 1.0}) {
            const ExhibitState state = {{"phase", phase}, {"share", share}};
            for (int j = 0; j < 4; ++j) {
                const std::string n = std::to_string(j);
                const double term =
                    2 * std::sqrt(share * (1 - share)) * a[j] * b[j] * std::cos(phase * std::numbers::pi);
                EXPECT_NEAR(reading("interference", state, "i" + n), term, kExact);
                EXPECT_NEAR(reading("interference", state, "m" + n), share * a[j] * a[j] + (1 - share) * b[j] * b[j],
                            kExact);
            }
            EXPECT_NEAR(reading("interference", state, "total"), 1.0, kExact);
        }
}

TEST(Mixture, VonNeumannIsAtMostShannon)
{
    std::mt19937 random(3);
    std::uniform_real_distribution<double> angle(0.0, 360.0), weight(0.0, 1.0);
    for (int i = 0; i < 300; ++i) {
        const ExhibitState state = {{"a1", angle(random)},  {"a2", angle(random)},  {"a3", angle(random)},
                                    {"w1", weight(random)}, {"w2", weight(random)}, {"w3", weight(random)}};
        EXPECT_GE(reading("mixture", state, "gap"), -kExact);
        EXPECT_LE(reading("mixture", state, "neumann"), std::numbers::ln2 + kExact);
    }
}

TEST(Mixture, EqualForOrthogonalKeysAndZeroForIdenticalOnes)
{
    const ExhibitState orthogonal = {{"a1", 20}, {"a2", 110}, {"w1", 0.3}, {"w2", 0.7}, {"w3", 0.0}};
    EXPECT_NEAR(reading("mixture", orthogonal, "neumann"), -0.3 * std::log(0.3) - 0.7 * std::log(0.7), kExact);
    EXPECT_NEAR(reading("mixture", orthogonal, "gap"), 0.0, kExact);
    // The same state three times, once with its sign turned.
    const ExhibitState same = {{"a1", 50}, {"a2", 230}, {"a3", 50}, {"w1", 0.2}, {"w2", 0.5}, {"w3", 0.3}};
    EXPECT_NEAR(reading("mixture", same, "neumann"), 0.0, 1e-7);
    EXPECT_NEAR(reading("mixture", same, "purity"), 1.0, 1e-9);
}

TEST(Mixture, EigenvaluesOfTheMatrixItself)
{
    // ρ of weights .5, .3, .2 at 0, 1, 2 radians: trace 1, determinant from the entries.
    const std::vector<double> weights = {0.5, 0.3, 0.2}, angles = {0.0, 1.0, 2.0};
    double xx = 0.0, xy = 0.0, yy = 0.0;
    for (std::size_t i = 0; i < 3; ++i) {
        xx += weights[i] * std::cos(angles[i]) * std::cos(angles[i]);
        xy += weights[i] * std::cos(angles[i]) * std::sin(angles[i]);
        yy += weights[i] * std::sin(angles[i]) * std::sin(angles[i]);
    }
    const auto values = mixtureEigenvalues(weights, angles);
    EXPECT_NEAR(values[0] + values[1], xx + yy, kExact);
    EXPECT_NEAR(values[0] * values[1], xx * yy - xy * xy, kExact);
}

}  // namespace
}  // namespace ketscope::test
