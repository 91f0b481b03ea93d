// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/attention/mechanism.h"
#include "core/base/tensor.h"
#include "core/nn/kernels.h"

#include <mutex>
#include <span>

namespace ketscope {

// What mechanisms that form their weights row by row have in common. Everything here is single-threaded and gives a row
// the same bits whatever block it is computed in.

// The right factor B of many products A · B, stored in panels as the kernels of core/nn want them.
class PackedMatrix {
public:
    PackedMatrix() = default;
    static PackedMatrix of(MatrixView matrix);          // B = matrix
    static PackedMatrix transposed(MatrixView matrix);  // B = matrixᵀ

    // Part of B. A range of columns begins at a multiple of kColumnUnit.
    struct Part {
        std::size_t firstRow;
        std::size_t rows;
        std::size_t firstColumn;
        std::size_t columns;
    };
    static constexpr std::size_t kColumnUnit = 64;
    // The next multiple of it.
    static std::size_t padded(std::size_t columns) { return (columns + kColumnUnit - 1) / kColumnUnit * kColumnUnit; }

    std::size_t rows() const { return m_rows; }
    std::size_t columns() const { return m_columns; }

    // out (n, columns) = left (n, rows) · B; each element is summed in the order of the inner index.
    void multiply(MatrixView left, MutableMatrixView out) const;
    // out (n, part.columns) = or, when `add`, += left (n, part.rows) · that part of B.
    void multiplyPart(MatrixView left, const Part& part, MutableMatrixView out, bool add = false) const;
    // out (n, columns) += leftᵀ · B of left (rows, n).
    void addTurned(MatrixView left, MutableMatrixView out) const;

private:
    KetscopeProduct productOf(const Part& part, MutableMatrixView out, bool add) const;

    std::size_t m_rows = 0;
    std::size_t m_columns = 0;
    Tensor m_panels;
};

// out (n, columns) = or, when `add`, += left (n, k) · right (k, ≥ columns), the right as it lies in memory: its number of
// columns is a multiple of PackedMatrix::kColumnUnit. Summed as PackedMatrix does.
void multiplyWide(MatrixView left, MatrixView right, MutableMatrixView out, bool add = false);

// Whether query `row` may look at `key`.
bool isAllowed(const HeadInput& input, std::size_t row, std::size_t key);

// Rules that turn the scores (m) of query `row` into its weights, in place. Keys that the mask forbids get exactly 0; a
// row with no allowed key is all zero.
void softmaxRule(const HeadInput& input, std::size_t row, std::span<float> scores);  // softmax(scores + M)
// The softmax weights softmax(scale · q·k + M) of the queries first … first + weights.rows − 1; `keys` is Kᵀ.
void softmaxRows(const HeadInput& input, const PackedMatrix& keys, std::size_t first, MutableMatrixView weights);
// max(scores, 0) · e^M divided by its sum; where nothing is left, as uniformRule. Whether that was so, for kEvenRow.
bool directRule(const HeadInput& input, std::size_t row, std::span<float> scores);
// The same for every allowed key. Whether there is one.
bool uniformRule(const HeadInput& input, std::size_t row, std::span<float> weights);

// The row diagnostic of mechanisms whose scores may leave nothing to divide by: 1 for a query whose allowed keys share
// alike for that reason, 0 for the others.
extern const DiagnosticInfo kEvenRow;

// The parameters "rule" (direct or softmax) and "tau" of mechanisms whose scores, at most about 1, follow either rule.
std::vector<Parameter> ruleParameters(double initialTau);

// A head whose output is weights · values, whoever asks: with no room for the weights they live in a scratch block.
class WeightsHead : public PreparedHead {
public:
    explicit WeightsHead(const HeadInput& input);

    void rows(std::size_t first, std::size_t last, const HeadOutput& output) const final;

protected:
    // Fills the output and the diagnostics (zero when this is called; empty = not asked for) of the queries first … first +
    // output.rows − 1 without their weights, which nobody asked for. False where that is not shorter, or not possible with
    // this mask.
    virtual bool fillOutput(std::size_t first, MutableMatrixView output, MutableMatrixView diagnostics) const
    {
        static_cast<void>(first);
        static_cast<void>(output);
        static_cast<void>(diagnostics);
        return false;
    }

    // Fills the weights of the queries first … first + weights.rows − 1, and their standard errors where room is given
    // (zero when this is called).
    virtual void fillWeights(std::size_t first, MutableMatrixView weights, MutableMatrixView standardError) const = 0;

    // The same and the row diagnostics (their number, rows of the block; zero when this is called), where there are some.
    // `block` holds the rows asked for alone, and no output.
    virtual void fillRows(std::size_t first, const HeadOutput& block) const
    {
        fillWeights(first, block.weights, block.standardError);
    }

    const HeadInput& input() const { return m_input; }
    const PackedMatrix& values() const;  // packed once somebody asks

private:
    HeadInput m_input;
    mutable std::once_flag m_valuesOnce;
    mutable PackedMatrix m_values;
};

// `matrix` with every row divided by its Euclidean norm; a zero row stays zero.
Tensor normalizedRows(MatrixView matrix);

}  // namespace ketscope
