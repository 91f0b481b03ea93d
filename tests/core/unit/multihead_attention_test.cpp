// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/nn/multihead_attention.h"
#include "tests/support/random_head.h"

#include <cmath>
#include <cstring>
#include <gmock/gmock.h>

namespace ketscope {
namespace {

using namespace test;

constexpr std::size_t kWidth = 12;
constexpr std::size_t kHeads = 3;
constexpr std::size_t kBatch = 2;
constexpr std::size_t kQueries = 5;
constexpr std::size_t kKeys = 7;

Tensor normal(std::vector<std::size_t> shape, std::uint64_t seed)
{
    Tensor tensor(std::move(shape));
    RandomStream stream({seed}, 0, 999);
    for (float& x : tensor.values())
        x = static_cast<float>(stream.normal());
    return tensor;
}

TensorPointer shared(Tensor tensor) { return std::make_shared<const Tensor>(std::move(tensor)); }

NamedTensors packedWeights()
{
    return {{"in_proj_weight", shared(normal({3 * kWidth, kWidth}, 1))},
            {"in_proj_bias", shared(normal({3 * kWidth}, 2))},
            {"out_proj.weight", shared(normal({kWidth, kWidth}, 3))},
            {"out_proj.bias", shared(normal({kWidth}, 4))}};
}

HeadPlan plan() { return HeadPlan({{1, kHeads}}, 5); }

// Everything in double precision, straight from the formulas; `mask(item, head, i, j)` is added to the logits.
struct Definition {
    using Mask = std::function<double(std::size_t, std::size_t, std::size_t, std::size_t)>;

    const NamedTensors& weights;
    std::size_t keyWidth = kWidth;
    std::size_t valueWidth = kWidth;

    // Row of x Wᵀ + b.
    std::vector<double> project(std::span<const float> x, std::size_t which) const
    {
        static const char* const names[] = {"q_proj_weight", "k_proj_weight", "v_proj_weight"};
        const auto packed = weights.find("in_proj_weight");
        const Tensor& w = packed != weights.end() ? *packed->second : *weights.find(names[which])->second;
        const auto bias = weights.find("in_proj_bias");
        std::vector<double> y(kWidth, 0.0);
        for (std::size_t o = 0; o < kWidth; ++o) {
            const auto row = w.matrix().row(packed != weights.end() ? which * kWidth + o : o);
            y[o] = bias != weights.end() ? bias->second->values()[which * kWidth + o] : 0.0;
            for (std::size_t i = 0; i < x.size(); ++i)
                y[o] += static_cast<double>(row[i]) * x[i];
        }
        return y;
    }

    // (L, N, E) tensors.
    void run(const Tensor& query, const Tensor& key, const Tensor& value, const Mask& mask, std::vector<double>& output,
             std::vector<double>& maps) const
    {
        const std::size_t batch = query.shape()[1];
        const std::size_t n = query.shape()[0];
        const std::size_t m = key.shape()[0];
        const std::size_t d = kWidth / kHeads;
        output.assign(n * batch * kWidth, 0.0);
        maps.assign(batch * kHeads * n * m, 0.0);
        for (std::size_t b = 0; b < batch; ++b)
            for (std::size_t i = 0; i < n; ++i) {
                const auto q = project(query.matrix({i}).row(b), 0);
                std::vector<double> context(kWidth, 0.0);
                for (std::size_t h = 0; h < kHeads; ++h) {
                    double* row = maps.data() + ((b * kHeads + h) * n + i) * m;
                    double sum = 0.0;
                    for (std::size_t j = 0; j < m; ++j) {
                        const auto k = project(key.matrix({j}).row(b), 1);
                        double logit = mask(b, h, i, j);
                        for (std::size_t c = h * d; c < (h + 1) * d; ++c)
                            logit += q[c] * k[c] / std::sqrt(static_cast<double>(d));
                        sum += row[j] = std::exp(logit);
                    }
                    for (std::size_t j = 0; j < m; ++j) {
                        row[j] /= sum > 0.0 ? sum : 1.0;
                        const auto v = project(value.matrix({j}).row(b), 2);
                        for (std::size_t c = h * d; c < (h + 1) * d; ++c)
                            context[c] += row[j] * v[c];
                    }
                }
                const Tensor& out = *weights.find("out_proj.weight")->second;
                for (std::size_t o = 0; o < kWidth; ++o) {
                    const auto bias = weights.find("out_proj.bias");
                    double y = bias != weights.end() ? bias->second->values()[o] : 0.0;
                    for (std::size_t c = 0; c < kWidth; ++c)
                        y += static_cast<double>(out.matrix()(o, c)) * context[c];
                    output[(i * batch + b) * kWidth + o] = y;
                }
            }
    }
};

void expectNear(std::span<const float> found, const std::vector<double>& expected, double tolerance)
{
    ASSERT_EQ(found.size(), expected.size());
    for (std::size_t i = 0; i < found.size(); ++i)
        ASSERT_NEAR(found[i], expected[i], tolerance) << i;
}

double none(std::size_t, std::size_t, std::size_t, std::size_t) { return 0.0; }

TEST(MultiheadAttention, IsTheDefinition)
{
    const NamedTensors weights = packedWeights();
    const MultiheadAttention module({.embedding = kWidth, .heads = kHeads}, weights);
    const Tensor query = normal({kQueries, kBatch, kWidth}, 5);
    const Tensor key = normal({kKeys, kBatch, kWidth}, 6);
    const Tensor value = normal({kKeys, kBatch, kWidth}, 7);
    const MultiheadResult result = module.forward(query, key, value, {.averageWeights = false}, plan(), Monitor());
    std::vector<double> output;
    std::vector<double> maps;
    Definition{weights}.run(query, key, value, none, output, maps);
    EXPECT_EQ(result.output.shape(), query.shape());
    EXPECT_EQ(result.weights.shape(), (std::vector<std::size_t>{kBatch, kHeads, kQueries, kKeys}));
    expectNear(result.output.values(), output, 2e-4);
    expectNear(result.weights.values(), maps, 2e-5);
}

TEST(MultiheadAttention, SeparateProjectionsWithoutBiasMayHaveOtherWidths)
{
    const NamedTensors weights = {{"q_proj_weight", shared(normal({kWidth, kWidth}, 1))},
                                  {"k_proj_weight", shared(normal({kWidth, 8}, 2))},
                                  {"v_proj_weight", shared(normal({kWidth, 10}, 3))},
                                  {"out_proj.weight", shared(normal({kWidth, kWidth}, 4))}};
    const MultiheadAttention module({.embedding = kWidth, .heads = kHeads, .keyWidth = 8, .valueWidth = 10}, weights);
    const Tensor query = normal({kQueries, kBatch, kWidth}, 5);
    const Tensor key = normal({kKeys, kBatch, 8}, 6);
    const Tensor value = normal({kKeys, kBatch, 10}, 7);
    std::vector<double> output;
    std::vector<double> maps;
    Definition{weights, 8, 10}.run(query, key, value, none, output, maps);
    expectNear(module.forward(query, key, value, {}, plan(), Monitor()).output.values(), output, 2e-4);
}

TEST(MultiheadAttention, EveryMaskIsTheDefinition)
{
    const NamedTensors weights = packedWeights();
    const MultiheadAttention module({.embedding = kWidth, .heads = kHeads}, weights);
    const Tensor query = normal({kQueries, kBatch, kWidth}, 5);
    const Tensor key = normal({kKeys, kBatch, kWidth}, 6);
    constexpr double kForbidden = -std::numeric_limits<double>::infinity();
    const auto check = [&](const MultiheadOptions& options, const Definition::Mask& mask) {
        std::vector<double> output;
        std::vector<double> maps;
        Definition{weights}.run(query, key, key, mask, output, maps);
        MultiheadOptions all = options;
        all.averageWeights = false;
        const MultiheadResult result = module.forward(query, key, key, all, plan(), Monitor());
        expectNear(result.output.values(), output, 2e-4);
        expectNear(result.weights.values(), maps, 2e-5);
    };
    std::vector<std::uint8_t> pattern(kQueries * kKeys);
    for (std::size_t i = 0; i < pattern.size(); ++i)
        pattern[i] = i % 3 == 0 ? 1 : 0;
    check({.mask = {{kQueries, kKeys}, pattern, {}}}, [&](std::size_t, std::size_t, std::size_t i, std::size_t j) {
        return pattern[i * kKeys + j] != 0 ? kForbidden : 0.0;
    });
    const Tensor each = normal({kBatch * kHeads, kQueries, kKeys}, 9);
    check({.mask = {each.shape(), {}, each.values()}}, [&](std::size_t b, std::size_t h, std::size_t i, std::size_t j) {
        return each.matrix({b * kHeads + h})(i, j);
    });
    const std::vector<std::uint8_t> padding = {0, 0, 0, 0, 0, 1, 1, 1, 0, 0, 0, 0, 0, 0};
    check({.keyPadding = padding}, [&](std::size_t b, std::size_t, std::size_t, std::size_t j) {
        return padding[b * kKeys + j] != 0 ? kForbidden : 0.0;
    });
    check({.mask = {each.shape(), {}, each.values()}, .keyPadding = padding, .causal = true},
          [&](std::size_t b, std::size_t h, std::size_t i, std::size_t j) {
              const bool forbidden = padding[b * kKeys + j] != 0 || j > i + (kKeys - kQueries);
              return forbidden ? kForbidden : static_cast<double>(each.matrix({b * kHeads + h})(i, j));
          });
}

TEST(MultiheadAttention, BatchFirstUnbatchedAndAveragedAgree)
{
    const MultiheadAttention rows({.embedding = kWidth, .heads = kHeads}, packedWeights());
    const MultiheadAttention first({.embedding = kWidth, .heads = kHeads, .batchFirst = true}, packedWeights());
    const Tensor x = normal({kKeys, kBatch, kWidth}, 5);
    Tensor turned({kBatch, kKeys, kWidth});
    for (std::size_t i = 0; i < kKeys; ++i)
        for (std::size_t b = 0; b < kBatch; ++b)
            std::ranges::copy(x.matrix({i}).row(b), turned.matrix({b}).row(i).begin());
    const MultiheadResult a = rows.forward(x, x, x, {}, plan(), Monitor());
    const MultiheadResult b = first.forward(turned, turned, turned, {}, plan(), Monitor());
    const MultiheadResult heads = rows.forward(x, x, x, {.averageWeights = false}, plan(), Monitor());
    EXPECT_EQ(a.weights.shape(), (std::vector<std::size_t>{kBatch, kKeys, kKeys}));
    EXPECT_EQ(std::memcmp(a.weights.data(), b.weights.data(), a.weights.size() * sizeof(float)), 0);
    for (std::size_t item = 0; item < kBatch; ++item) {
        Tensor alone({kKeys, kWidth});
        std::ranges::copy(turned.matrix({item}).row(0).data(), turned.matrix({item}).row(0).data() + kKeys * kWidth,
                          alone.data());
        const MultiheadResult c = rows.forward(alone, alone, alone, {}, plan(), Monitor());
        EXPECT_EQ(c.weights.shape(), (std::vector<std::size_t>{kKeys, kKeys}));
        for (std::size_t i = 0; i < kKeys; ++i)
            for (std::size_t e = 0; e < kWidth; ++e) {
                EXPECT_EQ(b.output.matrix({item})(i, e), a.output.matrix({i})(item, e));
                EXPECT_EQ(c.output.matrix()(i, e), a.output.matrix({i})(item, e));
            }
        for (std::size_t cell = 0; cell < kKeys * kKeys; ++cell) {
            double mean = 0.0;
            for (std::size_t h = 0; h < kHeads; ++h)
                mean += heads.weights.values()[(item * kHeads + h) * kKeys * kKeys + cell] / double(kHeads);
            EXPECT_NEAR(a.weights.values()[item * kKeys * kKeys + cell], mean, 1e-7);
        }
    }
}

// The same bits as the attention of the models, which the fixtures hold to the original implementations.
TEST(MultiheadAttention, ExactHeadsAreTheModelsAttentionBitForBit)
{
    const NamedTensors weights = packedWeights();
    const MultiheadAttention module({.embedding = kWidth, .heads = kHeads}, weights);
    const Tensor x = normal({kKeys, kWidth}, 5);
    std::vector<std::uint8_t> later(kKeys * kKeys);
    for (std::size_t i = 0; i < kKeys; ++i)
        for (std::size_t j = 0; j < kKeys; ++j)
            later[i * kKeys + j] = j > i ? 1 : 0;
    const MultiheadResult result =
        module.forward(x, x, x, {.mask = {{kKeys, kKeys}, later, {}}, .averageWeights = false}, plan(), Monitor());
    const Tensor& in = *weights.find("in_proj_weight")->second;
    const Tensor& bias = *weights.find("in_proj_bias")->second;
    Tensor parts[3];
    for (std::size_t which = 0; which < 3; ++which) {
        parts[which] = Tensor({kKeys, kWidth});
        Linear(in.matrix().middleRows(which * kWidth, kWidth), bias.values().subspan(which * kWidth, kWidth))
            .apply(x.matrix(), parts[which].matrix());
    }
    LayerAttention layer;
    layer.queries = parts[0].matrix();
    layer.keys = parts[1].matrix();
    layer.values = parts[2].matrix();
    layer.mask.causal = true;
    layer.scale = 0.5F;
    layer.heads = kHeads;
    Tensor context({kKeys, kWidth});
    const LayerMaps maps = attend(layer, plan(), context.matrix(), Monitor());
    EXPECT_EQ(std::memcmp(maps.weights->data(), result.weights.data(), result.weights.size() * sizeof(float)), 0);
    Tensor output({kKeys, kWidth});
    Linear(weights.find("out_proj.weight")->second->matrix(), weights.find("out_proj.bias")->second->values())
        .apply(context.matrix(), output.matrix());
    EXPECT_EQ(std::memcmp(output.data(), result.output.data(), output.size() * sizeof(float)), 0);
}

TEST(MultiheadAttention, WithoutWeightsTheOutputIsTheSame)
{
    const MultiheadAttention module({.embedding = kWidth, .heads = kHeads}, packedWeights());
    const Tensor x = normal({kKeys, kBatch, kWidth}, 5);
    const MultiheadResult with = module.forward(x, x, x, {}, plan(), Monitor());
    const MultiheadResult without = module.forward(x, x, x, {.needWeights = false}, plan(), Monitor());
    EXPECT_TRUE(without.weights.empty());
    for (std::size_t i = 0; i < with.output.size(); ++i)
        EXPECT_NEAR(without.output.values()[i], with.output.values()[i], 1e-5);
}

TEST(MultiheadAttention, EveryHeadHasItsOwnMechanism)
{
    const MultiheadAttention module({.embedding = kWidth, .heads = kHeads}, packedWeights());
    const Tensor x = normal({kKeys, kWidth}, 5);
    HeadPlan mixed = plan();
    const Mechanism& rff = mechanism("rff");
    mixed.assign(0, 0, 1, std::make_shared<const HeadAssignment>(HeadAssignment{&rff, rff.defaults()}));
    const MultiheadOptions options = {.averageWeights = false};
    const MultiheadResult exact = module.forward(x, x, x, options, plan(), Monitor());
    const MultiheadResult result = module.forward(x, x, x, options, mixed, Monitor());
    const std::size_t size = kKeys * kKeys * sizeof(float);
    for (const std::size_t head : {0UL, 2UL})
        EXPECT_EQ(std::memcmp(exact.weights.matrix({head}).data, result.weights.matrix({head}).data, size), 0);
    EXPECT_NE(std::memcmp(exact.weights.matrix({1}).data, result.weights.matrix({1}).data, size), 0);
}

std::string refusalOf(const std::function<void()>& call)
{
    try {
        call();
    } catch (const Error& error) {
        return error.kind() == ErrorKind::Input ? error.what() : "another kind";
    }
    return "accepted";
}

TEST(MultiheadAttention, RefusesByName)
{
    const auto make = [](const MultiheadShape& shape, const std::function<void(NamedTensors&)>& change) {
        NamedTensors weights = packedWeights();
        change(weights);
        return refusalOf([&] { MultiheadAttention(shape, weights); });
    };
    const MultiheadShape shape = {.embedding = kWidth, .heads = kHeads};
    const auto nothing = [](NamedTensors&) {};
    EXPECT_THAT(make({.embedding = kWidth, .heads = kHeads, .addBiasKv = true}, nothing),
                testing::HasSubstr("add_bias_kv"));
    EXPECT_THAT(make(shape,
                     [](NamedTensors& w) {
                         w["bias_k"] = shared(normal({1, 1, kWidth}, 1));
                     }),
                testing::HasSubstr("add_bias_kv"));
    EXPECT_THAT(make({.embedding = kWidth, .heads = kHeads, .addZeroAttn = true}, nothing),
                testing::HasSubstr("add_zero_attn"));
    EXPECT_THAT(make({.embedding = kWidth, .heads = 5}, nothing), testing::HasSubstr("12 columns for 5 heads"));
    EXPECT_THAT(make(shape, [](NamedTensors& w) { w.erase("out_proj.weight"); }),
                testing::HasSubstr("out_proj.weight"));
    EXPECT_THAT(make(shape, [](NamedTensors& w) { w["in_proj_bias"] = shared(normal({kWidth}, 1)); }),
                testing::AllOf(testing::HasSubstr("in_proj_bias"), testing::HasSubstr("(36)")));
    const MultiheadAttention module(shape, packedWeights());
    const Tensor x = normal({kKeys, kBatch, kWidth}, 5);
    const Tensor narrow = normal({kKeys, kBatch, kWidth - 1}, 5);
    const auto run = [&](const Tensor& key, const MultiheadOptions& options) {
        return refusalOf([&] { module.forward(x, key, x, options, plan(), Monitor()); });
    };
    EXPECT_THAT(run(narrow, {}), testing::HasSubstr("key"));
    const std::vector<std::uint8_t> mask(kKeys * kKeys, 0);
    EXPECT_THAT(run(x, {.mask = {{kKeys, kKeys + 1}, mask, {}}}), testing::HasSubstr("(7, 7)"));
    EXPECT_THAT(run(x, {.mask = {{kKeys, kKeys, 1}, mask, {}}}), testing::HasSubstr("(6, 7, 7)"));
    EXPECT_THAT(run(x, {.keyPadding = mask}), testing::HasSubstr("14 values"));
}

}  // namespace
}  // namespace ketscope
