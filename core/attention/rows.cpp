// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/attention/rows.h"

#include "core/nn/row_softmax.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace ketscope {

namespace {

constexpr float kForbidden = -std::numeric_limits<float>::infinity();

}  // namespace

PackedMatrix PackedMatrix::of(MatrixView matrix)
{
    PackedMatrix packed;
    packed.m_rows = matrix.rows;
    packed.m_columns = matrix.columns;
    packed.m_panels = Tensor({kernels().packedSize(matrix.columns, matrix.rows)});
    kernels().packValues(matrix.data, matrix.stride, nullptr, matrix.rows, matrix.columns, packed.m_panels.data());
    return packed;
}

PackedMatrix PackedMatrix::transposed(MatrixView matrix)
{
    PackedMatrix packed;
    packed.m_rows = matrix.columns;
    packed.m_columns = matrix.rows;
    packed.m_panels = Tensor({kernels().packedSize(matrix.rows, matrix.columns)});
    kernels().packKeys(matrix.data, matrix.stride, nullptr, matrix.rows, matrix.columns, packed.m_panels.data());
    return packed;
}

void PackedMatrix::multiply(MatrixView left, MutableMatrixView out) const
{
    multiplyPart(left, {0, m_rows, 0, m_columns}, out);
}

KetscopeProduct PackedMatrix::productOf(const Part& part, MutableMatrixView out, bool add) const
{
    return {.left = nullptr,
            .leftStride = 0,
            .leftStep = 1,
            .rows = out.rows,
            .packed = m_panels.data(),
            .wideStride = 0,
            .packedDepth = m_rows,
            .packedColumns = m_columns,
            .firstDepth = part.firstRow,
            .depth = part.rows,
            .firstColumn = part.firstColumn,
            .endColumn = part.firstColumn + part.columns,
            .out = out.data,
            .outStride = out.stride,
            .accumulate = add ? 1 : 0};
}

void PackedMatrix::multiplyPart(MatrixView left, const Part& part, MutableMatrixView out, bool add) const
{
    KetscopeProduct product = productOf(part, out, add);
    product.left = left.data;
    product.leftStride = left.stride;
    product.rows = left.rows;
    kernels().multiply(&product);
}

void PackedMatrix::addTurned(MatrixView left, MutableMatrixView out) const
{
    KetscopeProduct product = productOf({0, m_rows, 0, m_columns}, out, true);
    product.left = left.data;
    product.leftStride = 1;
    product.leftStep = left.stride;
    kernels().multiply(&product);
}

void multiplyWide(MatrixView left, MatrixView right, MutableMatrixView out, bool add)
{
    const KetscopeProduct product = {.left = left.data,
                                     .leftStride = left.stride,
                                     .leftStep = 1,
                                     .rows = left.rows,
                                     .packed = right.data,
                                     .wideStride = right.stride,
                                     .packedDepth = right.rows,
                                     .packedColumns = right.columns,
                                     .firstDepth = 0,
                                     .depth = left.columns,
                                     .firstColumn = 0,
                                     .endColumn = out.columns,
                                     .out = out.data,
                                     .outStride = out.stride,
                                     .accumulate = add ? 1 : 0};
    kernels().multiply(&product);
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

void softmaxRows(const HeadInput& input, const PackedMatrix& keys, std::size_t first, MutableMatrixView weights)
{
    keys.multiply(input.queries.middleRows(first, weights.rows), weights);
    for (std::size_t i = 0; i < weights.rows; ++i) {
        for (float& score : weights.row(i))
            score *= input.scale;
        softmaxRule(input, first + i, weights.row(i));
    }
}

const DiagnosticInfo kEvenRow{"even_row", "Even weights, as no score was left"};

bool uniformRule(const HeadInput& input, std::size_t row, std::span<float> weights)
{
    std::size_t allowed = 0;
    for (std::size_t key = 0; key < weights.size(); ++key)
        allowed += isAllowed(input, row, key) ? 1 : 0;
    for (std::size_t key = 0; key < weights.size(); ++key)
        weights[key] = isAllowed(input, row, key) ? 1.0F / static_cast<float>(allowed) : 0.0F;
    return allowed > 0;
}

bool directRule(const HeadInput& input, std::size_t row, std::span<float> scores)
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
    return false;
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

WeightsHead::WeightsHead(const HeadInput& input) : m_input(input) { checkShapes(input); }

const PackedMatrix& WeightsHead::values() const
{
    std::call_once(m_valuesOnce, [this] { m_values = PackedMatrix::of(m_input.values); });
    return m_values;
}

void WeightsHead::rows(std::size_t first, std::size_t last, const HeadOutput& output) const
{
    const std::size_t count = last - first;
    const MutableMatrixView error =
        output.standardError.empty() ? MutableMatrixView{} : output.standardError.middleRows(first, count);
    const MutableMatrixView diagnostics =
        output.diagnostics.empty() ? MutableMatrixView{} : output.diagnostics.middleColumns(first, count);
    for (const MutableMatrixView& block : {error, diagnostics})
        for (std::size_t row = 0; row < block.rows; ++row)
            std::ranges::fill(block.row(row), 0.0F);
    if (output.weights.empty() && error.empty()
        && fillOutput(first, output.output.middleRows(first, count), diagnostics))
        return;
    Tensor scratch;
    MutableMatrixView weights;
    if (output.weights.empty()) {
        scratch = Tensor({count, m_input.keys.rows});
        weights = scratch.matrix();
    } else {
        weights = output.weights.middleRows(first, count);
    }
    fillRows(first, {weights, {}, error, diagnostics});
    values().multiply(weights, output.output.middleRows(first, count));
}

Tensor normalizedRows(MatrixView matrix)
{
    Tensor result({matrix.rows, matrix.columns});
    for (std::size_t row = 0; row < matrix.rows; ++row) {
        const double norm = std::sqrt(kernels().dot(matrix.row(row).data(), matrix.row(row).data(), matrix.columns));
        std::ranges::transform(matrix.row(row), result.matrix().row(row).begin(),
                               [norm](float x) { return norm > 0.0 ? static_cast<float>(x / norm) : 0.0F; });
    }
    return result;
}

}  // namespace ketscope
