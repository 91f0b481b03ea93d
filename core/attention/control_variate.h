// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/attention/rows.h"
#include "core/attention/shot_estimators.h"

#include <functional>

namespace ketscope {

// "control" and its parameters, a group of their own, shown while the choice or flag `parent` has one of `values`.
std::vector<Parameter> controlParameters(const std::string& parent, const std::vector<std::string>& values);

// A control variate for sampled attention: h(j) = (p̃ⱼ/pⱼ)vⱼ with a cheap approximate row p̃, whose mean Σ p̃ⱼvⱼ is known
// without the answer. Ĥ = Σ P̂ⱼvⱼ with P̂ⱼ = ĉⱼ − β(ĉⱼ p̃ⱼ/pⱼ − p̃ⱼ) for frequencies ĉ: signed weights, unbiased for every β
// that does not come from the same shots; the error falls by 1 − ρ² at β* = Cov(v, h)/Var(h) (traces).
class ControlVariate {
public:
    ControlVariate(const HeadInput& input, const Parameters& parameters);

    // Whether "control" is one of the blends of the published code.
    static bool isPublished(const Parameters& parameters);

    // The exact answer's share in the blends as published; 0 for a real control.
    double publishedShare() const { return m_publishedShare; }

    // p̃ of a query with probabilities p, at most kLargestRatio · p, so that no rare key has a large value.
    std::vector<double> control(std::size_t query, std::span<const double> p) const;

    // β* of the frequencies of a few shots (0 where they say nothing), or of p itself; within [0, 1].
    double beta(std::span<const double> frequencies, std::span<const double> p, std::span<const double> control) const;

    // The estimate with a β that comes from other shots: from a pilot of a quarter of the shots, or from the other half of
    // them, both ways. `draw` makes an estimate with the shots it is told.
    Estimate estimate(std::span<const double> p, std::span<const double> control, std::uint64_t shots,
                      const std::function<Estimate(std::uint64_t)>& draw, double& betaUsed) const;

    static constexpr double kLargestRatio = 4.0;

private:
    std::vector<double> topKeys(std::span<const double> p) const;
    std::vector<double> favor(std::size_t query, std::span<const double> p) const;
    std::vector<double> nystrom(std::size_t query) const;
    void prepareFavor(const Parameters& parameters);
    void prepareNystrom(const Parameters& parameters);

    // Weights and variances with the control taken off.
    static void apply(Estimate& estimate, std::span<const double> p, std::span<const double> control, double beta);

    double m_publishedShare;
    bool m_pilot;
    std::size_t m_keys;
    HeadInput m_input;
    std::vector<double> m_squaredNorms;  // ‖v‖²
    Tensor m_queryFeatures;              // (n, features) of FAVOR+; empty for other controls
    PackedMatrix m_keyFeatures;          // (features, m)
    std::vector<double> m_keyExponents;  // (m)
    std::unique_ptr<PreparedHead> m_nystrom;
};

}  // namespace ketscope
