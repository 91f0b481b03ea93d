// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/attention/head_circuits.h"
#include "core/attention/qisa_counts.h"
#include "core/attention/quadratic_values.h"
#include "core/quantum/ansatz.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <set>

namespace ketscope {

namespace {

QisaVersion versionOf(const Parameters& parameters)
{
    const std::string& name = parameters.choice("version");
    return name == "v1"   ? QisaVersion::V1
           : name == "v2" ? QisaVersion::V2
           : name == "v3" ? QisaVersion::V3
                          : QisaVersion::Paper;
}

bool circuitKeys(QisaVersion version) { return version == QisaVersion::V1 || version == QisaVersion::V2; }

bool anythingIsMeasured(const Parameters& parameters)
{
    return circuitKeys(versionOf(parameters)) || !usesModelValues(parameters);
}

constexpr const char* kStringsAreMeasured = "values=circuit or version=v2";

bool stringsAreMeasured(const Parameters& parameters)
{
    return versionOf(parameters) == QisaVersion::V2 || !usesModelValues(parameters);
}

// The parameter, of circuits and quadratic forms: without a meaning where all is the model's own.
Parameter ofMeasurements(Parameter parameter)
{
    parameter.shownIf = anythingIsMeasured;
    parameter.shownIfWords = "values=circuit or version=v1 or v2";
    return parameter;
}

std::vector<Parameter> methodParameters()
{
    return {
        {.id = "version",
         .title = "Version",
         .help =
             "v3: queries and keys are the model's own, values come from a circuit. v1: queries and keys are one ⟨Z⟩ "
             "of a circuit each. v2: they are vectors of expectations. Paper: as v3, with values uᵀPu of u = Lx "
             "and no circuit; L is the identity unless it was trained.",
         .kind = ParameterKind::Choice,
         .choices = {"v3", "v2", "v1", "paper"},
         .choiceTitles = {"v3 (AQISA)", "v2", "v1", "Paper (quadratic form)"}},
        valuesParameter(),
        ofMeasurements({.id = "layers",
                        .title = "Circuit layers",
                        .help = "Layers of RX, RY, ring of CNOTs, RY: 3n angles each on n = ⌈log₂ width⌉ qubits.",
                        .kind = ParameterKind::Integer,
                        .minimum = 1,
                        .maximum = 8,
                        .initial = 1,
                        .shownWhen = "version",
                        .shownWhenIn = {"v3", "v2", "v1"}}),
        ofMeasurements(executionParameter()),
    };
}

std::vector<Parameter> scoreParameters()
{
    return {
        {.id = "bandwidth",
         .title = "Bandwidth",
         .help = "σ² of α = exp(−‖q − k‖²/2σ²). √d_h grows with the head's size d_h as distances do.",
         .kind = ParameterKind::Choice,
         .choices = {"root", "chosen", "published"},
         .choiceTitles = {"σ² = √d_h", "Chosen σ²", "σ² = ½ (as published)"},
         .choiceFaults = {"", "", "Scores do not scale with the head's size: α underflows and its gradient vanishes."},
         .group = "Scores"},
        {.id = "variance",
         .title = "Squared bandwidth",
         .symbol = "σ²",
         .help = "In units of squared queries and keys.",
         .kind = ParameterKind::Real,
         .minimum = 0.05,
         .maximum = 1000,
         .initial = 8,
         .logarithmic = true,
         .shownWhen = "bandwidth",
         .shownWhenIn = {"chosen"},
         .group = "Scores"},
        {.id = "rule",
         .title = "Row rule",
         .help = "Direct: a row of α is divided by its sum. Softmax: the softmax of α, as published.",
         .kind = ParameterKind::Choice,
         .choices = {"direct", "softmax"},
         .choiceTitles = {"Direct", "Softmax of α (as published)"},
         .choiceFaults = {"",
                          "Softmax of numbers in [0, 1]: weights of a row differ by at most a factor e, so maps are "
                          "almost flat."},
         .group = "Scores"},
        {.id = "aggregate",
         .title = "Aggregation",
         .help =
             "A·v: a token gets the values of the keys it attends to. Aᵀ·v, as published: it gets the values of the "
             "tokens that attend to it, which with a causal mask are itself and later ones.",
         .kind = ParameterKind::Choice,
         .choices = {"rows", "transposed"},
         .choiceTitles = {"A·v", "Aᵀ·v (as published)"},
         .choiceFaults = {"",
                          "The map is transposed: every token receives itself and the future, so the answer leaks."},
         .group = "Scores"},
    };
}

std::vector<Parameter> stringParameters()
{
    return {
        {.id = "identity",
         .title = "Share of I",
         .symbol = "p_I",
         .help = "Probability of the identity at each site of a random Pauli string.",
         .kind = ParameterKind::Real,
         .minimum = 0,
         .maximum = 0.95,
         .initial = 0.9,
         .group = "Pauli strings",
         .shownIf = stringsAreMeasured,
         .shownIfWords = kStringsAreMeasured},
        {.id = "strings",
         .title = "Drawing",
         .help = "Distinct: no string twice and, for the real vectors of the paper's version, none that is always 0.",
         .kind = ParameterKind::Choice,
         .choices = {"distinct", "published"},
         .choiceTitles = {"Distinct", "With replacement (as published)"},
         .choiceFaults = {"", "Channels repeat, and for real vectors about a third are always 0."},
         .group = "Pauli strings",
         .shownIf = stringsAreMeasured,
         .shownIfWords = kStringsAreMeasured},
    };
}

struct Settings {
    explicit Settings(const Parameters& parameters)
        : version(versionOf(parameters)), modelValues(usesModelValues(parameters)),
          needsStrings(stringsAreMeasured(parameters)), layers(static_cast<std::size_t>(parameters.integer("layers"))),
          execution(executionOf(parameters)), softmax(parameters.choice("rule") == "softmax"),
          transposed(parameters.choice("aggregate") == "transposed")
    {
        drawing.identity = parameters.real("identity");
        drawing.distinct = parameters.choice("strings") == "distinct";
        drawing.evenY = drawing.distinct && version == QisaVersion::Paper;
    }

    bool circuitValues() const { return !modelValues && version != QisaVersion::Paper; }
    bool quadraticValues() const { return !modelValues && version == QisaVersion::Paper; }
    bool isRandom() const { return circuitKeys(version) || !modelValues; }

    QisaVersion version;
    bool modelValues;
    bool needsStrings;
    std::size_t layers;
    CircuitExecution execution;
    bool softmax;
    bool transposed;
    PauliDrawing drawing;
};

// The width of the layer: what circuits encode.
std::size_t widthOf(const HeadInput& input) { return std::max(input.layerInput.columns, input.inputOfKeys().columns); }

// One head's circuits, made from its trained or initial tensors.
class QisaHead {
public:
    QisaHead(const HeadInput& input, const Settings& settings, const NamedTensors& initial)
        : m_input(input), m_settings(settings), m_initial(initial)
    {
    }

    MatrixView queryTokens() const { return layerInputOfQueries(m_input); }
    MatrixView keyTokens() const { return layerInputOfKeys(m_input); }
    std::size_t keyWidth() const { return m_input.inputOfKeys().columns; }

    std::vector<PauliString> strings(std::size_t count) const
    {
        const Tensor& initial = *m_initial.at("pauli_strings");
        auto all = stringsOf(trainedValues(m_input, "pauli_strings", initial), initial.shape()[1]);
        all.resize(count);
        return all;
    }

    CircuitFeatures features(HeadCircuit which) const
    {
        const std::size_t qubits = qubitsFor(widthOf(m_input));
        const bool single = m_settings.version == QisaVersion::V1 && which != HeadCircuit::Values;
        auto measured = single ? std::vector<PauliString>{PauliString::zOn(0, qubits)}
                               : strings(which == HeadCircuit::Values ? m_input.values.columns : m_input.keys.columns);
        const std::string name = anglesName(which);
        return {qisaAnsatz(qubits, m_settings.layers), trainedValues(m_input, name, *m_initial.at(name)),
                std::move(measured), m_settings.execution};
    }

    QuadraticValues quadratic() const
    {
        std::optional<Dense> map;
        if (m_input.trained != nullptr && m_input.trained->contains("projection"))
            map = dense(trainedValues(m_input, "projection", Tensor({keyWidth(), keyWidth()})), keyWidth());
        return {std::move(map), strings(m_input.values.columns), m_settings.execution == CircuitExecution::Observables};
    }

private:
    const HeadInput& m_input;
    const Settings& m_settings;
    const NamedTensors& m_initial;
};

MechanismProperties propertiesOf(const Settings& settings)
{
    MechanismProperties result;
    result.rowStochastic = result.causalSafe = result.crossAttention = !settings.transposed;
    result.usesKeyOrder = settings.transposed;
    result.randomFeatures = settings.isRandom();
    result.weighsValues = settings.modelValues;
    result.gradient = GradientKind::Exact;
    return result;
}

MechanismInfo describe()
{
    MechanismInfo info;
    info.id = "qisa";
    info.title = "QISA circuit values";
    info.shortTitle = "QISA";
    info.formula = "αᵢⱼ = exp(−‖qᵢ − kⱼ‖²/2σ²), A = α/Σα; vⱼ = (⟨ψⱼ|U†PₗU|ψⱼ⟩)ₗ, |ψⱼ⟩ = xⱼ/‖xⱼ‖";
    info.summary =
        "Keys near the query get more weight, and the values are random Pauli measurements of the token's state "
        "after a small circuit. Angles that were not trained are drawn from the seed.";
    info.source = "QISA and AQISA (Nikait/QISA), arXiv 2603.03318; corrected, with the published variants as options";
    info.parameters = methodParameters();
    for (auto&& list : {scoreParameters(), stringParameters()})
        info.parameters.insert(info.parameters.end(), list.begin(), list.end());
    info.properties = propertiesOf(Settings(Parameters(info.parameters)));
    return info;
}

class Qisa final : public ProjectedMechanism {
public:
    const MechanismInfo& info() const override { return m_info; }

    MechanismProperties properties(const Parameters& parameters) const override
    {
        return propertiesOf(Settings(parameters));
    }

    // The paper's L is the identity until it has been trained.
    NamedTensors initialTensors(const HeadInput& input, const Parameters& parameters) const override
    {
        HeadInput untrained = input;
        untrained.trained = nullptr;
        NamedTensors tensors = drawnTensors(untrained, Settings(parameters));
        if (!Settings(parameters).quadraticValues())
            return tensors;
        const std::size_t width = input.inputOfKeys().columns;
        Tensor identity = Tensor::zeros({width, width});
        for (std::size_t i = 0; i < width; ++i)
            identity.matrix()(i, i) = 1.0F;
        tensors["projection"] = std::make_shared<const Tensor>(std::move(identity));
        return tensors;
    }

private:
    static NamedTensors drawnTensors(const HeadInput& input, const Settings& settings)
    {
        NamedTensors tensors;
        if (!settings.isRandom())
            return tensors;
        layerInputOfKeys(input);  // refuses when it is not known
        const std::size_t qubits = qubitsFor(widthOf(input));
        const auto add = [&](HeadCircuit which) {
            tensors[anglesName(which)] = initialAngles(input, which, 3 * qubits * settings.layers);
        };
        if (circuitKeys(settings.version)) {
            add(HeadCircuit::Queries);
            add(HeadCircuit::Keys);
        }
        if (settings.circuitValues())
            add(HeadCircuit::Values);
        if (!settings.needsStrings)
            return tensors;
        const std::size_t count = std::max(input.keys.columns, input.values.columns);
        tensors["pauli_strings"] = knownOrInitialStrings(input, qubits, count, settings.drawing);
        return tensors;
    }

    Projections project(const HeadInput& input, const Parameters& parameters) const override
    {
        const Settings settings(parameters);
        const NamedTensors initial = drawnTensors(input, settings);
        const QisaHead head(input, settings, initial);
        Projections result;
        std::optional<CircuitFeatures> shown;  // whose circuit the diagnostics describe
        result.measured = circuitKeys(settings.version);
        if (circuitKeys(settings.version)) {
            const CircuitFeatures queries = head.features(HeadCircuit::Queries);
            shown = head.features(HeadCircuit::Keys);
            result.queries = dense(queries.apply(head.queryTokens()), queries.strings().size());
            result.keys = dense(shown->apply(head.keyTokens()), shown->strings().size());
        } else {
            result.queries = dense(input.queries);
            result.keys = dense(input.keys);
        }
        if (settings.circuitValues()) {
            shown = head.features(HeadCircuit::Values);
            result.values = valueTensor(dense(shown->apply(head.keyTokens()), shown->strings().size()));
        }
        if (settings.quadraticValues())
            result.values = valueTensor(head.quadratic().apply(dense(head.keyTokens())));
        result.describe = [input, settings, initial, shown] {
            const QisaHead described(input, settings, initial);
            std::vector<Diagnostic> all;
            if (settings.isRandom())
                all = diagnosticsOf(input, settings, described);
            if (shown)
                std::ranges::move(circuitDiagnostics(*shown, tokensWithoutState(described.keyTokens())),
                                  std::back_inserter(all));
            return all;
        };
        return result;
    }

    static std::vector<Diagnostic> diagnosticsOf(const HeadInput& input, const Settings& settings, const QisaHead& head)
    {
        const std::size_t width = widthOf(input);
        const auto number = [](std::size_t value) { return static_cast<double>(value); };
        std::vector<Diagnostic> result = {
            numberDiagnostic(
                "parameters", "Parameters of the head as defined",
                number(qisaParameterCount(settings.version, width, input.queries.columns, settings.layers))),
            numberDiagnostic("classical_parameters", "Parameters of a classical head",
                             number(classicalParameterCount(width, input.queries.columns)))};
        if (!settings.needsStrings)
            return result;
        std::set<std::string> texts;
        std::size_t dead = 0;
        const std::size_t count = settings.modelValues ? input.keys.columns : input.values.columns;
        for (const PauliString& string : head.strings(count)) {
            texts.insert(string.text());
            dead += settings.version == QisaVersion::Paper ? string.yCount() & 1 : 0;
        }
        result.push_back(numberDiagnostic("distinct_strings", "Distinct Pauli strings", number(texts.size())));
        result.push_back(numberDiagnostic("dead_channels", "Channels that are always 0", number(dead)));
        return result;
    }

    // Where queries and keys are the model's own, the circuit is that of the key's value.
    void addCircuits(const HeadInput& input, const Parameters& parameters, std::size_t query, std::size_t key,
                     PairReading& reading) const override
    {
        const Settings settings(parameters);
        const NamedTensors initial = drawnTensors(input, settings);
        const QisaHead head(input, settings, initial);
        if (circuitKeys(settings.version)) {
            addTokenCircuit(reading, head.features(HeadCircuit::Queries), PairRole::Query,
                            head.queryTokens().row(query));
            addTokenCircuit(reading, head.features(HeadCircuit::Keys), PairRole::Key, head.keyTokens().row(key));
            return;
        }
        reading.features->title = "Head vectors q and k";
        if (!settings.circuitValues()) {
            reading.noStates = "Queries, keys and values of this version come without a circuit.";
            return;
        }
        addTokenCircuit(reading, head.features(HeadCircuit::Values), PairRole::Key, head.keyTokens().row(key));
        if (!reading.circuits.empty()) {
            reading.circuits.back().title = "Circuit of the key's value; q and k themselves are the model's own";
            reading.circuits.back().blocks[0].title = "U_v";
            reading.states.back().title = "U_v|x⟩ of the key, which its value is read from";
        }
    }

    // ‖q − k‖² of v1 stands for its one number repeated d_h times.
    static double repeats(const HeadInput& input, const Settings& settings)
    {
        return settings.version == QisaVersion::V1 ? static_cast<double>(input.queries.columns) : 1.0;
    }

    ProjectedRule rule(const HeadInput& input, const Parameters& parameters) const override
    {
        const Settings settings(parameters);
        const std::string& bandwidth = parameters.choice("bandwidth");
        const double sigma2 = bandwidth == "root"        ? std::sqrt(static_cast<double>(input.queries.columns))
                              : bandwidth == "published" ? 0.5
                                                         : parameters.real("variance");
        return {.distanceFactor = repeats(input, settings) / (2.0 * sigma2),
                .softmaxOfScores = settings.softmax,
                .transposed = settings.transposed};
    }

    void projectBackward(const HeadInput& input, const Parameters& parameters, const ProjectionGradients& gradients,
                         const HeadGradients& into) const override
    {
        const Settings settings(parameters);
        const NamedTensors initial = drawnTensors(input, settings);
        const QisaHead head(input, settings, initial);
        if (circuitKeys(settings.version)) {
            addCircuitGradients(head.features(HeadCircuit::Queries), HeadCircuit::Queries, head.queryTokens(),
                                gradients.queries, into.layerInput, into);
            addCircuitGradients(head.features(HeadCircuit::Keys), HeadCircuit::Keys, head.keyTokens(), gradients.keys,
                                into.keyInput, into);
        } else {
            addTo(into.queries, gradients.queries);
            addTo(into.keys, gradients.keys);
        }
        if (settings.circuitValues())
            addCircuitGradients(head.features(HeadCircuit::Values), HeadCircuit::Values, head.keyTokens(),
                                gradients.values, into.keyInput, into);
        if (settings.quadraticValues())
            addQuadraticGradients(head, gradients.values, into);
        if (parameters.choice("bandwidth") == "chosen") {
            const double sigma2 = parameters.real("variance");  // f = r/(2σ²)
            addTo(into.parameters, "variance", -gradients.factor * repeats(input, settings) / (2.0 * sigma2 * sigma2));
        }
    }

    static void addQuadraticGradients(const QisaHead& head, const Dense& gradients, const HeadGradients& into)
    {
        const auto width = static_cast<Eigen::Index>(head.keyWidth());
        Dense ofMap = Dense::Zero(width, width);
        const Dense ofTokens = head.quadratic().backward(dense(head.keyTokens()), gradients, &ofMap);
        addTo(into.keyInput, ofTokens);
        addTrainedGradient(into, "projection", {ofMap.data(), static_cast<std::size_t>(ofMap.size())},
                           {head.keyWidth(), head.keyWidth()});
    }

    double projectedSize(const HeadInput& input, const Parameters& parameters) const override
    {
        return Settings(parameters).version == QisaVersion::V1 ? 1.0 : static_cast<double>(input.queries.columns);
    }

    double projectionFlops(const HeadInput& input, const Parameters& parameters) const override
    {
        const Settings settings(parameters);
        const Circuit circuit = qisaAnsatz(qubitsFor(widthOf(input)), settings.layers);
        const auto queries = static_cast<double>(input.queries.rows);
        const auto keys = static_cast<double>(input.keys.rows);
        const auto perKey = static_cast<std::size_t>(projectedSize(input, parameters));
        double sum = circuitKeys(settings.version) ? circuitFlops(circuit, perKey, queries + keys) : 0.0;
        if (!settings.modelValues)
            sum += circuitFlops(settings.circuitValues() ? circuit : Circuit(circuit.qubits()), input.values.columns,
                                keys);
        return sum;
    }

    MechanismInfo m_info = describe();
};

}  // namespace

const Mechanism& qisaMechanism()
{
    static const Qisa mechanism;
    return mechanism;
}

}  // namespace ketscope
