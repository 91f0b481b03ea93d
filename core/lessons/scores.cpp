// SPDX-License-Identifier: GPL-3.0-or-later
// One query and four keys in the plane: scores q·k / √d, a mask, softmax (methods.md §0, §1).
#include "core/attention/shot_estimators.h"
#include "core/lessons/exhibit.h"
#include "core/lessons/exhibit_math.h"

#include <array>
#include <cmath>
#include <limits>

namespace ketscope {

namespace {

constexpr std::array<const char*, 4> kTokens = {"the", "cat", "sat", "down"};
constexpr std::size_t kQueryToken = 2;  // what is asked is where "sat" looks
constexpr double kReach = 3.0;

ExhibitResult compute(const ExhibitState& state)
{
    const auto at = [&](const std::string& id) { return state.at(id); };
    const bool causal = at("mask") != 0.0;
    ExhibitPlane plane{"Query and keys", "drag the tips", kReach, false, "first coordinate", "second coordinate", {}};
    plane.arrows.push_back({"q", at("qx"), at("qy"), ExhibitRole::Query, "qx", "qy", {}, 1.0, false});
    std::vector<double> scores;
    std::vector<std::string> labels, scoreLabels;
    for (std::size_t j = 0; j < kTokens.size(); ++j) {
        const std::string k = "k" + std::to_string(j + 1);
        plane.arrows.push_back(
            {kTokens[j], at(k + "x"), at(k + "y"), ExhibitRole::Key, k + "x", k + "y", {}, 1.0, false});
        const double dot = at("qx") * at(k + "x") + at("qy") * at(k + "y");
        const bool masked = causal && j > kQueryToken;
        scores.push_back(masked ? -std::numeric_limits<double>::infinity() : dot / std::sqrt(2.0) / at("T"));
        labels.emplace_back(kTokens[j]);
        scoreLabels.push_back(masked ? std::string(kTokens[j]) + " (masked)" : kTokens[j]);
    }
    const std::vector<double> weights = softmaxOf(scores);
    ExhibitResult result;
    std::vector<double> shown = scores;
    for (double& score : shown)
        score = std::isfinite(score) ? score : std::numeric_limits<double>::quiet_NaN();
    result.panels = {plane,
                     ExhibitBars{"Scores q·k / (T√d)", "d = 2, no unit", scoreLabels, shown, axisFor(shown), true},
                     ExhibitBars{"Weights: softmax of the scores", "they sum to 1", labels, weights, 1.0, false}};
    const std::size_t winner = largestPlace(weights);
    result.readings = {{"entropy", "Row entropy", "nats", entropyOf(weights), 3, true},
                       {"top", "Largest weight", "", weights[winner], 3, true},
                       {"winner", "Its word, counted from 1", "", static_cast<double>(winner + 1), 0, true}};
    for (std::size_t j = 0; j < weights.size(); ++j) {
        const std::string number = std::to_string(j + 1), word = kTokens[j];
        result.readings.push_back({"w" + number, "Weight of “" + word + "”", "", weights[j], 3, true});
        result.readings.push_back({"s" + number, "Score of “" + word + "”", "", scores[j], 2, false});
    }
    return result;
}

std::vector<Parameter> controls()
{
    std::vector<Parameter> all;
    const std::array<std::array<double, 2>, 5> start = {
        {{1.2, 0.6}, {-1.0, 0.6}, {1.6, 1.0}, {0.8, -1.2}, {2.0, -0.4}}};
    for (std::size_t i = 0; i < start.size(); ++i) {
        const std::string name = i == 0 ? "q" : "k" + std::to_string(i);
        all.push_back(exhibitControl(name + "x", name + ", first coordinate", -kReach, kReach, start[i][0]));
        all.push_back(exhibitControl(name + "y", name + ", second coordinate", -kReach, kReach, start[i][1]));
    }
    Parameter temperature = exhibitControl("T", "Temperature", 0.1, 4.0, 1.0, "Every score is divided by it; no unit.");
    temperature.symbol = "T";
    temperature.logarithmic = true;
    all.push_back(temperature);
    Parameter mask = exhibitControl("mask", "Causal mask", 0.0, 1.0, 0.0, "“sat” may not look at what comes after it.");
    mask.kind = ParameterKind::Flag;
    all.push_back(mask);
    return all;
}

}  // namespace

const ExhibitType& scoresExhibit()
{
    static const ExhibitType type{"scores", "Where “sat” looks: one row of attention",
                                  "weights = softmax(q·k / (T√d)) over the keys that the mask allows, d = 2",
                                  controls(), &compute};
    return type;
}

}  // namespace ketscope
