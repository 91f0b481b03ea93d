// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/attention/head_circuits.h"
#include "core/base/parallel.h"
#include "core/quantum/ansatz.h"
#include "core/quantum/gradient.h"

#include <cmath>

namespace ketscope {

namespace {

constexpr std::size_t kMaximumQubits = 10;

std::vector<Parameter> parametersOfQsann()
{
    return {
        {.id = "qubits",
         .title = "Qubits",
         .symbol = "n",
         .help = "At least so many; more when the head has more values than there are Pauli strings on n qubits.",
         .kind = ParameterKind::Integer,
         .minimum = 1,
         .maximum = kMaximumQubits,
         .initial = 4},
        {.id = "layers",
         .title = "Circuit layers",
         .symbol = "D",
         .help = "Layers of the circuits of queries, keys and values: n(D + 2) angles each. The encoding has as many "
                 "layers as the token has numbers for.",
         .kind = ParameterKind::Integer,
         .minimum = 1,
         .maximum = 8,
         .initial = 1},
        valuesParameter(),
        {.id = "variance",
         .title = "Squared bandwidth",
         .symbol = "σ²",
         .help = "Of α = exp(−(z_q − z_k)²/2σ²). z lies in [−1, 1]: at ½, the method's own value, α is at least e⁻⁴.",
         .kind = ParameterKind::Real,
         .minimum = 0.005,
         .maximum = 20,
         .initial = 0.5,
         .logarithmic = true},
    };
}

struct Settings {
    Settings(const HeadInput& input, const Parameters& parameters)
        : layers(static_cast<std::size_t>(parameters.integer("layers"))), modelValues(usesModelValues(parameters)),
          qubits(static_cast<std::size_t>(parameters.integer("qubits")))
    {
        while (!modelValues && qubits < kMaximumQubits && (std::size_t{1} << (2 * qubits)) - 1 < input.values.columns)
            ++qubits;
    }

    std::size_t layers;
    bool modelValues;
    std::size_t qubits;
};

// Layers that the encoding of `width` numbers needs: n(E + 2) ≥ width.
std::size_t encodingLayers(std::size_t width, std::size_t qubits)
{
    const std::size_t rounds = (width + qubits - 1) / qubits;
    return rounds > 2 ? rounds - 2 : 0;
}

// H on every wire, then the ansatz with the token's numbers as its first parameters.
Circuit encodingCircuit(std::size_t width, std::size_t qubits)
{
    Circuit circuit(qubits);
    for (std::size_t wire = 0; wire < qubits; ++wire)
        circuit.h(wire);
    return circuit.append(qsannAnsatz(qubits, encodingLayers(width, qubits)));
}

std::vector<double> encodingAngles(std::span<const float> token, std::size_t count)
{
    std::vector<double> angles(token.begin(), token.end());
    angles.resize(count, 0.0);
    return angles;
}

StateBatch encodedTokens(MatrixView tokens, std::size_t qubits)
{
    const Circuit circuit = encodingCircuit(tokens.columns, qubits);
    StateBatch batch(qubits, tokens.rows);
    std::vector<StateVector> states(tokens.rows, StateVector(qubits));
    const std::size_t work = circuit.operations().size() << qubits;
    parallelFor(tokens.rows, work, [&](std::size_t token) {
        states[token].apply(circuit, encodingAngles(tokens.row(token), circuit.parameterCount()));
    });
    for (std::size_t token = 0; token < tokens.rows; ++token)
        batch.set(token, states[token].amplitudes());
    return batch;
}

MechanismInfo describe()
{
    MechanismInfo info;
    info.id = "qsann";
    info.title = "QSANN projected Gaussian";
    info.shortTitle = "QSANN";
    info.formula = "αᵢⱼ = exp(−(z_q(xᵢ) − z_k(xⱼ))²), A = α/Σα; z = ⟨Z₀⟩ of a circuit; oⱼ = (⟨P₁⟩ … ⟨P_d⟩)";
    info.summary =
        "Each token's numbers are the angles of a circuit. One measured qubit after two further circuits gives its "
        "query and its key, Pauli measurements after a third its value. Angles that were not trained come from the "
        "seed.";
    info.source =
        "Li, Zhao and Wang, “Quantum self-attention neural networks for text classification”, arXiv 2205.05625";
    info.parameters = parametersOfQsann();
    info.properties = circuitProperties(Parameters(info.parameters));
    return info;
}

class Qsann final : public ProjectedMechanism {
public:
    const MechanismInfo& info() const override { return m_info; }

    MechanismProperties properties(const Parameters& parameters) const override
    {
        return circuitProperties(parameters);
    }

    NamedTensors initialTensors(const HeadInput& input, const Parameters& parameters) const override
    {
        HeadInput untrained = input;
        untrained.trained = nullptr;
        return drawnTensors(untrained, Settings(input, parameters));
    }

private:
    static NamedTensors drawnTensors(const HeadInput& input, const Settings& settings)
    {
        NamedTensors tensors;
        for (const HeadCircuit which : circuitsOf(settings))
            tensors[anglesName(which)] = initialAngles(input, which, settings.qubits * (settings.layers + 2));
        if (!settings.modelValues)
            tensors["pauli_strings"] =
                knownOrInitialStrings(input, settings.qubits, input.values.columns, {.identity = 0.25});
        return tensors;
    }

    static std::vector<HeadCircuit> circuitsOf(const Settings& settings)
    {
        if (settings.modelValues)
            return {HeadCircuit::Queries, HeadCircuit::Keys};
        return {HeadCircuit::Queries, HeadCircuit::Keys, HeadCircuit::Values};
    }

    CircuitFeatures features(const HeadInput& input, const Settings& settings, const NamedTensors& initial,
                             HeadCircuit which) const
    {
        std::vector<PauliString> strings = {PauliString::zOn(0, settings.qubits)};
        if (which == HeadCircuit::Values)
            strings = stringsOf(trainedValues(input, "pauli_strings", *initial.at("pauli_strings")), settings.qubits);
        const std::string name = anglesName(which);
        return {qsannAnsatz(settings.qubits, settings.layers), trainedValues(input, name, *initial.at(name)),
                std::move(strings), CircuitExecution::Gates};
    }

    Projections project(const HeadInput& input, const Parameters& parameters) const override
    {
        const Settings settings(input, parameters);
        const NamedTensors initial = drawnTensors(input, settings);
        const MatrixView queryTokens = layerInputOfQueries(input);
        const MatrixView keyTokens = layerInputOfKeys(input);
        const StateBatch keys = encodedTokens(keyTokens, settings.qubits);
        const bool same = queryTokens.data == keyTokens.data && queryTokens.rows == keyTokens.rows;
        const auto measured = [&](HeadCircuit which, const StateBatch& states) {
            const CircuitFeatures found = features(input, settings, initial, which);
            return dense(found.apply(states), found.strings().size());
        };
        Projections result;
        result.measured = true;
        result.queries =
            measured(HeadCircuit::Queries, same ? keys.clone() : encodedTokens(queryTokens, settings.qubits));
        result.keys = measured(HeadCircuit::Keys, keys);
        if (!settings.modelValues)
            result.values = valueTensor(measured(HeadCircuit::Values, keys));
        result.describe = [this, input, settings, initial, keyTokens] {
            const Circuit encoding = encodingCircuit(keyTokens.columns, settings.qubits);
            std::vector<Diagnostic> all = circuitDiagnostics(features(input, settings, initial, HeadCircuit::Keys), 0);
            all.push_back(numberDiagnostic("encoding_gates", "Gates of the encoding",
                                           static_cast<double>(encoding.operations().size())));
            all.push_back(numberDiagnostic("parameters", "Parameters of the head as defined",
                                           static_cast<double>(3 * settings.qubits * (settings.layers + 2))));
            return all;
        };
        return result;
    }

    void addCircuits(const HeadInput& input, const Parameters& parameters, std::size_t query, std::size_t key,
                     PairReading& reading) const override
    {
        const Settings settings(input, parameters);
        const NamedTensors initial = drawnTensors(input, settings);
        for (const PairRole role : {PairRole::Query, PairRole::Key}) {
            const bool ofQuery = role == PairRole::Query;
            const auto token = ofQuery ? layerInputOfQueries(input).row(query) : layerInputOfKeys(input).row(key);
            const Circuit encoding = encodingCircuit(token.size(), settings.qubits);
            const CircuitFeatures found =
                features(input, settings, initial, ofQuery ? HeadCircuit::Queries : HeadCircuit::Keys);
            Circuit all = encoding.bound(encodingAngles(token, encoding.parameterCount()));
            const std::size_t encoded = all.operations().size();
            all.append(found.circuit().bound(found.angles()));
            PairCircuit circuit(std::move(all));
            circuit.title = ofQuery ? "Query's circuit, read out by ⟨Z⟩ of its first wire" : "Key's circuit";
            circuit.role = role;
            circuit.blocks = {{"Encoding of x", role, 0, encoded},
                              {ofQuery ? "U_q" : "U_k", role, encoded, circuit.circuit.operations().size()}};
            circuit.measured = {0};
            reading.states.push_back({role, ofQuery ? "U_q|x⟩ of the query" : "U_k|x⟩ of the key",
                                      stateAfter(circuit, circuit.columns()).amplitudes});
            reading.circuits.push_back(std::move(circuit));
        }
    }

    ProjectedRule rule(const HeadInput&, const Parameters& parameters) const override
    {
        return {.distanceFactor = 1.0 / (2.0 * parameters.real("variance"))};
    }

    // One adjoint run over encoding and circuit together gives the slopes of the token's numbers and of the angles.
    void addGradients(const CircuitFeatures& circuit, HeadCircuit which, MatrixView tokens, const Dense& gradients,
                      MutableMatrixView ofTokens, const HeadGradients& into) const
    {
        Circuit whole = encodingCircuit(tokens.columns, circuit.circuit().qubits());
        const std::size_t encoded = whole.parameterCount();
        whole.append(circuit.circuit(), encoded);
        std::vector<double> ofAngles(circuit.circuit().parameterCount(), 0.0);
        for (std::size_t token = 0; token < tokens.rows; ++token) {
            std::vector<double> parameters = encodingAngles(tokens.row(token), encoded);
            parameters.insert(parameters.end(), circuit.angles().begin(), circuit.angles().end());
            std::vector<PauliTerm> terms;
            for (std::size_t l = 0; l < circuit.strings().size(); ++l)
                terms.push_back(
                    {gradients(static_cast<Eigen::Index>(token), static_cast<Eigen::Index>(l)), circuit.strings()[l]});
            const auto found = adjointGradient(whole, parameters, StateVector(whole.qubits()), terms);
            for (std::size_t p = 0; p < ofAngles.size(); ++p)
                ofAngles[p] += found.parameters[encoded + p];
            for (std::size_t i = 0; i < ofTokens.columns; ++i)
                ofTokens(token, i) += static_cast<float>(found.parameters[i]);
        }
        addTrainedGradient(into, anglesName(which), ofAngles, {ofAngles.size()});
    }

    void projectBackward(const HeadInput& input, const Parameters& parameters, const ProjectionGradients& gradients,
                         const HeadGradients& into) const override
    {
        const Settings settings(input, parameters);
        const double sigma2 = parameters.real("variance");
        addTo(into.parameters, "variance", -gradients.factor / (2.0 * sigma2 * sigma2));
        if (into.trained == nullptr && into.layerInput.empty() && into.keyInput.empty())
            return;
        const NamedTensors initial = drawnTensors(input, settings);
        for (const HeadCircuit which : circuitsOf(settings)) {
            const bool ofQueries = which == HeadCircuit::Queries;
            const Dense& given = ofQueries                    ? gradients.queries
                                 : which == HeadCircuit::Keys ? gradients.keys
                                                              : gradients.values;
            addGradients(features(input, settings, initial, which), which,
                         ofQueries ? layerInputOfQueries(input) : layerInputOfKeys(input), given,
                         ofQueries ? into.layerInput : into.keyInput, into);
        }
    }

    double projectedSize(const HeadInput&, const Parameters&) const override { return 1.0; }

    double projectionFlops(const HeadInput& input, const Parameters& parameters) const override
    {
        const Settings settings(input, parameters);
        const auto tokens = static_cast<double>(input.queries.rows + input.keys.rows);
        const Circuit circuit = qsannAnsatz(settings.qubits, settings.layers);
        return circuitFlops(encodingCircuit(std::max<std::size_t>(input.inputOfKeys().columns, 1), settings.qubits), 0,
                            tokens)
               + circuitFlops(circuit, 1, tokens)
               + (settings.modelValues
                      ? 0.0
                      : circuitFlops(circuit, input.values.columns, static_cast<double>(input.keys.rows)));
    }

    MechanismInfo m_info = describe();
};

}  // namespace

const Mechanism& qsannMechanism()
{
    static const Qsann mechanism;
    return mechanism;
}

}  // namespace ketscope
