// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/ui/desk.h"
#include "ui/docks/head_grid.h"
#include "ui/docks/info_sections.h"
#include "ui/docks/parameter_panel.h"
#include "ui/docks/token_panel.h"
#include "ui/docks/trace_sections.h"
#include "ui/main_window.h"
#include "ui/status_line.h"
#include "ui/trace_notes.h"
#include "ui/views/metrics_table.h"

#include <fstream>

namespace ketscope::test {
namespace {

TEST(ParameterPanel, IsMadeForEveryMechanism)
{
    Desk desk;
    desk.openSample();
    ParameterSection panel(desk.controller, desk.appearance);
    for (const Mechanism* mechanism : mechanisms()) {
        desk.controller.setMechanism(*mechanism);
        desk.waitUntilSettled();
        const auto& definitions = mechanism->info().parameters;
        ASSERT_EQ(panel.rows().size(), definitions.size()) << mechanism->info().id;
        for (std::size_t index = 0; index < definitions.size(); ++index) {
            const bool shown = desk.controller.entry()->parameters.isShown(definitions[index]);
            EXPECT_EQ(panel.rows()[index]->isHidden(), !shown) << mechanism->info().id << definitions[index].id;
            EXPECT_FALSE(panel.rows()[index]->toolTip().isEmpty());
        }
    }
}

// The sample sees all tokens at once: a gate of the causal form has nothing to do, and the panel says so.
TEST(ParameterPanel, SaysThatAParameterNeedsACausalMask)
{
    Desk desk;
    desk.openSample();
    ParameterSection panel(desk.controller, desk.appearance);
    desk.controller.setMechanism(mechanism("rfa"));
    auto* note =
        panel.findChild<ParameterRow*>(QStringLiteral("parameter.gate"))->findChild<QLabel*>(QStringLiteral("note"));
    ASSERT_NE(note, nullptr);
    EXPECT_TRUE(note->isHidden());
    desk.controller.setParameter("gate", 1.0);
    EXPECT_FALSE(note->isHidden());
    EXPECT_TRUE(note->text().contains(QStringLiteral("causal mask"))) << note->text().toStdString();
}

TEST(ParameterPanel, RefusesBadTextInline)
{
    Desk desk;
    desk.openSample();
    ParameterSection panel(desk.controller, desk.appearance);
    auto* row = panel.findChild<ParameterRow*>(QStringLiteral("parameter.m"));
    ASSERT_NE(row, nullptr);
    auto* field = row->findChild<QLineEdit*>();
    field->setText(QStringLiteral("-3"));
    emit field->editingFinished();
    EXPECT_TRUE(field->property("invalid").toBool());
    EXPECT_EQ(desk.controller.entry()->parameters.real("m"), 128.0);
    field->setText(QStringLiteral("64"));
    emit field->editingFinished();
    EXPECT_FALSE(field->property("invalid").toBool());
    EXPECT_EQ(desk.controller.entry()->parameters.real("m"), 64.0);
}

TEST(ParameterScale, RoundTripsEveryMechanismsDefaults)
{
    for (const Mechanism* mechanism : mechanisms()) {
        for (const Parameter& parameter : mechanism->info().parameters) {
            if (parameter.kind != ParameterKind::Integer && parameter.kind != ParameterKind::Real)
                continue;
            const ParameterScale scale(parameter);
            EXPECT_EQ(scale.value(0, true), parameter.minimum) << parameter.id;
            EXPECT_EQ(scale.value(ParameterScale::kSteps, true), parameter.maximum) << parameter.id;
            for (int position = 0; position <= ParameterScale::kSteps; position += 25) {
                Parameters values = mechanism->defaults();
                EXPECT_NO_THROW(values.set(parameter.id, scale.value(position, true)));
                EXPECT_NO_THROW(values.set(parameter.id, scale.value(position, false)));
            }
        }
    }
}

// Sorted, columns are places and every cell says whose it is.
TEST(HeadGrid, SortedColumnsArePlaces)
{
    Desk desk;
    desk.openSample();
    HeadGrid grid(desk.controller, desk.appearance);
    grid.resize(226, 400);
    ASSERT_TRUE(waitFor([&] { return grid.hasPictures(); }));
    EXPECT_EQ(grid.columnTitle(0), QStringLiteral("0"));
    EXPECT_EQ(grid.cellTag(3), QString());
    const int height = grid.heightForWidth(226);
    desk.controller.changeView([](ViewSettings& view) { view.heatmap.sortHeads = true; });
    ASSERT_TRUE(waitFor([&] { return grid.columnTitle(0) == QStringLiteral("1st"); }));
    const std::pair<std::size_t, const char*> titles[] = {{1, "2nd"},   {2, "3rd"},   {3, "4th"},  {10, "11th"},
                                                          {12, "13th"}, {20, "21st"}, {21, "22nd"}};
    for (const auto& [place, title] : titles)
        EXPECT_EQ(grid.columnTitle(place), QString::fromLatin1(title));
    EXPECT_EQ(grid.cellTag(3), QStringLiteral("H3"));
    EXPECT_GT(grid.heightForWidth(226), height) << "a line says what the order is";
    grid.resize(60, 400);
    EXPECT_EQ(grid.cellTag(13), QString()) << "no room";
}

TEST(HeadGrid, ClickAndKeysSelect)
{
    Desk desk;
    desk.openSample();
    HeadGrid grid(desk.controller, desk.appearance);
    grid.resize(230, grid.heightForWidth(230));
    ASSERT_TRUE(waitFor([&] { return grid.hasPictures(); }));
    EXPECT_FALSE(grid.showsNumbers());
    QTest::mouseClick(&grid, Qt::LeftButton, {}, grid.cellRect(2, 3).center().toPoint());
    EXPECT_EQ(desk.controller.selection().layer, 2U);
    EXPECT_EQ(desk.controller.selection().head, 3U);
    QTest::keyClick(&grid, Qt::Key_Down);
    QTest::keyClick(&grid, Qt::Key_Left);
    EXPECT_EQ(desk.controller.selection().layer, 3U);
    EXPECT_EQ(desk.controller.selection().head, 2U);
    QTest::keyClick(&grid, Qt::Key_Home);
    QTest::keyClick(&grid, Qt::Key_Left);
    EXPECT_EQ(desk.controller.selection().head, 0U);
    EXPECT_TRUE(grid.accessibleDescription().contains(QStringLiteral("Layer 3 head 0")));
}

TEST(TokenStrip, ClickIsQueryShiftClickIsKey)
{
    Desk desk;
    desk.openSample();
    TokenStrip strip(desk.controller, desk.appearance);
    strip.resize(strip.minimumWidth(), 80);
    ASSERT_EQ(strip.tokens(), desk.controller.comparison()->input.tokens.size());
    QTest::mouseClick(&strip, Qt::LeftButton, {}, strip.chipRect(3).center().toPoint());
    QTest::mouseClick(&strip, Qt::LeftButton, Qt::ShiftModifier, strip.chipRect(7).center().toPoint());
    EXPECT_EQ(desk.controller.selection().query, 3U);
    EXPECT_EQ(desk.controller.selection().key, 7U);
    QTest::keyClick(&strip, Qt::Key_Right);
    EXPECT_EQ(desk.controller.selection().query, 4U);
}

// Two heads of n tokens; every row has 0.7 at one token and the rest spread out.
std::filesystem::path longMap(const TemporaryFolder& folder, std::size_t n, std::size_t peak)
{
    std::string header = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, " + std::to_string(n) + ", "
                         + std::to_string(n) + "), }";
    header.resize(118, ' ');
    header.back() = '\n';
    std::vector<float> rows(2 * n * n, 0.3F / static_cast<float>(n - 1));
    for (std::size_t row = 0; row < 2 * n; ++row)
        rows[row * n + peak] = 0.7F;
    std::ofstream tokens(folder.path() / "long.txt");
    for (std::size_t token = 0; token < n; ++token)
        tokens << "word" << token << '\n';
    const auto file = folder.path() / "long.npy";
    std::ofstream out(file, std::ios::binary);
    out << "\x93NUMPY" << '\1' << '\0' << 'v' << '\0' << header;
    out.write(reinterpret_cast<const char*>(rows.data()), static_cast<std::streamsize>(rows.size() * sizeof(float)));
    return file;
}

// A captured file is one trace: there is no B and no difference to choose.
TEST(HeadsSectionTest, OffersThePicturesThatThereAre)
{
    Desk desk;
    desk.openSample();
    HeadsSection section(desk.controller, desk.appearance);
    section.show();
    auto* pictures = section.findChild<Segment*>(QStringLiteral("headPictures"));
    const auto offered = [&] {
        QStringList titles;
        for (int index = 0; index < 4; ++index)
            if (pictures->button(index)->isVisible())
                titles << pictures->button(index)->text();
        return titles.join(u' ');
    };
    EXPECT_EQ(offered(), QStringLiteral("A B Δ SE"));
    EXPECT_EQ(pictures->current(), static_cast<int>(HeadPicture::Candidate));
    desk.controller.openRecorded(QString::fromStdString(longMap(desk.folder, 20, 3).string()));
    ASSERT_TRUE(waitFor([&] { return desk.controller.isRecorded() && desk.controller.comparison(); }));
    EXPECT_EQ(offered(), QString());
    EXPECT_EQ(pictures->current(), static_cast<int>(HeadPicture::Baseline));
    desk.controller.openStudy(sampleStudy(), true);
    desk.waitUntilSettled();
    EXPECT_EQ(offered(), QStringLiteral("A B Δ SE"));
    EXPECT_EQ(pictures->current(), static_cast<int>(HeadPicture::Candidate));
}

TEST(OneTraceTest, HasNoPlanForAnotherAndNoDifference)
{
    Desk desk;
    MainWindow window(desk.controller, desk.appearance, desk.settings);
    window.resize(1600, 1000);
    window.show();
    desk.openSample();
    QList<QWidget*> ofTwo = {window.findChild<QWidget*>(QStringLiteral("showDifference"))};
    for (PlanSection* each : window.findChildren<PlanSection*>())  // of more than one page
        ofTwo << each;
    EXPECT_EQ(ofTwo.size(), 3);
    for (const QWidget* each : ofTwo)
        EXPECT_FALSE(each->isHidden()) << each->objectName().toStdString();
    window.openPath(QString::fromStdString(longMap(desk.folder, 20, 3).string()));
    ASSERT_TRUE(waitFor([&] { return desk.controller.isRecorded() && desk.controller.comparison(); }));
    for (const QWidget* each : ofTwo)
        EXPECT_TRUE(each->isHidden()) << each->objectName().toStdString();
    desk.openSample();
    for (const QWidget* each : ofTwo)
        EXPECT_FALSE(each->isHidden()) << each->objectName().toStdString();
}

TEST(TokenPanelTest, MoreThan512TokensBecomeAnOverview)
{
    Desk desk;
    desk.openSample();
    TokenPanel panel(desk.controller, desk.appearance);
    panel.resize(1000, 120);
    panel.show();
    auto* map = panel.findChild<TokenMinimap*>();
    EXPECT_FALSE(map->isVisible());
    EXPECT_TRUE(panel.findChild<TokenStrip*>()->isVisible());
    desk.controller.openRecorded(QString::fromStdString(longMap(desk.folder, 600, 417).string()));
    ASSERT_TRUE(waitFor([&] { return desk.controller.isRecorded() && desk.controller.readingsAreCurrent(); }))
        << desk.controller.error().toStdString();
    ASSERT_TRUE(map->isVisible());
    EXPECT_FALSE(panel.findChild<TokenStrip*>()->isVisible());
    QTest::qWait(20);
    EXPECT_LE(map->width(), 1000);  // all of it is in sight
    const int y = map->height() / 2;
    QTest::mouseClick(map, Qt::LeftButton, {}, QPoint(map->left(300) + 1, y));
    const auto [first, end] = map->tokensAt(map->left(300) + 1);
    EXPECT_GE(desk.controller.selection().query, first);
    EXPECT_LT(desk.controller.selection().query, end);
    QTest::mouseClick(map, Qt::LeftButton, Qt::ShiftModifier, QPoint(map->left(417) + 1, y));
    EXPECT_EQ(desk.controller.selection().key, 417U);  // the strongest below that pixel
    QTest::mousePress(map, Qt::LeftButton, {}, QPoint(map->left(100), y));
    QTest::mouseMove(map, QPoint(map->left(150), y));
    QTest::mouseMove(map, QPoint(map->left(200), y));
    QTest::mouseRelease(map, Qt::LeftButton, {}, QPoint(map->left(200), y));
    const MapWindow& window = desk.controller.study().view.heatmap.window;
    EXPECT_NEAR(static_cast<double>(window.firstKey), 100.0, 2.0);
    EXPECT_NEAR(static_cast<double>(window.keys), 100.0, 3.0);
    EXPECT_EQ(window.firstQuery, window.firstKey);
    QTest::mouseDClick(map, Qt::LeftButton, {}, QPoint(10, y));
    EXPECT_TRUE(desk.controller.study().view.heatmap.window.isAll());
}

// Where a widget is painted.
class Painted : public QObject {
public:
    explicit Painted(QWidget& widget) { widget.installEventFilter(this); }
    QRect where;

protected:
    bool eventFilter(QObject*, QEvent* event) override
    {
        if (event->type() == QEvent::Paint)
            where |= static_cast<QPaintEvent*>(event)->rect();
        return false;
    }
};

TEST(TokenStrip, AnotherRunPaintsItsBarsAlone)
{
    Desk desk;
    desk.openSample();
    TokenStrip strip(desk.controller, desk.appearance);
    strip.resize(strip.minimumWidth(), 80);
    strip.show();
    QCoreApplication::processEvents();
    const QImage before = strip.grab().toImage();
    Painted painted(strip);
    desk.controller.setParameter("sigma", 0.2);
    desk.waitUntilSettled();
    QCoreApplication::processEvents();
    ASSERT_FALSE(painted.where.isEmpty());
    EXPECT_GE(painted.where.top(), strip.chipRect(0).bottom());
    const QImage after = strip.grab().toImage();
    EXPECT_NE(before, after);
    EXPECT_EQ(before.copy(0, 0, before.width(), painted.where.top()),
              after.copy(0, 0, after.width(), painted.where.top()));
    const int below = painted.where.bottom() + 1;
    EXPECT_EQ(before.copy(0, below, before.width(), before.height() - below),
              after.copy(0, below, after.width(), after.height() - below));
}

TEST(TraceNotes, ATimeSaysWhatItIsWithout)
{
    Desk desk;
    desk.openSample();
    StatusLine line(desk.controller, desk.appearance);
    EXPECT_EQ(sharedLayersText(*desk.controller.comparison(), 0), QString());
    EXPECT_EQ(sharedLayersText(*desk.controller.comparison(), 1), QStringLiteral("4 layers shared with A"));
    const auto* times = line.findChild<QLabel*>(QStringLiteral("times"));
    EXPECT_TRUE(times->text().contains(QStringLiteral("(4 layers shared with A)"))) << times->text().toStdString();
    desk.controller.setScope(scopeOf(ScopeKind::AllLayers, *desk.controller.model(), desk.controller.selection()));
    desk.waitUntilSettled();
    EXPECT_EQ(sharedLayersText(*desk.controller.comparison(), 1), QString());
    EXPECT_FALSE(times->text().contains(QStringLiteral("shared")));
}

TEST(TraceNotes, WhatIsLeftToChanceIsOneDraw)
{
    Desk desk;
    desk.openSample();
    EXPECT_EQ(oneDrawText(*desk.controller.comparison()), QStringLiteral("B: one draw"));  // random features
    desk.controller.setMechanism(mechanism("shots"));
    desk.controller.addCandidate();
    desk.waitUntilSettled();
    EXPECT_EQ(oneDrawText(*desk.controller.comparison()), QStringLiteral("B, C: one draw"));
    desk.controller.chooseCandidate(1);
    desk.controller.setMechanism(mechanism("top-k"));
    desk.waitUntilSettled();
    EXPECT_EQ(oneDrawText(*desk.controller.comparison()), QStringLiteral("B: one draw"));
}

// Else its text would lie over what the run shows.
TEST(StatusLineTest, ARunEndsAMessage)
{
    Desk desk;
    StatusLine line(desk.controller, desk.appearance);
    line.resize(900, 30);
    line.show();
    desk.openSample();
    line.showMessage(QStringLiteral("Saved"));
    ASSERT_FALSE(line.currentMessage().isEmpty());
    desk.controller.setParameter("m", 32.0);
    desk.waitUntilSettled();
    EXPECT_TRUE(line.currentMessage().isEmpty());
    EXPECT_TRUE(line.findChild<QLabel*>(QStringLiteral("state"))->isVisible());
}

TEST(Metrics, AreThoseOfTheMaps)
{
    Desk desk;
    desk.openSample();
    MetricsTable table(desk.controller, desk.appearance);
    const Comparison& comparison = *desk.controller.comparison();
    const Selection& at = comparison.study.selection;
    const MapComparison head =
        compareMaps(mapOf(comparison, 0, at), mapOf(comparison, 1, at), comparison.input.model.attentionMask);
    ASSERT_EQ(table.rows().size(), 8U);
    EXPECT_EQ(table.rows()[0].values[MetricRow::Head], head.kl);
    EXPECT_EQ(table.rows()[2].values[MetricRow::Head], head.maximumDifference);
    EXPECT_EQ(table.rows()[7].values[MetricRow::Head], head.topKeyAgreement);
    const GiniMeans gini = meanGini(mapOf(comparison, 0, at), mapOf(comparison, 1, at), {});
    EXPECT_EQ(table.rows()[5].title, QStringLiteral("Gini coefficient A"));
    EXPECT_NEAR(table.rows()[5].values[MetricRow::Head].value_or(-1.0), gini.a, 1e-12);
    EXPECT_NEAR(table.rows()[6].values[MetricRow::Head].value_or(-1.0), gini.b, 1e-12);
    EXPECT_TRUE(table.rows()[6].values[MetricRow::Line].has_value());
    EXPECT_TRUE(table.rows()[6].values[MetricRow::Patched].has_value());
    EXPECT_FALSE(table.rows()[6].values[MetricRow::Cell].has_value());
    EXPECT_FALSE(table.rows()[3].values[MetricRow::Cell].has_value());
    const double largest = *table.rows()[2].values[MetricRow::Patched];
    EXPECT_GE(largest, head.maximumDifference);
    EXPECT_EQ(table.asText().count(u'\n'), 8);
}

TEST(Output, SaysWhetherThePredictionChanged)
{
    Desk desk;
    OutputSection section(desk.controller, desk.appearance);
    EXPECT_TRUE(section.verdict().contains(QStringLiteral("first run")));
    desk.openSample();
    const OutputTable& table = desk.controller.readings()->outputs;
    ASSERT_EQ(table.rows.size(), 2U);
    const bool same = (table.rows[0].probability[1] > table.rows[1].probability[1]);
    EXPECT_EQ(section.verdict().contains(QStringLiteral("unchanged")), same);
}

TEST(Output, DoesNotPredictFromNaN)
{
    Desk desk;
    desk.openSample();
    OutputSection section(desk.controller, desk.appearance);
    desk.controller.openModel(QString::fromStdString((fixtures() / "badinput" / "st_nan_weights").string()));
    ASSERT_TRUE(waitFor([&] { return desk.controller.model()->architecture == "bert" && desk.settled(); }));
    EXPECT_TRUE(section.verdict().contains(QStringLiteral("not a number"))) << section.verdict().toStdString();
}

TEST(SelectedCell, ShowsSixDigits)
{
    Desk desk;
    desk.openSample();
    CellSection section(desk.controller, desk.appearance);
    const Comparison& comparison = *desk.controller.comparison();
    const Selection& at = comparison.study.selection;
    const auto* label = section.findChild<QLabel*>(QStringLiteral("cell.A"));
    ASSERT_NE(label, nullptr);
    EXPECT_EQ(label->text(), QString::number(static_cast<double>(mapOf(comparison, 0, at)(at.query, at.key)), 'f', 6));
}

}  // namespace
}  // namespace ketscope::test
