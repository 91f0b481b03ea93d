// SPDX-License-Identifier: GPL-3.0-or-later
// The same query and keys in softmax(q·k / √d) and in |⟨q|k⟩|², normalised (methods.md §1, §8 with the direct rule).
#include "core/lessons/exhibit.h"
#include "core/lessons/exhibit_math.h"

#include <array>
#include <cmath>
#include <numbers>

namespace ketscope {

namespace {

using Vector = std::array<double, 2>;
constexpr std::size_t kKeys = 3;
constexpr double kReach = 3.0;
constexpr int kStep = 5;  // degrees between the points of the curves
constexpr int kQuarter = 90;

double dot(const Vector& a, const Vector& b) { return a[0] * b[0] + a[1] * b[1]; }

// cos² of the angle between them; 0 where one has no length.
double fidelityOf(const Vector& a, const Vector& b)
{
    const double lengths = dot(a, a) * dot(b, b);
    return lengths > 0.0 ? dot(a, b) * dot(a, b) / lengths : 0.0;
}

struct Row {
    std::vector<double> dots, fidelities, softmax, direct;
};

Row rowOf(const Vector& q, const std::array<Vector, kKeys>& keys)
{
    Row row;
    std::vector<double> scores;
    for (const Vector& k : keys) {
        row.dots.push_back(dot(q, k));
        scores.push_back(row.dots.back() / std::sqrt(2.0));
        row.fidelities.push_back(fidelityOf(q, k));
    }
    row.softmax = softmaxOf(scores);
    row.direct = shares(row.fidelities);
    return row;
}

// Pairs of keys of which one has the larger dot product and the other the larger fidelity.
int discordantPairs(const Row& row)
{
    constexpr double kEqual = 1e-9;
    int pairs = 0;
    for (std::size_t i = 0; i < kKeys; ++i)
        for (std::size_t j = i + 1; j < kKeys; ++j)
            pairs += (row.dots[i] - row.dots[j]) * (row.fidelities[i] - row.fidelities[j]) < -kEqual ? 1 : 0;
    return pairs;
}

ExhibitCurves turned(const Vector& q, const std::array<Vector, kKeys>& keys, double degrees)
{
    ExhibitCurves curves{"Weight of k₁ while q turns",
                         "blue softmax, orange fidelity",
                         "angle of q, degrees",
                         {},
                         {},
                         1.0,
                         degrees / kStep,
                         kQuarter / kStep};
    curves.lines = {{"softmax", ExhibitRole::A, {}}, {"fidelity", ExhibitRole::B, {}}};
    const double length = std::hypot(q[0], q[1]);
    for (int angle = 0; angle <= 360; angle += kStep) {
        const double radians = angle * std::numbers::pi / 180.0;
        const Row row = rowOf({length * std::cos(radians), length * std::sin(radians)}, keys);
        curves.labels.push_back(std::to_string(angle));
        curves.lines[0].values.push_back(row.softmax[0]);
        curves.lines[1].values.push_back(row.direct[0]);
    }
    return curves;
}

ExhibitResult compute(const ExhibitState& state)
{
    const Vector q = {state.at("qx"), state.at("qy")};
    std::array<Vector, kKeys> keys;
    ExhibitPlane plane{"Query and keys", "drag the tips", kReach, false, "first coordinate", "second coordinate", {}};
    plane.arrows.push_back({"q", q[0], q[1], ExhibitRole::Query, "qx", "qy", {}, 1.0, false});
    std::vector<std::string> labels;
    for (std::size_t j = 0; j < kKeys; ++j) {
        const std::string k = "k" + std::to_string(j + 1);
        keys[j] = {state.at(k + "x"), state.at(k + "y")};
        labels.push_back(std::string("k") + std::array{"₁", "₂", "₃"}[j]);
        plane.arrows.push_back(
            {labels.back(), keys[j][0], keys[j][1], ExhibitRole::Key, k + "x", k + "y", {}, 1.0, false});
    }
    const Row row = rowOf(q, keys);
    const double degrees = std::fmod(std::atan2(q[1], q[0]) * 180.0 / std::numbers::pi + 360.0, 360.0);
    ExhibitResult result;
    result.panels = {
        plane, ExhibitBars{"softmax(q·k / √d)", "d = 2, sums to 1", labels, row.softmax, 1.0, false, ExhibitRole::A},
        ExhibitBars{"|⟨q|k⟩|² / Σ", "sums to 1", labels, row.direct, 1.0, false, ExhibitRole::B},
        turned(q, keys, degrees)};
    result.readings = {
        {"angle", "Angle of q", "°", degrees, 0, true},
        {"discordant", "Pairs of keys ranked differently", "", static_cast<double>(discordantPairs(row)), 0, true}};
    for (std::size_t j = 0; j < kKeys; ++j) {
        const std::string number = std::to_string(j + 1);
        result.readings.push_back({"dot" + number, "q·" + labels[j], "", row.dots[j], 2, true});
        result.readings.push_back({"f" + number, "Fidelity with " + labels[j], "", row.fidelities[j], 3, true});
        result.readings.push_back({"w" + number, "Softmax weight of " + labels[j], "", row.softmax[j], 3, false});
        result.readings.push_back({"v" + number, "Fidelity weight of " + labels[j], "", row.direct[j], 3, false});
    }
    return result;
}

std::vector<Parameter> controls()
{
    std::vector<Parameter> all;
    const std::array<Vector, kKeys + 1> start = {{{2.0, 0.0}, {2.0, 0.4}, {0.6, 1.0}, {0.3, -1.8}}};
    for (std::size_t i = 0; i < start.size(); ++i) {
        const std::string name = i == 0 ? "q" : "k" + std::to_string(i);
        all.push_back(exhibitControl(name + "x", name + ", first coordinate", -kReach, kReach, start[i][0]));
        all.push_back(exhibitControl(name + "y", name + ", second coordinate", -kReach, kReach, start[i][1]));
    }
    return all;
}

}  // namespace

const ExhibitType& fidelityExhibit()
{
    static const ExhibitType type{"fidelity", "One row, two rules: dot product and fidelity",
                                  "softmax(q·k / √d) against |⟨q|k⟩|² / Σ = cos²∠(q, k) / Σ, d = 2", controls(),
                                  &compute};
    return type;
}

}  // namespace ketscope
