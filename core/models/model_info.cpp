// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/models/model.h"

#include <algorithm>
#include <array>

namespace ketscope {

namespace {

constexpr std::array<std::pair<Task, std::string_view>, 9> kTasks = {{
    {Task::None, "none"},
    {Task::SequenceClassification, "sequence-classification"},
    {Task::MaskedLanguageModelling, "masked-language-modelling"},
    {Task::CausalLanguageModelling, "causal-language-modelling"},
    {Task::QuestionAnswering, "question-answering"},
    {Task::ImageClassification, "image-classification"},
    {Task::ImageTextMatching, "image-text-matching"},
    {Task::ImageTextContrast, "image-text-contrast"},
    {Task::VisualQuestionAnswering, "visual-question-answering"},
}};
constexpr std::array<std::pair<TokenAxis, std::string_view>, 3> kAxes = {
    {{TokenAxis::Text, "text"}, {TokenAxis::Image, "image"}, {TokenAxis::Joint, "joint"}}};

std::string_view nameIn(const auto& table, auto key)
{
    return std::ranges::find(table, key, [](const auto& row) { return row.first; })->second;
}

template <typename Key> std::optional<Key> keyIn(const auto& table, std::string_view name)
{
    const auto found = std::ranges::find(table, name, [](const auto& row) { return row.second; });
    return found == table.end() ? std::nullopt : std::optional<Key>(found->first);
}

}  // namespace

std::string_view taskName(Task task) { return nameIn(kTasks, task); }

std::optional<Task> taskNamed(std::string_view name) { return keyIn<Task>(kTasks, name); }

std::string_view axisName(TokenAxis axis) { return nameIn(kAxes, axis); }

std::optional<TokenAxis> axisNamed(std::string_view name) { return keyIn<TokenAxis>(kAxes, name); }

bool ImageInput::operator==(const ImageInput& other) const
{
    if (pixels != other.pixels
        && (!pixels || !other.pixels || pixels->shape() != other.pixels->shape()
            || !std::ranges::equal(pixels->values(), other.pixels->values())))
        return false;
    return pixelMask == other.pixelMask;
}

PatchGrid patchGrid(const ImageInfo& info, const ImageInput& image)
{
    const std::size_t height = image.pixels->shape().at(1);
    const std::size_t width = image.pixels->shape().at(2);
    const PatchGrid whole = {height / info.patchHeight, width / info.patchWidth};
    if (image.pixelMask.empty())
        return whole;
    PatchGrid valid;
    for (std::size_t row = 0; row < whole.rows; ++row)
        valid.rows += image.pixelMask.at(row * info.patchHeight * width) != 0 ? 1 : 0;
    for (std::size_t column = 0; column < whole.columns; ++column)
        valid.columns += image.pixelMask.at(column * info.patchWidth) != 0 ? 1 : 0;
    return valid;
}

std::vector<std::uint8_t> axisMask(const TextInput& text, TokenAxis axis, std::size_t length)
{
    if (axis == TokenAxis::Image || std::ranges::find(text.attentionMask, std::uint8_t{0}) == text.attentionMask.end())
        return {};
    std::vector<std::uint8_t> mask = text.attentionMask;
    mask.resize(length, 1);
    return mask;
}

std::size_t axisLength(const ModelInfo& info, const TextInput& text, const ImageInput& image, TokenAxis axis)
{
    const std::size_t words = axis == TokenAxis::Image ? 0 : text.tokenIds.size();
    return axis == TokenAxis::Text ? words : words + 1 + patchGrid(info.image.value(), image).count();
}

}  // namespace ketscope
