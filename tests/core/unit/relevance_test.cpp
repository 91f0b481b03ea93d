// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/measures/relevance.h"
#include "core/study/alignment.h"
#include "core/study/relevance.h"
#include "tests/support/aligned.h"
#include "tests/support/cancelled_after.h"
#include "tests/support/model_run.h"
#include "tests/support/random_head.h"

#include <gmock/gmock.h>

namespace ketscope {
namespace {

using testing::HasSubstr;
using Rows = std::vector<std::vector<double>>;

Tensor heads(std::vector<Rows> each)
{
    Tensor result({each.size(), each[0].size(), each[0][0].size()});
    float* to = result.data();
    for (const Rows& rows : each)
        for (const auto& row : rows)
            for (const double value : row)
                *to++ = static_cast<float>(value);
    return result;
}

void expectRows(const Tensor& found, const Rows& rows, double tolerance = 1e-6)
{
    ASSERT_EQ(found.shape(), (std::vector<std::size_t>{rows.size(), rows[0].size()}));
    for (std::size_t row = 0; row < rows.size(); ++row)
        for (std::size_t i = 0; i < rows[row].size(); ++i)
            EXPECT_NEAR(found.matrix()(row, i), rows[row][i], tolerance) << row << ", " << i;
}

// Two heads; negative products count for nothing: ((0.5·2 + 0) / 2, (0 + 0.8·1) / 2; (0.25·4 + 0.5·2) / 2, 0).
TEST(Relevance, KeepsThePositivePartOfEveryHead)
{
    const Tensor attention = heads({{{0.5, 0.5}, {0.25, 0.75}}, {{0.2, 0.8}, {0.5, 0.5}}});
    const Tensor gradients = heads({{{2.0, -1.0}, {4.0, 0.0}}, {{-3.0, 1.0}, {2.0, -1.0}}});
    EXPECT_THAT(positiveGradientAttention(attention, gradients),
                testing::Pointwise(testing::FloatNear(1e-6F), std::vector<double>{0.5, 0.4, 1.0, 0.0}));
}

// R = (I + Ā2)(I + Ā1).
TEST(Relevance, OfSelfAttentionIsTheProductOfLayers)
{
    const Tensor ones = heads({{{1.0, 1.0}, {1.0, 1.0}}});
    RelevanceMaps maps(2);
    maps.addSelfAttention(heads({{{0.5, 0.5}, {0.25, 0.75}}}), ones);
    expectRows(maps.own(), {{1.5, 0.5}, {0.25, 1.75}});
    maps.addSelfAttention(heads({{{0.0, 1.0}, {0.5, 0.5}}}), ones);
    expectRows(maps.own(), {{1.75, 2.25}, {1.125, 2.875}});
    EXPECT_TRUE(maps.across().empty());
}

// Two words that look at three patches. Before it R^tt = I + ((0, 1), (0, 0)), so R̄^tt = ((1, 1), (0, 1)), and R^ii =
// I.
TEST(Relevance, OfCrossAttentionFollowsRule10)
{
    RelevanceMaps words(2, 3), patches(3);
    words.addSelfAttention(heads({{{0.0, 1.0}, {1.0, 0.0}}}), heads({{{0.0, 1.0}, {0.0, 0.0}}}));
    const Tensor cross = heads({{{0.2, 0.3, 0.5}, {0.6, 0.4, 0.0}}}), ones = heads({{{1, 1, 1}, {1, 1, 1}}});
    words.addCrossAttention(cross, ones, patches);
    // (R̄^tt)ᵀ Ā: the second word also has what the first one, for which it counts, looks at.
    expectRows(words.across(), {{0.2, 0.3, 0.5}, {0.8, 0.7, 0.5}});
    expectRows(words.own(), {{1.0, 1.0}, {0.0, 1.0}});  // patches have not looked at words (11)
    // The next self-attention carries it on (7).
    words.addSelfAttention(heads({{{0.5, 0.5}, {0.0, 1.0}}}), heads({{{1.0, 1.0}, {0.0, 0.0}}}));
    expectRows(words.across(), {{0.7, 0.8, 1.0}, {0.8, 0.7, 0.5}});
}

// Patches that count for each other: R^ii − I = ((0, 2), (0, 0)), whose rows scaled to sum 1 are ((0, 1), (0, 0)) (8,
// 9).
TEST(Relevance, OfCrossAttentionNormsWhatIsLookedAt)
{
    RelevanceMaps words(1, 2), patches(2);
    patches.addSelfAttention(heads({{{0.0, 1.0}, {0.0, 1.0}}}), heads({{{0.0, 2.0}, {0.0, 0.0}}}));
    words.addCrossAttention(heads({{{0.75, 0.25}}}), heads({{{1.0, 1.0}}}), patches);
    expectRows(words.across(), {{0.75, 1.0}});
}

// Where q has looked at s before, s looking at q counts for s itself: R^ss += Ā R^qs.
TEST(Relevance, OfCoAttentionFollowsRule11)
{
    RelevanceMaps s(1, 2), q(2, 1);
    q.addCrossAttention(heads({{{1.0}, {1.0}}}), heads({{{0.5}, {0.25}}}), s);
    expectRows(q.across(), {{0.5}, {0.25}});
    s.addCrossAttention(heads({{{0.5, 0.5}}}), heads({{{1.0, 2.0}}}), q);
    expectRows(s.own(), {{1.0 + 0.5 * 0.5 + 1.0 * 0.25}});
    expectRows(s.across(), {{0.5, 1.0}});
}

// ---- studies of fixture models

struct Ran {
    std::shared_ptr<const LoadedModel> model;
    ComparisonPointer comparison;
};

Ran ran(const std::string& fixture, const std::string& candidate)
{
    Monitor monitor;
    const auto folder = test::fixtures() / "models" / fixture;
    Ran result{loadModel(folder, monitor), nullptr};
    const ImageInfo& image = *result.model->model->info().image;
    auto picture = std::make_shared<Image>(blankImage(image.width, image.height, "test"));
    for (std::size_t i = 0; i < picture->rgb.size(); ++i)
        picture->rgb[i] = static_cast<std::uint8_t>(i * i % 251);
    Study study{.modelPath = folder.string()};
    if (result.model->model->info().vocabularySize > 0)
        study.input.text = "a red square";
    study.input.image = PictureInput{"p.png", picture};
    study.candidates = {{{parseSpec(candidate)}}};
    study.view.alignment.method = "relevance";
    auto comparison = std::make_shared<Comparison>(*runStudy(study, *result.model, nullptr, 1, monitor));
    comparison->loaded = result.model;
    result.comparison = comparison;
    return result;
}

// Σ over heads of (∂s/∂A ⊙ A)⁺ / H of a layer, by its definition.
Rows meanOf(const ModelGradients& pass, std::size_t stack, std::size_t layer)
{
    const Tensor& weights = *pass.trace.stacks[stack].attention[layer];
    const Tensor& gradients = *pass.attention[stack][layer];
    Rows mean(weights.shape()[1], std::vector<double>(weights.shape()[2], 0.0));
    for (std::size_t head = 0; head < weights.shape()[0]; ++head)
        for (std::size_t row = 0; row < mean.size(); ++row)
            for (std::size_t i = 0; i < mean[row].size(); ++i)
                mean[row][i] +=
                    std::max(0.0, double(weights.matrix({head})(row, i)) * double(gradients.matrix({head})(row, i)))
                    / static_cast<double>(weights.shape()[0]);
    return mean;
}

Rows product(const Rows& a, const Rows& b)
{
    Rows result(a.size(), std::vector<double>(b[0].size(), 0.0));
    for (std::size_t i = 0; i < a.size(); ++i)
        for (std::size_t k = 0; k < b.size(); ++k)
            for (std::size_t j = 0; j < b[0].size(); ++j)
                result[i][j] += a[i][k] * b[k][j];
    return result;
}

Rows plus(Rows a, const Rows& b)
{
    for (std::size_t i = 0; i < a.size(); ++i)
        for (std::size_t j = 0; j < a[i].size(); ++j)
            a[i][j] += b[i][j];
    return a;
}

Rows identity(std::size_t size)
{
    Rows rows(size, std::vector<double>(size, 0.0));
    for (std::size_t i = 0; i < size; ++i)
        rows[i][i] = 1.0;
    return rows;
}

ModelGradients passOf(const Ran& ran, std::size_t trace, const GradientTarget& target)
{
    Monitor monitor;
    return gradientsOf(
        *ran.model->model,
        {&ran.comparison->input.model, ran.comparison->plans[trace].get(), [&](const Trace&) { return target; }},
        monitor);
}

TEST(RelevanceOfModels, OfOneStackIsThatOfAllLayers)
{
    for (const char* fixture : {"vilt-itm", "vit-imgcls"}) {
        SCOPED_TRACE(fixture);
        const Ran of = ran(fixture, "rff");
        Monitor monitor;
        const auto relevance = runRelevance(*of.comparison, *of.model, 1, monitor);
        ASSERT_EQ(relevance->traces.size(), 2U);
        for (std::size_t trace = 0; trace < 2; ++trace) {
            const ModelGradients pass = passOf(of, trace, relevance->target);
            Rows expected = identity(pass.trace.stacks[0].attention[0]->shape()[1]);
            for (std::size_t layer = 0; layer < pass.attention[0].size(); ++layer)
                expected = plus(expected, product(meanOf(pass, 0, layer), expected));
            expectRows(*relevance->traces[trace][0], expected);
        }
        EXPECT_FALSE(std::ranges::equal(relevance->traces[0][0]->values(), relevance->traces[1][0]->values()));
        of.comparison->alignments->keep(relevance);
        const auto maps = alignmentMaps(*of.comparison);
        const std::size_t words = of.comparison->input.tokens.size(), patches = of.comparison->input.patches->patches();
        EXPECT_EQ(maps->traces[1]->values.shape(),
                  (std::vector<std::size_t>{words == 0 ? 1 : words, patches}));  // of the class token without a text
        const auto first = maps->traces[1]->values.matrix().row(0), whole = relevance->traces[1][0]->matrix().row(0);
        EXPECT_NEAR(first[1] / first[0], whole[words + 2] / whole[words + 1], 1e-3F);
    }
}

TEST(RelevanceOfModels, OfTwoTowersIsThatOfTheLastLayers)
{
    const Ran of = ran("clip", "rff@stack=vision");
    Monitor monitor;
    const auto relevance = runRelevance(*of.comparison, *of.model, 1, monitor);
    EXPECT_EQ(relevance->target, (GradientTarget{"logits_per_image", 0, 0}));
    const ModelGradients pass = passOf(of, 1, relevance->target);
    for (std::size_t stack = 0; stack < 2; ++stack) {
        const Rows last = meanOf(pass, stack, pass.attention[stack].size() - 1);
        expectRows(*relevance->traces[1][stack], plus(identity(last.size()), last));
    }
    of.comparison->alignments->keep(relevance);
    const auto maps = alignmentMaps(*of.comparison);
    EXPECT_FALSE(maps->source.perToken);
    EXPECT_EQ(maps->traces[0]->values.shape()[0], 1U) << "the class token's";
    EXPECT_THAT(placeOf(maps->source, *of.comparison), HasSubstr("last layer, for the image–text score"));
}

TEST(RelevanceOfModels, OfCrossAttentionGoesFromWordsToPatches)
{
    const Ran of = ran("blip-itm", "rff@stack=cross");
    const Comparison& comparison = *of.comparison;
    Monitor monitor;
    EXPECT_THAT(alignmentDelay(comparison), HasSubstr("has not been made"));
    EXPECT_THROW(alignmentMaps(comparison), Error);
    computeRelevance(comparison, 1, monitor);
    EXPECT_EQ(alignmentDelay(comparison), "");
    const auto relevance = comparison.alignments->relevance(comparison);
    ASSERT_TRUE(relevance);
    EXPECT_EQ(relevance->answer, "“match”");
    std::size_t text = 0, vision = 0, cross = 0;
    for (std::size_t stack = 0; stack < 3; ++stack)
        (comparison.model.stacks[stack].name == "text"     ? text
         : comparison.model.stacks[stack].name == "vision" ? vision
                                                           : cross) = stack;
    const ModelGradients pass = passOf(of, 1, relevance->target);
    RelevanceMaps image(pass.trace.stacks[vision].attention[0]->shape()[1]);
    for (std::size_t layer = 0; layer < pass.attention[vision].size(); ++layer)
        image.addSelfAttention(*pass.trace.stacks[vision].attention[layer], *pass.attention[vision][layer]);
    RelevanceMaps words(comparison.input.tokens.size(), image.own().shape()[0]);
    for (std::size_t layer = 0; layer < pass.attention[text].size(); ++layer) {
        words.addSelfAttention(*pass.trace.stacks[text].attention[layer], *pass.attention[text][layer]);
        words.addCrossAttention(*pass.trace.stacks[cross].attention[layer], *pass.attention[cross][layer], image);
    }
    const Tensor expected = words.across();
    EXPECT_TRUE(std::ranges::equal(relevance->traces[1][cross]->values(), expected.values()));

    const auto maps = alignmentMaps(comparison);
    EXPECT_EQ(maps->source.stack, cross);
    const Tensor& shares = maps->traces[1]->values;
    ASSERT_EQ(shares.shape()[0], comparison.input.tokens.size());
    for (std::size_t row = 0; row < shares.shape()[0]; ++row) {
        double all = 0.0, sum = 0.0;
        for (std::size_t patch = 0; patch < shares.shape()[1]; ++patch) {
            all += double(expected.matrix()(row, 1 + patch));
            sum += double(shares.matrix()(row, patch));
        }
        EXPECT_NEAR(sum, 1.0, 1e-5);
        EXPECT_NEAR(shares.matrix()(row, 3), double(expected.matrix()(row, 4)) / all, 1e-6);
    }
}

TEST(RelevanceOfModels, SaysWhyThereIsNone)
{
    Monitor monitor;
    const Ran median = ran("vit-imgcls", "linformer:projection=fit");
    EXPECT_THAT(relevanceObstacle(*median.comparison), AllOf(HasSubstr("B's Linformer"), HasSubstr("layer 0, head 0")));
    EXPECT_THROW(runRelevance(*median.comparison, *median.model, 1, monitor), Error);
    Comparison stored = *ran("vit-imgcls", "rff").comparison;
    EXPECT_EQ(relevanceObstacle(stored), "");
    stored.loaded = nullptr;
    EXPECT_THAT(relevanceObstacle(stored), HasSubstr("Open the run's own model"));
    EXPECT_EQ(alignmentDelay(stored), "") << "another method is shown";
    stored.recordedTitles = {{"Exact", ""}, {"Other", ""}};
    EXPECT_THAT(relevanceObstacle(stored), HasSubstr("captured elsewhere"));
}

TEST(RelevanceOfModels, IsCancelled)
{
    test::CancelledAfter monitor;
    const Ran of = ran("vit-imgcls", "rff");
    EXPECT_THROW(computeRelevance(*of.comparison, 1, monitor), Error);
    EXPECT_EQ(of.comparison->alignments->relevance(*of.comparison), nullptr);
}

}  // namespace
}  // namespace ketscope
