// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/attention/mechanism.h"
#include "core/quantum/bit_noise.h"

#include <cstdint>
#include <span>
#include <vector>

namespace ketscope {

// Noise on the register that a row of weights is measured from, and its mitigation, for mechanisms whose row is the Born
// distribution of Σⱼ √pⱼ |b(j)⟩: their parameters, and what is done to one row. For every row:
//
//     RegisterRuns runs = noisy.runs(row, p);                  // what there is to measure
//     measured[r] = frequencies of runs.distributions[r];      // or the distributions themselves, for endless shots
//     double leaked = noisy.read(row, measured, weights);      // what is made of it

// Parameters "register" (ideal or noisy), "noise" and the channels', "readout", "labels", "padding" in the group "Noise", and
// "readout-mitigation", "mitigation" and theirs in the group "Mitigation".
std::vector<Parameter> indexRegisterParameters();

// Sets what of a mechanism's properties depends on these parameters; leaves the others.
void setIndexRegisterProperties(const Parameters& parameters, MechanismProperties& properties);

// The runs of one row: distributions (2^m) over the outcomes of a register of m qubits, noise and readout error included.
struct RegisterRuns {
    std::vector<std::vector<double>> distributions;  // one, or one for each noise scale
    // How much larger the variance of a weight becomes by mitigation than that of one run: exact for extrapolation by weights,
    // else a bound or, for distillation, the order of it. 1 without mitigation.
    double varianceFactor = 1.0;
    std::size_t copies = 1;  // of the register that one shot uses
};

// The registers of one head's rows. A row's register is as large as the keys that it may see need (with a causal mask, no
// later ones), so that nothing depends on later tokens, not even on their number.
class IndexRegister {
public:
    // `input` must outlive this object. Throws Error (Input) where the noise cannot be undone as asked, or
    // the register is too large for distillation (at most 8 qubits for noise that acts on each qubit).
    IndexRegister(const HeadInput& input, const Parameters& parameters);

    bool noisy() const { return m_noisy; }  // false: leave the row alone

    // `probabilities` (m keys of the head, 0 for forbidden ones) sum to 1.
    RegisterRuns runs(std::size_t row, std::span<const double> probabilities) const;

    // The key of every outcome of the row's register, −1 where it is none.
    std::vector<std::int64_t> keysOfOutcomes(std::size_t row) const;

    // Weights (m keys) from what was measured in each run, mitigated. Forbidden keys get 0. Returns the leaked mass: the
    // share on outcomes that are no allowed key. Where nothing is left to post-select the row is uniform.
    double read(std::size_t row, std::span<const std::vector<double>> measured, std::span<double> weights) const;

private:
    std::size_t visibleKeys(std::size_t row) const;
    std::span<const std::uint32_t> labels(std::size_t row) const;
    std::vector<double> distilledOutcomes(std::span<const double> loaded, double* powerTrace) const;
    double overhead(std::size_t qubits) const;
    std::vector<double> asymptote(std::size_t states) const;
    std::vector<double> extrapolated(std::span<const std::vector<double>> runs) const;
    void undoReadout(std::vector<double>& distribution) const;
    void undoNoise(std::vector<double>& distribution) const;
    std::vector<double> mitigated(std::span<const std::vector<double>> measured) const;
    double project(std::size_t row, std::span<const double> distribution, std::span<double> weights) const;

    enum class ReadoutMitigation { None, Inversion, Unfolding };
    enum class Mitigation { None, Linear, Richardson, Exponential, Cancellation, Distillation, Projection };

    const HeadInput& m_input;
    bool m_noisy = false;
    std::vector<Noise> m_noise;  // at every scale
    Noise m_endless;             // at a scale beyond all
    std::vector<double> m_scales = {1.0};
    BitMatrix m_readout = {1.0, 0.0, 0.0, 1.0};
    ReadoutMitigation m_readoutMitigation = ReadoutMitigation::None;
    std::size_t m_iterations = 0;
    Mitigation m_mitigation = Mitigation::None;
    int m_copies = 1;
    bool m_project = false;
    Padding m_padding = Padding::Postselect;
    std::vector<std::vector<std::uint32_t>> m_labels;  // by the register's qubits
};

}  // namespace ketscope
