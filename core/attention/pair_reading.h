// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/attention/mechanism.h"
#include "core/quantum/pair_circuit.h"

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace ketscope {

// The state of a query or a key.
struct PairState {
    PairRole role = PairRole::Query;
    std::string title;                             // "|q⟩"
    std::vector<std::complex<double>> amplitudes;  // (2ⁿ), or one for each key where they are the keys' own
    bool ofKeys = false;
};

// What measuring gives. Probabilities or shares; `measured` is empty where nothing is left to chance.
struct PairOutcomes {
    std::string title;
    std::vector<std::string> labels;  // of the outcomes: bits; empty = the keys
    std::vector<double> exact;        // without noise
    std::vector<double> noisy;        // empty = no noise
    std::vector<double> measured;
    std::vector<double> errors;  // one standard error of each; empty = not known
    double shots = 0.0;
    std::size_t wanted = 0;  // the outcome that the score is read from
};

// Vectors whose product, or distance, is what the pair is scored by.
struct PairFeatures {
    std::string title;  // "Random features φ", "Head vectors"
    std::vector<double> query;
    std::vector<double> key;
    bool distance = false;  // scored by ‖q − k‖² in place of q·k
    // Where the product estimates a kernel: with every key, what it estimates, and one standard error over draws of the
    // features (empty = not known).
    std::vector<double> estimates = {};
    std::vector<double> exact = {};
    std::vector<double> errors = {};
};

// The bonds of a matrix product state.
struct BondReading {
    std::string title;
    std::vector<std::vector<double>> schmidt;  // of each bond, before truncation, largest first
    std::vector<double> kept;                  // bond dimension after it
    std::vector<double> entropy;               // nats
};

// One number of a computation.
struct PairFact {
    std::string title;
    double value = 0.0;
    std::optional<double> error = {};  // one standard error
    bool whole = false;                // a count
};

// How one query and one key are compared at a head, with all numbers from the vectors to the weight.
struct PairReading {
    std::string comparison;  // one or two sentences
    std::string noStates;    // why there are no states or circuits, as a sentence; empty where there are
    std::vector<PairState> states;
    std::vector<PairCircuit> circuits;
    std::optional<PairOutcomes> outcomes;
    std::optional<PairFeatures> features;
    std::optional<BondReading> bonds;
    std::string scoreTitle;            // "Fidelity"
    std::vector<double> scores;        // (m) of the query with every key
    std::vector<PairFact> arithmetic;  // from the score to the weight
    std::vector<PairFact> results;     // what is known of states, circuits and measurement
    double weight = 0.0;               // what the arithmetic comes to
};

// One row of a head, as the head itself computes it.
struct HeadRow {
    std::vector<float> weights;  // (m)
    std::vector<float> errors;   // (m); empty = the mechanism gives none
    std::vector<Diagnostic> diagnostics;
    std::vector<std::pair<DiagnosticInfo, double>> ofRow;
};
HeadRow attendRow(const Mechanism& mechanism, const HeadInput& input, const Parameters& parameters, std::size_t query,
                  const Monitor& monitor);

// The product of the head's vectors, scaled, and the softmax over all keys: fills features, scores and the start of the
// arithmetic, and the weight of exact attention.
void addDotProduct(PairReading& reading, const HeadInput& input, std::size_t query, std::size_t key);
// The weight of `key` by the direct rule (score over the row's sum) or by the softmax of score/τ, from reading.scores.
void addDirectRule(PairReading& reading, const HeadInput& input, std::size_t query, std::size_t key);
void addSoftmaxRule(PairReading& reading, const HeadInput& input, std::size_t query, std::size_t key, double tau);

// Binary numbers of 2^qubits basis states: "000", "001", …
std::vector<std::string> basisLabels(std::size_t qubits);

}  // namespace ketscope
