// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/base/parallel.h"
#include "core/nn/kernels.h"
#include "core/study/token_edit.h"
#include "core/train/naive_bayes.h"
#include "core/train/training_data.h"

namespace ketscope {

namespace {

constexpr std::uint16_t kDraw = 0x1A;  // purposes of the random numbers
constexpr std::uint16_t kShuffle = 0x1B;

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
    return trimmed(text);
}

std::vector<LabelledText> readSource(const DataSource& source, const std::vector<std::string>& classes)
{
    std::vector<LabelledText> all;
    for (const DataSource::Part& part : source.parts)
        for (const std::string& text : readPart(source, part))
            for (std::size_t at = 0; at < text.size();) {
                const std::size_t end = std::min(text.find('\n', at), text.size());
                const std::string_view line = std::string_view(text).substr(at, end - at);
                at = end + 1;
                if (plain(line).empty() || (!source.comment.empty() && line.starts_with(source.comment)))
                    continue;
                if (part.label >= 0) {
                    all.push_back({plain(line), static_cast<std::size_t>(part.label)});
                    continue;
                }
                const auto [words, label] = labelledParts(line, source.file.string());
                all.push_back({plain(words), classOf(label, classes, source.file.string())});
            }
    for (const LabelledText& each : all)
        if (each.label >= classes.size())
            refuse({source.file.string(), "labels from 0 to " + std::to_string(classes.size() - 1),
                    std::to_string(each.label), "The model and the data have different labels."});
    if (all.empty())
        refuse({source.file.string(), "lines of text", "none", ""});
    return all;
}

void shuffle(std::vector<LabelledText>& all, std::uint64_t seed)
{
    RandomStream random({seed}, 0, kShuffle);
    for (std::size_t i = all.size(); i > 1; --i)
        std::swap(all[i - 1],
                  all[std::min(static_cast<std::size_t>(random.uniform() * static_cast<double>(i)), i - 1)]);
}

// A source that is trained on.
struct Trained {
    std::vector<LabelledText> texts;
    double share;
    double lastShare;
    double trust;
    double counts;
    double scale = 0.0;  // of naive Bayes's evidence here, to be as sure as it is right
};
struct Split {
    std::vector<Trained> trained;
    std::vector<TextSet> sets;
};

// Takes the texts that are held back to the end: first those of the validation, then those of the test.
void heldToTheEnd(const Recipe& recipe, const DataSource& source, std::vector<LabelledText>& all)
{
    if (recipe.heldTexts.empty()) {
        shuffle(all, recipe.seed);
        return;
    }
    std::vector<LabelledText> held;
    std::vector<std::uint8_t> isHeld(all.size());
    for (const std::size_t each : recipe.heldTexts) {
        if (each >= all.size())
            refuse({source.file.string(), "as many texts as \"held_texts\" counts", std::to_string(all.size()),
                    "Number " + std::to_string(each + 1) + " is not there."});
        held.push_back(all[each]);
        isHeld[each] = 1;
    }
    std::vector<LabelledText> others;
    for (std::size_t i = 0; i < all.size(); ++i)
        if (isHeld[i] == 0)
            others.push_back(std::move(all[i]));
    all = std::move(others);
    std::ranges::move(held, std::back_inserter(all));
}

void holdBack(const Recipe& recipe, const DataSource& source, std::vector<LabelledText>& all,
              std::vector<TextSet>& sets)
{
    const std::size_t held = recipe.heldForValidation + recipe.heldForTest;
    if (held >= all.size())
        refuse({source.file.string(), "more than the " + std::to_string(held) + " texts that are held back",
                std::to_string(all.size()), ""});
    heldToTheEnd(recipe, source, all);
    const auto validation = all.end() - static_cast<std::ptrdiff_t>(held);
    const auto test = all.end() - static_cast<std::ptrdiff_t>(recipe.heldForTest);
    sets.insert(sets.begin(), {"validation", std::vector(validation, test)});
    if (recipe.heldForTest > 0)
        sets.insert(sets.begin() + 1, {"test", std::vector(test, all.end())});
    all.erase(validation, all.end());
}

Split splitTexts(const Recipe& recipe, const std::vector<std::string>& classes)
{
    Split split;
    for (const DataSource& source : recipe.sources) {
        std::vector<LabelledText> all = readSource(source, classes);
        if (source.testOnly) {
            split.sets.push_back({source.file.filename().string(), std::move(all)});
            continue;
        }
        if (source.held)
            holdBack(recipe, source, all, split.sets);
        split.trained.push_back({std::move(all), source.share, source.lastShare, source.trust, source.counts});
    }
    if (split.trained.empty())
        refuse({recipe.file.string(), "a source to train on", "tests alone", ""});
    return split;
}

class LabelledData : public TrainingData {
public:
    LabelledData(const Recipe& recipe, const ModelInfo& model, std::shared_ptr<const Tokenizer> tokenizer,
                 const Monitor& monitor)
        : m_model(model), m_tokenizer(std::move(tokenizer)), m_seed(recipe.seed),
          m_steps(static_cast<double>(recipe.schedule.steps)), m_tokenDropout(recipe.tokenDropout),
          m_hiddenShare(recipe.maskedWords.share), m_split(splitTexts(recipe, model.labels))
    {
        if (recipe.wordEvidence.counted)
            countWords(monitor);
        if (m_hiddenShare == 0.0)
            return;
        const std::optional<std::string> mask = maskTokenText(*m_tokenizer);
        if (!mask)
            refuse(
                {recipe.filesFolder.string(), "a tokenizer with a mask token", "none", "Leave out \"masked_words\"."});
        m_maskId = m_tokenizer->encode(*mask, std::nullopt, {.addSpecial = false}).tokens.front().id;
    }

    Example draw(std::size_t step, std::size_t index) const override
    {
        RandomStream random({m_seed, static_cast<std::uint16_t>(index >> 16), static_cast<std::uint16_t>(index)},
                            static_cast<std::uint32_t>(step), kDraw);
        const double part = m_steps < 2.0 ? 0.0 : static_cast<double>(step) / (m_steps - 1.0);
        const auto shareOf = [part](const Trained& each) { return each.share + part * (each.lastShare - each.share); };
        double all = 0.0;
        for (const Trained& each : m_split.trained)
            all += shareOf(each);
        double at = random.uniform() * all;
        std::size_t which = 0;
        while (which + 1 < m_split.trained.size() && at >= shareOf(m_split.trained[which]))
            at -= shareOf(m_split.trained[which++]);
        const Trained& source = m_split.trained[which];
        const std::vector<LabelledText>& texts = source.texts;
        const std::size_t text =
            std::min(static_cast<std::size_t>(random.uniform() * static_cast<double>(texts.size())), texts.size() - 1);
        Example drawn = example(texts[text]);
        const Tokens whole = drawn.input.tokenIds;
        leaveOut(random, drawn.input);
        if (source.trust < 1.0)
            drawn.shares = learned(source, texts[text].label, whole, drawn.input.tokenIds);
        hide(random, drawn);
        return drawn;
    }

    std::vector<ExampleSet> sets() const override
    {
        std::vector<ExampleSet> result;
        for (const auto& [name, texts] : m_split.sets)
            result.push_back({name, texts.size(), [this, &all = texts](std::size_t i) { return example(all[i]); }});
        return result;
    }

    Tensor tokenEvidence() const override
    {
        if (!m_bayes)
            return {};
        Tensor all({m_model.vocabularySize, m_model.labels.size()});
        for (std::size_t id = 0; id < m_model.vocabularySize; ++id)
            std::ranges::transform(m_bayes->evidence(Tokens{static_cast<std::int32_t>(id)}),
                                   all.matrix().row(id).begin(), [](double nats) { return static_cast<float>(nats); });
        return all;
    }

private:
    using Tokens = std::vector<std::int32_t>;

    std::vector<Tokens> tokensOf(const std::vector<LabelledText>& texts, const Monitor& monitor) const
    {
        std::vector<Tokens> all(texts.size());
        parallelFor(texts.size(), kSerialWork, [&](std::size_t i) {
            monitor.check();
            for (const Token& token : m_tokenizer->encode(texts[i].text, std::nullopt, {.addSpecial = false}).tokens)
                all[i].push_back(token.id);
        });
        return all;
    }

    void countWords(const Monitor& monitor)
    {
        m_bayes.emplace(m_model.labels.size());
        std::vector<std::vector<Tokens>> tokens;
        for (const Trained& each : m_split.trained) {
            tokens.push_back(tokensOf(each.texts, monitor));
            for (std::size_t i = 0; i < each.texts.size(); ++i) {
                monitor.check();
                m_bayes->add({tokens.back()[i], each.texts[i].label, each.counts});
            }
        }
        for (std::size_t i = 0; i < tokens.size(); ++i)
            if (m_split.trained[i].trust < 1.0)
                m_split.trained[i].scale = calibrated(tokens[i], m_split.trained[i], monitor);
    }

    double calibrated(const std::vector<Tokens>& tokens, const Trained& source, const Monitor& monitor) const
    {
        std::vector<std::vector<double>> evidence(tokens.size());
        std::vector<std::size_t> labels;
        for (const LabelledText& each : source.texts)
            labels.push_back(each.label);
        parallelFor(tokens.size(), kSerialWork, [&](std::size_t i) {
            monitor.check();
            evidence[i] = m_bayes->evidence(tokens[i], NaiveBayes::Counted{tokens[i], labels[i], source.counts});
        });
        return calibration(evidence, labels);
    }

    // What is learned of what is left of a text: its label, and what other texts' words say.
    std::vector<float> learned(const Trained& source, std::size_t label, const Tokens& whole, const Tokens& left) const
    {
        const auto own = [](const Tokens& ids) {
            return ids.size() < 2 ? NaiveBayes::Tokens() : NaiveBayes::Tokens(ids).subspan(1, ids.size() - 2);
        };
        const std::vector<double> evidence =
            m_bayes->evidence(own(left), NaiveBayes::Counted{own(whole), label, source.counts});
        std::vector<float> shares;
        for (const double nats : evidence)
            shares.push_back(static_cast<float>(source.scale * nats));
        kernels().softmax(shares.data(), shares.size());
        for (std::size_t c = 0; c < shares.size(); ++c)
            shares[c] = static_cast<float>((1.0 - source.trust) * static_cast<double>(shares[c])
                                           + (c == label ? source.trust : 0.0));
        return shares;
    }

    // Tokens, as word dropout does (Iyyer et al., ACL 2015); the first and the last are the tokenizer's own and stay.
    void leaveOut(RandomStream& random, TextInput& text) const
    {
        if (m_tokenDropout == 0.0 || text.tokenIds.size() <= 3)
            return;
        TextInput rest;
        for (std::size_t i = 0; i < text.tokenIds.size(); ++i) {
            const bool end = i == 0 || i + 1 == text.tokenIds.size();
            if (!end && random.uniform() < m_tokenDropout)
                continue;
            rest.tokenIds.push_back(text.tokenIds[i]);
            if (i < text.attentionMask.size())
                rest.attentionMask.push_back(text.attentionMask[i]);
            if (i < text.tokenTypes.size())
                rest.tokenTypes.push_back(text.tokenTypes[i]);
        }
        text = std::move(rest);
    }

    // Behind the mask token, all but the first and the last.
    void hide(RandomStream& random, Example& from) const
    {
        std::vector<std::int32_t>& ids = from.input.tokenIds;
        for (std::size_t i = 1; m_hiddenShare > 0.0 && i + 1 < ids.size(); ++i)
            if (random.uniform() < m_hiddenShare) {
                from.hidden.push_back(i);
                from.hiddenIds.push_back(std::exchange(ids[i], m_maskId));
            }
    }

    Example example(const LabelledText& from) const
    {
        Example result;
        static_cast<TextInput&>(result.input) = encodedText(from.text, *m_tokenizer, m_model);
        result.targets = {static_cast<std::int32_t>(from.label)};
        return result;
    }

    const ModelInfo m_model;
    std::shared_ptr<const Tokenizer> m_tokenizer;
    std::uint64_t m_seed;
    double m_steps;
    double m_tokenDropout;
    double m_hiddenShare;
    std::int32_t m_maskId = 0;
    Split m_split;
    std::optional<NaiveBayes> m_bayes;
};

}  // namespace

std::vector<TextSet> heldTexts(const Recipe& recipe, const std::vector<std::string>& classes)
{
    return splitTexts(recipe, classes).sets;
}

std::unique_ptr<TrainingData> openLabelledData(const Recipe& recipe, const ModelInfo& model,
                                               std::shared_ptr<const Tokenizer> tokenizer, const Monitor& monitor)
{
    return std::make_unique<LabelledData>(recipe, model, std::move(tokenizer), monitor);
}

}  // namespace ketscope
