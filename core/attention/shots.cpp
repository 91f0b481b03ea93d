// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/attention/pair_reading.h"
#include "core/attention/shot_gradients.h"
#include "core/attention/shot_rows.h"
#include "core/quantum/mitigation.h"

#include <algorithm>
#include <cmath>
#include <iterator>

namespace ketscope {

namespace {

MechanismInfo describe()
{
    MechanismInfo info;
    info.id = "shots";
    info.title = "Measurement shots";
    info.shortTitle = "Shots";
    info.formula = "P̂ᵢⱼ = #{s : jₛ = j}/S, jₛ ~ Pᵢ = softmax(QKᵀ/√d)ᵢ = |⟨j|ψᵢ⟩|²";
    info.summary = "Every query's softmax row is the Born distribution of a quantum state, and is known only through S "
                   "measurements of it. More shots come closer to classical attention.";
    info.source =
        "Q-Transformers (kumarlokesh/q-transformers), with the sampling made unbiased; Cochran, Sampling "
        "Techniques, ch. 5 and 8; noise and mitigation: Nielsen and Chuang, ch. 8; Temme et al., PRL 119, 180509 "
        "(2017)";
    info.properties.sampled = true;
    info.properties.givesStandardError = true;
    info.properties.gradient = GradientKind::Expected;
    info.parameters = estimatorParameters();
    info.parameters.push_back(gradientParameter());
    std::ranges::move(controlParameters("register", {"off"}), std::back_inserter(info.parameters));
    std::ranges::move(registerParameters(), std::back_inserter(info.parameters));
    return info;
}

// Whether one estimate alone comes with a closed form of its standard error.
bool hasClosedFormError(const ShotMode& mode, const Parameters& parameters)
{
    if (!mode.noisy)
        return mode.estimator.knowsVariance;
    const Mitigation mitigation = chosenMitigation(parameters).kind;
    const bool nonlinear =
        (mitigation == Mitigation::Readout && parameters.choice("inversion") == "unfolding")
        || (mitigation == Mitigation::ZeroNoise && parameters.choice("extrapolation") == "exponential");
    return mode.estimator.multinomial && mode.estimator.sampled && !nonlinear;
}

// Negative weights; and rows that do not sum to one.
void tellSigns(const ShotMode& mode, const Parameters& parameters, MechanismProperties& properties)
{
    const MitigationMethod& method = chosenMitigation(parameters);
    const bool raw = mode.noisy && method.projects && !parameters.flag("project");
    properties.signedWeights = (mode.controlled && mode.sampled) || raw;
    properties.rowStochastic = !properties.signedWeights;
    if (mode.noisy && method.kind == Mitigation::None)
        properties.rowStochastic = parameters.choice("padding") == "postselect";
    else if (!mode.noisy && !mode.estimator.rowStochastic)
        properties.rowStochastic = false;
}

MechanismProperties propertiesWith(MechanismProperties properties, const Parameters& parameters)
{
    const ShotMode mode(parameters);
    properties.sampled = mode.sampled;
    properties.givesStandardError = mode.sampled && (mode.repeats > 1 || hasClosedFormError(mode, parameters));
    properties.randomFeatures = mode.noisy ? parameters.choice("labels") == "random"
                                           : mode.controlled && mode.sampled && parameters.choice("control") == "favor";
    properties.usesKeyOrder = mode.noisy || (mode.estimator.usesKeyOrder && parameters.choice("order") == "position")
                              || (mode.controlled && mode.sampled && parameters.choice("control") == "nystrom");
    properties.causalSafe = mode.estimator.shots == nullptr || mode.estimator.unbiased;
    properties.gradient = shotGradient(parameters);
    tellSigns(mode, parameters, properties);
    return properties;
}

// Plug-in entropy of the weights, brought to a distribution over the keys of probability p > 0 if they are none, and the
// same with the bias of sampling taken off: (K − 1)/2S for K keys that were drawn (Miller and Madow), in general
// ½ Σ Var(P̂ⱼ)/P̂ⱼ. That is the second term of a series: below one standard error a weight counts as that, and the entropy
// is at most that of even weights. A row of nothing has none.
std::array<double, 2> entropies(const ShotRow& row, std::span<const double> p, const ShotMode& mode)
{
    std::vector<double> weights = row.weights;
    if (std::ranges::all_of(weights, [](double w) { return w <= 0.0; }))
        return {0.0, 0.0};
    std::vector<std::uint8_t> allowed(p.size());
    std::ranges::transform(p, allowed.begin(), [](double x) { return static_cast<std::uint8_t>(x > 0.0); });
    if (mode.noisy || mode.controlled || !mode.estimator.rowStochastic)
        projectOntoConstraints(weights, allowed);
    const double plugIn = entropyOf(weights);
    const bool independent = mode.estimator.independent && !mode.noisy && !mode.controlled && !mode.blended;
    double bias = 0.0;
    for (std::size_t j = 0; j < weights.size(); ++j) {
        if (weights[j] <= 0.0)
            continue;
        if (independent || row.standardErrors.empty())
            bias += row.shots > 0.0 ? 0.5 / row.shots : 0.0;
        else
            bias += 0.5 * row.standardErrors[j] * row.standardErrors[j] / std::max(weights[j], row.standardErrors[j]);
    }
    if ((independent || row.standardErrors.empty()) && row.shots > 0.0)
        bias -= 0.5 / row.shots;
    const double most = std::log(static_cast<double>(std::ranges::count(allowed, 1)));
    return {plugIn, std::max(plugIn, std::min(plugIn + bias, most))};
}

// Whether a mitigation's cost is known: rows have standard errors.
bool tellsCost(const ShotMode& mode, const Parameters& parameters)
{
    return mode.sampled && mode.noisy && chosenMitigation(parameters).kind != Mitigation::None
           && (mode.repeats > 1 || hasClosedFormError(mode, parameters));
}

// The variance of a row's weights in that of as many shots of a register without noise, Σ p(1 − p)/S.
double varianceCost(const ShotRow& row, std::span<const double> p)
{
    double mitigated = 0.0, plain = 0.0;
    for (std::size_t j = 0; j < p.size(); ++j) {
        mitigated += row.standardErrors[j] * row.standardErrors[j];
        plain += p[j] * (1.0 - p[j]);
    }
    return plain > 0.0 ? mitigated * row.shots / plain : 0.0;
}

std::vector<DiagnosticInfo> rowDiagnosticsOf(const ShotMode& mode, bool cost)
{
    std::vector<DiagnosticInfo> infos;
    if (mode.sampled)
        infos = {{"entropy_plug_in", "Entropy of the sampled row", "nats"},
                 {"entropy_corrected", "Entropy, corrected for the shots (Miller–Madow)", "nats"},
                 {"shots_used", "Shots used", "shots"}};
    if (mode.noisy)
        infos.push_back({"leaked_mass", "Share of outcomes that are no allowed key"});
    if (mode.controlled && mode.sampled)
        infos.push_back({"beta", "Coefficient of the control variate"});
    if (cost)
        infos.push_back({"variance_cost", "Variance, in that of as many shots without noise", "×"});
    return infos;
}

class ShotsHead final : public WeightsHead {
public:
    ShotsHead(const HeadInput& head, const Parameters& parameters, DrawRange without)
        : WeightsHead(head), m_keys(PackedMatrix::transposed(head.keys)), m_rows(head, parameters, without),
          m_cost(tellsCost(m_rows.mode(), parameters))
    {
    }

private:
    void fillWeights(std::size_t first, MutableMatrixView weights, MutableMatrixView standardError) const override
    {
        fillRows(first, {weights, {}, standardError, {}});
    }

    void fillRows(std::size_t first, const HeadOutput& block) const override
    {
        m_keys.multiply(input().queries.middleRows(first, block.weights.rows), block.weights);
        for (std::size_t i = 0; i < block.weights.rows; ++i) {
            const std::size_t query = first + i;
            const std::span<float> weights = block.weights.row(i);
            const std::vector<double> p = m_rows.probabilities(query, weights);
            ShotRow row{std::vector<double>(p.size(), 0.0), {}, 0.0, 0.0, 0.0};
            if (std::ranges::any_of(p, [](double x) { return x > 0.0; })) {
                RandomStream stream(input().random, static_cast<std::uint32_t>(query));
                row = m_rows.measure(query, p, stream);
            }
            const auto toFloat = [](double x) { return static_cast<float>(x); };
            std::ranges::transform(row.weights, weights.begin(), toFloat);
            if (!block.standardError.empty())
                std::ranges::transform(row.standardErrors, block.standardError.row(i).begin(), toFloat);
            if (!block.diagnostics.empty())
                report(row, p, i, block.diagnostics);
        }
    }

    void report(const ShotRow& row, std::span<const double> p, std::size_t i, MutableMatrixView diagnostics) const
    {
        std::vector<double> values;
        if (m_rows.mode().sampled) {
            const auto [plugIn, corrected] = entropies(row, p, m_rows.mode());
            values = {plugIn, corrected, row.shots};
        }
        if (m_rows.mode().noisy)
            values.push_back(row.leaked);
        if (m_rows.mode().controlled && m_rows.mode().sampled)
            values.push_back(row.beta);
        if (m_cost)
            values.push_back(row.standardErrors.empty() ? 0.0 : varianceCost(row, p));
        for (std::size_t k = 0; k < values.size(); ++k)
            diagnostics(k, i) = static_cast<float>(values[k]);
    }

    PackedMatrix m_keys;  // (d, m)
    ShotRows m_rows;
    bool m_cost;
};

// What an index register's noise makes of the keys' probabilities, without shots; what is on no key is left out.
std::vector<double> noisyProbabilities(const HeadInput& input, const Parameters& parameters,
                                       std::span<const double> probabilities, std::size_t query)
{
    const std::size_t end = input.mask.keyEnd(query, input.queries.rows, input.keys.rows);
    const std::size_t size = std::min(input.keys.rows, std::size_t{1} << registerQubits(end));
    const IndexRegister noisy(parameters, size, input.random);
    const std::vector<double> outcomes = noisy.distribution(probabilities.first(size), 0);
    std::vector<double> result(probabilities.size(), 0.0);
    for (std::size_t outcome = 0; outcome < std::min(outcomes.size(), noisy.keys().size()); ++outcome)
        if (noisy.keys()[outcome] >= 0)
            result[static_cast<std::size_t>(noisy.keys()[outcome])] += outcomes[outcome];
    return result;
}

class ShotsMechanism final : public Mechanism, public Repeated {
public:
    const MechanismInfo& info() const override { return m_info; }

    MechanismProperties properties(const Parameters& parameters) const override
    {
        return propertiesWith(m_info.properties, parameters);
    }

    std::uint64_t draws(const Parameters& parameters) const override { return ShotMode(parameters).repeats; }

    std::unique_ptr<PreparedHead> prepare(const HeadInput& input, const Parameters& parameters,
                                          const Monitor& monitor) const override
    {
        return prepareWithout(input, parameters, {}, monitor);
    }

    std::unique_ptr<PreparedHead> prepareWithout(const HeadInput& input, const Parameters& parameters,
                                                 DrawRange without, const Monitor& monitor) const override
    {
        monitor.check();
        return std::make_unique<ShotsHead>(input, parameters, without);
    }

    std::vector<DiagnosticInfo> rowDiagnostics(const Parameters& parameters) const override
    {
        const ShotMode mode(parameters);
        return rowDiagnosticsOf(mode, tellsCost(mode, parameters));
    }

    PairReading pair(const HeadInput& input, const Parameters& parameters, std::size_t query, std::size_t key,
                     const Monitor& monitor) const override
    {
        const ShotMode mode(parameters);
        PairReading reading = Mechanism::pair(input, parameters, query, key, monitor);
        reading.noStates.clear();
        std::vector<float> scores;
        for (const double logit : reading.scores)
            scores.push_back(static_cast<float>(logit / input.scale));
        const std::vector<double> p = ShotRows(input, parameters).probabilities(query, scores);
        PairState state{PairRole::Query, "Index register of the query: √p of every key", {}, true};
        for (const double probability : p)
            state.amplitudes.emplace_back(std::sqrt(probability));
        reading.states.push_back(std::move(state));
        const HeadRow row = attendRow(*this, input, parameters, query, monitor);
        PairOutcomes outcomes{"Keys of the query's register", {}, p, {}, {}, {}, 0.0, key};
        if (mode.noisy)
            outcomes.noisy = noisyProbabilities(input, parameters, p, query);
        if (mode.sampled) {
            outcomes.measured.assign(row.weights.begin(), row.weights.end());
            outcomes.errors.assign(row.errors.begin(), row.errors.end());
        }
        reading.results = {{"Probability of the key, exact", p[key]}};
        if (mode.noisy)
            reading.results.push_back({"Probability with noise", outcomes.noisy[key]});
        if (mode.sampled)
            reading.results.push_back({"Weight, measured", row.weights[key],
                                       row.errors.empty() ? std::nullopt : std::optional<double>(row.errors[key])});
        for (const auto& [info, value] : row.ofRow) {
            reading.results.push_back({info.title, value, {}, info.unit == "shots"});
            if (info.id == "shots_used")
                outcomes.shots = value;
        }
        reading.outcomes = std::move(outcomes);
        return reading;
    }

    void backward(const HeadInput& input, const Parameters& parameters, const OutputGradients& gradients,
                  const HeadGradients& into, const Monitor& monitor) const override
    {
        if (shotGradient(parameters) == GradientKind::None)
            return Mechanism::backward(input, parameters, gradients, into, monitor);
        shotsBackward(input, parameters, gradients, into, monitor);
    }

    // The exact softmax has to be formed first: scores, softmax (four operations), for each repeat and noise scale one draw
    // of a count (about twenty) for each pair, features of a control, and the output. Noise on m qubits takes 3m operations for each outcome.
    double flops(const HeadInput& input, const Parameters& parameters) const override
    {
        const ShotMode mode(parameters);
        const auto keys = static_cast<double>(input.keys.rows);
        const auto pairs = static_cast<double>(input.queries.rows) * keys;
        double draws = mode.sampled ? 20.0 * static_cast<double>(mode.repeats) : 0.0;
        if (mode.noisy)
            draws += 3.0 * std::ceil(std::log2(std::max(keys, 2.0))) * static_cast<double>(mode.repeats);
        if (mode.controlled && parameters.choice("control") == "favor")
            draws += 2.0 * parameters.real("control-features");
        if (mode.noisy && chosenMitigation(parameters).kind == Mitigation::ZeroNoise)
            draws *= parameters.choice("scales") == "one-three" ? 2.0 : 3.0;
        return pairs * (2.0 * static_cast<double>(input.queries.columns + input.values.columns) + 4.0 + draws);
    }

private:
    MechanismInfo m_info = describe();
};

}  // namespace

const Mechanism& shotsMechanism()
{
    static const ShotsMechanism mechanism;
    return mechanism;
}

}  // namespace ketscope
