// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/tensor.h"

#include "core/base/buffer.h"
#include "core/base/parallel.h"
#include "core/nn/dropout.h"
#include "core/nn/kernels.h"

#include <cmath>
#include <cstdlib>
#include <gtest/gtest.h>

namespace ketscope {
namespace {

Tensor counted(std::size_t rows, std::size_t columns, float first)
{
    Tensor result({rows, columns});
    for (std::size_t i = 0; i < result.size(); ++i)
        result.data()[i] = first + static_cast<float>(i);
    return result;
}

TEST(Tensor, TransposedHasColumnsAsRows)
{
    for (const std::size_t rows : {1U, 3U, 4U, 17U, 35U})
        for (const std::size_t columns : {1U, 4U, 6U, 33U}) {
            const Tensor whole = counted(rows, columns + 2, 0.0F);
            const MatrixView part = whole.matrix().middleColumns(1, columns);
            const Tensor turned = transposed(part);
            ASSERT_EQ(turned.shape(), (std::vector<std::size_t>{columns, rows}));
            for (std::size_t i = 0; i < rows; ++i)
                for (std::size_t j = 0; j < columns; ++j)
                    EXPECT_EQ(turned.matrix()(j, i), part(i, j)) << rows << " × " << columns;
        }
}

// Blocks that one thread takes and another gives back are nobody's but their owner's all the while.
TEST(Tensor, MemoryThatThreadsExchangeStaysTheirOwn)
{
    constexpr std::size_t kCount = 64;
    constexpr std::size_t kRounds = 5;
    const std::size_t before = liveBytes();
    {
        std::vector<Tensor> all(kCount);
        for (std::size_t round = 0; round < kRounds; ++round) {
            parallelFor(kCount, kSerialWork, [&](std::size_t i) {
                all[(i * 5 + round) % kCount] = counted(1 + (i * 37) % 90, 1 + i, static_cast<float>(i));
            });
            for (std::size_t i = 0; i < kCount; ++i) {
                const Tensor& tensor = all[(i * 5 + round) % kCount];
                ASSERT_EQ(tensor.size(), (1 + (i * 37) % 90) * (1 + i));
                EXPECT_EQ(reinterpret_cast<std::uintptr_t>(tensor.data()) % 64, 0U);
                for (std::size_t k = 0; k < tensor.size(); ++k)
                    ASSERT_EQ(tensor.data()[k], static_cast<float>(i + k));
            }
        }
        EXPECT_GT(liveBytes(), before);
    }
    EXPECT_EQ(liveBytes(), before);
}

TEST(Dropout, KeepsItsShareAndTheMean)
{
    constexpr double kRate = 0.25;
    std::vector<float> factors(40001), others(factors.size());
    dropoutFactors(kRate, {3, 0, 5, 0}, 2, factors);
    dropoutFactors(kRate, {3, 0, 5, 0}, 3, others);
    std::size_t kept = 0;
    for (const float factor : factors) {
        EXPECT_TRUE(factor == 0.0F || factor == static_cast<float>(1.0 / (1.0 - kRate)));
        kept += factor > 0.0F ? 1 : 0;
    }
    EXPECT_NEAR(static_cast<double>(kept) / static_cast<double>(factors.size()), 1.0 - kRate, 0.01);  // 4.6 σ
    EXPECT_NE(factors, others);
    std::vector<float> again(factors.size());
    dropoutFactors(kRate, {3, 0, 5, 0}, 2, again);
    EXPECT_EQ(factors, again);
}

// As threads of OpenMP teams do that end while the program's static objects are destroyed.
TEST(Memory, MayBeGivenBackAfterStaticObjectsWereDestroyed)
{
    GTEST_FLAG_SET(death_test_style, "threadsafe");  // a process that had no memory before
    const auto end = [] {
        static std::vector<Tensor> s_late;
        std::atexit([] { s_late.clear(); });
        std::vector<Tensor> early;
        for (std::size_t i = 1; i <= 16; ++i) {
            s_late.push_back(Tensor({i << 19U}));
            early.push_back(Tensor({i << 19U}));
        }
        early.clear();
        std::exit(0);
    };
    EXPECT_EXIT(end(), testing::ExitedWithCode(0), "");
}

// Half words of the generator, lower half first, on every instruction set.
TEST(Dropout, IsDecidedByTheHalfWordsOfTheGenerator)
{
    constexpr double kRate = 0.3;
    RandomStream stream({3, 1, 5, 2}, 7, 0xD0);
    const std::array<std::uint32_t, 2> key = stream.key();
    const std::array<std::uint32_t, 4> counter = stream.counter();
    std::vector<float> expected;
    while (expected.size() < 1001)
        for (std::uint32_t word = stream.next(), half = 0; half < 2; ++half, word >>= 16)
            expected.push_back((word & 0xFFFFU) >= std::lround(kRate * 65536.0) ? static_cast<float>(1.0 / 0.7) : 0.0F);
    for (const std::size_t count : {1U, 7U, 128U, 512U, 513U, 1001U}) {
        std::vector<float> factors(count);
        dropoutFactors(kRate, {3, 1, 5, 2}, 7, factors);
        EXPECT_TRUE(std::equal(factors.begin(), factors.end(), expected.begin())) << count;
        for (const KetscopeKernels* level : availableKernels()) {
            const KetscopeDropout which{{key[0], key[1]},
                                        {counter[0], counter[1], counter[2], counter[3]},
                                        static_cast<std::uint32_t>(std::lround(kRate * 65536.0)),
                                        static_cast<float>(1.0 / 0.7)};
            std::vector<float> again(count);
            level->dropout(&which, count, again.data());
            EXPECT_EQ(again, factors) << level->isa << " " << count;
        }
    }
}

}  // namespace
}  // namespace ketscope
