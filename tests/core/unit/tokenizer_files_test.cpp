// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/tokenizer_folder.h"

#include <gmock/gmock.h>
#include <random>

using namespace ketscope;
using test::TokenizerFolder;
using testing::ElementsAre;
using testing::HasSubstr;

namespace {

const std::string kWords = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nhello\nnew\n##s\nHello\n";

std::vector<std::string> pieces(const Tokenizer& tokenizer, const std::string& text)
{
    std::vector<std::string> out;
    for (const Token& token : tokenizer.encode(text, std::nullopt, {}).tokens)
        out.push_back(token.piece);
    return out;
}

std::string afterEdit(const std::string& model, const std::function<void(Json&)>& change)
{
    return TokenizerFolder().edit(model, change).refusal();
}

TEST(TokenizerFiles, NoneIsNoTokenizer)
{
    EXPECT_EQ(TokenizerFolder().open(), nullptr);
    EXPECT_EQ(TokenizerFolder().write("config.json", "{}").open(), nullptr);
    EXPECT_THAT(TokenizerFolder().write("vocab.json", "{\"a\":0}").refusal(), HasSubstr("merges.txt"));
}

TEST(TokenizerFiles, VocabTxtFollowsItsSettings)
{
    TokenizerFolder folder;
    folder.write("vocab.txt", kWords);
    EXPECT_THAT(pieces(*folder.open(), "Hello"), ElementsAre("[CLS]", "hello", "[SEP]"));
    folder.write("tokenizer_config.json", R"({"do_lower_case": false})");
    EXPECT_THAT(pieces(*folder.open(), "Hello"), ElementsAre("[CLS]", "Hello", "[SEP]"));
    EXPECT_THAT(pieces(*folder.open(), "Hélloes"), ElementsAre("[CLS]", "[UNK]", "[SEP]"));
    folder.write("tokenizer_config.json", R"({"do_lower_case": false, "strip_accents": true})");
    EXPECT_THAT(pieces(*folder.open(), "Héllos"), ElementsAre("[CLS]", "Hello", "##s", "[SEP]"));
    folder.write("tokenizer_config.json", R"({"tokenizer_class": "T5Tokenizer"})");
    EXPECT_THAT(folder.refusal(), HasSubstr("'T5Tokenizer'"));
    folder.write("tokenizer_config.json", R"({"do_lower_case": "yes"})");
    EXPECT_THAT(folder.refusal(), HasSubstr("'do_lower_case'"));
    folder.write("tokenizer_config.json", R"({"do_basic_tokenize": false})");
    EXPECT_THAT(folder.refusal(), HasSubstr("do_basic_tokenize"));
    folder.write("tokenizer_config.json", R"({"mask_token": {"content": "[MASK]", "lstrip": true}})");
    EXPECT_EQ(folder.refusal(), "accepted");
    folder.write("tokenizer_config.json", "[]");
    EXPECT_THAT(folder.refusal(), HasSubstr("a JSON object"));
}

TEST(TokenizerFiles, AddedTokensOfClassicFiles)
{
    TokenizerFolder folder;
    folder.write("vocab.txt", kWords);
    folder.write("added_tokens.json", R"({"<x>": 9})");
    EXPECT_THAT(pieces(*folder.open(), "hello<x>hello"), ElementsAre("[CLS]", "hello", "<x>", "hello", "[SEP]"));
    EXPECT_EQ(folder.open()->vocabularySize(), 10U);
    folder.write("added_tokens.json", R"({"<x>": 5})");
    EXPECT_THAT(folder.refusal(), HasSubstr("id 5, which is taken"));
    folder.write("added_tokens.json", R"({"<x>": -5})");
    EXPECT_THAT(folder.refusal(), HasSubstr("-5"));
    folder.write("added_tokens.json", "{}");
    folder.write("tokenizer_config.json", R"({"added_tokens_decoder": {"9": {"content": "<y>", "special": true}}})");
    EXPECT_THAT(pieces(*folder.open(), "<y>hello"), ElementsAre("[CLS]", "<y>", "hello", "[SEP]"));
    folder.write("tokenizer_config.json", R"({"added_tokens_decoder": {"nine": {"content": "<y>"}}})");
    EXPECT_THAT(folder.refusal(), HasSubstr("'nine'"));
    folder.write("tokenizer_config.json", R"({"added_tokens_decoder": {"9": {"content": ""}}})");
    EXPECT_THAT(folder.refusal(), HasSubstr("characters"));
}

TEST(TokenizerFiles, HostileVocabTxt)
{
    const auto words = [](const std::string& bytes) { return TokenizerFolder().write("vocab.txt", bytes).refusal(); };
    EXPECT_EQ(words(kWords), "accepted");
    EXPECT_EQ(words("[PAD]\r\n[UNK]\r\n[CLS]\r\n[SEP]\r\na\r\n"), "accepted");
    EXPECT_THAT(words(""), HasSubstr("empty file"));
    EXPECT_THAT(words(kWords + "hello\n"), HasSubstr("ids 5 and 9"));
    EXPECT_THAT(words(kWords + "\nx\n"), HasSubstr("an empty one"));
    EXPECT_THAT(words(kWords + std::string("a\0b\n", 4)), HasSubstr("NUL"));
    EXPECT_THAT(words(kWords + "\xFF\n"), HasSubstr("UTF-8"));
    EXPECT_THAT(words("hello\nworld\n"), HasSubstr("unk_token '[UNK]'"));
    EXPECT_THAT(words("[UNK]\nhello\n"), HasSubstr("cls_token '[CLS]'"));
}

TEST(TokenizerFiles, HostileVocabJsonAndMerges)
{
    const auto pair = [](const std::string& vocab, const std::string& merges) {
        return TokenizerFolder().write("vocab.json", vocab).write("merges.txt", merges).refusal();
    };
    EXPECT_EQ(pair(R"({"a":0,"b":1,"ab":2})", "#version: 0.2\na b\n"), "accepted");
    EXPECT_EQ(pair(R"({"a":0,"b":1,"ab":2})", ""), "accepted");
    EXPECT_THAT(pair("{}", ""), HasSubstr("an empty one"));
    EXPECT_THAT(pair("[]", ""), HasSubstr("array"));
    for (const char* id : {"-1", "1.5", "\"1\"", "null", "16777216", "4294967296", "18446744073709551616", "[]"})
        EXPECT_THAT(pair(std::string(R"({"a":0,"b":)") + id + "}", ""), HasSubstr("ids from 0")) << id;
    EXPECT_THAT(pair(R"({"a":0,"b":0})", ""), HasSubstr("each id once"));
    EXPECT_THAT(pair(R"({"a":0,"a":1})", ""), HasSubstr("twice"));
    EXPECT_THAT(pair(R"({"":0})", ""), HasSubstr("an empty one"));
    EXPECT_THAT(pair(R"({"a\u0000":0})", ""), HasSubstr("NUL"));
    EXPECT_THAT(pair(R"({"a":0,"b":1})", "a b\n"), HasSubstr("'ab', which is not there"));
    EXPECT_THAT(pair(R"({"a":0,"ac":1})", "a c\n"), HasSubstr("'c', which is not there"));
    EXPECT_THAT(pair(R"({"a":0,"b":1,"ab":2})", "a b\na b\n"), HasSubstr("'a b' twice"));
    EXPECT_THAT(pair(R"({"a":0,"b":1,"ab":2})", "ab\n"), HasSubstr("line 1"));
    EXPECT_THAT(pair(R"({"a":0,"b":1,"ab":2})", "a b\na b c\n"), HasSubstr("line 2"));
    EXPECT_EQ(pair(R"({"a":0,"b</w>":1,"ab</w>":2})", "a b</w>\n"), "accepted");
    EXPECT_THAT(pair(R"({"a":0})", "\xFF\n"), HasSubstr("UTF-8"));
}

TEST(TokenizerFiles, BytesWithoutAPieceAreUnknownOrRefused)
{
    TokenizerFolder folder;
    folder.write("vocab.json", R"({"a":0,"b":1,"ab":2,"<|endoftext|>":3})").write("merges.txt", "a b\n");
    const Encoding found = folder.open()->encode("abca", std::nullopt, {});
    EXPECT_EQ(found.unknown, 1U);
    EXPECT_THAT(pieces(*folder.open(), "abca"), ElementsAre("ab", "<|endoftext|>", "a"));
    folder.write("vocab.json", R"({"a":0,"b":1,"ab":2})");
    EXPECT_THROW(folder.open()->encode("abca", std::nullopt, {}), Error);
}

TEST(TokenizerFiles, ClassicRobertaAndBeginningOfText)
{
    TokenizerFolder folder;
    folder.write("merges.txt", "a b\n");
    folder.write("vocab.json", R"({"a":0,"b":1,"ab":2,"<s>":3,"</s>":4,"<unk>":5,"<pad>":6,"<mask>":7,"Ġ":8})");
    folder.write("tokenizer_config.json", R"({"tokenizer_class": "RobertaTokenizer"})");
    EXPECT_THAT(pieces(*folder.open(), "ab <mask>b"), ElementsAre("<s>", "ab", "<mask>", "b", "</s>"));
    folder.write(
        "tokenizer_config.json",
        R"({"tokenizer_class": "GPT2TokenizerFast", "add_bos_token": true, "bos_token": "</s>", "unk_token": "<unk>"})");
    EXPECT_THAT(pieces(*folder.open(), "ab"), ElementsAre("</s>", "ab"));
    folder.write("tokenizer_config.json", R"({"add_prefix_space": true})");
    EXPECT_THAT(pieces(*folder.open(), "ab"), ElementsAre("Ġ", "ab"));
    folder.write("tokenizer_config.json", R"({"tokenizer_class": "BartTokenizer"})");
    EXPECT_THAT(folder.refusal(), HasSubstr("'BartTokenizer'"));
}

TEST(TokenizerJson, RefusesUnknownComponentsByName)
{
    EXPECT_THAT(afterEdit("bert-mlm",
                          [](Json& j) {
                              j["normalizer"] = {{"type", "Precompiled"}};
                          }),
                HasSubstr("'Precompiled'"));
    EXPECT_THAT(afterEdit("bert-mlm",
                          [](Json& j) {
                              j["pre_tokenizer"] = {{"type", "UnicodeScripts"}};
                          }),
                HasSubstr("'UnicodeScripts'"));
    EXPECT_THAT(afterEdit("bert-mlm",
                          [](Json& j) {
                              j["post_processor"] = {{"type", "Strange"}};
                          }),
                HasSubstr("'Strange'"));
    EXPECT_THAT(afterEdit("bert-mlm", [](Json& j) { j["model"]["type"] = "Unigram"; }), HasSubstr("'Unigram'"));
    EXPECT_THAT(afterEdit("gpt2-lm", [](Json& j) { j["model"]["continuing_subword_prefix"] = "##"; }),
                HasSubstr("'##'"));
    EXPECT_THAT(afterEdit("gpt2-lm", [](Json& j) { j["model"]["dropout"] = 0.1; }), HasSubstr("dropout"));
    EXPECT_THAT(afterEdit("bert-mlm",
                          [](Json& j) {
                              j["pre_tokenizer"] = {{"type", "ByteLevel"}};
                          }),
                HasSubstr("with ByteLevel"));
    EXPECT_THAT(afterEdit("bert-mlm", [](Json& j) { j["normalizer"] = 3; }), HasSubstr("a JSON object"));
}

TEST(TokenizerJson, RefusesWhatContradictsItself)
{
    EXPECT_THAT(afterEdit("bert-mlm", [](Json& j) { j.erase("model"); }), HasSubstr("'model'"));
    EXPECT_THAT(afterEdit("bert-mlm", [](Json& j) { j["model"]["unk_token"] = "<none>"; }), HasSubstr("'<none>'"));
    EXPECT_THAT(afterEdit("bert-mlm", [](Json& j) { j["model"]["vocab"]["[PAD]"] = -1; }), HasSubstr("-1"));
    EXPECT_THAT(afterEdit("bert-mlm", [](Json& j) { j["added_tokens"][0]["id"] = 7; }), HasSubstr("which is taken"));
    EXPECT_THAT(afterEdit("bert-mlm", [](Json& j) { j["added_tokens"] = 1; }), HasSubstr("added_tokens"));
    EXPECT_THAT(afterEdit("bert-mlm", [](Json& j) { j["post_processor"]["special_tokens"].erase("[SEP]"); }),
                HasSubstr("'[SEP]'"));
    EXPECT_THAT(afterEdit("bert-mlm", [](Json& j) { j["post_processor"]["special_tokens"]["[SEP]"]["ids"] = {99999}; }),
                HasSubstr("99999"));
    EXPECT_THAT(afterEdit("bert-mlm", [](Json& j) { j["post_processor"]["single"] = Json::array(); }),
                HasSubstr("'single'"));
    EXPECT_THAT(afterEdit("bert-mlm", [](Json& j) { j["post_processor"]["pair"] = j["post_processor"]["single"]; }),
                HasSubstr("'pair'"));
    EXPECT_THAT(afterEdit("bert-mlm", [](Json& j) { j["post_processor"]["pair"][3]["Sequence"]["type_id"] = 2; }),
                HasSubstr("type_id"));
    EXPECT_THAT(afterEdit("gpt2-lm", [](Json& j) { j["model"]["merges"][0] = "a b c"; }), HasSubstr("two pieces"));
    EXPECT_THAT(afterEdit("gpt2-lm", [](Json& j) { j["model"]["merges"][0] = {"a", 1}; }), HasSubstr("two pieces"));
    EXPECT_THAT(afterEdit("gpt2-lm", [](Json& j) { j["model"]["merges"][0] = "☃ ☃"; }), HasSubstr("not there"));
    EXPECT_THAT(TokenizerFolder().write("tokenizer.json", "[]").refusal(), HasSubstr("a JSON object"));
}

TEST(TokenizerJson, AcceptsEverySpellingOfTheSame)
{
    const std::string text = "The rain in Spain stays mainly in the plain, don't you <|endoftext|> think?";
    const auto expected = pieces(*openTokenizer(test::fixtures() / "models/gpt2-lm"), text);
    const auto pairsOfMerges = [](Json& j) {
        for (Json& merge : j["model"]["merges"]) {
            const std::string line = merge;
            merge = {line.substr(0, line.find(' ')), line.substr(line.find(' ') + 1)};
        }
    };
    EXPECT_EQ(pieces(*TokenizerFolder().edit("gpt2-lm", pairsOfMerges).open(), text), expected);
    const auto withoutType = [](Json& j) { j["model"].erase("type"); };
    EXPECT_EQ(pieces(*TokenizerFolder().edit("gpt2-lm", withoutType).open(), text), expected);
    EXPECT_EQ(afterEdit("bert-mlm", withoutType), "accepted");
    const auto sequences = [](Json& j) {
        j["pre_tokenizer"] = {{"type", "Sequence"}, {"pretokenizers", Json::array({j["pre_tokenizer"]})}};
        j["post_processor"] = {{"type", "Sequence"}, {"processors", Json::array({j["post_processor"]})}};
        j["normalizer"] = {{"type", "Sequence"}, {"normalizers", Json::array({Json{{"type", "NFC"}}})}};
    };
    EXPECT_EQ(pieces(*TokenizerFolder().edit("gpt2-lm", sequences).open(), text), expected);
    const auto bert = [](Json& j) {
        j["post_processor"] = {{"type", "BertProcessing"}, {"sep", {"[SEP]", 3}}, {"cls", {"[CLS]", 2}}};
        j["normalizer"] = {{"type", "Sequence"},
                           {"normalizers", Json::array({Json{{"type", "NFD"}}, Json{{"type", "Lowercase"}},
                                                        Json{{"type", "StripAccents"}}})}};
    };
    EXPECT_EQ(pieces(*TokenizerFolder().edit("bert-mlm", bert).open(), "Thé city!"),
              pieces(*openTokenizer(test::fixtures() / "models/bert-mlm"), "Thé city!"));
}

TEST(TokenizerJson, RobertaTemplateForPairs)
{
    const auto roberta = [](Json& j) {
        j["post_processor"] = {{"type", "RobertaProcessing"}, {"sep", {"[SEP]", 3}}, {"cls", {"[CLS]", 2}}};
    };
    const auto tokenizer = TokenizerFolder().edit("bert-mlm", roberta).open();
    std::vector<std::string> found;
    for (const Token& token : tokenizer->encode("the", "city", {}).tokens) {
        found.push_back(token.piece);
        EXPECT_EQ(token.segment, 0);
    }
    EXPECT_THAT(found, ElementsAre("[CLS]", "the", "[SEP]", "[SEP]", "city", "[SEP]"));
}

TEST(TokenizerJson, AddedTokensTakeSpaceOrStandAlone)
{
    const auto with = [](const char* option, bool normalized) {
        return TokenizerFolder()
            .edit("bert-mlm",
                  [&](Json& j) {
                      Json token = {{"id", 745}, {"content", "New"}, {"normalized", normalized}, {"special", false}};
                      if (option != nullptr)
                          token[option] = true;
                      j["added_tokens"].push_back(token);
                  })
            .open();
    };
    const auto spanOf = [](const Tokenizer& tokenizer, const std::string& text) {
        std::string spans;
        for (const Token& token : tokenizer.encode(text, std::nullopt, {}).tokens)
            if (token.id == 745)
                spans += std::to_string(token.span.begin) + "-" + std::to_string(token.span.end) + " ";
        return spans;
    };
    EXPECT_EQ(spanOf(*with(nullptr, false), "in New in NEW in Newer"), "3-6 17-20 ");
    EXPECT_EQ(spanOf(*with(nullptr, true), "in New in NEW in nëwer"), "3-6 10-13 17-20 ");
    EXPECT_EQ(spanOf(*with("single_word", false), "in New, Newer _New New"), "3-6 19-22 ");
    EXPECT_EQ(spanOf(*with("lstrip", false), "in  New in"), "2-7 ");
    EXPECT_EQ(spanOf(*with("rstrip", false), "in  New  in"), "4-9 ");
    EXPECT_EQ(spanOf(*with("lstrip", false), "New New"), "0-3 3-7 ");
    EXPECT_EQ(with(nullptr, false)->vocabularySize(), 746U);
}

// Opens and uses what a damaged file leaves; only Error may come out of it.
bool survives(const TokenizerFolder& folder)
{
    try {
        const auto tokenizer = folder.open();
        if (tokenizer)
            tokenizer->encode("The naïve [MASK] ring of 12 <|endoftext|> kings\n", "and 日本 😀", {true, 16, false});
        return true;
    } catch (const Error&) {
        return false;
    }
}

void damage(const std::string& model, const std::vector<std::string>& names, const std::string& target, int rounds)
{
    TokenizerFolder folder;
    for (const std::string& name : names)
        folder.copy(model, name);
    const std::string whole = TokenizerFolder::contents(model, target);
    ASSERT_GT(whole.size(), 100U);
    ASSERT_TRUE(survives(folder));
    std::mt19937 random(static_cast<unsigned>(whole.size()));
    int refused = 0;
    for (int round = 0; round < rounds; ++round) {
        std::string damaged = whole;
        for (auto flips = 1 + random() % 4; flips > 0; --flips)
            damaged[random() % damaged.size()] = static_cast<char>(random());
        if (round % 4 == 0)
            damaged.resize(random() % damaged.size());
        folder.write(target, damaged);
        refused += survives(folder) ? 0 : 1;
    }
    EXPECT_GT(refused, 0);
}

TEST(TokenizerFiles, DamagedFilesAreRefusedOrHarmless)
{
    damage("bert-mlm", {"tokenizer.json"}, "tokenizer.json", 100);
    damage("gpt2-lm", {"tokenizer.json"}, "tokenizer.json", 100);
    damage("bert-mlm", {"vocab.txt", "tokenizer_config.json"}, "vocab.txt", 100);
    damage("bert-mlm", {"vocab.txt", "tokenizer_config.json"}, "tokenizer_config.json", 100);
    damage("gpt2-lm", {"vocab.json", "merges.txt"}, "vocab.json", 100);
    damage("gpt2-lm", {"vocab.json", "merges.txt"}, "merges.txt", 100);
    damage("openai-gpt-lm", {"tokenizer.json"}, "tokenizer.json", 100);
    damage("openai-gpt-lm", {"vocab.json", "merges.txt"}, "vocab.json", 100);
    damage("llama-gqa", {"tokenizer.json"}, "tokenizer.json", 100);
    damage("llama-gqa", {"tokenizer.model"}, "tokenizer.model", 300);
}

}  // namespace
