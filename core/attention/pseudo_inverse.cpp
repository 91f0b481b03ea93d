// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/attention/pseudo_inverse.h"

#include "core/attention/rows.h"
#include "core/nn/attention_kernel.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace ketscope {

namespace {

// Singular values above this share of the largest keep ten digits when squared in double precision.
constexpr double kSquaredCutoff = 1e-3;

// From AᵀA = VΣ²Vᵀ: A⁺ = V Σ⁻² Vᵀ Aᵀ over the singular values that are kept. Cheaper than all of Σ and U.
Dense squaredPseudoInverse(const Dense& matrix, double cutoff)
{
    if (matrix.cols() > matrix.rows())
        return squaredPseudoInverse(matrix.transpose(), cutoff).transpose();
    const Eigen::MatrixXd tall = matrix;
    const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(tall.transpose() * tall);
    const Eigen::VectorXd& squares = solver.eigenvalues();  // rising
    const double least = cutoff * cutoff * squares[squares.size() - 1];
    const Eigen::Index kept = (squares.array() > least).count();
    const Eigen::MatrixXd vectors = solver.eigenvectors().rightCols(kept);
    const Eigen::MatrixXd projected = vectors.transpose() * tall.transpose();
    return vectors * squares.tail(kept).cwiseInverse().asDiagonal() * projected;
}

Eigen::Map<Eigen::ArrayXf> flat(Tensor& tensor) { return {tensor.data(), static_cast<Eigen::Index>(tensor.size())}; }

Eigen::Map<const Eigen::ArrayXf> flat(const Tensor& tensor)
{
    return {tensor.data(), static_cast<Eigen::Index>(tensor.size())};
}

constexpr std::size_t kLine = 16;  // more columns than needed: rows lie out of each other's cache sets

// Rows as wide as multiplyWide wants them, 0 past the end.
Tensor paddedZeros(std::size_t rows, std::size_t columns)
{
    return Tensor::zeros({rows, PackedMatrix::padded(columns) + kLine});
}

MatrixView withoutLine(const Tensor& tensor) { return tensor.matrix().middleColumns(0, tensor.shape()[1] - kLine); }
MutableMatrixView withoutLine(Tensor& tensor) { return tensor.matrix().middleColumns(0, tensor.shape()[1] - kLine); }

class Square {
public:
    explicit Square(std::size_t size) : m_size(size), m_values(paddedZeros(size, size)) {}

    std::size_t size() const { return m_size; }
    MutableMatrixView view() { return m_values.matrix().middleColumns(0, m_size); }
    MatrixView view() const { return m_values.matrix().middleColumns(0, m_size); }

    Tensor times(const Tensor& right) const
    {
        Tensor result = Tensor::zeros({m_size, right.shape()[1]});
        multiplyWide(m_values.matrix().middleColumns(0, m_size), withoutLine(right), withoutLine(result));
        return result;
    }

    // factor · this + ofOther · other.
    void mix(float factor, const Square& other, float ofOther)
    {
        flat(m_values) = factor * flat(m_values) + ofOther * flat(other.m_values);
    }

    // Rows first … end − 1 of what is symmetric, as far as their columns below the diagonal.
    MutableMatrixView below(std::size_t first, std::size_t end)
    {
        constexpr std::size_t kUnit = 16;
        const std::size_t width = std::min((end + kUnit - 1) / kUnit * kUnit, m_size);
        return view().middleRows(first, end - first).middleColumns(0, width);
    }

    // a · b for symmetric matrices that commute, so that it is symmetric, too: below the diagonal, and copied above.
    void setSymmetricProduct(const Square& a, const Square& b)
    {
        for (std::size_t first = 0; first < m_size; first += kAttentionRowBlock) {
            const std::size_t end = std::min(m_size, first + kAttentionRowBlock);
            multiplyWide(a.view().middleRows(first, end - first), withoutLine(b.m_values), below(first, end));
        }
        copyAbove();
    }

private:
    // From below the diagonal, tile by tile, so that what is read in columns stays in the nearest cache.
    void copyAbove()
    {
        constexpr std::size_t kTile = 16;
        const MutableMatrixView values = view();
        for (std::size_t first = 0; first < m_size; first += kTile)
            for (std::size_t left = first; left < m_size; left += kTile)
                for (std::size_t row = first; row < std::min(first + kTile, m_size); ++row)
                    for (std::size_t column = std::max(left, row + 1); column < std::min(left + kTile, m_size);
                         ++column)
                        values(row, column) = values(column, row);
    }

    std::size_t m_size;
    Tensor m_values;
};

// ‖A‖₁ ‖A‖∞, the largest sums of magnitudes of a column and of a row.
double normProduct(MatrixView matrix)
{
    std::vector<double> columns(matrix.columns, 0.0);
    double largestRow = 0.0;
    for (std::size_t i = 0; i < matrix.rows; ++i) {
        double sum = 0.0;
        for (std::size_t j = 0; j < matrix.columns; ++j) {
            const double magnitude = std::abs(static_cast<double>(matrix(i, j)));
            sum += magnitude;
            columns[j] += magnitude;
        }
        largestRow = std::max(largestRow, sum);
    }
    return columns.empty() ? 0.0 : largestRow * *std::ranges::max_element(columns);
}

// I − AAᵀ/scale.
Square firstResidual(MatrixView matrix, float scale)
{
    Square result(matrix.rows);
    const MutableMatrixView values = result.view();
    const PackedMatrix right = PackedMatrix::transposed(matrix);
    for (std::size_t first = 0; first < values.rows; first += kAttentionRowBlock) {
        const std::size_t end = std::min(values.rows, first + kAttentionRowBlock);
        const MutableMatrixView to = result.below(first, end);
        right.multiplyPart(matrix.middleRows(first, end - first), {0, right.rows(), 0, to.columns}, to);
    }
    for (std::size_t i = 0; i < values.rows; ++i)
        for (std::size_t j = 0; j <= i; ++j)
            values(i, j) = values(j, i) = (i == j ? 1.0F : 0.0F) - values(i, j) / scale;
    return result;
}

// factor · Aᵀ · right, its first `columns` columns.
Tensor transposedTimes(MatrixView matrix, const Tensor& right, float factor, std::size_t columns)
{
    Tensor transposed({matrix.columns, matrix.rows});
    const MutableMatrixView to = transposed.matrix();
    for (std::size_t i = 0; i < matrix.rows; ++i)
        for (std::size_t j = 0; j < matrix.columns; ++j)
            to(j, i) = factor * matrix(i, j);
    Tensor result({matrix.columns, columns});
    multiplyWide(transposed.matrix(), withoutLine(right), result.matrix());
    return result;
}

}  // namespace

Dense pseudoInverse(const Dense& matrix, double cutoff)
{
    if (matrix.size() == 0)
        return Dense::Zero(matrix.cols(), matrix.rows());
    if (cutoff >= kSquaredCutoff)
        return squaredPseudoInverse(matrix, cutoff);
    const Eigen::BDCSVD<Eigen::MatrixXd> svd(matrix, Eigen::ComputeThinU | Eigen::ComputeThinV);
    Eigen::VectorXd inverse = svd.singularValues();
    for (double& value : inverse)
        value = value > cutoff * svd.singularValues()[0] ? 1.0 / value : 0.0;
    return svd.matrixV() * inverse.asDiagonal() * svd.matrixU().transpose();
}

// With R = I − AZ a step is Z ← Z(I + R + R² + ¼R³) and R ← ¼R³(3I + R). R is symmetric, as it begins as I − AAᵀ/c, and the
// factors commute: they are applied to `right` one after the other, and Z itself is never formed.
Tensor iteratedInverseTimes(MatrixView matrix, MatrixView right)
{
    constexpr int kSteps = 6;
    const auto scale = static_cast<float>(normProduct(matrix));
    if (scale == 0.0F)
        return Tensor::zeros({matrix.columns, right.columns});
    Square residual = firstResidual(matrix, scale);
    Square square(matrix.rows);
    Square next(matrix.rows);
    Tensor y = paddedZeros(right.rows, right.columns);
    for (std::size_t i = 0; i < right.rows; ++i)
        std::ranges::copy(right.row(i), y.matrix().row(i).begin());
    for (int step = 0; step < kSteps; ++step) {
        const Tensor first = residual.times(y);
        Tensor inner(y.shape());
        flat(inner) = flat(y) + 0.25F * flat(first);
        if (step + 1 < kSteps)
            square.setSymmetricProduct(residual, residual);
        const Tensor second = step + 1 < kSteps ? square.times(inner) : residual.times(residual.times(inner));
        flat(y) += flat(first) + flat(second);
        if (step + 1 == kSteps)
            break;
        residual.mix(0.75F, square, 0.25F);
        next.setSymmetricProduct(square, residual);
        std::swap(residual, next);
    }
    return transposedTimes(matrix, y, 1.0F / scale, right.columns);
}

}  // namespace ketscope
