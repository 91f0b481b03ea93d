// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/attention/rows.h"

#include "core/nn/row_softmax.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define KETSCOPE_FOR_EACH_CPU __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define KETSCOPE_FOR_EACH_CPU
#endif

namespace ketscope {

namespace {

constexpr std::size_t kPanel = 16;
constexpr std::size_t kGroup = 4;
constexpr float kForbidden = -std::numeric_limits<float>::infinity();

using Lanes = float __attribute__((vector_size(kPanel * sizeof(float)), may_alias));

// Four rows against one panel. Always four, so that a row meets the same instructions in every block.
KETSCOPE_FOR_EACH_CPU
void multiplyGroup(const float* const* rows, const float* panel, std::size_t inner, float* out)
{
    Lanes a{};
    Lanes b{};
    Lanes c{};
    Lanes d{};
    for (std::size_t k = 0; k < inner; ++k) {
        const Lanes right = *reinterpret_cast<const Lanes*>(panel + k * kPanel);
        a += rows[0][k] * right;
        b += rows[1][k] * right;
        c += rows[2][k] * right;
        d += rows[3][k] * right;
    }
    auto* target = reinterpret_cast<Lanes*>(out);
    target[0] = a;
    target[1] = b;
    target[2] = c;
    target[3] = d;
}

}  // namespace

PackedMatrix::PackedMatrix(std::size_t rows, std::size_t columns)
    : m_rows(rows), m_columns(columns),
      m_panels(Tensor::zeros({(columns + kPanel - 1) / kPanel, std::max<std::size_t>(rows, 1), kPanel}))
{
}

float& PackedMatrix::at(std::size_t row, std::size_t column)
{
    return m_panels.data()[(column / kPanel * m_rows + row) * kPanel + column % kPanel];
}

PackedMatrix PackedMatrix::of(MatrixView matrix)
{
    PackedMatrix packed(matrix.rows, matrix.columns);
    for (std::size_t row = 0; row < matrix.rows; ++row)
        for (std::size_t column = 0; column < matrix.columns; ++column)
            packed.at(row, column) = matrix(row, column);
    return packed;
}

PackedMatrix PackedMatrix::transposed(MatrixView matrix)
{
    PackedMatrix packed(matrix.columns, matrix.rows);
    for (std::size_t row = 0; row < matrix.rows; ++row)
        for (std::size_t column = 0; column < matrix.columns; ++column)
            packed.at(column, row) = matrix(row, column);
    return packed;
}

void PackedMatrix::multiply(MatrixView left, MutableMatrixView out) const
{
    alignas(64) std::array<float, kGroup * kPanel> block;
    for (std::size_t first = 0; first < left.rows; first += kGroup) {
        std::array<const float*, kGroup> rows{};
        for (std::size_t i = 0; i < kGroup; ++i)
            rows[i] = left.row(std::min(first + i, left.rows - 1)).data();
        const std::size_t count = std::min(kGroup, left.rows - first);
        for (std::size_t column = 0; column < m_columns; column += kPanel) {
            multiplyGroup(rows.data(), m_panels.data() + column * m_rows, m_rows, block.data());
            const std::size_t width = std::min(kPanel, m_columns - column);
            for (std::size_t i = 0; i < count; ++i)
                std::copy_n(block.data() + i * kPanel, width, &out(first + i, column));
        }
    }
}

bool isAllowed(const HeadInput& input, std::size_t row, std::size_t key)
{
    return input.mask.allowed(row, key, input.queries.rows, input.keys.rows);
}

void softmaxRule(const HeadInput& input, std::size_t row, std::span<float> scores)
{
    bool any = false;
    for (std::size_t key = 0; key < scores.size(); ++key) {
        const bool allowed = isAllowed(input, row, key);
        any = any || allowed;
        if (!allowed)
            scores[key] = kForbidden;
        else if (!input.mask.additive.empty())
            scores[key] += input.mask.additive(row, key);
    }
    if (any)
        softmaxRow(scores.data(), scores.size());
    else
        std::ranges::fill(scores, 0.0F);
}

void uniformRule(const HeadInput& input, std::size_t row, std::span<float> weights)
{
    std::size_t allowed = 0;
    for (std::size_t key = 0; key < weights.size(); ++key)
        allowed += isAllowed(input, row, key) ? 1 : 0;
    for (std::size_t key = 0; key < weights.size(); ++key)
        weights[key] = isAllowed(input, row, key) ? 1.0F / static_cast<float>(allowed) : 0.0F;
}

void directRule(const HeadInput& input, std::size_t row, std::span<float> scores)
{
    const MatrixView& bias = input.mask.additive;
    float largestBias = kForbidden;  // taken off before exponentiating, so that no bias overflows
    for (std::size_t key = 0; key < scores.size() && !bias.empty(); ++key)
        if (isAllowed(input, row, key))
            largestBias = std::max(largestBias, bias(row, key));
    double sum = 0.0;
    for (std::size_t key = 0; key < scores.size(); ++key) {
        scores[key] = isAllowed(input, row, key) ? std::max(scores[key], 0.0F) : 0.0F;
        if (scores[key] > 0.0F && !bias.empty())
            scores[key] *= std::exp(bias(row, key) - largestBias);
        sum += scores[key];
    }
    if (sum == 0.0)
        return uniformRule(input, row, scores);
    for (float& score : scores)
        score = static_cast<float>(score / sum);
}

std::vector<Parameter> ruleParameters(double initialTau)
{
    return {
        {.id = "rule",
         .title = "Row rule",
         .help = "Direct: the row of scores, negative ones clipped at 0, is divided by its sum. Softmax: of score/τ.",
         .kind = ParameterKind::Choice,
         .choices = {"direct", "softmax"},
         .choiceTitles = {"Direct", "Softmax"}},
        {.id = "tau",
         .title = "Temperature",
         .symbol = "τ",
         .help = "The row is softmax(score/τ). Scores are at most about 1, so that at τ = 1 their differences change "
                 "weights by little; smaller values sharpen the row.",
         .kind = ParameterKind::Real,
         .minimum = 1e-3,
         .maximum = 10,
         .initial = initialTau,
         .logarithmic = true,
         .shownWhen = "rule",
         .shownWhenIn = {"softmax"}}};
}

WeightsHead::WeightsHead(const HeadInput& input) : m_input(input)
{
    checkShapes(input);
    m_values = PackedMatrix::of(input.values);
}

void WeightsHead::rows(std::size_t first, std::size_t last, const HeadOutput& output) const
{
    const std::size_t count = last - first;
    Tensor scratch;
    MutableMatrixView weights;
    if (output.weights.empty()) {
        scratch = Tensor({count, m_input.keys.rows});
        weights = scratch.matrix();
    } else {
        weights = output.weights.middleRows(first, count);
    }
    const MutableMatrixView error =
        output.standardError.empty() ? MutableMatrixView{} : output.standardError.middleRows(first, count);
    for (std::size_t row = 0; row < error.rows; ++row)
        std::ranges::fill(error.row(row), 0.0F);
    const MutableMatrixView diagnostics =
        output.diagnostics.empty() ? MutableMatrixView{} : output.diagnostics.middleColumns(first, count);
    fillRows(first, {weights, {}, error, diagnostics});
    m_values.multiply(weights, output.output.middleRows(first, count));
}

Tensor normalizedRows(MatrixView matrix)
{
    Tensor result({matrix.rows, matrix.columns});
    for (std::size_t row = 0; row < matrix.rows; ++row) {
        double square = 0.0;
        for (const float x : matrix.row(row))
            square += static_cast<double>(x) * x;
        const double norm = std::sqrt(square);
        std::ranges::transform(matrix.row(row), result.matrix().row(row).begin(),
                               [norm](float x) { return norm > 0.0 ? static_cast<float>(x / norm) : 0.0F; });
    }
    return result;
}

}  // namespace ketscope
