// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/base/memory.h"
#include "core/formats/hdf5.h"
#include "core/study/run_file.h"
#include "core/study/run_memory.h"
#include "core/study/summary.h"
#include "tests/support/paths.h"

#include <cmath>
#include <cstdlib>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ketscope {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
namespace fs = std::filesystem;

std::string refusalOf(const std::function<void()>& work)
{
    try {
        work();
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::Input);
        return error.what();
    }
    return "accepted";
}

// What the process may take, while it lives.
class MemoryLimit {
public:
    explicit MemoryLimit(std::uint64_t bytes) { setenv("KETSCOPE_MEMORY", std::to_string(bytes).c_str(), 1); }
    ~MemoryLimit() { unsetenv("KETSCOPE_MEMORY"); }
    MemoryLimit(const MemoryLimit&) = delete;
    MemoryLimit& operator=(const MemoryLimit&) = delete;
};

std::shared_ptr<const LoadedModel> load(const std::string& fixture)
{
    Monitor monitor;
    return loadModel(test::fixtures() / fixture, monitor);
}

TEST(Memory, IsSaidInPowersOfAThousand)
{
    EXPECT_EQ(bytesText(0), "0 bytes");
    EXPECT_EQ(bytesText(999), "999 bytes");
    EXPECT_EQ(bytesText(1000), "1.0 kB");
    EXPECT_EQ(bytesText(999'960), "1.0 MB");
    EXPECT_EQ(bytesText(14'200'000'000), "14.2 GB");
    EXPECT_EQ(bytesText(~std::uint64_t{0}), "18446744.1 TB");
}

TEST(Memory, AvailableIsWhatTheSystemHasOrLess)
{
    const std::uint64_t available = availableMemory();
    EXPECT_GT(available, 50'000'000U);
    EXPECT_LT(available, std::uint64_t{1} << 50);
    const MemoryLimit limit(1234);
    EXPECT_EQ(availableMemory(), 1234U);
}

// 3 layers of 2 heads on 5 tokens, width 8, vocabulary 11: a layer's maps are 2·5·5 floats, a hidden state 5·8.
TEST(Memory, OfARunIsCountedFromItsShapes)
{
    ModelInfo model;
    model.stacks = {{.name = "text", .layers = 3, .heads = 2, .headSize = 4, .width = 8}};
    model.vocabularySize = 11;
    model.task = Task::CausalLanguageModelling;
    ModelInput input;
    input.tokenIds.assign(5, 1);
    const auto of = [&](const HeadPlan& plan, bool resumed, std::vector<std::vector<std::uint8_t>> kept = {}) {
        return memoryOfRun(model, input, plan, resumed, kept);
    };
    const HeadPlan plain = resolve({}, model, 0);
    EXPECT_EQ(of(plain, false).maps, 3U * 50 * 4);
    EXPECT_EQ(of(plain, false).hidden, 4U * 40 * 4);
    EXPECT_EQ(of(plain, false).outputs, 5U * 11 * 4);
    EXPECT_EQ(of(plain, false, {{0, 1, 0}}).maps, 50U * 4);
    EXPECT_EQ(of(plain, true).total(), 5U * 11 * 4);
    const HeadPlan patched = resolve({{parseSpec("rff@layers=2")}}, model, 0);
    EXPECT_EQ(of(patched, true).maps, 50U * 4);
    EXPECT_EQ(of(patched, true).hidden, 40U * 4);
    const HeadPlan sampled = resolve({{parseSpec("shots@layers=1;heads=0")}}, model, 0);
    EXPECT_EQ(of(sampled, true).maps, (2U + 1U) * 50 * 4);
    // Each draw keeps m features of each of the 5 keys; of the layer that needs most.
    const HeadPlan drawn =
        resolve({{parseSpec("rff:m=16@layers=1"), parseSpec("rff:m=32,repeats=3@layers=2;heads=1")}}, model, 0);
    EXPECT_EQ(of(drawn, true).heads, 3U * 5 * 32 * 4);
    EXPECT_EQ(of(plain, false).heads, 0U);
    const HeadPlan noisy = resolve({{parseSpec("fidelity:noise=phase-damping@layers=0;heads=0")}}, model, 0);
    EXPECT_EQ(of(noisy, true).heads, 10U * 16 * 4);  // 4 components are 2 qubits: density matrices of 4 × 4
}

TEST(Memory, OfARunWithoutItsImageIsNothing)
{
    ModelInfo model;
    model.stacks = {{.name = "vision",
                     .layers = 1,
                     .heads = 1,
                     .headSize = 4,
                     .width = 4,
                     .queries = TokenAxis::Image,
                     .keys = TokenAxis::Image}};
    model.image = ImageInfo{};
    EXPECT_EQ(memoryOfRun(model, {}, resolve({}, model, 0), false, {}).total(), 0U);
}

TEST(Memory, ARunThatDoesNotFitIsRefusedInOneLineThatSaysWhatHelps)
{
    RunMemory need{13'100'000'000, 1'000'000'000, 100'000'000};
    EXPECT_EQ(refusalOf([&] { requireMemory(need, 3, 14'200'000'000); }), "accepted");
    const std::string line = refusalOf([&] { requireMemory(need, 3, 6'000'000'000); });
    EXPECT_THAT(line, AllOf(HasSubstr("14.2 GB for 3 traces"), HasSubstr("13.1 GB of attention maps"),
                            HasSubstr("6.0 GB free"), HasSubstr("--keep-layers")));
    EXPECT_EQ(line.find('\n'), std::string::npos);
}

TEST(Memory, FewerMapsAreNamedOnlyWhereTheyHelp)
{
    const RunMemory need{13'000'000'000, 1'000'000'000, 0};
    EXPECT_THROW(requireMemory(need, 1, 6'000'000'000), KeptLayersError);
    for (const auto& [available, canBeLeft] : {std::pair(500'000'000U, true), std::pair(1'200'000'000U, false)}) {
        const std::string line = refusalOf([&] { requireMemory(need, 1, available, canBeLeft); });
        EXPECT_EQ(line.find("ayers"), std::string::npos) << line;
        EXPECT_THAT(line, HasSubstr("Shorten the input"));
    }
}

TEST(Memory, OfFeaturesAndStatesIsNamedWhereItIsTooMuch)
{
    const RunMemory need{.maps = 1'000'000, .heads = 9'000'000'000};
    EXPECT_THAT(refusalOf([&] { requireMemory(need, 1, 6'000'000'000); }),
                AllOf(HasSubstr("9.0 GB of a layer's features or states"), HasSubstr("fewer features, repeats")));
}

class KeptLayers : public testing::Test {
protected:
    ComparisonPointer run() { return runStudy(study, *model, nullptr, 1, monitor); }

    std::shared_ptr<const LoadedModel> model = load("models/llama-bf16-sharded");  // 3 layers
    Study study{.input = {.tokenIds = {1, 5, 9, 200}}, .candidates = {{{parseSpec("rff@layers=1")}}}};
    Monitor monitor;
};

TEST_F(KeptLayers, AreTheSameMapsAndTheOthersAreNotThere)
{
    const ComparisonPointer all = run();
    study.keptLayers = {1};
    const ComparisonPointer one = run();
    for (const std::size_t trace : {0U, 1U}) {
        const StackTrace& kept = one->traces[trace]->stacks[0];
        EXPECT_EQ(kept.attention[0], nullptr);
        EXPECT_EQ(kept.attention[2], nullptr);
        EXPECT_TRUE(
            std::ranges::equal(kept.attention[1]->values(), all->traces[trace]->stacks[0].attention[1]->values()));
        EXPECT_TRUE(std::ranges::equal(one->traces[trace]->outputs.at("logits")->values(),
                                       all->traces[trace]->outputs.at("logits")->values()));
    }
    EXPECT_EQ(one->study.selection.layer, 1U);
    EXPECT_EQ(clamped({.layer = 2}, *one).layer, 1U);
    ASSERT_EQ(summarizeHeads(*one, 1).size(), summarizeHeads(*all, 1).size());
    EXPECT_EQ(summarizeHeads(*one, 1)[0].meanDistanceB, summarizeHeads(*all, 1)[0].meanDistanceB);
}

TEST_F(KeptLayers, MustBeLayersAndHoldEveryPatchedOne)
{
    study.keptLayers = {0, 2};
    EXPECT_THAT(refusalOf([&] { run(); }), HasSubstr("not layer 1"));
    study.keptLayers = {1, 3};
    EXPECT_THAT(refusalOf([&] { run(); }), HasSubstr("from 0 to 2"));
}

TEST_F(KeptLayers, ComeBackFromARunFile)
{
    study.keptLayers = {1, 2};
    const ComparisonPointer written = run();
    const test::TemporaryFolder folder;
    writeRunFile(*written, folder.path() / "run.h5", monitor);
    const ComparisonPointer read = readRunFile(folder.path() / "run.h5", monitor);
    EXPECT_EQ(read->study.keptLayers, study.keptLayers);
    for (const std::size_t trace : {0U, 1U}) {
        const StackTrace& kept = read->traces[trace]->stacks[0];
        EXPECT_EQ(kept.attention[0], nullptr);
        for (const std::size_t layer : {1U, 2U})
            EXPECT_TRUE(std::ranges::equal(kept.attention[layer]->values(),
                                           written->traces[trace]->stacks[0].attention[layer]->values()));
        EXPECT_THAT(read->traces[trace]->warnings, IsEmpty());
    }
    const Hdf5File file = Hdf5File::open(folder.path() / "run.h5");
    EXPECT_EQ(file.textAttribute("/traces/A/text", "kept_layers"), "1-2");
    EXPECT_EQ(file.shape("/traces/A/text/attention"), (std::vector<std::size_t>{3, 3, 4, 4}));
    EXPECT_TRUE(std::isnan(file.readFloatsAt("/traces/A/text/entropy", {0}).data()[0]));
}

TEST_F(KeptLayers, AreAWayOutWhenMemoryIsShort)
{
    const std::uint64_t map = 3 * 4 * 4 * sizeof(float);
    const std::uint64_t rest =
        memoryOfRun(model->model->info(), run()->input.model, resolve({}, model->model->info(), 0), false, {}).total();
    study.candidates.clear();
    const MemoryLimit limit(rest - map);
    EXPECT_THAT(refusalOf([&] { run(); }), HasSubstr("--keep-layers"));
    study.keptLayers = {0, 1};
    EXPECT_EQ(refusalOf([&] { run(); }), "accepted");
}

TEST(Memory, AModelThatDoesNotFitIsStreamedOrRefused)
{
    const auto resident = load("gguf/llama-q4_k_m.gguf");
    EXPECT_THAT(resident->model->info().warnings, IsEmpty());
    const std::uint64_t weights = weightMemory(resident->model->info());
    std::shared_ptr<const LoadedModel> streamed;
    {
        const MemoryLimit limit(weights - 1);
        streamed = load("gguf/llama-q4_k_m.gguf");
    }
    EXPECT_THAT(streamed->model->info().warnings, testing::Contains(HasSubstr("do not fit into memory")));
    const Study study{.input = {.tokenIds = {1, 5, 9, 200}}};
    Monitor monitor;
    const ComparisonPointer a = runStudy(study, *resident, nullptr, 1, monitor);
    const ComparisonPointer b = runStudy(study, *streamed, nullptr, 1, monitor);
    EXPECT_TRUE(
        std::ranges::equal(a->traces[0]->outputs.at("logits")->values(), b->traces[0]->outputs.at("logits")->values()));
    const MemoryLimit limit(1000);
    EXPECT_THAT(refusalOf([] { load("gguf/llama-q4_k_m.gguf"); }),
                AllOf(HasSubstr("llama-q4_k_m.gguf"), HasSubstr("1.0 kB free")));
}

}  // namespace
}  // namespace ketscope
