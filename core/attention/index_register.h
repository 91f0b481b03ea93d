// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/attention/register_parameters.h"
#include "core/attention/shot_estimators.h"
#include "core/quantum/bit_noise.h"

namespace ketscope {

// The noisy index register of rows with m keys: what their shots are drawn from, and how weights are read from them. Outcomes
// are basis states (D = 2^⌈log₂ m⌉); methods with signs have two for each, first all + then all −.
class IndexRegister {
public:
    // Throws Error (Input) when the register is too large to simulate.
    IndexRegister(const Parameters& parameters, std::size_t keys, const RandomKey& random);

    std::size_t size() const { return m_labels.size(); }  // m

    // Experiments that one estimate needs: one for each noise scale of an extrapolation.
    std::size_t runs() const { return m_noise.size(); }

    // The outcomes' distribution in one of them, when the keys' probabilities (m) are loaded.
    std::vector<double> distribution(std::span<const double> probabilities, std::size_t run) const;

    // Outcomes in the order of keys (those below m of `keyOrder`; empty = by number), states that are no key last; and the key
    // of each outcome, −1 = none.
    std::vector<std::uint32_t> order(std::span<const std::uint32_t> keyOrder) const;
    std::span<const std::int64_t> keys() const { return m_keys; }

    struct Reading {
        std::vector<double> weights;    // (m)
        std::vector<double> variances;  // (m), to first order; empty when not known
        double leaked = 0.0;            // share of the shots of the first run that fell on no allowed key
    };
    // `runs` were estimated from `expected`, the distributions; variances need Estimate::parts. `allowed` (m): some.
    Reading read(std::span<const Estimate> runs, std::span<const std::vector<double>> expected,
                 std::span<const std::uint8_t> allowed) const;

private:
    bool isSigned() const;
    void setScales(const Parameters& parameters);
    std::vector<double> fixedPoint(const Parameters& parameters) const;

    std::vector<double> mitigated(std::span<const Estimate> runs) const;
    std::vector<double> extrapolated(std::span<const Estimate> runs) const;
    std::vector<double> difference(std::span<const double> outcomes) const;
    void readNoisy(const Estimate& run, std::span<const double> expected, std::span<const std::uint8_t> allowed,
                   Reading& reading) const;
    std::vector<double> variances(std::span<const Estimate> runs, std::span<const std::vector<double>> expected) const;
    std::vector<double> extrapolationVariances(std::span<const Estimate> runs) const;
    std::vector<double> inversionVariances(const Estimate& run) const;

    Mitigation m_mitigation;
    Padding m_padding;
    bool m_project;
    bool m_unfold;
    std::size_t m_steps;
    int m_copies;
    std::size_t m_qubits;
    std::vector<std::uint32_t> m_labels;  // (m)
    std::vector<std::int64_t> m_keys;     // (outcomes)
    std::vector<Noise> m_noise;           // of each run
    BitMatrix m_readout = {1.0, 0.0, 0.0, 1.0};
    double m_scale = 1.0;               // of the differences of signed outcomes
    std::vector<double> m_scales;       // of an extrapolation
    std::vector<double> m_combination;  // its weights; empty = exponential
    std::vector<double> m_fixedPoint;   // (D) that noise drives every state to; empty where there is none
};

}  // namespace ketscope
