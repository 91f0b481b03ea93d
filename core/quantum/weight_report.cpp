// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/quantum/weight_report.h"

#include <Eigen/Eigenvalues>
#include <algorithm>
#include <cmath>

namespace ketscope {

namespace {

using Matrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

// The root of the largest eigenvalue of the smaller of DDᵀ and DᵀD.
double spectralNorm(const std::vector<double>& difference, std::size_t rows, std::size_t columns)
{
    const Eigen::Map<const Matrix> matrix(difference.data(), static_cast<Eigen::Index>(rows),
                                          static_cast<Eigen::Index>(columns));
    const Eigen::MatrixXd gram =
        rows < columns ? Eigen::MatrixXd(matrix * matrix.transpose()) : Eigen::MatrixXd(matrix.transpose() * matrix);
    const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(gram, Eigen::EigenvaluesOnly);
    return std::sqrt(std::max(0.0, solver.eigenvalues().maxCoeff()));
}

}  // namespace

WeightReport weightReport(DoubleMatrixView weight, int bits)
{
    const EncodedWeight encoded = encodeWeight(weight);
    std::vector<double> numbers;
    for (std::size_t row = 0; row < weight.rows; ++row)
        numbers.insert(numbers.end(), weight.row(row).begin(), weight.row(row).end());
    WeightReport report{.rows = weight.rows,
                        .columns = weight.columns,
                        .angles = encoded.angleCount(),
                        .classicalValues = encoded.values.size(),
                        .bits = bits,
                        .bound = weightErrorBound(encoded, bits)};
    const std::vector<double> exact = encoded.decode();
    std::vector<double> coarse = quantised(encoded, bits).decode();
    for (std::size_t i = 0; i < numbers.size(); ++i)
        report.roundTrip = std::max(report.roundTrip, std::abs(exact[i] - numbers[i]));
    report.error = rootMeanSquareError(numbers, coarse);
    report.linearError = rootMeanSquareError(numbers, naiveRoundTrip(numbers, NaiveEncoding::Linear, bits));
    report.arcsineError = rootMeanSquareError(numbers, naiveRoundTrip(numbers, NaiveEncoding::Arcsine, bits));
    report.rootMeanSquare = rootMeanSquareError(numbers, std::vector<double>(numbers.size(), 0.0));
    std::ranges::transform(coarse, numbers, coarse.begin(), std::minus());
    report.norm = spectralNorm(coarse, weight.rows, weight.columns);
    return report;
}

}  // namespace ketscope
