// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/ui/desk.h"

#include <QSignalSpy>

namespace ketscope::test {
namespace {

TEST(Controller, OpensTheSampleAndReadsIt)
{
    Desk desk;
    EXPECT_EQ(desk.controller.state(), StudyController::State::Empty);
    desk.openSample();
    const ComparisonPointer comparison = desk.controller.comparison();
    ASSERT_EQ(comparison->traces.size(), 2U);
    const Selection& at = desk.controller.selection();
    EXPECT_TRUE(comparison->plans[1]->isPatched(at.stack, at.layer, at.head));
    EXPECT_FALSE(comparison->input.tokens[at.query].special);
    const double difference = std::abs(static_cast<double>(mapOf(*comparison, 1, at)(at.query, at.key))
                                       - static_cast<double>(mapOf(*comparison, 0, at)(at.query, at.key)));
    EXPECT_GT(difference, 0.1);
    EXPECT_NEAR(std::abs(desk.controller.readings()->cell.difference), difference, 1e-12);
}

TEST(Controller, InputRunsAgainAndUndoes)
{
    Desk desk;
    desk.openSample();
    const std::size_t before = desk.controller.comparison()->input.tokens.size();
    desk.controller.setInputText(QStringLiteral("a film"));
    desk.waitUntilSettled();
    EXPECT_EQ(desk.controller.comparison()->input.tokens.size(), 4U);
    EXPECT_LT(desk.controller.selection().query, 4U);
    desk.controller.undoStack().undo();
    desk.waitUntilSettled();
    EXPECT_EQ(desk.controller.comparison()->input.tokens.size(), before);
    desk.controller.undoStack().redo();
    desk.waitUntilSettled();
    EXPECT_EQ(desk.controller.comparison()->input.tokens.size(), 4U);
}

TEST(Controller, PlanEditMovesThePatch)
{
    Desk desk;
    desk.openSample();
    desk.controller.setScope({{1}, {0, 2}});
    desk.waitUntilSettled();
    const HeadPlan& plan = *desk.controller.comparison()->plans[1];
    EXPECT_TRUE(plan.isPatched(0, 1, 2));
    EXPECT_FALSE(plan.isPatched(0, 1, 1));
    EXPECT_FALSE(plan.isPatched(0, 5, 0));
    EXPECT_EQ(desk.controller.readings()->whole->patched.heads, 2U);
}

TEST(Controller, ADragIsOneStepOfUndo)
{
    Desk desk;
    desk.openSample();
    const double before = desk.controller.entry()->parameters.real("m");
    for (const double m : {512.0, 256.0, 64.0})
        desk.controller.setParameter("m", m, StudyController::Pace::Dragging);
    desk.controller.setParameter("m", 32.0);
    desk.waitUntilSettled();
    EXPECT_EQ(desk.controller.comparison()->study.candidates[0].entries[0].parameters.real("m"), 32.0);
    EXPECT_EQ(desk.controller.undoStack().count(), 1);
    desk.controller.setParameter("m", 16.0);
    EXPECT_EQ(desk.controller.undoStack().count(), 2);
    desk.controller.undoStack().undo();
    desk.controller.undoStack().undo();
    desk.waitUntilSettled();
    EXPECT_EQ(desk.controller.entry()->parameters.real("m"), before);
}

TEST(Controller, WithoutLiveRunADragIsStaleUntilItEnds)
{
    Desk desk;
    desk.openSample();
    desk.controller.setRunWhileDragging(false);
    desk.controller.setParameter("m", 16.0, StudyController::Pace::Dragging);
    EXPECT_EQ(desk.controller.state(), StudyController::State::Stale);
    EXPECT_EQ(desk.controller.comparison()->study.candidates[0].entries[0].parameters.real("m"), 128.0);
    desk.controller.setParameter("m", 16.0);
    desk.waitUntilSettled();
}

TEST(Controller, AFailedModelKeepsTheResult)
{
    Desk desk;
    desk.openSample();
    const ComparisonPointer before = desk.controller.comparison();
    QSignalSpy failed(&desk.controller, &StudyController::failed);
    desk.controller.openModel(QString::fromStdString((fixtures() / "badinput" / "cfg_not_json").string()));
    ASSERT_TRUE(waitFor([&] { return failed.count() == 1; }));
    EXPECT_TRUE(failed[0][0].toString().contains(QStringLiteral("config.json")));
    EXPECT_EQ(desk.controller.comparison(), before);
    EXPECT_EQ(desk.controller.state(), StudyController::State::UpToDate);
}

TEST(Controller, AnotherModelGetsThePlanOnItsLastLayers)
{
    Desk desk;
    desk.openSample();
    desk.controller.openModel(QString::fromStdString((fixtures() / "models" / "gpt2-lm").string()));
    ASSERT_TRUE(waitFor([&] { return desk.controller.model()->architecture == "gpt2" && desk.settled(); }));
    const std::size_t layers = desk.controller.model()->stacks[0].layers;
    EXPECT_EQ(layers, 2U);
    EXPECT_TRUE(desk.controller.entry()->layers.empty()) << "two layers are all of them";
    EXPECT_FALSE(desk.controller.readings()->outputs.rows.empty());
}

TEST(Controller, EmptyTextIsRefusedAndTheResultStays)
{
    Desk desk;
    desk.openSample();
    QSignalSpy failed(&desk.controller, &StudyController::failed);
    desk.controller.setInputText(QString());
    ASSERT_TRUE(waitFor([&] { return failed.count() == 1 || desk.settled(); }));
    ASSERT_TRUE(desk.controller.comparison());
    EXPECT_TRUE(failed.count() == 1 || desk.controller.comparison()->input.tokens.size() == 2U);
}

TEST(Controller, SelectionStaysInside)
{
    Desk desk;
    desk.openSample();
    Selection far;
    far.layer = far.head = far.query = far.key = 999;
    desk.controller.select(far);
    const Selection& at = desk.controller.selection();
    EXPECT_EQ(at.layer, 5U);
    EXPECT_EQ(at.head, 3U);
    EXPECT_EQ(at.query, desk.controller.comparison()->input.tokens.size() - 1);
}

}  // namespace
// The map that is looked at is run, and the rest when the slider rests, without being let go.
TEST(Controller, OnlyTheSelectedHeadIsRunWhileDragging)
{
    Desk desk;
    desk.openSample();
    const ComparisonPointer before = desk.controller.comparison();
    const Selection at = desk.controller.selection();
    desk.controller.setParameter("m", 16.0, StudyController::Pace::Dragging);
    ASSERT_TRUE(waitFor([&] { return desk.controller.isHeadUpToDate(); }));
    EXPECT_FALSE(desk.controller.isUpToDate());
    EXPECT_FALSE(desk.controller.isHeadOutdated());
    const StackTrace& shown = desk.controller.comparison()->traces[1]->stacks[at.stack];
    const StackTrace& was = before->traces[1]->stacks[at.stack];
    EXPECT_NE(shown.attention[at.layer], was.attention[at.layer]);
    EXPECT_EQ(desk.controller.comparison()->traces[1]->outputs, before->traces[1]->outputs);
    const float preview = shown.attention[at.layer]->matrix({at.head})(at.query, at.key);
    desk.waitUntilSettled();
    EXPECT_TRUE(desk.controller.isDragging());
    EXPECT_FALSE(desk.controller.isHeadAlone());
    const StackTrace& whole = desk.controller.comparison()->traces[1]->stacks[at.stack];
    EXPECT_EQ(whole.attention[at.layer]->matrix({at.head})(at.query, at.key), preview);
    EXPECT_NE(desk.controller.comparison()->traces[1]->outputs, before->traces[1]->outputs);
    // Let go: the same value again runs nothing.
    const ComparisonPointer rested = desk.controller.comparison();
    desk.controller.setParameter("m", 16.0);
    EXPECT_EQ(desk.controller.comparison(), rested);
}

TEST(Controller, ADragBackAndForthShowsWhatWasThere)
{
    Desk desk;
    desk.openSample();
    const auto outputs = desk.controller.comparison()->traces[1];
    desk.controller.setParameter("m", 16.0, StudyController::Pace::Dragging);
    ASSERT_TRUE(waitFor([&] { return desk.controller.isHeadAlone(); }));
    desk.controller.setParameter("m", 128.0);
    desk.waitUntilSettled();
    EXPECT_FALSE(desk.controller.isHeadAlone());
    EXPECT_EQ(desk.controller.comparison()->traces[1], outputs);
}

TEST(Controller, EscWhileDraggingLeavesTheLastWholeResult)
{
    Desk desk;
    desk.openSample();
    const auto whole = desk.controller.comparison()->traces[1];
    desk.controller.setParameter("m", 16.0, StudyController::Pace::Dragging);
    ASSERT_TRUE(waitFor([&] { return desk.controller.isHeadAlone(); }));
    desk.controller.setParameter("m", 17.0, StudyController::Pace::Dragging);
    desk.controller.cancel();
    EXPECT_FALSE(desk.controller.isHeadAlone());
    EXPECT_EQ(desk.controller.comparison()->traces[1], whole);
    EXPECT_EQ(desk.controller.state(), StudyController::State::Stale);
}

// Numbers are of the map that is shown, or say that they are not yet.
TEST(Controller, NumbersOfAnEarlierMapAreKnownToBe)
{
    Desk desk;
    desk.openSample();
    EXPECT_FALSE(desk.controller.readingsWait());
    desk.controller.setParameter("m", 16.0, StudyController::Pace::Dragging);
    ASSERT_TRUE(waitFor([&] { return desk.controller.isHeadAlone(); }));
    EXPECT_TRUE(desk.controller.readingsWait());
    ASSERT_TRUE(waitFor([&] { return !desk.controller.readingsWait(); }));
    const Comparison& shown = *desk.controller.comparison();
    const MatrixView a = mapOf(shown, 0, desk.controller.selection()), b = mapOf(shown, 1, desk.controller.selection());
    double largest = 0.0;
    for (std::size_t query = 0; query < a.rows; ++query)
        for (std::size_t key = 0; key < a.columns; ++key)
            largest = std::max(largest, std::abs(static_cast<double>(a(query, key)) - b(query, key)));
    EXPECT_NEAR(desk.controller.readings()->head.maximumDifference, largest, 1e-6);
}

TEST(Controller, WhatTakesLongWaitsForTheSliderToRest)
{
    Desk desk;
    desk.openSample();
    const auto before = desk.controller.readings()->whole;
    desk.controller.setParameter("m", 16.0, StudyController::Pace::Dragging);
    int readings = 0;
    QObject::connect(&desk.controller, &StudyController::readingsChanged, [&] { ++readings; });
    ASSERT_TRUE(waitFor([&] { return readings > 0; }));
    EXPECT_EQ(desk.controller.readings()->whole, before);
    EXPECT_TRUE(desk.controller.patchedWait());
    EXPECT_NE(desk.controller.readings()->head.kl, 0.0);
    desk.waitUntilSettled();
    EXPECT_NE(desk.controller.readings()->whole, before);
    EXPECT_NE(desk.controller.readings()->whole->patched.maps.kl, before->patched.maps.kl);
    EXPECT_FALSE(desk.controller.patchedWait());
}

}  // namespace ketscope::test
