// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/study/selected_head.h"

#include "core/base/error.h"
#include "core/study/run_file.h"
#include "tests/support/cancelled_after.h"
#include "tests/support/paths.h"

#include <gmock/gmock.h>

namespace ketscope {
namespace {

class SelectedHeadTest : public testing::Test {
protected:
    std::shared_ptr<Comparison> run(const std::string& folder, const std::string& spec, Input input)
    {
        model = loadModel(test::samples() / folder, monitor);
        Study study{.modelPath = model->model->info().path,
                    .input = std::move(input),
                    .candidates = {{{parseSpec(spec)}}},
                    .seed = 3};
        auto comparison = std::make_shared<Comparison>(*runStudy(study, *model, nullptr, 1, monitor));
        comparison->loaded = model;
        return comparison;
    }

    // What a recorded head gives when its mechanism runs again.
    Tensor weightsOf(const RecordedHead& head)
    {
        Tensor weights({head.input.queries.rows, head.input.keys.rows});
        Tensor output({head.input.queries.rows, head.input.values.columns});
        attendHead(*head.assignment.mechanism, head.input, head.assignment.parameters,
                   {weights.matrix(), output.matrix(), {}, {}}, monitor);
        return weights;
    }

    void expectMapsOfTheRun(const ComparisonPointer& comparison)
    {
        const Selection& at = comparison->study.selection;
        const ComparisonPointer filled = withSelectedHead(comparison, monitor);
        ASSERT_NE(filled->selectedHead, nullptr);
        ASSERT_EQ(filled->selectedHead->traces.size(), comparison->traces.size());
        for (std::size_t trace = 0; trace < comparison->traces.size(); ++trace) {
            const RecordedHead& head = *filled->selectedHead->traces[trace];
            EXPECT_EQ(head.head, at.head);
            const Tensor weights = weightsOf(head);
            const MatrixView map = comparison->traces[trace]->stacks[at.stack].attention[at.layer]->matrix({at.head});
            for (std::size_t row = 0; row < map.rows; ++row)
                EXPECT_TRUE(std::ranges::equal(map.row(row), weights.matrix().row(row))) << trace << " row " << row;
        }
    }

    Monitor monitor;
    std::shared_ptr<const LoadedModel> model;
};

// Layer 5 comes after a patched layer, so that what B's head is given is not what A's is; sampled weights need its seed.
TEST_F(SelectedHeadTest, EveryTracesHeadGivesItsMapAgainToTheBit)
{
    const auto comparison = run("sentiment", "shots:shots=64@layers=4-5", {.text = "a long way to a warm end"});
    for (const std::size_t layer : {0U, 4U, 5U}) {
        comparison->study.selection = {.layer = layer, .head = 3};
        expectMapsOfTheRun(comparison);
    }
    const auto filled = withSelectedHead(comparison, monitor);
    const auto& traces = filled->selectedHead->traces;
    EXPECT_EQ(traces[0]->assignment.mechanism, &mechanism("exact"));
    EXPECT_EQ(traces[1]->assignment.mechanism, &mechanism("shots"));
    EXPECT_FALSE(std::ranges::equal(traces[0]->input.queries.row(1), traces[1]->input.queries.row(1)));
}

TEST_F(SelectedHeadTest, CrossAttentionIsRecordedFromItsOwnLayer)
{
    auto image = std::make_shared<Image>(blankImage(96, 64, "test"));
    for (std::size_t i = 0; i < image->rgb.size(); ++i)
        image->rgb[i] = static_cast<std::uint8_t>(i * i % 251);
    const auto comparison = run("shape-blip", "fidelity@stack=cross",
                                {.text = "a red circle", .image = PictureInput{"noise.png", std::move(image)}});
    const auto& stacks = comparison->model.stacks;
    for (std::size_t stack = 0; stack < stacks.size(); ++stack) {
        comparison->study.selection = {.stack = stack, .layer = stacks[stack].layers - 1};
        expectMapsOfTheRun(comparison);
    }
}

TEST_F(SelectedHeadTest, ALayerIsRecordedOnceForAllItsHeadsAndForTheRunsThatKeepIt)
{
    const auto comparison = run("sentiment", "rff@layers=5", {.text = "a warm end"});
    comparison->study.selection = {.layer = 5};
    const auto first = withSelectedHead(comparison, monitor);
    EXPECT_EQ(withSelectedHead(first, monitor), first);
    const auto again = withSelectedHead(comparison, monitor);
    EXPECT_EQ(again->selectedHead->traces, first->selectedHead->traces);
    auto other = std::make_shared<Comparison>(*runStudy(comparison->study, *model, comparison, 1, monitor));
    other->loaded = model;
    EXPECT_EQ(withSelectedHead(other, monitor)->selectedHead->traces, first->selectedHead->traces);
    auto moved = std::make_shared<Comparison>(*first);
    moved->study.selection.head = 1;
    EXPECT_EQ(withSelectedHead(moved, monitor)->selectedHead->traces[0]->head, 1U);
}

TEST_F(SelectedHeadTest, WithoutTheModelNothingIsRecordedAndItSaysWhy)
{
    const auto comparison = run("sentiment", "rff@layers=5", {.text = "a warm end"});
    comparison->loaded = nullptr;
    EXPECT_EQ(withSelectedHead(comparison, monitor)->selectedHead, nullptr);
    EXPECT_THAT(obstacleToRecording(*comparison), testing::HasSubstr("Open"));
    comparison->loaded = model;
    EXPECT_EQ(obstacleToRecording(*comparison), "");
}

TEST_F(SelectedHeadTest, CancellingStopsTheRecording)
{
    const auto comparison = run("sentiment", "rff@layers=5", {.text = "a warm end"});
    EXPECT_THROW(withSelectedHead(comparison, test::CancelledAfter()), Error);
}

// A run that was read from its file goes on as if it were still open.
TEST_F(SelectedHeadTest, ARunReadFromItsFileIsRecordedWithItsModel)
{
    const auto comparison = run("sentiment", "fidelity@layers=5", {.text = "a warm end"});
    const test::TemporaryFolder folder;
    writeRunFile(*comparison, folder.path() / "run.h5", monitor);
    auto read = std::make_shared<Comparison>(*readRunFile(folder.path() / "run.h5", monitor));
    read->loaded = model;
    read->study.selection = {.layer = 5, .head = 2};
    expectMapsOfTheRun(read);
}

}  // namespace
}  // namespace ketscope
