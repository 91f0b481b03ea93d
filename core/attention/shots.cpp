// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/attention/rows.h"
#include "core/attention/sampling.h"

#include <algorithm>
#include <cmath>
#include <numeric>

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
    info.source = "Q-Transformers (kumarlokesh/q-transformers), with the sampling made unbiased; systematic sampling: "
                  "Cochran, Sampling Techniques, ch. 8";
    info.properties.sampled = true;
    info.properties.givesStandardError = true;
    info.parameters = {
        {.id = "estimator",
         .title = "Estimator",
         .help = "Naive: S independent measurements. Systematic: S evenly spaced quantiles with one random offset, so "
                 "that every count is within 1 of S·p.",
         .kind = ParameterKind::Choice,
         .choices = {"naive", "systematic"},
         .choiceTitles = {"Naive (independent shots)", "Systematic (one shared offset)"}},
        {.id = "shots",
         .title = "Shots for each query",
         .symbol = "S",
         .help = "Measurements of every row. The error falls as 1/√S (naive) or 1/S (systematic).",
         .kind = ParameterKind::Integer,
         .minimum = 1,
         .maximum = 1048576,
         .initial = 256,
         .logarithmic = true},
    };
    return info;
}

class ShotsHead final : public WeightsHead {
public:
    ShotsHead(const HeadInput& head, const Parameters& parameters)
        : WeightsHead(head), m_keys(PackedMatrix::transposed(head.keys)),
          m_systematic(parameters.choice("estimator") == "systematic"),
          m_shots(static_cast<std::uint64_t>(parameters.integer("shots")))
    {
    }

private:
    void fillWeights(std::size_t first, MutableMatrixView weights, MutableMatrixView standardError) const override
    {
        m_keys.multiply(input().queries.middleRows(first, weights.rows), weights);
        for (std::size_t i = 0; i < weights.rows; ++i) {
            const std::span<float> row = weights.row(i);
            for (float& score : row)
                score *= input().scale;
            softmaxRule(input(), first + i, row);
            if (!standardError.empty())
                std::ranges::transform(row, standardError.row(i).begin(), [this](float p) { return errorOf(p); });
            measure(row, first + i);
        }
    }

    // Exact standard error of counts/S for a key of probability p.
    float errorOf(double p) const
    {
        const auto shots = static_cast<double>(m_shots);
        const double q = m_systematic ? shots * p - std::floor(shots * p) : p;
        const double variance = std::max(q * (1.0 - q), 0.0);
        return static_cast<float>(m_systematic ? std::sqrt(variance) / shots : std::sqrt(variance / shots));
    }

    // Probabilities become frequencies; a row of zeros (no allowed key) stays.
    void measure(std::span<float> row, std::size_t query) const
    {
        if (std::ranges::all_of(row, [](float p) { return p == 0.0F; }))
            return;
        RandomStream stream(input().random, static_cast<std::uint32_t>(query));
        const auto counts =
            m_systematic ? systematicCounts(row, m_shots, stream.uniform()) : independentCounts(row, m_shots, stream);
        std::ranges::transform(counts, row.begin(), [this](std::uint64_t count) {
            return static_cast<float>(static_cast<double>(count) / static_cast<double>(m_shots));
        });
    }

    PackedMatrix m_keys;  // (d, m)
    bool m_systematic;
    std::uint64_t m_shots;
};

class ShotsMechanism final : public Mechanism {
public:
    const MechanismInfo& info() const override { return m_info; }

    std::unique_ptr<PreparedHead> prepare(const HeadInput& input, const Parameters& parameters,
                                          const Monitor& monitor) const override
    {
        monitor.check();
        return std::make_unique<ShotsHead>(input, parameters);
    }

    // The exact softmax has to be formed first: scores, softmax (four operations), one draw of a count (about twenty)
    // for each pair, and the output.
    double flops(const HeadInput& input, const Parameters&) const override
    {
        const auto pairs = static_cast<double>(input.queries.rows) * static_cast<double>(input.keys.rows);
        return pairs * (2.0 * static_cast<double>(input.queries.columns + input.values.columns) + 24.0);
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
