// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/quantum/state_vector.h"
#include "core/quantum/weight_report.h"
#include "tests/support/quantum.h"

#include <gmock/gmock.h>

namespace ketscope {
namespace {

using namespace test;
using RowMajor = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

Eigen::Map<const RowMajor> mapped(const std::vector<double>& values, std::size_t rows)
{
    const auto count = static_cast<Eigen::Index>(rows);
    return {values.data(), count, static_cast<Eigen::Index>(values.size()) / count};
}

double spectralNorm(const RowMajor& matrix) { return Eigen::BDCSVD<RowMajor>(matrix).singularValues()(0); }

TEST(WeightEncoding, RoundTripIsExact)
{
    struct Shape {
        std::size_t rows;
        std::size_t columns;
    };
    for (const auto& [rows, columns] :
         {Shape{1, 1}, Shape{2, 2}, Shape{8, 8}, Shape{5, 9}, Shape{12, 4}, Shape{64, 64}}) {
        const auto weights = randomNumbers(rows * columns, rows + columns);
        const EncodedWeight encoded = encodeWeight({weights.data(), rows, columns});
        EXPECT_LE(encoded.left.rotations.size(), rows * (rows - 1) / 2);
        EXPECT_LE(encoded.right.rotations.size(), columns * (columns - 1) / 2);
        const auto decoded = encoded.decode();
        for (std::size_t i = 0; i < weights.size(); ++i)
            ASSERT_NEAR(decoded[i], weights[i], 4e-15 * encoded.scale * static_cast<double>(rows + columns)) << i;
    }
    const std::vector<double> zero(6, 0.0);
    EXPECT_EQ(encodeWeight({zero.data(), 2, 3}).decode(), zero);
}

// The quantum orthogonal layer: RBS gates on the unary encoding apply the matrix.
TEST(WeightEncoding, CircuitActsOnUnaryStates)
{
    const auto numbers = randomNumbers(36, 3);
    const RowMajor q = Eigen::HouseholderQR<RowMajor>(mapped(numbers, 6)).householderQ();
    const OrthogonalCircuit orthogonal = givensCircuit({q.data(), 6, 6});
    EXPECT_LT((mapped(orthogonal.matrix(), 6) - q).cwiseAbs().maxCoeff(), 1e-14);
    const auto x = randomNumbers(6, 4);
    const auto unary = [](std::size_t i) { return std::size_t{1} << (5 - i); };
    StateVector state(6);
    state.amplitudes()[0] = 0.0;
    for (std::size_t i = 0; i < 6; ++i)
        state.amplitudes()[unary(i)] = x[i];
    state.apply(orthogonal.circuit());
    const Eigen::VectorXd expected = q * Eigen::Map<const Eigen::VectorXd>(x.data(), 6);
    for (std::size_t i = 0; i < 6; ++i)
        EXPECT_NEAR(std::abs(state.amplitudes()[unary(i)] - expected(static_cast<Eigen::Index>(i))), 0.0, 1e-14);
    RowMajor skewed = q;
    skewed(0, 0) += 0.1;
    EXPECT_THROW(givensCircuit({skewed.data(), 6, 6}), Error);
}

TEST(WeightEncoding, QuantisedAnglesKeepTheirBounds)
{
    const auto weights = randomNumbers(64, 7);
    const EncodedWeight encoded = encodeWeight({weights.data(), 8, 8});
    for (const int bits : {4, 8, 12, 16}) {
        const OrthogonalCircuit coarse = quantised(encoded.left, bits);
        const double error = spectralNorm(mapped(coarse.matrix(), 8) - mapped(encoded.left.matrix(), 8));
        const double bound = givensErrorBound(28, bits);
        EXPECT_GT(error, 0.0);
        EXPECT_LE(error, bound) << bits;
        const auto decoded = quantised(encoded, bits).decode();
        EXPECT_LE(spectralNorm(mapped(decoded, 8) - mapped(weights, 8)), weightErrorBound(encoded, bits)) << bits;
    }
    EXPECT_NEAR(givensErrorBound(28, 8), 0.344, 5e-4);
    EXPECT_THROW(quantisedAngle(1.0, 0), Error);
    EXPECT_EQ(quantisedAngle(1.0, 1), 0.0);
    EXPECT_EQ(quantisedAngle(2.0, 1), std::numbers::pi);
}

TEST(WeightEncoding, QuantisedRotationsKeepTheirBounds)
{
    Circuit circuit(3);
    const auto angles = randomNumbers(9, 9);
    for (std::size_t i = 0; i < 9; ++i)
        circuit.add(i % 3 == 0   ? Gate::RX
                    : i % 3 == 1 ? Gate::RY
                                 : Gate::RZ,
                    {i % 3}, angles[i])
            .cx(i % 3, (i + 1) % 3);
    const PauliString string = PauliString::parse("XZY");
    const double exact = StateVector(3).apply(circuit).expectation(string);
    for (const int bits : {3, 6, 10}) {
        const Circuit coarse = quantised(circuit, bits);
        const Eigen::MatrixXcd difference = unitaryOf(coarse, {}) - unitaryOf(circuit, {});
        EXPECT_LE(Eigen::BDCSVD<Eigen::MatrixXcd>(difference).singularValues()(0), rotationErrorBound(9, bits));
        EXPECT_LE(std::abs(StateVector(3).apply(coarse).expectation(string) - exact),
                  expectationErrorBound(9, bits, 1.0));
    }
}

TEST(WeightEncoding, NaiveEncodingsLoseWhatBitsTheyHave)
{
    const auto weights = randomNumbers(200, 5);
    double largest = 0.0;
    for (const double w : weights)
        largest = std::max(largest, std::abs(w));
    for (const NaiveEncoding encoding : {NaiveEncoding::Linear, NaiveEncoding::Arcsine}) {
        double before = 1e9;
        for (const int bits : {4, 8, 16}) {
            const double error = rootMeanSquareError(weights, naiveRoundTrip(weights, encoding, bits));
            // Half a step of the angle, times the slope of decoding: 1/π or at most ½.
            const double step = 2.0 * std::numbers::pi / std::ldexp(1.0, bits);
            EXPECT_LE(error, largest * 0.5 * step * (encoding == NaiveEncoding::Linear ? 1.0 / std::numbers::pi : 0.5));
            EXPECT_LT(error, before);
            before = error;
        }
        EXPECT_LT(rootMeanSquareError(weights, naiveRoundTrip(weights, encoding, 52)), 1e-14);
    }
    EXPECT_EQ(naiveRoundTrip(std::vector<double>(3, 0.0), NaiveEncoding::Linear, 8), std::vector<double>(3, 0.0));
    const double nan = std::numeric_limits<double>::quiet_NaN();
    EXPECT_THROW(encodeWeight({&nan, 1, 1}), Error);
    EXPECT_THROW(encodeWeight({nullptr, 0, 0}), Error);
}

TEST(WeightEncoding, ReportSaysWhatAnglesCost)
{
    const auto weights = randomNumbers(48, 5);
    const DoubleMatrixView view(weights.data(), 8, 6);
    const WeightReport report = weightReport(view, 6);
    EXPECT_EQ(report.rows, 8U);
    EXPECT_EQ(report.columns, 6U);
    EXPECT_LE(report.angles, 8U * 7U / 2U + 6U * 5U / 2U);
    EXPECT_EQ(report.classicalValues, 6U);
    EXPECT_LT(report.roundTrip, 1e-13);
    const auto coarse = quantised(encodeWeight(view), 6).decode();
    EXPECT_NEAR(report.norm, spectralNorm(mapped(coarse, 8) - mapped(weights, 8)), 1e-12);
    EXPECT_EQ(report.error, rootMeanSquareError(weights, coarse));
    EXPECT_GT(report.norm, 0.0);
    EXPECT_LE(report.norm, report.bound);
    EXPECT_EQ(report.linearError, rootMeanSquareError(weights, naiveRoundTrip(weights, NaiveEncoding::Linear, 6)));
    EXPECT_EQ(report.arcsineError, rootMeanSquareError(weights, naiveRoundTrip(weights, NaiveEncoding::Arcsine, 6)));
    EXPECT_THROW(weightReport(view, 0), Error);
    EXPECT_THROW(weightReport({weights.data(), 513, 1}, 8), Error);
}

}  // namespace
}  // namespace ketscope
