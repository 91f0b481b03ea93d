// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/ui/desk.h"
#include "ui/views/figure_view.h"

#include <QAccessible>
#include <QApplication>
#include <QClipboard>

namespace ketscope::test {
namespace {

class FigureViewTest : public testing::Test {
protected:
    void SetUp() override
    {
        desk.openSample();
        view = std::make_unique<FigureView>(desk.controller, desk.appearance);
        view->resize(1000, 440);
        view->show();
        ASSERT_TRUE(QTest::qWaitForWindowExposed(view.get()));
        view->grab();
    }

    QPoint cell(int panel, std::size_t query, std::size_t key) const
    {
        return view->layout().cellRect(panel, query, key).center().toPoint();
    }

    Desk desk;
    std::unique_ptr<FigureView> view;
};

TEST_F(FigureViewTest, HoverMarksACellAndChangesNoSelection)
{
    const Selection before = desk.controller.selection();
    const QImage plain = view->grab().toImage();
    QTest::mouseMove(view.get(), cell(1, 2, 8));
    ASSERT_TRUE(waitFor([&] { return view->hovered().has_value(); }));
    EXPECT_EQ(view->hovered()->query, 2U);
    EXPECT_EQ(view->hovered()->key, 8U);
    EXPECT_EQ(desk.controller.selection(), before);
    EXPECT_NE(view->grab().toImage(), plain);
    view->clearHover();
    EXPECT_EQ(view->grab().toImage(), plain);
}

TEST_F(FigureViewTest, ClicksSelectCellsAndShiftOnlyKeys)
{
    QTest::mouseClick(view.get(), Qt::LeftButton, {}, cell(0, 4, 5));
    EXPECT_EQ(desk.controller.selection().query, 4U);
    EXPECT_EQ(desk.controller.selection().key, 5U);
    view->grab();
    QTest::mouseClick(view.get(), Qt::LeftButton, Qt::ShiftModifier, cell(2, 9, 1));
    EXPECT_EQ(desk.controller.selection().query, 4U);
    EXPECT_EQ(desk.controller.selection().key, 1U);
}

TEST_F(FigureViewTest, KeysMoveQueryAndKey)
{
    desk.controller.selectCell(4, 5);
    view->setFocus();
    QTest::keyClick(view.get(), Qt::Key_Down);
    QTest::keyClick(view.get(), Qt::Key_Right);
    EXPECT_EQ(desk.controller.selection().query, 5U);
    EXPECT_EQ(desk.controller.selection().key, 6U);
    QTest::keyClick(view.get(), Qt::Key_End);
    EXPECT_EQ(desk.controller.selection().key, desk.controller.comparison()->input.tokens.size() - 1);
    QTest::keyClick(view.get(), Qt::Key_Up, Qt::ControlModifier);
    const Selection& at = desk.controller.selection();
    const auto row = view->figure()->maps().weights(0).row(at.query);
    EXPECT_EQ(row[at.key], *std::max_element(row.begin(), row.end()));
}

TEST_F(FigureViewTest, CopiesValueRowMatrixAndImage)
{
    desk.controller.selectCell(4, 5);
    const QClipboard& clipboard = *QApplication::clipboard();
    view->setFocus();
    QTest::keyClick(view.get(), Qt::Key_C, Qt::ControlModifier);
    EXPECT_EQ(clipboard.text(), view->figure()->sentence(4, 5));
    const auto tokens = static_cast<int>(desk.controller.comparison()->input.tokens.size());
    view->copyRow();
    EXPECT_EQ(clipboard.text().count(u'\n'), tokens);
    view->copyMatrix();
    EXPECT_EQ(clipboard.text().count(u'\n'), tokens);
    EXPECT_EQ(clipboard.text().section(u'\n', 0, 0).count(u'\t'), tokens);
    view->copyImage();
    EXPECT_FALSE(clipboard.image().isNull());
}

TEST_F(FigureViewTest, IsATableForScreenReaders)
{
    QAccessibleInterface* access = QAccessible::queryAccessibleInterface(view.get());
    ASSERT_NE(access, nullptr);
    EXPECT_EQ(access->role(), QAccessible::Table);
    EXPECT_TRUE(access->text(QAccessible::Name).contains(QStringLiteral("Attention maps")));
    desk.controller.selectCell(4, 5);
    EXPECT_EQ(access->text(QAccessible::Value), view->figure()->sentence(4, 5));
}

TEST_F(FigureViewTest, LockedRangeSurvivesAnotherHead)
{
    const double range = view->figure()->maximum();
    view->setRangeLocked(true);
    Selection other = desk.controller.selection();
    for (other.layer = 0; other.layer < 6; ++other.layer) {
        desk.controller.select(other);
        EXPECT_EQ(view->figure()->maximum(), range);
    }
}

TEST(FigureViewStates, EmptyAndStaleAreDrawn)
{
    Desk desk;
    FigureView view(desk.controller, desk.appearance);
    view.resize(900, 420);
    view.show();
    const QImage empty = view.grab().toImage();
    EXPECT_EQ(view.figure(), nullptr);
    desk.openSample();
    const QImage ready = view.grab().toImage();
    EXPECT_NE(ready, empty);
    desk.controller.setRunWhileDragging(false);
    desk.controller.setParameter("m", 16.0, StudyController::Pace::Dragging);
    EXPECT_NE(view.grab().toImage(), ready);
}

}  // namespace
}  // namespace ketscope::test
