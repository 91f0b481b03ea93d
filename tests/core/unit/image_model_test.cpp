// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/models/image_embedding.h"
#include "tests/support/model_run.h"

#include <cmath>
#include <gmock/gmock.h>

namespace ketscope {
namespace {

using test::errorOf;
using test::expectSameBits;
using test::openFixture;
using test::openingError;
using test::openModel;
using test::run;
using test::sameBits;
using test::someImage;
using test::someInput;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

// The first layers that a plan changes, as a study asks for them.
std::vector<std::size_t> firstLayers(const HeadPlan& plan, std::size_t stacks)
{
    std::vector<std::size_t> first;
    for (std::size_t s = 0; s < stacks; ++s)
        first.push_back(plan.firstPatchedLayer(s));
    return first;
}

Trace patched(const Model& model, const ModelInput& input, const std::string& spec, const Trace& baseline)
{
    const HeadPlan plan = resolve({{parseSpec(spec)}}, model.info(), 7);
    Trace resumed = run(model, input, plan, &baseline, firstLayers(plan, model.info().stacks.size()));
    expectSameBits(resumed, run(model, input, plan));
    return resumed;
}

ModelInput withFurtherTexts(const Model& model)
{
    ModelInput input = someInput(model, 9);
    input.furtherTexts = {test::someText(model.info(), 12, 5), test::someText(model.info(), 4, 100)};
    input.furtherTexts[0].attentionMask[11] = 0;
    return input;
}

TEST(Blip, OnlyWhatDependsOnAPatchedHeadChanges)
{
    const auto model = openFixture("blip-itm");
    const ModelInput input = withFurtherTexts(*model);
    const Trace a = run(*model, input);
    const auto same = [&](const Trace& b, std::size_t stack, std::size_t layer) {
        return sameBits(a.stacks[stack].attention[layer], b.stacks[stack].attention[layer]);
    };
    const Trace cross = patched(*model, input, "rff:m=16@stack=cross;layers=0;heads=2", a);
    EXPECT_TRUE(same(cross, 0, 0));   // the text looks at itself before it looks at the image
    EXPECT_FALSE(same(cross, 0, 1));  // and sees the image in the next layer
    EXPECT_FALSE(same(cross, 2, 0));
    EXPECT_EQ(cross.stacks[1].attention, a.stacks[1].attention);
    EXPECT_EQ(cross.outputs.at("itc_similarity"), a.outputs.at("itc_similarity"));
    EXPECT_FALSE(sameBits(cross.outputs.at("itm_logits"), a.outputs.at("itm_logits")));

    const Trace lastCross = patched(*model, input, "rff:m=16@stack=cross;layers=1", a);
    EXPECT_EQ(lastCross.stacks[0].attention[0], a.stacks[0].attention[0]);  // shared, not only equal
    EXPECT_EQ(lastCross.stacks[2].attention[0], a.stacks[2].attention[0]);
    EXPECT_TRUE(same(lastCross, 0, 1));

    const Trace text = patched(*model, input, "rff:m=16@stack=text;layers=1", a);
    EXPECT_EQ(text.stacks[2].attention[0], a.stacks[2].attention[0]);
    EXPECT_FALSE(same(text, 2, 1));
    EXPECT_FALSE(sameBits(text.outputs.at("itc_similarity"), a.outputs.at("itc_similarity")));

    const Trace vision = patched(*model, input, "rff:m=16@stack=vision;layers=1", a);
    EXPECT_EQ(vision.stacks[1].attention[0], a.stacks[1].attention[0]);
    EXPECT_TRUE(same(vision, 0, 0));
    EXPECT_FALSE(same(vision, 2, 0));
    EXPECT_FALSE(sameBits(vision.outputs.at("itc_similarity"), a.outputs.at("itc_similarity")));
}

TEST(Clip, TowersChangeApart)
{
    const auto model = openFixture("clip");
    ModelInput input = withFurtherTexts(*model);
    input.tokenIds.back() = 813;  // the end token: the embedding is read there, and not at the first
    const Trace a = run(*model, input);
    const Trace text = patched(*model, input, "shots:shots=64@stack=text;layers=1", a);
    EXPECT_EQ(text.stacks[1].attention, a.stacks[1].attention);
    EXPECT_FALSE(sameBits(text.outputs.at("text_embeds"), a.outputs.at("text_embeds")));
    const Trace vision = patched(*model, input, "shots:shots=64@stack=vision;layers=0", a);
    EXPECT_EQ(vision.stacks[0].attention, a.stacks[0].attention);
    EXPECT_EQ(vision.outputs.at("text_embeds"), a.outputs.at("text_embeds"));
    EXPECT_FALSE(sameBits(vision.outputs.at("logits_per_image"), a.outputs.at("logits_per_image")));
    EXPECT_THAT(errorOf([&] { patched(*model, input, "exact@stack=cross", a); }),
                AllOf(HasSubstr("text, vision"), HasSubstr("CLIP has no cross-attention")));
}

// Every row of an output that has one a text is what that text alone gives.
void expectRowsOfTextsAlone(const std::string& fixture, const std::vector<std::string>& outputs)
{
    const auto model = openFixture(fixture);
    const ModelInput input = withFurtherTexts(*model);
    const Trace all = run(*model, input);
    for (std::size_t i = 0; i < input.furtherTexts.size(); ++i) {
        ModelInput alone = input;
        alone.furtherTexts.clear();
        static_cast<TextInput&>(alone) = input.furtherTexts[i];
        const Trace one = run(*model, alone);
        for (const std::string& name : outputs) {
            const auto values = one.outputs.at(name)->values();
            EXPECT_THAT(all.outputs.at(name)->values().subspan((i + 1) * values.size(), values.size()),
                        testing::ElementsAreArray(values))
                << name;
        }
    }
}

TEST(FurtherTexts, GiveWhatTheyGiveAlone)
{
    expectRowsOfTextsAlone("clip", {"text_embeds", "logits_per_image"});
    expectRowsOfTextsAlone("blip-itm", {"itm_logits", "itc_similarity"});
}

TEST(KeepMaps, WhatIsNotKeptIsNotThereAndChangesNothing)
{
    for (const char* fixture : {"blip-itm", "clip", "vilt-itm", "vit-imgcls", "gpt2-lm"}) {
        const auto model = openFixture(fixture);
        const ModelInput input = someInput(*model, 8);
        const HeadPlan plan = resolve({{parseSpec("rff:m=16@layers=1;heads=1")}}, model->info(), 3);
        const Trace all = run(*model, input, plan);
        ForwardRequest request{&input, &plan};
        for (const StackInfo& stack : model->info().stacks) {
            request.keepMaps.emplace_back(stack.layers, std::uint8_t{0});
            request.keepMaps.back()[1] = 1;
        }
        Monitor monitor;
        const Trace some = model->forward(request, monitor);
        for (std::size_t s = 0; s < some.stacks.size(); ++s) {
            EXPECT_EQ(some.stacks[s].attention[0], nullptr);
            EXPECT_TRUE(sameBits(some.stacks[s].attention[1], all.stacks[s].attention[1]));
        }
        for (const auto& [name, values] : all.outputs)
            EXPECT_TRUE(sameBits(values, some.outputs.at(name))) << fixture << " " << name;
    }
}

TEST(ImageInputs, ThatCannotBeRunAreRefused)
{
    const auto clip = openFixture("clip");
    ModelInput input = someInput(*clip, 5);
    input.image = {};
    EXPECT_THAT(errorOf([&] { run(*clip, input); }), HasSubstr("an image"));
    input.image = someImage(3, 32, 40);
    EXPECT_THAT(errorOf([&] { run(*clip, input); }), AllOf(HasSubstr("32 × 32"), HasSubstr("32 × 40")));
    input.image = someImage(1, 32, 32);
    EXPECT_THAT(errorOf([&] { run(*clip, input); }), HasSubstr("3 channels"));
    const auto vilt = openFixture("vilt-itm");
    input = someInput(*vilt, 5);
    input.image = someImage(3, 32, 7);
    EXPECT_THAT(errorOf([&] { run(*vilt, input); }), HasSubstr("8 × 8"));
    input.image = someImage(3, 16, 16);
    input.image.pixelMask.assign(255, 1);
    EXPECT_THAT(errorOf([&] { run(*vilt, input); }), AllOf(HasSubstr("pixel mask"), HasSubstr("255")));
    input.image.pixelMask.assign(256, 0);
    EXPECT_THAT(errorOf([&] { run(*vilt, input); }), HasSubstr("padding alone"));
}

TEST(ImageInputs, AreEqualByTheirPixels)
{
    ModelInput a;
    ModelInput b;
    EXPECT_EQ(a, b);
    a.image = someImage(3, 8, 8);
    EXPECT_FALSE(a == b);
    b.image = someImage(3, 8, 8);
    EXPECT_EQ(a, b);
    b.image.pixelMask.assign(64, 1);
    EXPECT_FALSE(a == b);
}

TEST(Vilt, PaddedPixelsAreNoTokens)
{
    const auto model = openFixture("vilt-itm");
    ModelInput input = someInput(*model, 6);
    input.image = someImage(3, 24, 16);
    const Trace plain = run(*model, input);
    EXPECT_EQ(plain.stacks[0].attention[0]->shape(), (std::vector<std::size_t>{4, 13, 13}));
    Tensor wide = Tensor::zeros({3, 32, 40});
    ModelInput padded = input;
    padded.image.pixelMask.assign(std::size_t{32} * 40, 0);
    for (std::size_t y = 0; y < 24; ++y) {
        std::fill_n(padded.image.pixelMask.begin() + static_cast<std::ptrdiff_t>(y * 40), 16, std::uint8_t{1});
        for (std::size_t channel = 0; channel < 3; ++channel)
            std::ranges::copy(input.image.pixels->matrix({channel}).row(y), wide.matrix({channel}).row(y).begin());
    }
    padded.image.pixels = std::make_shared<const Tensor>(std::move(wide));
    expectSameBits(run(*model, padded), plain);
}

double weightAt(const std::vector<PositionTap>& taps, std::size_t index)
{
    double sum = 0.0;
    for (const PositionTap& tap : taps)
        sum += tap.index == index ? tap.weight : 0.0;
    return sum;
}

TEST(PositionTaps, BilinearKeepsCornersAndIsLinearBetween)
{
    const auto taps = positionTaps(PositionResize::BilinearCorners, 4, 7);
    for (std::size_t i = 0; i < 7; ++i) {
        double place = 0.0;
        for (std::size_t k = 0; k < 4; ++k)
            place += static_cast<double>(k) * weightAt(taps[i], k);
        EXPECT_NEAR(place, static_cast<double>(i) * 3.0 / 6.0, 1e-12);
    }
    EXPECT_EQ(weightAt(positionTaps(PositionResize::BilinearCorners, 4, 1)[0], 0), 1.0);
}

// Where the four neighbours are inside, a cubic convolution reproduces straight lines at the places that it samples:
// (i + 1/2) / scale − 1/2 with scale = (wanted + 0.1) / learned. Its weights at a half are −3/32, 19/32 for a = −0.75.
TEST(PositionTaps, BicubicSamplesWhereTheReferenceDoes)
{
    const auto taps = positionTaps(PositionResize::Bicubic, 10, 14);
    for (std::size_t i = 0; i < 14; ++i) {
        const double expected = (static_cast<double>(i) + 0.5) * 10.0 / 14.1 - 0.5;
        double place = 0.0;
        double sum = 0.0;
        for (std::size_t k = 0; k < 10; ++k) {
            sum += weightAt(taps[i], k);
            place += static_cast<double>(k) * weightAt(taps[i], k);
        }
        EXPECT_NEAR(sum, 1.0, 1e-12);
        if (expected >= 1.0 && expected < 8.0) {
            EXPECT_NEAR(place, expected, 0.05);  // a = −0.75 bends lines a little; −0.5 alone does not
        }
    }
    const auto half = positionTaps(PositionResize::Bicubic, 101, 201);  // i = 100 samples 50 − 0.024975…
    const double t = 1.0 - (50.0 - (100.5 * 101.0 / 201.1 - 0.5));
    const double near = (1.25 * t - 2.25) * t * t + 1.0;
    EXPECT_NEAR(weightAt(half[100], 49), near, 1e-12);
    EXPECT_NEAR(weightAt(half[100], 48), ((-0.75 * (1 + t) + 3.75) * (1 + t) - 6.0) * (1 + t) + 3.0, 1e-12);
}

TEST(Vit, TakesImagesOfOtherSizesAndSidesAsLists)
{
    const auto model = openFixture("vit-imgcls");
    ModelInput input;
    input.image = someImage(3, 45, 24);  // 5 × 3 whole patches
    EXPECT_EQ(run(*model, input).stacks[0].attention[0]->shape(), (std::vector<std::size_t>{4, 16, 16}));
    test::ModelCopy copy("vit-imgcls");
    copy.config["image_size"] = {32, 32};
    copy.config["patch_size"] = {8, 8};
    const ModelInput square = someInput(*model, 0);
    expectSameBits(run(*openModel(copy.write()), square), run(*model, square));
    copy.config["image_size"] = {64, 16};
    const auto tall = openModel(copy.write());
    EXPECT_EQ(run(*tall, someInput(*tall, 0)).stacks[0].attention[0]->shape(), (std::vector<std::size_t>{4, 17, 17}));
    for (const auto& wrong :
         {nlohmann::json{32, 32, 32}, nlohmann::json{0, 32}, nlohmann::json("32"), nlohmann::json(4)}) {
        copy.config["image_size"] = wrong;
        EXPECT_THAT(openingError(copy), HasSubstr("_size"));
    }
}

TEST(Vit, PoolerAndProjectionsWithoutBiasComeFromTheFile)
{
    test::ModelCopy copy("vit-imgcls");
    copy.config["architectures"] = {"ViTModel"};
    copy.add("vit.pooler.dense.weight", {32, 32}, std::vector<float>(32 * 32, 0.0F));
    copy.add("vit.pooler.dense.bias", {32}, std::vector<float>(32, 0.5F));
    const auto model = openModel(copy.write());
    const Trace trace = run(*model, someInput(*model, 0));
    EXPECT_FALSE(trace.outputs.contains("logits"));
    EXPECT_NEAR(trace.outputs.at("pooled")->values()[7], std::tanh(0.5F), 1e-6F);

    test::ModelCopy zero("vit-imgcls");
    test::ModelCopy none("vit-imgcls");
    none.config["qkv_bias"] = false;
    for (const auto& [name, entry] : zero.tensors.items())
        for (const char* part : {"query.bias", "key.bias", "value.bias"})
            for (std::size_t i = 0; name.ends_with(part) && i < 32; ++i)
                zero.setValue(name, i, 0.0F);
    const ModelInput input = someInput(*openFixture("vit-imgcls"), 0);
    expectSameBits(run(*openModel(none.write()), input), run(*openModel(zero.write()), input));
}

TEST(Clip, TextsEndAtTheEndTokenOrInOldFilesAtTheLargestId)
{
    test::ModelCopy copy("clip");
    ModelInput input = someInput(*openFixture("clip"), 6);
    input.tokenIds = {812, 5, 813, 7, 813, 9};
    const auto embeddingWith = [&](std::int64_t end) {
        copy.config["text_config"]["eos_token_id"] = end;
        return run(*openModel(copy.write()), input).outputs.at("text_embeds");
    };
    const TensorPointer first = embeddingWith(813);
    EXPECT_TRUE(sameBits(embeddingWith(2), first));  // the largest id is the same token here
    input.tokenIds[3] = 811;
    EXPECT_FALSE(sameBits(embeddingWith(811), embeddingWith(2)));
    // Files of the first release say everything twice.
    copy.config["text_config_dict"] = copy.config["text_config"];
    copy.config["text_config"]["hidden_size"] = 999;
    openModel(copy.write());
}

TEST(Clip, VariantsThatOpenClipNamesAreRefused)
{
    const auto folder = test::fixtures() / "models" / "openai-clip-names";
    const nlohmann::json good = nlohmann::json::parse(test::readBytes(folder / "open_clip_config.json"));
    const test::TemporaryFolder copy;
    std::filesystem::copy_file(folder / "open_clip_model.safetensors", copy.path() / "open_clip_model.safetensors");
    for (const auto& [tower, key, value] : std::vector<std::tuple<std::string, std::string, nlohmann::json>>{
             {"vision_cfg", "timm_model_name", "resnet50"},
             {"vision_cfg", "pool_type", "avg"},
             {"vision_cfg", "layers", nlohmann::json{3, 4, 6, 3}},
             {"vision_cfg", "head_width", 7},
             {"text_cfg", "hf_model_name", "roberta-base"},
             {"text_cfg", "no_causal_mask", true}}) {
        nlohmann::json config = good;
        config["model_cfg"][tower][key] = value;
        std::ofstream(copy.path() / "open_clip_config.json") << config.dump();
        EXPECT_THAT(errorOf([&] { openModel(copy.path()); }), HasSubstr(key));
    }
}

TEST(Blip, OtherModelsOfItsNameAreRefused)
{
    test::ModelCopy copy("blip-itm");
    copy.config["architectures"] = {"BlipForConditionalGeneration"};
    EXPECT_THAT(openingError(copy), AllOf(HasSubstr("BlipForConditionalGeneration"), HasSubstr("matching")));
    copy.config["architectures"] = {"BlipForImageTextRetrieval"};
    copy.config["vision_config"] = 3;
    EXPECT_THAT(openingError(copy), HasSubstr("vision_config"));
}

// The answers' head in double precision from the pooled state: linear, norm, gelu, linear.
TEST(Vilt, QuestionAnsweringHeadMatchesItsDefinition)
{
    test::ModelCopy copy("vilt-itm");
    copy.config["architectures"] = {"ViltForQuestionAnswering"};
    copy.config["id2label"] = {{"0", "yes"}, {"1", "no"}, {"2", "two"}};
    std::vector<float> expand(64 * 32);
    std::vector<float> answers(3 * 64);
    RandomStream stream({8}, 0);
    for (std::vector<float>* values : {&expand, &answers})
        for (float& value : *values)
            value = static_cast<float>(stream.normal()) * 0.3F;
    copy.add("classifier.0.weight", {64, 32}, expand);
    copy.add("classifier.0.bias", {64}, std::vector<float>(64, 0.1F));
    copy.add("classifier.1.weight", {64}, std::vector<float>(64, 1.25F));
    copy.add("classifier.1.bias", {64}, std::vector<float>(64, -0.25F));
    copy.add("classifier.3.weight", {3, 64}, answers);
    copy.add("classifier.3.bias", {3}, {0.5F, 0.0F, -0.5F});
    const auto model = openModel(copy.write());
    EXPECT_EQ(model->info().task, Task::VisualQuestionAnswering);
    EXPECT_THAT(model->info().labels, ElementsAre("yes", "no", "two"));
    const Trace trace = run(*model, someInput(*model, 7));
    const auto pooled = trace.outputs.at("pooled")->values();
    std::vector<double> y(64, 0.1);
    double mean = 0.0;
    for (std::size_t i = 0; i < 64; ++i) {
        for (std::size_t k = 0; k < 32; ++k)
            y[i] += static_cast<double>(expand[i * 32 + k]) * static_cast<double>(pooled[k]);
        mean += y[i] / 64.0;
    }
    double variance = 0.0;
    for (const double value : y)
        variance += (value - mean) * (value - mean) / 64.0;
    for (std::size_t label = 0; label < 3; ++label) {
        double expected = 0.5 - 0.5 * static_cast<double>(label);
        for (std::size_t i = 0; i < 64; ++i) {
            const double x = 1.25 * (y[i] - mean) / std::sqrt(variance + 1e-5) - 0.25;
            expected += 0.5 * x * (1.0 + std::erf(x / std::sqrt(2.0))) * static_cast<double>(answers[label * 64 + i]);
        }
        EXPECT_NEAR(trace.outputs.at("logits")->values()[label], expected, 2e-5);
    }
}

}  // namespace
}  // namespace ketscope
