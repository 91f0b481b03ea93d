// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/formats/gguf.h"
#include "core/text/byte_pair_encoding.h"
#include "core/text/sentence_piece.h"
#include "core/text/tokenizer_files.h"
#include "core/text/word_patterns.h"
#include "core/text/wordpiece.h"

// Tokenizers as llama.cpp's converter writes them into GGUF metadata (tokenizer.ggml.*).

namespace ketscope {

namespace {

const char* const kTokens = "tokenizer.ggml.tokens";
const char* const kRoles = "tokenizer.ggml.token_type";

// The entries of an array that has to be there, one for each token.
template <typename Values> Values oneForEach(std::optional<Values> values, std::size_t tokens, const std::string& where)
{
    if (!values || values->size() != tokens)
        refuse({where, std::to_string(tokens) + " values, one for each token",
                values ? std::to_string(values->size()) : "none", "Convert the model again."});
    return std::move(*values);
}

std::vector<PieceRole> readRoles(const GgufMetadata& metadata, std::size_t tokens)
{
    if (!metadata.has(kRoles))
        return std::vector<PieceRole>(tokens, PieceRole::Normal);
    const std::string where = metadata.whereOf(kRoles);
    std::vector<PieceRole> roles;
    for (const std::int64_t number : oneForEach(metadata.integers(kRoles), tokens, where))
        roles.push_back(pieceRole(number, where));
    return roles;
}

std::optional<std::int32_t> idFor(const GgufMetadata& metadata, const char* key, const Vocabulary& vocabulary)
{
    const auto id = metadata.count(key);
    if (!id)
        return std::nullopt;
    if (*id >= vocabulary.idLimit())
        refuse({metadata.whereOf(key), "an id from 0 to " + std::to_string(vocabulary.idLimit() - 1),
                std::to_string(*id), ""});
    return static_cast<std::int32_t>(*id);
}

// The id, when the flag (or its usual value) asks for it.
std::optional<std::int32_t> flagged(const GgufMetadata& metadata, const char* flag, bool usual, const char* key,
                                    const Vocabulary& vocabulary)
{
    if (!metadata.flag(flag).value_or(usual))
        return std::nullopt;
    const auto id = idFor(metadata, key, vocabulary);
    if (!id)
        refuse({metadata.whereOf(key), "the id of a token that goes with each text", "none", ""});
    return id;
}

Templates readFrame(const GgufMetadata& metadata, bool usualBos, const Vocabulary& vocabulary)
{
    const auto bos =
        flagged(metadata, "tokenizer.ggml.add_bos_token", usualBos, "tokenizer.ggml.bos_token_id", vocabulary);
    return framedTemplates(
        bos, flagged(metadata, "tokenizer.ggml.add_eos_token", false, "tokenizer.ggml.eos_token_id", vocabulary));
}

Pipeline readSentencePiece(const GgufMetadata& metadata, const std::vector<std::string_view>& tokens)
{
    const char* const key = "tokenizer.ggml.scores";
    const auto scores = oneForEach(metadata.numbers(key), tokens.size(), metadata.whereOf(key));
    const std::vector<PieceRole> roles = readRoles(metadata, tokens.size());
    SentencePieceModel model;
    for (std::size_t i = 0; i < tokens.size(); ++i)
        model.pieces.push_back({std::string(tokens[i]), scores[i], roles[i]});
    model.addsPrefix = metadata.flag("tokenizer.ggml.add_space_prefix").value_or(true);
    model.removesExtraSpaces = metadata.flag("tokenizer.ggml.remove_extra_whitespaces").value_or(false);
    Pipeline parts = sentencePiecePipeline(model, metadata.whereOf(kTokens));
    parts.templates = readFrame(metadata, true, *parts.vocabulary);
    return parts;
}

// What llama.cpp calls the ways of cutting text into words. One number for each digit: `digits` apart.
struct WordWay {
    const char* name;
    WordPattern pattern;
    bool singleDigits = false;  // first apart from everything else
    bool wholeWords = false;    // a word that is a piece is taken whole
    bool startsText = false;    // a beginning of text goes first
};

const WordWay& wordWay(const GgufMetadata& metadata)
{
    static const std::vector<WordWay> kWays = {{"gpt-2", gpt2Word},
                                               {"phi-2", gpt2Word},
                                               {"mpt", gpt2Word},
                                               {"olmo", gpt2Word},
                                               {"llama-bpe", llama3Word(3), false, true, true},
                                               {"llama3", llama3Word(3), false, true, true},
                                               {"llama-v3", llama3Word(3), false, true, true},
                                               {"qwen2", llama3Word(1)},
                                               {"smollm", gpt2Word, true},
                                               {"starcoder", gpt2Word, true}};
    const char* const key = "tokenizer.ggml.pre";
    // Files from before the key existed say nothing; of those only GPT-2's own are sure.
    const bool gpt2 = metadata.text("general.architecture").value_or("") == "gpt2";
    const std::string name(metadata.text(key).value_or(gpt2 ? "gpt-2" : ""));
    for (const WordWay& way : kWays)
        if (name == way.name)
            return way;
    refuse({metadata.whereOf(key), "a pre-tokenizer that is known here",
            name.empty() ? "none" : "'" + printable(name, 60) + "'",
            "Open the model's folder with its tokenizer.json."});
}

std::shared_ptr<Vocabulary> vocabularyOf(const std::vector<std::string_view>& tokens, const std::string& where)
{
    auto vocabulary = std::make_shared<Vocabulary>();
    std::int64_t id = 0;
    for (const std::string_view token : tokens)
        vocabulary->add(std::string(token), id++, where);
    return vocabulary;
}

Pipeline readByteLevel(const GgufMetadata& metadata, const std::vector<std::string_view>& tokens)
{
    const WordWay& way = wordWay(metadata);
    Pipeline parts;
    const auto vocabulary = vocabularyOf(tokens, metadata.whereOf(kTokens));
    parts.vocabulary = vocabulary;
    parts.added = addedByRole(*vocabulary, readRoles(metadata, tokens.size()));
    if (way.singleDigits)
        parts.splits.push_back(splitAt([](GlyphView text, std::size_t at) { return isNumber(text[at].code) ? 1U : 0U; },
                                       SplitBehavior::Isolated, false));
    parts.splits.push_back(splitAt(way.pattern, SplitBehavior::Isolated, false));
    if (metadata.flag("tokenizer.ggml.add_space_prefix").value_or(false))
        parts.prefix = WordPrefix{};
    const char* const key = "tokenizer.ggml.merges";
    const std::string where = metadata.whereOf(key);
    std::vector<Merge> merges;
    for (const std::string_view line : metadata.texts(key).value_or(std::vector<std::string_view>()))
        merges.push_back(mergeOfLine(line, where));
    parts.model = makeBytePairEncoding(vocabulary, merges,
                                       {.byteLevel = true,
                                        .unknown = idFor(metadata, "tokenizer.ggml.unknown_token_id", *vocabulary),
                                        .ignoreMerges = way.wholeWords},
                                       where);
    parts.templates = readFrame(metadata, way.startsText, *vocabulary);
    return parts;
}

// The converter writes words with U+2581 before them and takes the ## of continuations away; [CLS] and its like stay.
std::string wordPieceOf(std::string_view token)
{
    constexpr std::string_view kMark = "\u2581";
    if (token.starts_with(kMark))
        return std::string(token.substr(kMark.size()));
    const bool special = token.starts_with('[') && token.ends_with(']') && token.size() > 1;
    return special ? std::string(token) : "##" + std::string(token);
}

Pipeline readWordPiece(const GgufMetadata& metadata, const std::vector<std::string_view>& tokens)
{
    Pipeline parts;
    auto vocabulary = std::make_shared<Vocabulary>();
    std::int64_t next = 0;
    for (const std::string_view token : tokens)
        vocabulary->add(wordPieceOf(token), next++, metadata.whereOf(kTokens));
    parts.vocabulary = vocabulary;
    parts.added = addedByRole(*vocabulary, readRoles(metadata, tokens.size()));
    BertNormalization options;
    options.lowercase = metadata.flag("tokenizer.ggml.normalizer.lowercase").value_or(true);
    options.stripAccents = metadata.flag("tokenizer.ggml.normalizer.strip_accents").value_or(options.lowercase);
    parts.normalization.push_back([options](Glyphs& text) { bertNormalize(text, options); });
    parts.splits.push_back(bertSplit);
    const auto needed = [&](const char* key, const char* usual) {
        const auto id = idFor(metadata, key, *vocabulary);
        const auto known = id ? id : vocabulary->find(usual);
        if (!known)
            refuse({metadata.whereOf(key), "the id of the token " + std::string(usual), "none", ""});
        return *known;
    };
    parts.model = makeWordPiece(vocabulary, {needed("tokenizer.ggml.unknown_token_id", "[UNK]"), "##", 100});
    // "seperator" is how the format spells it.
    parts.templates = bertTemplates(needed("tokenizer.ggml.cls_token_id", "[CLS]"),
                                    needed("tokenizer.ggml.seperator_token_id", "[SEP]"));
    return parts;
}

}  // namespace

std::unique_ptr<Tokenizer> openGgufTokenizer(const GgufMetadata& metadata)
{
    const char* const key = "tokenizer.ggml.model";
    const auto kind = metadata.text(key);
    if (!kind || *kind == "no_vocab")
        return nullptr;
    const auto tokens = metadata.texts(kTokens);
    if (!tokens || tokens->empty())
        refuse({metadata.whereOf(kTokens), "the pieces of the vocabulary", "none", "Convert the model again."});
    Pipeline parts;
    if (*kind == "llama")
        parts = readSentencePiece(metadata, *tokens);
    else if (*kind == "gpt2")
        parts = readByteLevel(metadata, *tokens);
    else if (*kind == "bert")
        parts = readWordPiece(metadata, *tokens);
    else
        refuse({metadata.whereOf(key), "the tokenizer llama, gpt2 or bert",
                "'" + printable(std::string(*kind), 60) + "'", "Choose a model with WordPiece or BPE."});
    parts.padding = idFor(metadata, "tokenizer.ggml.padding_token_id", *parts.vocabulary);
    return makeTokenizer(std::move(parts), metadata.whereOf(kTokens));
}

}  // namespace ketscope
