// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/study/input.h"

#include "core/base/error.h"
#include "core/study/image_input.h"

#include <algorithm>

namespace ketscope {

namespace {

// Characters a user can type that no tokenizer could turn into more tokens than this are refused before work starts.
constexpr std::size_t kMaximumTextBytes = std::size_t{16} << 20;

std::string textsNeeded(const ModelInfo& model)
{
    return model.image ? "a text, labels or token ids beside the image" : "a text or token ids";
}

void checkTokenizer(const ModelInfo& model, const Tokenizer* tokenizer)
{
    if (tokenizer == nullptr)
        refuse({model.path.string(), "a tokenizer (tokenizer.json, vocab.txt or vocab.json with merges.txt)", "none",
                "Add its files to the folder, or give token ids."});
}

void checkLabels(const Input& input, const ModelInfo& model)
{
    if (!model.takesFurtherTexts)
        refuse({"labels", "a model that holds an image against several texts, such as CLIP", model.title,
                "Give one text."});
    if (input.labels.size() > kMaximumLabels)
        refuse({"labels", "at most " + std::to_string(kMaximumLabels), std::to_string(input.labels.size()), ""});
    if (std::ranges::find(input.labels, "") != input.labels.end())
        refuse({"labels", "a text for each", "an empty one", ""});
    if (input.labelTemplate.find("{}") == std::string::npos)
        refuse({"label template", "a text with {} where the label goes",
                "\"" + printable(input.labelTemplate, 60) + "\"", "Example: a photo of a {}"});
}

void checkTexts(const Input& input, const ModelInfo& model, const Tokenizer* tokenizer)
{
    const bool exact = !input.tokenIds.empty() || !input.attentionMask.empty() || !input.tokenTypes.empty();
    const int given = (input.text ? 1 : 0) + (input.labels.empty() ? 0 : 1) + (exact ? 1 : 0);
    if (model.vocabularySize == 0 && (given > 0 || input.textPair))
        refuse({"text", "an image alone", "a text too", model.title + " reads no text."});
    if (input.textPair && !input.text)
        refuse({"text pair", "a first text too", "none", "Give the text it belongs to."});
    if (given > 1)
        refuse({"input", "a text, labels or token ids", given == 2 ? "both" : "all", "Give one of them."});
    if (model.vocabularySize == 0)
        return;
    if (!input.text && input.labels.empty() && input.tokenIds.empty())
        refuse({"input", textsNeeded(model), "none",
                tokenizer == nullptr ? "The model has no tokenizer: add its files to the folder, or give token ids."
                                     : "Type a text."});
    if (input.tokenIds.empty())
        checkTokenizer(model, tokenizer);
    if (!input.labels.empty())
        checkLabels(input, model);
    if (input.text && input.text->size() + input.textPair.value_or("").size() > kMaximumTextBytes)
        refuse({"text", "at most 16 MiB", std::to_string(input.text->size() >> 20) + " MiB", "Use a shorter text."});
    if (input.textPair && !model.usesTokenTypes)
        refuse({"text pair", "a model that tells two texts apart", model.title, "Join the texts into one."});
}

void checkImage(const Input& input, const ModelInfo& model)
{
    const bool given = input.image || !input.pixelValues.empty();
    if (input.image && !input.pixelValues.empty())
        refuse({"input", "an image or pixel values", "both", "Give one of them."});
    if (given && !model.image)
        refuse({"image", "an input that the model reads", "an image", model.title + " reads text only."});
    if (!given && model.image)
        refuse({"input", "an image", "none", model.title + " looks at an image: give one."});
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

struct EncodedText {
    TextInput numbers;
    std::vector<Token> tokens;
    std::vector<std::string> notices;
};

EncodedText encodeText(const std::string& text, const std::optional<std::string>& textPair, const ModelInfo& model,
                       const Tokenizer& tokenizer)
{
    const std::optional<std::string_view> pair = textPair ? std::optional<std::string_view>(*textPair) : std::nullopt;
    const EncodeOptions options = optionsOfFiles(tokenizer, model.maximumPositions);
    Encoding encoding = tokenizer.encode(text, pair, options);
    EncodedText encoded;
    const bool modelsLimit = *options.maximumLength == model.maximumPositions;
    encoded.notices = lengthNotices(encoding, options, tokenizer, modelsLimit ? "model" : "tokenizer");
    for (const Token& token : encoding.tokens) {
        encoded.numbers.tokenIds.push_back(token.id);
        encoded.numbers.attentionMask.push_back(token.padding ? 0 : 1);
        encoded.numbers.tokenTypes.push_back(token.segment);
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

// The template with the label in every place.
std::string labelText(const std::string& labelTemplate, const std::string& label)
{
    std::string text;
    std::size_t begin = 0;
    for (std::size_t at = 0; (at = labelTemplate.find("{}", begin)) != std::string::npos; begin = at + 2)
        text += labelTemplate.substr(begin, at - begin) + label;
    return text + labelTemplate.substr(begin);
}

void checkLength(std::size_t found, std::size_t expected, const char* what)
{
    if (found != 0 && found != expected)
        refuse({what, std::to_string(expected) + " values, one for each token", std::to_string(found),
                "Give as many as there are token ids."});
}

EncodedText takeIds(const Input& input, const Tokenizer* tokenizer)
{
    const std::size_t count = input.tokenIds.size();
    checkLength(input.attentionMask.size(), count, "attention mask");
    checkLength(input.tokenTypes.size(), count, "token types");
    EncodedText encoded;
    encoded.numbers.tokenIds = input.tokenIds;
    encoded.numbers.attentionMask =
        input.attentionMask.empty() ? std::vector<std::uint8_t>(count, 1) : input.attentionMask;
    encoded.numbers.tokenTypes = input.tokenTypes.empty() ? std::vector<std::int32_t>(count, 0) : input.tokenTypes;
    for (std::size_t i = 0; i < count; ++i) {
        Token token;
        if (tokenizer != nullptr)
            token = tokenizer->token(input.tokenIds[i]);
        else
            token.piece = token.display = std::to_string(input.tokenIds[i]);
        token.id = input.tokenIds[i];
        token.segment = encoded.numbers.tokenTypes[i];
        token.padding = encoded.numbers.attentionMask[i] == 0;
        encoded.tokens.push_back(std::move(token));
    }
    return encoded;
}

void checkNumbers(const TextInput& input, const ModelInfo& model)
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

// The text that is looked at; notices of further ones name their label.
void encodeTexts(const Input& input, const ModelInfo& model, const Tokenizer* tokenizer, EncodedInput& encoded)
{
    const auto first = [&] {
        if (!input.tokenIds.empty())
            return takeIds(input, tokenizer);
        const std::string text = input.text ? *input.text : labelText(input.labelTemplate, input.labels.front());
        return encodeText(text, input.textPair, model, *tokenizer);
    };
    EncodedText looked = first();
    checkNumbers(looked.numbers, model);
    static_cast<TextInput&>(encoded.model) = std::move(looked.numbers);
    encoded.tokens = std::move(looked.tokens);
    encoded.notices = std::move(looked.notices);
    encoded.labels = input.labels;
    for (std::size_t i = 1; i < input.labels.size(); ++i) {
        EncodedText further = encodeText(labelText(input.labelTemplate, input.labels[i]), {}, model, *tokenizer);
        checkNumbers(further.numbers, model);
        encoded.model.furtherTexts.push_back(std::move(further.numbers));
        for (const std::string& notice : further.notices)
            encoded.notices.push_back(printable(input.labels[i], 40) + ": " + notice);
    }
}

}  // namespace

bool PictureInput::operator==(const PictureInput& other) const
{
    return path == other.path
           && (pixels == other.pixels || pixels == nullptr || other.pixels == nullptr || *pixels == *other.pixels);
}

EncodedInput encodeInput(const Input& input, const ModelInfo& model, const Tokenizer* tokenizer)
{
    checkTexts(input, model, tokenizer);
    checkImage(input, model);
    EncodedInput encoded;
    if (model.vocabularySize > 0)
        encodeTexts(input, model, tokenizer, encoded);
    if (model.image)
        encodeImage(input, model, encoded);
    return encoded;
}

}  // namespace ketscope
