// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/attention/fidelity_pair.h"

#include "core/attention/rows.h"
#include "core/attention/state_pairs.h"
#include "core/quantum/ansatz.h"

#include <algorithm>
#include <cmath>

namespace ketscope {

namespace {

// Purpose of the random numbers of outcomes that no score is read from.
constexpr std::uint16_t kOtherOutcomes = 43;
constexpr double kWantedError = 0.005;

// The vectors that are encoded: those of the head, with one component more where the sign is kept that way.
struct Encoded {
    std::vector<float> query;
    std::vector<float> key;
};

Encoded encodedVectors(const HeadInput& input, const FidelitySettings& settings, std::size_t query, std::size_t key)
{
    const auto q = input.queries.row(query);
    const auto k = input.keys.row(key);
    Encoded result{{q.begin(), q.end()}, {k.begin(), k.end()}};
    if (settings.sign != SignRemedy::Affine)
        return result;
    double c2 = 0.0;
    for (std::size_t j = 0; j < input.keys.rows; ++j) {
        double product = 0.0;
        for (std::size_t i = 0; i < q.size(); ++i)
            product += static_cast<double>(q[i]) * input.keys(j, i);
        if (isAllowed(input, query, j))
            c2 = std::max(c2, std::abs(product));
    }
    result.query.push_back(static_cast<float>(std::sqrt(c2)));
    result.key.push_back(static_cast<float>(std::sqrt(c2)));
    return result;
}

bool isZero(std::span<const float> vector)
{
    return std::ranges::all_of(vector, [](float x) { return x == 0.0F; });
}

std::vector<std::size_t> allWires(std::size_t qubits, std::size_t first = 0)
{
    std::vector<std::size_t> wires(qubits);
    for (std::size_t i = 0; i < qubits; ++i)
        wires[i] = first + i;
    return wires;
}

// Where the noise of one state's preparation acts: after each gate or on all of its wires at the end. For a preparation that
// is undone, the same channels' adjoints in reverse order.
void addChannels(PairCircuit& circuit, const CircuitBlock& block, const FidelitySettings& settings, bool undone)
{
    const bool mixing = settings.noise.kraus.empty();
    const std::size_t first = undone ? block.first : block.last;
    if (!settings.afterEachGate) {
        const std::size_t qubits = circuit.circuit.qubits();
        std::vector<std::size_t> wires = allWires(qubits);
        if (block.first > 0 && !undone && qubits > 1)  // the swap test's second register
            wires = allWires((qubits - 1) / 2, 1 + (qubits - 1) / 2);
        circuit.channels.push_back({first, mixing ? std::vector<std::size_t>() : wires, undone});
        return;
    }
    for (std::size_t number = block.first; number < block.last; ++number) {
        const auto wires = circuit.circuit.operations()[number].usedWires();
        circuit.channels.push_back(
            {undone ? number : number + 1,
             mixing ? std::vector<std::size_t>() : std::vector<std::size_t>(wires.begin(), wires.end()), undone});
    }
}

// U(q), then U†(k): all wires read 0 with the probability Tr(ρσ).
PairCircuit inversionCircuit(const Circuit& ofQuery, const Circuit& ofKey, const FidelitySettings& settings)
{
    Circuit all = ofQuery;
    all.append(ofKey.inverse());
    PairCircuit result(std::move(all));
    result.title = "Compute–uncompute: the probability of 0…0 is the fidelity";
    const std::size_t middle = ofQuery.operations().size();
    result.blocks = {{"U(q): prepare the query's state", PairRole::Query, 0, middle},
                     {"U†(k): undo the key's state", PairRole::Key, middle, result.circuit.operations().size()}};
    result.measured = allWires(ofQuery.qubits());
    if (settings.noise.empty())
        return result;
    result.noise = settings.noise;
    addChannels(result, result.blocks[0], settings, false);
    if (settings.bothStates)
        addChannels(result, result.blocks[1], settings, true);
    return result;
}

// Both states side by side, then controlled swaps: the first wire reads 0 with the probability (1 + F)/2.
PairCircuit swapCircuit(const Circuit& ofQuery, const Circuit& ofKey, const FidelitySettings& settings)
{
    const std::size_t qubits = ofQuery.qubits();
    Circuit all(1 + 2 * qubits);
    all.append(ofQuery, 0, 1);
    const std::size_t first = all.operations().size();
    all.append(ofKey, 0, 1 + qubits);
    const std::size_t second = all.operations().size();
    all.append(swapTestCircuit(qubits));
    PairCircuit result(std::move(all));
    result.title = "Swap test: the first wire reads 0 with the probability (1 + F)/2";
    result.blocks = {{"U(q)", PairRole::Query, 0, first},
                     {"U(k)", PairRole::Key, first, second},
                     {"Swap test", {}, second, result.circuit.operations().size()}};
    result.measured = {0};
    if (settings.noise.empty() || settings.noise.kraus.empty())
        return result;
    result.noise = settings.noise;
    if (settings.afterEachGate) {
        addChannels(result, result.blocks[0], settings, false);
        if (settings.bothStates)
            addChannels(result, result.blocks[1], settings, false);
        return result;
    }
    result.channels.push_back({second, allWires(settings.bothStates ? 2 * qubits : qubits, 1), false});
    return result;
}

// One wire chooses which state the others are prepared in, and reads 0 with the probability (1 + Re⟨q|k⟩)/2. Its score takes
// no noise.
PairCircuit hadamardCircuit(const Circuit& ofQuery, const Circuit& ofKey)
{
    PairCircuit result(hadamardTestCircuit(ofQuery, ofKey));
    const std::size_t last = result.circuit.operations().size();
    result.title = "Hadamard test: the first wire reads 0 with the probability (1 + Re⟨q|k⟩)/2";
    result.blocks = {{"H: both ways at once", {}, 0, 1},
                     {"U(q) where the first wire is 0, U(k) where it is 1", {}, 1, last - 1},
                     {"H: the ways interfere", {}, last - 1, last}};
    result.measured = {0};
    return result;
}

PairCircuit stateCircuit(const Circuit& preparation, PairRole role, const FidelitySettings& settings)
{
    PairCircuit result(preparation);
    const bool ofQuery = role == PairRole::Query;
    result.title = ofQuery ? "Preparation of |q⟩" : "Preparation of |k⟩";
    result.role = role;
    result.blocks = {{ofQuery ? "U(q)" : "U(k)", role, 0, preparation.operations().size()}};
    if (settings.noise.empty() || (!ofQuery && !settings.bothStates))
        return result;
    result.noise = settings.noise;
    addChannels(result, result.blocks[0], settings, false);
    return result;
}

std::string comparisonOf(const FidelitySettings& settings)
{
    switch (settings.circuit) {
    case OverlapCircuit::Inversion: return "The key's circuit undoes the query's: 0…0 is read with the probability F.";
    case OverlapCircuit::Swap: return "A swap test of both states: its wire reads 0 with the probability (1 + F)/2.";
    case OverlapCircuit::Hadamard:
    case OverlapCircuit::HadamardExact:
        return "A Hadamard test: one more qubit controls both preparations and reads 0 with the probability "
               "(1 + Re⟨q|k⟩)/2, which keeps the sign.";
    case OverlapCircuit::Exact: break;
    }
    return "The score is the fidelity itself, as endless shots of this circuit would give it.";
}

// Counts of outcomes but the one that the score was read from, which has been drawn.
void drawOthers(PairOutcomes& outcomes, const RandomKey& random, std::size_t pair)
{
    const std::vector<double>& p = outcomes.noisy.empty() ? outcomes.exact : outcomes.noisy;
    RandomStream stream(random, static_cast<std::uint32_t>(pair), kOtherOutcomes);
    auto left = static_cast<std::uint64_t>(std::llround((1.0 - outcomes.measured[outcomes.wanted]) * outcomes.shots));
    double rest = 1.0 - p[outcomes.wanted];
    for (std::size_t i = 0; i < p.size(); ++i) {
        if (i != outcomes.wanted) {
            const double share = rest > 0.0 ? std::clamp(p[i] / rest, 0.0, 1.0) : 0.0;
            const std::uint64_t count = stream.binomial(left, share);
            outcomes.measured[i] = static_cast<double>(count) / outcomes.shots;
            left -= count;
            rest -= p[i];
        }
        outcomes.errors[i] = std::sqrt(std::max(p[i] * (1.0 - p[i]), 0.0) / outcomes.shots);
    }
}

PairOutcomes ancillaOutcomes(double exact, double noisy, bool hasNoise)
{
    PairOutcomes result;
    result.title = "The test's qubit";
    result.labels = {"0", "1"};
    result.exact = {(1.0 + exact) / 2.0, (1.0 - exact) / 2.0};
    if (hasNoise)
        result.noisy = {(1.0 + noisy) / 2.0, (1.0 - noisy) / 2.0};
    return result;
}

// All wires' outcomes where the circuit can be simulated and its noise leaves probabilities; else 0…0 against the rest.
PairOutcomes wireOutcomes(const PairCircuit* circuit, double exact, double noisy)
{
    PairOutcomes result;
    result.title = "All wires";
    const bool hasNoise = circuit != nullptr && circuit->hasNoise();
    const CircuitState state =
        circuit != nullptr ? stateAfter(*circuit, circuit->columns()) : CircuitState{{}, std::nullopt};
    const bool whole =
        !state.amplitudes.empty() && (!hasNoise || (state.density && std::abs(state.density->trace() - 1.0) < 1e-6));
    if (!whole) {
        result.labels = {"0…0", "any other"};
        result.exact = {exact, 1.0 - exact};
        if (hasNoise || std::abs(exact - noisy) > 1e-12)
            result.noisy = {noisy, 1.0 - noisy};
        return result;
    }
    result.labels = basisLabels(circuit->circuit.qubits());
    for (const std::complex<double>& amplitude : state.amplitudes)
        result.exact.push_back(std::norm(amplitude));
    if (hasNoise)
        result.noisy = state.density->probabilities();
    return result;
}

void addPurity(PairReading& reading, const PairCircuit& preparation)
{
    const CircuitState state = stateAfter(preparation, preparation.columns());
    const std::string title =
        preparation.role == PairRole::Query ? "Purity of the query's state" : "Purity of the key's state";
    if (state.density)
        reading.results.push_back({title, state.density->purity()});
}

void addMeasurement(PairReading& reading, const FidelityRow& row, const FidelitySettings& settings,
                    const HeadInput& input, std::size_t query, std::size_t key)
{
    const double p = reading.outcomes->noisy.empty() ? reading.outcomes->exact[0] : reading.outcomes->noisy[0];
    // One shot's variance of the score: that of the outcome, or of twice the outcome less one.
    const double factor = settings.keepsSign() || settings.circuit == OverlapCircuit::Swap ? 4.0 : 1.0;
    const double variance = factor * p * (1.0 - p);
    if (settings.hasShots() && row.compared[key]) {
        PairOutcomes& outcomes = *reading.outcomes;
        outcomes.shots = static_cast<double>(settings.shots);
        outcomes.measured.assign(outcomes.exact.size(), 0.0);
        outcomes.errors.assign(outcomes.exact.size(), 0.0);
        outcomes.measured[0] = row.frequencies[key];
        drawOthers(outcomes, input.random, query * input.keys.rows + key);
        reading.results.push_back({settings.keepsSign() ? "Re⟨q|k⟩, measured" : "Fidelity, measured", row.scores[key],
                                   std::sqrt(variance / outcomes.shots)});
        reading.results.push_back({"Shots", outcomes.shots, {}, true});
    }
    if (variance > 0.0)
        reading.results.push_back(
            {"Shots for a standard error of 0.005", std::ceil(variance / (kWantedError * kWantedError)), {}, true});
}

// The circuit whose outcome the score is read from.
PairCircuit testCircuit(const Circuit& ofQuery, const Circuit& ofKey, const FidelitySettings& settings)
{
    const bool swaps = settings.circuit == OverlapCircuit::Swap;
    const std::size_t needed = swaps ? 1 + 2 * ofQuery.qubits() : 1 + ofQuery.qubits();
    if (!swaps && !settings.keepsSign())
        return inversionCircuit(ofQuery, ofKey, settings);
    if (needed <= Circuit::kMaximumQubits)
        return swaps ? swapCircuit(ofQuery, ofKey, settings) : hadamardCircuit(ofQuery, ofKey);
    PairCircuit other = inversionCircuit(ofQuery, ofKey, settings);
    other.title = std::string("The inversion test of both states; the ") + (swaps ? "swap" : "Hadamard")
                  + " test needs " + std::to_string(needed) + " qubits, more than the "
                  + std::to_string(Circuit::kMaximumQubits) + " drawn here";
    return other;
}

void addCircuits(PairReading& reading, const Encoded& encoded, const FidelitySettings& settings)
{
    const std::size_t qubits = settings.qubitsOf(encoded.query.size());
    if (isZero(encoded.query) || isZero(encoded.key)) {
        if (settings.map == StateEncoding::Amplitude) {
            reading.noStates = "A vector without length has no state.";
            return;
        }
    }
    if (qubits > Circuit::kMaximumQubits) {
        reading.noStates = std::to_string(qubits) + " qubits, one for each component: no circuit here holds more than "
                           + std::to_string(Circuit::kMaximumQubits) + ".";
        return;
    }
    const Circuit ofQuery = encodingCircuit(encoded.query, settings);
    const Circuit ofKey = encodingCircuit(encoded.key, settings);
    reading.states = {{PairRole::Query, "|q⟩", {}}, {PairRole::Key, "|k⟩", {}}};
    if (qubits <= kShownQubits) {
        reading.states[0].amplitudes = encodedState(encoded.query, settings);
        reading.states[1].amplitudes = encodedState(encoded.key, settings);
    }
    reading.circuits.push_back(testCircuit(ofQuery, ofKey, settings));
    reading.circuits.push_back(stateCircuit(ofQuery, PairRole::Query, settings));
    reading.circuits.push_back(stateCircuit(ofKey, PairRole::Key, settings));
}

}  // namespace

PairReading fidelityPair(const HeadInput& input, const FidelitySettings& settings, const FidelityRow& row,
                         std::size_t query, std::size_t key)
{
    PairReading reading;
    reading.comparison = comparisonOf(settings);
    const Encoded encoded = encodedVectors(input, settings, query, key);
    addCircuits(reading, encoded, settings);
    reading.scoreTitle = settings.keepsSign() ? "Re⟨q|k⟩" : "Fidelity |⟨q|k⟩|²";
    reading.scores = row.scores;
    if (!row.hasState) {
        reading.arithmetic.push_back({"The query has no state: uniform weight", 0.0});
        std::ranges::fill(reading.scores, 0.0);
        addDirectRule(reading, input, query, key);
        return reading;
    }
    if (settings.softmax)
        addSoftmaxRule(reading, input, query, key, settings.tau);
    else
        addDirectRule(reading, input, query, key);
    const double overlap = row.overlaps[key];
    double exact = overlap * overlap;
    if (!reading.states.empty() && !reading.states[0].amplitudes.empty()) {
        std::complex<double> inner = 0.0;
        for (std::size_t i = 0; i < reading.states[0].amplitudes.size(); ++i)
            inner += std::conj(reading.states[0].amplitudes[i]) * reading.states[1].amplitudes[i];
        exact = std::norm(inner);
    }
    const bool noisy = !settings.noise.empty();
    reading.results.push_back({"Fidelity, exact", exact});
    if (noisy)
        reading.results.push_back({"Fidelity, with noise", row.fidelities[key]});
    if (settings.keepsSign())
        reading.results.push_back({"Re⟨q|k⟩, exact", overlap});
    reading.outcomes =
        settings.keepsSign() ? ancillaOutcomes(overlap, overlap, false)
        : settings.circuit == OverlapCircuit::Swap
            ? ancillaOutcomes(exact, row.fidelities[key], noisy)
            : wireOutcomes(reading.circuits.empty() ? nullptr : &reading.circuits[0], exact, row.fidelities[key]);
    addMeasurement(reading, row, settings, input, query, key);
    for (const PairCircuit& circuit : reading.circuits)
        if (circuit.role && noisy)
            addPurity(reading, circuit);
    if (!reading.circuits.empty()) {
        const Circuit& circuit = reading.circuits[0].circuit;
        reading.results.push_back({"Qubits", static_cast<double>(circuit.qubits()), {}, true});
        reading.results.push_back({"Circuit depth", static_cast<double>(circuit.depth()), {}, true});
        reading.results.push_back({"Gates", static_cast<double>(circuit.operations().size()), {}, true});
    }
    return reading;
}

}  // namespace ketscope
