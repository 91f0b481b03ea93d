// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/formats/hdf5.h"
#include "core/formats/json.h"
#include "core/text/tokenizer.h"
#include "tests/support/paths.h"

#include <fstream>
#include <gtest/gtest.h>
#include <iostream>
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

// Every line of a file with the real vocabulary; says how many gave the reference's own ids.
void expectVocabulary(const fs::path& shared, const std::string& name, const std::string& kind, std::size_t size)
{
    const auto tokenizer = openTokenizer(shared / "fixtures/tokenizers/vocab" / name);
    ASSERT_NE(tokenizer, nullptr);
    EXPECT_EQ(tokenizer->kind(), kind);
    EXPECT_EQ(tokenizer->vocabularySize(), size);
    const std::vector<Json> lines = linesOf(name + ".jsonl");
    ASSERT_EQ(lines.size(), 80U);
    std::size_t same = 0;
    for (const Json& line : lines) {
        expectLine(*tokenizer, line);
        same += idsOf(tokenizer->encode(line["text"].get<std::string>(), std::nullopt, {}))
                        == line["ids"].get<std::vector<std::int32_t>>()
                    ? 1
                    : 0;
    }
    std::cout << name << ": " << same << " of " << lines.size() << " lines have the reference's ids\n";
}

TEST(TokenizerFixture, BertBaseUncased)
{
    KETSCOPE_NEEDS_SHARED(shared);
    expectVocabulary(shared, "bert-base-uncased", "WordPiece", 30522);
}

TEST(TokenizerFixture, Gpt2)
{
    KETSCOPE_NEEDS_SHARED(shared);
    expectVocabulary(shared, "gpt2", "byte-level BPE", 50257);
}

TEST(TokenizerFixture, Clip)
{
    KETSCOPE_NEEDS_SHARED(shared);
    expectVocabulary(shared, "clip", "CLIP BPE", 49408);
}

TEST(TokenizerFixture, ClipCutTo77Tokens)
{
    KETSCOPE_NEEDS_SHARED(shared);
    const auto tokenizer = openTokenizer(shared / "fixtures/tokenizers/vocab/clip");
    for (const Json& line : linesOf("clip-truncate77.jsonl")) {
        EncodeOptions options;
        options.maximumLength = line["max_length"].get<std::size_t>();
        const Encoding found = tokenizer->encode(line["text"].get<std::string>(), std::nullopt, options);
        EXPECT_EQ(idsOf(found), line["ids"].get<std::vector<std::int32_t>>());
        EXPECT_GT(found.truncated, 0U);
    }
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
        if (entry.value("text", Json()).is_null())
            continue;
        const auto expected = entry["tokens"].get<std::vector<std::vector<std::string>>>();
        const auto texts = textsOf(entry["text"], expected.size());
        EXPECT_EQ(texts.size(), expected.size());
        for (std::size_t i = 0; i < expected.size(); ++i, ++rows) {
            const EncodeOptions options{.maximumLength = expected[i].size(),
                                        .padToMaximum = tokenizer.kind() != "SentencePiece BPE"};
            EXPECT_EQ(piecesOf(tokenizer.encode(texts.at(i).first, texts.at(i).second, options)), expected[i]);
        }
    }
    return rows;
}

// The same ids from tokenizer.json and from the classic files, on every line of every fixture.
void expectSame(const fs::path& model, const Tokenizer& whole, const Tokenizer& parts)
{
    EXPECT_EQ(parts.kind(), whole.kind()) << model;
    EXPECT_EQ(parts.vocabularySize(), whole.vocabularySize()) << model;
    for (const char* lines : {"bert-base-uncased.jsonl", "gpt2.jsonl", "clip.jsonl"})
        for (const Json& line : linesOf(lines)) {
            const std::string text = line["text"];
            EXPECT_EQ(piecesOf(whole.encode(text, std::nullopt, {})), piecesOf(parts.encode(text, std::nullopt, {})))
                << model << line["text"];
        }
}

void copyClassicFiles(const fs::path& from, const fs::path& to)
{
    for (const char* name : {"vocab.txt", "vocab.json", "merges.txt", "tokenizer.model", "tokenizer_config.json",
                             "special_tokens_map.json"})
        if (fs::exists(from / name))
            fs::copy_file(from / name, to / name);
}

// Expected ids, from the file of reference activations.
void expectGguf(const fs::path& shared, const std::string& name, const std::string& kind)
{
    SCOPED_TRACE(name);
    const Json cases = readJsonFile(shared / "fixtures/gguf/cases.json");
    const auto tokenizer = openTokenizer(shared / "fixtures/gguf" / (name + ".gguf"));
    ASSERT_NE(tokenizer, nullptr);
    EXPECT_EQ(tokenizer->kind(), kind);
    const Hdf5File expected = Hdf5File::open(shared / "fixtures/gguf" / (name + ".expected.h5"));
    std::vector<std::int64_t> found;
    for (const std::int32_t id : idsOf(tokenizer->encode(cases[name]["text"].get<std::string>(), std::nullopt, {})))
        found.push_back(id);
    EXPECT_EQ(found, expected.readIntegers("/in/input_ids"));
}

TEST(TokenizerFixture, EveryGgufModelsText)
{
    KETSCOPE_NEEDS_SHARED(shared);
    expectGguf(shared, "bert-f32", "WordPiece");
    expectGguf(shared, "gpt2-f16", "byte-level BPE");
    expectGguf(shared, "gpt2-q8_0", "byte-level BPE");
    expectGguf(shared, "llama-q4_0", "SentencePiece BPE");
    expectGguf(shared, "llama-q4_k_m", "SentencePiece BPE");
}

TEST(TokenizerFixture, GgufAndFolderOfTheSameModelAgree)
{
    KETSCOPE_NEEDS_SHARED(shared);
    const auto folder = openTokenizer(shared / "bootstrap/char-gpt");
    const auto file = openTokenizer(shared / "bootstrap/char-gpt/model-f16.gguf");
    ASSERT_NE(file, nullptr);
    const std::string text = "First Citizen:\nBefore we proceed any further, hear me speak.";
    EXPECT_EQ(piecesOf(folder->encode(text, std::nullopt, {})), piecesOf(file->encode(text, std::nullopt, {})));
}

// Counts the rows that were compared.
int expectModels(const fs::path& models, int& count)
{
    int rows = 0;
    for (const fs::directory_entry& model : fs::directory_iterator(models)) {
        const auto whole = openTokenizer(model.path());
        if (model.path().filename().string().starts_with("vit-")) {
            EXPECT_EQ(whole, nullptr);
            continue;
        }
        ++count;
        EXPECT_NE(whole, nullptr) << model.path();
        if (whole == nullptr)
            continue;
        rows += expectCases(model.path(), *whole);

        const test::TemporaryFolder classic;
        copyClassicFiles(model.path(), classic.path());
        const auto parts = openTokenizer(classic.path());
        EXPECT_NE(parts, nullptr) << model.path();
        if (parts == nullptr)
            continue;
        rows += expectCases(model.path(), *parts);
        expectSame(model.path(), *whole, *parts);
    }
    return rows;
}

TEST(TokenizerFixture, EveryModelsCasesThroughEitherKindOfFile)
{
    int models = 0;
    EXPECT_GE(expectModels(test::fixtures() / "models", models), 36);
    EXPECT_GE(models, 14);
}

TEST(TokenizerFixture, EveryBootstrapModelOpens)
{
    KETSCOPE_NEEDS_SHARED(shared);
    const std::pair<const char*, const char*> kKinds[] = {{"sentiment", "WordPiece"},
                                                          {"char-gpt", "byte-level BPE"},
                                                          {"shape-clip", "CLIP BPE"},
                                                          {"shape-blip", "WordPiece"}};
    for (const auto& [name, kind] : kKinds) {
        const auto tokenizer = openTokenizer(shared / "bootstrap" / name);
        ASSERT_NE(tokenizer, nullptr) << name;
        EXPECT_EQ(tokenizer->kind(), kind);
        EXPECT_EQ(tokenizer->encode("a red circle", std::nullopt, {}).unknown, 0U) << name;
        EXPECT_TRUE(tokenizer->limits().maximumLength.has_value()) << name;
    }
}

}  // namespace
