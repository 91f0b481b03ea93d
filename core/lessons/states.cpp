// SPDX-License-Identifier: GPL-3.0-or-later
// A vector as a state of two qubits: amplitudes, phases and probabilities (methods.md §8), beside a fixed reference.
#include "core/lessons/exhibit.h"
#include "core/lessons/exhibit_math.h"

#include <array>
#include <cmath>
#include <complex>
#include <numbers>

namespace ketscope {

namespace {

using Amplitudes = std::array<std::complex<double>, 4>;
constexpr std::array<double, 4> kReference = {2.0, 1.0, 1.0, 1.5};

double lengthOf(const Amplitudes& vector)
{
    double sum = 0.0;
    for (const auto& entry : vector)
        sum += std::norm(entry);
    return std::sqrt(sum);
}

Amplitudes normalised(Amplitudes vector)
{
    const double length = lengthOf(vector);
    for (auto& entry : vector)
        entry = length > 0.0 ? entry / length : 0.0;
    return vector;
}

ExhibitBars bars(const std::string& title, const std::string& note, const Amplitudes& state, ExhibitRole role)
{
    ExhibitBars panel{title, note, {"|00⟩", "|01⟩", "|10⟩", "|11⟩"}, {}, 1.0, false, role, {}, {}};
    for (const auto& amplitude : state) {
        panel.values.push_back(std::norm(amplitude));
        panel.phases.push_back(std::norm(amplitude) > 0.0 ? std::arg(amplitude) : 0.0);
    }
    return panel;
}

ExhibitResult compute(const ExhibitState& state)
{
    Amplitudes raw, reference;
    std::vector<double> entries;
    for (std::size_t i = 0; i < raw.size(); ++i) {
        entries.push_back(state.at("k" + std::to_string(i)));
        raw[i] = entries.back();
        reference[i] = kReference[i];
    }
    raw[3] *= std::polar(1.0, state.at("phase") * std::numbers::pi);
    const double length = lengthOf(raw);
    const Amplitudes k = normalised(raw), r = normalised(reference);
    std::complex<double> overlap = 0.0;
    double distance = 0.0;
    for (std::size_t i = 0; i < k.size(); ++i) {
        overlap += std::conj(r[i]) * k[i];
        distance += 0.5 * std::abs(std::norm(r[i]) - std::norm(k[i]));
    }
    ExhibitResult result;
    ExhibitBars mine = bars("State |k⟩ = k / ‖k‖", "bars |α|², hands: phase", k, ExhibitRole::Key);
    ExhibitBars other = bars("Reference |r⟩, r = (2, 1, 1, 1.5)", "bars |α|², hands: phase", r, ExhibitRole::Query);
    mine.references = other.values;
    result.panels = {
        ExhibitBars{"The vector k", "as it is, no unit", {"k₀", "k₁", "k₂", "k₃"}, entries, axisFor(entries), true},
        mine, other};
    result.readings = {{"length", "Length ‖k‖, lost in |k⟩", "", length, 3, true},
                       {"distance", "Total variation from |r⟩", "", distance, 3, true},
                       {"fidelity", "Fidelity |⟨r|k⟩|²", "", std::norm(overlap), 3, true}};
    for (std::size_t i = 0; i < k.size(); ++i)
        result.readings.push_back(
            {"p" + std::to_string(i), "Probability " + std::to_string(i), "", std::norm(k[i]), 3, false});
    return result;
}

std::vector<Parameter> controls()
{
    std::vector<Parameter> all;
    const std::array<double, 4> start = {1.0, 1.0, 1.0, 1.0};
    for (std::size_t i = 0; i < start.size(); ++i)
        all.push_back(exhibitControl("k" + std::to_string(i), "Entry k" + std::to_string(i), -2.0, 2.0, start[i],
                                     "One number of the vector; no unit."));
    all.push_back(exhibitControl("phase", "Phase of the last amplitude, in π", 0.0, 2.0, 0.0,
                                 "1 turns its sign; a real vector knows 0 and 1 only."));
    return all;
}

}  // namespace

const ExhibitType& statesExhibit()
{
    static const ExhibitType type{"states", "A vector of four numbers as a state of two qubits",
                                  "|k⟩ = Σ kᵢ |i⟩ / ‖k‖, probability of i: |⟨i|k⟩|²", controls(), &compute};
    return type;
}

}  // namespace ketscope
