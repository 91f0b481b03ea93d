// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/ui/desk.h"
#include "ui/controls/compare_box.h"
#include "ui/controls/elided_link.h"
#include "ui/docks/head_grid.h"
#include "ui/docks/info_sections.h"
#include "ui/docks/pins_section.h"
#include "ui/docks/token_strip.h"
#include "ui/docks/trace_sections.h"
#include "ui/docks/traces_section.h"
#include "ui/views/metrics_table.h"

#include <QApplication>
#include <QClipboard>
#include <QMenu>

namespace ketscope::test {
namespace {

QAction* actionOf(const QMenu& menu, const QString& title)
{
    for (QAction* action : menu.actions())
        if (action->text().startsWith(title))
            return action;
    return nullptr;
}

class CandidatesTest : public testing::Test {
protected:
    void SetUp() override { desk.openSample(); }

    StudyController& controller() { return desk.controller; }
    const std::vector<Plan>& candidates() { return controller().study().candidates; }
    void undo()
    {
        controller().undoStack().undo();
        desk.waitUntilSettled();
    }
    // A second candidate with another number of features.
    void addSecond()
    {
        controller().addCandidate();
        desk.waitUntilSettled();
        controller().setParameter("m", 16.0);
        desk.waitUntilSettled();
    }

    Desk desk;
};

TEST_F(CandidatesTest, ANewOneIsACopyThatIsEditedAndCompared)
{
    const Plan first = candidates()[0];
    controller().addCandidate();
    EXPECT_EQ(controller().candidate(), 1U);
    desk.waitUntilSettled();
    ASSERT_EQ(controller().comparison()->traces.size(), 3U);
    EXPECT_EQ(controller().comparison()->traces[2], controller().comparison()->traces[1]) << "the same plan, run once";
    EXPECT_EQ(controller().pair(), (ComparedPair{0, 2}));
    controller().setParameter("m", 16.0);
    desk.waitUntilSettled();
    EXPECT_EQ(candidates()[0], first);
    EXPECT_EQ(candidates()[1].entries[0].parameters.real("m"), 16.0);
    EXPECT_NE(controller().comparison()->traces[2], controller().comparison()->traces[1]);
    undo();
    EXPECT_EQ(candidates()[1], first);
    undo();
    EXPECT_EQ(candidates().size(), 1U);
    EXPECT_EQ(controller().candidate(), 0U);
    EXPECT_EQ(controller().pair(), (ComparedPair{0, 1}));
}

TEST_F(CandidatesTest, RemovingMovingAndDuplicatingUndo)
{
    addSecond();
    const Plan b = candidates()[0], c = candidates()[1];
    controller().moveCandidate(1, 0);
    EXPECT_EQ(candidates(), (std::vector{c, b}));
    EXPECT_EQ(controller().candidate(), 0U) << "the same plan stays the one that is edited";
    desk.waitUntilSettled();
    EXPECT_EQ(controller().pair(), (ComparedPair{0, 1})) << "and the one that is compared";
    undo();
    EXPECT_EQ(candidates(), (std::vector{b, c}));
    controller().duplicateCandidate(0);
    desk.waitUntilSettled();
    EXPECT_EQ(candidates(), (std::vector{b, b, c}));
    EXPECT_EQ(controller().candidate(), 1U);
    undo();
    controller().removeCandidate(0);
    desk.waitUntilSettled();
    EXPECT_EQ(candidates(), (std::vector{c}));
    controller().removeCandidate(0);
    EXPECT_EQ(candidates().size(), 1U) << "one candidate stays";
    undo();
    EXPECT_EQ(candidates(), (std::vector{b, c}));
}

TEST_F(CandidatesTest, ReadingsFollowThePair)
{
    addSecond();
    MetricsTable table(controller(), desk.appearance);
    CompareBox box(controller());
    EXPECT_EQ(box.count(), 4);
    const int bc = box.findText(QStringLiteral("Compare B with C"));
    ASSERT_GE(bc, 0);
    box.setCurrentIndex(bc);
    emit box.activated(bc);
    desk.waitUntilSettled();
    ASSERT_EQ(controller().pair(), (ComparedPair{1, 2}));
    const Comparison& comparison = *controller().comparison();
    const Selection& at = comparison.study.selection;
    const MapComparison head =
        compareMaps(mapOf(comparison, 1, at), mapOf(comparison, 2, at), comparison.input.model.attentionMask);
    EXPECT_EQ(table.rows()[0].title, QStringLiteral("KL(B‖C), nats"));
    EXPECT_EQ(table.rows()[0].values[MetricRow::Head], head.kl);
    EXPECT_EQ(table.rows()[4].title, QStringLiteral("Entropy C, nats"));
    EXPECT_EQ(controller().readings()->whole->pair, (ComparedPair{1, 2}));
    controller().swapCompared();
    desk.waitUntilSettled();
    EXPECT_EQ(table.rows()[0].title, QStringLiteral("KL(C‖B), nats"));
    EXPECT_EQ(table.rows()[3].values[MetricRow::Head], head.entropyB);
    EXPECT_EQ(box.currentText(), QStringLiteral("Compare C with B"));
    const int all = box.findText(QStringLiteral("All traces, no Δ"));
    box.setCurrentIndex(all);
    emit box.activated(all);
    EXPECT_TRUE(controller().study().view.compared.everyTrace);
}

TEST_F(CandidatesTest, TheTracesSectionIsWorkedByMouseAndKeys)
{
    TracesSection section(controller(), desk.appearance);
    section.resize(260, 200);
    section.show();
    QTest::mouseClick(section.findChild<QPushButton*>(QStringLiteral("addCandidate")), Qt::LeftButton);
    desk.waitUntilSettled();
    const auto row = [&](const char* tag) {
        return section.findChild<TraceRow*>(QStringLiteral("trace.") + QString::fromLatin1(tag));
    };
    ASSERT_TRUE(waitFor([&] { return row("C") != nullptr; }));
    QTest::mouseClick(row("B"), Qt::LeftButton);
    EXPECT_EQ(controller().candidate(), 0U);
    EXPECT_EQ(controller().pair(), (ComparedPair{0, 1}));
    ASSERT_TRUE(waitFor([&] { return row("C") != nullptr; }));
    QTest::keyClick(row("C"), Qt::Key_Return);
    EXPECT_EQ(controller().candidate(), 1U);
    QMenu menu;
    section.fillMenu(menu, 1);
    actionOf(menu, QStringLiteral("Use as baseline"))->trigger();
    EXPECT_EQ(controller().pair(), (ComparedPair{1, 2}));
    EXPECT_FALSE(actionOf(menu, QStringLiteral("Move up"))->isEnabled());
    ASSERT_TRUE(waitFor([&] { return row("C") != nullptr; }));
    QTest::keyClick(row("C"), Qt::Key_Delete);
    desk.waitUntilSettled();
    EXPECT_EQ(candidates().size(), 1U);
}

TEST_F(CandidatesTest, TheMechanismSectionShowsAAndSwitchesCandidates)
{
    addSecond();
    MechanismSection section(controller(), desk.appearance);
    const auto* segment = section.findChild<Segment*>(QStringLiteral("mechanismTrace"));
    auto* choice = section.findChild<ChoiceBox*>(QStringLiteral("mechanism"));
    EXPECT_EQ(segment->current(), 2);
    segment->button(0)->click();
    EXPECT_FALSE(choice->isEnabled());
    EXPECT_EQ(choice->currentData().toString(), QStringLiteral("exact"));
    segment->button(1)->click();
    EXPECT_TRUE(choice->isEnabled());
    EXPECT_EQ(controller().candidate(), 0U);
    EXPECT_EQ(choice->currentData().toString(), QStringLiteral("rff"));
}

TEST_F(CandidatesTest, HeadsArePatchedRemovedAndAblated)
{
    HeadGrid grid(controller(), desk.appearance);
    const Plan before = controller().plan();
    QMenu menu;
    grid.fillMenu(menu, 1, 2);
    EXPECT_FALSE(actionOf(menu, QStringLiteral("Remove"))->isEnabled());
    actionOf(menu, QStringLiteral("Ablate"))->trigger();
    desk.waitUntilSettled();
    const HeadAssignment& assigned = controller().comparison()->plans[1]->at(0, 1, 2);
    EXPECT_EQ(assigned.mechanism->info().id, "zero");
    EXPECT_EQ(controller().entry()->mechanism->info().id, "zero") << "the panels show what was just assigned";
    const Selection head{0, 1, 2, 0, 0};
    for (const float weight : mapOf(*controller().comparison(), 1, head).row(0))
        EXPECT_EQ(weight, 0.0F);
    undo();
    EXPECT_EQ(controller().plan(), before);
    actionOf(menu, QStringLiteral("Patch with B"))->trigger();
    desk.waitUntilSettled();
    EXPECT_EQ(controller().comparison()->plans[1]->at(0, 1, 2).mechanism->info().id, "rff");
    controller().unpatchHead(5, 0);
    desk.waitUntilSettled();
    EXPECT_FALSE(controller().comparison()->plans[1]->isPatched(0, 5, 0));
    EXPECT_TRUE(controller().comparison()->plans[1]->isPatched(0, 5, 1));
}

TEST_F(CandidatesTest, AnEmptyPlanGetsAMechanismWhenOneIsChosen)
{
    controller().setPlan({}, QStringLiteral("Empty"));
    desk.waitUntilSettled();
    EXPECT_EQ(controller().entry(), nullptr);
    MechanismSection section(controller(), desk.appearance);
    PlanSection plan(controller(), desk.appearance);
    EXPECT_TRUE(section.findChild<ChoiceBox*>(QStringLiteral("mechanism"))->isEnabled());
    controller().setMechanism(mechanism("top-k"));
    desk.waitUntilSettled();
    EXPECT_EQ(controller().entry()->mechanism->info().id, "top-k");
    EXPECT_EQ(controller().entry()->layers, (std::vector<std::size_t>{4, 5}));
}

TEST_F(CandidatesTest, TokensAreEditedFromTheirMenu)
{
    TokenStrip strip(controller(), desk.appearance);
    const std::size_t count = strip.tokens();
    const auto display = [&](std::size_t token) { return controller().comparison()->input.tokens.at(token).display; };
    const auto trigger = [&](const char* title) {
        QMenu menu;
        strip.fillMenu(menu, 2);
        QAction* action = actionOf(menu, QString::fromLatin1(title));
        ASSERT_NE(action, nullptr) << title;
        ASSERT_TRUE(action->isEnabled()) << title;
        action->trigger();
        desk.waitUntilSettled();
    };
    const std::string before = display(2);
    trigger("Mask it");
    EXPECT_EQ(display(2), "[MASK]");
    undo();
    EXPECT_EQ(display(2), before);
    trigger("Hide it");
    EXPECT_EQ(controller().comparison()->input.model.attentionMask[2], 0);
    trigger("Let attention");
    EXPECT_EQ(controller().comparison()->input.model.attentionMask[2], 1);
    undo();
    undo();
    EXPECT_TRUE(controller().study().input.text.has_value());
    trigger("Remove");
    EXPECT_EQ(strip.tokens(), count - 1);
    undo();
    controller().replaceToken(2, QStringLiteral("acting"));
    desk.waitUntilSettled();
    EXPECT_EQ(display(2), "acting");
    undo();
    EXPECT_EQ(strip.tokens(), count);
    EXPECT_EQ(display(2), before);
}

TEST_F(CandidatesTest, PinsStayAndLeadBack)
{
    PinsSection pins(controller(), desk.appearance);
    EXPECT_TRUE(pins.isHidden());
    const Selection first = controller().selection();
    controller().pin(first);
    controller().selectCell(1, 3);
    desk.waitUntilSettled();
    controller().pin(controller().selection());
    controller().pin(controller().selection());
    ASSERT_EQ(controller().study().view.compared.pins.size(), 2U) << "a cell is pinned once";
    ASSERT_TRUE(waitFor([&] { return pins.findChild<QPushButton*>(QStringLiteral("pin.1")) != nullptr; }));
    pins.findChild<QPushButton*>(QStringLiteral("pin.0"))->click();
    EXPECT_EQ(controller().selection(), first);
    auto* link = pins.findChild<ElidedLink*>(QStringLiteral("pin.1"));
    link->resize(link->fontMetrics().horizontalAdvance(link->text()) + 20, link->height());
    EXPECT_EQ(link->shown(), link->text());
    link->resize(link->fontMetrics().horizontalAdvance(link->text()) / 2, link->height());
    EXPECT_TRUE(link->shown().contains(u'…')) << link->shown().toStdString();
    EXPECT_TRUE(link->toolTip().contains(link->text())) << link->toolTip().toStdString();
    pins.findChild<QPushButton*>(QStringLiteral("copyPins"))->click();
    const QStringList lines = QApplication::clipboard()->text().split(u'\n');
    ASSERT_EQ(lines.size(), 3);
    const Comparison& comparison = *controller().comparison();
    EXPECT_NEAR(lines[1].split(u'\t')[6].toDouble(),
                static_cast<double>(mapOf(comparison, 0, first)(first.query, first.key)), 1e-7);
    controller().unpin(0);
    EXPECT_EQ(controller().study().view.compared.pins.size(), 1U);
}

}  // namespace
}  // namespace ketscope::test
