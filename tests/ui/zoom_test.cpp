// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/ui/desk.h"
#include "ui/controls/page_header.h"
#include "ui/views/heatmap_page.h"

#include <QApplication>
#include <QClipboard>
#include <QComboBox>
#include <QSpinBox>
#include <QWheelEvent>

namespace ketscope::test {
namespace {

class ZoomTest : public testing::Test {
protected:
    void SetUp() override
    {
        desk.openSample();
        view = std::make_unique<FigureView>(desk.controller, desk.appearance);
        view->resize(1000, 440);
        view->show();
        ASSERT_TRUE(QTest::qWaitForWindowExposed(view.get()));
        view->grab();
        tokens = desk.controller.comparison()->input.tokens.size();
    }

    QPoint cell(int panel, std::size_t query, std::size_t key) const
    {
        return view->layout().cellRect(panel, query, key).center().toPoint();
    }

    void drag(QPoint from, QPoint to, Qt::MouseButton button = Qt::LeftButton)
    {
        QTest::mousePress(view.get(), button, {}, from);
        for (int step = 1; step <= 8; ++step) {
            const QPointF at = from + QPointF(to - from) * step / 8.0;
            QMouseEvent move(QEvent::MouseMove, at, view->mapToGlobal(at), Qt::NoButton, button, {});
            QApplication::sendEvent(view.get(), &move);
            view->grab();
        }
        QTest::mouseRelease(view.get(), button, {}, to);
        view->grab();
    }

    void wheel(QPoint at, int notches, Qt::KeyboardModifiers modifiers)
    {
        QWheelEvent event(at, view->mapToGlobal(at), {}, {0, 120 * notches}, {}, modifiers, Qt::NoScrollPhase, false);
        QApplication::sendEvent(view.get(), &event);
        view->grab();
    }

    const MapWindow& kept() const { return desk.controller.study().view.heatmap.window; }

    Desk desk;
    std::unique_ptr<FigureView> view;
    std::size_t tokens = 0;
};

bool isShown(QWidget& page)
{
    page.resize(1200, 800);
    page.show();
    return QTest::qWaitForWindowExposed(&page);
}

TEST_F(ZoomTest, DraggingOverCellsZoomsToThemInEveryMap)
{
    const Selection before = desk.controller.selection();
    drag(cell(1, 2, 3), cell(1, 7, 9));
    EXPECT_EQ(kept(), (MapWindow{2, 6, 3, 7}));
    EXPECT_EQ(view->figure()->window(), kept());
    EXPECT_EQ(desk.controller.selection(), before);
    const HeatmapLayout layout = view->layout();
    for (int panel = 0; panel < layout.panelCount(); ++panel)
        EXPECT_EQ(layout.nearestCell(panel, layout.mapRect(panel).topLeft() + QPointF(1, 1)).key, 3U);
    // A click still selects what is under it.
    QTest::mouseClick(view.get(), Qt::LeftButton, {}, cell(0, 4, 5));
    EXPECT_EQ(desk.controller.selection().query, 4U);
    EXPECT_EQ(desk.controller.selection().key, 5U);
    view->grab();
    QTest::mouseDClick(view.get(), Qt::LeftButton, {}, cell(0, 4, 5));
    EXPECT_TRUE(kept().isAll());
    EXPECT_FALSE(view->isZoomed());
}

TEST_F(ZoomTest, TheWheelWithCtrlZoomsAtThePointer)
{
    const QPoint at = cell(0, 6, 6);
    wheel(at, 3, Qt::ControlModifier);
    ASSERT_TRUE(view->isZoomed());
    // Labels have other widths now, so that the map itself may have moved by a cell.
    EXPECT_NEAR(static_cast<double>(view->layout().cellAt(0, at)->query), 6.0, 1.0);
    EXPECT_NEAR(static_cast<double>(view->layout().cellAt(0, at)->key), 6.0, 1.0);
    EXPECT_TRUE(waitFor([&] { return !kept().isAll(); }));  // kept when the hand rests
    wheel(cell(0, 6, 6), -9, Qt::ControlModifier);
    EXPECT_FALSE(view->isZoomed());
}

TEST_F(ZoomTest, WheelsScrollOnlyWhatIsZoomed)
{
    wheel(cell(0, 6, 6), -1, {});
    EXPECT_FALSE(view->isZoomed());
    drag(cell(0, 2, 2), cell(0, 8, 8));
    const MapWindow before = view->figure()->window();
    wheel(cell(0, 5, 5), -1, {});
    EXPECT_EQ(view->figure()->window().firstQuery, before.firstQuery + 1);
    EXPECT_EQ(view->figure()->window().firstKey, before.firstKey);
    wheel(cell(0, 5, 5), -1, Qt::ShiftModifier);
    EXPECT_EQ(view->figure()->window().firstKey, before.firstKey + 1);
}

TEST_F(ZoomTest, TheMiddleButtonAndSpacePan)
{
    drag(cell(0, 4, 4), cell(0, 8, 8));
    const MapWindow before = kept();
    const double pitch = view->layout().cell;
    const QPoint from = cell(0, 6, 6);
    drag(from, from + QPoint(qRound(2 * pitch), qRound(pitch)), Qt::MiddleButton);
    EXPECT_EQ(kept(), (MapWindow{before.firstQuery - 1, before.queries, before.firstKey - 2, before.keys}));
    QTest::keyPress(view.get(), Qt::Key_Space);
    drag(from, from - QPoint(qRound(pitch), qRound(pitch)));
    QTest::keyRelease(view.get(), Qt::Key_Space);
    EXPECT_EQ(kept().firstQuery, before.firstQuery);
    EXPECT_EQ(kept().firstKey, before.firstKey - 1);
}

TEST_F(ZoomTest, ThePictureOfTheWholeMovesTheWindow)
{
    drag(cell(0, 0, 0), cell(0, 4, 4));
    const QRectF overview = view->layout().overview.value();
    QTest::mouseClick(view.get(), Qt::LeftButton, {}, (overview.bottomRight() - QPointF(2, 2)).toPoint());
    EXPECT_EQ(kept().firstQuery + kept().queries, tokens);
    EXPECT_EQ(kept().firstKey + kept().keys, tokens);
}

TEST_F(ZoomTest, KeysZoomAndTheSelectionStaysInSight)
{
    desk.controller.selectCell(5, 5);
    view->grab();
    QTest::keyClick(view.get(), Qt::Key_Plus);
    QTest::keyClick(view.get(), Qt::Key_Plus);
    ASSERT_TRUE(view->isZoomed());
    for (std::size_t i = 0; i < tokens; ++i)
        QTest::keyClick(view.get(), Qt::Key_Right);
    EXPECT_EQ(desk.controller.selection().key, tokens - 1);
    EXPECT_TRUE(view->layout().showsKey(tokens - 1));
    QTest::keyClick(view.get(), Qt::Key_0);
    EXPECT_FALSE(view->isZoomed());
}

TEST_F(ZoomTest, CopiesAreOfWhatIsInSightAndShown)
{
    drag(cell(0, 2, 3), cell(0, 6, 9));
    view->copyMatrix();
    EXPECT_EQ(QApplication::clipboard()->text().count(u'\n'), 5);
    desk.controller.changeView([](ViewSettings& settings) {
        settings.heatmap.filter.kind = MapFilter::Kind::Value;
        settings.heatmap.filter.least = 1.0;
    });
    view->grab();
    view->copyRow();
    EXPECT_TRUE(QApplication::clipboard()->text().endsWith(u'\t'));
}

// Rollout and relevance are computed when they are chosen, drawn in place of the weights, and follow the selection.
TEST(HeatmapPageTest, FlowsTakeThePlaceOfWeights)
{
    Desk desk;
    desk.openSample();
    HeatmapPage page(desk.controller, desk.appearance);
    ASSERT_TRUE(isShown(page));
    auto* quantity = page.findChild<QComboBox*>(QStringLiteral("quantity"));
    ASSERT_NE(quantity, nullptr);
    const auto choose = [&](int index) {
        quantity->setCurrentIndex(index);
        emit quantity->activated(index);
        return waitFor([&] {
            page.grab();
            const Heatmap* figure = page.figureView().figure();
            return figure != nullptr && (figure->maps().flow() != nullptr) == (index > 0) && desk.settled();
        });
    };
    ASSERT_TRUE(choose(1));
    const Comparison& shown = *desk.controller.comparison();
    EXPECT_EQ(tokenFlow(shown)->layer, desk.controller.selection().layer);
    EXPECT_EQ(page.figureView().figure()->maps().cell({0, {}}, 2, 3).value,
              static_cast<double>(tokenFlow(shown)->traces[0]->matrix()(2, 3)));
    EXPECT_TRUE(page.figureView().figure()->caption().startsWith(QStringLiteral("Attention rollout of layers 0 to")));
    Selection other = desk.controller.selection();
    other.layer = 1;
    desk.controller.select(other);
    ASSERT_TRUE(waitFor([&] {
        page.grab();
        return page.figureView().figure() != nullptr && page.figureView().figure()->maps().flow()->layer == 1;
    }));
    ASSERT_TRUE(choose(2));
    EXPECT_TRUE(page.figureView().figure()->caption().contains(QStringLiteral("relevance through all layers for “")));
    desk.controller.setMechanism(mechanism("linformer"));
    desk.controller.setParameters({{"projection", "fit"}});
    desk.waitUntilSettled();
    page.grab();
    EXPECT_EQ(page.figureView().figure(), nullptr) << "it has no gradient";
    EXPECT_TRUE(page.figureView().spokenValue().isEmpty());
    ASSERT_TRUE(choose(0));
}

// A sampled mechanism, so that standard errors are known.
TEST(HeatmapPageTest, StandardErrorsAreLinkedWithTheMapsAndCanBeHidden)
{
    Desk desk;
    desk.openSample();
    desk.controller.setMechanism(mechanism("shots"));
    desk.waitUntilSettled();
    HeatmapPage page(desk.controller, desk.appearance);
    ASSERT_TRUE(isShown(page));
    FigureView& maps = page.figureView();
    FigureView& errors = page.errorView();
    page.grab();
    ASSERT_TRUE(errors.isVisible());
    ASSERT_NE(errors.figure(), nullptr);
    QTest::mouseMove(&maps, maps.layout().cellRect(1, 3, 6).center().toPoint());
    ASSERT_TRUE(waitFor([&] { return errors.pointed() != Pointed(); }));
    EXPECT_EQ(errors.pointed().query, 3U);
    EXPECT_EQ(errors.pointed().key, 6U);
    desk.controller.point({});
    EXPECT_EQ(errors.pointed(), Pointed());
    desk.controller.changeView([](ViewSettings& view) { view.heatmap.window = {1, 5, 1, 5}; });
    page.grab();
    EXPECT_EQ(errors.figure()->window(), maps.figure()->window());
    page.resetZoom();
    EXPECT_TRUE(desk.controller.study().view.heatmap.window.isAll());
    auto* tick = page.findChild<QCheckBox*>(QStringLiteral("showStandardErrors"));
    ASSERT_NE(tick, nullptr);
    tick->click();
    EXPECT_FALSE(errors.isVisible());
}

TEST(HeatmapPageTest, TheFilterIsChosenInItsPanelAndSaid)
{
    Desk desk;
    desk.openSample();
    HeatmapPage page(desk.controller, desk.appearance);
    ASSERT_TRUE(isShown(page));
    auto* number = page.findChild<QSpinBox*>(QStringLiteral("filterLargest"));
    ASSERT_NE(number, nullptr);
    number->setValue(2);
    const MapFilter& filter = desk.controller.study().view.heatmap.filter;
    EXPECT_EQ(filter.kind, MapFilter::Kind::Largest);
    EXPECT_EQ(filter.largest, 2U);
    EXPECT_TRUE(page.figureView().figure()->caption().contains(QStringLiteral("op 2 keys a row shown")));
    EXPECT_EQ(page.findChild<QPushButton*>(QStringLiteral("filter"))->text(), QStringLiteral("Filtered"));
}

TEST(HeatmapPageTest, LinesTakeThePlaceOfMaps)
{
    Desk desk;
    desk.openSample();
    HeatmapPage page(desk.controller, desk.appearance);
    ASSERT_TRUE(isShown(page));
    EXPECT_EQ(page.figureId(), QStringLiteral("heatmap"));
    desk.controller.changeView([](ViewSettings& view) { view.heatmap.shown = HeatmapView::Shown::Lines; });
    EXPECT_EQ(page.figureId(), QStringLiteral("bipartite"));
    EXPECT_FALSE(page.figureView().isVisible());
    auto* lines = page.findChild<FigurePane*>(QStringLiteral("figure.bipartite"));
    ASSERT_NE(lines, nullptr);
    EXPECT_TRUE(waitFor([&] { return lines->figure() != nullptr; }));
    for (const char* ofMaps : {"scale", "showDifference", "lockRange"})
        EXPECT_FALSE(page.findChild<QWidget*>(QString::fromLatin1(ofMaps))->isEnabled())
            << ofMaps << " changes nothing";
    desk.controller.changeView([](ViewSettings& view) { view.heatmap.shown = HeatmapView::Shown::Maps; });
    EXPECT_TRUE(page.findChild<QWidget*>(QStringLiteral("scale"))->isEnabled());
}

// Nobody looks at the maps, and the chart of a row is still of what the lines are of.
TEST(HeatmapPageTest, TheRowChartFollowsLinesOfARollout)
{
    Desk desk;
    desk.openSample();
    HeatmapPage page(desk.controller, desk.appearance);
    ASSERT_TRUE(isShown(page));
    const auto* title = page.findChild<QLabel*>(QStringLiteral("rowTitle"));
    ASSERT_NE(title, nullptr);
    EXPECT_TRUE(title->text().startsWith(QStringLiteral("Attention from query"))) << title->text().toStdString();
    desk.controller.changeView([](ViewSettings& view) {
        view.heatmap.shown = HeatmapView::Shown::Lines;
        view.heatmap.quantity = MapQuantity::Rollout;
    });
    EXPECT_TRUE(waitFor([&] { return title->text().startsWith(QStringLiteral("Rollout from query")); }))
        << title->text().toStdString();
    desk.controller.selectCell(3, std::nullopt);
    EXPECT_TRUE(waitFor([&] { return title->text().endsWith(QStringLiteral("(3)")); })) << title->text().toStdString();
    const QString note = page.findChild<PageHeader*>()->findChildren<QLabel*>().at(1)->text();
    EXPECT_EQ(note, QStringLiteral("queries at the left, keys at the right"));
}

TEST(HeatmapPageTest, ExplainsItself)
{
    Desk desk;
    desk.openSample();
    HeatmapPage page(desk.controller, desk.appearance);
    page.resize(1200, 800);
    page.show();
    const QString text = page.explanation();
    for (const char* part : {"softmax", "Mask", "Direction", "all weights", "RFF"})
        EXPECT_TRUE(text.contains(QString::fromLatin1(part), Qt::CaseInsensitive)) << part << text.toStdString();
    QTest::mouseClick(page.findChild<QPushButton*>(QStringLiteral("explain")), Qt::LeftButton);
    auto* label = page.findChild<QLabel*>(QStringLiteral("explanation"));
    ASSERT_NE(label, nullptr);
    EXPECT_EQ(label->text(), text);
    QTest::keyClick(label->window(), Qt::Key_Escape);
    EXPECT_FALSE(label->isVisible());
}

}  // namespace
}  // namespace ketscope::test
