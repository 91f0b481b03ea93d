// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/study/token_axis.h"

namespace ketscope {

namespace {

// Of an index on the axis, its place among the image's tokens; none for text.
std::optional<std::size_t> placeInImage(const EncodedInput& input, TokenAxis axis, std::size_t index)
{
    const std::size_t text = axis == TokenAxis::Joint ? input.tokens.size() : 0;
    if (axis == TokenAxis::Text || index < text || index - text >= input.imageTokens.size())
        return std::nullopt;
    return index - text;
}

Token named(const std::string& name, bool special)
{
    Token token;
    token.piece = token.display = name;
    token.special = special;
    return token;
}

}  // namespace

std::vector<Token> imageTokens(std::size_t count, std::size_t rows, std::size_t columns)
{
    const std::size_t leading = count - rows * columns;
    std::vector<Token> tokens;
    for (std::size_t i = 0; i < leading; ++i)
        tokens.push_back(named(leading == 1 ? "image CLS" : "image " + std::to_string(i), true));
    for (std::size_t row = 0; row < rows; ++row)
        for (std::size_t column = 0; column < columns; ++column)
            tokens.push_back(named("patch " + std::to_string(row) + "," + std::to_string(column), false));
    return tokens;
}

std::size_t axisTokens(const EncodedInput& input, TokenAxis axis)
{
    return (axis == TokenAxis::Image ? 0 : input.tokens.size())
           + (axis == TokenAxis::Text ? 0 : input.imageTokens.size());
}

const Token* axisToken(const EncodedInput& input, TokenAxis axis, std::size_t index)
{
    if (const auto place = placeInImage(input, axis, index))
        return &input.imageTokens[*place];
    return axis != TokenAxis::Image && index < input.tokens.size() ? &input.tokens[index] : nullptr;
}

std::string axisLabel(const EncodedInput& input, TokenAxis axis, std::size_t index)
{
    const Token* token = axisToken(input, axis, index);
    return token != nullptr ? token->display : std::to_string(index);
}

std::optional<std::size_t> axisPatch(const EncodedInput& input, TokenAxis axis, std::size_t index)
{
    const auto place = placeInImage(input, axis, index);
    if (!place || !input.patches || input.imageTokens.size() < input.patches->patches())
        return std::nullopt;
    const std::size_t leading = input.imageTokens.size() - input.patches->patches();
    return *place < leading ? std::nullopt : std::optional(*place - leading);
}

}  // namespace ketscope
