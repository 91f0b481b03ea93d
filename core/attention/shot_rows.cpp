// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/attention/shot_rows.h"

#include "core/attention/principal_component.h"
#include "core/attention/published_shots.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace ketscope {

namespace {

// Means and spreads of repeated estimates (Welford).
class Repeats {
public:
    void add(const ShotRow& row)
    {
        ++m_count;
        if (m_count == 1)
            m_squares.assign(row.weights.size(), 0.0);
        m_mean.weights.resize(row.weights.size(), 0.0);
        const auto count = static_cast<double>(m_count);
        for (std::size_t j = 0; j < row.weights.size(); ++j) {
            const double off = row.weights[j] - m_mean.weights[j];
            m_mean.weights[j] += off / count;
            m_squares[j] += off * (row.weights[j] - m_mean.weights[j]);
        }
        m_mean.shots += row.shots;
        m_mean.leaked += (row.leaked - m_mean.leaked) / count;
        m_mean.beta += (row.beta - m_mean.beta) / count;
    }

    ShotRow result()
    {
        const auto count = static_cast<double>(m_count);
        for (std::size_t j = 0; m_count > 1 && j < m_squares.size(); ++j)
            m_mean.standardErrors.push_back(std::sqrt(m_squares[j] / (count - 1.0) / count));
        return std::move(m_mean);
    }

private:
    std::uint64_t m_count = 0;
    ShotRow m_mean;
    std::vector<double> m_squares;
};

std::vector<double> roots(std::span<const double> variances)
{
    std::vector<double> result;
    for (const double v : variances)
        result.push_back(std::sqrt(std::max(v, 0.0)));
    return result;
}

bool leavesNothingToChance(const Parameters& parameters)
{
    const ShotEstimator& estimator = chosenEstimator(parameters);
    return !estimator.sampled || (estimator.id == "hybrid" && parameters.real("ratio") >= 1.0);
}

}  // namespace

ShotMode::ShotMode(const Parameters& parameters)
    : estimator(chosenEstimator(parameters)), noisy(parameters.flag("register")),
      controlled(!noisy && parameters.choice("control") != "none" && !ControlVariate::isPublished(parameters)),
      blended(!noisy && ControlVariate::isPublished(parameters)), sampled(!leavesNothingToChance(parameters)),
      repeats(sampled ? static_cast<std::uint64_t>(parameters.integer("repeats")) : 1),
      unbiased(estimator.unbiased && !noisy && !blended)
{
}

ShotRows::ShotRows(const HeadInput& input, const Parameters& parameters, DrawRange without)
    : m_input(input), m_mode(parameters), m_settings(parameters), m_without(without),
      m_order(m_mode.estimator.usesKeyOrder ? static_cast<Order>(parameters.integer("order")) : Order::Position),
      m_control(input, parameters)
{
    for (std::size_t qubits = 0; m_mode.noisy && qubits <= registerQubits(input.keys.rows); ++qubits)
        m_registers.emplace_back(parameters, std::min(input.keys.rows, std::size_t{1} << qubits), input.random);
    if (m_order == Order::Value && !input.mask.causal && input.mask.additive.empty())
        m_places = principalPlaces(0);
    if (m_mode.estimator.shots != nullptr && !m_mode.estimator.unbiased)
        m_settings.publishedShots = adaptiveCountAsPublished(m_settings.shots, meanNormalizedEntropy(input.keys));
}

// Of all rows, whichever tokens they belong to: what makes the published rule leak.
double ShotRows::meanNormalizedEntropy(MatrixView keys) const
{
    if (keys.rows < 2 || m_input.queries.rows == 0)
        return 0.0;
    Tensor scores({m_input.queries.rows, keys.rows});
    PackedMatrix::transposed(keys).multiply(m_input.queries, scores.matrix());
    double sum = 0.0;
    for (std::size_t query = 0; query < m_input.queries.rows; ++query)
        sum += entropyOf(probabilities(query, scores.matrix().row(query)));
    return sum / (static_cast<double>(m_input.queries.rows) * std::log(static_cast<double>(keys.rows)));
}

std::vector<double> ShotRows::probabilities(std::size_t query, std::span<float> scores) const
{
    for (float& score : scores)
        score *= m_input.scale;
    softmaxRule(m_input, query, scores);
    std::vector<double> result(scores.begin(), scores.end());
    const double total = std::accumulate(result.begin(), result.end(), 0.0);
    for (double& p : result)
        p = total > 0.0 ? p / total : 0.0;
    return result;
}

// Of the values that the query may see, the others last: no later token decides the order of earlier ones.
std::vector<float> ShotRows::principalPlaces(std::size_t query) const
{
    std::vector<std::uint8_t> seen(m_input.keys.rows);
    for (std::size_t key = 0; key < seen.size(); ++key)
        seen[key] = isAllowed(m_input, query, key) ? 1 : 0;
    std::vector<float> places = principalProjections(m_input.values, seen);
    for (std::size_t key = 0; key < seen.size(); ++key)
        places[key] = seen[key] != 0 ? places[key] : std::numeric_limits<float>::infinity();
    return places;
}

std::vector<std::uint32_t> ShotRows::keyOrder(std::size_t query, std::span<const double> probabilities) const
{
    if (m_order == Order::Position)
        return {};
    std::vector<std::uint32_t> order(probabilities.size());
    std::iota(order.begin(), order.end(), 0U);
    if (m_order == Order::Logit) {
        std::ranges::stable_sort(order, std::greater<>(), [&](std::uint32_t key) { return probabilities[key]; });
        return order;
    }
    const std::vector<float> own = m_places.empty() ? principalPlaces(query) : std::vector<float>();
    const std::vector<float>& places = m_places.empty() ? own : m_places;
    std::ranges::stable_sort(order, std::less<>(), [&](std::uint32_t key) { return places[key]; });
    return order;
}

std::uint64_t ShotRows::shotsFor(const RowOutcomes& row) const
{
    return m_mode.estimator.shots != nullptr ? m_mode.estimator.shots(row, m_settings) : m_settings.shots;
}

Estimate ShotRows::draw(const RowOutcomes& row, std::uint64_t shots, RandomStream& stream) const
{
    return m_mode.estimator.draw(row, m_settings, shots, stream);
}

const IndexRegister& ShotRows::registerOf(std::size_t query) const
{
    return m_registers[registerQubits(m_input.mask.keyEnd(query, m_input.queries.rows, m_input.keys.rows))];
}

ShotRow ShotRows::measureRegister(std::size_t query, std::span<const double> probabilities,
                                  std::span<const std::uint32_t> order, RandomStream& stream) const
{
    const IndexRegister& noisy = registerOf(query);
    std::vector<std::uint8_t> allowed(noisy.size());
    for (std::size_t key = 0; key < allowed.size(); ++key)
        allowed[key] = isAllowed(m_input, query, key) ? 1 : 0;
    std::vector<std::vector<double>> expected;
    std::vector<Estimate> runs;
    ShotRow result;
    for (std::size_t run = 0; run < noisy.runs(); ++run) {
        expected.push_back(noisy.distribution(probabilities.first(noisy.size()), run));
        const RowOutcomes row{expected.back(), order, m_input.values, noisy.keys(),
                              m_mode.repeats == 1 && m_mode.estimator.multinomial};
        runs.push_back(draw(row, shotsFor(row), stream));
        result.shots += runs.back().shots;
    }
    IndexRegister::Reading reading = noisy.read(runs, expected, allowed);
    result.standardErrors = roots(reading.variances);
    result.weights = std::move(reading.weights);
    result.leaked = reading.leaked;
    result.weights.resize(probabilities.size(), 0.0);
    if (!result.standardErrors.empty())
        result.standardErrors.resize(probabilities.size(), 0.0);
    return result;
}

ShotRow ShotRows::measureOnce(std::span<const double> probabilities, std::span<const std::uint32_t> order,
                              std::span<const double> control, RandomStream& stream) const
{
    const RowOutcomes row{probabilities, order, m_input.values, {}, false};
    ShotRow result;
    Estimate estimate = control.empty() ? draw(row, shotsFor(row), stream)
                                        : m_control.estimate(
                                            probabilities, control, shotsFor(row),
                                            [&](std::uint64_t shots) { return draw(row, shots, stream); }, result.beta);
    const double share = m_mode.blended ? m_control.publishedShare() : 0.0;
    result.standardErrors = roots(estimate.variances);
    for (double& error : result.standardErrors)
        error *= 1.0 - share;
    for (std::size_t j = 0; j < probabilities.size() && share > 0.0; ++j)
        estimate.weights[j] = (1.0 - share) * estimate.weights[j] + share * probabilities[j];
    result.weights = std::move(estimate.weights);
    result.shots = estimate.shots;
    return result;
}

ShotRow ShotRows::measure(std::size_t query, std::span<const double> probabilities, RandomStream& stream) const
{
    const std::vector<std::uint32_t> keys = keyOrder(query, probabilities);
    const std::vector<std::uint32_t> order = m_mode.noisy ? registerOf(query).order(keys) : keys;
    const std::vector<double> control =
        m_mode.controlled && m_mode.sampled ? m_control.control(query, probabilities) : std::vector<double>();
    const auto once = [&] {
        return m_mode.noisy ? measureRegister(query, probabilities, order, stream)
                            : measureOnce(probabilities, order, control, stream);
    };
    if (m_mode.repeats == 1)
        return once();
    Repeats repeats;
    for (std::uint64_t repeat = 0; repeat < m_mode.repeats; ++repeat)
        if (const ShotRow row = once(); !m_without.contains(repeat))
            repeats.add(row);
    return repeats.result();
}

}  // namespace ketscope
