// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/train/training_data.h"

namespace ketscope {

namespace {

constexpr std::uint16_t kPurpose = 0x7E;  // of the random numbers

// One long text: blocks from anywhere in its beginning for training, its end cut into blocks for validation.
class TextData : public TrainingData {
public:
    TextData(std::vector<std::int32_t> ids, std::size_t length, const Recipe& recipe)
        : m_ids(std::move(ids)), m_length(length), m_seed(recipe.seed)
    {
        const auto held = static_cast<std::size_t>(recipe.validationShare * static_cast<double>(m_ids.size()));
        m_trained = m_ids.size() - held;
        if (m_trained < m_length + 1)
            refuse({recipe.file.string(), "a text of more than " + std::to_string(m_length) + " tokens for training",
                    std::to_string(m_trained), "Give a longer text or a smaller \"length\"."});
        m_blocks = held < 2 ? 0 : (held - 1) / m_length;
    }

    Example draw(std::size_t step, std::size_t index) const override
    {
        RandomStream random({m_seed, static_cast<std::uint16_t>(index >> 16), static_cast<std::uint16_t>(index)},
                            static_cast<std::uint32_t>(step), kPurpose);
        const auto places = static_cast<double>(m_trained - m_length);
        return block(std::min(static_cast<std::size_t>(random.uniform() * places), m_trained - m_length - 1));
    }

    std::vector<ExampleSet> sets() const override
    {
        return {{"validation", m_blocks, [this](std::size_t i) { return block(m_trained + i * m_length); }}};
    }

private:
    Example block(std::size_t first) const
    {
        Example example;
        const auto from = m_ids.begin() + static_cast<std::ptrdiff_t>(first);
        const auto length = static_cast<std::ptrdiff_t>(m_length);
        example.input.tokenIds.assign(from, from + length);
        example.targets.assign(from + 1, from + length + 1);
        return example;
    }

    std::vector<std::int32_t> m_ids;
    std::size_t m_length;
    std::uint64_t m_seed;
    std::size_t m_trained = 0;
    std::size_t m_blocks = 0;
};

}  // namespace

std::unique_ptr<TrainingData> openTextData(const Recipe& recipe, const ModelInfo& model, const Tokenizer& tokenizer)
{
    const std::size_t length = recipe.length == 0 ? model.maximumPositions : recipe.length;
    if (length > model.maximumPositions)
        refuse({recipe.file.string() + ", \"length\"", "at most " + std::to_string(model.maximumPositions),
                std::to_string(length), "The model has no more positions."});
    std::vector<std::int32_t> ids;
    for (const DataSource& source : recipe.sources) {
        if (source.testOnly || source.held)
            refuse({recipe.file.string() + ": \"use\" of " + source.file.filename().string(), "\"train\"",
                    source.testOnly ? "\"test\"" : "\"hold-out\"",
                    "Language modelling holds back the end of its text: see \"validation_share\"."});
        for (const DataSource::Part& part : source.parts)
            for (const std::string& text : readPart(source, part)) {
                // Line by line: a tokenizer need not hold the whole text at once.
                for (std::size_t at = 0; at < text.size();) {
                    const std::size_t end = std::min(text.find('\n', at), text.size() - 1) + 1;
                    const Encoding line = tokenizer.encode(std::string_view(text).substr(at, end - at), std::nullopt,
                                                           {.addSpecial = false});
                    for (const Token& token : line.tokens)
                        ids.push_back(token.id);
                    at = end;
                }
            }
    }
    return std::make_unique<TextData>(std::move(ids), length, recipe);
}

}  // namespace ketscope
