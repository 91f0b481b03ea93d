// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/atomic_file.h"
#include "core/base/error.h"
#include "core/formats/hdf5.h"
#include "core/study/run_file.h"
#include "tests/support/cancelled_after.h"
#include "tests/support/paths.h"
#include "tests/support/toy_model.h"

#include <fstream>
#include <gmock/gmock.h>

namespace ketscope {
namespace {

namespace fs = std::filesystem;

class RunFileTest : public testing::Test {
protected:
    ComparisonPointer comparison() { return runStudy(study, *loaded, nullptr, 1, monitor); }

    // A file as another program would write it: the two required arrays only.
    void writeForeign(const std::vector<std::size_t>& shape)
    {
        Hdf5File file = Hdf5File::create(path);
        std::size_t count = 1;
        for (const std::size_t extent : shape)
            count *= extent;
        file.writeStrings("/input/tokens", {"x", "y", "z"});
        file.writeFloats("/traces/A/text/attention", shape, std::vector<float>(count, 1.0F / 3));
        file.close();
    }

    const test::TemporaryFolder folder;
    const fs::path path = folder.path() / "run.h5";
    std::shared_ptr<LoadedModel> loaded = test::toyModel();
    Study study{.modelPath = "toy",
                .input = {.text = "a bb ccc"},
                .candidates = {{{parseSpec("rff:m=64@layers=1")}}, {{parseSpec("shots@heads=0")}}},
                .seed = 5,
                .selection = {0, 1, 0, 2, 1}};
    Monitor monitor;
};

TEST_F(RunFileTest, ARunComesBackAsItWas)
{
    const ComparisonPointer written = comparison();
    writeRunFile(*written, path, monitor);
    const ComparisonPointer read = readRunFile(path, monitor);
    EXPECT_EQ(read->study, written->study);
    EXPECT_EQ(read->weightsSha256, "00");
    EXPECT_EQ(read->model.labels, written->model.labels);
    EXPECT_EQ(read->model.task, written->model.task);
    EXPECT_EQ(read->input.model, written->input.model);
    ASSERT_EQ(read->input.tokens.size(), 3U);
    EXPECT_EQ(read->input.tokens[2].display, "ccc");
    EXPECT_EQ(read->input.tokens[2].span.end, 8U);
    ASSERT_EQ(read->traces.size(), 3U);
    for (std::size_t t = 0; t < 3; ++t)
        for (std::size_t layer = 0; layer < 2; ++layer)
            EXPECT_TRUE(std::ranges::equal(read->traces[t]->stacks[0].attention[layer]->values(),
                                           written->traces[t]->stacks[0].attention[layer]->values()));
    EXPECT_EQ(traceTitle(*read, 1).detail, traceTitle(*written, 1).detail);
    EXPECT_TRUE(read->plans[2]->isPatched(0, 0, 0));
    EXPECT_EQ(outputTable(*read).rows[0].label, "long");
}

// The comparison with two diagnostics for head 1 of layer 0 of trace B.
ComparisonPointer withDiagnostics(const Comparison& plain)
{
    Tensor values({3});
    std::ranges::copy(std::initializer_list<float>{4.0F, 8.0F, 16.0F}, values.data());
    Tensor spectrum({1, 2});
    std::ranges::copy(std::initializer_list<float>{0.8F, 0.6F}, spectrum.data());
    Trace trace = *plain.traces[1];
    trace.stacks[0].diagnostics = {
        {{1,
          {{{"schmidt", "Schmidt values", ""}, std::make_shared<const Tensor>(std::move(spectrum))},
           {{"shots_used", "Shots used", "shots"}, std::make_shared<const Tensor>(std::move(values))}}}},
        {}};
    auto comparison = std::make_shared<Comparison>(plain);
    comparison->traces[1] = std::make_shared<const Trace>(std::move(trace));
    return comparison;
}

TEST_F(RunFileTest, DiagnosticsComeBack)
{
    writeRunFile(*withDiagnostics(*comparison()), path, monitor);
    EXPECT_EQ(Hdf5File::open(path).shape("/traces/B/text/diagnostics/layer_00/head_01/shots_used"),
              std::vector<std::size_t>{3});
    const ComparisonPointer read = readRunFile(path, monitor);
    EXPECT_TRUE(read->traces[0]->stacks[0].diagnostics[0].empty());
    ASSERT_EQ(read->traces[1]->stacks[0].diagnostics[0].size(), 1U);
    const HeadDiagnostics& head = read->traces[1]->stacks[0].diagnostics[0][0];
    EXPECT_EQ(head.head, 1U);
    ASSERT_EQ(head.list.size(), 2U);
    EXPECT_EQ(head.list[0].values->shape(), (std::vector<std::size_t>{1, 2}));
    EXPECT_EQ(head.list[1].info.title, "Shots used");
    EXPECT_EQ(head.list[1].info.unit, "shots");
    EXPECT_THAT(head.list[1].values->values(), testing::ElementsAre(4.0F, 8.0F, 16.0F));
}

TEST_F(RunFileTest, DiagnosticsUnderWrongNamesAreRefused)
{
    for (const char* name : {"layer_02", "layer_00/head_x", "layer_0/head_01"}) {
        Hdf5File file = Hdf5File::create(path);
        file.writeStrings("/input/tokens", {"x", "y", "z"});
        file.writeFloats("/traces/A/text/attention", {2, 1, 3, 3}, std::vector<float>(18, 1.0F / 3));
        file.writeFloats("/traces/A/text/diagnostics/" + std::string(name) + "/values", {1}, std::vector{1.0F});
        file.close();
        EXPECT_THROW(readRunFile(path, monitor), Error) << name;
    }
}

TEST_F(RunFileTest, TheLayoutIsTheDocumentedOne)
{
    writeRunFile(*comparison(), path, monitor);
    const Hdf5File file = Hdf5File::open(path);
    EXPECT_EQ(file.textAttribute("/", "format"), "ketscope-run");
    EXPECT_EQ(file.numberAttribute("/", "version"), 1.0);
    EXPECT_EQ(file.textAttribute("/", "architecture"), "toy");
    EXPECT_EQ(file.textAttribute("/traces/B", "mechanism"), "rff");
    EXPECT_THAT(*file.textAttribute("/traces/B", "parameters"), testing::HasSubstr("\"m\":\"64\""));
    EXPECT_EQ(file.numberAttribute("/traces/B", "seed"), 5.0);
    EXPECT_EQ(file.shape("/traces/A/text/attention"), (std::vector<std::size_t>{2, 2, 3, 3}));
    EXPECT_EQ(file.shape("/traces/A/text/hidden_states"), (std::vector<std::size_t>{3, 3, 2}));
    EXPECT_EQ(file.shape("/traces/C/outputs/logits"), (std::vector<std::size_t>{2}));
    EXPECT_THAT(file.readStrings("/labels"), testing::ElementsAre("short", "long"));
    // Head 0 of layer 1 in B is uniform over three keys, in A it looks at itself only.
    const Tensor entropyB = file.readFloatsAt("/traces/B/text/entropy", {1, 0});
    EXPECT_NEAR(entropyB.values()[0], std::log(3.0), 1e-6);
    EXPECT_NEAR(file.readFloatsAt("/traces/B/text/normalized_entropy", {1, 0}).values()[0], 1.0, 1e-6);
    EXPECT_NEAR(file.readFloatsAt("/traces/B/text/mean_distance", {1, 0}).values()[0], 1.0, 1e-6);
    EXPECT_NEAR(file.readFloatsAt("/traces/B/text/gini", {1, 0}).values()[0], 0.0, 1e-6) << "uniform";
    EXPECT_NEAR(file.readFloatsAt("/traces/A/text/gini", {1, 0}).values()[0], 2.0 / 3.0, 1e-6) << "one key of three";
    EXPECT_EQ(file.readFloatsAt("/traces/A/text/entropy", {1, 0}).values()[0], 0.0F);
}

TEST_F(RunFileTest, AttentionCapturedElsewhereOpensFromTwoArrays)
{
    writeForeign({4, 2, 3, 3});
    const ComparisonPointer read = readRunFile(path, monitor);
    EXPECT_EQ(read->model.stacks[0].layers, 4U);
    EXPECT_EQ(read->model.stacks[0].heads, 2U);
    EXPECT_EQ(read->input.tokens[1].display, "y");
    EXPECT_EQ(traceTitle(*read, 0).title, "Attention A");
    EXPECT_TRUE(outputTable(*read).rows.empty());
}

TEST_F(RunFileTest, AForeignTextIsShownAndAnEmptyOneIsNone)
{
    for (const std::vector<std::string>& texts : {std::vector<std::string>{"x y z"}, {}}) {
        Hdf5File file = Hdf5File::create(path);
        file.writeStrings("/input/tokens", {"x", "y", "z"});
        file.writeFloats("/traces/A/text/attention", {1, 1, 3, 3}, std::vector<float>(9, 1.0F / 3));
        file.writeStrings("/input/text", texts);
        file.close();
        EXPECT_EQ(readRunFile(path, monitor)->study.input.text.value_or("none"), texts.empty() ? "none" : texts[0]);
    }
}

TEST_F(RunFileTest, StacksOverTextAndImageOpenByTheirNames)
{
    const auto write = [&](std::size_t imageTokens) {
        Hdf5File file = Hdf5File::create(path);
        const auto put = [&](const std::string& stack, std::size_t queries, std::size_t keys) {
            file.writeFloats("/traces/A/" + stack + "/attention", {1, 2, queries, keys},
                             std::vector<float>(2 * queries * keys, 0.1F));
        };
        file.writeStrings("/input/tokens", {"x", "y", "z"});
        put("vision", imageTokens, imageTokens);
        put("cross", 3, 5);
        put("text", 3, 3);
        file.close();
    };
    write(5);
    const ComparisonPointer read = readRunFile(path, monitor);
    ASSERT_EQ(read->model.stacks.size(), 3U);
    for (const StackInfo& stack : read->model.stacks) {
        EXPECT_EQ(stack.queries, stack.name == "vision" ? TokenAxis::Image : TokenAxis::Text) << stack.name;
        EXPECT_EQ(stack.keys, stack.name == "text" ? TokenAxis::Text : TokenAxis::Image) << stack.name;
    }
    EXPECT_EQ(clamped({0, 0, 0, 9, 9}, *read), (Selection{0, 0, 0, 2, 4}));
    write(4);
    EXPECT_THROW(readRunFile(path, monitor), Error);
}

TEST_F(RunFileTest, WrongShapesAndFormatsAreNamed)
{
    for (const auto& shape : {std::vector<std::size_t>{4, 2, 3, 2}, {4, 2, 3}, {0, 2, 3, 3}, {1, 1, 2, 2}}) {
        writeForeign(shape);
        EXPECT_THROW(readRunFile(path, monitor), Error);
    }
    Hdf5File file = Hdf5File::create(path);
    file.setText("/", "format", "something");
    file.close();
    EXPECT_THROW(readRunFile(path, monitor), Error);
}

TEST_F(RunFileTest, NothingIsLeftWhenWritingStops)
{
    test::CancelledAfter cancelling;
    const ComparisonPointer written = comparison();
    EXPECT_THROW(writeRunFile(*written, path, cancelling), Error);
    EXPECT_TRUE(fs::is_empty(folder.path()));
    EXPECT_THROW(writeRunFile(*written, folder.path() / "no" / "run.h5", monitor), Error);
}

TEST(AtomicFile, TheOldFileStaysUntilTheNewOneIsComplete)
{
    const test::TemporaryFolder folder;
    const fs::path target = folder.path() / "a.txt";
    std::ofstream(target) << "old";
    {
        const AtomicFile abandoned(target);
        std::ofstream(abandoned.path()) << "half";
    }
    std::string text;
    std::ifstream(target) >> text;
    EXPECT_EQ(text, "old");
    AtomicFile complete(target);
    std::ofstream(complete.path()) << "new";
    complete.commit();
    std::ifstream(target) >> text;
    EXPECT_EQ(text, "new");
    EXPECT_EQ(std::distance(fs::directory_iterator(folder.path()), {}), 1);
    EXPECT_THROW(AtomicFile(folder.path()), Error);
}

}  // namespace
}  // namespace ketscope
