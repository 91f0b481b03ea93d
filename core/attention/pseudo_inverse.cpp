// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/attention/pseudo_inverse.h"

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

Dense iteratedPseudoInverse(const Dense& matrix)
{
    constexpr int kSteps = 6;
    if (matrix.size() == 0)
        return Dense::Zero(matrix.cols(), matrix.rows());
    const double norms = matrix.cwiseAbs().colwise().sum().maxCoeff() * matrix.cwiseAbs().rowwise().sum().maxCoeff();
    if (norms == 0.0)
        return Dense::Zero(matrix.cols(), matrix.rows());
    const Dense identity = Dense::Identity(matrix.rows(), matrix.rows());
    Dense z = matrix.transpose() / norms;
    for (int step = 0; step < kSteps; ++step) {
        const Dense az = matrix * z;
        const Dense inner = 7.0 * identity - az;
        const Dense middle = 15.0 * identity - az * inner;
        z = (0.25 * z * (13.0 * identity - az * middle)).eval();
    }
    return z;
}

}  // namespace ketscope
