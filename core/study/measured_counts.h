// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/formats/json.h"
#include "core/quantum/bit_order.h"
#include "core/study/selection.h"

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace ketscope {

// More than a study and a view should carry.
inline constexpr std::size_t kMostMeasuredOutcomes = 16384;
inline constexpr std::array<std::string_view, 2> kBitOrders = {"qubit0-first", "qubit0-last"};  // by BitOrder

// Counts that a device or another simulator gave for the circuit of a pair, all of whose qubits were measured.
struct MeasuredCounts {
    std::string file = {};  // its name, without folders
    BitOrder order = BitOrder::Qubit0Last;
    // Outcomes that were seen, by rising number, and how often. Qubit 0 is the number's highest bit.
    std::vector<std::pair<std::size_t, std::uint64_t>> counts = {};
    Selection cell = {};                    // the pair that they were read for
    std::vector<double> expectations = {};  // ⟨Z⟩ of every qubit of its circuit, by which that is known again

    std::size_t qubits() const { return expectations.size(); }
    std::uint64_t shots() const;
    bool operator==(const MeasuredCounts&) const = default;
};

// The same file with its strings read from the other end.
MeasuredCounts inOrder(MeasuredCounts counts, BitOrder order);

// The outcomes of (2ⁿ) counts that were seen. Throws Error (Input) when there are none, or more than kMostMeasuredOutcomes.
std::vector<std::pair<std::size_t, std::uint64_t>> seenOutcomes(std::span<const std::uint64_t> counts,
                                                                const std::string& where);

Json toJson(const MeasuredCounts& counts);
// Throws Error (Input) naming the field that is missing or wrong.
MeasuredCounts measuredCountsFromJson(const Json& json, const std::string& where);

}  // namespace ketscope
