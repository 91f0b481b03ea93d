// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/study/sweep_heads.h"

#include "core/base/parallel.h"
#include "core/measures/measures.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <optional>

namespace ketscope {

namespace {

// Sums over the queries of one head.
struct HeadSums {
    double rows = 0.0;
    double weightError = 0.0;  // ‖P̂ − P‖²
    double weights = 0.0;      // ‖P‖²
    double variation = 0.0;
    double divergence = 0.0;
    double jensenShannon = 0.0;
    double maximum = 0.0;                      // of |P̂ − P|
    std::optional<double> standardError = {};  // the largest
    double outputError = 0.0;
    double outputs = 0.0;
    double entropy = 0.0;
    double corrected = 0.0;
    double flops = 0.0;
    double seconds = 0.0;
    double shots = 0.0;

    void operator+=(const HeadSums& other)
    {
        rows += other.rows;
        weightError += other.weightError;
        weights += other.weights;
        variation += other.variation;
        divergence += other.divergence;
        jensenShannon += other.jensenShannon;
        maximum = std::max(maximum, other.maximum);
        if (other.standardError)
            standardError = std::max(standardError.value_or(0.0), *other.standardError);
        outputError += other.outputError;
        outputs += other.outputs;
        entropy += other.entropy;
        corrected += other.corrected;
        flops += other.flops;
        seconds += other.seconds;
        shots += other.shots;
    }
};

HeadResults blankMaps(const HeadInput& input)
{
    return {Tensor({input.queries.rows, input.keys.rows}), Tensor({input.queries.rows, input.values.columns})};
}

void addDifference(std::span<const float> found, std::span<const float> exact, double& error, double& whole)
{
    for (std::size_t i = 0; i < found.size(); ++i) {
        const double off = static_cast<double>(found[i]) - exact[i];
        error += off * off;
        whole += static_cast<double>(exact[i]) * exact[i];
    }
}

// Of the row as it is; a signed row has none of its own and counts with its positive part.
double entropyOfRow(std::span<const float> row)
{
    std::vector<float> weights(row.begin(), row.end());
    double sum = 0.0;
    for (float& w : weights)
        sum += w = std::max(w, 0.0F);
    for (float& w : weights)
        w = sum > 0.0 ? static_cast<float>(w / sum) : 0.0F;
    return entropy(weights);
}

class HeadMeasurement {
public:
    HeadMeasurement(const RecordedHead& head, const HeadResults& exact, const Mechanism& mechanism,
                    const Parameters& parameters)
        : m_head(head), m_exact(exact), m_mechanism(mechanism), m_parameters(parameters),
          m_infos(mechanism.rowDiagnostics(parameters))
    {
    }

    HeadSums run(std::uint64_t seed, const Monitor& monitor)
    {
        HeadInput input = m_head.input;
        input.random.seed = seed;
        HeadResults found = blankMaps(input);
        if (!m_infos.empty())
            m_diagnostics = Tensor::zeros({m_infos.size(), input.queries.rows});
        HeadOutput output{found.weights.matrix(), found.output.matrix(), {}, {}};
        if (m_mechanism.properties(m_parameters).givesStandardError) {
            m_errors = Tensor::zeros({input.queries.rows, input.keys.rows});
            output.standardError = m_errors.matrix();
        }
        if (!m_infos.empty())
            output.diagnostics = m_diagnostics.matrix();
        const auto start = std::chrono::steady_clock::now();
        attendHead(m_mechanism, input, m_parameters, output, monitor);
        HeadSums sums;
        sums.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
        sums.flops = m_mechanism.flops(input, m_parameters);
        for (std::size_t row = 0; row < input.queries.rows; ++row)
            if (m_head.rows.empty() || m_head.rows[row] != 0)
                addRow(row, found, sums);
        return sums;
    }

private:
    void addRow(std::size_t row, const HeadResults& found, HeadSums& sums) const
    {
        const std::span<const float> weights = found.weights.matrix().row(row);
        const std::span<const float> exact = m_exact.weights.matrix().row(row);
        ++sums.rows;
        addDifference(weights, exact, sums.weightError, sums.weights);
        addDifference(found.output.matrix().row(row), m_exact.output.matrix().row(row), sums.outputError, sums.outputs);
        for (std::size_t j = 0; j < weights.size(); ++j)
            sums.variation += 0.5 * std::abs(static_cast<double>(weights[j]) - exact[j]);
        sums.divergence += klDivergence(exact, weights);
        sums.jensenShannon += jensenShannon(exact, weights);
        sums.maximum = std::max(sums.maximum, maximumDifference(exact, weights));
        if (m_errors.size() > 0)
            sums.standardError = std::max(sums.standardError.value_or(0.0),
                                          static_cast<double>(std::ranges::max(m_errors.matrix().row(row))));
        const double plugIn = entropyOfRow(weights);
        sums.entropy += plugIn;
        sums.corrected += diagnostic("entropy_corrected", row, plugIn);
        sums.shots += diagnostic("shots_used", row, 0.0);
    }

    double diagnostic(const char* id, std::size_t row, double otherwise) const
    {
        const auto found = std::ranges::find(m_infos, id, &DiagnosticInfo::id);
        return found == m_infos.end() ? otherwise
                                      : static_cast<double>(m_diagnostics.matrix()(
                                          static_cast<std::size_t>(found - m_infos.begin()), row));
    }

    const RecordedHead& m_head;
    const HeadResults& m_exact;
    const Mechanism& m_mechanism;
    const Parameters& m_parameters;
    std::vector<DiagnosticInfo> m_infos;
    Tensor m_diagnostics;
    Tensor m_errors;  // of each weight; empty = none are given
};

double root(double part, double whole) { return whole > 0.0 ? std::sqrt(part / whole) : 0.0; }

constexpr std::size_t kWorkOfHead = 1U << 20;  // enough for a thread of its own

}  // namespace

std::vector<HeadResults> exactHeads(const std::vector<std::unique_ptr<RecordedHead>>& heads, const Monitor& monitor)
{
    const Mechanism& exact = mechanism("exact");
    std::vector<HeadResults> result;
    for (const auto& head : heads) {
        result.push_back(blankMaps(head->input));
        attendHead(exact, head->input, exact.defaults(),
                   {result.back().weights.matrix(), result.back().output.matrix(), {}, {}}, monitor);
    }
    return result;
}

std::vector<double> measureHeads(const std::vector<std::unique_ptr<RecordedHead>>& heads,
                                 const std::vector<HeadResults>& exact, const Mechanism& mechanism,
                                 const Parameters& parameters, std::uint64_t seed, const Monitor& monitor)
{
    std::vector<HeadSums> sums(heads.size());
    parallelFor(heads.size(), kWorkOfHead, [&](std::size_t i) {
        sums[i] = HeadMeasurement(*heads[i], exact[i], mechanism, parameters).run(seed, monitor);
    });
    HeadSums all;
    for (const HeadSums& head : sums)
        all += head;
    const double rows = std::max(all.rows, 1.0);
    return {root(all.weightError, all.weights),
            all.variation / rows,
            all.divergence / rows,
            all.jensenShannon / rows,
            all.maximum,
            all.standardError.value_or(std::numeric_limits<double>::quiet_NaN()),
            root(all.outputError, all.outputs),
            all.entropy / rows,
            all.corrected / rows,
            all.flops,
            all.seconds,
            all.shots};
}

}  // namespace ketscope
