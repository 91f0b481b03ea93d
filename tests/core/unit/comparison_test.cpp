// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/study/comparison.h"
#include "tests/support/cancelled_after.h"
#include "tests/support/toy_model.h"

#include <cmath>
#include <gmock/gmock.h>

namespace ketscope {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class ComparisonTest : public testing::Test {
protected:
    ComparisonPointer run(const ComparisonPointer& previous = nullptr)
    {
        return runStudy(study, *loaded, previous, 1, monitor);
    }
    const test::ToyModel& model() const { return static_cast<const test::ToyModel&>(*loaded->model); }

    std::string refusal()
    {
        try {
            run();
        } catch (const Error& error) {
            EXPECT_EQ(error.kind(), ErrorKind::Input);
            return error.what();
        }
        ADD_FAILURE() << "was accepted";
        return {};
    }

    std::shared_ptr<LoadedModel> loaded = test::toyModel();
    Study study{.modelPath = "toy", .input = {.text = "a bb ccc"}, .candidates = {{{parseSpec("rff@layers=1")}}}};
    Monitor monitor;
};

TEST_F(ComparisonTest, TheBaselineIsExactAndTheCandidateStartsAtItsFirstPatchedLayer)
{
    const ComparisonPointer result = run();
    EXPECT_EQ(model().passes, 2);
    EXPECT_EQ(model().lastFirstLayer, 1U);
    ASSERT_EQ(result->traces.size(), 2U);
    EXPECT_EQ(result->traces[1]->stacks[0].attention[0], result->traces[0]->stacks[0].attention[0]);
    EXPECT_NE(result->traces[1]->stacks[0].attention[1], result->traces[0]->stacks[0].attention[1]);
    EXPECT_EQ(traceTitle(*result, 0).title, "Exact softmax");
    EXPECT_EQ(traceTitle(*result, 1).title, mechanism("rff").info().shortTitle);
    EXPECT_THAT(traceTitle(*result, 1).detail, HasSubstr("m 128"));
}

TEST_F(ComparisonTest, CandidatesThatAreMovedCopiedOrRemovedAreNotComputedAgain)
{
    study.candidates.push_back({{parseSpec("rff:m=64@layers=0")}});
    const ComparisonPointer first = run();
    EXPECT_EQ(model().passes, 3);
    std::swap(study.candidates[0], study.candidates[1]);
    const ComparisonPointer swapped = run(first);
    EXPECT_EQ(swapped->traces[1], first->traces[2]);
    EXPECT_EQ(swapped->traces[2], first->traces[1]);
    study.candidates.push_back(study.candidates[0]);
    const ComparisonPointer copied = run(swapped);
    EXPECT_EQ(copied->traces[3], swapped->traces[1]);
    study.candidates.erase(study.candidates.begin());
    EXPECT_EQ(run(copied)->traces[1], copied->traces[2]);
    EXPECT_EQ(model().passes, 3);
    study.seed = 9;
    run(copied);
    EXPECT_EQ(model().passes, 5);
}

TEST_F(ComparisonTest, OnlyWhatChangedIsComputedAgain)
{
    const ComparisonPointer first = run();
    study.selection.head = 1;
    const ComparisonPointer moved = run(first);
    EXPECT_EQ(model().passes, 2);
    EXPECT_EQ(moved->traces, first->traces);
    study.candidates[0] = {{parseSpec("rff:m=64@layers=1")}};
    const ComparisonPointer changed = run(moved);
    EXPECT_EQ(model().passes, 3);
    EXPECT_EQ(changed->traces[0], first->traces[0]);
    EXPECT_NE(changed->traces[1], first->traces[1]);
    study.seed = 1;
    run(changed);
    EXPECT_EQ(model().passes, 4);
    study.input.text = "a bb cccc";
    run(changed);
    EXPECT_EQ(model().passes, 6);
}

TEST_F(ComparisonTest, AnotherModelsResultsAreNeverReused)
{
    const ComparisonPointer first = run();
    loaded->weightsSha256 = "11";
    EXPECT_NE(run(first)->traces[0], first->traces[0]);
}

TEST_F(ComparisonTest, ASelectionOutsideTheNewInputIsMovedInside)
{
    study.selection = {3, 9, 9, 9, 9};
    const ComparisonPointer result = run();
    EXPECT_EQ(result->study.selection, (Selection{0, 1, 1, 2, 2}));
}

TEST_F(ComparisonTest, OutputsAreProbabilitiesOrderedByTheBaseline)
{
    const OutputTable table = outputTable(*run());
    EXPECT_EQ(table.title, "class");
    ASSERT_EQ(table.rows.size(), 2U);
    EXPECT_EQ(table.rows[0].label, "long");
    EXPECT_NEAR(table.rows[0].probability[0], 1.0 / (1.0 + std::exp(-1.0)), 1e-7);
    EXPECT_NEAR(table.rows[0].probability[1], 1.0 / (1.0 + std::exp(1.0)), 1e-7);
    EXPECT_NEAR(table.rows[0].probability[1] + table.rows[1].probability[1], 1.0, 1e-12);
}

TEST_F(ComparisonTest, BadInputIsRefusedInOneClearLine)
{
    study.input = {};
    EXPECT_THAT(refusal(), HasSubstr("a text or token ids"));
    study.input.text = "   ";
    EXPECT_THAT(refusal(), HasSubstr("at least one token"));
    study.input = {.text = "a", .tokenIds = {1}};
    EXPECT_THAT(refusal(), HasSubstr("both"));
    study.input = {.text = "a", .textPair = "b"};
    EXPECT_THAT(refusal(), HasSubstr("text pair"));
    study.input = {.tokenIds = {1, 10}};
    EXPECT_THAT(refusal(), HasSubstr("0 to 9"));
    study.input = {.tokenIds = {1, 2}, .attentionMask = {1}};
    EXPECT_THAT(refusal(), HasSubstr("2 values"));
    study.input = {.tokenIds = {1, 2}, .attentionMask = {0, 0}};
    EXPECT_THAT(refusal(), HasSubstr("only 0"));
    study.input = {.tokenIds = {1, 2, 3, 4, 5, 6, 7}};
    EXPECT_THAT(refusal(), HasSubstr("at most 6 tokens"));
    loaded->tokenizer.reset();
    study.input = {.text = "a"};
    EXPECT_THAT(refusal(), HasSubstr("tokenizer"));
    study.input = {.tokenIds = {1, 2}};
    EXPECT_EQ(run()->input.tokens[1].display, "2");
}

TEST_F(ComparisonTest, CutAndUnknownTextIsSaid)
{
    study.input.text = "a bb ? d e f g h";
    const ComparisonPointer result = run();
    EXPECT_EQ(result->input.tokens.size(), 6U);
    EXPECT_THAT(result->input.notices, ElementsAre(HasSubstr("2 dropped"), HasSubstr("1 token is unknown")));
}

TEST_F(ComparisonTest, CancellingLeavesNothing)
{
    test::CancelledAfter cancelling;
    try {
        runStudy(study, *loaded, nullptr, 1, cancelling);
        FAIL() << "was not cancelled";
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::Cancelled);
    }
}

}  // namespace
}  // namespace ketscope
