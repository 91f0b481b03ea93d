// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/measures/interval.h"
#include "core/study/selected_pair.h"

#include <filesystem>

namespace ketscope {

// One outcome of the qubits that the circuit measures, as it should come and as it came.
struct CountedOutcome {
    std::string label;            // bits of those qubits, the first one leftmost
    double exact = 0.0;           // probability without noise
    std::optional<double> noisy;  // with the channels of the drawing, where they leave probabilities
    std::uint64_t count = 0;
    double error = 0.0;   // √(f(1 − f)/N), one standard error of the share f
    Interval share = {};  // f, with Wilson's 95 % interval
};

// Imported counts beside what the pair's circuit gives. Outcomes are those of the qubits that the circuit measures: what
// else the program measured is summed over.
struct CountsReading {
    std::string problem;  // why they cannot be compared, as a sentence; empty where they can
    std::string scope;    // "all 16 outcomes of 4 qubits", "the 2 outcomes of qubit 0"
    double shots = 0.0;
    std::vector<CountedOutcome> outcomes;
    double distance = 0.0;          // total variation ½Σ|f − exact| over that scope
    double expectedDistance = 0.0;  // its mean where the exact probabilities are drawn from as often: never 0
};

// The counts in `file` of a run of pairProgram(). Throws Error (Input) where the pair has no circuit of at most
// StateVector's qubits, and as readCounts().
MeasuredCounts readMeasuredCounts(const std::filesystem::path& file, BitOrder order, const SelectedPair& pair,
                                  const Selection& cell);

// Simulates the pair's circuit. Counts of a circuit with other ⟨Z⟩ (beyond 0.001) are a problem, not compared.
CountsReading countsReading(const SelectedPair& pair, const MeasuredCounts& counts);

// Wilson's interval of a share: count of N, 95 % ("Probable inference, the law of succession, and statistical inference",
// JASA 22, 1927).
Interval shareInterval(double count, double shots);

// Σ_i E|X_i/N − p_i|/2 for multinomial counts X of N shots: de Moivre's mean deviation 2k·C(N, k)·p^k·(1 − p)^(N−k+1) of each,
// k = ⌊Np⌋ + 1.
double expectedVariation(std::span<const double> probabilities, double shots);

}  // namespace ketscope
