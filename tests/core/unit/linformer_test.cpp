// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "tests/support/gradient_check.h"
#include "tests/support/statistics.h"

#include <Eigen/Dense>
#include <cmath>
#include <gmock/gmock.h>

namespace ketscope {
namespace {

using namespace test;
using Matrix = Eigen::MatrixXd;

const Mechanism& linformer() { return mechanism("linformer"); }
const Mechanism& exact() { return mechanism("exact"); }

Matrix matrixOf(MatrixView view)
{
    Matrix result(view.rows, view.columns);
    for (std::size_t i = 0; i < view.rows; ++i)
        for (std::size_t j = 0; j < view.columns; ++j)
            result(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j)) = view(i, j);
    return result;
}

Tensor identity(std::size_t size)
{
    Tensor tensor = Tensor::zeros({size, size});
    for (std::size_t i = 0; i < size; ++i)
        tensor.matrix()(i, i) = 1.0F;
    return tensor;
}

double largestDifference(const Tensor& a, const Tensor& b)
{
    double largest = 0.0;
    for (std::size_t i = 0; i < a.size(); ++i)
        largest = std::max(largest, std::abs(static_cast<double>(a.values()[i]) - b.values()[i]));
    return largest;
}

TEST(Linformer, AsManySegmentsAsKeysAreExact)
{
    RandomHead head(9, 12, 6, 4);
    for (const bool causal : {false, true}) {
        head.input.mask.causal = causal;
        const HeadResult reference = runHead(exact(), head.input, exact().defaults());
        const HeadResult result = runHead(linformer(), head.input, linformer().defaults());
        EXPECT_LT(largestDifference(reference.weights, result.weights), 1e-6);
    }
}

TEST(Linformer, IdentityProjectionsAreExact)
{
    RandomHead head(12, 12, 6, 4);
    NamedTensors trained;
    trained["E"] = trained["F"] = std::make_shared<const Tensor>(identity(12));
    head.input.trained = &trained;
    const HeadResult reference = runHead(exact(), head.input, exact().defaults());
    const HeadResult result = runHead(linformer(), head.input, with(linformer(), {{"projection", "learned"}}));
    EXPECT_LT(largestDifference(reference.weights, result.weights), 1e-6);
    EXPECT_LT(largestDifference(reference.output, result.output), 1e-5);
}

// softmax(Q(EK)ᵀ/√d)(FV) in double precision, for projections as an untrained head draws them.
TEST(Linformer, LearnedProjectionsAreTheDefinition)
{
    RandomHead head(9, 12, 6, 4);
    NamedTensors trained;
    trained["E"] = std::make_shared<const Tensor>(normalTensor(5, 15, 3));  // longer than the text: the first columns
    trained["F"] = std::make_shared<const Tensor>(normalTensor(5, 15, 4));
    head.input.trained = &trained;
    const Matrix e = matrixOf(trained["E"]->matrix()).leftCols(12);
    const Matrix f = matrixOf(trained["F"]->matrix()).leftCols(12);
    const double scale = head.input.scale;
    Matrix shares = scale * matrixOf(head.input.queries) * (e * matrixOf(head.input.keys)).transpose();
    shares = shares.array().exp();
    for (Eigen::Index i = 0; i < shares.rows(); ++i)
        shares.row(i) /= shares.row(i).sum();
    const Matrix output = shares * (f * matrixOf(head.input.values));
    const HeadResult result = runHead(linformer(), head.input, with(linformer(), {{"projection", "learned"}}));
    EXPECT_LT((matrixOf(result.weights.matrix()) - shares * f).cwiseAbs().maxCoeff(), 1e-5);
    EXPECT_LT((matrixOf(result.output.matrix()) - output).cwiseAbs().maxCoeff(), 1e-4);
}

TEST(Linformer, SegmentsShareTheWeightOfTheirMean)
{
    RandomHead head(7, 7, 6, 4);
    head.input.mask.causal = true;
    const HeadResult result = runHead(linformer(), head.input, with(linformer(), {{"rank", "3"}}));  // 3 + 3 + 1 keys
    for (std::size_t i = 0; i < 7; ++i) {
        std::vector<double> expected(7, 0.0);
        double sum = 0.0;
        for (std::size_t first = 0; first <= i; first += 3) {
            const std::size_t end = std::min(first + 3, i + 1);
            double logit = 0.0;
            for (std::size_t j = first; j < end; ++j)
                for (std::size_t c = 0; c < 6; ++c)
                    logit += static_cast<double>(head.input.scale) * head.queries.matrix()(i, c)
                             * head.keys.matrix()(j, c) / static_cast<double>(end - first);
            for (std::size_t j = first; j < end; ++j)
                sum += expected[j] = std::exp(logit);
        }
        for (std::size_t j = 0; j < 7; ++j)
            EXPECT_NEAR(result.weight(i, j), expected[j] / sum, 1e-6) << i << " " << j;
    }
}

// The bound of svd-r: ‖P − P_r‖_F² is the sum of the squares of the singular values left out (Eckart and Young).
TEST(Linformer, NothingOfRankRIsNearerThanTheBestMap)
{
    for (const auto& [n, m] : {std::pair{10UL, 14UL}, std::pair{14UL, 10UL}}) {
        const RandomHead head(n, m, 6, 4);
        const Matrix p = matrixOf(runHead(exact(), head.input, exact().defaults()).weights.matrix());
        const Eigen::JacobiSVD<Matrix> svd(p);
        for (const Eigen::Index rank : {1, 4, 10}) {
            const double bound = svd.singularValues().tail(10 - rank).norm();
            for (const char* projection : {"segments", "learned", "jl", "fit"}) {
                const Parameters parameters =
                    with(linformer(), {{"projection", projection}, {"rank", std::to_string(rank)}});
                const HeadResult result = runHead(linformer(), head.input, parameters);
                EXPECT_GE((matrixOf(result.weights.matrix()) - p).norm(), bound - 1e-5) << projection << rank;
            }
        }
    }
}

// The fit is never worse than any other F for the same shares, such as the segment means.
TEST(Linformer, FitIsNearerThanSegmentMeans)
{
    const RandomHead head(20, 20, 6, 4);
    const Matrix p = matrixOf(runHead(exact(), head.input, exact().defaults()).weights.matrix());
    const auto errorOf = [&](const char* projection) {
        return (matrixOf(
                    runHead(linformer(), head.input, with(linformer(), {{"projection", projection}, {"rank", "5"}}))
                        .weights.matrix())
                - p)
            .norm();
    };
    EXPECT_LT(errorOf("fit"), errorOf("segments"));
}

TEST(Linformer, RandomProjectionOfTheWeightsIsUnbiased)
{
    RandomHead head(3, 6, 6, 4);
    const HeadResult reference = runHead(exact(), head.input, exact().defaults());
    const Parameters parameters = with(linformer(), {{"projection", "jl"}, {"rank", "8"}});
    std::vector<Samples> samples(18);
    for (std::uint64_t seed = 0; seed < 2000; ++seed) {
        head.input.random.seed = seed;
        const HeadResult result = runHead(linformer(), head.input, parameters);
        for (std::size_t i = 0; i < 18; ++i)
            samples[i].add(result.weights.values()[i]);
    }
    for (std::size_t i = 0; i < 18; ++i)
        EXPECT_LT(std::abs(samples[i].mean() - reference.weights.values()[i]), 4.0 * samples[i].errorOfMean()) << i;
}

TEST(Linformer, PublishedRandomProjectionsAreNoise)
{
    const Parameters published = with(linformer(), {{"projection", "random"}, {"rank", "16"}});
    EXPECT_EQ(publishedFaults(published).size(), 1U);
    const RandomHead head(64, 64, 64, 64);
    const HeadResult reference = runHead(exact(), head.input, exact().defaults());
    const HeadResult result = runHead(linformer(), head.input, published);
    const double error = (matrixOf(result.output.matrix()) - matrixOf(reference.output.matrix())).norm();
    EXPECT_GT(error / matrixOf(reference.output.matrix()).norm(), 2.0);  // worse than an output of zero
}

TEST(Linformer, ProjectionsHaveTheirGradients)
{
    RandomHead head(6, 6, 4, 3);
    head.input.mask.causal = true;
    const Parameters parameters = with(linformer(), {{"projection", "learned"}});
    const Tensor gradient = normalTensor(6, 3, 77);
    NamedTensors trained;
    trained["E"] = std::make_shared<const Tensor>(normalTensor(2, 8, 5));
    trained["F"] = std::make_shared<const Tensor>(normalTensor(2, 8, 6));
    head.input.trained = &trained;
    std::map<std::string, Tensor, std::less<>> found;
    linformer().backward(head.input, parameters, {gradient.matrix(), {}}, {.trained = &found}, Monitor());
    for (const char* name : {"E", "F"})
        for (std::size_t i = 0; i < 16; ++i) {
            const auto loss = [&](double step) {
                Tensor moved = normalTensor(2, 8, name[0] == 'E' ? 5 : 6);
                moved.values()[i] += static_cast<float>(step);
                NamedTensors other = trained;
                other[name] = std::make_shared<const Tensor>(std::move(moved));
                HeadInput input = head.input;
                input.trained = &other;
                return weightedOutput(linformer(), input, parameters, gradient);
            };
            EXPECT_NEAR(found[name].values()[i], centralSlope(loss, 1e-2), 3e-3) << name << i;
        }
}

TEST(Linformer, ProjectionsThatAreTooShortAreRefused)
{
    RandomHead head(6, 6, 4, 3);
    NamedTensors trained;
    trained["E"] = trained["F"] = std::make_shared<const Tensor>(normalTensor(2, 5, 5));
    head.input.trained = &trained;
    EXPECT_THROW(runHead(linformer(), head.input, with(linformer(), {{"projection", "learned"}})), Error);
}

}  // namespace
}  // namespace ketscope
