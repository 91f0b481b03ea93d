// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/study/relevance.h"
#include "core/study/sanity_check.h"
#include "tests/ui/desk.h"
#include "ui/alignment_choice.h"
#include "ui/controls/parameter_slider.h"
#include "ui/docks/token_panel.h"
#include "ui/main_window.h"
#include "ui/views/alignment_page.h"
#include "viz/figures/alignment.h"

#include <QComboBox>
#include <QDialog>
#include <QLabel>
#include <QPushButton>

namespace ketscope::test {
namespace {

class AlignmentPageTest : public testing::Test {
protected:
    void SetUp() override { open("shape-blip"); }

    void open(const std::string& id)
    {
        const std::vector<Sample> all = ketscope::samples();
        desk.controller.openStudy(std::ranges::find(all, id, &Sample::id)->study, false);
        ASSERT_TRUE(waitFor([&] { return desk.settled() && desk.controller.model()->path.filename() == id; }))
            << desk.controller.error().toStdString();
        page = std::make_unique<AlignmentPage>(desk.controller, desk.appearance);
        page->resize(1056, 760);
        page->show();
        for (QWidget* section : page->makeLeftSections())
            sections.emplace_back(section);
        for (QWidget* section : page->makeRightSections()) {
            sections.emplace_back(section);
            section->show();
        }
        settle();
    }

    void TearDown() override
    {
        sections.clear();
        page.reset();
    }

    FigurePane* pane(const char* id) const
    {
        const QString name = QStringLiteral("figure.") + QString::fromLatin1(id);
        if (auto* found = page->findChild<FigurePane*>(name))
            return found;
        for (const auto& section : sections)
            if (section->objectName() == name)
                return dynamic_cast<FigurePane*>(section.get());
        return nullptr;
    }

    template <typename Widget> Widget* control(const char* name) const
    {
        for (const auto& section : sections)
            if (auto* found = section->findChild<Widget*>(QString::fromLatin1(name)))
                return found;
        return page->findChild<Widget*>(QString::fromLatin1(name));
    }

    // Until the figures are of the study as it is.
    void settle()
    {
        ASSERT_TRUE(waitFor([&] {
            const auto* figure = dynamic_cast<const AlignmentPictures*>(pane("alignment")->figure());
            const auto source = alignmentSourceOf(desk.controller);
            if (figure == nullptr || !source || pane("alignment-tokens")->figure() == nullptr)
                return false;
            const AlignmentFocus focus = focusOf(*desk.controller.comparison(), *source);
            return figure->maps().source == *source && figure->focus().tokens == focus.tokens
                   && figure->focus().patch == focus.patch && figure->focus().region == focus.region;
        }));
    }

    QPoint patchPoint(std::size_t trace, std::size_t row, std::size_t column) const
    {
        const auto& figure = dynamic_cast<const AlignmentPictures&>(*pane("alignment")->figure());
        const QRectF target = figure.layout(pane("alignment")->area(), desk.appearance.theme()).panels[trace].picture;
        return (target.topLeft()
                + QPointF((double(column) + 0.5) * target.width() / 8.0, (double(row) + 0.5) * target.height() / 8.0))
            .toPoint();
    }

    QPoint tokenPoint(const char* id, std::size_t token) const
    {
        const FigurePane& of = *pane(id);
        for (int y = 0; y < of.height(); y += 3)
            for (int x = 0; x < of.width(); x += 3)
                if (of.figure()->hit(QPointF(x, y), of.area(), desk.appearance.theme()).token == token)
                    return {x + 2, y + 2};
        ADD_FAILURE() << "token " << token << " is nowhere in " << id;
        return {};
    }

    AlignmentFocus focus() const { return focusOf(*desk.controller.comparison(), *alignmentSourceOf(desk.controller)); }

    Desk desk;
    std::unique_ptr<AlignmentPage> page;
    std::vector<std::unique_ptr<QWidget>> sections;
};

TEST_F(AlignmentPageTest, AClickOnAPatchSelectsItsKeyInTheCrossStack)
{
    QTest::mouseClick(pane("alignment"), Qt::LeftButton, {}, patchPoint(1, 2, 5));
    EXPECT_EQ(desk.controller.selection().stack, 2U);
    EXPECT_EQ(desk.controller.selection().key, 1U + 2U * 8U + 5U);
    EXPECT_EQ(focus().patch, 2U * 8U + 5U);
    // Beside the pictures, and made in a job of its own.
    EXPECT_TRUE(waitFor([&] {
        const Figure* figure = pane("patch-tokens")->figure();
        return figure != nullptr && figure->caption().count(QStringLiteral("patch row 2, column 5")) == 1;
    }));
}

// A patch is framed in the pictures and is a key of the cross stack; a word is framed in its tile and is a query.
TEST_F(AlignmentPageTest, PatchesAndWordsUnderThePointerAreMarkedAndHaveTheirPlaceInTheStack)
{
    const auto& pictures = dynamic_cast<const AlignmentPictures&>(*pane("alignment")->figure());
    const QRectF area = pane("alignment")->area();
    const auto places = pictures.placesOf({.patch = 9}, area, desk.appearance.theme());
    ASSERT_GE(places.size(), 2U);
    EXPECT_EQ(pictures.hit(places[0].center(), area, desk.appearance.theme()).patch, 9U);
    EXPECT_TRUE(pictures.placesOf({.token = 2}, area, desk.appearance.theme()).empty());
    EXPECT_TRUE(pictures.placesOf({.patch = 64}, area, desk.appearance.theme()).empty());
    const Figure& words = *pane("alignment-tokens")->figure();
    const auto tiles = words.placesOf({.token = 2}, pane("alignment-tokens")->area(), desk.appearance.theme());
    ASSERT_EQ(tiles.size(), 1U);
    EXPECT_EQ(words.hit(tiles[0].center(), pane("alignment-tokens")->area(), desk.appearance.theme()).token, 2U);

    const Pointed patch = pointedOf(desk.controller, {.patch = 9});
    EXPECT_EQ(patch.key, 10U);  // after the class token
    EXPECT_FALSE(patch.query);
    EXPECT_EQ(pointedOf(desk.controller, {.token = 2}), (Pointed{.query = 2, .token = 2}));
}

TEST_F(AlignmentPageTest, AClickOnAWordSelectsItsQueryAndShiftAddsToTheMean)
{
    QTest::mouseClick(pane("alignment-tokens"), Qt::LeftButton, {}, tokenPoint("alignment-tokens", 7));
    EXPECT_EQ(desk.controller.selection().query, 7U);
    settle();
    QTest::mouseClick(pane("alignment-tokens"), Qt::LeftButton, Qt::ShiftModifier, tokenPoint("alignment-tokens", 3));
    EXPECT_EQ(focus().tokens, (std::vector<std::size_t>{7, 3}));
    settle();
    EXPECT_TRUE(pane("alignment")->figure()->caption().contains(QStringLiteral("mean of “ring”, “triangle”")));
    QTest::mouseClick(pane("alignment-tokens"), Qt::LeftButton, Qt::ShiftModifier, tokenPoint("alignment-tokens", 7));
    EXPECT_EQ(focus().tokens, (std::vector<std::size_t>{3}));
    EXPECT_EQ(desk.controller.selection().query, 3U);
}

TEST_F(AlignmentPageTest, ABarOfAWordIsClickedToo)
{
    ASSERT_TRUE(waitFor([&] { return pane("patch-tokens")->figure() != nullptr; }));
    pane("patch-tokens")->resize(270, 420);
    QTest::mouseClick(pane("patch-tokens"), Qt::LeftButton, {}, tokenPoint("patch-tokens", 2));
    EXPECT_EQ(desk.controller.selection().query, 2U);
}

TEST_F(AlignmentPageTest, DraggingMakesARegion)
{
    FigurePane& pictures = *pane("alignment");
    QTest::mousePress(&pictures, Qt::LeftButton, {}, patchPoint(0, 4, 5));
    QMouseEvent move(QEvent::MouseMove, QPointF(patchPoint(0, 2, 6)),
                     pictures.mapToGlobal(QPointF(patchPoint(0, 2, 6))), Qt::NoButton, Qt::LeftButton, {});
    QApplication::sendEvent(&pictures, &move);
    QTest::mouseRelease(&pictures, Qt::LeftButton, {}, patchPoint(0, 2, 6));
    EXPECT_EQ(focus().region, (PatchRegion{2, 5, 3, 2}));
    EXPECT_EQ(focus().patch, 4U * 8U + 5U) << "where it began is the selected one";
    EXPECT_EQ(desk.controller.selection().key, 1U + 4U * 8U + 5U);
}

TEST_F(AlignmentPageTest, ArrowsMoveThePatchAndShiftChangesTheRegion)
{
    QTest::mouseClick(pane("alignment"), Qt::LeftButton, {}, patchPoint(0, 3, 3));
    QTest::keyClick(pane("alignment"), Qt::Key_Right);
    QTest::keyClick(pane("alignment"), Qt::Key_Down);
    EXPECT_EQ(focus().patch, 4U * 8U + 4U);
    QTest::keyClick(pane("alignment"), Qt::Key_Right, Qt::ShiftModifier);
    EXPECT_EQ(focus().region, (PatchRegion{4, 4, 1, 2}));
    for (int i = 0; i < 12; ++i)
        QTest::keyClick(pane("alignment"), Qt::Key_Up);
    EXPECT_EQ(focus().patch, 4U) << "the first row stops it";
    const std::size_t query = desk.controller.selection().query;
    QTest::keyClick(pane("alignment-tokens"), Qt::Key_Right);
    EXPECT_EQ(desk.controller.selection().query, query + 1);
}

TEST_F(AlignmentPageTest, LayerHeadAndReductionAreThoseOfTheCrossStack)
{
    auto* layer = control<QComboBox>("alignmentLayer");
    layer->setCurrentIndex(3);
    emit layer->activated(3);
    EXPECT_EQ(desk.controller.selection().layer, 3U);
    auto* reduction = control<QComboBox>("alignmentReduction");
    reduction->setCurrentIndex(1);
    emit reduction->activated(1);
    EXPECT_FALSE(control<QComboBox>("alignmentHead")->isEnabled());
    settle();
    EXPECT_TRUE(pane("alignment")->figure()->caption().contains(QStringLiteral("layer 3, mean of 3 heads")));
}

TEST_F(AlignmentPageTest, OnlyMethodsThatTheModelHasCanBeChosen)
{
    auto* methods = page->findChild<Segment*>(QStringLiteral("alignmentMethods"));
    const auto enabled = [&](int index) { return methods->button(index)->isEnabled(); };
    EXPECT_TRUE(enabled(0));   // cross-attention
    EXPECT_FALSE(enabled(1));  // joint
    EXPECT_FALSE(enabled(2));  // cosine
    EXPECT_TRUE(enabled(6));   // relevance
    methods->button(4)->click();
    settle();
    EXPECT_EQ(desk.controller.selection().stack, 1U) << "rollout is of the vision stack";
    EXPECT_TRUE(pane("alignment")->figure()->caption().startsWith(QStringLiteral("Rollout")));
}

TEST_F(AlignmentPageTest, RelevanceIsComputedWhenItIsChosenAndWithEveryRun)
{
    QStringList steps;
    QObject::connect(&desk.controller, &StudyController::progressed, page.get(),
                     [&](double, const QString& what) { steps << what; });
    page->findChild<Segment*>(QStringLiteral("alignmentMethods"))->button(6)->click();
    settle();
    EXPECT_TRUE(pane("alignment")->figure()->caption().startsWith(QStringLiteral("Relevance")));
    EXPECT_TRUE(pane("alignment")->figure()->caption().contains(QStringLiteral("for “match”")));
    EXPECT_FALSE(steps.isEmpty());
    const auto first = desk.controller.comparison()->alignments->relevance(*desk.controller.comparison());
    ASSERT_NE(first, nullptr);
    EXPECT_EQ(first->traces.size(), desk.controller.comparison()->traces.size());
    desk.controller.setInputText(QStringLiteral("a red circle"));
    ASSERT_TRUE(waitFor([&] {
        const auto now = desk.controller.comparison()->alignments->relevance(*desk.controller.comparison());
        return desk.settled() && now && now != first;
    }));
    settle();
}

TEST_F(AlignmentPageTest, CancelledRelevanceWaitsToBeChosenAgain)
{
    auto* methods = page->findChild<Segment*>(QStringLiteral("alignmentMethods"));
    methods->button(6)->click();
    desk.controller.cancel();
    desk.waitUntilSettled();
    const auto relevance = [&] {
        return desk.controller.comparison()->alignments->relevance(*desk.controller.comparison());
    };
    EXPECT_EQ(relevance(), nullptr);
    EXPECT_EQ(pane("alignment")->figure(), nullptr);
    methods->button(6)->click();
    ASSERT_TRUE(waitFor([&] { return relevance() != nullptr; }));
    settle();
}

// A mechanism without gradients has no relevance, and says so where it would be chosen.
TEST_F(AlignmentPageTest, RelevanceNamesTheMechanismThatHasNoGradient)
{
    desk.controller.setMechanism(mechanism("linformer"));
    desk.controller.setParameters({{"projection", "fit"}});
    desk.waitUntilSettled();
    const auto* button = page->findChild<Segment*>(QStringLiteral("alignmentMethods"))->button(6);
    EXPECT_FALSE(button->isEnabled());
    EXPECT_TRUE(button->toolTip().contains(QStringLiteral("Linformer gives no gradient")))
        << button->toolTip().toStdString();
}

TEST_F(AlignmentPageTest, TheOverlayFollowsItsControls)
{
    emit control<ParameterSlider>("heatOpacity")->settled(20.0);
    EXPECT_EQ(desk.controller.study().view.alignment.opacity, 20U);
    auto* boxes = control<QAbstractButton>("showBoxes");
    EXPECT_TRUE(boxes->isEnabled()) << "the scenes are described";
    boxes->click();
    EXPECT_TRUE(desk.controller.study().view.alignment.boxes);
}

TEST_F(AlignmentPageTest, TheSanityCheckAddsItsRows)
{
    const qsizetype before = pane("alignment-tokens")->figure()->table().header.size();
    page->findChild<QPushButton*>(QStringLiteral("runSanityCheck"))->click();
    ASSERT_TRUE(waitFor(
        [&] { return desk.settled() && pane("alignment-tokens")->figure()->table().header.size() == before + 2; }));
    const ComparisonPointer& comparison = desk.controller.comparison();
    EXPECT_NE(comparison->alignments->sanity(*comparison), nullptr);
    desk.controller.setInputText(QStringLiteral("a red circle"));
    desk.waitUntilSettled();
    EXPECT_EQ(desk.controller.comparison()->alignments->sanity(*desk.controller.comparison()), nullptr)
        << "of another text";
}

TEST_F(AlignmentPageTest, TheAssignmentTakesThePlaceOfTheWords)
{
    page->findChild<Segment*>(QStringLiteral("alignmentBelow"))->button(1)->click();
    ASSERT_TRUE(waitFor([&] { return pane("assignment")->isVisible() && pane("assignment")->figure() != nullptr; }));
    EXPECT_TRUE(pane("assignment")->figure()->caption().contains(QStringLiteral("optimal transport")));
}

class ClipPageTest : public AlignmentPageTest {
protected:
    void SetUp() override { open("shape-clip"); }
};

// Two towers: a word and a patch are never of the same stack, and still both are kept.
TEST_F(ClipPageTest, WordsAndPatchesAreHeldAgainstEachOther)
{
    auto* methods = page->findChild<Segment*>(QStringLiteral("alignmentMethods"));
    EXPECT_FALSE(methods->button(0)->isEnabled());
    EXPECT_TRUE(methods->button(0)->toolTip().contains(QStringLiteral("towers meet in their embeddings")));
    QTest::mouseClick(pane("alignment-tokens"), Qt::LeftButton, {}, tokenPoint("alignment-tokens", 3));
    QTest::mouseClick(pane("alignment"), Qt::LeftButton, {}, patchPoint(0, 4, 2));
    EXPECT_EQ(focus().tokens, (std::vector<std::size_t>{3}));
    EXPECT_EQ(focus().patch, 4U * 8U + 2U);
    EXPECT_EQ(desk.controller.selection().stack, 1U);
    EXPECT_EQ(desk.controller.selection().key, 1U + 4U * 8U + 2U);
    methods->button(3)->click();
    settle();
    EXPECT_TRUE(pane("alignment")->figure()->caption().startsWith(QStringLiteral("Late interaction")));
    EXPECT_FALSE(control<QComboBox>("alignmentLayer")->isEnabled());
    EXPECT_TRUE(control<QComboBox>("alignmentDirection")->isEnabled());
}

// What lies below a page of text is not pushed away by it.
TEST_F(AlignmentPageTest, OfALongTextTheFirstWordsAreShown)
{
    auto* caption = control<QLabel>("pairCaption");
    EXPECT_EQ(caption->text().toStdString(), desk.controller.study().input.text);
    EXPECT_TRUE(caption->toolTip().isEmpty());
    const QString word(70, u'x');
    const QString beginning = QStringLiteral("a star %1 %1 %1").arg(word);
    desk.controller.setInputText(beginning + u' ' + word);
    ASSERT_TRUE(waitFor([&] { return desk.settled() && !caption->toolTip().isEmpty(); }));
    EXPECT_EQ(caption->text(), beginning + QStringLiteral(" …"));
    EXPECT_EQ(caption->toolTip(), beginning + u' ' + word);
}

// A text model has nothing to align: the perspective says why and cannot be chosen.
TEST(AlignmentInWindow, IsGreyedForAText)
{
    Desk desk;
    MainWindow window(desk.controller, desk.appearance, desk.settings);
    window.show();
    desk.openSample();
    auto* perspectives = window.findChild<Segment*>(QStringLiteral("perspectives"));
    EXPECT_FALSE(perspectives->button(2)->isEnabled());
    EXPECT_TRUE(perspectives->button(2)->toolTip().startsWith(QStringLiteral("Alignment needs an image and a text.")));
    window.openPath(QString::fromStdString((samplesFolder() / "shape-blip").string()));
    ASSERT_TRUE(waitFor([&] { return desk.controller.model()->architecture == "blip" && desk.settled(); }));
    EXPECT_TRUE(perspectives->button(2)->isEnabled());
    window.setFocus();
    QTest::keyClick(&window, Qt::Key_3);
    EXPECT_TRUE(window.findChild<AlignmentPage*>(QStringLiteral("alignmentPage"))->isVisible());
    window.findChild<QPushButton*>(QStringLiteral("openPair"))->click();
    EXPECT_NE(window.findChild<QDialog*>(), nullptr);
}

TEST_F(AlignmentPageTest, TheCaptionStandsBelowIt)
{
    TokenPanel panel(desk.controller, desk.appearance);
    panel.resize(1400, 120);
    panel.show();
    auto* caption = panel.findChild<CaptionStrip*>();
    EXPECT_FALSE(caption->isVisible());
    desk.controller.setPerspective("alignment");
    ASSERT_TRUE(caption->isVisible());
    EXPECT_FALSE(panel.findChild<TokenStrip*>()->isVisible());
    const Comparison& comparison = *desk.controller.comparison();
    ASSERT_EQ(caption->tokens(), comparison.input.tokens.size());
    // Its bars are those of the list of tokens at the patch.
    const auto maps = alignmentMaps(comparison);
    const AlignmentFocus focus = focusOf(comparison, maps->source);
    const std::vector<double> values = valuesOfRegion(*maps, 1, focus);
    double largest = 0.0;
    for (std::size_t trace = 0; trace < maps->traces.size(); ++trace)
        largest = std::max(largest, std::ranges::max(valuesOfRegion(*maps, trace, focus)));
    for (std::size_t token = 0; token < values.size(); ++token)
        EXPECT_NEAR(caption->share(1, token), values[token] / largest, 1e-12);
    QTest::mouseClick(caption, Qt::LeftButton, {}, caption->chipRect(2).center().toPoint());
    EXPECT_EQ(focusOf(*desk.controller.comparison(), maps->source).tokens, (std::vector<std::size_t>{2}));
    QTest::mouseClick(caption, Qt::LeftButton, Qt::ShiftModifier, caption->chipRect(4).center().toPoint());
    EXPECT_EQ(focusOf(*desk.controller.comparison(), maps->source).tokens.size(), 2U);
    desk.controller.changeView([](ViewSettings& view) { view.alignment.tokenEntropy = true; });
    EXPECT_TRUE(caption->showsEntropy());
    for (std::size_t token = 0; token < caption->tokens(); ++token) {
        EXPECT_GT(caption->share(0, token), 0.0);
        EXPECT_LE(caption->share(0, token), 1.0 + 1e-6);
    }
    desk.controller.setPerspective("heatmap");
    EXPECT_FALSE(caption->isVisible());
}

}  // namespace
}  // namespace ketscope::test
