// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/study/alignment.h"

#include "core/base/error.h"
#include "core/measures/rollout.h"
#include "core/study/alignment_stacks.h"
#include "core/study/labelled_boxes.h"
#include "core/study/sanity_check.h"
#include "tests/support/aligned.h"
#include "tests/support/model_run.h"
#include "tests/support/paths.h"
#include "tests/support/toy_model.h"

#include <fstream>
#include <gmock/gmock.h>

namespace ketscope {
namespace {

using test::Aligned;
using test::alignedWeight;
using test::kAlignedPatches;
using test::kAlignedTokens;
using testing::ElementsAre;
using testing::HasSubstr;

std::shared_ptr<const AlignmentMaps> mapsOf(const Aligned& aligned) { return alignmentMaps(*aligned.make()); }

// Every token by its index: the second "the" has a map of its own. Rows and columns of the grid are not mixed up.
TEST(Alignment, CrossAttentionIsTheHeadThatIsSelected)
{
    Aligned aligned;
    aligned.comparison.study.view.alignment.withoutClass = false;
    const auto maps = mapsOf(aligned);
    EXPECT_EQ(maps->source.method->id, "cross-attention");
    EXPECT_EQ(maps->grid, (PatchGrid{4, 6}));
    for (std::size_t trace = 0; trace < 2; ++trace) {
        const MatrixView values = maps->traces[trace]->values.matrix();
        ASSERT_EQ(values.rows, kAlignedTokens);
        ASSERT_EQ(values.columns, kAlignedPatches);
        for (std::size_t token = 0; token < kAlignedTokens; ++token) {
            for (std::size_t patch = 0; patch < kAlignedPatches; ++patch)
                EXPECT_EQ(values(token, patch), alignedWeight(token, patch, trace)) << token << " " << patch;
            EXPECT_NEAR(maps->traces[trace]->mass[token], 1.0 - test::kClassShare, 1e-6);
        }
    }
    EXPECT_EQ(placeOf(maps->source, aligned.comparison), "cross stack, layer 1, head 2");
}

TEST(Alignment, WithoutTheClassTokenRowsSumToOne)
{
    const auto maps = mapsOf(Aligned());
    const MatrixView values = maps->traces[0]->values.matrix();
    for (std::size_t token = 0; token < kAlignedTokens; ++token) {
        double sum = 0.0;
        for (const float value : values.row(token))
            sum += double(value);
        EXPECT_NEAR(sum, 1.0, 1e-6);
        EXPECT_NEAR(values(token, test::peakOf(token, 0)), test::kPeakShare / (1.0 - test::kClassShare), 1e-6);
    }
}

TEST(Alignment, ReductionsMixHeadsThenLayers)
{
    Aligned aligned;
    AlignmentView& view = aligned.comparison.study.view.alignment;
    view.withoutClass = false;
    const double peak = test::kPeakShare, uniform = 1.0 / 25.0;
    const auto value = [&](HeadReduction reduction) {
        view.reduction = reduction;
        return double(mapsOf(aligned)->traces[0]->values.matrix()(2, test::peakOf(2, 0)));
    };
    EXPECT_NEAR(value(HeadReduction::OneHead), peak, 1e-6);
    EXPECT_NEAR(value(HeadReduction::MeanOfHeads), (peak + 2.0 * uniform) / 3.0, 1e-6);
    EXPECT_NEAR(value(HeadReduction::LargestOfHeads), peak, 1e-6);
    EXPECT_NEAR(value(HeadReduction::MeanOfLayers), (peak + 5.0 * uniform) / 6.0, 1e-6);
    EXPECT_EQ(placeOf(mapsOf(aligned)->source, aligned.comparison), "cross stack, mean of 2 layers × 3 heads");
}

// The text→image block is rows of text, the image→text block rows of patches; the class token is in neither.
TEST(Alignment, JointBlocksKeepTheirDirection)
{
    Aligned aligned(true);
    aligned.comparison.study.view.alignment.withoutClass = false;
    const auto toPatches = mapsOf(aligned);
    EXPECT_EQ(toPatches->source.method->id, "joint-attention");
    EXPECT_EQ(toPatches->traces[1]->values.matrix()(5, test::peakOf(5, 1)), float(test::kPeakShare));
    aligned.comparison.study.view.alignment.fromPatches = true;
    const auto toWords = mapsOf(aligned);
    const MatrixView values = toWords->traces[0]->values.matrix();
    ASSERT_EQ(values.rows, kAlignedTokens);
    ASSERT_EQ(values.columns, kAlignedPatches);
    for (const float value : toWords->traces[0]->values.values())
        EXPECT_FLOAT_EQ(value, 1.0F / float(kAlignedTokens + 1 + kAlignedPatches)) << "patches look everywhere alike";
}

TEST(Alignment, RolloutOfTheJointStackReadsItsBlock)
{
    Aligned aligned(true);
    AlignmentView& view = aligned.comparison.study.view.alignment;
    view.method = "rollout";
    view.withoutClass = false;
    const auto maps = mapsOf(aligned);
    const auto& layers = aligned.comparison.traces[0]->stacks[0].attention;
    const Tensor flow = attentionRollout(layers, 0, kAlignedTokens + 1 + kAlignedPatches);
    for (std::size_t token = 0; token < kAlignedTokens; ++token)
        for (std::size_t patch = 0; patch < kAlignedPatches; ++patch)
            EXPECT_FLOAT_EQ(maps->traces[0]->values.matrix()(token, patch),
                            flow.matrix()(token, kAlignedTokens + 1 + patch));
    view.fromPatches = true;
    const auto turned = mapsOf(aligned);
    EXPECT_FLOAT_EQ(turned->traces[0]->values.matrix()(2, 7), flow.matrix()(kAlignedTokens + 1 + 7, 2));
}

TEST(Alignment, TheImageTowerHasOneRowTheClassTokens)
{
    Aligned aligned;
    for (const char* method : {"rollout", "class-attention"}) {
        aligned.comparison.study.view.alignment.method = method;
        const auto maps = mapsOf(aligned);
        EXPECT_FALSE(maps->source.perToken);
        EXPECT_EQ(maps->traces[0]->values.shape(), (std::vector<std::size_t>{1, kAlignedPatches}));
        EXPECT_EQ(aligned.comparison.model.stacks[*maps->source.stack].name, "vision");
    }
}

TEST(Alignment, SaysWhyAMethodIsNotThere)
{
    const Aligned cross, joint(true);
    const auto why = [](const Aligned& aligned, const char* id) {
        return alignmentMethod(id).obstacle(aligned.comparison);
    };
    EXPECT_EQ(why(cross, "cross-attention"), "");
    EXPECT_THAT(why(cross, "joint-attention"), HasSubstr("has no stack that text and image share"));
    EXPECT_THAT(why(cross, "patch-cosine"), HasSubstr("into no common space"));
    EXPECT_THAT(why(joint, "cross-attention"), HasSubstr("text and image share one stack"));
    EXPECT_THAT(why(joint, "class-attention"), HasSubstr("no image tower"));
    EXPECT_THAT(why(cross, "relevance"), HasSubstr("gradients"));
    EXPECT_EQ(alignmentObstacle(cross.comparison), "");
    Aligned text;
    text.comparison.model.stacks.resize(1);
    EXPECT_THAT(alignmentObstacle(text.comparison), HasSubstr("needs an image and a text"));
    EXPECT_THROW(mapsOf(text), Error);
    EXPECT_THROW(alignmentMethod("attention"), Error);
}

// A method that this model lacks gives way to one that it has.
TEST(Alignment, AnAbsentMethodIsReplaced)
{
    Aligned aligned;
    aligned.comparison.study.view.alignment.method = "patch-cosine";
    EXPECT_EQ(mapsOf(aligned)->source.method->id, "cross-attention");
}

TEST(Focus, FollowsTheSelectionAndKeepsWhatWasAdded)
{
    Aligned aligned;
    Study& study = aligned.comparison.study;
    auto focus = focusOf(aligned.comparison, alignmentSource(aligned.comparison));
    EXPECT_THAT(focus.tokens, ElementsAre(3));
    EXPECT_EQ(focus.patch, test::peakOf(3, 0));
    EXPECT_EQ(focus.region, (PatchRegion{1, 4, 1, 1}));
    study.view.alignment.tokens = {3, 6};
    study.view.alignment.region = {1, 3, 2, 3};
    focus = focusOf(aligned.comparison, alignmentSource(aligned.comparison));
    EXPECT_THAT(focus.tokens, ElementsAre(3, 6));
    EXPECT_EQ(focus.region, (PatchRegion{1, 3, 2, 3}));
    study.selection.query = 4;  // another view chose the second "the"
    study.selection.key = 1;
    focus = focusOf(aligned.comparison, alignmentSource(aligned.comparison));
    EXPECT_THAT(focus.tokens, ElementsAre(4));
    EXPECT_EQ(focus.region, (PatchRegion{0, 0, 1, 1}));
    study.selection.key = 0;  // the class token is no patch: the region says which
    study.view.alignment.region = {9, 5, 3, 3};
    EXPECT_EQ(focusOf(aligned.comparison, alignmentSource(aligned.comparison)).region, (PatchRegion{3, 5, 1, 1}));
}

// What is chosen here is chosen in the maps: the query and the key of the method's stack.
TEST(Focus, MovesTheSelectionOfItsStack)
{
    Aligned cross;
    cross.comparison.study.selection.stack = 0;
    const AlignmentSource source = alignmentSource(cross.comparison);
    const Selection at = cross.comparison.study.selection;
    EXPECT_EQ(withToken(cross.comparison, source, at, 5).stack, 2U);
    EXPECT_EQ(withToken(cross.comparison, source, at, 5).query, 5U);
    EXPECT_EQ(withPatch(cross.comparison, source, at, 17).key, 18U);
    Aligned joint(true);
    joint.comparison.study.view.alignment.fromPatches = true;
    const AlignmentSource turned = alignmentSource(joint.comparison);
    const Selection from = joint.comparison.study.selection;
    EXPECT_EQ(withToken(joint.comparison, turned, from, 5).key, 5U);
    EXPECT_EQ(withPatch(joint.comparison, turned, from, 17).query, kAlignedTokens + 1 + 17);
}

TEST(Focus, SeveralTokensAndPatchesGiveTheirMean)
{
    Aligned aligned;
    aligned.comparison.study.view.alignment.withoutClass = false;
    const auto maps = mapsOf(aligned);
    const AlignmentFocus focus{{2, 5}, 7, {1, 1, 2, 3}};
    const std::vector<float> row = valuesOfTokens(*maps, 0, focus);
    for (std::size_t patch = 0; patch < kAlignedPatches; ++patch)
        EXPECT_NEAR(row[patch], (alignedWeight(2, patch, 0) + alignedWeight(5, patch, 0)) / 2.0F, 1e-7);
    const std::vector<double> column = valuesOfRegion(*maps, 1, focus);
    for (std::size_t token = 0; token < kAlignedTokens; ++token) {
        double sum = 0.0;
        for (const std::size_t patch : {7U, 8U, 9U, 13U, 14U, 15U})
            sum += double(alignedWeight(token, patch, 1));
        EXPECT_NEAR(column[token], sum / 6.0, 1e-7);
    }
}

TEST(AlignmentMemo, MakesMapsOnce)
{
    Aligned aligned;
    const ComparisonPointer comparison = aligned.make();
    const auto first = comparison->alignments->of(*comparison);
    auto moved = std::make_shared<Comparison>(*comparison);
    moved->study.selection.query = 1;
    moved->study.view.alignment.tokens = {1, 2};
    EXPECT_EQ(moved->alignments->of(*moved), first) << "another word is in the same maps";
    moved->study.selection.head = 0;
    EXPECT_NE(moved->alignments->of(*moved), first);
}

// What CLIP's towers say of every token, at the two that the model compares, is what the model compares.
TEST(ClipTokens, TheClassTokenAndTheEndOfTextAreTheModelsOwn)
{
    for (const char* name : {"clip", "openai-clip-names"}) {
        const auto model = test::openFixture(name);
        const Trace trace = test::run(*model, test::someInput(*model, 9));
        const Tensor& image = *projectedTokens(trace, kImageEmbeds);
        const Tensor& text = *projectedTokens(trace, kTextEmbeds);
        ASSERT_EQ(text.shape()[0], 9U);
        ASSERT_EQ(image.shape()[0], trace.stacks[1].attention[0]->shape()[1]);
        const auto own = trace.outputs.at("image_embeds")->values();
        EXPECT_TRUE(std::ranges::equal(image.matrix().row(0), own));
        const auto end = trace.outputs.at("text_embeds")->matrix().row(0);
        std::size_t equal = 0;
        for (std::size_t token = 0; token < 9; ++token) {
            float apart = 0.0F;
            for (std::size_t i = 0; i < end.size(); ++i)
                apart = std::max(apart, std::abs(text.matrix()(token, i) - end[i]));
            equal += apart < 1e-5F ? 1 : 0;
        }
        EXPECT_EQ(equal, 1U) << name;
    }
}

// Late interaction of a model's own tokens against its definition.
TEST(LateInteractionMaps, KeepOnlyTheBest)
{
    Aligned aligned;
    aligned.comparison.model.task = Task::ImageTextContrast;
    RandomStream random({5}, 0);
    for (auto& trace : aligned.comparison.traces) {
        auto filled = std::make_shared<Trace>(*trace);
        for (const auto& [name, rows] : {std::pair{kTextEmbeds, kAlignedTokens}, {kImageEmbeds, 1 + kAlignedPatches}}) {
            auto tensor = std::make_shared<Tensor>(std::vector<std::size_t>{rows, 5});
            for (float& value : tensor->values())
                value = static_cast<float>(random.normal());
            filled->outputs[name] = tensor;
        }
        trace = filled;
    }
    AlignmentView& view = aligned.comparison.study.view.alignment;
    view.method = "patch-cosine";
    const auto cosines = mapsOf(aligned);
    view.method = "late-interaction";
    const auto words = mapsOf(aligned);
    view.fromPatches = true;
    const auto patches = mapsOf(aligned);
    const MatrixView all = cosines->traces[1]->values.matrix();
    double text = 0.0, image = 0.0;
    for (std::size_t token = 0; token < kAlignedTokens; ++token) {
        float best = -2.0F;
        for (std::size_t patch = 0; patch < kAlignedPatches; ++patch)
            best = std::max(best, all(token, patch));
        text += double(best) / double(kAlignedTokens);
        for (std::size_t patch = 0; patch < kAlignedPatches; ++patch) {
            const float link = words->traces[1]->values.matrix()(token, patch);
            EXPECT_TRUE(all(token, patch) == best ? link == best : std::isnan(link));
        }
    }
    for (std::size_t patch = 0; patch < kAlignedPatches; ++patch) {
        float best = -2.0F;
        std::size_t links = 0;
        for (std::size_t token = 0; token < kAlignedTokens; ++token)
            best = std::max(best, all(token, patch));
        for (std::size_t token = 0; token < kAlignedTokens; ++token)
            links += std::isnan(patches->traces[1]->values.matrix()(token, patch)) ? 0 : 1;
        EXPECT_EQ(links, 1U);
        image += double(best) / double(kAlignedPatches);
    }
    EXPECT_NEAR(words->traces[1]->late->textScore, text, 1e-6);
    EXPECT_NEAR(patches->traces[1]->late->imageScore, image, 1e-6);
    EXPECT_NE(words->traces[1]->late->textScore, words->traces[1]->late->imageScore);
}

class BoxTest : public testing::Test {
protected:
    BoxTest()
    {
        Input& input = aligned.comparison.study.input;
        input.image = PictureInput{(folder.path() / "shapes.png").string(), nullptr};
        std::size_t at = 0;
        for (Token& token : aligned.comparison.input.tokens)
            if (!token.special) {
                token.span = {at, at + token.piece.size()};
                at += token.piece.size() + 1;
            }
    }

    void write(const std::string& text) const { std::ofstream(folder.path() / "scenes.json") << text; }

    static std::string scene(const std::string& caption)
    {
        return R"([{"image": "other.png", "caption": "", "objects": [], "mentions": []},
                   {"image": "shapes.png", "caption": ")"
               + caption + R"(", "mentions": [{"word": 2, "object": 1}, {"word": 5, "object": 0}],
                    "objects": [{"shape": "circle", "color": "blue", "box": [36, 24, 50, 38]},
                                {"shape": "square", "color": "red", "box": [12, 12, 26, 26]}]}])";
    }

    test::TemporaryFolder folder;
    Aligned aligned;
};

TEST_F(BoxTest, BelongToTheWordsThatNameThem)
{
    EXPECT_TRUE(labelledBoxes(aligned.comparison).empty());
    write(scene("the red square the blue circle"));
    auto boxes = labelledBoxes(aligned.comparison);
    ASSERT_EQ(boxes.size(), 2U);
    EXPECT_EQ(boxes[1].label, "red square");
    EXPECT_EQ(boxes[1].box, (PixelRectangle{12, 12, 26, 26}));
    EXPECT_THAT(boxes[1].tokens, ElementsAre(3));
    EXPECT_THAT(boxes[0].tokens, ElementsAre(6));
    write(scene("another caption"));
    boxes = labelledBoxes(aligned.comparison);
    ASSERT_EQ(boxes.size(), 2U);
    EXPECT_TRUE(boxes[1].tokens.empty());
    write("[{]");
    EXPECT_THROW(labelledBoxes(aligned.comparison), Error);
}

// A patch is 5 of 36 resized pixels of 60, so 8.33 × 8.33 original ones, the first from (5, 8.33) on.
TEST_F(BoxTest, MassAndPointingFollowTheGeometry)
{
    const PatchGeometry& patches = *aligned.comparison.input.patches;
    const double side = 25.0 / 3.0;
    const PixelRectangle box{5.0 + side, side, 5.0 + 2.5 * side, 2.0 * side};  // column 1 and half of column 2, row 0
    const auto shares = sharesInBox(patches, box);
    const auto inside = middlesInBox(patches, {5.0 + side, side, 5.0 + 2.4 * side, 2.0 * side});
    for (std::size_t patch = 0; patch < kAlignedPatches; ++patch) {
        EXPECT_NEAR(shares[patch], patch == 1 ? 1.0 : patch == 2 ? 0.5 : 0.0, 1e-9) << patch;
        EXPECT_EQ(inside[patch], patch == 1 ? 1 : 0);
    }
}

// Boxes whose edges pass through the middles of patches: those on the left count as those on the right.
TEST_F(BoxTest, MiddlesOnEveryEdgeCount)
{
    const PatchGeometry& patches = *aligned.comparison.input.patches;
    const auto middle = [&](std::size_t patch) {
        const PixelRectangle place = patches.rectangle(patch);
        return std::pair((place.left + place.right) / 2.0, (place.top + place.bottom) / 2.0);
    };
    const auto [left, top] = middle(1);
    const auto [right, bottom] = middle(2 + 2 * patches.columns());
    const auto inside = middlesInBox(patches, {left, top, right, bottom});
    EXPECT_EQ(std::ranges::count(inside, 1), 2 * 3);
}

TEST_F(BoxTest, AreReadForTheTokensThatAreLookedAt)
{
    const auto maps = mapsOf(aligned);
    const std::size_t peak = test::peakOf(3, 0);
    const PixelRectangle place = aligned.comparison.input.patches->rectangle(peak);
    const std::vector<LabelledBox> boxes = {{"red square", place, {3}}, {"blue circle", place, {6}}};
    const auto readings = readBoxes(aligned.comparison, *maps, {{3}, peak, {}}, boxes);
    ASSERT_EQ(readings.size(), 1U);
    EXPECT_NEAR(readings[0].mass[0], test::kPeakShare / (1.0 - test::kClassShare), 1e-6);
    EXPECT_THAT(readings[0].points, ElementsAre(1, 0));
}

TEST(AlignmentViewJson, EveryFieldComesBack)
{
    AlignmentView view;
    view.method = "rollout";
    view.fromPatches = view.smooth = view.boxes = view.differences = view.showsMatches = true;
    view.withoutClass = view.grid = false;
    view.reduction = HeadReduction::MeanOfLayers;
    view.ground = PictureGround::Grey;
    view.opacity = 35;
    view.tokens = {4, 2};
    view.region = {1, 2, 3, 4};
    EXPECT_EQ(alignmentViewFromJson(toJson(view), "view"), view);
    EXPECT_EQ(alignmentViewFromJson(Json::object(), "view"), AlignmentView());
    Json wrong = toJson(view);
    wrong["region"] = {1, 2, 0, 4};
    EXPECT_THROW(alignmentViewFromJson(wrong, "view"), Error);
}

// The toy image model: 2 rows of 3 patches, words "a bb ccc".
TEST(Sanity, RunsTheSameTracesOnOtherInput)
{
    const test::TemporaryFolder folder;
    const auto model = test::toyImageModel(folder.path());
    Study study{.modelPath = folder.path().string(), .input = {.text = "a bb ccc"}};
    auto pixels = std::make_shared<Image>(blankImage(6, 4, "test"));
    for (std::size_t i = 0; i < pixels->rgb.size(); ++i)
        pixels->rgb[i] = static_cast<std::uint8_t>(i * 7);
    study.input.image = PictureInput{"p.png", pixels};
    study.candidates = {{{parseSpec("rff@stack=cross")}}};
    Monitor monitor;
    const ComparisonPointer comparison = runStudy(study, *model, nullptr, 1, monitor);
    const auto check = runSanityCheck(*comparison, *model, 1, monitor);
    ASSERT_EQ(check->runs.size(), 2U);
    const SanityRun& shuffled = check->runs[0];
    EXPECT_NE(shuffled.comparison->input.model.tokenIds, comparison->input.model.tokenIds);
    for (std::size_t token = 0; token < comparison->input.tokens.size(); ++token)
        EXPECT_EQ(shuffled.comparison->input.tokens[shuffled.tokenAt[token]].id, comparison->input.tokens[token].id);
    EXPECT_EQ(shuffled.comparison->traces.size(), 2U);
    const SanityRun& noise = check->runs[1];
    EXPECT_EQ(noise.comparison->input.model.tokenIds, comparison->input.model.tokenIds);
    EXPECT_NE(noise.comparison->input.model.image, comparison->input.model.image);
    const auto again = runSanityCheck(*comparison, *model, 1, monitor);
    EXPECT_EQ(again->runs[1].comparison->input.model.image, noise.comparison->input.model.image) << "seeded";
    EXPECT_EQ(comparison->alignments->sanity(*comparison), nullptr);
    comparison->alignments->keep(check);
    EXPECT_EQ(comparison->alignments->sanity(*comparison), check);
    auto other = std::make_shared<Comparison>(*comparison);
    other->traces.pop_back();
    EXPECT_EQ(other->alignments->sanity(*other), nullptr) << "of other traces";
}

}  // namespace
}  // namespace ketscope
