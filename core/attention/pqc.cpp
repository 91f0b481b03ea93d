// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/attention/circuit_feed_forward.h"
#include "core/quantum/ansatz.h"
#include "core/quantum/weight_encoding.h"

#include <cmath>

namespace ketscope {

namespace {

constexpr std::uint16_t kReadout = 42;  // purpose of random numbers

std::vector<Parameter> parametersOfPqc()
{
    return {
        {.id = "layers",
         .title = "Circuit layers",
         .symbol = "L",
         .help = "Layers of RY, RZ and a ring of CNOTs: 2n angles each for queries, keys and values, n = ⌈log₂ width⌉.",
         .kind = ParameterKind::Integer,
         .minimum = 1,
         .maximum = 8,
         .initial = 2},
        valuesParameter(),
        {.id = "score",
         .title = "Scores",
         .help = "Gaussian: exp(−‖q − k‖²/2σ²), divided by the row's sum. Dot product: softmax(q·k/(√n·τ)).",
         .kind = ParameterKind::Choice,
         .choices = {"gaussian", "dot"},
         .choiceTitles = {"Gaussian", "Dot product"}},
        {.id = "variance",
         .title = "Squared bandwidth",
         .symbol = "σ²",
         .help = "Queries and keys are vectors of n numbers in [−1, 1].",
         .kind = ParameterKind::Real,
         .minimum = 0.005,
         .maximum = 20,
         .initial = 0.5,
         .logarithmic = true,
         .shownWhen = "score",
         .shownWhenIn = {"gaussian"}},
        {.id = "tau",
         .title = "Temperature",
         .symbol = "τ",
         .help = "Smaller values sharpen the rows.",
         .kind = ParameterKind::Real,
         .minimum = 0.01,
         .maximum = 10,
         .initial = 0.1,
         .logarithmic = true,
         .shownWhen = "score",
         .shownWhenIn = {"dot"}},
        executionParameter(),
        {.id = "quantise",
         .title = "Round the angles",
         .help = "To b bits, as hardware with coarse controls would. Gradients of the angles pass straight through.",
         .kind = ParameterKind::Flag},
        {.id = "bits",
         .title = "Bits of an angle",
         .symbol = "b",
         .help = "Steps of 2π/2ᵇ.",
         .kind = ParameterKind::Integer,
         .minimum = 2,
         .maximum = 16,
         .initial = 8,
         .shownWhen = "quantise",
         .shownWhenIn = {"on"}},
        {.id = "feed-forward",
         .title = "Feed-forward too",
         .help =
             "In place of what the model's own matrices give, tanh(R⟨Z⟩) of a circuit of as many layers is added to "
             "each token. A layer has one: that of its first head that asks for it.",
         .kind = ParameterKind::Flag},
    };
}

MechanismInfo describe()
{
    MechanismInfo info;
    info.id = "pqc";
    info.title = "Parametrised circuits (QELM-style, corrected)";
    info.shortTitle = "PQC";
    info.formula = "q, k, z = (⟨Z₀⟩ … ⟨Zₙ₋₁⟩) of U(θ)|x/‖x‖⟩; A = α/Σα, α = exp(−‖q − k‖²/2σ²), or softmax(q·k/√n τ); "
                   "v = Rz; feed-forward: tanh(Rz)";
    info.summary =
        "Queries, keys and values are the measured qubits of three small circuits that the token's state runs "
        "through. The code it is named after has no interaction of queries and keys; this has.";
    info.source = "Circuits of QELM (R-D-BioTech-Alaska/Qelm), with scores and gradients put right";
    info.parameters = parametersOfPqc();
    info.properties = circuitProperties(Parameters(info.parameters));
    return info;
}

std::size_t layersOf(const Parameters& parameters) { return static_cast<std::size_t>(parameters.integer("layers")); }

std::size_t qubitsOf(const HeadInput& input)
{
    return qubitsFor(std::max(input.layerInput.columns, input.inputOfKeys().columns));
}

class Pqc final : public ProjectedMechanism, public FeedForwardMechanism {
public:
    const MechanismInfo& info() const override { return m_info; }

    MechanismProperties properties(const Parameters& parameters) const override
    {
        return circuitProperties(parameters);
    }

    bool replacesFeedForward(const Parameters& parameters) const override { return parameters.flag("feed-forward"); }

    std::unique_ptr<FeedForwardPart> feedForward(const HeadInput& input, const Parameters& parameters) const override
    {
        return circuitFeedForward(input, layersOf(parameters),
                                  parameters.flag("quantise") ? static_cast<int>(parameters.integer("bits")) : 0);
    }

    // "readout" (dv, n) turns the n measured numbers into a value; N(0, 1/n) at first.
    NamedTensors initialTensors(const HeadInput& input, const Parameters& parameters) const override
    {
        NamedTensors tensors = headTensors(input, parameters);
        if (parameters.flag("feed-forward"))
            tensors.merge(initialFeedForward(input, layersOf(parameters)));
        return tensors;
    }

private:
    // Those that the head itself uses.
    static NamedTensors headTensors(const HeadInput& input, const Parameters& parameters)
    {
        const std::size_t qubits = qubitsOf(input);
        NamedTensors tensors;
        for (const HeadCircuit which : circuitsOf(parameters))
            tensors[anglesName(which)] = initialAngles(input, which, 2 * qubits * layersOf(parameters));
        if (usesModelValues(parameters))
            return tensors;
        Tensor readout({input.values.columns, qubits});
        RandomStream random(input.random, 0, kReadout);
        for (float& x : readout.values())
            x = static_cast<float>(random.normal() / std::sqrt(static_cast<double>(qubits)));
        tensors["readout"] = std::make_shared<const Tensor>(std::move(readout));
        return tensors;
    }

    static std::vector<HeadCircuit> circuitsOf(const Parameters& parameters)
    {
        if (usesModelValues(parameters))
            return {HeadCircuit::Queries, HeadCircuit::Keys};
        return {HeadCircuit::Queries, HeadCircuit::Keys, HeadCircuit::Values};
    }

    static CircuitFeatures features(const HeadInput& input, const Parameters& parameters, const NamedTensors& initial,
                                    HeadCircuit which)
    {
        const std::size_t qubits = qubitsOf(input);
        const std::string name = anglesName(which);
        std::vector<double> angles = trainedValues(input, name, *initial.at(name));
        if (parameters.flag("quantise"))
            for (double& angle : angles)
                angle = quantisedAngle(angle, static_cast<int>(parameters.integer("bits")));
        std::vector<PauliString> strings;
        for (std::size_t qubit = 0; qubit < qubits; ++qubit)
            strings.push_back(PauliString::zOn(qubit, qubits));
        return {pqcAnsatz(qubits, layersOf(parameters)), std::move(angles), std::move(strings),
                executionOf(parameters)};
    }

    static Dense readoutOf(const HeadInput& input, const NamedTensors& initial)
    {
        return dense(trainedValues(input, "readout", *initial.at("readout")), qubitsOf(input));
    }

    Projections project(const HeadInput& input, const Parameters& parameters) const override
    {
        const MatrixView queryTokens = layerInputOfQueries(input);
        const MatrixView keyTokens = layerInputOfKeys(input);
        const NamedTensors initial = headTensors(input, parameters);
        const auto measured = [&](HeadCircuit which, MatrixView tokens) {
            return dense(features(input, parameters, initial, which).apply(tokens), qubitsOf(input));
        };
        Projections result;
        result.measured = true;
        const CircuitFeatures keys = features(input, parameters, initial, HeadCircuit::Keys);
        result.queries = measured(HeadCircuit::Queries, queryTokens);
        result.keys = dense(keys.apply(keyTokens), qubitsOf(input));
        std::size_t parameterCount = 0;
        for (const auto& [name, tensor] : initial)
            parameterCount += tensor->size();
        if (!usesModelValues(parameters))
            result.values =
                valueTensor(measured(HeadCircuit::Values, keyTokens) * readoutOf(input, initial).transpose());
        result.describe = [keys, keyTokens, parameterCount] {
            std::vector<Diagnostic> all = circuitDiagnostics(keys, tokensWithoutState(keyTokens));
            all.push_back(numberDiagnostic("parameters", "Parameters of the head as defined",
                                           static_cast<double>(parameterCount)));
            return all;
        };
        return result;
    }

    void addCircuits(const HeadInput& input, const Parameters& parameters, std::size_t query, std::size_t key,
                     PairReading& reading) const override
    {
        const NamedTensors initial = headTensors(input, parameters);
        addTokenCircuit(reading, features(input, parameters, initial, HeadCircuit::Queries), PairRole::Query,
                        layerInputOfQueries(input).row(query));
        addTokenCircuit(reading, features(input, parameters, initial, HeadCircuit::Keys), PairRole::Key,
                        layerInputOfKeys(input).row(key));
    }

    static double dotFactor(const HeadInput& input, const Parameters& parameters)
    {
        return 1.0 / (std::sqrt(static_cast<double>(qubitsOf(input))) * parameters.real("tau"));
    }

    ProjectedRule rule(const HeadInput& input, const Parameters& parameters) const override
    {
        if (parameters.choice("score") == "dot")
            return {.dotFactor = dotFactor(input, parameters)};
        return {.distanceFactor = 1.0 / (2.0 * parameters.real("variance"))};
    }

    void projectBackward(const HeadInput& input, const Parameters& parameters, const ProjectionGradients& gradients,
                         const HeadGradients& into) const override
    {
        const NamedTensors initial = headTensors(input, parameters);
        const MatrixView keyTokens = layerInputOfKeys(input);
        addCircuitGradients(features(input, parameters, initial, HeadCircuit::Queries), HeadCircuit::Queries,
                            layerInputOfQueries(input), gradients.queries, into.layerInput, into);
        addCircuitGradients(features(input, parameters, initial, HeadCircuit::Keys), HeadCircuit::Keys, keyTokens,
                            gradients.keys, into.keyInput, into);
        if (!usesModelValues(parameters)) {
            const CircuitFeatures values = features(input, parameters, initial, HeadCircuit::Values);
            const Dense readout = readoutOf(input, initial);
            addCircuitGradients(values, HeadCircuit::Values, keyTokens, gradients.values * readout, into.keyInput,
                                into);
            const Dense measured = dense(values.apply(keyTokens), qubitsOf(input));
            const Dense ofReadout = gradients.values.transpose() * measured;
            addTrainedGradient(into, "readout", {ofReadout.data(), static_cast<std::size_t>(ofReadout.size())},
                               initial.at("readout")->shape());
        }
        const bool dot = parameters.choice("score") == "dot";
        const double scale = parameters.real(dot ? "tau" : "variance");  // the factor falls as 1/scale
        const double factor = dot ? dotFactor(input, parameters) : 1.0 / (2.0 * scale);
        addTo(into.parameters, dot ? "tau" : "variance", -gradients.factor * factor / scale);
    }

    double projectedSize(const HeadInput& input, const Parameters&) const override
    {
        return static_cast<double>(qubitsOf(input));
    }

    double projectionFlops(const HeadInput& input, const Parameters& parameters) const override
    {
        const std::size_t qubits = qubitsOf(input);
        const Circuit circuit = pqcAnsatz(qubits, layersOf(parameters));
        const auto keys = static_cast<double>(input.keys.rows);
        const auto queries = static_cast<double>(input.queries.rows);
        return circuitFlops(circuit, qubits, queries + (usesModelValues(parameters) ? keys : 2.0 * keys));
    }

    MechanismInfo m_info = describe();
};

}  // namespace

const Mechanism& pqcMechanism()
{
    static const Pqc mechanism;
    return mechanism;
}

}  // namespace ketscope
