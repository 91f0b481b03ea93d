// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/attention/error_propagation.h"
#include "core/attention/overlap_tests.h"
#include "core/attention/rows.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <numeric>

namespace ketscope {

namespace {

std::vector<Parameter> circuitParameters()
{
    return {
        {.id = "test",
         .title = "Circuit",
         .help = "How the overlap of |q⟩ and |k⟩ is found. Exact: F itself. Inversion and swap test: F from shots. "
                 "Hadamard test: Re⟨q|k⟩, which keeps the sign, from shots or exactly.",
         .kind = ParameterKind::Choice,
         .choices = {"exact", "inversion", "swap", "hadamard", "hadamard-exact"},
         .choiceTitles = {"Exact fidelity", "Inversion test", "Swap test", "Hadamard test", "Hadamard test, exact"}},
        {.id = "shots",
         .title = "Shots for each pair",
         .symbol = "S",
         .help = "Measurements for every query–key pair. Estimates are clipped to the range of the quantity.",
         .kind = ParameterKind::Integer,
         .minimum = 1,
         .maximum = 1048576,
         .initial = 1024,
         .logarithmic = true,
         .shownWhen = "test",
         .shownWhenIn = {"inversion", "swap", "hadamard"}},
        {.id = "sign",
         .title = "Sign",
         .help =
             "F scores q and −q alike. Affine: encodes [x, c] with c² the largest |q·k| of the row, so that no overlap "
             "is negative. Post-select: drops keys of negative overlap, a classical heuristic. The Hadamard tests "
             "keep the sign by themselves.",
         .kind = ParameterKind::Choice,
         .choices = {"none", "affine", "post-select"},
         .choiceTitles = {"Lost", "Affine embedding", "Post-selected"},
         .shownWhen = "test",
         .shownWhenIn = {"exact", "inversion", "swap"}},
        {.id = "map",
         .title = "Encoding",
         .help =
             "Amplitude: the normalised vector is the state. Angle: one qubit for each component x, rotated by RY(x); "
             "F is then a product of cos² and depends on length.",
         .kind = ParameterKind::Choice,
         .choices = {"amplitude", "angle"},
         .choiceTitles = {"Amplitude", "Angle"},
         .shownWhen = "sign",
         .shownWhenIn = {"none", "post-select"}},
    };
}

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
        "errors "
        "of the tests with shots are to first order.";
    info.source =
        "Quantum kernels: Havlíček et al., Nature 567 (2019); swap test: Buhrman et al., PRL 87, 167902 (2001); "
        "Q-Transformers (kumarlokesh/q-transformers)";
    info.parameters = circuitParameters();
    std::ranges::move(ruleParameters(0.1), std::back_inserter(info.parameters));
    return info;
}

enum class Circuit { Exact, Inversion, Swap, Hadamard, HadamardExact };
enum class Sign { Lost, Affine, PostSelected };

// The parameters that have a meaning together; the others are as if at their defaults.
struct Settings {
    explicit Settings(const Parameters& parameters)
        : circuit(static_cast<Circuit>(static_cast<int>(parameters.real("test")))),
          shots(static_cast<std::uint64_t>(parameters.integer("shots"))),
          softmax(parameters.choice("rule") == "softmax"), tau(parameters.real("tau"))
    {
        if (keepsSign())
            return;
        sign = static_cast<Sign>(static_cast<int>(parameters.real("sign")));
        angle = sign != Sign::Affine && parameters.choice("map") == "angle";
    }

    bool keepsSign() const { return circuit == Circuit::Hadamard || circuit == Circuit::HadamardExact; }
    bool sampled() const { return circuit != Circuit::Exact && circuit != Circuit::HadamardExact; }

    Circuit circuit;
    Sign sign = Sign::Lost;
    bool angle = false;
    std::uint64_t shots;
    bool softmax;
    double tau;
};

double squaredNorm(std::span<const float> vector)
{
    return std::inner_product(vector.begin(), vector.end(), vector.begin(), 0.0, std::plus<>(),
                              [](double a, double b) { return a * b; });
}

std::vector<double> squaredNorms(MatrixView matrix)
{
    std::vector<double> result(matrix.rows);
    for (std::size_t row = 0; row < matrix.rows; ++row)
        result[row] = squaredNorm(matrix.row(row));
    return result;
}

// Overlaps ⟨q|k⟩ of product states ⊗ RY(x)|0⟩: Π cos((q − k)/2), with the cosine of a difference taken apart so that only
// n + m sets of waves are needed.
class AngleOverlaps {
public:
    AngleOverlaps() = default;
    explicit AngleOverlaps(MatrixView keys)
        : m_count(keys.rows), m_cosines(keys.rows * keys.columns), m_sines(m_cosines)
    {
        for (std::size_t key = 0; key < keys.rows; ++key)
            for (std::size_t i = 0; i < keys.columns; ++i) {
                m_cosines[i * m_count + key] = std::cos(0.5 * keys(key, i));
                m_sines[i * m_count + key] = std::sin(0.5 * keys(key, i));
            }
    }

    void row(std::span<const float> query, std::span<double> overlaps) const
    {
        std::ranges::fill(overlaps, 1.0);
        for (std::size_t i = 0; i < query.size(); ++i) {
            const double c = std::cos(0.5 * query[i]);
            const double s = std::sin(0.5 * query[i]);
            for (std::size_t key = 0; key < m_count; ++key)
                overlaps[key] *= c * m_cosines[i * m_count + key] + s * m_sines[i * m_count + key];
        }
    }

private:
    std::size_t m_count = 0;
    std::vector<double> m_cosines;  // (d, m)
    std::vector<double> m_sines;
};

class FidelityHead final : public WeightsHead {
public:
    FidelityHead(const HeadInput& head, const Settings& settings)
        : WeightsHead(head), m_settings(settings), m_keyNorms(squaredNorms(head.keys))
    {
        if (m_settings.angle)
            m_angles = AngleOverlaps(head.keys);
        else if (m_settings.sign == Sign::Affine)
            m_keys = PackedMatrix::transposed(head.keys);
        else
            m_keys = PackedMatrix::transposed(normalizedRows(head.keys).matrix());
    }

private:
    void fillWeights(std::size_t first, MutableMatrixView weights, MutableMatrixView errors) const override
    {
        const MatrixView queries = input().queries.middleRows(first, weights.rows);
        if (m_settings.sign == Sign::Affine)
            m_keys.multiply(queries, weights);
        else if (!m_settings.angle)
            m_keys.multiply(normalizedRows(queries).matrix(), weights);
        std::vector<double> scores(weights.columns);
        for (std::size_t i = 0; i < weights.rows; ++i) {
            fillOverlaps(queries.row(i), first + i, weights.row(i), scores);
            if (!errors.empty() && m_settings.sampled())
                fillErrors(first + i, scores, errors.row(i));
            applyRule(first + i, scores, weights.row(i));
        }
    }

    // ⟨q|k⟩ of every allowed key, and 0 for the others. `products` holds q·k: of unit vectors, or as they are (affine).
    void fillOverlaps(std::span<const float> query, std::size_t row, std::span<const float> products,
                      std::span<double> overlaps) const
    {
        if (m_settings.angle)
            m_angles.row(query, overlaps);
        else if (m_settings.sign == Sign::Affine)
            fillAffine(squaredNorm(query), row, products, overlaps);
        else
            std::ranges::copy(products, overlaps.begin());
        for (std::size_t key = 0; key < overlaps.size(); ++key)
            overlaps[key] = isAllowed(input(), row, key) ? std::clamp(overlaps[key], -1.0, 1.0) : 0.0;
    }

    // Overlaps of [q, c] and [k, c]. c belongs to the row and looks at allowed keys alone, so that no later token enters.
    void fillAffine(double queryNorm, std::size_t row, std::span<const float> products,
                    std::span<double> overlaps) const
    {
        double c2 = 0.0;
        for (std::size_t key = 0; key < products.size(); ++key)
            if (isAllowed(input(), row, key))
                c2 = std::max(c2, std::abs(static_cast<double>(products[key])));
        for (std::size_t key = 0; key < products.size(); ++key) {
            const double norms = (queryNorm + c2) * (m_keyNorms[key] + c2);
            overlaps[key] = norms > 0.0 ? (products[key] + c2) / std::sqrt(norms) : 0.0;
        }
    }

    // Whether both have a state to prepare. Angles encode any vector.
    bool hasState(std::size_t row, std::size_t key) const
    {
        return isAllowed(input(), row, key) && (m_settings.angle || m_keyNorms[key] > 0.0);
    }

    // The score that the circuit reports for a pair with this overlap.
    double score(double overlap, RandomStream& stream) const
    {
        switch (m_settings.circuit) {
        case Circuit::Inversion: return inversionTest(overlap * overlap, m_settings.shots, stream);
        case Circuit::Swap: return swapTest(overlap * overlap, m_settings.shots, stream);
        case Circuit::Hadamard: return hadamardTest(overlap, m_settings.shots, stream);
        case Circuit::HadamardExact: return overlap;
        case Circuit::Exact: break;
        }
        return overlap * overlap;
    }

    bool hasQueryState(std::size_t row) const
    {
        return m_settings.angle || squaredNorm(input().queries.row(row)) > 0.0;
    }

    bool isDropped(double overlap) const { return m_settings.sign == Sign::PostSelected && overlap <= 0.0; }

    void applyRule(std::size_t row, std::span<double> scores, std::span<float> weights) const
    {
        if (!hasQueryState(row))
            return uniformRule(input(), row, weights);
        RandomStream stream(input().random, static_cast<std::uint32_t>(row));
        for (std::size_t key = 0; key < scores.size(); ++key) {
            const double found = hasState(row, key) ? score(scores[key], stream) : 0.0;
            scores[key] = isDropped(scores[key]) ? 0.0 : found;
        }
        weigh(row, scores, weights);
    }

    void weigh(std::size_t row, std::span<const double> scores, std::span<float> weights) const
    {
        // Products of many cosines are far below what float holds; only ratios matter to the direct rule.
        const double largest = *std::ranges::max_element(scores);
        const double unit = m_settings.softmax ? m_settings.tau : largest;
        std::ranges::transform(scores, weights.begin(),
                               [unit](double score) { return unit > 0.0 ? static_cast<float>(score / unit) : 0.0F; });
        if (m_settings.softmax)
            softmaxRule(input(), row, weights);
        else
            directRule(input(), row, weights);
    }

    // What the circuit reports with endless shots, and the variance of its report with the shots there are.
    void expect(std::size_t row, std::span<const double> overlaps, std::span<double> scores,
                std::span<double> variances) const
    {
        for (std::size_t key = 0; key < overlaps.size(); ++key) {
            const double overlap = overlaps[key];
            const double fidelity = overlap * overlap;
            if (!hasState(row, key) || isDropped(overlap))
                continue;
            const bool hadamard = m_settings.circuit == Circuit::Hadamard;
            const bool inversion = m_settings.circuit == Circuit::Inversion;
            scores[key] = hadamard ? overlap : fidelity;
            variances[key] = (inversion ? fidelity * (1.0 - fidelity) : 1.0 - scores[key] * scores[key])
                             / static_cast<double>(m_settings.shots);
        }
    }

    // First order around endless shots. An additive mask scales scores and errors alike before the direct rule's sum.
    void fillErrors(std::size_t row, std::span<const double> overlaps, std::span<float> errors) const
    {
        if (!hasQueryState(row))
            return;
        std::vector<double> scores(overlaps.size(), 0.0);
        std::vector<double> variances(overlaps.size(), 0.0);
        expect(row, overlaps, scores, variances);
        std::vector<float> weights(overlaps.size());
        weigh(row, scores, weights);
        if (m_settings.softmax)
            return propagateThroughSoftmax(weights, variances, m_settings.tau, errors);
        double total = 0.0;
        for (std::size_t key = 0; key < scores.size(); ++key) {
            const MatrixView& bias = input().mask.additive;
            const double factor = bias.empty() || !hasState(row, key) ? 1.0 : std::exp(bias(row, key));
            total += factor * std::max(scores[key], 0.0);
            variances[key] *= factor * factor;
        }
        propagateThroughSum(weights, variances, total, errors);
    }

    Settings m_settings;
    std::vector<double> m_keyNorms;  // ‖k‖²
    PackedMatrix m_keys;             // (d, m)
    AngleOverlaps m_angles;
};

class FidelityMechanism final : public Mechanism {
public:
    const MechanismInfo& info() const override { return m_info; }

    MechanismProperties properties(const Parameters& parameters) const override
    {
        MechanismProperties result = m_info.properties;
        result.sampled = result.givesStandardError = Settings(parameters).sampled();
        return result;
    }

    std::unique_ptr<PreparedHead> prepare(const HeadInput& input, const Parameters& parameters,
                                          const Monitor& monitor) const override
    {
        monitor.check();
        return std::make_unique<FidelityHead>(input, Settings(parameters));
    }

    // Encoding, overlaps, one binomial (about twenty operations) where there are shots, row rule (six) and output.
    double flops(const HeadInput& input, const Parameters& parameters) const override
    {
        const Settings settings(parameters);
        const auto tokens = static_cast<double>(input.queries.rows + input.keys.rows);
        const auto pairs = static_cast<double>(input.queries.rows) * static_cast<double>(input.keys.rows);
        const auto d = static_cast<double>(input.queries.columns);
        const double overlap = settings.angle ? 4.0 * d : 2.0 * d;
        return tokens * 3.0 * d
               + pairs
                     * (overlap + (settings.sampled() ? 20.0 : 0.0) + 6.0
                        + 2.0 * static_cast<double>(input.values.columns));
    }

private:
    MechanismInfo m_info = describe();
};

}  // namespace

const Mechanism& fidelityMechanism()
{
    static const FidelityMechanism mechanism;
    return mechanism;
}

}  // namespace ketscope
