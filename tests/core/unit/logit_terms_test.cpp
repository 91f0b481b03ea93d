// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/measures/logit_terms.h"

#include <cmath>
#include <gtest/gtest.h>

namespace ketscope::test {
namespace {

struct Head {
    std::vector<float> queries = {1.0F, -2.0F, 0.5F, 3.0F};           // (2, 2)
    std::vector<float> keys = {2.0F, 1.0F, 0.0F, 4.0F, -1.0F, 1.0F};  // (3, 2)
    HeadInput input()
    {
        HeadInput head;
        head.queries = {queries.data(), 2, 2};
        head.keys = head.values = {keys.data(), 3, 2};
        head.scale = 0.5F;
        return head;
    }
};

TEST(LogitTermsTest, AddsUpByHand)
{
    Head head;
    const LogitTerms terms = logitTerms(head.input(), 1, 0);  // q (0.5, 3), k (2, 1)
    EXPECT_EQ(terms.products, (std::vector<double>{1.0, 3.0}));
    EXPECT_EQ(terms.cumulative, (std::vector<double>{0.5, 2.0}));
    EXPECT_EQ(terms.dot, 4.0);
    EXPECT_EQ(terms.logit, 2.0);
    // The row's logits are 2, 6, 1.25.
    EXPECT_EQ(terms.largest, 6.0);
    const double sum = std::exp(2.0) + std::exp(6.0) + std::exp(1.25);
    EXPECT_NEAR(terms.logSum, std::log(sum), 1e-12);
    EXPECT_NEAR(terms.weight, std::exp(2.0) / sum, 1e-12);
}

TEST(LogitTermsTest, MasksForbidOrAdd)
{
    Head head;
    HeadInput input = head.input();
    input.mask.causal = true;  // query 1 of 2 sees all 3 keys, query 0 the first two
    EXPECT_EQ(logitTerms(input, 0, 2).weight, 0.0);
    EXPECT_EQ(logitTerms(input, 0, 2).additive, -std::numeric_limits<double>::infinity());
    const double one = std::exp(0.0), two = std::exp(-4.0);  // 0.5 · (2 − 2), 0.5 · (−8)
    EXPECT_NEAR(logitTerms(input, 0, 0).weight, one / (one + two), 1e-12);
    const std::vector<float> bias = {0, 0, 0, 1, 0, 0};
    input.mask.additive = {bias.data(), 2, 3};
    EXPECT_EQ(logitTerms(input, 1, 0).logit, 3.0);
}

}  // namespace
}  // namespace ketscope::test
