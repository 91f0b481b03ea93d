// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/attention/pair_reading.h"
#include "core/study/selected_head.h"

namespace ketscope {

// The selected query and key at the selected head, as that head compares them.
struct SelectedPair {
    PairReading reading;
    std::size_t trace = 0;             // whose vectors and mechanism: B where it patches the head, else A
    const Mechanism* used = nullptr;   // what the head of that trace runs
    const Mechanism* shown = nullptr;  // what the reading is of; another one only as an illustration
    std::vector<double> weights;       // of the cell in every trace
    std::vector<double> mapRow;        // (m) of the query in `trace`

    // Exact attention has no states: its vectors are shown as amplitude-encoded ones, which the head did not use.
    bool isIllustration() const { return used != shown; }
};

// How many columns of a circuit have acted where the view looks at it.
std::size_t shownColumns(const PairCircuit& circuit, const QuantumView& view);

// The pair's circuit as an OpenQASM 3 program, with what it is of as comments; empty where it has none. Of the circuit of
// both, or of the query's where query and key have their own.
std::string pairProgram(const Comparison& comparison, const SelectedPair& pair);

// Computed once for the selection and kept with the run. Throws Error (Input) with obstacleToRecording() where there are no
// queries and keys, (Cancelled), or as the mechanism does.
std::shared_ptr<const SelectedPair> selectedPair(const ComparisonPointer& comparison, const Monitor& monitor);

}  // namespace ketscope
