// SPDX-License-Identifier: GPL-3.0-or-later
// Kernels that random features and training need, of every instruction set that this processor has.
#include "core/attention/rows.h"
#include "core/nn/kernels.h"
#include "core/nn/linear.h"
#include "tests/support/random_head.h"

#include <cmath>
#include <gtest/gtest.h>

namespace ketscope {
namespace {

using namespace test;

TEST(FeatureKernels, WavesAreSineAndCosine)
{
    std::vector<float> angles = {0.0F, -0.0F, 0.785398F, 1.5707964F, 3.1415927F, -4.712389F, 6.2831855F};
    RandomStream stream({1}, 0);
    for (const double spread : {1.0, 100.0, 1e5, 1e8})
        for (int i = 0; i < 200; ++i)
            angles.push_back(static_cast<float>(spread * stream.normal()));
    const std::size_t near = 8192;  // up to here π/2 is taken off in single precision
    for (const KetscopeKernels* kernels : availableKernels())
        for (std::size_t first = 0; first < near; first += 256) {
            std::vector<float> row(256);
            for (std::size_t i = 0; i < row.size(); ++i)
                row[i] = static_cast<float>(first + i) + static_cast<float>(i) / 256.0F;
            row.back() = first + 256 == near ? 8192.0F : row.back();
            std::vector<float> cosines(row.size());
            std::vector<float> sines(row.size());
            kernels->waves(row.data(), row.size(), -1.0F, nullptr, 1.0F, cosines.data(), sines.data());
            for (std::size_t i = 0; i < row.size(); ++i) {
                ASSERT_NEAR(cosines[i], std::cos(static_cast<double>(row[i])), 2e-7) << kernels->isa << " " << row[i];
                ASSERT_NEAR(sines[i], -std::sin(static_cast<double>(row[i])), 2e-7) << kernels->isa << " " << row[i];
            }
        }
    for (const KetscopeKernels* kernels : availableKernels()) {
        std::vector<float> cosines(angles.size());
        std::vector<float> sines(angles.size());
        kernels->waves(angles.data(), angles.size(), 1.0F, nullptr, 1.0F, cosines.data(), sines.data());
        for (std::size_t i = 0; i < angles.size(); ++i) {
            EXPECT_NEAR(cosines[i], std::cos(static_cast<double>(angles[i])), 3e-7) << kernels->isa << " " << angles[i];
            EXPECT_NEAR(sines[i], std::sin(static_cast<double>(angles[i])), 3e-7) << kernels->isa << " " << angles[i];
        }
        const float phases[] = {0.5F, 0.25F, 2.0F};
        kernels->waves(angles.data() + 2, 3, 0.5F, phases, 2.0F, cosines.data(), nullptr);
        for (std::size_t i = 0; i < 3; ++i)
            EXPECT_NEAR(cosines[i], 2.0 * std::cos(0.5 * static_cast<double>(angles[2 + i]) + phases[i]), 6e-7);
        const float huge[] = {1e30F, -1e30F, 3e38F};
        kernels->waves(huge, 3, 1.0F, nullptr, 1.0F, cosines.data(), sines.data());
        for (std::size_t i = 0; i < 3; ++i)
            EXPECT_LE(std::abs(cosines[i]), 1.0F);
    }
}

TEST(FeatureKernels, PeakExponentialsAndDotProducts)
{
    const Tensor x = normalTensor(2, 37, 4);
    for (const KetscopeKernels* kernels : availableKernels()) {
        std::vector<float> row(x.matrix().row(0).begin(), x.matrix().row(0).end());
        const double largest = *std::ranges::max_element(row);
        EXPECT_NEAR(kernels->peakExponentials(row.data(), row.size(), 0.5F, 0.01F), 0.5 * largest, 1e-6);
        double dot = 0.0;
        for (std::size_t i = 0; i < row.size(); ++i) {
            const double before = x.matrix()(0, i);
            EXPECT_NEAR(row[i], std::exp(0.5 * (before - largest)) + 0.01, 1e-6);
            dot += before * x.matrix()(1, i);
        }
        EXPECT_NEAR(kernels->dot(x.matrix().row(0).data(), x.matrix().row(1).data(), 37), dot, 1e-5);
    }
}

// Every way to multiply is the double sum, and bit for bit the same.
TEST(FeatureKernels, ProductsOfAllShapesAreTheDefinition)
{
    for (const auto& [n, k, m] :
         {std::tuple{1UL, 1UL, 1UL}, std::tuple{7UL, 300UL, 65UL}, std::tuple{13UL, 5UL, 130UL}}) {
        const Tensor a = normalTensor(n, k, 1);
        const Tensor b = normalTensor(k, m, 2);
        Tensor turned({m, k});
        const std::size_t wide = (m + 63) / 64 * 64;
        Tensor padded = Tensor::zeros({k, wide});
        for (std::size_t i = 0; i < k; ++i)
            for (std::size_t j = 0; j < m; ++j)
                turned.matrix()(j, i) = padded.matrix()(i, j) = b.matrix()(i, j);
        Tensor packed({n, m});
        Tensor transposed({n, m});
        Tensor plain({n, m});
        PackedMatrix::of(b.matrix()).multiply(a.matrix(), packed.matrix());
        PackedMatrix::transposed(turned.matrix()).multiply(a.matrix(), transposed.matrix());
        multiplyWide(a.matrix(), padded.matrix(), plain.matrix());
        for (std::size_t i = 0; i < n; ++i)
            for (std::size_t j = 0; j < m; ++j) {
                double sum = 0.0;
                for (std::size_t f = 0; f < k; ++f)
                    sum += static_cast<double>(a.matrix()(i, f)) * b.matrix()(f, j);
                EXPECT_NEAR(packed.matrix()(i, j), sum, 1e-4);
                EXPECT_EQ(packed.matrix()(i, j), transposed.matrix()(i, j));
                EXPECT_EQ(packed.matrix()(i, j), plain.matrix()(i, j));
            }
    }
}

TEST(FeatureKernels, PartsOfAProductAddUp)
{
    const Tensor a = normalTensor(9, 20, 1);
    const Tensor b = normalTensor(20, 150, 2);
    const PackedMatrix right = PackedMatrix::of(b.matrix());
    Tensor whole({9, 150});
    right.multiply(a.matrix(), whole.matrix());
    Tensor part({9, 40});
    right.multiplyPart(a.matrix().middleColumns(0, 12), {0, 12, 64, 40}, part.matrix());
    right.multiplyPart(a.matrix().middleColumns(12, 8), {12, 8, 64, 40}, part.matrix(), true);
    for (std::size_t i = 0; i < 9; ++i)
        for (std::size_t j = 0; j < 40; ++j)
            EXPECT_EQ(part.matrix()(i, j), whole.matrix()(i, 64 + j));
}

TEST(TrainingKernels, ActivationsAndTheirSlopes)
{
    constexpr std::size_t kCount = 4001;  // no multiple of a register
    for (const KetscopeKernels* kernel : availableKernels())
        for (const Activation activation :
             {Activation::None, Activation::Gelu, Activation::GeluTanh, Activation::QuickGelu, Activation::Relu,
              Activation::Silu, Activation::Tanh}) {
            Tensor values({kCount}), slopes({kCount});
            const auto at = [](std::size_t i) { return -20.0F + 0.01F * static_cast<float>(i); };
            for (std::size_t i = 0; i < kCount; ++i)
                values.data()[i] = at(i);
            kernel->activate(activation, values.data(), kCount, slopes.data());
            for (std::size_t i = 0; i < kCount; ++i) {
                const double x = at(i);
                const double most = 1e-6 + 2e-7 * std::abs(x);
                EXPECT_NEAR(values.data()[i], activate(activation, x), most) << kernel->isa << " at " << x;
                if (x == 0.0)
                    continue;  // where the slope of relu is a choice
                EXPECT_NEAR(slopes.data()[i], slopeOf(activation, x), most) << kernel->isa << " at " << x;
            }
        }
}

}  // namespace
}  // namespace ketscope
