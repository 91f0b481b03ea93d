// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/random.h"

#include <complex>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ketscope {

// A string of Pauli matrices, one for each qubit, as two masks over the bits of a basis state's number: `x` where X or Y
// stands, `z` where Z or Y stands. P|b⟩ = i^y (−1)^popcount(b AND z) |b XOR x⟩ with y the number of Ys.
struct PauliString {
    std::size_t qubits = 1;
    std::uint64_t x = 0;
    std::uint64_t z = 0;

    // "XZI": qubit 0 first. Throws Error (Input) on any other letter or a length outside 1 … 64.
    static PauliString parse(std::string_view letters);
    // Z on one qubit, the identity on the others.
    static PauliString zOn(std::size_t qubit, std::size_t qubits);

    std::string text() const;
    std::size_t weight() const;  // letters other than I
    std::size_t yCount() const;
    bool operator==(const PauliString&) const = default;
};

// weight · string, a term of an observable.
struct PauliTerm {
    double weight = 1.0;
    PauliString string;
};

// ⟨ψ|P|ψ⟩ in O(2ⁿ) without a matrix; `state` has 2ⁿ amplitudes, n = string.qubits.
double expectation(const PauliString& string, std::span<const std::complex<double>> state);

// xᵀPx of a real vector of 2ⁿ entries, which need not have length 1. Strings with an odd number of Ys give exactly 0.
double quadraticForm(const PauliString& string, std::span<const double> vector);

// target += weight · P|source⟩.
void addPauli(double weight, const PauliString& string, std::span<const std::complex<double>> source,
              std::span<std::complex<double>> target);

struct PauliDrawing {
    double identity = 0.9;  // probability of I at each qubit; else X, Y, Z alike
    bool distinct = true;   // without replacement; the published drawing is with replacement
    bool evenY = false;     // only strings with an even number of Ys: the others are 0 for every real vector
};

// `count` random strings as QISA draws them, each different from II…I. Throws Error (Input) when there are not that many,
// and, above 6 qubits, when more than 4·2ⁿ distinct ones are asked for.
std::vector<PauliString> drawPauliStrings(std::size_t qubits, std::size_t count, const PauliDrawing& drawing,
                                          RandomStream& stream);

}  // namespace ketscope
