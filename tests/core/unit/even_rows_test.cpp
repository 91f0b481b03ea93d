// SPDX-License-Identifier: GPL-3.0-or-later
// A row whose scores leave nothing is given even weights, and says so.
#include "tests/support/random_head.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ketscope {
namespace {

using namespace test;
using testing::Each;
using testing::ElementsAre;

constexpr std::size_t kKeys = 8;

// Queries opposite to all keys, but for the second, which is alike to them.
RandomHead opposed()
{
    RandomHead head(3, kKeys, 4, 2);
    std::ranges::fill(head.keys.values(), 1.0F);
    std::ranges::fill(head.queries.values(), -1.0F);
    std::ranges::fill(head.queries.matrix().row(1), 1.0F);
    return head;
}

struct Found {
    std::vector<float> even;
    std::vector<float> weights;
};

Found run(const RandomHead& head, const Mechanism& subject, const Parameters& parameters, bool weights = true)
{
    const auto infos = subject.rowDiagnostics(parameters);
    EXPECT_EQ(infos.size(), 1U);
    EXPECT_EQ(infos.front().id, "even_row");
    HeadResult result(head.input);
    Tensor even({1, head.input.queries.rows});
    std::ranges::fill(even.values(), -1.0F);
    HeadOutput output = result.view();
    output.diagnostics = even.matrix();
    if (!weights)
        output.weights = output.standardError = {};
    attendHead(subject, head.input, parameters, output, Monitor());
    return {{even.values().begin(), even.values().end()},
            {result.weights.values().begin(), result.weights.values().end()}};
}

TEST(EvenRows, OfFidelityWithoutAPositiveOverlap)
{
    const RandomHead head = opposed();
    const Mechanism& fidelity = mechanism("fidelity");
    const Found dropped = run(head, fidelity, with(fidelity, {{"sign", "post-select"}}));
    EXPECT_THAT(dropped.even, ElementsAre(1.0F, 0.0F, 1.0F));
    EXPECT_THAT(std::vector<float>(dropped.weights.begin(), dropped.weights.begin() + kKeys), Each(1.0F / kKeys));
    EXPECT_THAT(run(head, fidelity, fidelity.defaults()).even, Each(0.0F));
}

TEST(EvenRows, OfAQueryWithoutAState)
{
    RandomHead head = opposed();
    std::ranges::fill(head.queries.matrix().row(2), 0.0F);
    const Mechanism& fidelity = mechanism("fidelity");
    EXPECT_THAT(run(head, fidelity, fidelity.defaults()).even, ElementsAre(0.0F, 0.0F, 1.0F));
}

// σ ≪ the distance of unit vectors: the kernel is nothing, and its estimates are noise of either sign.
TEST(EvenRows, OfFeaturesWhoseEstimatesAreNegative)
{
    const Mechanism& rfa = mechanism("rfa");
    const Parameters narrow = with(rfa, {{"sigma", "0.1"}, {"m", "16"}});
    std::size_t rows = 0;
    for (std::uint64_t seed = 1; seed <= 4; ++seed) {
        const RandomHead head(16, 5, 4, 2, seed);
        const Found found = run(head, rfa, narrow);
        EXPECT_EQ(found.even, run(head, rfa, narrow, false).even) << "output alone";
        for (std::size_t i = 0; i < 16; ++i) {
            const auto row = std::span(found.weights).subspan(5 * i, 5);
            EXPECT_EQ(found.even[i] == 1.0F, std::ranges::all_of(row, [](float w) { return w == 0.2F; })) << i;
            rows += found.even[i] == 1.0F ? 1 : 0;
        }
    }
    EXPECT_GT(rows, 0U);
    EXPECT_LT(rows, 64U);
}

TEST(EvenRows, OfSeveralDrawsAreAShare)
{
    const Mechanism& rfa = mechanism("rfa");
    const RandomHead head(16, 5, 4, 2);
    const Found one = run(head, rfa, with(rfa, {{"sigma", "0.1"}, {"m", "16"}}));
    const Found four = run(head, rfa, with(rfa, {{"sigma", "0.1"}, {"m", "16"}, {"repeats", "4"}}));
    EXPECT_THAT(four.even, Each(testing::AnyOf(0.0F, 0.25F, 0.5F, 0.75F, 1.0F)));
    EXPECT_THAT(four.even, testing::Contains(testing::AllOf(testing::Gt(0.0F), testing::Lt(1.0F))));
    for (std::size_t i = 0; i < 16; ++i)
        EXPECT_GE(four.even[i], 0.25F * one.even[i]);
}

// A row that may look at no key has no weights, even ones neither.
TEST(EvenRows, AreNotThoseWithoutKeys)
{
    RandomHead head = opposed();
    const std::vector<std::uint8_t> nothing(kKeys, 0);
    head.input.mask.keyAllowed = nothing;
    for (const char* id : {"fidelity", "rff", "rfa", "performer", "nystrom"})
        EXPECT_THAT(run(head, mechanism(id), mechanism(id).defaults()).even, Each(0.0F)) << id;
}

}  // namespace
}  // namespace ketscope
