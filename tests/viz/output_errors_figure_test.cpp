// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/study/output_errors.h"
#include "core/study/samples.h"
#include "core/study/staged_run.h"
#include "core/study/sweep.h"
#include "tests/support/paths.h"
#include "viz/export_page.h"
#include "viz/figure.h"
#include "viz/mark_recorder.h"
#include "viz/picture.h"
#include "viz/scale.h"

#include <gtest/gtest.h>

namespace ketscope::test {
namespace {

class OutputErrorsFigure : public testing::Test {
protected:
    static ComparisonPointer run(const std::string& spec)
    {
        Monitor monitor;
        static const auto model = loadModel(samples() / "sentiment", monitor);
        const Study study{.modelPath = (samples() / "sentiment").string(),
                          .input = {.text = "the film is not great"},
                          .candidates = {{{parseSpec(spec)}}}};
        ComparisonPointer stage;
        const ComparisonPointer whole = runInStages(
            study, *model, nullptr, 1, monitor, [&](const ComparisonPointer& told) { stage = told; }, 0.0);
        firstStages = stage;
        return withOutputErrors(whole, *model, 1, monitor);
    }

    static inline ComparisonPointer firstStages;
};

TEST_F(OutputErrorsFigure, TablesAndCaptionsHaveWhatIsKnown)
{
    const ComparisonPointer repeated = run("rff:m=32,repeats=8"), single = run("rff:m=32");
    for (const char* id : {"outputs", "output-change"}) {
        const auto figure = figureType(QString::fromLatin1(id)).make(repeated);
        EXPECT_TRUE(figure->table().header.contains(QStringLiteral("B standard error"))) << id;
        EXPECT_FALSE(figure->table().header.contains(QStringLiteral("A standard error"))) << id;
        EXPECT_TRUE(figure->caption().contains(QStringLiteral("jackknife"))) << id;
        for (const auto& row : figure->table().rows)
            EXPECT_EQ(row.size(), figure->table().header.size()) << id;
        const auto one = figureType(QString::fromLatin1(id)).make(single);
        EXPECT_FALSE(one->table().header.contains(QStringLiteral("B standard error"))) << id;
        EXPECT_TRUE(one->caption().contains(QStringLiteral("no errors are known"))) << id;
    }
}

// Nothing lies over anything else: on narrow pages answers and measures stand above their numbers.
TEST_F(OutputErrorsFigure, EveryWidthHasRoomForThem)
{
    const ComparisonPointer comparison = run("rff:m=32,repeats=8");
    for (const char* id : {"outputs", "output-change"}) {
        const auto figure = figureType(QString::fromLatin1(id)).make(comparison);
        for (const double width : {40.0, 50.0, 60.0, 75.0, 89.0, 120.0, 183.0}) {
            ExportOptions options;
            options.widthMm = width;
            const ExportPage page(*figure, options);
            const double unit = page.figureWidth();
            const Marks marks =
                marksOf(*figure, QRectF(0.0, 0.0, unit, figure->heightFor(unit, page.theme())), page.theme());
            EXPECT_TRUE(overlaidTexts(marks).isEmpty())
                << id << ' ' << width << ": " << overlaidTexts(marks).join(QStringLiteral("; ")).toStdString();
            for (const MarkedText& word : marks.words)
                EXPECT_FALSE(word.text.contains(u'…')) << id << ' ' << width << ": " << word.text.toStdString();
        }
    }
}

// Captions may differ in their last words alone.
TEST(OutputsFigure, LongAnswersAreWholeAboveTheirBars)
{
    Monitor monitor;
    const Study study = sampleAt(samples() / "shape-clip").value().study;
    const auto model = loadModel(samples() / "shape-clip", monitor);
    const ComparisonPointer comparison = runStudy(withPicture(study), *model, nullptr, 1, monitor);
    const auto figure = figureType(QStringLiteral("outputs")).make(comparison);
    for (const double width : {60.0, 89.0, 183.0}) {
        ExportOptions options;
        options.widthMm = width;
        const ExportPage page(*figure, options);
        const Marks marks =
            marksOf(*figure, QRectF(0.0, 0.0, page.figureWidth(), figure->heightFor(page.figureWidth(), page.theme())),
                    page.theme());
        for (const std::string& label : study.input.labels)
            EXPECT_TRUE(std::ranges::any_of(
                marks.words, [&](const MarkedText& word) { return word.text == QString::fromStdString(label); }))
                << label << " at " << width;
        EXPECT_TRUE(overlaidTexts(marks).isEmpty()) << overlaidTexts(marks).join(u' ').toStdString();
    }
}

TEST_F(OutputErrorsFigure, AStageSaysHowManyRepeatsItHas)
{
    run("rff:m=32,repeats=16");
    QString caption = figureType(QStringLiteral("heatmap")).make(firstStages)->caption();
    EXPECT_TRUE(caption.replace(QChar::Nbsp, QLatin1Char(' ')).contains(QStringLiteral("8 of 16 repeats")))
        << caption.toStdString();
    EXPECT_FALSE(caption.contains(QStringLiteral("R 16"))) << caption.toStdString();
    auto shown = std::make_shared<Comparison>(*firstStages);
    shown->sweep = sweepOfStages(*firstStages, 1);
    ASSERT_NE(shown->sweep, nullptr);
    const auto convergence = figureType(QStringLiteral("convergence")).make(shown);
    EXPECT_TRUE(convergence->panelCaption().contains(QStringLiteral("so far: 8 of 16 repeats")))
        << convergence->panelCaption().toStdString();
}

TEST(FormatError, KeepsTwoThingsApartFromNothing)
{
    EXPECT_EQ(formatError(0.0061), QStringLiteral("±.006"));
    EXPECT_EQ(formatError(0.00061), QStringLiteral("±.0006"));
    EXPECT_EQ(formatError(0.000017), QStringLiteral("±2e−5"));
    EXPECT_EQ(formatError(1.5), QStringLiteral("±1.500"));
}

}  // namespace
}  // namespace ketscope::test
