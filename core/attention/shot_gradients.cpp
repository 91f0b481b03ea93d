// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/attention/shot_gradients.h"

#include "core/attention/shot_rows.h"

#include <algorithm>
#include <numeric>

namespace ketscope {

namespace {

constexpr std::uint16_t kSecondMeasurement = 1;  // purpose of its random numbers

double dot(std::span<const double> a, std::span<const double> b)
{
    return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}

class Backward {
public:
    Backward(const HeadInput& input, const Parameters& parameters, const OutputGradients& gradients,
             const HeadGradients& into)
        : m_input(input), m_kind(shotGradient(parameters)), m_gradients(gradients), m_into(into),
          m_keys(PackedMatrix::transposed(input.keys)), m_rows(input, parameters)
    {
    }

    void row(std::size_t query) const
    {
        Tensor scores({1, m_input.keys.rows});
        m_keys.multiply(m_input.queries.middleRows(query, 1), scores.matrix());
        const std::vector<double> p = m_rows.probabilities(query, scores.matrix().row(0));
        if (std::ranges::all_of(p, [](double x) { return x == 0.0; }))
            return;
        const std::vector<double> f = derivatives(query);
        std::vector<double> weights = p;
        std::vector<double> logits = softmaxDerivative(p, f);
        if (m_kind == GradientKind::StraightThrough || m_kind == GradientKind::ScoreFunction) {
            const ShotRow measured = measure(query, p, 0);
            weights = measured.weights;
            if (m_kind == GradientKind::ScoreFunction)
                logits = scoreFunction(query, p, f, measured);
        }
        spread(query, f, weights, logits);
    }

private:
    // Of the loss by every weight of the row.
    std::vector<double> derivatives(std::size_t query) const
    {
        std::vector<double> f(m_input.keys.rows, 0.0);
        for (std::size_t key = 0; key < f.size(); ++key) {
            for (std::size_t c = 0; c < m_input.values.columns; ++c)
                f[key] += static_cast<double>(m_gradients.output(query, c)) * m_input.values(key, c);
            if (!m_gradients.weights.empty())
                f[key] += m_gradients.weights(query, key);
        }
        return f;
    }

    static std::vector<double> softmaxDerivative(std::span<const double> p, std::span<const double> f)
    {
        const double mean = dot(p, f);
        std::vector<double> logits(p.size());
        for (std::size_t j = 0; j < p.size(); ++j)
            logits[j] = p[j] * (f[j] - mean);
        return logits;
    }

    ShotRow measure(std::size_t query, std::span<const double> p, std::uint16_t purpose) const
    {
        RandomStream stream(m_input.random, static_cast<std::uint32_t>(query), purpose);
        return m_rows.measure(query, p, stream);
    }

    std::vector<double> scoreFunction(std::size_t query, std::span<const double> p, std::span<const double> f,
                                      const ShotRow& measured) const
    {
        std::vector<double> logits(p.size());
        const bool leaveOneOut =
            m_rows.mode().estimator.independent && !m_rows.mode().controlled && measured.shots > 1.0;
        const double mean =
            leaveOneOut ? dot(measured.weights, f) : dot(measure(query, p, kSecondMeasurement).weights, f);
        const double factor = leaveOneOut ? measured.shots / (measured.shots - 1.0) : 1.0;
        for (std::size_t j = 0; j < p.size(); ++j)
            logits[j] = factor * measured.weights[j] * (f[j] - mean);
        return logits;
    }

    void spread(std::size_t query, std::span<const double> f, std::span<const double> weights,
                std::span<const double> logits) const
    {
        const auto add = [](const MutableMatrixView& target, std::size_t row, double factor,
                            std::span<const float> what) {
            for (std::size_t c = 0; c < what.size() && !target.empty(); ++c)
                target(row, c) += static_cast<float>(factor * what[c]);
        };
        for (std::size_t key = 0; key < f.size(); ++key) {
            add(m_into.values, key, weights[key], m_gradients.output.row(query));
            add(m_into.queries, query, m_input.scale * logits[key], m_input.keys.row(key));
            add(m_into.keys, key, m_input.scale * logits[key], m_input.queries.row(query));
            if (!m_into.weights.empty())
                m_into.weights(query, key) += static_cast<float>(f[key]);
        }
    }

    const HeadInput& m_input;
    GradientKind m_kind;
    const OutputGradients& m_gradients;
    const HeadGradients& m_into;
    PackedMatrix m_keys;
    ShotRows m_rows;
};

}  // namespace

Parameter gradientParameter()
{
    Parameter parameter{
        .id = "gradient",
        .title = "Gradient",
        .help =
            "For training. Expected: of the mean output, exactly. Straight-through: the softmax derivative with the "
            "sampled weights on the values; unbiased when the loss is linear in the output, else off by O(1/S). Score "
            "function: from the shots alone; unbiased for such a loss, with a variance that falls as 1/S.",
        .kind = ParameterKind::Choice,
        .choices = {"expected", "straight-through", "score-function"},
        .choiceTitles = {"Expected", "Straight-through", "Score function"},
        .shownWhen = "estimator"};
    for (const ShotEstimator& estimator : shotEstimators())
        if (estimator.sampled && estimator.unbiased)
            parameter.shownWhenIn.push_back(estimator.id);
    return parameter;
}

GradientKind shotGradient(const Parameters& parameters)
{
    const ShotMode mode(parameters);
    if (!mode.unbiased)
        return GradientKind::None;
    if (!mode.sampled)
        return GradientKind::Exact;
    const std::string& chosen = parameters.choice("gradient");
    if (chosen == "straight-through")
        return GradientKind::StraightThrough;
    return chosen == "expected" ? GradientKind::Expected : GradientKind::ScoreFunction;
}

void shotsBackward(const HeadInput& input, const Parameters& parameters, const OutputGradients& gradients,
                   const HeadGradients& into, const Monitor& monitor)
{
    checkShapes(input);
    const Backward backward(input, parameters, gradients, into);
    for (std::size_t query = 0; query < input.queries.rows; ++query) {
        monitor.check();
        backward.row(query);
    }
}

}  // namespace ketscope
