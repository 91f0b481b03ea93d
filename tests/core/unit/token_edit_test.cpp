// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/study/comparison.h"
#include "core/study/samples.h"
#include "core/study/token_edit.h"
#include "tests/support/paths.h"

#include <gmock/gmock.h>

namespace ketscope {
namespace {

using testing::ElementsAre;

class TokenEditTest : public testing::Test {
protected:
    void open(const std::filesystem::path& folder, const std::string& text)
    {
        loaded = loadModel(folder, monitor);
        input = {};
        input.text = text;
        encoded = encode(input);
    }
    EncodedInput encode(const Input& what) const
    {
        return encodeInput(what, loaded->model->info(), loaded->tokenizer.get());
    }
    const Tokenizer& tokenizer() const { return *loaded->tokenizer; }
    // What the edited tokens are, read from what comes out.
    std::vector<std::string> pieces(const Input& what) const
    {
        std::vector<std::string> all;
        for (const Token& token : encode(what).tokens)
            all.push_back(token.display);
        return all;
    }

    Monitor monitor;
    std::shared_ptr<const LoadedModel> loaded;
    Input input;
    EncodedInput encoded;
};

TEST_F(TokenEditTest, AWordStaysAText)
{
    open(samplesFolder() / "sentiment", "the film is great");
    const Input changed = withTokenReplaced(input, encoded, 4, "warm", tokenizer());
    EXPECT_EQ(changed.text, "the film is warm");
    EXPECT_TRUE(changed.tokenIds.empty());
    const Input shorter = withTokenRemoved(input, encoded, 3, &tokenizer());
    EXPECT_EQ(shorter.text, "the film great");
    EXPECT_THAT(pieces(shorter), ElementsAre("[CLS]", "the", "film", "great", "[SEP]"));
}

TEST_F(TokenEditTest, CharactersAreCountedNotBytes)
{
    open(samplesFolder() / "sentiment", "“the film” is great");
    std::size_t at = 0;
    while (encoded.tokens.at(at).display != "great")
        ++at;
    EXPECT_EQ(withTokenReplaced(input, encoded, at, "not", tokenizer()).text, "“the film” is not");
}

TEST_F(TokenEditTest, AMaskTokenIsOneTokenAsTheTokenizerHasIt)
{
    open(samplesFolder() / "sentiment", "the film is great");
    ASSERT_EQ(maskTokenText(tokenizer()), "[MASK]");
    const Input masked = withTokenReplaced(input, encoded, 2, "[MASK]", tokenizer());
    EXPECT_THAT(pieces(masked), ElementsAre("[CLS]", "the", "[MASK]", "is", "great", "[SEP]"));
}

TEST_F(TokenEditTest, WhatNoTextSaysBecomesIds)
{
    open(samplesFolder() / "sentiment", "the film is great");
    const Input bare = withTokenRemoved(input, encoded, 0, &tokenizer());  // [CLS] comes from the tokenizer itself
    EXPECT_FALSE(bare.text.has_value());
    EXPECT_EQ(bare.tokenIds.size(), encoded.tokens.size() - 1);
    EXPECT_THAT(pieces(bare), ElementsAre("the", "film", "is", "great", "[SEP]"));
    EXPECT_TRUE(bare.attentionMask.empty());
}

TEST_F(TokenEditTest, HiddenTokensCannotBeLookedAtAndCanBeShownAgain)
{
    open(samplesFolder() / "sentiment", "the film is great");
    const Input hidden = withTokenHidden(input, encoded, 2, true);
    EXPECT_THAT(hidden.attentionMask, ElementsAre(1, 1, 0, 1, 1, 1));
    const EncodedInput seen = encode(hidden);
    EXPECT_EQ(seen.model.tokenIds, encoded.model.tokenIds);
    const Input replaced = withTokenReplaced(hidden, seen, 4, "warm", tokenizer());
    EXPECT_THAT(replaced.attentionMask, ElementsAre(1, 1, 0, 1, 1, 1)) << "what was hidden stays hidden";
    EXPECT_TRUE(withTokenHidden(hidden, seen, 2, false).attentionMask.empty());
    Study study;
    study.input = hidden;
    const ComparisonPointer run = runStudy(study, *loaded, nullptr, 1, monitor);
    const MatrixView map = run->traces[0]->stacks[0].attention[0]->matrix({0});
    for (std::size_t query = 0; query < map.rows; ++query)
        EXPECT_EQ(map(query, 2), 0.0F);
}

TEST_F(TokenEditTest, ALeadingSpaceIsKept)
{
    open(test::fixtures() / "models" / "gpt2-lm", "the film is great");
    std::size_t at = encoded.tokens.size() - 1;
    while (at > 0 && !encoded.tokens[at].display.starts_with("·"))
        --at;
    if (at == 0)
        GTEST_SKIP() << "this vocabulary has no token with a leading space";
    for (const Token& token : replacementTokens(encoded, at, "the", tokenizer()))
        EXPECT_GE(token.id, 0);
    EXPECT_TRUE(replacementTokens(encoded, at, "the", tokenizer()).front().display.starts_with("·"));
}

TEST_F(TokenEditTest, NothingIsRefused)
{
    open(samplesFolder() / "sentiment", "film");
    EXPECT_THROW(replacementTokens(encoded, 1, "", tokenizer()), Error);
    Input one;
    one.tokenIds = {encoded.tokens[1].id};
    EXPECT_THROW(withTokenRemoved(one, encode(one), 0, &tokenizer()), Error);
    EXPECT_THROW(withTokenHidden(one, encode(one), 0, true), Error);
    Input labels;
    labels.labels = {"a"};
    EXPECT_FALSE(tokenEditObstacle(labels, &tokenizer()).empty());
    EXPECT_FALSE(tokenEditObstacle(one, nullptr).empty());
}

}  // namespace
}  // namespace ketscope
