// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text/byte_pair_encoding.h"
#include "tests/support/gguf_builder.h"
#include "tests/support/tokenizer_folder.h"

#include <gmock/gmock.h>
#include <random>

using namespace ketscope;
using test::GgufBuilder;
using test::TokenizerFolder;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

namespace {

std::vector<std::string> pieces(const Tokenizer& tokenizer, const std::string& text)
{
    std::vector<std::string> out;
    for (const Token& token : tokenizer.encode(text, std::nullopt, {}).tokens)
        out.push_back(token.piece);
    return out;
}

std::vector<std::string> shown(const Tokenizer& tokenizer, const std::string& text)
{
    std::vector<std::string> out;
    for (const Token& token : tokenizer.encode(text, std::nullopt, {}).tokens)
        out.push_back(token.display);
    return out;
}

// A protocol-buffer field of bytes, and one of a number.
std::string field(int number, const std::string& bytes)
{
    return std::string(1, static_cast<char>(number << 3 | 2)) + static_cast<char>(bytes.size()) + bytes;
}
std::string field(int number, int value)
{
    return std::string(1, static_cast<char>(number << 3)) + static_cast<char>(value);
}

struct Scored {
    std::string text;
    float score;
    int role;
};

const std::vector<Scored> kScored = {{"<unk>", 0, 2}, {"<s>", 0, 3}, {"</s>", 0, 3}, {"<0xC3>", 0, 6}, {"<0xA9>", 0, 6},
                                     {"▁a", -1, 1},   {"ab", -2, 1}, {"▁ab", -3, 1}, {"bc", -2, 1},    {"▁", -4, 1},
                                     {"a", -5, 1},    {"b", -6, 1},  {"c", -7, 1},   {"<tool>", 0, 4}};

std::string sentencePiece(const std::vector<Scored>& scored, int kind, const std::string& normalizer)
{
    std::string out;
    for (const auto& [text, score, role] : scored)
        out += field(1, field(1, text) + "\x15" + GgufBuilder::bytes(score) + field(3, role));
    return out + field(2, field(3, kind)) + field(3, normalizer);
}

const std::string kPlain = field(1, "identity") + field(3, 1) + field(4, 0);

TEST(SentencePiece, JoinsByScoreAndFallsBackToBytes)
{
    TokenizerFolder folder;
    folder.write("tokenizer.model", sentencePiece(kScored, 2, kPlain));
    const auto tokenizer = folder.open();
    EXPECT_EQ(tokenizer->kind(), "SentencePiece BPE");
    EXPECT_EQ(tokenizer->vocabularySize(), kScored.size());
    EXPECT_THAT(pieces(*tokenizer, "ab"), ElementsAre("<s>", "▁ab"));
    EXPECT_THAT(pieces(*tokenizer, "babc"), ElementsAre("<s>", "▁", "b", "ab", "c"));
    EXPECT_THAT(pieces(*tokenizer, "aé"), ElementsAre("<s>", "▁a", "<0xC3>", "<0xA9>"));
    EXPECT_THAT(shown(*tokenizer, "aé"), ElementsAre("<s>", "·a", "⟨0xC3⟩", "⟨0xA9⟩"));
    const Encoding unknown = tokenizer->encode("a日本", std::nullopt, {});
    ASSERT_EQ(unknown.tokens.size(), 3U);
    EXPECT_EQ(unknown.unknown, 1U);
    EXPECT_EQ(unknown.tokens[2].piece, "<unk>");
    EXPECT_EQ(unknown.tokens[2].span.begin, 1U);
    EXPECT_EQ(unknown.tokens[2].span.end, 3U);
    EXPECT_THAT(pieces(*tokenizer, "a<tool>a</s>"), ElementsAre("<s>", "▁a", "<tool>", "▁a", "</s>"));
    EXPECT_THAT(pieces(*tokenizer, "a  b"), ElementsAre("<s>", "▁a", "▁", "▁", "b"));
    folder.write("tokenizer_config.json", R"({"legacy": false, "add_bos_token": false, "add_eos_token": true})");
    EXPECT_THAT(pieces(*folder.open(), "a<tool>a"), ElementsAre("▁a", "<tool>", "a", "</s>"));
    folder.write("tokenizer.model", sentencePiece(kScored, 2, field(1, "identity") + field(4, 1)));
    EXPECT_THAT(pieces(*folder.open(), "  a  b "), ElementsAre("▁a", "▁", "b", "</s>"));
}

// The definition: join the neighbours that make the piece of highest score, the leftmost of equal ones, until none does.
std::vector<std::string> joinedByDefinition(std::vector<std::string> symbols,
                                            const std::map<std::string, float>& scores)
{
    for (;;) {
        std::optional<std::size_t> best;
        for (std::size_t i = 0; i + 1 < symbols.size(); ++i) {
            const auto found = scores.find(symbols[i] + symbols[i + 1]);
            if (found != scores.end() && (!best || found->second > scores.at(symbols[*best] + symbols[*best + 1])))
                best = i;
        }
        if (!best)
            return symbols;
        symbols[*best] += symbols[*best + 1];
        symbols.erase(symbols.begin() + static_cast<std::ptrdiff_t>(*best) + 1);
    }
}

TEST(SentencePiece, EqualsItsDefinitionOnRandomVocabularies)
{
    std::mt19937 random(5);
    for (int vocabulary = 0; vocabulary < 40; ++vocabulary) {
        auto known = std::make_shared<Vocabulary>();
        std::vector<std::optional<float>> values;
        std::map<std::string, float> scores;
        for (const char letter : std::string("abcd"))
            known->add(std::string(1, letter), letter - 'a', "test");
        values.assign(4, -99.0F);
        for (int i = 0; i < 30; ++i) {
            std::string piece;
            for (auto length = 2 + random() % 4; length > 0; --length)
                piece += "abcd"[random() % 4];
            if (known->find(piece))
                continue;
            known->add(piece, static_cast<std::int64_t>(values.size()), "test");
            values.emplace_back(-static_cast<float>(random() % 8));  // equal ones too
            scores[piece] = *values.back();
        }
        const auto model = makeScoredEncoding(known, values, {}, "test");
        for (int round = 0; round < 50; ++round) {
            std::string text;
            for (auto length = 1 + random() % 20; length > 0; --length)
                text += "abcd"[random() % 4];
            std::vector<std::string> letters;
            for (const char letter : text)
                letters.emplace_back(1, letter);
            std::vector<Piece> found;
            const Glyphs glyphs = decodeUtf8(text, "text");
            model->encode(glyphs, found);
            std::vector<std::string> names;
            for (const Piece& piece : found)
                names.push_back(*known->piece(piece.id));
            ASSERT_EQ(names, joinedByDefinition(letters, scores)) << text;
        }
    }
}

TEST(SentencePiece, RefusesWhatItDoesNotKnowAndDamage)
{
    const auto refusal = [](const std::string& bytes, const char* config = "{}") {
        return TokenizerFolder().write("tokenizer.model", bytes).write("tokenizer_config.json", config).refusal();
    };
    const std::string good = sentencePiece(kScored, 2, kPlain);
    EXPECT_EQ(refusal(good), "accepted");
    EXPECT_THAT(refusal(sentencePiece(kScored, 1, kPlain)), HasSubstr("Unigram"));
    EXPECT_THAT(refusal(sentencePiece(kScored, 2, field(1, "nmt_nfkc") + field(2, "table"))), HasSubstr("'nmt_nfkc'"));
    EXPECT_THAT(refusal(good, R"({"tokenizer_class": "T5Tokenizer"})"), HasSubstr("'T5Tokenizer'"));
    EXPECT_THAT(refusal(sentencePiece({{"a", 0, 7}}, 2, kPlain)), HasSubstr("token types"));
    EXPECT_THAT(refusal(sentencePiece({{"a", 0, 1}, {"a", 0, 1}}, 2, kPlain)), HasSubstr("each piece once"));
    EXPECT_THAT(refusal(sentencePiece({{"a", NAN, 1}}, 2, kPlain)), HasSubstr("NaN"));
    EXPECT_THAT(refusal(sentencePiece({{"\xFF", 0, 1}}, 2, kPlain)), HasSubstr("UTF-8"));
    EXPECT_THAT(refusal(sentencePiece({}, 2, kPlain)), HasSubstr("no pieces"));
    EXPECT_THAT(refusal("\x0A\x7Fshort"), HasSubstr("longer than its message"));
    EXPECT_THAT(refusal("\x0B"), HasSubstr("wire type 3"));
    EXPECT_THAT(refusal(std::string(11, '\xFF')), HasSubstr("64 bits"));
    std::size_t refused = 0;
    for (std::size_t length = 0; length < good.size(); ++length)
        refused += refusal(good.substr(0, length)) == "accepted" ? 0 : 1;
    EXPECT_GE(refused, good.size() - 1);
}

TEST(ClassicFiles, ClipMarksTheEndsOfWords)
{
    TokenizerFolder folder;
    folder.write("vocab.json", R"({"a":0,"b":1,"b</w>":2,"ab</w>":3,"a</w>":4,"!</w>":5,"<|startoftext|>":6,)"
                               R"("<|endoftext|>":7,"Ã":8,"©</w>":9})");
    folder.write("merges.txt", "#version: 0.2\na b</w>\n");
    const auto tokenizer = folder.open();
    EXPECT_EQ(tokenizer->kind(), "CLIP BPE");
    EXPECT_THAT(pieces(*tokenizer, "  AB a!"),
                ElementsAre("<|startoftext|>", "ab</w>", "a</w>", "!</w>", "<|endoftext|>"));
    EXPECT_THAT(shown(*tokenizer, "aab e\u0301"),
                ElementsAre("<|startoftext|>", "a", "ab·", "⟨0xC3⟩", "⟨0xA9⟩·", "<|endoftext|>"));
    EXPECT_EQ(tokenizer->encode("z", std::nullopt, {}).unknown, 1U);
}

TEST(ClassicFiles, TheModelTypeDecides)
{
    TokenizerFolder folder;
    folder.write("vocab.json", R"({"<unk>":0,"a":1,"b":2,"b</w>":3,"ab</w>":4,".</w>":5,"e</w>":6})");
    folder.write("merges.txt", "#version: 0.2\na b</w>\n");
    EXPECT_EQ(folder.open()->kind(), "BPE");
    EXPECT_THAT(pieces(*folder.open(), "AB. é日"), ElementsAre("ab</w>", ".</w>", "e</w>", "<unk>"));
    EXPECT_THAT(shown(*folder.open(), "aab."), ElementsAre("a", "ab·", ".·"));
    folder.write("config.json", R"({"model_type": "gpt2"})");
    EXPECT_EQ(folder.open()->kind(), "byte-level BPE");
    folder.write("tokenizer_config.json", R"({"tokenizer_class": "OpenAIGPTTokenizer"})");
    EXPECT_EQ(folder.open()->kind(), "BPE");
}

Json smallJson(const Json& preTokenizer, const Json& normalizer = nullptr)
{
    Json root;
    root["normalizer"] = normalizer;
    root["pre_tokenizer"] = preTokenizer;
    root["model"] = {{"type", "BPE"},
                     {"unk_token", "?"},
                     {"byte_fallback", true},
                     {"vocab", {{"?", 0}, {"a", 1}, {"b", 2}, {"▁", 3}, {"▁a", 4}, {"1", 5}, {"11", 6}, {"-", 7}}},
                     {"merges", Json::array({Json{"▁", "a"}, Json{"1", "1"}})}};
    return root;
}

std::vector<std::string> jsonPieces(const Json& root, const std::string& text)
{
    return pieces(*TokenizerFolder().write("tokenizer.json", root.dump()).open(), text);
}

std::string jsonRefusal(const Json& root) { return TokenizerFolder().write("tokenizer.json", root.dump()).refusal(); }

TEST(TokenizerJsonSteps, MetaspaceAndPrepend)
{
    Json metaspace = {{"type", "Metaspace"}, {"replacement", "▁"}, {"prepend_scheme", "first"}, {"split", false}};
    Json root = smallJson(metaspace);
    root["added_tokens"] = {{{"id", 8}, {"content", "<x>"}, {"special", true}}};
    EXPECT_THAT(jsonPieces(root, "a a<x>a"), ElementsAre("▁a", "▁a", "<x>", "a"));
    root["pre_tokenizer"]["prepend_scheme"] = "always";
    EXPECT_THAT(jsonPieces(root, "a a<x>a"), ElementsAre("▁a", "▁a", "<x>", "▁a"));
    EXPECT_THAT(jsonPieces(root, " a"), ElementsAre("▁a"));
    root["pre_tokenizer"] = {{"type", "Metaspace"}, {"replacement", "▁"}, {"add_prefix_space", false}};
    EXPECT_THAT(jsonPieces(root, "a a"), ElementsAre("a", "▁a"));
    root["pre_tokenizer"]["prepend_scheme"] = "last";
    EXPECT_THAT(jsonRefusal(root), HasSubstr("'last'"));
    root["pre_tokenizer"] = nullptr;
    root["normalizer"] = {{"type", "Sequence"},
                          {"normalizers",
                           {{{"type", "Prepend"}, {"prepend", "▁"}},
                            {{"type", "Replace"}, {"pattern", {{"String", " "}}}, {"content", "▁"}}}}};
    EXPECT_THAT(jsonPieces(root, "a a<x> a"), ElementsAre("▁a", "▁a", "<x>", "▁", "▁a"));
    EXPECT_THAT(jsonPieces(root, ""), IsEmpty());
}

TEST(TokenizerJsonSteps, OtherNormalizersAndSplits)
{
    const Json digits = {{"type", "Digits"}, {"individual_digits", true}};
    EXPECT_THAT(jsonPieces(smallJson(nullptr), "a11"), ElementsAre("a", "11"));
    EXPECT_THAT(jsonPieces(smallJson(digits), "a11"), ElementsAre("a", "1", "1"));
    EXPECT_THAT(jsonPieces(smallJson({{"type", "Digits"}}), "a11"), ElementsAre("a", "11"));
    const Json dash = {{"type", "Split"}, {"pattern", {{"String", "-"}}}, {"behavior", "Removed"}};
    EXPECT_THAT(jsonPieces(smallJson(dash), "1-1"), ElementsAre("1", "1"));
    EXPECT_THAT(jsonPieces(smallJson({{"type", "Punctuation"}}), "1-1"), ElementsAre("1", "-", "1"));
    EXPECT_THAT(jsonPieces(smallJson({{"type", "Whitespace"}}), "1 -1"), ElementsAre("1", "-", "1"));
    const Json strip = {{"type", "Strip"}, {"strip_left", true}, {"strip_right", false}};
    EXPECT_THAT(jsonPieces(smallJson(nullptr, strip), "  a-"), ElementsAre("a", "-"));
    const Json spaces = {{"type", "Replace"}, {"pattern", {{"Regex", "\\s+"}}}, {"content", "-"}};
    EXPECT_THAT(jsonPieces(smallJson(nullptr, spaces), "a \n b"), ElementsAre("a", "-", "b"));
    Json odd = spaces;
    odd["pattern"]["Regex"] = "(a+)+$";
    EXPECT_THAT(jsonRefusal(smallJson(nullptr, odd)), HasSubstr("'(a+)+$'"));
    odd = spaces;
    odd["content"] = std::string(1000, 'x');
    EXPECT_THAT(jsonRefusal(smallJson(nullptr, odd)), HasSubstr("at most 64 characters"));
    odd = {{"type", "Split"}, {"pattern", {{"String", "-"}}}, {"behavior", "Exploded"}};
    EXPECT_THAT(jsonRefusal(smallJson(odd)), HasSubstr("'Exploded'"));
    Json many = {{"type", "Sequence"}, {"normalizers", Json::array()}};
    for (int i = 0; i < 100; ++i)
        many["normalizers"].push_back(strip);
    EXPECT_THAT(jsonRefusal(smallJson(nullptr, many)), HasSubstr("at most 64"));
}

// A text that grows at each step is stopped before memory is.
TEST(TokenizerJsonSteps, GrowthIsBounded)
{
    Json growing = {{"type", "Sequence"}, {"normalizers", Json::array()}};
    for (int i = 0; i < 20; ++i)
        growing["normalizers"].push_back(
            {{"type", "Replace"}, {"pattern", {{"String", "a"}}}, {"content", std::string(64, 'a')}});
    const auto tokenizer = TokenizerFolder().write("tokenizer.json", smallJson(nullptr, growing).dump()).open();
    EXPECT_THROW(tokenizer->encode("a", std::nullopt, {}), Error);
}

std::string valuesOf(std::uint32_t kind, const std::vector<float>& values)
{
    std::string out = GgufBuilder::bytes(kind) + GgufBuilder::bytes<std::uint64_t>(values.size());
    for (const float value : values)
        out += kind == GgufBuilder::kF32 ? GgufBuilder::bytes(value)
                                         : GgufBuilder::bytes(static_cast<std::int32_t>(value));
    return out;
}

GgufBuilder llamaFile()
{
    GgufBuilder file;
    std::vector<std::string> texts;
    std::vector<float> scores;
    std::vector<float> roles;
    for (const auto& [text, score, role] : kScored) {
        texts.push_back(text);
        scores.push_back(score);
        roles.push_back(static_cast<float>(role));
    }
    file.set("general.architecture", "llama").set("tokenizer.ggml.model", "llama").set("tokenizer.ggml.tokens", texts);
    file.raw("tokenizer.ggml.scores", GgufBuilder::kArray, valuesOf(GgufBuilder::kF32, scores));
    file.raw("tokenizer.ggml.token_type", GgufBuilder::kArray, valuesOf(GgufBuilder::kI32, roles));
    return file.set("tokenizer.ggml.bos_token_id", std::uint32_t{1});
}

std::unique_ptr<Tokenizer> openFile(const GgufBuilder& file)
{
    const test::TemporaryFolder folder;
    std::ofstream(folder.path() / "m.gguf", std::ios::binary) << file.build();
    return openTokenizer(folder.path() / "m.gguf");
}

std::string fileRefusal(const GgufBuilder& file)
{
    try {
        openFile(file);
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::Input);
        return error.what();
    }
    return "accepted";
}

TEST(GgufTokenizer, SentencePiece)
{
    EXPECT_THAT(pieces(*openFile(llamaFile()), "babc"), ElementsAre("<s>", "▁", "b", "ab", "c"));
    EXPECT_EQ(openFile(GgufBuilder().set("general.architecture", "llama")), nullptr);
    GgufBuilder bare = llamaFile();
    bare.set("tokenizer.ggml.add_bos_token", false).set("tokenizer.ggml.add_space_prefix", false);
    EXPECT_THAT(pieces(*openFile(bare), "ab"), ElementsAre("ab"));
    EXPECT_THAT(fileRefusal(llamaFile().set("tokenizer.ggml.add_eos_token", true)), HasSubstr("eos_token_id"));
    EXPECT_THAT(fileRefusal(llamaFile().set("tokenizer.ggml.padding_token_id", std::uint32_t{99})), HasSubstr("99"));
}

GgufBuilder byteFile(const char* way)
{
    GgufBuilder file;
    file.set("general.architecture", "llama").set("tokenizer.ggml.model", "gpt2");
    if (way != nullptr)
        file.set("tokenizer.ggml.pre", way);
    file.set("tokenizer.ggml.tokens",
             std::vector<std::string>{"a", "b", "1", "Ġ", "ab", "11", "111", "bb", "abb", "<|begin_of_text|>"});
    return file.set("tokenizer.ggml.merges", std::vector<std::string>{"a b", "1 1", "11 1", "b b"});
}

TEST(GgufTokenizer, ByteLevelByTheNameOfItsWords)
{
    EXPECT_THAT(pieces(*openFile(byteFile("gpt-2")), "ab 1111"), ElementsAre("ab", "Ġ", "11", "11"));
    EXPECT_THAT(pieces(*openFile(byteFile("smollm")), "ab111"), ElementsAre("ab", "1", "1", "1"));
    EXPECT_THAT(pieces(*openFile(byteFile("qwen2")), "ab11"), ElementsAre("ab", "1", "1"));
    EXPECT_THAT(pieces(*openFile(byteFile("gpt-2")), "abb"), ElementsAre("ab", "b"));
    GgufBuilder llama = byteFile("llama-bpe");
    llama.set("tokenizer.ggml.bos_token_id", std::uint32_t{9});
    EXPECT_THAT(pieces(*openFile(llama), "abb1111"), ElementsAre("<|begin_of_text|>", "abb", "111", "1"));
    EXPECT_THAT(fileRefusal(byteFile("viking")), HasSubstr("'viking'"));
    EXPECT_THAT(fileRefusal(byteFile(nullptr)), HasSubstr("tokenizer.ggml.pre"));
    EXPECT_THAT(fileRefusal(byteFile("llama-bpe")), HasSubstr("bos_token_id"));
}

TEST(GgufTokenizer, WordPieceAndHostileFiles)
{
    const auto bert = [](const std::vector<std::string>& tokens) {
        GgufBuilder file;
        return file.set("tokenizer.ggml.model", "bert").set("tokenizer.ggml.tokens", tokens);
    };
    const auto tokenizer = openFile(bert({"[UNK]", "[CLS]", "[SEP]", "▁play", "ing", "▁["}));
    EXPECT_THAT(pieces(*tokenizer, "Playing ["), ElementsAre("[CLS]", "play", "##ing", "[", "[SEP]"));
    EXPECT_THAT(fileRefusal(bert({"▁play"})), HasSubstr("[UNK]"));
    EXPECT_THAT(fileRefusal(bert({"[UNK]", "[CLS]", "[SEP]", "▁a", "▁a"})), HasSubstr("each piece once"));
    EXPECT_THAT(fileRefusal(bert({})), HasSubstr("pieces of the vocabulary"));
    GgufBuilder other;
    other.set("tokenizer.ggml.model", "t5").set("tokenizer.ggml.tokens", std::vector<std::string>{"a"});
    EXPECT_THAT(fileRefusal(other), HasSubstr("'t5'"));
    GgufBuilder few;
    few.set("tokenizer.ggml.model", "llama").set("tokenizer.ggml.tokens", std::vector<std::string>{"a", "b"});
    few.raw("tokenizer.ggml.scores", GgufBuilder::kArray, valuesOf(GgufBuilder::kF32, {0}));
    EXPECT_THAT(fileRefusal(few), HasSubstr("one for each token"));
    GgufBuilder type;
    type.set("tokenizer.ggml.model", std::uint32_t{3});
    EXPECT_THAT(fileRefusal(type), HasSubstr("tokenizer.ggml.model"));
}

}  // namespace
