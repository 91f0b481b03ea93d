// SPDX-License-Identifier: GPL-3.0-or-later
// Figures of outputs, hidden states and sweeps: their numbers, where they are, and whole pictures against stored ones.
#include "core/base/error.h"
#include "core/study/sweep.h"
#include "tests/viz/golden.h"
#include "tests/viz/synthetic.h"
#include "viz/figure.h"
#include "viz/mark_recorder.h"

#include <gmock/gmock.h>

namespace ketscope::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::unique_ptr<Figure> figure(const char* id, const ComparisonPointer& comparison)
{
    return figureType(QString::fromLatin1(id)).make(comparison);
}

TEST(OutputsFigure, ListsProbabilitiesAndRanks)
{
    const Table table = figure("outputs", completeSample(9))->table();
    ASSERT_EQ(table.rows.size(), 6U);
    EXPECT_EQ(table.header.size(), 7);
    EXPECT_EQ(table.rows[0][2], QStringLiteral("1"));
    double sum = 0.0;
    for (const QStringList& row : table.rows)
        sum += row[3].toDouble();
    EXPECT_NEAR(sum, 1.0, 1e-6);
}

TEST(OutputsFigure, SaysWhereAModelHasNone)
{
    EXPECT_THROW(figure("outputs", sample(9)), Error);
    EXPECT_THROW(figure("output-change", sample(9)), Error);
    EXPECT_THROW(figure("token-loss", sample(9)), Error);
    EXPECT_THROW(figure("hidden-similarity", sample(9)), Error);
    EXPECT_THROW(figure("sweep", sample(9)), Error);
}

TEST(OutputsFigure, FollowsTheSelectedTokenOfACausalModel)
{
    auto comparison = std::make_shared<Comparison>(*completeSample(9));
    EXPECT_THAT(figure("outputs", comparison)->caption().toStdString(), HasSubstr("next token"));
    comparison->study.view.outputs.atSelected = true;
    EXPECT_THAT(figure("outputs", comparison)->caption().toStdString(), HasSubstr("token after 4"));
}

// A hit on every pixel of a column finds the token or layer that its sentence names.
template <typename Take> std::vector<std::size_t> hits(const Figure& made, Take take)
{
    std::vector<std::size_t> found;
    const Theme theme = lightTheme();
    for (double x = 0; x < 560; x += 1.0)
        if (const auto index = take(made.hit({x, 150}, QRectF(0, 0, 560, 300), theme));
            index && (found.empty() || found.back() != *index))
            found.push_back(*index);
    return found;
}

TEST(HiddenFigures, AreClickedByLayerAndToken)
{
    const auto comparison = completeSample(9);
    EXPECT_THAT(hits(*figure("hidden-similarity", comparison), [](const Hit& hit) { return hit.layer; }),
                ElementsAre(0U, 1U));
    for (const char* id : {"token-similarity", "token-loss"})
        EXPECT_EQ(hits(*figure(id, comparison), [](const Hit& hit) { return hit.query; }).size(), 9U) << id;
}

TEST(SweepFigure, PointsAreRowsOfTheSweep)
{
    const auto comparison = completeSample(9);
    const auto made = figure("sweep", comparison);
    std::vector<std::size_t> rows;
    const Theme theme = lightTheme();
    for (double x = 0; x < 560; x += 3.0)
        for (double y = 0; y < 400; y += 3.0)
            if (const Hit hit = made->hit({x, y}, QRectF(0, 0, 560, 400), theme); hit.item)
                rows.push_back(*hit.item);
    std::ranges::sort(rows);
    rows.erase(std::unique(rows.begin(), rows.end()), rows.end());
    EXPECT_THAT(rows, ElementsAre(3U, 4U, 5U, 6U, 7U, 8U, 9U, 10U));
    EXPECT_EQ(made->table().rows.size(), 11U);
}

TEST(SweepFigure, SaysThatItIsOld)
{
    auto comparison = std::make_shared<Comparison>(*completeSample(9));
    EXPECT_FALSE(figure("sweep", comparison)->caption().contains(QStringLiteral("earlier")));
    comparison->study.input.text = "another one";
    EXPECT_TRUE(figure("sweep", comparison)->caption().contains(QStringLiteral("earlier")));
}

// Combinations without a finite value are counted and named, with the reason.
TEST(SweepFigure, SaysWhatItDoesNotDraw)
{
    auto comparison = std::make_shared<Comparison>(*completeSample(9));
    EXPECT_THAT(figure("sweep", comparison)->caption().toStdString(), testing::Not(HasSubstr("Not drawn")));
    auto sweep = std::make_shared<Sweep>(*comparison->sweep);
    comparison->study.view.outputs.sweepMeasure = "weight_divergence";
    const std::size_t measure = sweepMeasureIndex("weight_divergence");
    for (std::size_t row = 4; row < 6; ++row)
        sweep->rows[row].measures[measure] = {std::nan(""), std::nan(""), std::nan("")};
    comparison->sweep = sweep;
    EXPECT_THAT(figure("sweep", comparison)->caption().toStdString(),
                HasSubstr("Not drawn, 2 of 8: m 16 · σ 1, m 64 · σ 0.5; rows are no distributions."));
}

// However small the values of a logarithmic axis are, each tick has its own number.
TEST(SweepFigure, TicksOfTinyValuesDiffer)
{
    auto comparison = std::make_shared<Comparison>(*completeSample(9));
    auto sweep = std::make_shared<Sweep>(*comparison->sweep);
    comparison->study.view.outputs.sweepMeasure = "weight_divergence";
    const std::size_t measure = sweepMeasureIndex("weight_divergence");
    for (std::size_t row = 3; row < sweep->rows.size(); ++row) {
        const double value = row % 2 == 0 ? 0.5 : 1e-16;
        sweep->rows[row].measures[measure] = {value, value, value};
    }
    comparison->sweep = sweep;
    QStringList words;
    for (const MarkedText& word : marksOf(*figure("sweep", comparison), QRectF(0, 0, 500, 400), printTheme()).words)
        words << word.text;
    EXPECT_TRUE(words.contains(QStringLiteral("1e−13"))) << words.join(QLatin1Char(' ')).toStdString();
    EXPECT_EQ(words.count(QStringLiteral("0")), 0) << words.join(QLatin1Char(' ')).toStdString();
}

ComparisonPointer sweptShots(double errorAt16)
{
    auto comparison = std::make_shared<Comparison>(*completeSample(9));
    auto made = std::make_shared<Sweep>();
    made->request.study = comparison->study;
    made->request.candidate = parseSpec("shots:shots=16@layers=1;heads=2");
    made->request.axes = {{"shots", {"4", "16", "64"}}};
    made->request.wholeModel = false;
    comparison->study.candidates = {{{made->request.candidate}}};
    for (const double factor : {2.1, 1.0, 0.48}) {
        const double value = errorAt16 * factor;
        made->rows.push_back({"swept",
                              {made->request.axes[0].values[made->rows.size()]},
                              4,
                              false,
                              std::vector<Interval>(sweepMeasures().size(), {value, 0.9 * value, 1.1 * value})});
    }
    comparison->sweep = made;
    return comparison;
}

TEST(ConvergenceFigure, TellsHowManyAreNeeded)
{
    const auto made = figure("convergence", sweptShots(0.02));
    EXPECT_THAT(made->caption().toStdString(), HasSubstr("at most 0.01: 64."));
    EXPECT_EQ(made->table().rows.size(), 3U);
    EXPECT_THAT(made->table().header.join(u' ').toStdString(), HasSubstr("standard_error mean"));
    EXPECT_FALSE(obstacleOf(figureType(QStringLiteral("convergence")), *completeSample(9)).isEmpty());
    EXPECT_FALSE(obstacleOf(figureType(QStringLiteral("convergence")), *sample(9)).isEmpty());
}

TEST(ConvergenceFigure, SaysThatThereIsNoError)
{
    const auto made = figure("convergence", sweptShots(std::numeric_limits<double>::quiet_NaN()));
    EXPECT_THAT(made->caption().toStdString(), testing::Not(HasSubstr("Needed")));
    QImage image(300, 200, QImage::Format_RGB32);
    QPainter painter(&image);
    made->paint(painter, QRectF(0, 0, 300, 200), lightTheme());
}

TEST(ConvergenceFigure, LooksAsStored)
{
    compareWithGolden("convergence_light", *figure("convergence", sweptShots(0.02)), false, {270, 240});
    compareWithGolden("convergence_dark", *figure("convergence", sweptShots(0.02)), true, {560, 360});
}

struct Picture {
    const char* name;
    const char* figure;
    bool dark;
    QSize size;
};
class OutputGolden : public testing::TestWithParam<Picture> {};

TEST_P(OutputGolden, LooksAsStored)
{
    const Picture& picture = GetParam();
    const auto made = figure(picture.figure, completeSample(9));
    compareWithGolden(picture.name, *made, picture.dark, picture.size);
}

INSTANTIATE_TEST_SUITE_P(Outputs, OutputGolden,
                         testing::Values(Picture{"outputs_light", "outputs", false, {560, 360}},
                                         Picture{"outputs_dark", "outputs", true, {330, 360}},
                                         Picture{"output_change_light", "output-change", false, {420, 250}},
                                         Picture{"output_change_dark", "output-change", true, {420, 250}},
                                         Picture{"hidden_similarity_light", "hidden-similarity", false, {420, 240}},
                                         Picture{"hidden_similarity_dark", "hidden-similarity", true, {420, 240}},
                                         Picture{"token_similarity_light", "token-similarity", false, {560, 260}},
                                         Picture{"token_loss_light", "token-loss", false, {620, 320}},
                                         Picture{"token_loss_dark", "token-loss", true, {620, 320}},
                                         Picture{"sweep_light", "sweep", false, {620, 420}},
                                         Picture{"sweep_dark", "sweep", true, {620, 420}}),
                         [](const auto& picture) { return std::string(picture.param.name); });

}  // namespace
}  // namespace ketscope::test
