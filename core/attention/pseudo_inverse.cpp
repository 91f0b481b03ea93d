// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/attention/pseudo_inverse.h"

#include "core/attention/rows.h"

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

// A square matrix whose rows are as wide as multiplyWide wants them, 0 past the end.
class Square {
public:
    explicit Square(std::size_t size)
        : m_size(size), m_values(Tensor::zeros({size, PackedMatrix::padded(size) + kLine}))
    {
    }

    std::size_t size() const { return m_size; }
    MutableMatrixView view() { return m_values.matrix().middleColumns(0, m_size); }

    Tensor times(const Tensor& right) const
    {
        Tensor result({m_size, right.shape()[1]});
        multiplyWide(m_values.matrix().middleColumns(0, m_size), right.matrix(), result.matrix());
        return result;
    }

    void scale(float factor) { flat(m_values) *= factor; }
    void addTimes(const Square& other, float factor) { flat(m_values) += factor * flat(other.m_values); }

    // a · b for symmetric matrices that commute, so that it is symmetric, too: above the diagonal, and copied below.
    void setSymmetricProduct(const Square& a, const Square& b)
    {
        constexpr std::size_t kUnit = PackedMatrix::kColumnUnit;
        const MutableMatrixView values = view();
        for (std::size_t first = 0; first < m_size; first += kUnit) {
            const std::size_t width = std::min(kUnit, m_size - first);
            multiplyWide(a.m_values.matrix().middleRows(0, first + width).middleColumns(0, m_size),
                         b.m_values.matrix().middleColumns(first, kUnit),
                         m_values.matrix().middleRows(0, first + width).middleColumns(first, width));
            for (std::size_t row = first; row < first + width; ++row)
                for (std::size_t column = 0; column < row; ++column)
                    values(row, column) = values(column, row);
        }
    }

private:
    static constexpr std::size_t kLine = 16;  // rows lie out of each other's cache sets

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
    PackedMatrix::transposed(matrix).multiply(matrix, values);
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
    multiplyWide(transposed.matrix(), right.matrix(), result.matrix());
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
    Tensor y = Tensor::zeros({right.rows, PackedMatrix::padded(right.columns)});
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
        residual.addTimes(square, 1.0F / 3.0F);
        next.setSymmetricProduct(square, residual);
        std::swap(residual, next);
        residual.scale(0.75F);
    }
    return transposedTimes(matrix, y, 1.0F / scale, right.columns);
}

}  // namespace ketscope
