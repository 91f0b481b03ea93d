// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/study/token_edit.h"

#include "core/base/error.h"

#include <algorithm>

namespace ketscope {

namespace {

constexpr std::string_view kShownSpace = "·";  // as Token::display writes a leading space

Input exactly(const Input& before, const TextInput& numbers)
{
    Input input;
    input.image = before.image;
    input.pixelValues = before.pixelValues;
    input.tokenIds = numbers.tokenIds;
    if (std::ranges::find(numbers.attentionMask, 0) != numbers.attentionMask.end())
        input.attentionMask = numbers.attentionMask;
    if (std::ranges::find_if(numbers.tokenTypes, [](std::int32_t type) { return type != 0; })
        != numbers.tokenTypes.end())
        input.tokenTypes = numbers.tokenTypes;
    return input;
}

// The byte where character `index` of UTF-8 begins.
std::size_t byteOf(const std::string& text, std::size_t index)
{
    std::size_t byte = 0;
    for (std::size_t seen = 0; byte < text.size() && seen < index; ++seen)
        do
            ++byte;
        while (byte < text.size() && (static_cast<unsigned char>(text[byte]) & 0xC0U) == 0x80U);
    return byte;
}

bool givesExactly(const Input& input, const TextInput& wanted, const Tokenizer& tokenizer)
{
    if (std::ranges::find(wanted.attentionMask, 0) != wanted.attentionMask.end())
        return false;
    const std::optional<std::string_view> pair =
        input.textPair ? std::optional<std::string_view>(*input.textPair) : std::nullopt;
    const Encoding encoding = tokenizer.encode(*input.text, pair, optionsOfFiles(tokenizer, std::nullopt));
    return std::ranges::equal(encoding.tokens, wanted.tokenIds, {}, &Token::id)
           && std::ranges::equal(encoding.tokens, wanted.tokenTypes, {}, &Token::segment);
}

// The text with the token's characters replaced, when that gives exactly `wanted`.
std::optional<Input> asText(const Input& before, const Token& token, const std::string& text, const TextInput& wanted,
                            const Tokenizer* tokenizer)
{
    const std::optional<std::string>& source = token.segment == 0 ? before.text : before.textPair;
    if (tokenizer == nullptr || !before.text || !source || token.span.end <= token.span.begin)
        return {};
    const std::size_t begin = byteOf(*source, token.span.begin);
    const std::string rest = source->substr(byteOf(*source, token.span.end));
    const bool spaced = begin > 0 && (*source)[begin - 1] == ' ';
    const std::string first = source->substr(0, begin);
    // A word goes with the space before it; a new one may need one.
    const std::string heads[] = {text.empty() ? first.substr(0, begin - (spaced ? 1 : 0)) : first + text,
                                 text.empty() ? first : first + " " + text};
    for (const std::string& head : heads) {
        Input input = before;
        (token.segment == 0 ? input.text : input.textPair) = head + rest;
        if (givesExactly(input, wanted, *tokenizer))
            return input;
    }
    return {};
}

TextInput numbersOf(const EncodedInput& encoded)
{
    const TextInput& all = encoded.model;
    return {all.tokenIds, all.attentionMask, all.tokenTypes};
}

template <typename T> void erase(std::vector<T>& values, std::size_t index)
{
    values.erase(values.begin() + static_cast<std::ptrdiff_t>(index));
}

}  // namespace

std::string tokenEditObstacle(const Input& input, const Tokenizer* tokenizer)
{
    if (!input.labels.empty())
        return "The texts are labels: change them in the input.";
    return tokenizer == nullptr ? "The model has no tokenizer: change the token ids in the input." : "";
}

std::vector<Token> replacementTokens(const EncodedInput& encoded, std::size_t token, std::string_view text,
                                     const Tokenizer& tokenizer)
{
    const EncodeOptions alone{.addSpecial = false};
    const auto begins = [](const std::vector<Token>& tokens) {
        return !tokens.empty() && tokens.front().display.starts_with(kShownSpace);
    };
    std::vector<Token> tokens = tokenizer.encode(text, std::nullopt, alone).tokens;
    if (encoded.tokens.at(token).display.starts_with(kShownSpace) && !begins(tokens) && !text.empty()) {
        std::vector<Token> spaced = tokenizer.encode(' ' + std::string(text), std::nullopt, alone).tokens;
        if (begins(spaced))
            tokens = std::move(spaced);
    }
    if (tokens.empty())
        refuse({"replacement", "at least one token", "none", "Type a word, or remove the token."});
    return tokens;
}

Input withTokenReplaced(const Input& input, const EncodedInput& encoded, std::size_t token, std::string_view text,
                        const Tokenizer& tokenizer)
{
    const std::vector<Token> made = replacementTokens(encoded, token, text, tokenizer);
    TextInput numbers = numbersOf(encoded);
    const auto at = static_cast<std::ptrdiff_t>(token);
    const std::uint8_t mask = numbers.attentionMask.at(token);
    const std::int32_t type = numbers.tokenTypes.at(token);
    erase(numbers.tokenIds, token);
    for (std::size_t i = made.size(); i-- > 0;)
        numbers.tokenIds.insert(numbers.tokenIds.begin() + at, made[i].id);
    numbers.attentionMask.insert(numbers.attentionMask.begin() + at, made.size() - 1, mask);
    numbers.tokenTypes.insert(numbers.tokenTypes.begin() + at, made.size() - 1, type);
    return asText(input, encoded.tokens.at(token), std::string(text), numbers, &tokenizer)
        .value_or(exactly(input, numbers));
}

Input withTokenRemoved(const Input& input, const EncodedInput& encoded, std::size_t token, const Tokenizer* tokenizer)
{
    TextInput numbers = numbersOf(encoded);
    if (numbers.tokenIds.size() < 2)
        refuse({"input", "at least one token", "the only one removed", "Replace it instead."});
    erase(numbers.tokenIds, token);
    erase(numbers.attentionMask, token);
    erase(numbers.tokenTypes, token);
    return asText(input, encoded.tokens.at(token), "", numbers, tokenizer).value_or(exactly(input, numbers));
}

Input withTokenHidden(const Input& input, const EncodedInput& encoded, std::size_t token, bool hidden)
{
    TextInput numbers = numbersOf(encoded);
    numbers.attentionMask.at(token) = hidden ? 0 : 1;
    if (std::ranges::find(numbers.attentionMask, 1) == numbers.attentionMask.end())
        refuse({"input", "at least one token to look at", "none", "Hide fewer tokens."});
    return exactly(input, numbers);
}

std::optional<std::string> maskTokenText(const Tokenizer& tokenizer)
{
    for (const char* text : {"[MASK]", "<mask>"}) {
        const std::vector<Token> tokens = tokenizer.encode(text, std::nullopt, {.addSpecial = false}).tokens;
        if (tokens.size() == 1 && tokens.front().special)
            return text;
    }
    return {};
}

}  // namespace ketscope
