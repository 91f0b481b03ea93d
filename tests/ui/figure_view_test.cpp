// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/ui/desk.h"
#include "ui/docks/token_strip.h"
#include "ui/docks/traces_section.h"
#include "ui/views/figure_view.h"
#include "ui/views/row_panel.h"

#include <QAccessible>
#include <QApplication>
#include <QClipboard>
#include <QDropEvent>
#include <QMimeData>

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
    ASSERT_TRUE(waitFor([&] { return view->pointed() != Pointed(); }));
    EXPECT_EQ(view->pointed().query, 2U);
    EXPECT_EQ(view->pointed().key, 8U);
    EXPECT_EQ(desk.controller.selection(), before);
    EXPECT_NE(view->grab().toImage(), plain);
    desk.controller.point({});
    EXPECT_EQ(view->grab().toImage(), plain);
}

// What another view points at may be a key alone: a column is marked and no row.
TEST_F(FigureViewTest, AKeyAloneIsMarkedByItsColumn)
{
    const QImage plain = view->grab().toImage();
    desk.controller.point({.key = 3});
    const QImage marked = view->grab().toImage();
    const QRectF column = view->layout().columnBand(0, 3).adjusted(-2, -2, 2, 2);
    const QRectF row = view->layout().rowBand(0, 9);
    EXPECT_NE(marked.copy(column.toRect()), plain.copy(column.toRect()));
    const QRect beside(QPointF(view->layout().cellRect(0, 9, 6).topLeft()).toPoint(), row.bottomRight().toPoint());
    EXPECT_EQ(marked.copy(beside), plain.copy(beside));
}

TEST_F(FigureViewTest, ADroppedTraceTakesTheMapsPlace)
{
    desk.controller.addCandidate();
    desk.waitUntilSettled();
    desk.controller.compare({0, 1});
    view->grab();
    const auto drop = [&](std::size_t trace, int panel) {
        QMimeData carried;
        carried.setData(QString::fromLatin1(kTraceMimeType), QByteArray::number(qulonglong(trace)));
        const QPoint where = cell(panel, 2, 2);
        QDragEnterEvent enter(where, Qt::CopyAction, &carried, Qt::LeftButton, Qt::NoModifier);
        QApplication::sendEvent(view.get(), &enter);
        QDropEvent event(where, Qt::CopyAction, &carried, Qt::LeftButton, Qt::NoModifier);
        QApplication::sendEvent(view.get(), &event);
        desk.waitUntilSettled();
        view->grab();
        return desk.controller.pair();
    };
    EXPECT_EQ(drop(2, 0), (ComparedPair{2, 1}));
    EXPECT_EQ(drop(0, 1), (ComparedPair{2, 0}));
    EXPECT_EQ(drop(2, 1), (ComparedPair{0, 2}));  // it was on the other map: they change places
    EXPECT_EQ(drop(1, 2), (ComparedPair{0, 2}));  // Δ has no trace to replace
    EXPECT_EQ(drop(9, 0), (ComparedPair{0, 2}));
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

// The strip and the row chart point at keys, and mark what the maps point at.
TEST_F(FigureViewTest, StripAndRowChartPointAtKeys)
{
    view->hide();  // windows lie upon each other here
    QWidget window;
    TokenStrip strip(desk.controller, desk.appearance, &window);
    strip.setGeometry(QRect(QPoint(0, 0), strip.sizeHint()));
    RowPanel row(desk.controller, desk.appearance, &window);
    row.setGeometry(0, strip.height(), 700, 300);
    window.show();
    ASSERT_TRUE(QTest::qWaitForWindowExposed(&window));
    row.grab();
    const QImage plainStrip = strip.grab().toImage(), plainRow = row.grab().toImage();
    QTest::mouseMove(&strip, strip.chipRect(4).center().toPoint());
    ASSERT_TRUE(waitFor([&] { return desk.controller.pointed().key == 4U; }));
    EXPECT_EQ(desk.controller.pointed().token, 4U);
    EXPECT_EQ(view->pointed(), (Pointed{.key = 4}));
    EXPECT_NE(strip.grab().toImage(), plainStrip);
    EXPECT_NE(row.grab().toImage(), plainRow);
    desk.controller.point({});
    EXPECT_EQ(strip.grab().toImage(), plainStrip);
    EXPECT_EQ(row.grab().toImage(), plainRow);

    QChartView& chart = row.view();
    const QPointF bar = chart.chart()->mapToPosition({6.0, 0.01}, chart.chart()->series().constFirst());
    const QPoint where = chart.mapFromScene(chart.chart()->mapToScene(bar));
    QTest::mouseClick(chart.viewport(), Qt::LeftButton, {}, where);
    EXPECT_EQ(desk.controller.selection().key, 6U);
    QTest::mouseMove(chart.viewport(), where + QPoint(1, 0));
    ASSERT_TRUE(waitFor([&] { return desk.controller.pointed().key == 6U; }));
}

// The page may give the chart less room for what was selected, while the chart still handles the click.
TEST_F(FigureViewTest, AClickedBarMayShrinkItsChart)
{
    view->hide();
    QWidget window;
    RowPanel row(desk.controller, desk.appearance, &window);
    row.setGeometry(0, 0, 700, 300);
    window.show();
    ASSERT_TRUE(QTest::qWaitForWindowExposed(&window));
    row.grab();
    QObject::connect(&desk.controller, &StudyController::selectionChanged, &row, [&] {
        row.setGeometry(0, 0, 700, 90);
        row.grab();
    });
    QChartView& chart = row.view();
    const QPointF bar = chart.chart()->mapToPosition({6.0, 0.01}, chart.chart()->series().constFirst());
    QTest::mouseClick(chart.viewport(), Qt::LeftButton, {}, chart.mapFromScene(chart.chart()->mapToScene(bar)));
    EXPECT_EQ(desk.controller.selection().key, 6U);
    EXPECT_EQ(row.height(), 90);
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
    EXPECT_EQ(desk.controller.study().view.heatmap.lockedMaximum, range);  // which a study keeps
    const std::size_t first = desk.controller.selection().layer;
    for (std::size_t away = 1; away < 6; ++away) {
        Selection other = desk.controller.selection();
        other.layer = (first + away) % 6;
        desk.controller.select(other);
        EXPECT_EQ(view->figure()->maximum(), range);
    }
    view->setRangeLocked(false);
    EXPECT_FALSE(view->isRangeLocked());
    desk.controller.undoStack().undo();
    EXPECT_EQ(desk.controller.study().view.heatmap.lockedMaximum, range);
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
