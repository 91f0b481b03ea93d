// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/ui/desk.h"
#include "ui/dialogs/command_palette.h"
#include "ui/dialogs/key_list.h"
#include "ui/dialogs/token_dialog.h"
#include "ui/fuzzy_match.h"
#include "ui/main_window.h"
#include "ui/views/sweep_page.h"

#include <QStackedWidget>
#include <QStatusBar>

namespace ketscope::test {
namespace {

TEST(FuzzyMatch, WantsEveryWordAndPrefersBeginnings)
{
    const auto score = [](const char* typed, const char* text) {
        return fuzzyMatch(QString::fromLatin1(typed), QString::fromLatin1(text));
    };
    EXPECT_FALSE(score("xyz", "Show next scale"));
    EXPECT_FALSE(score("layer quux", "Layer 4 head 7"));
    EXPECT_TRUE(score("l4h7", "Layer 4 head 7"));
    EXPECT_TRUE(score("", "anything"));
    EXPECT_GT(score("scale", "Next scale"), score("scale", "Escalate"));
    EXPECT_GT(score("rff", "Use RFF kernel"), score("rff", "Rotate the first figure"));
    EXPECT_GT(wordLikeness(QStringLiteral("colur"), QStringLiteral("Colour map")), 0.5);
    EXPECT_EQ(wordLikeness(QStringLiteral("qqq"), QStringLiteral("Colour map")), 0.0);
    EXPECT_GT(score("head 7", "Layer 4 head 7"), score("head 7", "Layer 7 head 4"));
}

class PaletteTest : public testing::Test {
protected:
    void SetUp() override
    {
        window = std::make_unique<MainWindow>(desk.controller, desk.appearance, desk.settings);
        window->show();
        desk.openSample();
    }

    CommandPalette& open()
    {
        window->activateWindow();
        EXPECT_TRUE(QTest::qWaitForWindowActive(window.get()));
        QTest::keyClick(window.get(), Qt::Key_K, Qt::ControlModifier);
        return *window->findChild<CommandPalette*>(QStringLiteral("commandPalette"));
    }

    void type(const char* text)
    {
        CommandPalette& palette = open();
        auto* field = palette.findChild<QLineEdit*>(QStringLiteral("commandText"));
        QTest::keyClicks(field, QString::fromUtf8(text));
        shown = palette.shown();
        QTest::keyClick(field, Qt::Key_Return);
        ASSERT_TRUE(waitFor([&] { return window->findChild<CommandPalette*>() == nullptr; }))
            << text << ": " << shown.join(u'|').toStdString();
    }

    Desk desk;
    std::unique_ptr<MainWindow> window;
    QStringList shown;
};

TEST_F(PaletteTest, FindsHeadsMechanismsPerspectivesAndSamples)
{
    type("layer 2 head 3");
    EXPECT_EQ(desk.controller.selection().layer, 2U);
    EXPECT_EQ(desk.controller.selection().head, 3U);
    type("use top");
    desk.waitUntilSettled();
    EXPECT_EQ(desk.controller.entry()->mechanism->info().id, "top-k");
    type("entropy & dist");
    EXPECT_EQ(window->findChild<QStackedWidget*>(QStringLiteral("pages"))->currentIndex(), 1);
    type("measure mass on the query");
    EXPECT_EQ(headMeasure(desk.controller.study().view.headMeasure).value, &HeadStatistics::selfMass);
    type("add cand");
    desk.waitUntilSettled();
    EXPECT_EQ(desk.controller.study().candidates.size(), 2U);
    type("compare b with c");
    EXPECT_EQ(desk.controller.pair(), (ComparedPair{1, 2}));
}

TEST_F(PaletteTest, FindsWhatPagesAndPanelsDo)
{
    const auto heatmap = [&]() -> const HeatmapView& { return desk.controller.study().view.heatmap; };
    type("lines view");
    EXPECT_EQ(heatmap().shown, HeatmapView::Shown::Lines);
    type("q·k detail");
    EXPECT_EQ(heatmap().shown, HeatmapView::Shown::Elements);
    type("filter top-k");
    EXPECT_EQ(heatmap().filter.kind, MapFilter::Kind::Largest);
    type("filter value");
    EXPECT_EQ(heatmap().filter.kind, MapFilter::Kind::Value);
    type("filter mass");
    EXPECT_EQ(heatmap().filter.kind, MapFilter::Kind::Mass);
    type("hide special");
    EXPECT_TRUE(heatmap().filter.hideSpecial);
    type("renormalise");
    EXPECT_TRUE(heatmap().filter.renormalise);
    type("maps view");
    type("log scale");
    EXPECT_EQ(desk.controller.study().view.scale, ColourScale::Logarithmic);
    type("hidden states relative error");
    EXPECT_EQ(desk.controller.study().view.outputs.hidden, HiddenMeasure::RelativeError);
    EXPECT_EQ(desk.controller.study().perspective, "outputs");
    type("duplicate candidate");
    desk.waitUntilSettled();
    EXPECT_EQ(desk.controller.study().candidates.size(), 2U);
    const std::size_t tokens = desk.controller.comparison()->input.tokens.size();
    type("selected token remove");
    desk.waitUntilSettled();
    EXPECT_EQ(desk.controller.comparison()->input.tokens.size(), tokens - 1);
}

// Without a name "A and B" or "Re" alone would stand in the palette, and a screen reader would say no more.
TEST_F(PaletteTest, EveryChoiceOfAPageHasAName)
{
    for (const Segment* segment : window->findChildren<Segment*>())
        if (segment->objectName() != QStringLiteral("perspectives")) {
            EXPECT_FALSE(segment->accessibleName().isEmpty()) << segment->objectName().toStdString();
        }
    for (const ChoiceBox* box : window->findChildren<ChoiceBox*>())
        EXPECT_FALSE(box->accessibleName().isEmpty()) << box->objectName().toStdString();
}

TEST_F(PaletteTest, WhatFitsNothingIsSaidAndTheNearestOffered)
{
    CommandPalette& palette = open();
    auto* field = palette.findChild<QLineEdit*>(QStringLiteral("commandText"));
    field->setText(QStringLiteral("colouur mapp"));
    EXPECT_TRUE(palette.notice().contains(QStringLiteral("colouur mapp"))) << palette.notice().toStdString();
    ASSERT_FALSE(palette.shown().isEmpty());
    EXPECT_TRUE(palette.shown().front().contains(QStringLiteral("olour"))) << palette.shown().join(u'|').toStdString();
    QTest::keyClick(field, Qt::Key_Return);  // nothing was chosen
    EXPECT_TRUE(palette.isVisible());
    field->setText(QStringLiteral("@@@"));
    EXPECT_TRUE(palette.shown().isEmpty());
    EXPECT_FALSE(palette.notice().isEmpty());
    field->setText(QStringLiteral("run"));
    EXPECT_TRUE(palette.notice().isEmpty());
    palette.reject();
}

TEST_F(PaletteTest, AKeyOfAPerspectiveWithNothingToShowSaysWhy)
{
    QTest::keyClick(window.get(), Qt::Key_3);
    const auto* segment = window->findChild<Segment*>(QStringLiteral("perspectives"));
    ASSERT_FALSE(segment->button(2)->isEnabled());
    const QString said = window->statusBar()->currentMessage();
    EXPECT_FALSE(said.isEmpty());
    EXPECT_EQ(said, segment->button(2)->toolTip());
    QTest::keyClick(window.get(), Qt::Key_2);
    EXPECT_EQ(desk.controller.study().perspective, "entropy");
}

TEST_F(PaletteTest, RunsASweepWhereItsButtonWould)
{
    const auto* page = window->findChild<SweepPage*>();
    const auto* button = page->findChild<QPushButton*>(QStringLiteral("runSweep"));
    page->form().first().setAxis({"m", {"16", "64"}});
    page->form().findChild<QSpinBox*>(QStringLiteral("sweepSeeds"))->setValue(2);
    ASSERT_TRUE(button->isEnabled());
    type("run sweep");
    ASSERT_TRUE(shown.join(u'|').startsWith(QStringLiteral("Run sweep")));
    EXPECT_EQ(window->findChild<QStackedWidget*>(QStringLiteral("pages"))->currentWidget(), page);
    ASSERT_TRUE(waitFor([&] { return desk.controller.comparison()->sweep != nullptr; }));

    page->form().first().values().setText(QStringLiteral("16, many"));
    ASSERT_FALSE(button->isEnabled());
    ASSERT_EQ(page->actions().size(), 1);
    EXPECT_FALSE(page->actions().front()->isEnabled());  // what cannot be done now is not offered
}

TEST_F(PaletteTest, SwapAndCandidateKeys)
{
    QTest::keyClick(window.get(), Qt::Key_X);
    EXPECT_EQ(desk.controller.pair(), (ComparedPair{1, 0}));
    QTest::keyClick(window.get(), Qt::Key_X);
    EXPECT_EQ(desk.controller.pair(), (ComparedPair{0, 1}));
    QTest::keyClick(window.get(), Qt::Key_A, Qt::ControlModifier | Qt::ShiftModifier);
    desk.waitUntilSettled();
    EXPECT_EQ(desk.controller.candidate(), 1U);
    QTest::keyClick(window.get(), Qt::Key_BracketLeft);
    EXPECT_EQ(desk.controller.candidate(), 0U);
    EXPECT_EQ(desk.controller.pair(), (ComparedPair{0, 1}));
}

TEST_F(PaletteTest, TheKeyListIsFiltered)
{
    QTest::keyClick(window.get(), Qt::Key_Question);
    auto* list = window->findChild<KeyList*>(QStringLiteral("keys"));
    ASSERT_NE(list, nullptr);
    const int all = list->shown();
    EXPECT_GT(all, 30);
    auto* field = list->findChild<QLineEdit*>(QStringLiteral("keyFilter"));
    QTest::keyClicks(field, QStringLiteral("swap"));
    EXPECT_GE(list->shown(), 1);
    EXPECT_LT(list->shown(), 5);
    field->clear();
    EXPECT_EQ(list->shown(), all);
}

TEST_F(PaletteTest, TheTokenDialogShowsWhatTheWordBecomes)
{
    const EncodedInput& input = desk.controller.comparison()->input;
    TokenDialog dialog(input, 2, *desk.controller.tokenizer());
    auto* field = dialog.findChild<QLineEdit*>(QStringLiteral("tokenText"));
    field->setText(QStringLiteral("warm"));
    const auto warm = desk.controller.tokenizer()->encode("warm", std::nullopt, {.addSpecial = false}).tokens;
    EXPECT_TRUE(dialog.outcome().contains(QString::number(warm.front().id))) << dialog.outcome().toStdString();
    field->clear();
    EXPECT_FALSE(dialog.outcome().startsWith(u'→'));
}

}  // namespace
}  // namespace ketscope::test
