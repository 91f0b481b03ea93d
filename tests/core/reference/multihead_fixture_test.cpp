// SPDX-License-Identifier: GPL-3.0-or-later
// The multi-head module with a fixture model's own weights: its first layer's attention, bit for bit.
#include "core/formats/hdf5.h"
#include "core/formats/tensor_archive.h"
#include "core/nn/multihead_attention.h"
#include "core/study/plan.h"
#include "tests/support/paths.h"

#include <algorithm>
#include <cstring>
#include <gtest/gtest.h>

namespace ketscope {
namespace {

constexpr std::size_t kWidth = 32;
constexpr std::size_t kHeads = 2;

// Query, key and value projections of layer 0, one below the other, as the module has them.
NamedTensors moduleWeights(const TensorArchive& tensors)
{
    const std::string attention = "distilbert.transformer.layer.0.attention.";
    const auto read = [&](const std::string& name, std::span<float> into) {
        const TensorEntry* entry = tensors.find(attention + name);
        if (entry == nullptr)
            throw std::runtime_error("no tensor " + name);
        tensors.read(*entry, 0, into);
    };
    Tensor weight({3 * kWidth, kWidth});
    Tensor bias({3 * kWidth});
    Tensor outWeight({kWidth, kWidth});
    Tensor outBias({kWidth});
    std::size_t part = 0;
    for (const char* name : {"q_lin", "k_lin", "v_lin"}) {
        read(std::string(name) + ".weight", weight.values().subspan(part * kWidth * kWidth, kWidth * kWidth));
        read(std::string(name) + ".bias", bias.values().subspan(part * kWidth, kWidth));
        ++part;
    }
    read("out_lin.weight", outWeight.values());
    read("out_lin.bias", outBias.values());
    const auto shared = [](Tensor& tensor) { return std::make_shared<const Tensor>(std::move(tensor)); };
    return {{"in_proj_weight", shared(weight)},
            {"in_proj_bias", shared(bias)},
            {"out_proj.weight", shared(outWeight)},
            {"out_proj.bias", shared(outBias)}};
}

TEST(MultiheadFixture, ExactHeadsAreTheFixturesAttentionBitForBit)
{
    const std::filesystem::path folder = test::fixtures() / "models" / "distilbert-seqcls";
    const ModelFiles files = openModelFiles(folder);
    const Monitor monitor;
    Monitor opening;
    const auto model = architectureOf(files).open(files, opening);
    const MultiheadAttention module({.embedding = kWidth, .heads = kHeads}, moduleWeights(*openWeights(folder)));
    for (const char* name : {"expected.h5", "expected_batch_rightpad.h5"}) {
        const Hdf5File file = Hdf5File::open(folder / name);
        const auto shape = file.shape("/in/input_ids");
        const auto ids = file.readIntegers("/in/input_ids");
        const auto real = file.readIntegers("/in/attention_mask");
        for (std::size_t row = 0; row < shape[0]; ++row) {
            SCOPED_TRACE(std::string(name) + ", row " + std::to_string(row));
            ModelInput input;
            std::vector<std::uint8_t> padding;
            for (std::size_t i = row * shape[1]; i < (row + 1) * shape[1]; ++i) {
                input.tokenIds.push_back(static_cast<std::int32_t>(ids[i]));
                input.attentionMask.push_back(real[i] != 0 ? 1 : 0);
                input.tokenTypes.push_back(0);
                padding.push_back(real[i] != 0 ? 0 : 1);
            }
            const HeadPlan plan = resolve({}, model->info(), 0);
            const Trace trace = model->forward({&input, &plan}, opening);
            const Tensor& x = *trace.stacks[0].hidden[0];
            const MultiheadResult found =
                module.forward(x, x, x, {.keyPadding = padding, .averageWeights = false}, plan, monitor);
            const Tensor& used = *trace.stacks[0].attention[0];
            ASSERT_EQ(found.weights.shape(), used.shape());
            EXPECT_EQ(std::memcmp(found.weights.data(), used.data(), used.size() * sizeof(float)), 0);
            for (std::size_t head = 0; head < kHeads; ++head) {
                const Tensor expected = file.readFloatsAt("/out/attentions", {0, row, head});
                for (std::size_t i = 0; i < shape[1]; ++i)
                    for (std::size_t j = 0; j < shape[1] && padding[i] == 0; ++j)
                        ASSERT_NEAR(found.weights.matrix({head})(i, j), expected.matrix()(i, j), 2e-5);
            }
        }
    }
}

}  // namespace
}  // namespace ketscope
