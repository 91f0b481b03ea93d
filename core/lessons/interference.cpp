// SPDX-License-Identifier: GPL-3.0-or-later
// Two paths to the same four tokens, added as amplitudes with a phase between them or as probabilities.
#include "core/lessons/exhibit.h"
#include "core/lessons/exhibit_math.h"

#include <array>
#include <cmath>
#include <complex>
#include <numbers>

namespace ketscope {

namespace {

constexpr std::array<const char*, 4> kTokens = {"sun", "moon", "star", "sky"};
// Real unit vectors at a right angle, so that the sum has length 1 whatever the phase is.
constexpr std::array<double, 4> kFirst = {0.5, 0.7, 0.5, 0.1};
constexpr std::array<double, 4> kSecond = {0.5, 0.1, -0.5, -0.7};

ExhibitResult compute(const ExhibitState& state)
{
    const double angle = state.at("phase") * std::numbers::pi, share = state.at("share");
    const std::complex<double> turn = std::polar(1.0, angle);
    std::vector<std::string> labels;
    std::vector<double> together, apart, term;
    for (std::size_t j = 0; j < kTokens.size(); ++j) {
        const double a = std::sqrt(share) * kFirst[j], b = std::sqrt(1.0 - share) * kSecond[j];
        labels.emplace_back(kTokens[j]);
        together.push_back(std::norm(a + turn * b));
        apart.push_back(a * a + b * b);
        term.push_back(together.back() - apart.back());
    }
    ExhibitPlane dial{"Phase φ between the paths", "drag the tip", 1.5, true, "cos φ", "sin φ", {}};
    dial.arrows.push_back(
        {"eⁱᵠ", turn.real(), turn.imag(), ExhibitRole::Query, {}, {}, "phase", std::numbers::pi, false});
    ExhibitResult result;
    ExhibitBars sum{"|a + eⁱᵠ b|²", "lines: |a|² + |b|²", labels, together, 0.6, false, ExhibitRole::B};
    sum.references = apart;
    result.panels = {dial, sum,
                     ExhibitBars{"Their difference: 2 Re(a* eⁱᵠ b)", "the interference term", labels, term, 0.4, true,
                                 ExhibitRole::B}};
    double all = 0.0;
    for (std::size_t j = 0; j < together.size(); ++j) {
        const std::string number = std::to_string(j), word = kTokens[j];
        all += together[j];
        result.readings.push_back({"p" + number, "“" + word + "”, with interference", "", together[j], 3, true});
        result.readings.push_back({"m" + number, "“" + word + "”, without", "", apart[j], 3, false});
        result.readings.push_back({"i" + number, "“" + word + "”, interference term", "", term[j], 3, false});
    }
    result.readings.push_back({"total", "Sum of the four", "", all, 3, true});
    double largest = 0.0;
    for (const double value : term)
        largest = std::max(largest, std::abs(value));
    result.readings.push_back({"largest", "Largest |interference|", "", largest, 3, true});
    return result;
}

std::vector<Parameter> controls()
{
    Parameter phase = exhibitControl("phase", "Phase φ, in π", 0.0, 2.0, 0.5, "Between the two paths, in units of π.");
    phase.symbol = "";
    return {phase,
            exhibitControl("share", "Share of path a", 0.0, 1.0, 0.5, "Probability of path a; path b has the rest.")};
}

}  // namespace

const ExhibitType& interferenceExhibit()
{
    static const ExhibitType type{
        "interference", "Two paths to four tokens",
        "|√s a + eⁱᵠ √(1−s) b|² against s|a|² + (1−s)|b|², a = (0.5, 0.7, 0.5, 0.1), b = (0.5, 0.1, −0.5, −0.7)",
        controls(), &compute};
    return type;
}

}  // namespace ketscope
