// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/study/measured_counts.h"

#include <optional>
#include <string>

namespace ketscope {

// Where a pair's circuit is looked at: after the query's block, after the key's, or when it is measured.
enum class PairStage { AfterQuery, AfterKey, Measured };

enum class DensityPart { Real, Imaginary, Magnitude };

// How a pair's states and circuit are drawn.
struct QuantumView {
    PairStage stage = PairStage::AfterQuery;
    std::optional<std::size_t> step;  // columns of the circuit that have acted; nothing = those of the stage
    DensityPart densityPart = DensityPart::Real;
    std::optional<MeasuredCounts> counts = {};  // drawn beside the exact outcomes of the circuit that they are of

    bool operator==(const QuantumView&) const = default;
};

Json toJson(const QuantumView& view);
// As viewFromJson.
QuantumView quantumViewFromJson(const Json& json, const std::string& where);

}  // namespace ketscope
