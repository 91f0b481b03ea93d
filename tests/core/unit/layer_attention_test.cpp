// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/parallel.h"
#include "core/base/random.h"
#include "core/nn/attention.h"

#include <gmock/gmock.h>
#include <limits>
#include <numeric>

namespace ketscope {
namespace {

// Every weight is what the random key says, so that a test sees which key each head got; the error is 0.5.
class Keyed : public Mechanism {
public:
    const MechanismInfo& info() const override
    {
        static const MechanismInfo s_info = {.id = "keyed",
                                             .title = "Keyed",
                                             .shortTitle = "Keyed",
                                             .formula = "",
                                             .summary = "",
                                             .source = "",
                                             .parameters = {},
                                             .properties = {.givesStandardError = true}};
        return s_info;
    }

    std::unique_ptr<PreparedHead> prepare(const HeadInput& input, const Parameters&, const Monitor&) const override
    {
        return std::make_unique<Head>(input);
    }

    double flops(const HeadInput&, const Parameters&) const override { return 0.0; }

private:
    class Head : public PreparedHead {
    public:
        explicit Head(const HeadInput& input) : m_key(input.random), m_width(input.layerInput.columns) {}

        void rows(std::size_t first, std::size_t last, const HeadOutput& output) const override
        {
            for (std::size_t row = first; row < last; ++row) {
                std::ranges::fill(output.weights.row(row),
                                  static_cast<float>(m_key.seed * 100 + m_key.layer * 10 + m_key.head));
                std::ranges::fill(output.output.row(row), static_cast<float>(m_width));
                if (!output.standardError.empty())
                    std::ranges::fill(output.standardError.row(row), 0.5F);
            }
        }

    private:
        RandomKey m_key;
        std::size_t m_width;
    };
};

constexpr std::size_t kTokens = 50;
constexpr std::size_t kHeads = 3;
constexpr std::size_t kHeadSize = 8;
constexpr std::size_t kWidth = kHeads * kHeadSize;

class LayerOfAttention : public testing::Test {
protected:
    LayerOfAttention() : m_values(kTokens * 3 * kWidth), m_context(kTokens * kWidth)
    {
        RandomStream stream({1}, 0);
        for (float& value : m_values)
            value = static_cast<float>(stream.normal());
        const MatrixView all(m_values.data(), kTokens, 3 * kWidth);
        m_layer.queries = all.middleColumns(0, kWidth);
        m_layer.keys = all.middleColumns(kWidth, kWidth);
        m_layer.values = all.middleColumns(2 * kWidth, kWidth);
        m_layer.input = all.middleColumns(0, 5);
        m_layer.heads = kHeads;
        m_layer.layer = 1;
        m_layer.scale = 0.3F;
    }

    void TearDown() override { setThreads(0); }

    LayerMaps attendNow() { return attend(m_layer, m_plan, context(), m_monitor); }
    MutableMatrixView context() { return {m_context.data(), kTokens, kWidth}; }

    std::vector<float> m_values;
    std::vector<float> m_context;
    LayerAttention m_layer;
    HeadPlan m_plan{{{2, kHeads}}, 7};
    Monitor m_monitor;
    Keyed m_keyed;
};

TEST_F(LayerOfAttention, RunsEachHeadOnItsOwnColumns)
{
    const LayerMaps maps = attendNow();
    EXPECT_EQ(maps.weights->shape(), (std::vector<std::size_t>{kHeads, kTokens, kTokens}));
    EXPECT_EQ(maps.standardErrors, nullptr);
    for (std::size_t head = 0; head < kHeads; ++head) {
        HeadInput input;
        input.queries = m_layer.queries.middleColumns(head * kHeadSize, kHeadSize);
        input.keys = m_layer.keys.middleColumns(head * kHeadSize, kHeadSize);
        input.values = m_layer.values.middleColumns(head * kHeadSize, kHeadSize);
        input.scale = m_layer.scale;
        Tensor weights({kTokens, kTokens});
        Tensor output({kTokens, kHeadSize});
        HeadOutput out;
        out.weights = weights.matrix();
        out.output = output.matrix();
        attendHead(mechanism("exact"), input, mechanism("exact").defaults(), out, m_monitor);
        for (std::size_t row = 0; row < kTokens; ++row) {
            EXPECT_THAT(maps.weights->matrix({head}).row(row), testing::ElementsAreArray(weights.matrix().row(row)));
            EXPECT_THAT(context().middleColumns(head * kHeadSize, kHeadSize).row(row),
                        testing::ElementsAreArray(output.matrix().row(row)));
        }
    }
}

TEST_F(LayerOfAttention, GroupsOfHeadsShareKeysAndValues)
{
    // Two heads over one key–value head equal two heads whose keys and values are copies of it, bit for bit.
    const MatrixView all(m_values.data(), kTokens, 3 * kWidth);
    std::vector<float> copies(kTokens * 4 * kHeadSize);
    const MutableMatrixView twice(copies.data(), kTokens, 4 * kHeadSize);
    for (std::size_t row = 0; row < kTokens; ++row)
        for (std::size_t i = 0; i < 4 * kHeadSize; ++i)
            twice(row, i) = all(row, kWidth + i % kHeadSize + i / (2 * kHeadSize) * kHeadSize);
    m_layer.heads = 2;
    m_layer.queries = all.middleColumns(0, 2 * kHeadSize);
    m_layer.keys = twice.middleColumns(0, 2 * kHeadSize);
    m_layer.values = twice.middleColumns(2 * kHeadSize, 2 * kHeadSize);
    m_plan = HeadPlan({{2, 2}}, 7);
    Tensor expected({kTokens, 2 * kHeadSize});
    const LayerMaps copied = attend(m_layer, m_plan, expected.matrix(), m_monitor);
    m_layer.keyValueHeads = 1;
    m_layer.keys = all.middleColumns(kWidth, kHeadSize);
    m_layer.values = all.middleColumns(kWidth + kHeadSize, kHeadSize);
    Tensor shared({kTokens, 2 * kHeadSize});
    const LayerMaps maps = attend(m_layer, m_plan, shared.matrix(), m_monitor);
    EXPECT_TRUE(std::ranges::equal(maps.weights->values(), copied.weights->values()));
    EXPECT_TRUE(std::ranges::equal(shared.values(), expected.values()));
}

TEST_F(LayerOfAttention, QueriesAndKeysMayBeOfDifferentTokens)
{
    m_layer.keys = m_layer.keys.middleRows(0, 17);
    m_layer.values = m_layer.values.middleRows(0, 17);
    const LayerMaps maps = attendNow();
    EXPECT_EQ(maps.weights->shape(), (std::vector<std::size_t>{kHeads, kTokens, 17}));
    for (std::size_t row = 0; row < kTokens; ++row) {
        const auto weights = maps.weights->matrix({1}).row(row);
        EXPECT_NEAR(std::accumulate(weights.begin(), weights.end(), 0.0), 1.0, 1e-6);
    }
}

TEST_F(LayerOfAttention, WithoutMapsTheContextIsTheSame)
{
    m_plan.assign(0, 1, 2, std::make_shared<const HeadAssignment>(&mechanism("rff"), mechanism("rff").defaults()));
    m_plan.assign(0, 1, 1, std::make_shared<const HeadAssignment>(&mechanism("shots"), mechanism("shots").defaults()));
    attendNow();
    const std::vector<float> context = m_context;
    m_layer.maps = false;
    const LayerMaps maps = attendNow();
    EXPECT_EQ(maps.weights, nullptr);
    EXPECT_EQ(maps.standardErrors, nullptr);
    EXPECT_EQ(m_context, context);
}

TEST_F(LayerOfAttention, PatchedHeadsGetTheirKeyInputAndErrors)
{
    m_plan.assign(0, 1, 2, std::make_shared<const HeadAssignment>(&m_keyed, m_keyed.defaults()));
    const LayerMaps maps = attendNow();
    ASSERT_NE(maps.standardErrors, nullptr);
    EXPECT_EQ(maps.weights->matrix({2})(49, 49), 712.0F);
    EXPECT_EQ(context()(3, 2 * kHeadSize), 5.0F);
    EXPECT_EQ(maps.standardErrors->matrix({2})(0, 0), 0.5F);
    EXPECT_EQ(maps.standardErrors->matrix({1})(0, 0), 0.0F);
    m_layer.standardErrors = false;
    EXPECT_EQ(attendNow().standardErrors, nullptr);
}

TEST_F(LayerOfAttention, ThreadCountChangesNoBit)
{
    setThreads(1);
    const LayerMaps one = attendNow();
    const std::vector<float> context = m_context;
    for (const int count : {2, 3}) {
        setThreads(count);
        const LayerMaps maps = attendNow();
        EXPECT_TRUE(std::ranges::equal(maps.weights->values(), one.weights->values()));
        EXPECT_EQ(m_context, context);
    }
}

TEST_F(LayerOfAttention, HeadsThatAreNotFiniteAreNamed)
{
    m_values[kTokens / 2 * 3 * kWidth + kWidth + kHeadSize] = std::numeric_limits<float>::quiet_NaN();
    EXPECT_THAT(attendNow().warnings, testing::ElementsAre("layer 1 head 1: attention is not finite"));
}

}  // namespace
}  // namespace ketscope
