// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/formats/json.h"
#include "core/quantum/bit_order.h"
#include "core/quantum/circuit.h"
#include "core/quantum/pauli.h"

#include <filesystem>

namespace ketscope {

struct OpenQasmOptions {
    std::string comment = {};                         // lines put in front as comments
    bool measure = true;                              // all qubits at the end, into bit[n] c
    std::optional<PauliString> basis = std::nullopt;  // turn into this string's eigenbasis before measuring
};

// The circuit as an OpenQASM 3.0 program: q[i] is qubit i. Free parameters become `input float[64] p0, p1, …`; RBS is
// defined as a gate where it is used. Numbers read back to the same double.
std::string openQasm(const Circuit& circuit, const OpenQasmOptions& options = {});

// Counts (2^qubits) of a measurement, from a JSON object {"0110": 12, …} or one with such an object as "counts". Throws
// Error (Input) that names `where` and the string that is not one of `qubits` bits, or the count that is not a whole
// number ≥ 0.
std::vector<std::uint64_t> parseCounts(std::string_view json, std::size_t qubits, BitOrder order,
                                       const std::string& where);
// The same of a document that was read, and of a file of at most kMaximumCountsBytes.
inline constexpr std::size_t kMaximumCountsBytes = std::size_t{8} << 20;
std::vector<std::uint64_t> countsFromJson(const Json& json, std::size_t qubits, BitOrder order,
                                          const std::string& where);
std::vector<std::uint64_t> readCounts(const std::filesystem::path& file, std::size_t qubits, BitOrder order);

// ⟨P⟩ from counts that were measured in P's eigenbasis (OpenQasmOptions::basis): Σ ± counts / shots over the qubits where
// P is not I. Throws Error (Input) without any shot.
double expectationFromCounts(const PauliString& string, std::span<const std::uint64_t> counts);

// The gates that turn P's eigenbasis into the Z basis: H for X, S† H for Y.
Circuit basisChange(const PauliString& string);

}  // namespace ketscope
