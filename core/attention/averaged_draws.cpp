// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/attention/averaged_draws.h"

#include <algorithm>
#include <cmath>

namespace ketscope {

namespace {

// Sums of a block over the draws.
struct BlockSums {
    std::vector<double> sum;
    std::vector<double> squares;

    explicit BlockSums(std::size_t size) : sum(size, 0.0), squares(size, 0.0) {}

    void add(MutableMatrixView block)
    {
        for (std::size_t row = 0; row < block.rows; ++row)
            for (std::size_t column = 0; column < block.columns; ++column) {
                const double value = block.row(row)[column];
                sum[row * block.columns + column] += value;
                squares[row * block.columns + column] += value * value;
            }
    }

    void mean(MutableMatrixView into, double draws) const
    {
        for (std::size_t row = 0; row < into.rows; ++row)
            for (std::size_t column = 0; column < into.columns; ++column)
                into.row(row)[column] = static_cast<float>(sum[row * into.columns + column] / draws);
    }

    // The spread of the draws, unbiased, over √R.
    void standardError(MutableMatrixView into, double draws) const
    {
        for (std::size_t row = 0; row < into.rows; ++row)
            for (std::size_t column = 0; column < into.columns; ++column) {
                const std::size_t at = row * into.columns + column;
                const double spread = std::max(0.0, squares[at] - sum[at] * sum[at] / draws);
                into.row(row)[column] = static_cast<float>(std::sqrt(spread / (draws - 1.0) / draws));
            }
    }
};

class AveragedHead final : public PreparedHead {
public:
    AveragedHead(const HeadInput& input, std::vector<std::unique_ptr<PreparedHead>> draws)
        : m_input(input), m_values(PackedMatrix::of(input.values)), m_draws(std::move(draws))
    {
    }

    void rows(std::size_t first, std::size_t last, const HeadOutput& output) const override
    {
        const std::size_t count = last - first;
        const double draws = static_cast<double>(m_draws.size());
        if (output.weights.empty() && output.standardError.empty()) {
            const MutableMatrixView block = output.output.middleRows(first, count);
            sumsOf(first, last, {{}, output.output, {}, output.diagnostics}, block).mean(block, draws);
            return;
        }
        Tensor scratch;
        MutableMatrixView all = output.weights;
        if (all.empty()) {
            scratch = Tensor({m_input.queries.rows, m_input.keys.rows});
            all = scratch.matrix();
        }
        const MutableMatrixView weights = all.middleRows(first, count);
        const BlockSums sums = sumsOf(first, last, {all, output.output, {}, output.diagnostics}, weights);
        sums.mean(weights, draws);
        if (!output.standardError.empty())
            sums.standardError(output.standardError.middleRows(first, count), draws);
        m_values.multiply(weights, output.output.middleRows(first, count));
    }

    std::vector<Diagnostic> diagnostics() const override { return m_draws.front()->diagnostics(); }

private:
    // Leaves the mean of the row diagnostics where they are asked for.
    BlockSums sumsOf(std::size_t first, std::size_t last, const HeadOutput& into, MutableMatrixView block) const
    {
        BlockSums sums(block.rows * block.columns);
        const MutableMatrixView diagnostics =
            into.diagnostics.empty() ? MutableMatrixView{} : into.diagnostics.middleColumns(first, block.rows);
        BlockSums known(diagnostics.rows * diagnostics.columns);
        for (const auto& draw : m_draws) {
            draw->rows(first, last, into);
            sums.add(block);
            known.add(diagnostics);
        }
        known.mean(diagnostics, static_cast<double>(m_draws.size()));
        return sums;
    }

    HeadInput m_input;
    PackedMatrix m_values;
    std::vector<std::unique_ptr<PreparedHead>> m_draws;
};

Tensor scaled(MatrixView matrix, float factor)
{
    Tensor result({matrix.rows, matrix.columns});
    for (std::size_t row = 0; row < matrix.rows; ++row)
        std::ranges::transform(matrix.row(row), result.matrix().row(row).begin(),
                               [factor](float value) { return factor * value; });
    return result;
}

}  // namespace

Parameter drawsParameter()
{
    return {.id = "repeats",
            .title = "Repeats",
            .symbol = "R",
            .help =
                "The weights are the mean over R independent draws of the random features, and cost R times as much. "
                "With R > 1 the standard error is measured from their spread; with one none is known.",
            .kind = ParameterKind::Integer,
            .minimum = 1,
            .maximum = 64,
            .initial = 1,
            .logarithmic = true};
}

std::uint64_t drawsOf(const Parameters& parameters)
{
    const auto& all = parameters.definitions();
    const bool shown = parameters.isShown(*std::ranges::find(all, "repeats", &Parameter::id));
    return shown ? static_cast<std::uint64_t>(parameters.integer("repeats")) : 1;
}

double bytesOfDraws(const HeadShape& shape, const Parameters& parameters, double features)
{
    return static_cast<double>(drawsOf(parameters)) * static_cast<double>(shape.keys) * features * sizeof(float);
}

HeadInput withDraw(const HeadInput& input, std::uint64_t draw)
{
    HeadInput drawn = input;
    drawn.random.seed += draw << 48U;
    return drawn;
}

std::unique_ptr<PreparedHead>
averagedDraws(const HeadInput& input, const Parameters& parameters, DrawRange without,
              const std::function<std::unique_ptr<PreparedHead>(const HeadInput&)>& prepare)
{
    if (drawsOf(parameters) == 1)
        return prepare(input);
    std::vector<std::unique_ptr<PreparedHead>> draws;
    for (std::uint64_t draw = 0; draw < drawsOf(parameters); ++draw)
        if (!without.contains(draw))
            draws.push_back(prepare(withDraw(input, draw)));
    if (draws.size() == 1)
        return std::move(draws.front());
    return std::make_unique<AveragedHead>(input, std::move(draws));
}

void backwardDraws(const HeadInput& input, const Parameters& parameters, const OutputGradients& gradients,
                   const std::function<void(const HeadInput&, const OutputGradients&)>& backward)
{
    const std::uint64_t draws = drawsOf(parameters);
    if (draws == 1)
        return backward(input, gradients);
    const float share = 1.0F / static_cast<float>(draws);
    const Tensor output = scaled(gradients.output, share);
    const Tensor weights = gradients.weights.empty() ? Tensor() : scaled(gradients.weights, share);
    for (std::uint64_t draw = 0; draw < draws; ++draw)
        backward(withDraw(input, draw), {output.matrix(), weights.empty() ? MatrixView() : weights.matrix()});
}

void addDraws(PairReading& reading, const Mechanism& mechanism, const HeadInput& input, const Parameters& parameters,
              std::size_t query, std::size_t key, const Monitor& monitor)
{
    const std::uint64_t draws = drawsOf(parameters);
    if (draws == 1)
        return;
    const HeadRow row = attendRow(mechanism, input, parameters, query, monitor);
    reading.comparison += " Features and scores are those of the first of " + std::to_string(draws) + " draws.";
    reading.weight = static_cast<double>(row.weights[key]);
    reading.arithmetic.push_back({"Mean of " + std::to_string(draws) + " draws: the weight", reading.weight,
                                  static_cast<double>(row.errors[key])});
}

Parameters oneDraw(Parameters parameters)
{
    parameters.set("repeats", 1.0);
    return parameters;
}

}  // namespace ketscope
