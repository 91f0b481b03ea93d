// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/study/input.h"
#include "tests/support/tokenizer_folder.h"

#include <gmock/gmock.h>

using namespace ketscope;
using test::TokenizerFolder;
using testing::ElementsAre;
using testing::HasSubstr;

namespace {

const char* const kWords = "[PAD]\n[UNK]\n[CLS]\n[SEP]\na\nb\nc\nd\n";

std::unique_ptr<Tokenizer> withConfig(const std::string& config)
{
    return TokenizerFolder().write("vocab.txt", kWords).write("tokenizer_config.json", config).open();
}

std::string configRefusal(const std::string& config)
{
    return TokenizerFolder().write("vocab.txt", kWords).write("tokenizer_config.json", config).refusal();
}

std::vector<std::string> pieces(const Tokenizer& tokenizer, const std::string& text, std::optional<std::string> pair,
                                std::optional<std::size_t> positions = {})
{
    std::vector<std::string> out;
    for (const Token& token : tokenizer.encode(text, pair, optionsOfFiles(tokenizer, positions)).tokens)
        out.push_back(token.piece);
    return out;
}

TEST(TextLimits, TruncationFollowsTheFilesAndTheModel)
{
    const auto tokenizer = withConfig(R"({"model_max_length": 4})");
    EXPECT_THAT(pieces(*tokenizer, "a b c d", std::nullopt), ElementsAre("[CLS]", "a", "b", "[SEP]"));
    EXPECT_THAT(pieces(*tokenizer, "a b c d", std::nullopt, 3), ElementsAre("[CLS]", "a", "[SEP]"));
    EXPECT_THAT(pieces(*tokenizer, "a b c d", std::nullopt, 9), ElementsAre("[CLS]", "a", "b", "[SEP]"));
    const auto left = withConfig(R"({"model_max_length": 4, "truncation_side": "left"})");
    EXPECT_THAT(pieces(*left, "a b c d", std::nullopt), ElementsAre("[CLS]", "c", "d", "[SEP]"));
    EXPECT_THAT(pieces(*left, "a b c", "d d b", 4), ElementsAre("[CLS]", "[SEP]", "b", "[SEP]"));
}

TEST(TextLimits, AnEndlessLengthIsNone)
{
    EXPECT_FALSE(withConfig(R"({"model_max_length": 1000000000000000019884624838656})")->limits().maximumLength);
    EXPECT_FALSE(withConfig("{}")->limits().maximumLength);
    EXPECT_THAT(configRefusal(R"({"model_max_length": 0})"), HasSubstr("model_max_length"));
    EXPECT_THAT(configRefusal(R"({"model_max_length": "long"})"), HasSubstr("model_max_length"));
    EXPECT_THAT(configRefusal(R"({"truncation_side": "middle"})"), HasSubstr("'middle'"));
}

Json bertJson(const Json& truncation, const Json& padding)
{
    Json root;
    root["truncation"] = truncation;
    root["padding"] = padding;
    root["pre_tokenizer"] = {{"type", "BertPreTokenizer"}};
    root["model"] = {{"type", "WordPiece"}, {"unk_token", "u"}, {"vocab", {{"u", 0}, {"p", 1}, {"a", 2}, {"b", 3}}}};
    return root;
}

const Json kFixed = {{"strategy", {{"Fixed", 4}}}, {"direction", "Right"}, {"pad_id", 1}, {"pad_type_id", 0}};

std::unique_ptr<Tokenizer> withJson(const Json& root)
{
    return TokenizerFolder().write("tokenizer.json", root.dump()).open();
}

std::string jsonRefusal(const Json& root) { return TokenizerFolder().write("tokenizer.json", root.dump()).refusal(); }

TEST(TextLimits, PaddingOfTokenizerJson)
{
    EXPECT_THAT(pieces(*withJson(bertJson(nullptr, kFixed)), "a b", std::nullopt), ElementsAre("a", "b", "p", "p"));
    EXPECT_THAT(pieces(*withJson(bertJson(nullptr, kFixed)), "a b", std::nullopt, 3), ElementsAre("a", "b", "p"));
    Json left = kFixed;
    left["direction"] = "Left";
    EXPECT_THAT(pieces(*withJson(bertJson(nullptr, left)), "a", std::nullopt), ElementsAre("p", "p", "p", "a"));
    Json multiple = kFixed;
    multiple["strategy"] = "BatchLongest";
    multiple["pad_to_multiple_of"] = 2;
    EXPECT_THAT(pieces(*withJson(bertJson(nullptr, multiple)), "a b a", std::nullopt), ElementsAre("a", "b", "a", "p"));
    EXPECT_THAT(pieces(*withJson(bertJson(nullptr, multiple)), "a b", std::nullopt), ElementsAre("a", "b"));
    for (const auto& [key, value] : std::vector<std::pair<std::string, Json>>{{"strategy", "Often"},
                                                                              {"strategy", {{"Fixed", 1'000'000'000}}},
                                                                              {"direction", "Up"},
                                                                              {"pad_id", 99},
                                                                              {"pad_type_id", 2},
                                                                              {"pad_to_multiple_of", 0}}) {
        Json bad = kFixed;
        bad[key] = value;
        EXPECT_NE(jsonRefusal(bertJson(nullptr, bad)), "accepted") << key;
    }
}

TEST(TextLimits, TruncationOfTokenizerJson)
{
    Json rule = {{"max_length", 3}, {"strategy", "OnlySecond"}, {"direction", "Left"}, {"stride", 0}};
    const auto second = withJson(bertJson(rule, nullptr));
    EXPECT_THAT(pieces(*second, "a b", "a b a"), ElementsAre("a", "b", "a"));
    EXPECT_THAT(pieces(*second, "a a b b", std::nullopt), ElementsAre("a", "b", "b"));
    EXPECT_THROW(pieces(*second, "a a b b", "b"), Error);
    rule["strategy"] = "OnlyFirst";
    EXPECT_THAT(pieces(*withJson(bertJson(rule, nullptr)), "a b", "b b"), ElementsAre("b", "b", "b"));
    rule["strategy"] = "Random";
    EXPECT_THAT(jsonRefusal(bertJson(rule, nullptr)), HasSubstr("'Random'"));
    rule = {{"strategy", "LongestFirst"}};
    EXPECT_THAT(jsonRefusal(bertJson(rule, nullptr)), HasSubstr("'max_length'"));
}

ModelInfo modelFor(std::size_t positions)
{
    ModelInfo model;
    model.vocabularySize = 8;
    model.maximumPositions = positions;
    return model;
}

TEST(TextLimits, AreSaidInNotices)
{
    Input input;
    input.text = "a b a b";
    const auto left = withConfig(R"({"model_max_length": 4, "truncation_side": "left"})");
    EXPECT_THAT(encodeInput(input, modelFor(9), left.get()).notices,
                ElementsAre("Cut to the tokenizer's 4 tokens: 2 dropped at the beginning."));
    EXPECT_THAT(encodeInput(input, modelFor(3), left.get()).notices,
                ElementsAre("Cut to the model's 3 tokens: 3 dropped at the beginning."));
    Json wide = kFixed;
    wide["strategy"]["Fixed"] = 6;
    const EncodedInput padded = encodeInput(input, modelFor(9), withJson(bertJson(nullptr, wide)).get());
    EXPECT_THAT(padded.notices, ElementsAre("Padded to 6 tokens, as the tokenizer's file says: 2 are padding."));
    EXPECT_THAT(padded.model.attentionMask, ElementsAre(1, 1, 1, 1, 0, 0));
}

}  // namespace
