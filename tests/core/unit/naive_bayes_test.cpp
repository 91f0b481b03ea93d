// SPDX-License-Identifier: GPL-3.0-or-later
// What words say of a class: naive Bayes against hand cases, what is learned from it, and where new embeddings begin.
#include "core/base/error.h"
#include "core/study/comparison.h"
#include "core/train/initial_weights.h"
#include "core/train/naive_bayes.h"
#include "core/train/trainer.h"
#include "core/train/training_data.h"
#include "tests/support/cancelled_after.h"
#include "tests/support/tiny_recipes.h"

#include <cmath>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ketscope {
namespace {

using testing::HasSubstr;
using Ids = std::vector<std::int32_t>;

// Features 1, 2, (1 2), (2 1) of class 0 and 1, 3, (1 3) of class 1: six in all.
NaiveBayes twoTexts(double weight = 1.0)
{
    NaiveBayes bayes(2);
    bayes.add({Ids{1, 2, 1, 2}, 0, weight});  // repeats count once; (2 1) is a pair too
    bayes.add({Ids{1, 3}, 1, weight});
    return bayes;
}

TEST(NaiveBayes, EvidenceIsTheLogarithmOfSmoothedCounts)
{
    const NaiveBayes bayes = twoTexts();
    const auto half = [](double ratio) { return 0.5 * std::log(ratio); };
    const double two = half((2.0 / 10.0) / (1.0 / 9.0)), one = half((2.0 / 10.0) / (2.0 / 9.0));
    EXPECT_NEAR(bayes.evidence(Ids{2})[0], two, 1e-12);
    EXPECT_NEAR(bayes.evidence(Ids{2})[1], -two, 1e-12);
    EXPECT_NEAR(bayes.evidence(Ids{1})[0], one, 1e-12);
    EXPECT_NEAR(bayes.evidence(Ids{1, 2})[0], one + 2.0 * two, 1e-12);
    EXPECT_NEAR(bayes.evidence(Ids{77})[0], half((1.0 / 10.0) / (1.0 / 9.0)), 1e-12);  // never seen
    const NaiveBayes heavy = twoTexts(3.0);
    EXPECT_NEAR(heavy.evidence(Ids{2})[0], half((4.0 / 18.0) / (1.0 / 15.0)), 1e-12);
}

TEST(NaiveBayes, ATextTellsNothingOfItself)
{
    const NaiveBayes bayes = twoTexts();
    const Ids own = {1, 2, 1, 2};
    // Without its own four features class 0 has none: 1 is known of class 1 alone.
    const double expected = 0.5 * (4.0 * std::log(1.0 / 6.0) - std::log(2.0 / 9.0) - 3.0 * std::log(1.0 / 9.0));
    EXPECT_NEAR(bayes.evidence(own, NaiveBayes::Counted{own, 0, 1.0})[0], expected, 1e-12);
    // Of a part, what the part has of it; pairs that stand together in the part alone are others' still.
    const Ids part = {1, 3};
    const double others = 0.5 * (3.0 * std::log(1.0 / 6.0) - 3.0 * std::log(2.0 / 9.0));
    EXPECT_NEAR(bayes.evidence(part, NaiveBayes::Counted{own, 0, 1.0})[0], others, 1e-12);
}

TEST(NaiveBayes, CalibrationFindsTheOddsOfBeingRight)
{
    const std::vector<std::vector<double>> same(4, {1.0, -1.0});
    const std::vector<std::size_t> mostly = {0, 0, 0, 1}, never = {1, 1, 1, 1};
    EXPECT_NEAR(calibration(same, mostly), 0.5 * std::log(3.0), 1e-9);
    EXPECT_NEAR(calibration(same, never), 0.0, 1e-9);
}

TEST(NaiveBayes, NewEmbeddingsBeginAlongOneDirectionForEachClass)
{
    MemoryArchive weights("model.safetensors");
    Tensor& words = weights.add("distilbert.embeddings.word_embeddings.weight", {3, 8});
    const std::vector<float> evidence = {0.5F, -0.5F, -4.0F, 4.0F, 0.0F, 0.0F};
    addWordEvidence({evidence.data(), 3, 2}, 0.2, 7, weights);
    const auto row = [&](std::size_t i) { return words.matrix().row(i); };
    for (std::size_t i = 0; i < 8; ++i) {
        EXPECT_NEAR(row(1)[i], -2.0F * row(0)[i], 1e-6);  // one nat at most
        EXPECT_EQ(row(2)[i], 0.0F);
    }
    MemoryArchive single("model.safetensors");
    const Tensor& alone = single.add("embeddings.word_embeddings.weight", {1, 8});
    const std::vector<float> ofOne = {0.5F, 0.0F};
    addWordEvidence({ofOne.data(), 1, 2}, 0.2, 7, single);
    double squares = 0.0;
    for (const float value : alone.values())
        squares += static_cast<double>(value) * static_cast<double>(value);
    EXPECT_NEAR(std::sqrt(squares), 0.5 * 0.2, 1e-6);
    MemoryArchive none("model.safetensors");
    EXPECT_THROW(addWordEvidence({evidence.data(), 3, 2}, 0.2, 7, none), Error);
}

class WordEvidence : public testing::Test {
protected:
    Json counted() const
    {
        Json json = test::lineRecipe(m_folder.path());
        json["data"]["sources"][0]["trust"] = 0.7;
        json["naive_bayes"] = {{"embeddings", 0.1}};
        return json;
    }
    Recipe recipe(const Json& json) const { return test::recipeOf(m_folder.path(), json); }
    void run(const Json& json, const std::string& out, std::size_t stopAfter = 0)
    {
        train(recipe(json), m_folder.path() / out, {.stopAfter = stopAfter}, m_monitor);
    }
    std::string model(const std::string& of) const
    {
        return test::contentOf(m_folder.path() / of / "model.safetensors");
    }
    std::unique_ptr<TrainingData> data(const Json& json) const
    {
        const Recipe of = recipe(json);
        const auto weights = initialWeights(of.config, of.filesFolder, {.usual = 0.1}, 0);
        const ModelFiles files = test::newFiles(of, weights);
        return openTrainingData(of, architectureOf(files).describe(files));
    }
    std::string messageOf(const Json& json) const { return test::refusalOf(m_folder.path(), json); }

    test::TemporaryFolder m_folder;
    Monitor m_monitor;
};

TEST_F(WordEvidence, WhatIsLearnedIsTheLabelAndWhatOtherTextsWordsSay)
{
    Json json = counted();
    const auto label = data(test::lineRecipe(m_folder.path())), both = data(json);
    json["data"]["sources"][0]["trust"] = 0.0;
    const auto words = data(json);
    for (std::size_t i = 0; i < 8; ++i) {
        const Example drawn = both->draw(1, i), alone = words->draw(1, i);
        ASSERT_EQ(drawn.shares.size(), 2U);
        EXPECT_TRUE(label->draw(1, i).shares.empty());
        for (std::size_t c = 0; c < 2; ++c) {
            const float own = static_cast<std::size_t>(drawn.targets[0]) == c ? 1.0F : 0.0F;
            EXPECT_NEAR(drawn.shares[c], 0.7F * own + 0.3F * alone.shares[c], 1e-6);
        }
        EXPECT_NEAR(alone.shares[0] + alone.shares[1], 1.0, 1e-6);
    }
    EXPECT_TRUE(both->sets()[0].at(0).shares.empty());  // what is tested is taken as it is
}

TEST_F(WordEvidence, TokensSpeakForTheClassTheyCameWith)
{
    const auto texts = data(counted());
    const std::unique_ptr<Tokenizer> tokenizer = openTokenizer(test::samples() / "sentiment");
    const auto evidenceOf = [&](const std::string& word) {
        const std::int32_t id = tokenizer->encode(word, std::nullopt, {.addSpecial = false}).tokens.at(0).id;
        return texts->tokenEvidence().matrix()(static_cast<std::size_t>(id), 1);
    };
    EXPECT_GT(evidenceOf("fine"), 0.2F);  // "a fine film", "fine and warm" of class 1
    EXPECT_LT(evidenceOf("dull"), -0.2F);
    EXPECT_NEAR(evidenceOf("film"), 0.0, 0.1);  // in both
    EXPECT_TRUE(data(test::lineRecipe(m_folder.path()))->tokenEvidence().empty());
}

TEST_F(WordEvidence, CountingIsCancelled)
{
    const Recipe of = recipe(counted());
    const ModelFiles files = test::newFiles(of, initialWeights(of.config, of.filesFolder, of.deviations, 0));
    try {
        openTrainingData(of, architectureOf(files).describe(files), test::CancelledAfter());
        FAIL() << "should have been cancelled";
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::Cancelled);
    }
}

TEST_F(WordEvidence, RunsAreReproducibleAndGoOnWithTheSameBits)
{
    run(counted(), "whole");
    run(test::lineRecipe(m_folder.path()), "plain");
    EXPECT_NE(model("whole"), model("plain"));
    test::inPieces([&] { run(counted(), "pieces", 5); });
    EXPECT_EQ(model("pieces"), model("whole"));
}

TEST_F(WordEvidence, WhatWouldChangeNothingIsRefused)
{
    EXPECT_EQ(messageOf(counted()), "");
    Json json = counted();
    json.erase("naive_bayes");
    EXPECT_THAT(messageOf(json), HasSubstr("naive_bayes"));
    json = counted();
    json["naive_bayes"] = Json::object();
    EXPECT_EQ(messageOf(json), "");
    json["data"]["sources"][0].erase("trust");
    EXPECT_THAT(messageOf(json), HasSubstr("change nothing"));
    json = counted();
    json["model"]["start"] = (test::samples() / "sentiment").string();
    EXPECT_THAT(messageOf(json), HasSubstr("start"));
    for (const char* key : {"trust", "counts"}) {
        json = counted();
        json["data"]["sources"][1][key] = 0.7;
        EXPECT_THAT(messageOf(json), HasSubstr("test alone")) << key;
    }
    for (const double trust : {-0.5, 1.5}) {
        json = counted();
        json["data"]["sources"][0]["trust"] = trust;
        EXPECT_NE(messageOf(json), "") << trust;
    }
    json = test::tinyRecipe(m_folder.path());
    json["naive_bayes"] = {{"embeddings", 0.1}};
    EXPECT_THAT(messageOf(json), HasSubstr("classification"));
}

}  // namespace
}  // namespace ketscope
