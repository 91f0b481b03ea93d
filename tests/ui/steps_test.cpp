// SPDX-License-Identifier: GPL-3.0-or-later
// Undo and redo of what is looked at: selection, view, perspective, and edits that change them too.
#include "tests/ui/desk.h"
#include "ui/main_window.h"
#include "ui/views/perspective.h"

namespace ketscope::test {

namespace {

constexpr int kAfterAGestureMs = 1100;

class StepsTest : public ::testing::Test {
protected:
    void SetUp() override { desk.openSample(); }

    StudyController& controller() { return desk.controller; }
    void undo() { controller().undoStack().undo(); }
    void redo() { controller().undoStack().redo(); }
    int steps() { return controller().undoStack().index(); }

    Desk desk;
};

}  // namespace

TEST_F(StepsTest, SelectionsAreTakenBackAndReadAnew)
{
    const Selection first = controller().selection();
    controller().selectCell(2, 3);
    QTest::qWait(kAfterAGestureMs);
    controller().selectCell(4, 5);
    EXPECT_EQ(steps(), 2);
    undo();
    EXPECT_EQ(controller().selection().query, 2U);
    EXPECT_EQ(controller().comparison()->study.selection.key, 3U);
    desk.waitUntilSettled();
    undo();
    EXPECT_EQ(controller().selection(), first);
    redo();
    redo();
    EXPECT_EQ(controller().selection().query, 4U);
    EXPECT_EQ(controller().state(), StudyController::State::UpToDate) << "looking needs no run";
}

TEST_F(StepsTest, QuickLooksOfOneKindAreOneStep)
{
    const Selection first = controller().selection();
    for (std::size_t key = 1; key < 6; ++key)
        controller().selectCell(2, key);
    EXPECT_EQ(steps(), 1);
    controller().changeView([](ViewSettings& view) { view.alignment.opacity = 30; });
    controller().changeView([](ViewSettings& view) { view.alignment.opacity = 20; });
    controller().changeView([](ViewSettings& view) { view.colourMap = "magma"; });
    EXPECT_EQ(steps(), 3) << "other fields are another step";
    undo();
    EXPECT_EQ(controller().study().view.colourMap, "viridis");
    EXPECT_EQ(controller().study().view.alignment.opacity, 20U);
    undo();
    EXPECT_EQ(controller().study().view.alignment.opacity, ViewSettings().alignment.opacity);
    undo();
    EXPECT_EQ(controller().selection(), first);
}

TEST_F(StepsTest, ThereAndBackIsNoStep)
{
    const bool shown = controller().study().view.showDifference;
    controller().changeView([](ViewSettings& view) { view.showDifference = !view.showDifference; });
    controller().changeView([](ViewSettings& view) { view.showDifference = !view.showDifference; });
    EXPECT_EQ(controller().study().view.showDifference, shown);
    EXPECT_EQ(steps(), 0);
}

TEST_F(StepsTest, ASelectionBeyondTheTextComesBackWithIt)
{
    const Selection far{0, 5, 0, 13, 12};
    controller().select(far);
    controller().setInputText(QStringLiteral("a film"));
    desk.waitUntilSettled();
    EXPECT_LT(controller().selection().query, 4U);
    undo();
    EXPECT_LT(controller().selection().query, 4U) << "the result is still the short one";
    desk.waitUntilSettled();
    EXPECT_EQ(controller().selection(), far);
}

TEST_F(StepsTest, AddingACandidateIsOneStep)
{
    controller().addCandidate();
    EXPECT_EQ(steps(), 1);
    EXPECT_EQ(controller().candidate(), 1U);
    desk.waitUntilSettled();
    EXPECT_EQ(controller().pair(), (ComparedPair{0, 2}));
    undo();
    desk.waitUntilSettled();
    EXPECT_EQ(controller().study().candidates.size(), 1U);
    EXPECT_EQ(controller().pair(), (ComparedPair{0, 1}));
    redo();
    desk.waitUntilSettled();
    EXPECT_EQ(controller().candidate(), 1U);
    EXPECT_EQ(controller().pair(), (ComparedPair{0, 2}));
}

TEST_F(StepsTest, OpeningForgetsTheSteps)
{
    controller().selectCell(2, 3);
    EXPECT_EQ(steps(), 1);
    desk.openSample();
    EXPECT_EQ(controller().undoStack().count(), 0);
}

TEST(Steps, TheWindowFollowsPerspectives)
{
    Desk desk;
    MainWindow window(desk.controller, desk.appearance, desk.settings);
    window.show();
    desk.openSample();
    window.activateWindow();
    ASSERT_TRUE(QTest::qWaitForWindowActive(&window));
    auto* pages = window.findChild<QStackedWidget*>(QStringLiteral("pages"));
    QTest::keyClick(&window, Qt::Key_2);
    EXPECT_EQ(pages->currentIndex(), 1);
    QTest::keyClick(&window, Qt::Key_Z, Qt::ControlModifier);
    EXPECT_EQ(pages->currentIndex(), 0);
    QTest::keyClick(&window, Qt::Key_Z, Qt::ControlModifier | Qt::ShiftModifier);
    EXPECT_EQ(pages->currentIndex(), 1);
    EXPECT_EQ(desk.controller.study().perspective, perspectiveTypes()[1].id.toStdString());
}

}  // namespace ketscope::test
