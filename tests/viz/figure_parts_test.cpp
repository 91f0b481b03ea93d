// SPDX-License-Identifier: GPL-3.0-or-later
// What a page shows beside its marks can be left out, in the picture and in the file.
#include "tests/support/paths.h"
#include "tests/viz/synthetic.h"
#include "viz/composition.h"
#include "viz/export.h"
#include "viz/export_page.h"
#include "viz/mark_recorder.h"

#include <QImage>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace ketscope::test {
namespace {

using testing::HasSubstr;
using testing::Not;

std::unique_ptr<Composition> page(const ComparisonPointer& comparison, const QStringList& figures)
{
    return makePage(comparison, {figures});
}

std::string textOf(const Figure& figure, const FigureParts& parts)
{
    ExportOptions options;
    options.parts = parts;
    const ExportPage made(figure, options);
    QStringList words(made.caption());
    for (const MarkedText& word :
         marksOf(figure, QRectF(0.0, 0.0, made.figureWidth(), made.units().height()), made.theme()).words)
        words << word.text;
    return words.join(QLatin1Char('|')).toStdString();
}

TEST(FigureParts, EachLeavesOutItsOwn)
{
    const auto comparison = sample(9);
    const auto made = page(comparison, {QStringLiteral("heatmap"), QStringLiteral("token-entropy")});
    const std::string token = "|" + sentence(9)[1] + "|";
    const std::string all = textOf(*made, {});
    EXPECT_THAT(all, HasSubstr("Attention weight, √ scale"));
    EXPECT_THAT(all, HasSubstr(token));
    EXPECT_THAT(all, HasSubstr("Head means: KL(A‖B) "));
    EXPECT_THAT(textOf(*made, {.colourBars = false}), Not(HasSubstr("Attention weight, √ scale")));
    EXPECT_THAT(textOf(*made, {.colourBars = false}), HasSubstr(token));
    EXPECT_THAT(textOf(*made, {.tokenLabels = false}), Not(HasSubstr(token)));
    EXPECT_THAT(textOf(*made, {.tokenLabels = false}), HasSubstr("|6|7|8")) << "positions in place of tokens";
    EXPECT_THAT(textOf(*made, {.metrics = false}), Not(HasSubstr("Head means")));
    EXPECT_THAT(textOf(*made, {.metrics = false}), HasSubstr("Δ is B − A"));
}

// One sentence, though both panels are of the head.
TEST(FigureParts, MetricsAreSaidOnceAndAreThoseOfTheMaps)
{
    const auto made = page(threeTokens(), {QStringLiteral("heatmap"), QStringLiteral("token-entropy")});
    const std::string text = made->metrics().toStdString();
    EXPECT_EQ(text.find("Head means"), text.rfind("Head means"));
    // By hand from mapA() and mapB(): the entropies are the means of their rows, the largest difference is 0.25.
    EXPECT_THAT(text, HasSubstr("entropy A 0.78 → B 0.82 nats; max |Δ| 0.250."));
}

TEST(FigureParts, SignsKeepADifferenceInGrey)
{
    const auto comparison = threeTokens();
    const auto made = page(comparison, {QStringLiteral("heatmap"), QStringLiteral("head-matrix")});
    ExportOptions options;
    const std::string without = checkExport(*made, options).warnings.join(QLatin1Char(' ')).toStdString();
    EXPECT_THAT(without, HasSubstr("In greyscale panel a and panel b lose their signs; signs in the cells keep it"));
    const QImage plain = renderImage(*made, *comparison, options);
    options.parts.signs = true;
    EXPECT_THAT(checkExport(*made, options).warnings.join(QLatin1Char(' ')).toStdString(), Not(HasSubstr("greyscale")));
    EXPECT_NE(renderImage(*made, *comparison, options), plain);
    // Cells that are too small have none, and that is said.
    const auto many = page(sample(64), {QStringLiteral("heatmap")});
    options.widthMm = 60.0;
    const std::string small = checkExport(*many, options).warnings.join(QLatin1Char(' ')).toStdString();
    EXPECT_THAT(small, HasSubstr("In greyscale the difference loses its sign."));
}

TEST(FigureParts, AreInTheStudyInsideTheFile)
{
    TemporaryFolder folder;
    const auto comparison = threeTokens();
    ExportOptions options;
    options.parts = {false, true, false, true};
    exportFigure(*page(comparison, {QStringLiteral("heatmap")}), *comparison, folder.path() / "f.png", options);
    const QImage image(QString::fromStdString((folder.path() / "f.png").string()));
    const Study study = studyFromJson(Json::parse(image.text(QStringLiteral("Study")).toStdString()), "f.png");
    EXPECT_EQ(study.view.parts, options.parts);
}

}  // namespace
}  // namespace ketscope::test
