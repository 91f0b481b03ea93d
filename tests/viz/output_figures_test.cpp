// SPDX-License-Identifier: GPL-3.0-or-later
// Figures of outputs, hidden states and sweeps: their numbers, where they are, and whole pictures against stored ones.
#include "core/base/error.h"
#include "core/study/sweep.h"
#include "tests/support/paths.h"
#include "tests/viz/golden.h"
#include "tests/viz/synthetic.h"
#include "viz/figure.h"

#include <cmath>
#include <gmock/gmock.h>

namespace ketscope::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TensorPointer wave(std::vector<std::size_t> shape, double phase)
{
    Tensor tensor(std::move(shape));
    for (std::size_t i = 0; i < tensor.size(); ++i)
        tensor.data()[i] = static_cast<float>(2.0 * std::sin(static_cast<double>(i) * 1.7 + phase));
    return std::make_shared<const Tensor>(std::move(tensor));
}

// The sample of nine tokens as a causal model with a vocabulary of six, hidden states that drift, and three traces.
ComparisonPointer causalSample()
{
    auto comparison = std::make_shared<Comparison>(*sample(9, true));
    comparison->model.task = Task::CausalLanguageModelling;
    comparison->outputLabels = std::make_shared<const std::vector<std::string>>(
        std::vector<std::string>{"great", "not", "film", "the", "is", "warm"});
    for (std::size_t i = 0; i < 9; ++i)
        comparison->input.model.tokenIds[i] = static_cast<std::int32_t>(i * 5 % 6);
    comparison->traces.push_back(comparison->traces.back());
    comparison->plans.push_back(comparison->plans.back());
    comparison->study.candidates.push_back(comparison->study.candidates.back());
    for (std::size_t t = 0; t < 3; ++t) {
        auto trace = std::make_shared<Trace>(*comparison->traces[t]);
        const auto drift = static_cast<double>(t) * 0.4;
        trace->outputs["logits"] = wave({9, 6}, drift);
        trace->stacks[0].hidden = {wave({9, 12}, 0.0), wave({9, 12}, drift / 3.0), wave({9, 12}, drift)};
        comparison->traces[t] = std::move(trace);
    }
    return comparison;
}

Interval around(double mean, double half) { return {mean, mean - half, mean + half}; }

// Four values of m, two of σ, and one published point.
std::shared_ptr<Sweep> madeSweep(const Study& study)
{
    auto sweep = std::make_shared<Sweep>();
    sweep->request.study = study;
    sweep->request.candidate = study.candidates.front().entries.front();
    sweep->request.axes = {{"m", {"16", "64", "128", "512"}}, {"sigma", {"0.5", "1"}}};
    sweep->question = "class";
    const std::size_t measures = sweepMeasures().size();
    const auto baseline = [&](const char* label, double value) {
        sweep->rows.push_back({label, {}, 1, false, std::vector<Interval>(measures, Interval{value, value, value})});
    };
    baseline("exact", 0.0);
    baseline("uniform", 0.72);
    baseline("zero", 1.0);
    double value = 0.8;
    for (const char* m : {"16", "64", "128", "512"})
        for (const char* sigma : {"0.5", "1"}) {
            sweep->rows.push_back({"swept",
                                   {m, sigma},
                                   5,
                                   std::string_view(m) == "512" && std::string_view(sigma) == "1",
                                   std::vector<Interval>(measures, around(value, 0.05))});
            value *= 0.8;
        }
    return sweep;
}

ComparisonPointer sweptSample()
{
    auto comparison = std::make_shared<Comparison>(*sample(9));
    comparison->sweep = madeSweep(comparison->study);
    return comparison;
}

std::unique_ptr<Figure> figure(const char* id, const ComparisonPointer& comparison)
{
    return figureType(QString::fromLatin1(id)).make(comparison);
}

TEST(OutputsFigure, ListsProbabilitiesAndRanks)
{
    const Table table = figure("outputs", causalSample())->table();
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
    auto comparison = std::make_shared<Comparison>(*causalSample());
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
    const auto comparison = causalSample();
    EXPECT_THAT(hits(*figure("hidden-similarity", comparison), [](const Hit& hit) { return hit.layer; }),
                ElementsAre(0U, 1U));
    for (const char* id : {"token-similarity", "token-loss"})
        EXPECT_EQ(hits(*figure(id, comparison), [](const Hit& hit) { return hit.query; }).size(), 9U) << id;
}

TEST(SweepFigure, PointsAreRowsOfTheSweep)
{
    const auto comparison = sweptSample();
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
    auto comparison = std::make_shared<Comparison>(*sweptSample());
    EXPECT_FALSE(figure("sweep", comparison)->caption().contains(QStringLiteral("earlier")));
    comparison->study.input.text = "another one";
    EXPECT_TRUE(figure("sweep", comparison)->caption().contains(QStringLiteral("earlier")));
}

struct Picture {
    const char* name;
    const char* figure;
    bool swept, dark;
    QSize size;
};
class OutputGolden : public testing::TestWithParam<Picture> {};

TEST_P(OutputGolden, LooksAsStored)
{
    const Picture& picture = GetParam();
    const auto made = figure(picture.figure, picture.swept ? sweptSample() : causalSample());
    compareWithGolden(picture.name, *made, picture.dark, picture.size);
}

INSTANTIATE_TEST_SUITE_P(
    Outputs, OutputGolden,
    testing::Values(Picture{"outputs_light", "outputs", false, false, {560, 360}},
                    Picture{"outputs_dark", "outputs", false, true, {330, 360}},
                    Picture{"output_change_light", "output-change", false, false, {420, 250}},
                    Picture{"output_change_dark", "output-change", false, true, {420, 250}},
                    Picture{"hidden_similarity_light", "hidden-similarity", false, false, {420, 240}},
                    Picture{"hidden_similarity_dark", "hidden-similarity", false, true, {420, 240}},
                    Picture{"token_similarity_light", "token-similarity", false, false, {560, 260}},
                    Picture{"token_loss_light", "token-loss", false, false, {620, 320}},
                    Picture{"token_loss_dark", "token-loss", false, true, {620, 320}},
                    Picture{"sweep_light", "sweep", true, false, {620, 420}},
                    Picture{"sweep_dark", "sweep", true, true, {620, 420}}),
    [](const auto& picture) { return std::string(picture.param.name); });

}  // namespace
}  // namespace ketscope::test
