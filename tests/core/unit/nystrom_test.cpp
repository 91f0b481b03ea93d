// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/attention/pseudo_inverse.h"
#include "tests/support/random_head.h"

#include <cmath>
#include <gmock/gmock.h>

namespace ketscope {
namespace {

using namespace test;

const Mechanism& nystrom() { return mechanism("nystrom"); }

Dense normalDense(std::size_t rows, std::size_t columns, std::uint64_t seed)
{
    return dense(normalTensor(rows, columns, seed).matrix());
}

Dense softmaxRows(Dense logits)
{
    logits = logits.array().exp();
    for (Eigen::Index i = 0; i < logits.rows(); ++i)
        logits.row(i) /= logits.row(i).sum();
    return logits;
}

TEST(PseudoInverse, FulfilsPenrosesConditions)
{
    Dense matrix = normalDense(7, 5, 3);
    matrix.col(4) = matrix.col(0) + matrix.col(1);  // rank 4
    const Dense inverse = pseudoInverse(matrix, 1e-10);
    EXPECT_LT((matrix * inverse * matrix - matrix).cwiseAbs().maxCoeff(), 1e-10);
    EXPECT_LT((inverse * matrix * inverse - inverse).cwiseAbs().maxCoeff(), 1e-10);
    EXPECT_LT((matrix * inverse - (matrix * inverse).transpose()).cwiseAbs().maxCoeff(), 1e-10);
    EXPECT_LT((inverse * matrix - (inverse * matrix).transpose()).cwiseAbs().maxCoeff(), 1e-10);
}

// A cutoff of 10⁻³ goes by squared singular values, a smaller one by the decomposition itself.
TEST(PseudoInverse, SquaredSingularValuesGiveTheSame)
{
    const std::vector<double> singular = {1.0, 0.3, 0.02, 2e-3, 5e-4, 1e-9};
    for (const auto& [rows, columns] : {std::pair{9, 6}, {6, 9}, {6, 6}}) {
        const Dense u = Eigen::HouseholderQR<Eigen::MatrixXd>(normalDense(rows, 6, 5)).householderQ()
                        * Eigen::MatrixXd::Identity(rows, 6);
        const Dense v = Eigen::HouseholderQR<Eigen::MatrixXd>(normalDense(columns, 6, 6)).householderQ()
                        * Eigen::MatrixXd::Identity(columns, 6);
        Dense matrix = Dense::Zero(rows, columns);
        Dense expected = Dense::Zero(columns, rows);
        for (Eigen::Index i = 0; i < 6; ++i) {
            matrix += singular[static_cast<std::size_t>(i)] * u.col(i) * v.col(i).transpose();
            if (singular[static_cast<std::size_t>(i)] > 1e-3)
                expected += v.col(i) * u.col(i).transpose() / singular[static_cast<std::size_t>(i)];
        }
        EXPECT_LT((pseudoInverse(matrix, 1e-3) - expected).cwiseAbs().maxCoeff(), 1e-7) << rows;
        EXPECT_LT((pseudoInverse(matrix, 0.9e-3) - expected).cwiseAbs().maxCoeff(), 1e-7) << rows;
    }
    EXPECT_EQ(pseudoInverse(Dense::Zero(3, 2), 1e-3), Dense::Zero(2, 3));
}

// Z ← ¼ Z(13 I − AZ(15 I − AZ(7 I − AZ))), six times, from Aᵀ/(‖A‖₁ ‖A‖∞).
Dense iteratedInverse(const Dense& a)
{
    const Dense identity = Dense::Identity(a.rows(), a.rows());
    Dense z = a.transpose() / (a.cwiseAbs().colwise().sum().maxCoeff() * a.cwiseAbs().rowwise().sum().maxCoeff());
    for (int step = 0; step < 6; ++step) {
        const Dense az = a * z;
        z = (0.25 * z * (13.0 * identity - az * (15.0 * identity - az * (7.0 * identity - az)))).eval();
    }
    return z;
}

Tensor toTensor(const Dense& from)
{
    Tensor result({static_cast<std::size_t>(from.rows()), static_cast<std::size_t>(from.cols())});
    for (std::size_t i = 0; i < result.size(); ++i)
        result.values()[i] = static_cast<float>(from.data()[i]);
    return result;
}

// Any shape and condition: to single precision, which the largest Z, about 1200, can enlarge.
TEST(PseudoInverse, SixIterationsAreTheDefinition)
{
    for (const auto& [rows, columns] : {std::pair{64, 64}, {100, 100}, {70, 130}, {130, 70}, {3, 5}, {1, 1}}) {
        const Dense a = dense(toTensor(softmaxRows(0.4 * normalDense(rows, columns, 8))).matrix());
        const Tensor right = normalTensor(rows, 33, 9);
        const Dense expected = iteratedInverse(a) * dense(right.matrix());
        const Dense found = dense(iteratedInverseTimes(toTensor(a).matrix(), right.matrix()).matrix());
        EXPECT_LT((found - expected).cwiseAbs().maxCoeff(), 1e-4 * std::max(1.0, expected.cwiseAbs().maxCoeff()))
            << rows << " × " << columns;
    }
}

TEST(PseudoInverse, SixIterationsReachItWhenWellConditioned)
{
    Dense logits = 0.3 * normalDense(12, 12, 4);
    logits.diagonal().array() += 3.0;  // landmarks that look mostly at themselves
    const Dense matrix = softmaxRows(logits);
    const Dense inverse = pseudoInverse(matrix, 1e-10);
    EXPECT_LT((iteratedInverse(matrix) - inverse).cwiseAbs().maxCoeff(), 1e-6);
    const Tensor found = iteratedInverseTimes(toTensor(matrix).matrix(), toTensor(Dense::Identity(12, 12)).matrix());
    EXPECT_LT((dense(found.matrix()) - inverse).cwiseAbs().maxCoeff(), 1e-4);
    EXPECT_EQ(dense(iteratedInverseTimes(Tensor::zeros({3, 2}).matrix(), Tensor::zeros({3, 4}).matrix()).matrix()),
              Dense::Zero(2, 4));
}

TEST(Nystrom, ALandmarkForEveryTokenIsExact)
{
    RandomHead head(12, 12, 24, 4);
    for (float& x : head.queries.values())
        x *= 3.0F;  // peaked rows: no singular value is small
    for (const bool causal : {false, true}) {
        head.input.mask.causal = causal;
        const HeadResult reference = runHead(mechanism("exact"), head.input, mechanism("exact").defaults());
        for (const char* inverse : {"svd", "iterations"}) {
            const HeadResult result = runHead(nystrom(), head.input, with(nystrom(), {{"inverse", inverse}}));
            // The SVD drops what is below 10⁻³; six iterations are not the end. A causal head has neither.
            const double tolerance = causal ? 1e-5 : inverse[0] == 's' ? 2e-3 : 0.1;
            for (std::size_t i = 0; i < result.weights.size(); ++i)
                EXPECT_NEAR(result.weights.values()[i], reference.weights.values()[i], tolerance) << i << causal;
        }
    }
}

// A⁻¹ is found in blocks of rows; some of these grow so far that they stand for their own token.
TEST(Nystrom, ManyCausalLandmarksAreExact)
{
    for (const float spread : {1.0F, 3.0F}) {
        RandomHead head(150, 150, 24, 4);
        for (float& x : head.queries.values())
            x *= spread;
        head.input.mask.causal = true;
        const HeadResult reference = runHead(mechanism("exact"), head.input, mechanism("exact").defaults());
        const Parameters parameters = with(nystrom(), {{"landmarks", "150"}});
        const HeadResult result = runHead(nystrom(), head.input, parameters);
        Tensor alone({150, 4});
        attendHead(nystrom(), head.input, parameters, {{}, alone.matrix(), {}, {}}, Monitor());
        for (std::size_t i = 0; i < result.weights.size(); ++i)
            ASSERT_NEAR(result.weights.values()[i], reference.weights.values()[i], 1e-4) << i / 150;
        for (std::size_t i = 0; i < alone.size(); ++i)
            ASSERT_NEAR(alone.values()[i], reference.output.values()[i], 1e-4) << i / 4;
    }
}

// softmax(QK̃ᵀ/√d) · softmax(Q̃K̃ᵀ/√d)⁺ · softmax(Q̃Kᵀ/√d) with means of 4 tokens.
TEST(Nystrom, WeightsAreTheDefinition)
{
    RandomHead head(12, 12, 6, 4);
    const double scale = head.input.scale;
    const Dense queries = dense(head.input.queries);
    const Dense keys = dense(head.input.keys);
    Dense means = Dense::Zero(3, 12);
    for (Eigen::Index j = 0; j < 12; ++j)
        means(j / 4, j) = 0.25;
    const Dense a = softmaxRows(scale * means * queries * (means * keys).transpose());
    for (const bool iterated : {false, true}) {
        const Dense expected = softmaxRows(scale * queries * (means * keys).transpose())
                               * (iterated ? iteratedInverse(a) : pseudoInverse(a, 1e-3))
                               * softmaxRows(scale * means * queries * keys.transpose());
        const HeadResult result = runHead(
            nystrom(), head.input, with(nystrom(), {{"landmarks", "3"}, {"inverse", iterated ? "iterations" : "svd"}}));
        EXPECT_LT((dense(result.weights.matrix()) - expected).cwiseAbs().maxCoeff(), 1e-4) << iterated;
    }
}

TEST(Nystrom, RowsSumToOneWithACausalMask)
{
    RandomHead head(50, 50, 8, 4);
    head.input.mask.causal = true;
    const HeadResult result = runHead(nystrom(), head.input, with(nystrom(), {{"landmarks", "8"}}));
    for (std::size_t i = 0; i < 50; ++i) {
        double sum = 0.0;
        for (std::size_t j = 0; j < 50; ++j)
            sum += result.weight(i, j);
        EXPECT_NEAR(sum, 1.0, 1e-4) << i;
    }
}

}  // namespace
}  // namespace ketscope
