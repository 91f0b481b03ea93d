// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/train/training_data.h"

#include <charconv>

namespace ketscope {

namespace {

constexpr std::uint16_t kDraw = 0x1A;  // purposes of the random numbers
constexpr std::uint16_t kShuffle = 0x1B;

struct Labelled {
    std::string text;
    std::int32_t label;
};

// Without tags ("<Pros>…</Pros>") and white space around it.
std::string plain(std::string_view line)
{
    std::string text;
    bool inTag = false;
    for (const char c : line) {
        inTag = inTag || c == '<';
        if (!inTag)
            text += c;
        inTag = inTag && c != '>';
    }
    const std::size_t first = text.find_first_not_of(" \t\r");
    return first == std::string::npos ? "" : text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

// One line; nothing when it is empty.
std::optional<Labelled> labelledLine(std::string_view line, std::int32_t label, const DataSource& source)
{
    if (label >= 0) {
        std::string text = plain(line);
        return text.empty() ? std::nullopt : std::optional(Labelled{std::move(text), label});
    }
    while (!line.empty() && (line.back() == '\r' || line.back() == ' '))
        line.remove_suffix(1);
    if (line.empty())
        return std::nullopt;
    const std::size_t tab = line.rfind('\t');
    std::int32_t value = -1;
    if (tab != std::string_view::npos)
        std::from_chars(line.data() + tab + 1, line.data() + line.size(), value);
    if (value < 0)
        refuse({source.file.string(), "lines that end with a tab and a label",
                "\"" + printable(std::string(line), 60) + "\"", ""});
    return Labelled{plain(line.substr(0, tab)), value};
}

std::vector<Labelled> readSource(const DataSource& source, std::size_t labels)
{
    std::vector<Labelled> all;
    for (const DataSource::Part& part : source.parts)
        for (const std::string& text : readPart(source, part))
            for (std::size_t at = 0; at < text.size();) {
                const std::size_t end = std::min(text.find('\n', at), text.size());
                if (auto line = labelledLine(std::string_view(text).substr(at, end - at), part.label, source))
                    all.push_back(std::move(*line));
                at = end + 1;
            }
    for (const Labelled& each : all)
        if (static_cast<std::size_t>(each.label) >= labels)
            refuse({source.file.string(), "labels from 0 to " + std::to_string(labels - 1), std::to_string(each.label),
                    "The model and the data have different labels."});
    if (all.empty())
        refuse({source.file.string(), "lines of text", "none", ""});
    return all;
}

void shuffle(std::vector<Labelled>& all, std::uint64_t seed)
{
    RandomStream random({seed}, 0, kShuffle);
    for (std::size_t i = all.size(); i > 1; --i)
        std::swap(all[i - 1],
                  all[std::min(static_cast<std::size_t>(random.uniform() * static_cast<double>(i)), i - 1)]);
}

class LabelledData : public TrainingData {
public:
    LabelledData(const Recipe& recipe, const ModelInfo& model, std::shared_ptr<const Tokenizer> tokenizer)
        : m_model(model), m_tokenizer(std::move(tokenizer)), m_seed(recipe.seed),
          m_steps(static_cast<double>(recipe.schedule.steps))
    {
        for (const DataSource& source : recipe.sources) {
            std::vector<Labelled> all = readSource(source, model.labels.size());
            if (source.testOnly) {
                m_sets.emplace_back(source.file.filename().string(), std::move(all));
                continue;
            }
            if (source.held)
                holdBack(recipe, source, all);
            m_trained.push_back({std::move(all), source.share, source.lastShare});
        }
        if (m_trained.empty())
            refuse({recipe.file.string(), "a source to train on", "tests alone", ""});
    }

    Example draw(std::size_t step, std::size_t index) const override
    {
        RandomStream random({m_seed, static_cast<std::uint16_t>(index >> 16), static_cast<std::uint16_t>(index)},
                            static_cast<std::uint32_t>(step), kDraw);
        const double part = m_steps < 2.0 ? 0.0 : static_cast<double>(step) / (m_steps - 1.0);
        const auto shareOf = [part](const Trained& each) { return each.share + part * (each.lastShare - each.share); };
        double all = 0.0;
        for (const Trained& each : m_trained)
            all += shareOf(each);
        double at = random.uniform() * all;
        std::size_t which = 0;
        while (which + 1 < m_trained.size() && at >= shareOf(m_trained[which]))
            at -= shareOf(m_trained[which++]);
        const std::vector<Labelled>& texts = m_trained[which].texts;
        return example(texts[std::min(static_cast<std::size_t>(random.uniform() * static_cast<double>(texts.size())),
                                      texts.size() - 1)]);
    }

    std::vector<ExampleSet> sets() const override
    {
        std::vector<ExampleSet> result;
        for (const auto& [name, texts] : m_sets)
            result.push_back({name, texts.size(), [this, &all = texts](std::size_t i) { return example(all[i]); }});
        return result;
    }

private:
    struct Trained {
        std::vector<Labelled> texts;
        double share;
        double lastShare;
    };

    // The end of the shuffled texts: first those of the validation, then those of the test.
    void holdBack(const Recipe& recipe, const DataSource& source, std::vector<Labelled>& all)
    {
        const std::size_t held = recipe.heldForValidation + recipe.heldForTest;
        if (held >= all.size())
            refuse({source.file.string(), "more than the " + std::to_string(held) + " texts that are held back",
                    std::to_string(all.size()), ""});
        shuffle(all, recipe.seed);
        const auto validation = all.end() - static_cast<std::ptrdiff_t>(held);
        const auto test = all.end() - static_cast<std::ptrdiff_t>(recipe.heldForTest);
        m_sets.insert(m_sets.begin(), {"validation", std::vector(validation, test)});
        if (recipe.heldForTest > 0)
            m_sets.insert(m_sets.begin() + 1, {"test", std::vector(test, all.end())});
        all.erase(validation, all.end());
    }

    Example example(const Labelled& from) const
    {
        Example result;
        static_cast<TextInput&>(result.input) = encodedText(from.text, *m_tokenizer, m_model);
        result.targets = {from.label};
        return result;
    }

    const ModelInfo m_model;
    std::shared_ptr<const Tokenizer> m_tokenizer;
    std::uint64_t m_seed;
    double m_steps;
    std::vector<Trained> m_trained;
    std::vector<std::pair<std::string, std::vector<Labelled>>> m_sets;
};

}  // namespace

std::unique_ptr<TrainingData> openLabelledData(const Recipe& recipe, const ModelInfo& model,
                                               std::shared_ptr<const Tokenizer> tokenizer)
{
    return std::make_unique<LabelledData>(recipe, model, std::move(tokenizer));
}

}  // namespace ketscope
