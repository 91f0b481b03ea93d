// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/random.h"
#include "core/nn/embedding.h"
#include "core/nn/kernels.h"
#include "core/nn/norm.h"

#include <cmath>
#include <gtest/gtest.h>

namespace ketscope {
namespace {

TEST(LayerNormalisation, MatchesItsDefinitionForEveryWidthAndLevel)
{
    for (const std::size_t width : {1U, 3U, 16U, 32U, 47U, 768U}) {
        RandomStream stream({width}, 0);
        std::vector<float> row(width);
        LayerNorm norm;
        norm.epsilon = 1e-5;
        double mean = 0.0;
        for (std::size_t i = 0; i < width; ++i) {
            // A large offset: subtracting squares would lose the variance.
            row[i] = static_cast<float>(1000.0 + stream.normal());
            mean += static_cast<double>(row[i]) / static_cast<double>(width);
            norm.weight.push_back(static_cast<float>(stream.normal()));
            norm.bias.push_back(static_cast<float>(stream.normal()));
        }
        double variance = 0.0;
        for (const float value : row)
            variance += std::pow(static_cast<double>(value) - mean, 2) / static_cast<double>(width);
        const auto check = [&](const std::vector<float>& out) {
            for (std::size_t i = 0; i < width; ++i) {
                const double unit = (static_cast<double>(row[i]) - mean) / std::sqrt(variance + norm.epsilon);
                ASSERT_NEAR(out[i], unit * static_cast<double>(norm.weight[i]) + static_cast<double>(norm.bias[i]),
                            2e-6 * (1.0 + std::abs(unit)));
            }
        };
        for (const KetscopeKernels* kernels : availableKernels()) {
            std::vector<float> out(width);
            kernels->layerNorm(row.data(), width, norm.epsilon, norm.weight.data(), norm.bias.data(), out.data());
            check(out);
        }
        std::vector<float> inPlace = row;
        norm.apply({inPlace.data(), 1, width}, {inPlace.data(), 1, width});
        check(inPlace);
    }
}

TEST(RmsNormalisation, MatchesItsDefinitionForEveryWidthAndLevel)
{
    for (const std::size_t width : {1U, 3U, 16U, 32U, 47U, 768U}) {
        RandomStream stream({width}, 1);
        std::vector<float> row(width);
        RmsNorm norm;
        double meanSquare = 0.0;
        for (float& value : row) {
            value = static_cast<float>(5.0 + stream.normal());
            meanSquare += std::pow(static_cast<double>(value), 2) / static_cast<double>(width);
            norm.weight.push_back(static_cast<float>(stream.normal()));
        }
        const auto check = [&](const std::vector<float>& out) {
            for (std::size_t i = 0; i < width; ++i) {
                const double unit = static_cast<double>(row[i]) / std::sqrt(meanSquare + norm.epsilon);
                ASSERT_NEAR(out[i], unit * static_cast<double>(norm.weight[i]), 1e-6 * (1.0 + std::abs(unit)));
            }
        };
        for (const KetscopeKernels* kernels : availableKernels()) {
            std::vector<float> out(width);
            kernels->rmsNorm(row.data(), width, norm.epsilon, norm.weight.data(), out.data());
            check(out);
        }
        std::vector<float> inPlace = row;
        norm.apply({inPlace.data(), 1, width}, {inPlace.data(), 1, width});
        check(inPlace);
    }
}

TEST(Embedding, LooksUpAndAddsRows)
{
    Tensor table({3, 2});
    for (std::size_t i = 0; i < 6; ++i)
        table.values()[i] = static_cast<float>(i);
    const std::vector<std::int32_t> ids = {2, 0};
    std::vector<float> out(4);
    const MutableMatrixView view(out.data(), 2, 2);
    lookUp(table, ids, view);
    EXPECT_EQ(out, (std::vector<float>{4, 5, 0, 1}));
    addLookUp(table, std::vector<std::int32_t>{1, 1}, view);
    EXPECT_EQ(out, (std::vector<float>{6, 8, 2, 4}));
    addPositions(table, view);
    EXPECT_EQ(out, (std::vector<float>{6, 9, 4, 7}));
}

}  // namespace
}  // namespace ketscope
