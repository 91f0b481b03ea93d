// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/attention/head_circuits.h"

#include "core/quantum/state_vector.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace ketscope {

namespace {

// Purposes of random numbers, apart from those of shots and features.
constexpr std::uint16_t kAngles = 40;
constexpr std::uint16_t kStrings = 41;

constexpr std::string_view kLetters = "IXYZ";

// How many distinct strings are drawn before the drawing starts again.
std::size_t availableStrings(std::size_t qubits, bool evenY)
{
    if (qubits > 6)
        return std::size_t{4} << qubits;
    const std::size_t all = std::size_t{1} << (2 * qubits);
    return evenY ? (all + (std::size_t{1} << qubits)) / 2 - 1 : all - 1;
}

}  // namespace

std::string anglesName(HeadCircuit which)
{
    return which == HeadCircuit::Queries ? "angles_q" : which == HeadCircuit::Keys ? "angles_k" : "angles_v";
}

TensorPointer initialAngles(const HeadInput& input, HeadCircuit which, std::size_t count)
{
    RandomStream random(input.random, static_cast<std::uint32_t>(which), kAngles);
    Tensor angles({count});
    for (float& angle : angles.values())
        angle = static_cast<float>((2.0 * random.uniform() - 1.0) * std::numbers::pi);
    return std::make_shared<const Tensor>(std::move(angles));
}

TensorPointer initialStrings(const HeadInput& input, std::size_t qubits, std::size_t count, const PauliDrawing& drawing)
{
    RandomStream random(input.random, 0, kStrings);
    const std::size_t atOnce = drawing.distinct ? availableStrings(qubits, drawing.evenY) : count;
    Tensor letters({count, qubits});
    for (std::size_t done = 0; done < count;) {
        const std::size_t next = std::min(atOnce, count - done);
        for (const PauliString& string : drawPauliStrings(qubits, next, drawing, random)) {
            const std::string text = string.text();
            for (std::size_t qubit = 0; qubit < qubits; ++qubit)
                letters.matrix()(done, qubit) = static_cast<float>(kLetters.find(text[qubit]));
            ++done;
        }
    }
    return std::make_shared<const Tensor>(std::move(letters));
}

TensorPointer knownOrInitialStrings(const HeadInput& input, std::size_t qubits, std::size_t count,
                                    const PauliDrawing& drawing)
{
    if (input.trained != nullptr)
        if (const auto known = input.trained->find("pauli_strings");
            known != input.trained->end() && known->second->shape() == std::vector{count, qubits})
            return known->second;
    return initialStrings(input, qubits, count, drawing);
}

std::vector<PauliString> stringsOf(std::span<const double> letters, std::size_t qubits)
{
    std::vector<PauliString> strings;
    for (std::size_t first = 0; first + qubits <= letters.size(); first += qubits) {
        std::string text;
        for (const double letter : letters.subspan(first, qubits))
            text += letter >= -0.5 && letter < 3.5 ? kLetters[static_cast<std::size_t>(letter + 0.5)] : '?';
        strings.push_back(PauliString::parse(text));
    }
    return strings;
}

Parameter executionParameter()
{
    return {.id = "execution",
            .title = "Execution",
            .help = "How the circuits' expectations are found; the results agree to rounding. Gate by gate on every "
                    "token; as one matrix; or as one observable for each channel. Automatic takes the matrix up to "
                    "4 qubits, then gates. Single precision is the fastest way gate by gate, and exact to five digits "
                    "in place of twelve; gradients stay in double precision.",
            .kind = ParameterKind::Choice,
            .choices = {"automatic", "gates", "unitary", "observables", "single"},
            .choiceTitles = {"Automatic", "Gate by gate", "One matrix", "Precomputed observables",
                             "Gate by gate, single precision"}};
}

CircuitExecution executionOf(const Parameters& parameters)
{
    return static_cast<CircuitExecution>(parameters.integer("execution"));
}

double circuitFlops(const Circuit& circuit, std::size_t strings, double tokens)
{
    const double amplitudes = std::ldexp(1.0, static_cast<int>(circuit.qubits()));
    return tokens * amplitudes
           * (7.0 * static_cast<double>(circuit.operations().size()) + 5.0 * static_cast<double>(strings));
}

std::vector<Diagnostic> circuitDiagnostics(const CircuitFeatures& features, std::size_t stateless)
{
    const auto number = [](std::size_t value) { return static_cast<double>(value); };
    return {numberDiagnostic("qubits", "Qubits", number(features.circuit().qubits())),
            numberDiagnostic("circuit_depth", "Depth of the circuit", number(features.circuit().depth())),
            numberDiagnostic("circuit_gates", "Gates of the circuit", number(features.circuit().operations().size())),
            numberDiagnostic("execution", "Execution (1 gates, 2 matrix, 3 observables, 4 single precision)",
                             static_cast<double>(features.execution())),
            numberDiagnostic("stateless_tokens", "Tokens without a state", number(stateless))};
}

void addCircuitGradients(const CircuitFeatures& features, HeadCircuit which, MatrixView tokens, const Dense& gradients,
                         MutableMatrixView ofTokens, const HeadGradients& into)
{
    if (ofTokens.empty() && into.trained == nullptr)
        return;
    std::vector<double> angles(features.circuit().parameterCount(), 0.0);
    features.backward(tokens, {gradients.data(), static_cast<std::size_t>(gradients.size())}, angles, ofTokens);
    addTrainedGradient(into, anglesName(which), angles, {angles.size()});
}

void addTokenCircuit(PairReading& reading, const CircuitFeatures& features, PairRole role, std::span<const float> token)
{
    const std::size_t qubits = features.circuit().qubits();
    const auto loaded = StateVector::encode(token, qubits);
    if (!loaded) {
        reading.noStates = "A token whose layer input has no length has no state.";
        return;
    }
    const bool ofQuery = role == PairRole::Query;
    PairCircuit circuit(features.circuit().bound(features.angles()));
    circuit.title = ofQuery ? "Query's circuit, read out by ⟨Z⟩ or Pauli strings" : "Key's circuit";
    circuit.loaded = "|x⟩";
    circuit.initial.assign(loaded->amplitudes().begin(), loaded->amplitudes().end());
    circuit.blocks = {{ofQuery ? "U_q" : "U_k", role, 0, circuit.circuit.operations().size()}};
    circuit.role = role;
    for (std::size_t qubit = 0; qubit < qubits; ++qubit)
        circuit.measured.push_back(qubit);
    reading.states.push_back({role, ofQuery ? "U_q|x⟩ of the query" : "U_k|x⟩ of the key",
                              stateAfter(circuit, circuit.columns()).amplitudes});
    reading.circuits.push_back(std::move(circuit));
}

Tensor valueTensor(const Dense& values)
{
    Tensor tensor({static_cast<std::size_t>(values.rows()), static_cast<std::size_t>(values.cols())});
    std::transform(values.data(), values.data() + values.size(), tensor.data(),
                   [](double x) { return static_cast<float>(x); });
    return tensor;
}

}  // namespace ketscope
