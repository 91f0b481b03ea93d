// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/study/input.h"

#include "core/base/error.h"

#include <algorithm>

namespace ketscope {

namespace {

// Characters a user can type that no tokenizer could turn into more tokens than this are refused before work starts.
constexpr std::size_t kMaximumTextBytes = std::size_t{16} << 20;

void checkTextIsUsable(const Input& input, const ModelInfo& model, const Tokenizer* tokenizer)
{
    if (!input.tokenIds.empty() || !input.attentionMask.empty() || !input.tokenTypes.empty())
        refuse({"input", "a text or token ids", "both", "Give one of them."});
    if (tokenizer == nullptr)
        refuse({model.path.string(), "a tokenizer (tokenizer.json, vocab.txt or vocab.json with merges.txt)", "none",
                "Add its files to the folder, or give token ids."});
    if (input.text->size() + input.textPair.value_or("").size() > kMaximumTextBytes)
        refuse({"text", "at most 16 MiB", std::to_string(input.text->size() >> 20) + " MiB", "Use a shorter text."});
    if (input.textPair && !model.usesTokenTypes)
        refuse({"text pair", "a model that tells two texts apart", model.title, "Join the texts into one."});
}

// What was dropped and what was filled up, and by whose limit.
std::vector<std::string> lengthNotices(const Encoding& encoding, const EncodeOptions& options,
                                       const Tokenizer& tokenizer, const std::string& whose)
{
    std::vector<std::string> notices;
    if (encoding.truncated > 0)
        notices.push_back("Cut to the " + whose + "'s " + std::to_string(*options.maximumLength)
                          + " tokens: " + std::to_string(encoding.truncated) + " dropped"
                          + (tokenizer.limits().truncationSide == TextSide::Left ? " at the beginning." : "."));
    if (const auto padding = std::ranges::count_if(encoding.tokens, &Token::padding); padding > 0)
        notices.push_back("Padded to " + std::to_string(encoding.tokens.size())
                          + " tokens, as the tokenizer's file says: " + std::to_string(padding)
                          + (padding == 1 ? " is padding." : " are padding."));
    return notices;
}

EncodedInput encodeText(const Input& input, const ModelInfo& model, const Tokenizer& tokenizer)
{
    const std::optional<std::string_view> pair =
        input.textPair ? std::optional<std::string_view>(*input.textPair) : std::nullopt;
    const EncodeOptions options = optionsOfFiles(tokenizer, model.maximumPositions);
    Encoding encoding = tokenizer.encode(*input.text, pair, options);
    EncodedInput encoded;
    const bool modelsLimit = *options.maximumLength == model.maximumPositions;
    for (std::string& notice : lengthNotices(encoding, options, tokenizer, modelsLimit ? "model" : "tokenizer"))
        encoded.notices.push_back(std::move(notice));
    for (const Token& token : encoding.tokens) {
        encoded.model.tokenIds.push_back(token.id);
        encoded.model.attentionMask.push_back(token.padding ? 0 : 1);
        encoded.model.tokenTypes.push_back(token.segment);
    }
    encoded.tokens = std::move(encoding.tokens);
    if (encoding.unknown > 0)
        encoded.notices.push_back(std::to_string(encoding.unknown)
                                  + (encoding.unknown == 1 ? " token is" : " tokens are")
                                  + " unknown to the vocabulary.");
    if (std::all_of(encoded.tokens.begin(), encoded.tokens.end(), [](const Token& token) { return token.special; }))
        encoded.notices.push_back("The text is empty: only special tokens went in.");
    return encoded;
}

void checkLength(std::size_t found, std::size_t expected, const char* what)
{
    if (found != 0 && found != expected)
        refuse({what, std::to_string(expected) + " values, one for each token", std::to_string(found),
                "Give as many as there are token ids."});
}

EncodedInput takeIds(const Input& input, const Tokenizer* tokenizer)
{
    const std::size_t count = input.tokenIds.size();
    checkLength(input.attentionMask.size(), count, "attention mask");
    checkLength(input.tokenTypes.size(), count, "token types");
    EncodedInput encoded;
    encoded.model.tokenIds = input.tokenIds;
    encoded.model.attentionMask =
        input.attentionMask.empty() ? std::vector<std::uint8_t>(count, 1) : input.attentionMask;
    encoded.model.tokenTypes = input.tokenTypes.empty() ? std::vector<std::int32_t>(count, 0) : input.tokenTypes;
    for (std::size_t i = 0; i < count; ++i) {
        Token token;
        if (tokenizer != nullptr)
            token = tokenizer->token(input.tokenIds[i]);
        else
            token.piece = token.display = std::to_string(input.tokenIds[i]);
        token.id = input.tokenIds[i];
        token.segment = encoded.model.tokenTypes[i];
        token.padding = encoded.model.attentionMask[i] == 0;
        encoded.tokens.push_back(std::move(token));
    }
    return encoded;
}

void checkNumbers(const ModelInput& input, const ModelInfo& model)
{
    const std::size_t count = input.tokenIds.size();
    if (count == 0)
        refuse({"input", "at least one token", "none", "Type a text."});
    if (count > model.maximumPositions)
        refuse({"input", "at most " + std::to_string(model.maximumPositions) + " tokens", std::to_string(count),
                "Use a shorter input."});
    for (std::size_t i = 0; i < count; ++i) {
        if (input.tokenIds[i] < 0 || static_cast<std::size_t>(input.tokenIds[i]) >= model.vocabularySize)
            refuse({"token " + std::to_string(i), "an id from 0 to " + std::to_string(model.vocabularySize - 1),
                    std::to_string(input.tokenIds[i]), "The vocabulary and the model may not belong together."});
        if (input.attentionMask[i] > 1)
            refuse({"attention mask", "0 or 1", std::to_string(input.attentionMask[i]), ""});
        if (input.tokenTypes[i] < 0 || input.tokenTypes[i] > 1)
            refuse({"token types", "0 or 1", std::to_string(input.tokenTypes[i]), ""});
    }
    if (std::ranges::count(input.attentionMask, 1) == 0)
        refuse({"attention mask", "at least one 1", "only 0", "A text of padding alone has no attention."});
}

}  // namespace

EncodedInput encodeInput(const Input& input, const ModelInfo& model, const Tokenizer* tokenizer)
{
    if (input.textPair && !input.text)
        refuse({"text pair", "a first text too", "none", "Give the text it belongs to."});
    if (input.text)
        checkTextIsUsable(input, model, tokenizer);
    else if (input.tokenIds.empty())
        refuse({"input", "a text or token ids", "neither", "Type a text."});
    EncodedInput encoded = input.text ? encodeText(input, model, *tokenizer) : takeIds(input, tokenizer);
    checkNumbers(encoded.model, model);
    return encoded;
}

}  // namespace ketscope
