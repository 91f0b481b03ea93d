// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/ui/desk.h"
#include "ui/docks/head_grid.h"
#include "ui/docks/scope_section.h"
#include "ui/main_window.h"
#include "ui/message_strip.h"
#include "ui/views/entropy_page.h"
#include "ui/views/figure_pane.h"
#include "viz/figures/head_matrix.h"
#include "viz/thumbnail.h"

#include <QClipboard>
#include <QComboBox>
#include <QStackedWidget>

namespace ketscope::test {
namespace {

class EntropyPageTest : public testing::Test {
protected:
    void SetUp() override
    {
        desk.openSample();
        page = std::make_unique<EntropyPage>(desk.controller, desk.appearance);
        page->resize(1100, 700);
        page->show();
        ASSERT_TRUE(waitFor([&] {
            return pane("head-matrix").figure() && pane("head-ranking").figure() && pane("token-entropy").figure()
                   && pane("distance-profile").figure();
        }));
    }

    FigurePane& pane(const char* id) const
    {
        return *page->findChild<FigurePane*>(QStringLiteral("figure.") + QString::fromLatin1(id));
    }

    Desk desk;
    std::unique_ptr<EntropyPage> page;
};

TEST_F(EntropyPageTest, AClickInTheMatrixSelectsTheHead)
{
    FigurePane& matrix = pane("head-matrix");
    const auto& figure = dynamic_cast<const HeadMatrix&>(*matrix.figure());
    const HeadMatrixLayout layout = figure.layout(matrix.area(), desk.appearance.theme());
    const QPointF at = layout.maps[1].topLeft() + QPointF(2.5 * layout.pitch, 3.5 * layout.pitch);
    QTest::mouseClick(&matrix, Qt::LeftButton, {}, at.toPoint());
    EXPECT_EQ(desk.controller.selection().layer, 3U);
    EXPECT_EQ(desk.controller.selection().head, 2U);
}

// The head under the pointer is framed in the matrix, the ranking and the grid, a query in the curve.
TEST_F(EntropyPageTest, WhatThePointerIsAtIsMarkedInEveryView)
{
    HeadGrid grid(desk.controller, desk.appearance);
    grid.resize(grid.sizeHint());
    grid.show();
    const Table ranked = pane("head-ranking").figure()->table();
    ASSERT_FALSE(ranked.rows.empty());
    QWidget* const heads[] = {&pane("head-matrix"), &pane("head-ranking"), &grid};
    QWidget* const curve = &pane("token-entropy");
    std::vector<QImage> plain;
    for (QWidget* each : heads)
        plain.push_back(each->grab().toImage());
    const QImage plainCurve = curve->grab().toImage();
    desk.controller.point({.layer = ranked.rows[0][0].toULongLong(), .head = ranked.rows[0][1].toULongLong()});
    for (std::size_t i = 0; i < plain.size(); ++i)
        EXPECT_NE(heads[i]->grab().toImage(), plain[i]) << i;
    EXPECT_EQ(curve->grab().toImage(), plainCurve);
    desk.controller.point({.query = 3});
    for (std::size_t i = 0; i < plain.size(); ++i)
        EXPECT_EQ(heads[i]->grab().toImage(), plain[i]) << i;
    EXPECT_NE(curve->grab().toImage(), plainCurve);
}

TEST_F(EntropyPageTest, AClickInTheRankingSelectsTheHead)
{
    FigurePane& ranking = pane("head-ranking");
    const Table table = ranking.figure()->table();
    ASSERT_GE(table.rows.size(), 3U);
    for (double y = 0; y < ranking.height(); y += 4.0) {
        const Hit hit = ranking.figure()->hit(QPointF(40, y), ranking.area(), desk.appearance.theme());
        if (!hit.layer || QString::number(*hit.layer) != table.rows[2][0]
            || QString::number(*hit.head) != table.rows[2][1])
            continue;
        QTest::mouseClick(&ranking, Qt::LeftButton, {}, QPoint(40, int(y)));
        EXPECT_EQ(desk.controller.selection().layer, *hit.layer);
        EXPECT_EQ(desk.controller.selection().head, *hit.head);
        return;
    }
    FAIL() << "the third row is nowhere";
}

TEST_F(EntropyPageTest, AnotherMeasureIsShown)
{
    auto* measure = page->findChild<QComboBox*>(QStringLiteral("headMeasure"));
    const QString before = pane("head-matrix").figure()->caption();
    measure->setCurrentIndex(2);
    emit measure->activated(2);
    ASSERT_TRUE(waitFor([&] { return pane("head-matrix").figure()->caption() != before; }));
    EXPECT_EQ(desk.controller.study().view.headMeasure, "distance");
    EXPECT_TRUE(pane("head-matrix").figure()->caption().startsWith(QStringLiteral("Mean distance")));
}

// Above the selected head's table stand its maps of A and B, on one scale; they lead to the heatmap.
TEST_F(EntropyPageTest, TheSelectedHeadHasSmallMaps)
{
    HeadMeasuresSection section(desk.controller, desk.appearance);
    section.resize(250, 400);
    section.show();
    auto* a = section.findChild<SmallMap*>(QStringLiteral("smallMap.0"));
    auto* b = section.findChild<SmallMap*>(QStringLiteral("smallMap.1"));
    const auto select = [&](std::size_t layer, std::size_t head) {
        Selection at = desk.controller.selection();
        at.layer = layer;
        at.head = head;
        desk.controller.select(at);
        const QString place = QStringLiteral("L%1 H%2").arg(layer).arg(head);
        return waitFor([&] { return a->toolTip().contains(place) && b->toolTip().contains(place); });
    };
    const std::size_t patched = desk.controller.comparison()->plans[1]->firstPatchedLayer(0);
    ASSERT_TRUE(select(patched, 1));
    const Comparison& comparison = *desk.controller.comparison();
    const HeadMaps maps(desk.controller.comparison(), desk.controller.selection());
    EXPECT_EQ(std::pair(a->trace(), b->trace()), std::pair(std::size_t{0}, std::size_t{1}));
    EXPECT_EQ(a->map().height(), static_cast<int>(maps.queries()));
    EXPECT_NE(a->map(), b->map());
    EXPECT_EQ(std::vector({a->map(), b->map()}),
              headThumbnails(maps, {{0, {}}, {1, {}}}, {128, 128}, comparison.study.view, false));
    EXPECT_LE(a->geometry().right(), b->geometry().left());
    EXPECT_LT(b->mapTo(&section, QPoint(0, b->height())).y(), section.findChild<KeptGrid*>()->geometry().bottom());
    const QImage before = a->map();
    desk.controller.changeView([](ViewSettings& view) { view.colourMap = "cividis"; });
    ASSERT_TRUE(waitFor([&] { return a->map() != before; }));
    ASSERT_TRUE(select(0, 0));
    EXPECT_EQ(a->map(), b->map()) << "an exact head is the same in both";
    desk.controller.setPerspective("entropy");
    QTest::mouseClick(b, Qt::LeftButton);
    EXPECT_EQ(desk.controller.study().perspective, "heatmap");
}

// Every choice of the scope is a step of its own, acts in the figures and in the table of the selected head.
TEST_F(EntropyPageTest, TheScopeActsAndIsUndone)
{
    const std::vector<QWidget*> made = page->makeLeftSections();
    QWidget column;
    for (QWidget* section : made)
        section->setParent(&column);
    column.resize(300, 900);
    column.show();
    auto* queries = column.findChild<QComboBox*>(QStringLiteral("scopeQueries"));
    auto* keys = column.findChild<QAbstractButton*>(QStringLiteral("scopeKeys"));
    auto* padding = column.findChild<QAbstractButton*>(QStringLiteral("scopePadding"));
    auto* distance = column.findChild<Segment*>(QStringLiteral("scopeDistance"));
    EXPECT_EQ(keys->text(), QStringLiteral("Exclude [CLS] and [SEP] as keys"));
    EXPECT_TRUE(padding->isChecked());
    const auto numbers = [&] {
        QStringList texts;
        for (const QLabel* label : column.findChild<QWidget*>(QStringLiteral("headMeasures"))->findChildren<QLabel*>())
            texts << label->text();
        return texts.join(QLatin1Char('|'));
    };
    ASSERT_TRUE(waitFor([&] { return numbers().contains(QStringLiteral("On [SEP]")); })) << numbers().toStdString();
    const auto caption = [&] { return pane("head-matrix").figure()->caption(); };
    const std::pair<std::function<void()>, const char*> choices[] = {
        {[&] {
             queries->setCurrentIndex(1);
             emit queries->activated(1);
         },
         "queries without special tokens"},
        {[&] { keys->click(); }, "keys without special tokens"},
        {[&] { distance->button(1)->click(); }, nullptr},
    };
    for (const auto& [choose, said] : choices) {
        const QString before = numbers(), text = caption();
        choose();
        EXPECT_TRUE(waitFor([&] { return numbers() != before; }));
        if (said != nullptr) {
            EXPECT_TRUE(waitFor([&] { return caption().contains(QLatin1String(said)); })) << caption().toStdString();
        }
        desk.controller.undoStack().undo();
        EXPECT_TRUE(waitFor([&] { return numbers() == before; }));
        EXPECT_EQ(desk.controller.study().view.scope, ScopeView());
        EXPECT_TRUE(waitFor([&] { return caption() == text; }));
    }
    padding->click();
    EXPECT_TRUE(desk.controller.study().view.scope.padding);
}

// Measures of a whole stack are not read for a table that another page hides.
TEST_F(EntropyPageTest, MeasuresOfTheHeadWaitUntilTheyAreSeen)
{
    HeadMeasuresSection section(desk.controller, desk.appearance);
    desk.controller.changeView([](ViewSettings& view) { view.scope.specialKeys = false; });
    QTest::qWait(100);
    const auto shows = [&](const char* text) {
        return std::ranges::any_of(section.findChildren<QLabel*>(),
                                   [&](const QLabel* label) { return label->text().contains(QLatin1String(text)); });
    };
    EXPECT_FALSE(shows("Eff. keys"));
    section.show();
    EXPECT_TRUE(waitFor([&] { return shows("Eff. keys") && shows("keys without special tokens"); }));
}

TEST_F(EntropyPageTest, TheTableIsCopied)
{
    pane("token-entropy").copyTable();
    const QStringList lines = QApplication::clipboard()->text().split(u'\n');
    EXPECT_EQ(lines.size(), 16);
    EXPECT_EQ(lines.front().split(u'\t').size(), 5);
}

TEST_F(EntropyPageTest, ArrowsMoveTheQuery)
{
    const std::size_t query = desk.controller.selection().query;
    QTest::keyClick(&pane("token-entropy"), Qt::Key_Right);
    EXPECT_EQ(desk.controller.selection().query, query + 1);
    QTest::keyClick(&pane("token-entropy"), Qt::Key_Left);
    EXPECT_EQ(desk.controller.selection().query, query);
}

TEST_F(EntropyPageTest, WhatNobodySeesIsMadeWhenItIsShown)
{
    const Figure* before = pane("token-entropy").figure();
    page->hide();
    Selection selection = desk.controller.selection();
    selection.layer = 0;
    desk.controller.select(selection);
    desk.waitUntilSettled();
    EXPECT_EQ(pane("token-entropy").figure(), before);
    page->show();
    ASSERT_TRUE(waitFor([&] { return pane("token-entropy").figure() != before; }));
    EXPECT_TRUE(pane("token-entropy").figure()->caption().contains(QStringLiteral("layer 0")));
}

TEST(Perspectives, ACircuitThatIsNotDrawnIsNotExported)
{
    Desk desk;
    MainWindow window(desk.controller, desk.appearance, desk.settings);
    window.show();
    desk.openSample();
    const auto* errors = window.findChild<MessageStrip*>(QStringLiteral("errorStrip"));
    for (const char* title : {"Export circuit as Open&QASM 3…", "&Import measured counts…"}) {
        ASSERT_FALSE(errors->isVisible());
        for (QAction* each : window.findChildren<QAction*>())
            if (each->text() == QString::fromUtf8(title))
                each->trigger();
        EXPECT_TRUE(errors->isVisible()) << title;
        EXPECT_TRUE(errors->text().startsWith(QStringLiteral("There is no circuit here."))) << title;
        desk.controller.run();  // ends the message
        desk.waitUntilSettled();
    }
}

// Copying acts on what is seen.
TEST(Perspectives, CopyTheFigureThatIsShown)
{
    Desk desk;
    MainWindow window(desk.controller, desk.appearance, desk.settings);
    window.show();
    desk.openSample();
    const QList<QAction*> actions = window.findChildren<QAction*>();
    const auto action = [&](const QString& text) {
        return *std::ranges::find(actions, text, [](const QAction* each) { return each->text(); });
    };
    action(QStringLiteral("Copy &matrix"))->trigger();
    EXPECT_TRUE(QApplication::clipboard()->text().startsWith(u'A'));
    window.setFocus();
    QTest::keyClick(&window, Qt::Key_2);
    auto* matrix = window.findChild<FigurePane*>(QStringLiteral("figure.head-matrix"));
    ASSERT_TRUE(waitFor([&] { return matrix->figure() != nullptr; }));
    action(QStringLiteral("Copy &matrix"))->trigger();
    EXPECT_TRUE(QApplication::clipboard()->text().startsWith(QStringLiteral("layer\thead")));
    EXPECT_FALSE(action(QStringLiteral("Copy &row"))->isEnabled());
    QTest::keyClick(&window, Qt::Key_1);
    EXPECT_TRUE(action(QStringLiteral("Copy &row"))->isEnabled());
}

TEST(Perspectives, AreSwitchedByKey)
{
    Desk desk;
    MainWindow window(desk.controller, desk.appearance, desk.settings);
    window.show();
    desk.openSample();
    auto* stack = window.findChild<QStackedWidget*>(QStringLiteral("pages"));
    ASSERT_NE(stack, nullptr);
    window.setFocus();
    QTest::keyClick(&window, Qt::Key_2);
    EXPECT_EQ(stack->currentIndex(), 1);
    QTest::keyClick(&window, Qt::Key_1);
    EXPECT_EQ(stack->currentIndex(), 0);
}

}  // namespace
}  // namespace ketscope::test
