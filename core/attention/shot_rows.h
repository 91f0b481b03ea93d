// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/attention/averaged_draws.h"
#include "core/attention/control_variate.h"
#include "core/attention/index_register.h"

namespace ketscope {

// What `shots` makes of one row's softmax probabilities, and how well it knows it.
struct ShotRow {
    std::vector<double> weights;         // (m)
    std::vector<double> standardErrors;  // (m); empty when not known
    double shots = 0.0;                  // measurements made, over all repeats and noise scales
    double leaked = 0.0;                 // share of them on outcomes that are no allowed key
    double beta = 0.0;                   // coefficient of the control variate, mean over repeats
};

// Which of the parameters of `shots` have a meaning with the others as they are.
struct ShotMode {
    explicit ShotMode(const Parameters& parameters);

    const ShotEstimator& estimator;
    bool noisy;             // the index register
    bool controlled;        // by a real control variate
    bool blended;           // with the exact answer, as published
    bool sampled;           // anything is left to chance
    std::uint64_t repeats;  // 1 unless sampled
    bool unbiased;          // for the softmax row
};

// The sampling of one head's rows, each on its own.
class ShotRows {
public:
    // Repeats `without` take their random numbers like the others, and are left out of the mean.
    ShotRows(const HeadInput& input, const Parameters& parameters, DrawRange without = {});

    const ShotMode& mode() const { return m_mode; }

    // The softmax probabilities (m) of a query, whose scores q·k (m) are given; all 0 where no key is allowed.
    std::vector<double> probabilities(std::size_t query, std::span<float> scores) const;

    // Measures a row that has an allowed key.
    ShotRow measure(std::size_t query, std::span<const double> probabilities, RandomStream& stream) const;

private:
    std::vector<std::uint32_t> keyOrder(std::size_t query, std::span<const double> probabilities) const;
    std::vector<float> principalPlaces(std::size_t query) const;
    ShotRow measureOnce(std::span<const double> probabilities, std::span<const std::uint32_t> order,
                        std::span<const double> control, RandomStream& stream) const;
    const IndexRegister& registerOf(std::size_t query) const;
    ShotRow measureRegister(std::size_t query, std::span<const double> probabilities,
                            std::span<const std::uint32_t> order, RandomStream& stream) const;
    Estimate draw(const RowOutcomes& row, std::uint64_t shots, RandomStream& stream) const;
    std::uint64_t shotsFor(const RowOutcomes& row) const;
    double meanNormalizedEntropy(MatrixView keys) const;

    enum class Order { Position, Logit, Value };

    HeadInput m_input;
    ShotMode m_mode;
    ShotSettings m_settings;
    DrawRange m_without;
    Order m_order;
    ControlVariate m_control;
    // By number of qubits. A row's register is as large as the keys before the causal mask's end need, so that nothing depends
    // on later tokens, not even on their number.
    std::vector<IndexRegister> m_registers;
    std::vector<float>
        m_places;  // of all keys along the first principal component, when every query sees the same keys
};

}  // namespace ketscope
