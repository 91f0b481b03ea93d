// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/tasks/perturbation.h"

#include "core/attention/parameter.h"
#include "core/base/error.h"
#include "core/base/random.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <sstream>

namespace ketscope {

namespace {

constexpr std::uint16_t kPurpose = 83;  // of the random numbers

struct KindRow {
    PerturbationKind kind;
    std::string_view id;
    std::string_view parameter;
    double initial;
    double minimum;
    double maximum;
};
constexpr KindRow kKinds[] = {
    {PerturbationKind::WordDropout, "dropout", "p", 0.05, 0.0, 1.0},
    {PerturbationKind::SynonymSwap, "synonyms", "p", 0.1, 0.0, 1.0},
    {PerturbationKind::LocalShuffle, "shuffle", "window", 3.0, 2.0, 100.0},
    {PerturbationKind::OverlappingShuffle, "overlapping-shuffle", "window", 3.0, 2.0, 100.0},
};

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
bool isLetter(char c) { return lower(c) >= 'a' && lower(c) <= 'z'; }

std::vector<std::string> wordsOf(std::string_view text)
{
    std::istringstream stream{std::string(text)};
    std::vector<std::string> words;
    for (std::string word; stream >> word;)
        words.push_back(word);
    return words;
}

const std::map<std::string, std::vector<std::string>, std::less<>>& synonymTable()
{
    static const auto table = [] {
        std::map<std::string, std::vector<std::string>, std::less<>> all;
        for (const char* group : {
#define SYNONYMS(words) words,
#include "core/tasks/synonyms.def"
#undef SYNONYMS
             }) {
            const std::vector<std::string> words = wordsOf(group);
            for (const std::string& word : words)
                for (const std::string& other : words)
                    if (other != word)
                        all[word].push_back(other);
        }
        return all;
    }();
    return table;
}

// The word inside punctuation: "(Great!" has "Great".
std::pair<std::size_t, std::size_t> letters(const std::string& word)
{
    std::size_t begin = 0;
    std::size_t end = word.size();
    while (begin < end && !isLetter(word[begin]))
        ++begin;
    while (end > begin && !isLetter(word[end - 1]))
        --end;
    return {begin, end};
}

std::string swapped(const std::string& word, RandomStream& stream, double rate)
{
    const auto [begin, end] = letters(word);
    const std::vector<std::string> others = synonymsOf(std::string_view(word).substr(begin, end - begin));
    if (others.empty() || stream.uniform() >= rate)
        return word;
    std::string other = others[static_cast<std::size_t>(stream.uniform() * static_cast<double>(others.size()))];
    if (word[begin] != lower(word[begin]))
        other.front() = static_cast<char>(other.front() - 'a' + 'A');
    return word.substr(0, begin) + other + word.substr(end);
}

void shuffleRange(std::vector<PerturbedWord>& words, std::size_t begin, std::size_t end, RandomStream& stream)
{
    for (std::size_t i = end; i > begin + 1; --i)
        std::swap(words[i - 1],
                  words[begin + static_cast<std::size_t>(stream.uniform() * static_cast<double>(i - begin))]);
}

void dropWords(PerturbedText& text, double rate, RandomStream& stream)
{
    std::vector<PerturbedWord> kept;
    for (PerturbedWord& word : text.words)
        if (stream.uniform() >= rate)
            kept.push_back(std::move(word));
        else
            text.dropped.push_back(word.origin);
    if (kept.empty() && !text.original.empty()) {
        const auto one = static_cast<std::size_t>(stream.uniform() * static_cast<double>(text.original.size()));
        kept.push_back({text.original[one], one, false});
        std::erase(text.dropped, one);
    }
    text.words = std::move(kept);
}

}  // namespace

Perturbation parsePerturbation(std::string_view text)
{
    const std::size_t colon = text.find(':');
    const std::string_view id = text.substr(0, colon);
    std::string known;
    for (const KindRow& row : kKinds) {
        known += (known.empty() ? "" : ", ") + std::string(row.id);
        if (row.id != id)
            continue;
        double value = row.initial;
        if (colon != std::string_view::npos) {
            const std::string_view setting = text.substr(colon + 1);
            const std::string start = std::string(row.parameter) + "=";
            const char* last = setting.data() + setting.size();
            const auto result = setting.starts_with(start)
                                    ? std::from_chars(setting.data() + start.size(), last, value)
                                    : std::from_chars_result{setting.data(), std::errc::invalid_argument};
            if (result.ec != std::errc() || result.ptr != last || !(value >= row.minimum && value <= row.maximum))
                refuse(
                    {"--perturb",
                     std::string(id) + ":" + start + shortestNumber(row.minimum) + " … " + shortestNumber(row.maximum),
                     "\"" + printable(std::string(text), 60) + "\"", ""});
        }
        Perturbation result{row.kind};
        if (row.parameter == "p")
            result.rate = value;
        else
            result.window = static_cast<std::size_t>(value);
        return result;
    }
    refuse({"--perturb", "one of " + known, "\"" + printable(std::string(text), 60) + "\"",
            "Example: --perturb dropout:p=0.05"});
}

std::string perturbationText(const Perturbation& perturbation)
{
    const auto row = std::ranges::find(kKinds, perturbation.kind, &KindRow::kind);
    return std::string(row->id) + ":" + std::string(row->parameter) + "="
           + (row->parameter == "p" ? shortestNumber(perturbation.rate) : std::to_string(perturbation.window));
}

std::string PerturbedText::text() const
{
    std::string all;
    for (const PerturbedWord& word : words)
        all += (all.empty() ? "" : " ") + word.text;
    return all;
}

bool PerturbedText::isUnchanged() const
{
    return dropped.empty() && std::ranges::none_of(words, [](const PerturbedWord& word) { return word.changed; })
           && std::ranges::is_sorted(words, {}, &PerturbedWord::origin);
}

std::string PerturbedText::difference() const
{
    std::string all;
    const auto add = [&](const std::string& part) { all += (all.empty() ? "" : " ") + part; };
    std::size_t next = 0;  // dropped words that were shown
    for (std::size_t i = 0; i < words.size(); ++i) {
        const PerturbedWord& word = words[i];
        for (; next < dropped.size() && dropped[next] < word.origin; ++next)
            add("[" + original[dropped[next]] + " −]");
        const bool moved = dropped.empty() && word.origin != i;
        add(word.changed ? "[" + original[word.origin] + " → " + word.text + "]"
            : moved      ? "[" + word.text + " ↷]"
                         : word.text);
    }
    for (; next < dropped.size(); ++next)
        add("[" + original[dropped[next]] + " −]");
    return all;
}

PerturbedText perturbed(std::string_view text, const Perturbation& perturbation, std::uint64_t seed,
                        std::uint32_t number)
{
    PerturbedText result{{}, {}, wordsOf(text)};
    for (std::size_t i = 0; i < result.original.size(); ++i)
        result.words.push_back({result.original[i], i, false});
    RandomStream stream({.seed = seed}, number, kPurpose);
    const std::size_t count = result.words.size();
    const std::size_t window = std::max<std::size_t>(perturbation.window, 1);
    switch (perturbation.kind) {
    case PerturbationKind::WordDropout: dropWords(result, perturbation.rate, stream); break;
    case PerturbationKind::SynonymSwap:
        for (PerturbedWord& word : result.words) {
            word.text = swapped(word.text, stream, perturbation.rate);
            word.changed = word.text != result.original[word.origin];
        }
        break;
    case PerturbationKind::LocalShuffle:
        for (std::size_t begin = 0; begin < count; begin += window)
            shuffleRange(result.words, begin, std::min(begin + window, count), stream);
        break;
    case PerturbationKind::OverlappingShuffle:
        for (std::size_t begin = 0; begin + window <= count; ++begin)
            shuffleRange(result.words, begin, begin + window, stream);
        break;
    }
    return result;
}

std::vector<std::string> synonymsOf(std::string_view word)
{
    std::string key(word);
    std::ranges::transform(key, key.begin(), lower);
    const auto found = synonymTable().find(key);
    return found == synonymTable().end() ? std::vector<std::string>() : found->second;
}

}  // namespace ketscope
