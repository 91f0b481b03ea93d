// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ketscope {

// Characters [begin, end) of the text that was given: Unicode code points, not bytes. Empty for special tokens that the
// text does not hold itself.
struct TextSpan {
    std::size_t begin = 0;
    std::size_t end = 0;
};

struct Token {
    std::int32_t id = 0;
    std::string piece;    // as in the vocabulary: "##ing", "Ġthe"
    std::string display;  // readable: space as "·", newline "↵", tab "⇥", other bytes "⟨0xE2⟩"
    TextSpan span;
    int segment = 0;  // 0 = text, 1 = text pair
    bool special = false;
    bool padding = false;
};

struct Encoding {
    std::vector<Token> tokens;
    std::size_t truncated = 0;  // tokens dropped to fit
    std::size_t unknown = 0;    // tokens that became the unknown token
};

struct EncodeOptions {
    bool addSpecial = true;
    std::optional<std::size_t> maximumLength = {};  // truncate to this many tokens, specials included
    bool padToMaximum = false;
    std::size_t padTo = 0;        // pad to at least this many tokens
    std::size_t padMultiple = 1;  // and to a multiple of this
};

enum class TextSide { Left, Right };

// How long texts may be and how short ones are filled, as the model's files say. The sides hold for every encode().
struct TextLimits {
    std::optional<std::size_t> maximumLength = {};  // tokens, specials included
    TextSide truncationSide = TextSide::Right;      // where tokens are dropped
    TextSide paddingSide = TextSide::Right;         // where padding goes
    std::size_t padTo = 0;
    std::size_t padMultiple = 1;
};

// Text to token ids, equal to the model's own tokenizer. Immutable and safe from any thread.
class Tokenizer {
public:
    virtual ~Tokenizer() = default;

    virtual std::string kind() const = 0;  // "WordPiece", "byte-level BPE", "CLIP BPE", "BPE", "SentencePiece BPE"
    virtual std::size_t vocabularySize() const = 0;
    virtual const TextLimits& limits() const;  // none, unless the model's files say some

    // `text` and `pair` are UTF-8; invalid bytes are refused. Throws Error (Input).
    virtual Encoding encode(std::string_view text, std::optional<std::string_view> pair,
                            const EncodeOptions& options) const = 0;

    // The vocabulary's piece for an id ("⟨id 99999⟩" when outside), as a Token with neither span nor segment.
    virtual Token token(std::int32_t id) const = 0;
};

// Options that follow the tokenizer's own files for a model with room for `positions` tokens.
EncodeOptions optionsOfFiles(const Tokenizer& tokenizer, std::optional<std::size_t> positions);

// A folder: chooses from tokenizer.json, tokenizer.model, vocab.txt, or vocab.json + merges.txt, guided by
// tokenizer_config.json and the model type of config.json; null when it has none of them. A GGUF file: what its metadata
// hold. Throws Error (Input) when a tokenizer is there and cannot be used.
std::unique_ptr<Tokenizer> openTokenizer(const std::filesystem::path& model);

}  // namespace ketscope
