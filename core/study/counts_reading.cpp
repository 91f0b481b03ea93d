// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/study/counts_reading.h"

#include "core/base/error.h"
#include "core/quantum/openqasm.h"

#include <algorithm>
#include <cmath>

namespace ketscope {

namespace {

constexpr double kSameExpectation = 1e-3;

StateVector finalState(const PairCircuit& circuit)
{
    StateVector state = circuit.initial.empty() ? StateVector(circuit.circuit.qubits()) : StateVector(circuit.initial);
    return state.apply(circuit.circuit);
}

std::vector<double> expectationsOf(const StateVector& state)
{
    std::vector<double> values;
    for (std::size_t qubit = 0; qubit < state.qubits(); ++qubit)
        values.push_back(state.expectation(PauliString::zOn(qubit, state.qubits())));
    return values;
}

const PairCircuit& circuitOf(const SelectedPair& pair)
{
    if (pair.reading.circuits.empty())
        refuse({"measured counts", "a pair that is compared by a circuit", "none",
                "Patch this head with a mechanism that has one."});
    return pair.reading.circuits.front();
}

std::vector<std::size_t> measuredWires(const PairCircuit& circuit)
{
    std::vector<std::size_t> wires = circuit.measured;
    if (wires.empty())
        for (std::size_t qubit = 0; qubit < circuit.circuit.qubits(); ++qubit)
            wires.push_back(qubit);
    return wires;
}

// The outcome of `wires` alone, the first one its highest bit.
std::size_t onWires(std::size_t outcome, std::size_t qubits, std::span<const std::size_t> wires)
{
    std::size_t result = 0;
    for (const std::size_t wire : wires)
        result = 2 * result + (outcome >> (qubits - 1 - wire) & 1U);
    return result;
}

std::vector<double> onWires(std::span<const double> probabilities, std::size_t qubits,
                            std::span<const std::size_t> wires)
{
    std::vector<double> result(std::size_t{1} << wires.size(), 0.0);
    for (std::size_t outcome = 0; outcome < probabilities.size(); ++outcome)
        result[onWires(outcome, qubits, wires)] += probabilities[outcome];
    return result;
}

std::string scopeOf(std::size_t qubits, std::span<const std::size_t> wires)
{
    const std::string outcomes = std::to_string(std::size_t{1} << wires.size()) + " outcomes of ";
    if (wires.size() == 1 && qubits > 1)
        return "the " + outcomes + "qubit " + std::to_string(wires.front());
    return "all " + outcomes + std::to_string(wires.size()) + (wires.size() == 1 ? " qubit" : " qubits");
}

std::vector<double> noisyProbabilities(const PairCircuit& circuit)
{
    if (!circuit.hasNoise() || circuit.circuit.qubits() > DensityMatrix::kMaximumQubits)
        return {};
    const CircuitState state = stateAfter(circuit, circuit.columns());
    // Channels that undo a state need not keep the trace.
    if (!state.density || std::abs(state.density->trace() - 1.0) > 1e-6)
        return {};
    return state.density->probabilities();
}

std::string cellText(const Selection& cell)
{
    return "query " + std::to_string(cell.query) + " with key " + std::to_string(cell.key) + " in layer "
           + std::to_string(cell.layer) + ", head " + std::to_string(cell.head);
}

bool areSame(std::span<const double> a, std::span<const double> b)
{
    return a.size() == b.size()
           && std::ranges::equal(a, b, [](double x, double y) { return std::abs(x - y) <= kSameExpectation; });
}

}  // namespace

MeasuredCounts readMeasuredCounts(const std::filesystem::path& file, BitOrder order, const SelectedPair& pair,
                                  const Selection& cell)
{
    const PairCircuit& circuit = circuitOf(pair);
    const std::size_t qubits = circuit.circuit.qubits();
    checkStateQubits(qubits);
    MeasuredCounts result;
    result.file = file.filename().string();
    result.order = order;
    result.counts = seenOutcomes(readCounts(file, qubits, order), file.string());
    result.cell = cell;
    result.expectations = expectationsOf(finalState(circuit));
    return result;
}

CountsReading countsReading(const SelectedPair& pair, const MeasuredCounts& counts)
{
    CountsReading reading;
    reading.shots = static_cast<double>(counts.shots());
    const std::string other = "The counts in " + printable(counts.file, 60)
                              + " are of another circuit: " + cellText(counts.cell) + " as it was when they were read.";
    if (pair.reading.circuits.empty() || pair.reading.circuits.front().circuit.qubits() != counts.qubits()) {
        reading.problem = other;
        return reading;
    }
    const PairCircuit& circuit = pair.reading.circuits.front();
    const std::size_t qubits = counts.qubits();
    const StateVector state = finalState(circuit);
    if (!areSame(expectationsOf(state), counts.expectations)) {
        reading.problem = other;
        return reading;
    }
    const std::vector<std::size_t> wires = measuredWires(circuit);
    const std::vector<double> exact = onWires(state.probabilities(), qubits, wires);
    const std::vector<double> noisy = noisyProbabilities(circuit);
    const std::vector<double> withNoise = noisy.empty() ? noisy : onWires(noisy, qubits, wires);
    reading.scope = scopeOf(qubits, wires);
    const std::vector<std::string> labels = basisLabels(wires.size());
    for (std::size_t i = 0; i < exact.size(); ++i)
        reading.outcomes.push_back({labels[i], exact[i], noisy.empty() ? std::nullopt : std::optional(withNoise[i])});
    for (const auto& [outcome, count] : counts.counts)
        reading.outcomes[onWires(outcome, qubits, wires)].count += count;
    for (CountedOutcome& outcome : reading.outcomes) {
        outcome.share = shareInterval(static_cast<double>(outcome.count), reading.shots);
        outcome.error = std::sqrt(outcome.share.mean * (1.0 - outcome.share.mean) / reading.shots);
        reading.distance += std::abs(outcome.share.mean - outcome.exact) / 2.0;
    }
    reading.expectedDistance = expectedVariation(exact, reading.shots);
    return reading;
}

Interval shareInterval(double count, double shots)
{
    constexpr double z = 1.959963984540054;
    const double share = count / shots, z2 = z * z / shots;
    const double middle = (share + z2 / 2.0) / (1.0 + z2);
    const double half = z / (1.0 + z2) * std::sqrt(share * (1.0 - share) / shots + z2 / (4.0 * shots));
    return {share, count == 0.0 ? 0.0 : middle - half, count == shots ? 1.0 : middle + half};
}

double expectedVariation(std::span<const double> probabilities, double shots)
{
    double sum = 0.0;
    for (const double p : probabilities) {
        if (p <= 0.0 || p >= 1.0)
            continue;
        const double k = std::floor(shots * p) + 1.0;
        const double logarithm = std::lgamma(shots + 1.0) - std::lgamma(k + 1.0) - std::lgamma(shots - k + 1.0)
                                 + k * std::log(p) + (shots - k + 1.0) * std::log1p(-p);
        if (k <= shots)
            sum += k * std::exp(logarithm) / shots;
    }
    return sum;
}

}  // namespace ketscope
