// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/attention/fidelity.h"

#include "core/attention/error_propagation.h"
#include "core/attention/fidelity_pair.h"
#include "core/attention/overlap_tests.h"
#include "core/attention/rows.h"
#include "core/attention/state_pairs.h"
#include "core/base/error.h"

#include <algorithm>
#include <cmath>

namespace ketscope {

namespace {

MechanismInfo describe()
{
    MechanismInfo info;
    info.id = "fidelity";
    info.title = "State fidelity";
    info.shortTitle = "Fidelity";
    info.formula = "Fᵢⱼ = |⟨qᵢ|kⱼ⟩|² = cos²∠(qᵢ, kⱼ); Aᵢⱼ = Fᵢⱼ/Σⱼ Fᵢⱼ, or softmax(Fᵢⱼ/τ)";
    info.summary =
        "Queries and keys become quantum states, and a key's weight is their fidelity. A query without length has "
        "no state: its row is uniform over its allowed keys, as is a direct row whose scores are all 0. Standard "
        "errors of the tests with shots and of trajectories are to first order.";
    info.source =
        "Quantum kernels: Havlíček et al., Nature 567 (2019); swap test: Buhrman et al., PRL 87, 167902 (2001); "
        "Q-Transformers (kumarlokesh/q-transformers)";
    info.parameters = fidelityParameters();
    info.properties.gradient = GradientKind::Exact;
    return info;
}

bool hasLength(std::span<const float> vector)
{
    return std::ranges::any_of(vector, [](float x) { return x != 0.0F; });
}

class FidelityHead final : public WeightsHead {
public:
    FidelityHead(const HeadInput& head, const FidelitySettings& settings, const Monitor& monitor)
        : WeightsHead(head), m_settings(settings), m_pairs(statePairs(input(), settings, monitor)),
          m_keyHasState(head.keys.rows)
    {
        for (std::size_t key = 0; key < head.keys.rows; ++key)
            m_keyHasState[key] = settings.map != StateEncoding::Amplitude || hasLength(head.keys.row(key)) ? 1 : 0;
    }

    // What the row is made from, measured as fillWeights measures it.
    FidelityRow read(std::size_t row) const
    {
        PairScores pairs(1, input().keys.rows);
        m_pairs->fill(row, pairs);
        FidelityRow result{hasQueryState(row), pairs.overlaps, pairs.fidelities, {}, {}, {}};
        result.scores = scoresOf(row, pairs.overlaps, pairs.fidelities);
        for (std::size_t key = 0; key < pairs.keys; ++key) {
            result.compared.push_back(isCompared(row, key, pairs.overlaps[key]) ? 1 : 0);
            const bool direct = m_settings.circuit == OverlapCircuit::Inversion;
            result.frequencies.push_back(direct ? result.scores[key] : (1.0 + result.scores[key]) / 2.0);
        }
        return result;
    }

    std::vector<Diagnostic> diagnostics() const override { return stateDiagnostics(input(), m_settings, *m_pairs); }

private:
    void fillWeights(std::size_t first, MutableMatrixView weights, MutableMatrixView errors) const override
    {
        fillRows(first, {weights, {}, errors, {}});
    }

    void fillRows(std::size_t first, const HeadOutput& block) const override
    {
        const MutableMatrixView weights = block.weights;
        const MutableMatrixView errors = block.standardError;
        PairScores pairs(weights.rows, weights.columns);
        m_pairs->fill(first, pairs);
        for (std::size_t i = 0; i < weights.rows; ++i) {
            const std::size_t row = first + i;
            bool even = false;
            if (!hasQueryState(row)) {
                even = uniformRule(input(), row, weights.row(i));
            } else {
                if (!errors.empty() && (m_settings.hasShots() || pairs.runs > 0))
                    fillErrors(row, pairs, i, errors.row(i));
                even = weigh(row, scoresOf(row, pairs.overlapRow(i), pairs.fidelityRow(i)), weights.row(i));
            }
            if (even && !block.diagnostics.empty())
                block.diagnostics(0, i) = 1.0F;
        }
    }

    bool hasQueryState(std::size_t row) const
    {
        return m_settings.map != StateEncoding::Amplitude || hasLength(input().queries.row(row));
    }

    // Whether a pair is compared at all; its score is 0 otherwise.
    bool isCompared(std::size_t row, std::size_t key, double overlap) const
    {
        const bool dropped = m_settings.sign == SignRemedy::PostSelected && overlap <= 0.0;
        return isAllowed(input(), row, key) && m_keyHasState[key] != 0 && !dropped;
    }

    // The score that the circuit reports.
    double measured(double overlap, double fidelity, RandomStream& stream) const
    {
        switch (m_settings.circuit) {
        case OverlapCircuit::Inversion: return inversionTest(fidelity, m_settings.shots, stream);
        case OverlapCircuit::Swap: return swapTest(fidelity, m_settings.shots, stream);
        case OverlapCircuit::Hadamard: return hadamardTest(overlap, m_settings.shots, stream);
        case OverlapCircuit::HadamardExact: return overlap;
        case OverlapCircuit::Exact: break;
        }
        return fidelity;
    }

    std::vector<double> scoresOf(std::size_t row, std::span<const double> overlaps,
                                 std::span<const double> fidelities) const
    {
        RandomStream stream(input().random, static_cast<std::uint32_t>(row));
        std::vector<double> scores(overlaps.size(), 0.0);
        for (std::size_t key = 0; key < scores.size(); ++key)
            if (isCompared(row, key, overlaps[key]))
                scores[key] = measured(overlaps[key], fidelities[key], stream);
        return scores;
    }

    // Whether nothing is left of the scores, so that the weights are even.
    bool weigh(std::size_t row, std::span<const double> scores, std::span<float> weights) const
    {
        // Products of many cosines are far below what float holds; only ratios matter to the direct rule.
        const double largest = *std::ranges::max_element(scores);
        const double unit = m_settings.softmax ? m_settings.tau : largest;
        std::ranges::transform(scores, weights.begin(),
                               [unit](double score) { return unit > 0.0 ? static_cast<float>(score / unit) : 0.0F; });
        if (!m_settings.softmax)
            return directRule(input(), row, weights);
        softmaxRule(input(), row, weights);
        return false;
    }

    // What the circuit reports with endless shots, and the variance of its report with the shots there are.
    void expect(std::size_t row, std::span<const double> overlaps, std::span<const double> fidelities,
                std::span<double> scores, std::span<double> variances) const
    {
        for (std::size_t key = 0; key < overlaps.size(); ++key) {
            if (!isCompared(row, key, overlaps[key]))
                continue;
            scores[key] = m_settings.keepsSign() ? overlaps[key] : fidelities[key];
            if (!m_settings.hasShots())
                continue;
            const bool inversion = m_settings.circuit == OverlapCircuit::Inversion;
            variances[key] = (inversion ? scores[key] * (1.0 - scores[key]) : 1.0 - scores[key] * scores[key])
                             / static_cast<double>(m_settings.shots);
        }
    }

    // First order around endless shots. An additive mask scales scores and errors alike before the direct rule's sum.
    void fillErrors(std::size_t row, PairScores& pairs, std::size_t i, std::span<float> errors) const
    {
        std::vector<double> scores(pairs.keys, 0.0);
        std::vector<double> variances(pairs.keys, 0.0);
        expect(row, pairs.overlapRow(i), pairs.fidelityRow(i), scores, variances);
        std::vector<float> weights(pairs.keys);
        weigh(row, scores, weights);
        std::vector<double> factors(pairs.keys, 1.0);  // ∂(numerator of a weight)/∂score
        double total = 0.0;
        const MatrixView& bias = input().mask.additive;
        for (std::size_t key = 0; key < scores.size(); ++key) {
            if (!bias.empty() && isAllowed(input(), row, key) && !m_settings.softmax)
                factors[key] = std::exp(bias(row, key));
            total += factors[key] * std::max(scores[key], 0.0);
            variances[key] *= factors[key] * factors[key];
        }
        if (m_settings.softmax)
            propagateThroughSoftmax(weights, variances, m_settings.tau, errors);
        else
            propagateThroughSum(weights, variances, total, errors);
        if (pairs.runs > 0)
            addTrajectories(row, pairs, i, weights, factors, total, errors);
    }

    // Runs of a query are shared by all its keys, so that errors of its scores go together: what each run does to a weight,
    // to first order, is (fⱼ − aⱼ Σ f)/total or aⱼ (fⱼ − Σ a f)/τ, and the weight's error is that of their mean.
    void addTrajectories(std::size_t row, PairScores& pairs, std::size_t i, std::span<const float> weights,
                         std::span<const double> factors, double total, std::span<float> errors) const
    {
        std::vector<double> sums(pairs.keys, 0.0);
        std::vector<double> squares(pairs.keys, 0.0);
        std::vector<double> scores(pairs.keys);
        for (std::size_t run = 0; run < pairs.runs; ++run) {
            double mean = 0.0;
            for (std::size_t key = 0; key < pairs.keys; ++key) {
                const bool compared = isCompared(row, key, pairs.overlapRow(i)[key]);
                scores[key] = compared ? factors[key] * pairs.sample(run, i, key) : 0.0;
                mean += m_settings.softmax ? weights[key] * scores[key] : scores[key];
            }
            for (std::size_t key = 0; key < pairs.keys; ++key) {
                const double a = weights[key];
                const double effect = m_settings.softmax ? a * (scores[key] - mean) / m_settings.tau
                                      : total > 0.0      ? (scores[key] - a * mean) / total
                                                         : 0.0;
                sums[key] += effect;
                squares[key] += effect * effect;
            }
        }
        const auto runs = static_cast<double>(pairs.runs);
        for (std::size_t key = 0; key < pairs.keys; ++key) {
            const double variance = (squares[key] - sums[key] * sums[key] / runs) / (runs - 1.0) / runs;
            const double all = std::max(variance, 0.0) + static_cast<double>(errors[key]) * errors[key];
            errors[key] = static_cast<float>(std::min(std::sqrt(all), 0.5));
        }
    }

    FidelitySettings m_settings;
    std::unique_ptr<StatePairs> m_pairs;
    std::vector<std::uint8_t> m_keyHasState;
};

class FidelityMechanism final : public Mechanism {
public:
    const MechanismInfo& info() const override { return m_info; }

    MechanismProperties properties(const Parameters& parameters) const override
    {
        const FidelitySettings settings(parameters);
        MechanismProperties result = m_info.properties;
        result.sampled = result.givesStandardError = settings.hasShots() || settings.hasTrajectories();
        result.gradient = settings.isDifferentiable() ? GradientKind::Exact : GradientKind::None;
        return result;
    }

    std::vector<DiagnosticInfo> rowDiagnostics(const Parameters&) const override { return {kEvenRow}; }

    std::unique_ptr<PreparedHead> prepare(const HeadInput& input, const Parameters& parameters,
                                          const Monitor& monitor) const override
    {
        monitor.check();
        checkShapes(input);
        return std::make_unique<FidelityHead>(input, FidelitySettings(parameters), monitor);
    }

    PairReading pair(const HeadInput& input, const Parameters& parameters, std::size_t query, std::size_t key,
                     const Monitor& monitor) const override
    {
        const FidelitySettings settings(parameters);
        const FidelityHead head(input, settings, monitor);
        return fidelityPair(input, settings, head.read(query), query, key);
    }

    void backward(const HeadInput& input, const Parameters& parameters, const OutputGradients& gradients,
                  const HeadGradients& into, const Monitor& monitor) const override
    {
        monitor.check();
        const FidelitySettings settings(parameters);
        if (settings.hasTrajectories())
            refuse({"gradient of fidelity", "density matrices",
                    "trajectories: which runs are drawn depends on the vectors, and jumps",
                    "Choose simulation=density."});
        if (!settings.isDifferentiable())
            return Mechanism::backward(input, parameters, gradients, into, monitor);
        fidelityBackward(input, settings, gradients, into, monitor);
    }

    double keptBytes(const HeadShape& shape, const Parameters& parameters) const override
    {
        return static_cast<double>(shape.queries + shape.keys)
               * numbersOfState(FidelitySettings(parameters), shape.width) * sizeof(float);
    }

    // Encoding, overlaps, one binomial (about twenty operations) where there are shots, row rule (six) and output.
    double flops(const HeadInput& input, const Parameters& parameters) const override
    {
        const FidelitySettings settings(parameters);
        const auto tokens = static_cast<double>(input.queries.rows + input.keys.rows);
        const auto pairs = static_cast<double>(input.queries.rows) * static_cast<double>(input.keys.rows);
        const auto d = static_cast<double>(input.queries.columns);
        return tokens * encodingFlops(settings, input.queries.columns)
               + pairs
                     * (overlapFlops(settings, d) + (settings.hasShots() ? 20.0 : 0.0) + 6.0
                        + 2.0 * static_cast<double>(input.values.columns));
    }

private:
    // One pair's overlap, and Tr(ρσ) where noise makes it another sum.
    static double overlapFlops(const FidelitySettings& settings, double components)
    {
        const double dimension =
            std::exp2(static_cast<double>(settings.qubitsOf(static_cast<std::size_t>(components))));
        double sum = settings.map == StateEncoding::Amplitude ? 2.0 * components
                     : settings.map == StateEncoding::Angle   ? 4.0 * components
                                                              : 8.0 * dimension;
        if (settings.hasTrajectories())
            sum += 8.0 * dimension * static_cast<double>(settings.runs);
        else if (settings.simulatesNoise())
            sum += 2.0 * dimension * dimension;
        else if (!settings.noise.kraus.empty())
            sum += 7.0 * components;
        return sum;
    }

    // One vector's state: a gate costs about 14 operations for each amplitude, noise about 16 for each entry of ρ.
    static double encodingFlops(const FidelitySettings& settings, std::size_t components)
    {
        const auto d = static_cast<double>(components);
        if (settings.map == StateEncoding::Angle)
            return 40.0 * d;
        const auto qubits = static_cast<double>(settings.qubitsOf(components));
        const double dimension = std::exp2(qubits);
        const double gates = settings.map == StateEncoding::Amplitude
                                 ? 2.0 * dimension
                                 : static_cast<double>(settings.repetitions) * d * (2.0 + 1.5 * (qubits - 1.0));
        const double pure = settings.map == StateEncoding::Amplitude ? 3.0 * d : 14.0 * gates * dimension;
        if (!settings.simulatesNoise())
            return pure;
        const double steps = settings.afterEachGate ? (settings.trajectories ? 3.0 : 1.0) * gates : qubits;
        return settings.trajectories ? static_cast<double>(settings.runs) * (pure + 20.0 * steps * dimension)
                                     : pure + 16.0 * steps * dimension * dimension;
    }

    MechanismInfo m_info = describe();
};

}  // namespace

const Mechanism& fidelityMechanism()
{
    static const FidelityMechanism mechanism;
    return mechanism;
}

}  // namespace ketscope
