// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/study/labelled_boxes.h"
#include "core/study/samples.h"
#include "core/study/sanity_check.h"
#include "tests/support/aligned.h"
#include "tests/support/paths.h"
#include "viz/export.h"
#include "viz/figures/alignment.h"
#include "viz/mark_recorder.h"
#include "viz/picture.h"

#include <QImage>
#include <QPainter>
#include <fstream>
#include <gtest/gtest.h>
#include <iostream>
#include <nlohmann/json.hpp>
#include <set>

namespace ketscope::test {
namespace {

const QRectF kArea(10, 10, 900, 460);
const char* const kFigures[] = {"alignment", "alignment-tokens", "patch-tokens", "assignment"};

std::unique_ptr<Figure> figure(const char* id, const ComparisonPointer& comparison)
{
    return figureType(QString::fromLatin1(id)).make(comparison);
}

double number(const Table& table, std::size_t row, const QString& column)
{
    return table.rows.at(row).at(table.header.indexOf(column)).toDouble();
}

TEST(AlignmentPictures, TableHasTheSelectedWordsMap)
{
    const Table table = AlignmentPictures(Aligned().make()).table();
    ASSERT_EQ(table.rows.size(), kAlignedPatches);
    for (std::size_t patch = 0; patch < kAlignedPatches; ++patch) {
        const double a = double(alignedWeight(3, patch, 0)) / (1.0 - kClassShare);
        const double b = double(alignedWeight(3, patch, 1)) / (1.0 - kClassShare);
        EXPECT_EQ(number(table, patch, QStringLiteral("row")), double(patch / kAlignedColumns));
        EXPECT_EQ(number(table, patch, QStringLiteral("column")), double(patch % kAlignedColumns));
        EXPECT_NEAR(number(table, patch, QStringLiteral("A")), a, 1e-6);
        EXPECT_NEAR(number(table, patch, QStringLiteral("B")), b, 1e-6);
        EXPECT_NEAR(number(table, patch, QStringLiteral("Δ")), b - a, 1e-6);
    }
}

// The difference is that of the compared pair, whichever traces it is.
TEST(AlignmentPictures, TheDifferenceFollowsTheComparedPair)
{
    auto swapped = std::make_shared<Comparison>(*Aligned().make());
    swapped->study.view.compared.baseline = 1;
    swapped->study.view.compared.candidate = 0;
    const AlignmentPictures pictures(swapped);
    const Table table = pictures.table();
    for (std::size_t patch = 0; patch < kAlignedPatches; ++patch)
        EXPECT_NEAR(number(table, patch, QStringLiteral("Δ")),
                    number(table, patch, QStringLiteral("A")) - number(table, patch, QStringLiteral("B")), 1e-6);
}

// Rows go down and columns go right, on a grid that is not square and a picture that is not.
TEST(AlignmentPictures, ThePatchUnderThePointIsItsPatch)
{
    const AlignmentPictures pictures(Aligned().make());
    const Theme theme = lightTheme();
    const AlignmentLayout layout = pictures.layout(kArea, theme);
    ASSERT_EQ(layout.panels.size(), 2U);
    ASSERT_TRUE(layout.difference.has_value());
    std::vector<QRectF> all = {layout.panels[0].picture, layout.panels[1].picture, layout.difference->picture};
    for (std::size_t panel = 0; panel < all.size(); ++panel)
        for (std::size_t row = 0; row < kAlignedRows; ++row)
            for (std::size_t column = 0; column < kAlignedColumns; ++column) {
                const QPointF at = all[panel].topLeft()
                                   + QPointF((double(column) + 0.5) * all[panel].width() / double(kAlignedColumns),
                                             (double(row) + 0.5) * all[panel].height() / double(kAlignedRows));
                const Hit hit = pictures.hit(at, kArea, theme);
                EXPECT_EQ(hit.panel, int(panel));
                EXPECT_EQ(hit.patch, row * kAlignedColumns + column);
                EXPECT_TRUE(hit.sentence.startsWith(QStringLiteral("patch row %1, column %2").arg(row).arg(column)));
            }
    EXPECT_EQ(pictures.hit(QPointF(0, 0), kArea, theme).panel, -1);
}

TEST(AlignmentPictures, FitsEveryWidth)
{
    const AlignmentPictures pictures(Aligned().make());
    for (const double scale : {0.9, 1.0, 2.0})
        for (const double width : {300.0, 520.0, 900.0, 1400.0}) {
            const Theme theme = lightTheme(scale);
            const double height = pictures.heightFor(width, theme);
            const AlignmentLayout layout = pictures.layout(QRectF(0, 0, width, height), theme);
            for (const AlignmentLayout::Panel& panel : layout.panels) {
                EXPECT_LE(panel.picture.right(), width + 1e-6) << scale << " " << width;
                EXPECT_NEAR(panel.picture.width() / panel.picture.height(), 1.5, 1e-9);
            }
            EXPECT_LE(layout.difference->picture.right(), width + 1e-6);
            EXPECT_LE(layout.numbers.right(), width + 1e-6);
            EXPECT_LE(layout.numbers.bottom(), height + 1e-6);
            EXPECT_LE(layout.differenceBar.bottom(), height + 1e-6);
        }
}

// What is painted at a patch is that patch's heat: the peak is at row 1, column 4 in A, right of it in B.
TEST(AlignmentPictures, HeatLiesOnItsPatch)
{
    Aligned aligned;
    aligned.comparison.study.view.alignment.ground = PictureGround::Blank;
    aligned.comparison.study.view.alignment.opacity = 100;
    aligned.comparison.study.view.alignment.grid = false;
    aligned.comparison.study.selection.key = 1;  // the frame elsewhere
    const AlignmentPictures pictures(aligned.make());
    const Theme theme = lightTheme();
    QImage image(920, 480, QImage::Format_RGB32);
    image.fill(theme.panel);
    QPainter painter(&image);
    pictures.paint(painter, kArea, theme);
    painter.end();
    const AlignmentLayout layout = pictures.layout(kArea, theme);
    for (std::size_t trace = 0; trace < 2; ++trace) {
        std::size_t strongest = 0;
        int most = -1;
        for (std::size_t patch = 0; patch < kAlignedPatches; ++patch) {
            const QRectF& target = layout.panels[trace].picture;
            const QPointF at = target.topLeft()
                               + QPointF((double(patch % kAlignedColumns) + 0.5) * target.width() / 6.0,
                                         (double(patch / kAlignedColumns) + 0.5) * target.height() / 4.0);
            const QColor colour(image.pixel(at.toPoint()));
            if (colour.red() - colour.blue() > most) {  // viridis ends in yellow
                most = colour.red() - colour.blue();
                strongest = patch;
            }
        }
        EXPECT_EQ(strongest, peakOf(3, trace));
    }
}

TEST(HeatAlpha, RunsFromEighteenToEightyFourPercent)
{
    EXPECT_NEAR(heatAlpha(0.0, 0.7, false), 0.18, 1e-12);
    EXPECT_NEAR(heatAlpha(1.0, 0.7, false), 0.84, 1e-12);
    EXPECT_NEAR(heatAlpha(0.5, 0.7, true), 0.18, 1e-12);
    EXPECT_NEAR(heatAlpha(0.0, 0.7, true), 0.84, 1e-12);
    EXPECT_EQ(heatAlpha(1.0, 0.0, false), 0.0);
    EXPECT_EQ(heatAlpha(1.0, 1.0, false), 1.0);
}

// A box in the original picture goes through resize and crop: 60 × 50 to 36 × 30, of which 30 × 20 from (3, 5) are
// seen.
TEST(PatchPicture, PlacesBoxesThroughResizeAndCrop)
{
    const PatchPicture picture(Aligned().comparison);
    const QRectF target(100, 200, 300, 200);  // 10 units a pixel of what goes in
    const QRectF place = picture.placeOf(target, {10, 20, 20, 30});
    EXPECT_NEAR(place.left(), 100 + (10 * 0.6 - 3) * 10, 1e-9);
    EXPECT_NEAR(place.top(), 200 + (20 * 0.6 - 5) * 10, 1e-9);
    EXPECT_NEAR(place.width(), 60, 1e-9);
    EXPECT_NEAR(place.height(), 60, 1e-9);
    EXPECT_TRUE(picture.placeOf(target, {0, 0, 4, 4}).isEmpty()) << "cut away";
    // A patch's own rectangle is where the patch is drawn.
    const PatchGeometry patches = *Aligned().comparison.input.patches;
    for (const std::size_t patch : {0U, 7U, 23U}) {
        const QRectF own = picture.placeOf(target, patches.rectangle(patch));
        const QRectF drawn = picture.patchRect(target, patch);
        EXPECT_NEAR(own.left(), drawn.left(), 1e-9);
        EXPECT_NEAR(own.bottom(), drawn.bottom(), 1e-9);
    }
}

// The picture that is drawn is what the model saw: the red square's corner is where the geometry says.
TEST(PatchPicture, DrawsTheWindow)
{
    const PatchPicture picture(Aligned().comparison);
    QImage image(300, 200, QImage::Format_RGB32);
    QPainter painter(&image);
    const Theme theme = lightTheme();
    picture.paintPicture(painter, QRectF(0, 0, 300, 200), PictureGround::Picture, theme);
    painter.end();
    const QRectF square = picture.placeOf(QRectF(0, 0, 300, 200), {12, 12, 26, 26});
    const auto red = [&](double x, double y) { return QColor(image.pixel(int(x), int(y))).green() < 90; };
    EXPECT_TRUE(red(square.left() + 3, square.top() + 3));
    EXPECT_TRUE(red(square.right() - 3, square.bottom() - 3));
    EXPECT_FALSE(red(square.left() - 9, square.top() + 3));
    EXPECT_FALSE(red(square.right() + 9, square.bottom() - 3));
}

TEST(AlignmentTokens, RepeatedWordsKeepTheirOwnMaps)
{
    const auto tokens = figure("alignment-tokens", Aligned().make());
    const Table table = tokens->table();
    ASSERT_EQ(table.rows.size(), kAlignedTokens * kAlignedPatches);
    for (const std::size_t token : {1U, 4U}) {
        const std::size_t row = token * kAlignedPatches + peakOf(token, 0);
        EXPECT_EQ(table.rows[row][0], QString::number(token));
        EXPECT_EQ(table.rows[row][1], QStringLiteral("the"));
        EXPECT_NEAR(number(table, row, QStringLiteral("A")), kPeakShare / (1.0 - kClassShare), 1e-6);
    }
}

std::set<std::size_t> tokensUnder(const Figure& figure, const QRectF& area)
{
    std::set<std::size_t> seen;
    const Theme theme = lightTheme();
    for (double y = 0; y < area.height(); y += 4.0)
        for (double x = 0; x < area.width(); x += 6.0)
            if (const Hit hit = figure.hit(area.topLeft() + QPointF(x, y), area, theme); hit.token)
                seen.insert(*hit.token);
    return seen;
}

TEST(AlignmentTokens, EveryWordCanBePointedAt)
{
    const std::set<std::size_t> all = {0, 1, 2, 3, 4, 5, 6, 7};
    for (const char* id : {"alignment-tokens", "patch-tokens"}) {
        const auto made = figure(id, Aligned().make());
        EXPECT_EQ(tokensUnder(*made, QRectF(0, 0, 700, made->heightFor(700, lightTheme()))), all) << id;
        EXPECT_EQ(tokensUnder(*made, QRectF(0, 0, 240, made->heightFor(240, lightTheme()))), all) << id;
    }
}

TEST(PatchTokens, ARegionIsTheMeanOfItsPatches)
{
    Aligned aligned;
    aligned.comparison.study.view.alignment.withoutClass = false;
    aligned.comparison.study.view.alignment.region = {1, 3, 1, 2};
    const Table table = figure("patch-tokens", aligned.make())->table();
    ASSERT_EQ(table.rows.size(), kAlignedTokens);
    for (std::size_t token = 0; token < kAlignedTokens; ++token)
        EXPECT_NEAR(number(table, token, QStringLiteral("B")),
                    (double(alignedWeight(token, 9, 1)) + double(alignedWeight(token, 10, 1))) / 2.0, 1e-7);
}

TEST(Assignment, GivesEachPeakToItsWord)
{
    const auto made = figure("assignment", Aligned().make());
    const Table table = made->table();
    ASSERT_EQ(table.rows.size(), 2 * kAlignedPatches);
    for (std::size_t trace = 0; trace < 2; ++trace)
        for (std::size_t token = 1; token < 7; ++token) {  // specials take no part
            const QStringList& row = table.rows[trace * kAlignedPatches + peakOf(token, trace)];
            EXPECT_EQ(row[3], QString::number(token));
            EXPECT_EQ(row[6], QStringLiteral("yes"));
        }
    EXPECT_TRUE(made->caption().contains(QStringLiteral("error of the margins")));
    Aligned image;
    image.comparison.study.view.alignment.method = "rollout";
    EXPECT_THROW(figure("assignment", image.make()), Error);
    EXPECT_FALSE(obstacleOf(figureType(QStringLiteral("assignment")), image.comparison).isEmpty());
}

TEST(AlignmentFigures, AreRefusedWithoutAnImage)
{
    Aligned text;
    text.comparison.model.stacks.resize(1);
    text.comparison.study.selection = {};
    for (const char* id : kFigures) {
        EXPECT_THROW(figure(id, text.make()), Error) << id;
        EXPECT_TRUE(obstacleOf(figureType(QString::fromLatin1(id)), text.comparison)
                        .startsWith(QStringLiteral("Alignment needs an image and a text.")));
    }
}

// The export's checks read what is painted: the smallest text must be the one that was declared.
TEST(AlignmentFigures, DeclareTheSmallestTextThatTheyDraw)
{
    const ComparisonPointer comparison = Aligned().make();
    const Theme theme = printTheme();
    for (const char* id : kFigures) {
        const auto made = figure(id, comparison);
        for (const double width : {300.0, 880.0}) {
            const QRectF area(0.0, 0.0, width, made->heightFor(width, theme));
            EXPECT_DOUBLE_EQ(marksOf(*made, area, theme).smallestText, made->smallestText(width, theme)) << id;
        }
    }
}

TEST(AlignmentFigures, SayWhatTheyShow)
{
    Aligned aligned;
    aligned.comparison.study.view.alignment.tokens = {3, 6};
    aligned.comparison.study.view.alignment.reduction = HeadReduction::MeanOfHeads;
    const QString caption = AlignmentPictures(aligned.make()).caption();
    for (const char* part : {"Cross-attention of mean of “square”, “circle”", "4 × 6 patches", "words look at patches",
                             "class key left out", "layer 1, mean of 3 heads", "shapes.png"})
        EXPECT_TRUE(caption.contains(QString::fromUtf8(part))) << caption.toStdString() << "\n" << part;
}

class SampleTest : public testing::Test {
protected:
    ComparisonPointer run(const char* id, const std::string& scene, const std::string& caption)
    {
        const std::vector<Sample> all = ketscope::samples();
        const Sample& sample = *std::ranges::find(all, id, &Sample::id);
        Study study = sample.study;
        study.candidates.clear();
        study.input.image = PictureInput{(samples() / "scenes" / scene).string(), nullptr};
        study.input.labels.clear();
        study.input.text.reset();
        if (std::string_view(id) == "shape-clip")
            study.input.labels = {caption};
        else
            study.input.text = caption;
        study.view.alignment.reduction = HeadReduction::MeanOfHeads;
        if (!model)
            model = loadModel(study.modelPath, monitor);
        return runStudy(withPicture(study), *model, previous, 1, monitor);
    }

    // Over the scenes: in how many the strongest patch of a shape's word lies in its box.
    double pointing(const char* id, std::size_t layer)
    {
        const Json scenes = parseJson(readAll(samples() / "scenes" / "scenes.json"), "scenes");
        double hits = 0.0, words = 0.0;
        for (const Json& scene : scenes) {
            auto comparison = std::make_shared<Comparison>(
                *run(id, scene.at("image").get<std::string>(), scene.at("caption").get<std::string>()));
            comparison->study.selection.layer = layer;
            const auto maps = comparison->alignments->of(*comparison);
            const auto boxes = labelledBoxes(*comparison);
            EXPECT_FALSE(boxes.empty());
            for (const LabelledBox& box : boxes)
                if (!box.tokens.empty()) {
                    const auto readings = readBoxes(*comparison, *maps, {{box.tokens.back()}, 0, {}}, {box});
                    hits += readings.at(0).points.at(0);
                    words += 1.0;
                }
        }
        std::cout << id << ", layer " << layer << ": " << hits << " of " << words << std::endl;
        return hits / words;
    }

    static std::string readAll(const std::filesystem::path& file)
    {
        std::ifstream in(file, std::ios::binary);
        return {std::istreambuf_iterator<char>(in), {}};
    }

    Monitor monitor;
    std::shared_ptr<const LoadedModel> model;
    ComparisonPointer previous;
};

// The models were trained to do this, and their pages say how well they do on new scenes. Here the patch's middle has to lie
// in the box, on the scenes that are shipped.
TEST_F(SampleTest, BlipsWordsPointAtTheirShapes) { EXPECT_GT(pointing("shape-blip", 1), 0.9); }
TEST_F(SampleTest, ClipsWordsPointAtTheirShapes) { EXPECT_GT(pointing("shape-clip", 0), 0.95); }

// A noise image has no ring: its map of "ring" is another one. The figure gets a line for each sanity run.
TEST_F(SampleTest, ASanityRunIsALineOfItsOwn)
{
    const ComparisonPointer comparison = run("shape-blip", "scene-00.png", "a pink ring left of a red circle");
    const qsizetype before = figure("alignment-tokens", comparison)->table().header.size();
    comparison->alignments->keep(runSanityCheck(*comparison, *model, 1, monitor));
    const auto made = figure("alignment-tokens", comparison);
    const Table table = made->table();
    ASSERT_EQ(table.header.size(), before + 2);
    EXPECT_EQ(table.header.back(), QStringLiteral("A, noise image"));
    const std::size_t ring = 3 * comparison->input.patches->patches();
    double apart = 0.0;
    for (std::size_t patch = 0; patch < comparison->input.patches->patches(); ++patch)
        apart = std::max(apart, std::abs(number(table, ring + patch, QStringLiteral("A"))
                                         - number(table, ring + patch, QStringLiteral("A, noise image"))));
    EXPECT_GT(apart, 0.05);
}

// Every figure with every method goes into every kind of file.
TEST_F(SampleTest, EveryMethodIsDrawnAndExported)
{
    for (const char* id : {"shape-blip", "shape-clip"}) {
        model.reset();
        const ComparisonPointer comparison = run(id, "scene-00.png", "a pink ring left of a red circle");
        const TemporaryFolder folder;
        for (const AlignmentMethod& method : alignmentMethods()) {
            if (!method.obstacle(*comparison).empty())
                continue;
            auto shown = std::make_shared<Comparison>(*comparison);
            shown->study.view.alignment.method = method.id;
            shown->study.view.alignment.boxes = true;
            for (const char* each : kFigures) {
                if (std::string_view(each) == "assignment"
                    && (method.id == "rollout" || method.id == "class-attention"))
                    continue;
                for (const char* suffix : {"svg", "pdf"}) {
                    const auto file = folder.path() / (method.id + "-" + each + "." + suffix);
                    exportFigure(*figure(each, shown), *shown, file, {});
                    EXPECT_GT(std::filesystem::file_size(file), 2000U) << file;
                }
            }
        }
    }
}

}  // namespace
}  // namespace ketscope::test
