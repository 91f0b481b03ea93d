// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/quantum/weight_encoding.h"

#include "core/base/error.h"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <numbers>
#include <string>

namespace ketscope {

namespace {

using Matrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

Matrix matrixOf(DoubleMatrixView view)
{
    Matrix matrix(static_cast<Eigen::Index>(view.rows), static_cast<Eigen::Index>(view.columns));
    for (std::size_t row = 0; row < view.rows; ++row)
        std::ranges::copy(view.row(row), matrix.row(static_cast<Eigen::Index>(row)).begin());
    return matrix;
}

DoubleMatrixView viewOf(const Matrix& matrix)
{
    return {matrix.data(), static_cast<std::size_t>(matrix.rows()), static_cast<std::size_t>(matrix.cols())};
}

// Rows a and b of `matrix` turned by a Givens rotation.
void rotateRows(Matrix& matrix, const GivensRotation& rotation)
{
    const double c = std::cos(rotation.angle);
    const double s = std::sin(rotation.angle);
    const auto a = static_cast<Eigen::Index>(rotation.a);
    const auto b = static_cast<Eigen::Index>(rotation.b);
    const Eigen::RowVectorXd before = matrix.row(a);
    matrix.row(a) = c * before - s * matrix.row(b);
    matrix.row(b) = s * before + c * matrix.row(b);
}

double stepOf(int bits)
{
    if (bits < 1 || bits > 52)
        refuse({"angle quantisation", "1 to 52 bits", std::to_string(bits), ""});
    return 2.0 * std::numbers::pi / std::ldexp(1.0, bits);
}

}  // namespace

std::vector<double> OrthogonalCircuit::matrix() const
{
    Matrix result = Matrix::Identity(static_cast<Eigen::Index>(size), static_cast<Eigen::Index>(size));
    for (std::size_t i = 0; i < size; ++i)
        result(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(i)) = signs[i];
    for (const GivensRotation& rotation : rotations)
        rotateRows(result, rotation);
    return {result.data(), result.data() + result.size()};
}

Circuit OrthogonalCircuit::circuit() const
{
    Circuit result(size);
    for (std::size_t i = 0; i < size; ++i)
        if (signs[i] < 0.0)
            result.add(Gate::Z, {i});
    for (const GivensRotation& rotation : rotations)
        result.rbs(rotation.a, rotation.b, rotation.angle);
    return result;
}

// Column by column, entries below the diagonal are turned into the row above them until only signs are left:
// G_k … G_1 Q = signs, so Q = G_1ᵀ … G_kᵀ signs.
OrthogonalCircuit givensCircuit(DoubleMatrixView orthogonal)
{
    Matrix rest = matrixOf(orthogonal);
    const Eigen::Index size = rest.rows();
    if (size != rest.cols() || !(rest * rest.transpose()).isIdentity(1e-8))
        fail({"Givens rotations", "an orthogonal matrix", "another one", ""});
    OrthogonalCircuit result;
    result.size = static_cast<std::size_t>(size);
    for (Eigen::Index column = 0; column < size; ++column)
        for (Eigen::Index row = size - 1; row > column; --row) {
            const double kept = rest(row - 1, column);
            const double gone = rest(row, column);
            if (gone == 0.0)
                continue;
            const auto a = static_cast<std::size_t>(row - 1);
            const GivensRotation rotation{a, a + 1, std::atan2(-gone, kept)};
            rotateRows(rest, rotation);
            rest(row, column) = 0.0;
            result.rotations.push_back({a, a + 1, -rotation.angle});
        }
    std::ranges::reverse(result.rotations);
    for (Eigen::Index i = 0; i < size; ++i)
        result.signs.push_back(rest(i, i) < 0.0 ? -1.0 : 1.0);
    return result;
}

EncodedWeight encodeWeight(DoubleMatrixView weight)
{
    if (weight.rows == 0 || weight.columns == 0 || std::max(weight.rows, weight.columns) > kMostEncoded)
        refuse({"weight matrix", "1 to " + std::to_string(kMostEncoded) + " rows and columns",
                std::to_string(weight.rows) + " × " + std::to_string(weight.columns), "Encode a part of it."});
    const Matrix matrix = matrixOf(weight);
    if (!matrix.allFinite())
        refuse({"weight matrix", "finite numbers", "others", ""});
    const Eigen::BDCSVD<Matrix> svd(matrix, Eigen::ComputeFullU | Eigen::ComputeFullV);
    EncodedWeight result;
    result.rows = weight.rows;
    result.columns = weight.columns;
    result.values.assign(svd.singularValues().begin(), svd.singularValues().end());
    result.scale = result.values.front();
    const Matrix left = svd.matrixU();
    const Matrix right = svd.matrixV();
    result.left = givensCircuit(viewOf(left));
    result.right = givensCircuit(viewOf(right));
    return result;
}

std::vector<double> EncodedWeight::decode() const
{
    const std::vector<double> u = left.matrix();
    const std::vector<double> v = right.matrix();
    const Eigen::Map<const Matrix> leftMatrix(u.data(), static_cast<Eigen::Index>(rows),
                                              static_cast<Eigen::Index>(rows));
    const Eigen::Map<const Matrix> rightMatrix(v.data(), static_cast<Eigen::Index>(columns),
                                               static_cast<Eigen::Index>(columns));
    const auto rank = static_cast<Eigen::Index>(values.size());
    const Eigen::Map<const Eigen::VectorXd> sigma(values.data(), rank);
    const Matrix result = leftMatrix.leftCols(rank) * sigma.asDiagonal() * rightMatrix.leftCols(rank).transpose();
    return {result.data(), result.data() + result.size()};
}

double quantisedAngle(double angle, int bits)
{
    const double step = stepOf(bits);
    return step * std::round(angle / step);
}

OrthogonalCircuit quantised(const OrthogonalCircuit& circuit, int bits)
{
    OrthogonalCircuit result = circuit;
    for (GivensRotation& rotation : result.rotations)
        rotation.angle = quantisedAngle(rotation.angle, bits);
    return result;
}

EncodedWeight quantised(const EncodedWeight& weight, int bits)
{
    EncodedWeight result = weight;
    result.left = quantised(weight.left, bits);
    result.right = quantised(weight.right, bits);
    return result;
}

Circuit quantised(const Circuit& circuit, int bits)
{
    Circuit result(circuit.qubits());
    for (const Operation& operation : circuit.operations()) {
        Angle angle = operation.angle;
        if (!angle.index)
            angle.offset = quantisedAngle(angle.offset, bits);
        result.add(operation, angle);
    }
    return result;
}

double givensErrorBound(std::size_t gates, int bits)
{
    return static_cast<double>(gates) * 2.0 * std::sin(stepOf(bits) / 4.0);
}

double rotationErrorBound(std::size_t gates, int bits)
{
    return static_cast<double>(gates) * 2.0 * std::sin(stepOf(bits) / 8.0);
}

double expectationErrorBound(std::size_t gates, int bits, double observableNorm)
{
    return 2.0 * observableNorm * rotationErrorBound(gates, bits);
}

double weightErrorBound(const EncodedWeight& weight, int bits)
{
    return weight.scale * givensErrorBound(weight.angleCount(), bits);
}

std::vector<double> naiveRoundTrip(std::span<const double> weights, NaiveEncoding encoding, int bits)
{
    double largest = 0.0;
    for (const double w : weights)
        largest = std::max(largest, std::abs(w));
    std::vector<double> result(weights.size(), 0.0);
    for (std::size_t i = 0; i < weights.size() && largest > 0.0; ++i) {
        const double ratio = weights[i] / largest;
        const double angle = encoding == NaiveEncoding::Linear ? std::numbers::pi * ratio : 2.0 * std::asin(ratio);
        const double kept = quantisedAngle(angle, bits);
        result[i] = largest * (encoding == NaiveEncoding::Linear ? kept / std::numbers::pi : std::sin(0.5 * kept));
    }
    return result;
}

double rootMeanSquareError(std::span<const double> a, std::span<const double> b)
{
    double sum = 0.0;
    for (std::size_t i = 0; i < a.size(); ++i)
        sum += (a[i] - b[i]) * (a[i] - b[i]);
    return a.empty() ? 0.0 : std::sqrt(sum / static_cast<double>(a.size()));
}

}  // namespace ketscope
