// SPDX-License-Identifier: GPL-3.0-or-later
// What mechanisms promise that give their output alone in linear time, on texts long enough to be cut into chunks.
#include "core/base/buffer.h"
#include "tests/support/mechanism_variants.h"
#include "tests/support/random_head.h"

#include <cstring>
#include <gmock/gmock.h>

namespace ketscope {
namespace {

using namespace test;

Tensor outputAlone(const Mechanism& mechanism, const HeadInput& input, const Parameters& parameters)
{
    Tensor output({input.queries.rows, input.values.columns});
    attendHead(mechanism, input, parameters, {{}, output.matrix(), {}, {}}, Monitor());
    return output;
}

bool sameRow(const Tensor& a, const Tensor& b, std::size_t row)
{
    const auto x = a.matrix().row(row);
    return std::memcmp(x.data(), b.matrix().row(row).data(), x.size_bytes()) == 0;
}

class LinearTimeContract : public testing::TestWithParam<std::string> {
protected:
    LinearTimeContract()
    {
        for (const Variant& variant : variantsOf(subject))
            if (subject.properties(variant.parameters).linearTime)
                variants.push_back(variant);
    }

    const Mechanism& subject = mechanism(GetParam());
    std::vector<Variant> variants;
};

TEST_P(LinearTimeContract, OutputAloneIsTheWeightsTimesTheValues)
{
    RandomHead head(150, 171, 8, 5);
    std::vector<std::uint8_t> padding(171, 1);
    for (std::size_t key = 0; key < 171; key += key % 7 + 2)
        padding[key] = 0;
    for (const bool causal : {false, true})
        for (const bool padded : {false, true}) {
            head.input.mask.causal = causal;
            head.input.mask.keyAllowed =
                padded ? std::span<const std::uint8_t>(padding) : std::span<const std::uint8_t>();
            for (const Variant& variant : variants) {
                const HeadResult result = runHead(subject, head.input, variant.parameters);
                const Tensor alone = outputAlone(subject, head.input, variant.parameters);
                for (std::size_t i = 0; i < alone.size(); ++i)
                    ASSERT_NEAR(alone.values()[i], result.output.values()[i], 2e-4)
                        << variant.name << (causal ? ", causal, " : ", ") << i / 5;
            }
        }
}

TEST_P(LinearTimeContract, EveryRowBlockGivesTheSameBits)
{
    RandomHead head(150, 160, 8, 5);
    for (const bool causal : {false, true}) {
        head.input.mask.causal = causal;
        for (const Variant& variant : variants) {
            const Tensor serial = outputAlone(subject, head.input, variant.parameters);
            const auto prepared = subject.prepare(head.input, variant.parameters, Monitor());
            for (const std::size_t block : {1UL, 7UL, 150UL}) {
                Tensor output({150, 5});
                for (std::size_t last = 150; last > 0; last -= std::min(block, last))
                    prepared->rows(last - std::min(block, last), last, {{}, output.matrix(), {}, {}});
                for (std::size_t i = 0; i < 150; ++i)
                    ASSERT_TRUE(sameRow(serial, output, i)) << variant.name << ", blocks of " << block << ", row " << i;
            }
        }
    }
}

TEST_P(LinearTimeContract, NothingLooksAhead)
{
    constexpr std::size_t kLength = 140;
    for (const Variant& variant : variants) {
        if (!subject.properties(variant.parameters).causalSafe)
            continue;
        for (const std::size_t token : {1UL, 47UL, 48UL, 63UL, 100UL, kLength - 1}) {
            RandomHead head(kLength, kLength, 8, 5);
            head.input.mask.causal = true;
            const Tensor before = outputAlone(subject, head.input, variant.parameters);
            for (Tensor* tensor : {&head.queries, &head.keys, &head.values, &head.layerInput})
                for (float& x : tensor->matrix().row(token))
                    x = 3.0F - 2.0F * x;
            const Tensor after = outputAlone(subject, head.input, variant.parameters);
            for (std::size_t row = 0; row < token; ++row)
                ASSERT_TRUE(sameRow(before, after, row)) << variant.name << ", token " << token << ", row " << row;
        }
    }
}

// The most memory that is taken whenever the work asks whether it is cancelled, and between blocks of rows.
class MemoryWatch final : public Monitor {
public:
    bool cancelled() const noexcept override
    {
        m_most = std::max(m_most, liveBytes());
        return false;
    }
    double most() const { return static_cast<double>(m_most - m_before); }

private:
    std::size_t m_before = liveBytes();
    mutable std::size_t m_most = m_before;
};

// Beside what the caller gave, each further token takes at most copies of its own row of keys and values: far less than
// the features, landmarks or projected keys of a token, of which only a block may be there at any time.
TEST_P(LinearTimeContract, MemoryIsBounded)
{
    constexpr std::size_t kTokens = 4096;
    constexpr double kBytesOfRow = (8 + 5) * sizeof(float);
    constexpr double kBytesOfFeatures = 256 * sizeof(float);
    Parameters parameters = variants.front().parameters;
    for (const char* size : {"m", "rank", "landmarks"})
        if (std::ranges::find(parameters.definitions(), size, &Parameter::id) != parameters.definitions().end())
            parameters.setText(size, "256");
    const auto bytesOf = [&](std::size_t tokens, bool causal) {
        RandomHead head(tokens, tokens, 8, 5);
        head.input.mask.causal = causal;
        Tensor output({tokens, 5});
        const MemoryWatch watch;
        attendHead(subject, head.input, parameters, {{}, output.matrix(), {}, {}}, watch);
        return watch.most();
    };
    ASSERT_TRUE(subject.properties(parameters).linearTime);
    for (const bool causal : {false, true}) {
        const double bytes = bytesOf(kTokens, causal);
        EXPECT_LT(bytesOf(3 * kTokens, causal) - bytes, 2.0 * kTokens * 2.0 * kBytesOfRow) << causal;
        EXPECT_LT(bytes, kTokens * kBytesOfFeatures) << causal;
    }
}

// Blocks of rows in any order, from any number of states that are kept: the same bits.
TEST_P(LinearTimeContract, BlocksMayComeInAnyOrder)
{
    constexpr std::size_t kTokens = 64 * 40 + 7;
    RandomHead head(kTokens, kTokens, 8, 5);
    head.input.mask.causal = true;
    const Parameters& parameters = variants.front().parameters;
    const Tensor serial = outputAlone(subject, head.input, parameters);
    const auto prepared = subject.prepare(head.input, parameters, Monitor());
    Tensor output({kTokens, 5});
    constexpr std::size_t kBlock = 48;
    constexpr std::size_t kBlocks = (kTokens + kBlock - 1) / kBlock;
    for (std::size_t i = 0; i < kBlocks; ++i) {
        const std::size_t first = i * 23 % kBlocks * kBlock;  // 23 and the number of blocks have no common factor
        prepared->rows(first, std::min(first + kBlock, kTokens), {{}, output.matrix(), {}, {}});
    }
    for (std::size_t i = 0; i < kTokens; ++i)
        ASSERT_TRUE(sameRow(serial, output, i)) << i;
}

std::vector<std::string> linearIds()
{
    std::vector<std::string> ids;
    for (const Mechanism* mechanism : mechanisms())
        if (std::ranges::any_of(variantsOf(*mechanism),
                                [&](const Variant& v) { return mechanism->properties(v.parameters).linearTime; }))
            ids.push_back(mechanism->info().id);
    return ids;
}

INSTANTIATE_TEST_SUITE_P(All, LinearTimeContract, testing::ValuesIn(linearIds()), nameOfInstance);

TEST(LinearTime, TheFiveMechanismsHaveIt)
{
    EXPECT_THAT(linearIds(), testing::IsSupersetOf({"rff", "rfa", "performer", "linformer", "nystrom"}));
}

}  // namespace
}  // namespace ketscope
