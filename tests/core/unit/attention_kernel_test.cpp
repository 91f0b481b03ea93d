// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/attention/exact.h"
#include "core/base/tensor.h"
#include "core/nn/row_softmax.h"

#include <cmath>
#include <cstring>
#include <gtest/gtest.h>
#include <limits>

namespace ketscope {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

std::vector<float> randomValues(std::size_t count, std::uint64_t seed, double scale = 1.0)
{
    RandomStream stream({seed}, 0);
    std::vector<float> values(count);
    for (float& value : values)
        value = static_cast<float>(scale * stream.normal());
    return values;
}

// One head's inputs in strided storage (as columns of a wider matrix), and the definition in double precision.
struct Head {
    std::size_t n, m, d, dv;
    std::vector<float> queries, keys, values, additive;
    std::vector<std::uint8_t> allowed;
    bool causal = false;
    float scale;

    Head(std::size_t queryCount, std::size_t keyCount, std::size_t depth, std::size_t valueDepth, double spread = 1.0)
        : n(queryCount), m(keyCount), d(depth), dv(valueDepth), queries(randomValues(n * (d + 3), 1, spread)),
          keys(randomValues(m * (d + 3), 2, spread)), values(randomValues(m * (dv + 3), 3)),
          scale(1.0F / std::sqrt(static_cast<float>(d)))
    {
    }

    HeadInput input() const
    {
        HeadInput in;
        in.queries = {queries.data(), n, d, d + 3};
        in.keys = {keys.data(), m, d, d + 3};
        in.values = {values.data(), m, dv, dv + 3};
        in.mask.causal = causal;
        in.mask.keyAllowed = allowed;
        if (!additive.empty())
            in.mask.additive = {additive.data(), n, m};
        in.scale = scale;
        return in;
    }

    std::vector<double> weights() const
    {
        const HeadInput in = input();
        std::vector<double> result(n * m, 0.0);
        for (std::size_t i = 0; i < n; ++i) {
            double largest = -std::numeric_limits<double>::infinity();
            for (std::size_t j = 0; j < m; ++j)
                if (in.mask.allowed(i, j, n, m))
                    largest = std::max(largest, logit(in, i, j));
            double sum = 0.0;
            for (std::size_t j = 0; j < m; ++j)
                if (in.mask.allowed(i, j, n, m))
                    sum += result[i * m + j] = std::exp(logit(in, i, j) - largest);
            for (std::size_t j = 0; j < m; ++j)
                result[i * m + j] /= sum > 0.0 ? sum : 1.0;
        }
        return result;
    }

    double logit(const HeadInput& in, std::size_t i, std::size_t j) const
    {
        double sum = 0.0;
        for (std::size_t k = 0; k < d; ++k)
            sum += static_cast<double>(in.queries(i, k)) * static_cast<double>(in.keys(j, k));
        return sum * static_cast<double>(scale)
               + (additive.empty() ? 0.0 : static_cast<double>(in.mask.additive(i, j)));
    }
};

struct Result {
    std::vector<float> weights, output;
};

Result attend(const Head& head, const KetscopeKernels& kernels, std::size_t block)
{
    Result result{std::vector<float>(head.n * head.m, -7.0F), std::vector<float>(head.n * head.dv, -7.0F)};
    const HeadInput input = head.input();
    const auto prepared = prepareExact(input, kernels);
    HeadOutput out;
    out.weights = {result.weights.data(), head.n, head.m};
    out.output = {result.output.data(), head.n, head.dv};
    for (std::size_t first = 0; first < head.n; first += block)
        prepared->rows(first, std::min(first + block, head.n), out);
    return result;
}

void expectDefinition(const Head& head, double tolerance = 2e-6)
{
    const std::vector<double> expected = head.weights();
    const HeadInput in = head.input();
    for (const KetscopeKernels* kernels : availableKernels()) {
        SCOPED_TRACE(std::string(kernels->isa) + " n=" + std::to_string(head.n) + " m=" + std::to_string(head.m)
                     + " d=" + std::to_string(head.d) + " dv=" + std::to_string(head.dv));
        const Result result = attend(head, *kernels, 24);
        for (std::size_t i = 0; i < head.n; ++i) {
            for (std::size_t j = 0; j < head.m; ++j) {
                ASSERT_NEAR(result.weights[i * head.m + j], expected[i * head.m + j], tolerance) << i << ", " << j;
                if (!in.mask.allowed(i, j, head.n, head.m)) {
                    ASSERT_EQ(result.weights[i * head.m + j], 0.0F);
                }
            }
            for (std::size_t c = 0; c < head.dv; ++c) {
                double sum = 0.0;
                double size = 1e-6;
                for (std::size_t j = 0; j < head.m; ++j) {
                    const double term =
                        static_cast<double>(result.weights[i * head.m + j]) * static_cast<double>(in.values(j, c));
                    sum += term;
                    size += std::abs(term);
                }
                ASSERT_NEAR(result.output[i * head.dv + c], sum, 2e-6 * size) << i << ", " << c;
            }
        }
        for (const std::size_t block : {1U, 5U, 24U, 37U}) {
            const Result other = attend(head, *kernels, block);
            ASSERT_EQ(0, std::memcmp(other.weights.data(), result.weights.data(), other.weights.size() * 4)) << block;
            ASSERT_EQ(0, std::memcmp(other.output.data(), result.output.data(), other.output.size() * 4)) << block;
        }
    }
}

TEST(AttentionKernel, MatchesTheDefinitionForOddSizes)
{
    for (const std::size_t n : {1U, 5U, 23U, 50U, 131U})
        for (const std::size_t d : {1U, 8U, 19U, 64U, 70U})
            expectDefinition(Head(n, n, d, d));
    expectDefinition(Head(7, 300, 16, 33));
    expectDefinition(Head(70, 13, 40, 5));
}

TEST(AttentionKernel, MatchesTheDefinitionUnderCausalMasks)
{
    for (const std::size_t n : {1U, 6U, 25U, 97U, 160U}) {
        Head head(n, n, 16, 24);
        head.causal = true;
        expectDefinition(head);
        Head longer(n, n + 9, 16, 24);
        longer.causal = true;
        expectDefinition(longer);
    }
}

TEST(AttentionKernel, MatchesTheDefinitionUnderPaddingAndAdditiveMasks)
{
    for (const bool causal : {false, true}) {
        Head head(67, 67, 20, 20);
        head.causal = causal;
        for (std::size_t j = 0; j < head.m; ++j)
            head.allowed.push_back(j % 5 == 3 || j == 0 || j > 60 ? 0 : 1);
        expectDefinition(head);
        head.additive = randomValues(head.n * head.m, 9);
        for (std::size_t i = 0; i < head.additive.size(); i += 7)
            head.additive[i] = -kInfinity;
        expectDefinition(head);
    }
}

TEST(AttentionKernel, RowsWithoutAllowedKeysAreAllZero)
{
    Head head(30, 30, 8, 8);
    head.additive.assign(head.n * head.m, 0.0F);
    for (const std::size_t row : {0U, 11U, 29U})
        std::fill_n(head.additive.begin() + static_cast<std::ptrdiff_t>(row * head.m), head.m, -kInfinity);
    expectDefinition(head);
    for (const KetscopeKernels* kernels : availableKernels()) {
        const Result result = attend(head, *kernels, 30);
        for (std::size_t k = 0; k < 30; ++k)
            EXPECT_EQ(result.weights[11 * 30 + k], 0.0F);
        for (std::size_t k = 0; k < 8; ++k)
            EXPECT_EQ(result.output[11 * 8 + k], 0.0F);
    }
}

TEST(AttentionKernel, StandsHugeLogits)
{
    for (const KetscopeKernels* kernels : availableKernels()) {
        const Head head(20, 40, 8, 8, 300.0);
        const Result result = attend(head, *kernels, 24);
        const std::vector<double> expected = head.weights();
        for (std::size_t i = 0; i < head.n; ++i) {
            double sum = 0.0;
            for (std::size_t j = 0; j < head.m; ++j) {
                sum += static_cast<double>(result.weights[i * head.m + j]);
                // Logits near 1e5 carry an absolute rounding error of about 1e-2 each.
                EXPECT_NEAR(result.weights[i * head.m + j], expected[i * head.m + j], 5e-2);
            }
            EXPECT_NEAR(sum, 1.0, 1e-6);
        }
    }
}

TEST(AttentionKernel, MaskedKeysCannotMatterEvenWhenTheyAreNotFinite)
{
    for (const KetscopeKernels* kernels : availableKernels()) {
        Head head(30, 30, 8, 8);
        head.causal = true;
        head.allowed.assign(head.m, 1);
        head.allowed[4] = 0;
        const Result clean = attend(head, *kernels, 24);
        for (std::size_t k = 0; k < 8; ++k) {
            head.keys[4 * 11 + k] = head.values[4 * 11 + k] = std::numeric_limits<float>::quiet_NaN();
            head.values[20 * 11 + k] = kInfinity;
        }
        const Result result = attend(head, *kernels, 24);
        EXPECT_EQ(0, std::memcmp(result.weights.data(), clean.weights.data(), result.weights.size() * 4));
        EXPECT_EQ(0, std::memcmp(result.output.data(), clean.output.data(), 20 * 8 * 4));
        EXPECT_FALSE(std::isfinite(result.output[20 * 8]));
    }
}

TEST(AttentionKernel, OutputOnlyGivesTheSameOutput)
{
    const Head head(77, 77, 32, 32);
    for (const KetscopeKernels* kernels : availableKernels()) {
        const Result full = attend(head, *kernels, 24);
        std::vector<float> output(head.n * head.dv);
        const auto prepared = prepareExact(head.input(), *kernels);
        HeadOutput out;
        out.output = {output.data(), head.n, head.dv};
        prepared->rows(0, head.n, out);
        EXPECT_EQ(output, full.output);
    }
}

TEST(AttentionKernel, RefusesShapesThatDoNotFit)
{
    Head head(9, 5, 4, 4);
    head.causal = true;
    EXPECT_THROW(prepareExact(head.input(), kernels()), Error);
}

TEST(RowSoftmax, ExponentialIsWithinTwoUnitsInTheLastPlace)
{
    for (const KetscopeKernels* kernels : availableKernels()) {
        std::vector<float> arguments;
        for (double x = -87.33; x < 88.722; x += 0.00137)
            arguments.push_back(static_cast<float>(x));
        std::vector<float> results = arguments;
        kernels->exponentials(results.data(), results.size());
        for (std::size_t i = 0; i < results.size(); ++i) {
            const double exact = std::exp(static_cast<double>(arguments[i]));
            const auto rounded = static_cast<float>(exact);
            const double unit = static_cast<double>(std::nextafter(rounded, kInfinity)) - static_cast<double>(rounded);
            ASSERT_LE(std::abs(static_cast<double>(results[i]) - exact), 2.0 * unit) << kernels->isa << arguments[i];
        }
    }
}

TEST(RowSoftmax, ExponentialHasTheRightLimits)
{
    for (const KetscopeKernels* kernels : availableKernels()) {
        std::vector<float> values = {0.0F, -0.0F, -88.0F, -kInfinity, 89.0F, kInfinity, std::nanf("")};
        kernels->exponentials(values.data(), values.size());
        EXPECT_EQ((std::vector<float>(values.begin(), values.end() - 1)),
                  (std::vector<float>{1.0F, 1.0F, 0.0F, 0.0F, kInfinity, kInfinity}));
        EXPECT_TRUE(std::isnan(values.back()));
    }
}

TEST(RowSoftmax, RowsOfAnyLengthSumToOne)
{
    for (const KetscopeKernels* kernels : availableKernels()) {
        for (const std::size_t count : {1U, 2U, 15U, 16U, 17U, 63U, 1000U, 40001U}) {
            const std::vector<float> logits = randomValues(count, count, 3.0);
            std::vector<float> row = logits;
            kernels->softmax(row.data(), count);
            double sum = 0.0;
            double expected = 0.0;
            for (std::size_t i = 0; i < count; ++i) {
                sum += static_cast<double>(row[i]);
                expected += std::exp(static_cast<double>(logits[i]));
            }
            EXPECT_NEAR(sum, 1.0, 1e-6) << count;
            EXPECT_NEAR(row[0], std::exp(static_cast<double>(logits[0])) / expected, 1e-6);
        }
        std::vector<float> forbidden(21, -kInfinity);
        kernels->softmax(forbidden.data(), forbidden.size());
        EXPECT_EQ(forbidden, std::vector<float>(21, 0.0F));
    }
}

}  // namespace
}  // namespace ketscope
