// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/formats/json.h"
#include "core/text/tokenizer.h"
#include "tests/support/paths.h"

#include <fstream>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

using namespace ketscope;
namespace fs = std::filesystem;

namespace {

std::vector<Json> linesOf(const std::string& name)
{
    std::ifstream input(test::fixtures() / "tokenizers" / name);
    std::vector<Json> lines;
    for (std::string line; std::getline(input, line);)
        lines.push_back(parseJson(line, name));
    return lines;
}

std::vector<std::int32_t> idsOf(const Encoding& encoding)
{
    std::vector<std::int32_t> ids;
    for (const Token& token : encoding.tokens)
        ids.push_back(token.id);
    return ids;
}

std::vector<std::string> piecesOf(const Encoding& encoding)
{
    std::vector<std::string> pieces;
    for (const Token& token : encoding.tokens)
        pieces.push_back(token.piece);
    return pieces;
}

std::size_t characters(const std::string& text)
{
    return static_cast<std::size_t>(
        std::count_if(text.begin(), text.end(), [](char byte) { return (byte & 0xC0) != 0x80; }));
}

// Ids as the reference has them or as one of the published implementations does; spans in order and within the text.
void expectLine(const Tokenizer& tokenizer, const Json& line)
{
    const std::string text = line["text"];
    SCOPED_TRACE(line["text"].dump());
    const Encoding found = tokenizer.encode(text, std::nullopt, {});
    std::vector<std::vector<std::int32_t>> accepted = {line["ids"]};
    if (!line["agree"].get<bool>())
        for (const Json& ids : line["accept"])
            accepted.push_back(ids);
    EXPECT_NE(std::find(accepted.begin(), accepted.end(), idsOf(found)), accepted.end())
        << Json(piecesOf(found)) << "\nexpected " << line["tokens"];
    if (idsOf(found) == accepted.front()) {
        EXPECT_EQ(piecesOf(found), line["tokens"].get<std::vector<std::string>>());
    }
    std::size_t reached = 0;
    for (const Token& token : found.tokens) {
        if (token.span.begin == token.span.end)
            continue;
        EXPECT_GE(token.span.begin, reached);
        EXPECT_LE(token.span.end, characters(text));
        reached = token.span.begin;
    }
}

TEST(TokenizerFixture, BertBaseUncased)
{
    KETSCOPE_NEEDS_SHARED(shared);
    const auto tokenizer = openTokenizer(shared / "fixtures/tokenizers/vocab/bert-base-uncased");
    ASSERT_NE(tokenizer, nullptr);
    EXPECT_EQ(tokenizer->kind(), "WordPiece");
    EXPECT_EQ(tokenizer->vocabularySize(), 30522U);
    const std::vector<Json> lines = linesOf("bert-base-uncased.jsonl");
    ASSERT_EQ(lines.size(), 80U);
    for (const Json& line : lines)
        expectLine(*tokenizer, line);
}

TEST(TokenizerFixture, Gpt2)
{
    KETSCOPE_NEEDS_SHARED(shared);
    const auto tokenizer = openTokenizer(shared / "fixtures/tokenizers/vocab/gpt2");
    ASSERT_NE(tokenizer, nullptr);
    EXPECT_EQ(tokenizer->kind(), "byte-level BPE");
    EXPECT_EQ(tokenizer->vocabularySize(), 50257U);
    const std::vector<Json> lines = linesOf("gpt2.jsonl");
    ASSERT_EQ(lines.size(), 80U);
    for (const Json& line : lines)
        expectLine(*tokenizer, line);
}

TEST(TokenizerFixture, BertPairsTruncatedAndPadded)
{
    KETSCOPE_NEEDS_SHARED(shared);
    const auto tokenizer = openTokenizer(shared / "fixtures/tokenizers/vocab/bert-base-uncased");
    const std::vector<Json> lines = linesOf("bert-base-uncased-pairs.jsonl");
    ASSERT_EQ(lines.size(), 8U);
    for (const Json& line : lines) {
        SCOPED_TRACE(line.dump());
        EncodeOptions options;
        if (!line["max_length"].is_null()) {
            options.maximumLength = line["max_length"].get<std::size_t>();
            options.padToMaximum = true;
        }
        const std::string pair = line["pair"];
        const Encoding found = tokenizer->encode(line["text"].get<std::string>(), pair, options);
        EXPECT_EQ(idsOf(found), line["ids"].get<std::vector<std::int32_t>>());
        std::vector<int> segments;
        std::vector<int> attended;
        for (const Token& token : found.tokens) {
            segments.push_back(token.segment);
            attended.push_back(token.padding ? 0 : 1);
        }
        EXPECT_EQ(segments, line["token_type_ids"].get<std::vector<int>>());
        EXPECT_EQ(attended, line["attention_mask"].get<std::vector<int>>());
    }
}

// The texts of a case: one, a row each, or a text and its pair for a single row.
std::vector<std::pair<std::string, std::optional<std::string>>> textsOf(const Json& text, std::size_t rows)
{
    if (text.is_string())
        return {{text.get<std::string>(), std::nullopt}};
    if (rows == 1 && text.size() == 2)
        return {{text[0].get<std::string>(), text[1].get<std::string>()}};
    std::vector<std::pair<std::string, std::optional<std::string>>> texts;
    for (const Json& row : text)
        texts.emplace_back(row.get<std::string>(), std::nullopt);
    return texts;
}

int expectCases(const fs::path& model, const Tokenizer& tokenizer)
{
    int rows = 0;
    const Json description = readJsonFile(model / "case.json");
    for (const Json& entry : description["cases"]) {
        SCOPED_TRACE(model.string() + " " + entry["file"].get<std::string>());
        const auto expected = entry["tokens"].get<std::vector<std::vector<std::string>>>();
        const auto texts = textsOf(entry["text"], expected.size());
        EXPECT_EQ(texts.size(), expected.size());
        for (std::size_t i = 0; i < expected.size(); ++i, ++rows) {
            const EncodeOptions options{true, expected[i].size(), true};
            EXPECT_EQ(piecesOf(tokenizer.encode(texts.at(i).first, texts.at(i).second, options)), expected[i]);
        }
    }
    return rows;
}

TEST(TokenizerFixture, EveryModelsCasesThroughEitherKindOfFile)
{
    int rows = 0;
    int models = 0;
    for (const fs::directory_entry& model : fs::directory_iterator(test::fixtures() / "models")) {
        ++models;
        const auto whole = openTokenizer(model.path());
        ASSERT_NE(whole, nullptr) << model.path();
        rows += expectCases(model.path(), *whole);

        const test::TemporaryFolder classic;
        for (const char* name :
             {"vocab.txt", "vocab.json", "merges.txt", "tokenizer_config.json", "special_tokens_map.json"})
            if (fs::exists(model.path() / name))
                fs::copy_file(model.path() / name, classic.path() / name);
        const auto parts = openTokenizer(classic.path());
        ASSERT_NE(parts, nullptr) << model.path();
        EXPECT_EQ(parts->kind(), whole->kind());
        EXPECT_EQ(parts->vocabularySize(), whole->vocabularySize());
        rows += expectCases(model.path(), *parts);

        for (const char* lines : {"bert-base-uncased.jsonl", "gpt2.jsonl"})
            for (const Json& line : linesOf(lines)) {
                const std::string text = line["text"];
                EXPECT_EQ(idsOf(whole->encode(text, std::nullopt, {})), idsOf(parts->encode(text, std::nullopt, {})))
                    << model.path() << line["text"];
            }
    }
    EXPECT_GE(models, 7);
    EXPECT_GE(rows, 20);
}

}  // namespace
