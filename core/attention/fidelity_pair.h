// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/attention/fidelity.h"
#include "core/attention/pair_reading.h"

namespace ketscope {

// What the head makes of one query and all keys (m), before the rule of the row.
struct FidelityRow {
    bool hasState = true;                // of the query
    std::vector<double> overlaps;        // Re⟨q|k⟩ without noise
    std::vector<double> fidelities;      // with noise
    std::vector<double> scores;          // as measured; 0 where nothing is compared
    std::vector<double> frequencies;     // of the outcome 0, with shots
    std::vector<std::uint8_t> compared;  // 0 = the mask or the sign leaves the key out, or it has no state
};

// The states, the circuit and the arithmetic of one pair; `row` as the head measures it.
PairReading fidelityPair(const HeadInput& input, const FidelitySettings& settings, const FidelityRow& row,
                         std::size_t query, std::size_t key);
}  // namespace ketscope
