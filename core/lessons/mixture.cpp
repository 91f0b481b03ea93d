// SPDX-License-Identifier: GPL-3.0-or-later
// The attended state ρ = Σ a |k⟩⟨k| of three keys on one qubit: entropy of the weights and of the state.
#include "core/attention/shot_estimators.h"
#include "core/lessons/exhibit.h"
#include "core/lessons/exhibit_math.h"

#include <array>
#include <cmath>
#include <numbers>

namespace ketscope {

namespace {

constexpr std::size_t kKeys = 3;
constexpr double kDegree = std::numbers::pi / 180.0;
constexpr std::array<const char*, kKeys> kLabels = {"k₁", "k₂", "k₃"};

ExhibitResult compute(const ExhibitState& state)
{
    std::vector<double> raw, angles;
    for (std::size_t j = 0; j < kKeys; ++j) {
        raw.push_back(state.at("w" + std::to_string(j + 1)));
        angles.push_back(state.at("a" + std::to_string(j + 1)) * kDegree);
    }
    const std::vector<double> weights = shares(raw), eigenvalues = mixtureEigenvalues(weights, angles);
    ExhibitPlane keys{"Keys |k⟩, real amplitudes", "drag the tips",    1.5, true,
                      "amplitude of |0⟩",          "amplitude of |1⟩", {}};
    ExhibitPlane bloch{"Bloch disk: keys and ρ", "angle is twice that of the key", 1.5, true, "⟨Z⟩", "⟨X⟩", {}};
    double z = 0.0, x = 0.0;
    for (std::size_t j = 0; j < kKeys; ++j) {
        const std::string label = kLabels[j];
        keys.arrows.push_back({label,
                               std::cos(angles[j]),
                               std::sin(angles[j]),
                               ExhibitRole::Key,
                               {},
                               {},
                               "a" + std::to_string(j + 1),
                               kDegree,
                               false});
        const double cosine = std::cos(2.0 * angles[j]), sine = std::sin(2.0 * angles[j]);
        bloch.arrows.push_back({label, cosine, sine, ExhibitRole::Key, {}, {}, {}, 1.0, true});
        z += weights[j] * cosine;
        x += weights[j] * sine;
    }
    bloch.arrows.push_back({"ρ", z, x, ExhibitRole::B, {}, {}, {}, 1.0, false});
    const double shannon = entropyOf(weights), neumann = entropyOf(eigenvalues);
    const double purity = eigenvalues[0] * eigenvalues[0] + eigenvalues[1] * eigenvalues[1];
    ExhibitResult result;
    result.panels = {
        keys, bloch, ExhibitBars{"Weights a", "they sum to 1", {kLabels.begin(), kLabels.end()}, weights, 1.0, false},
        ExhibitBars{"Two entropies, nats", "S ≤ H", {"H(a)", "S(ρ)"}, {shannon, neumann}, 1.2, false, ExhibitRole::B}};
    result.readings = {{"shannon", "Shannon H(a)", "nats", shannon, 3, true},
                       {"neumann", "von Neumann S(ρ)", "nats", neumann, 3, true},
                       {"gap", "H − S", "nats", shannon - neumann, 3, true},
                       {"purity", "Purity Tr ρ²", "", purity, 3, true},
                       {"e1", "Larger eigenvalue of ρ", "", eigenvalues[0], 3, true},
                       {"e2", "Smaller eigenvalue of ρ", "", eigenvalues[1], 3, true}};
    return result;
}

std::vector<Parameter> controls()
{
    std::vector<Parameter> all;
    const std::array<double, kKeys> angles = {0.0, 90.0, 45.0}, weights = {0.4, 0.4, 0.2};
    for (std::size_t j = 0; j < kKeys; ++j) {
        const std::string number = std::to_string(j + 1), key = kLabels[j];
        all.push_back(exhibitControl("a" + number, "Angle of " + key + ", degrees", 0.0, 360.0, angles[j]));
        all.push_back(exhibitControl("w" + number, "Weight of " + key + ", before normalising", 0.0, 1.0, weights[j]));
    }
    return all;
}

}  // namespace

const ExhibitType& mixtureExhibit()
{
    static const ExhibitType type{"mixture", "What attention gathers, as a mixture",
                                  "ρ = Σ aⱼ |kⱼ⟩⟨kⱼ|, H(a) = −Σ a ln a, S(ρ) = −Tr ρ ln ρ", controls(), &compute};
    return type;
}

}  // namespace ketscope
