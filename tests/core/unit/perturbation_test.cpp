// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/tasks/perturbation.h"

#include "core/base/error.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <set>

namespace ketscope {
namespace {

constexpr const char* kText = "The Film is not great, but the acting is good. I liked it (mostly)!";

std::size_t words(const std::string& text) { return static_cast<std::size_t>(std::ranges::count(text, ' ')) + 1; }

TEST(Perturbation, IsReadAndWritten)
{
    for (const char* text : {"dropout:p=0.05", "synonyms:p=0.1", "shuffle:window=3", "overlapping-shuffle:window=5"})
        EXPECT_EQ(perturbationText(parsePerturbation(text)), text);
    EXPECT_EQ(perturbationText(parsePerturbation("synonyms")), "synonyms:p=0.1");
    for (const char* text :
         {"", "drop", "dropout:p=2", "dropout:p=", "dropout:window=3", "shuffle:window=1", "synonyms:p=nan"})
        EXPECT_THROW(parsePerturbation(text), Error) << text;
}

TEST(Perturbation, SeedsRepeat)
{
    const Perturbation half{PerturbationKind::WordDropout, 0.5, 3};
    EXPECT_EQ(perturbed(kText, half, 3).text(), perturbed(kText, half, 3).text());
    std::set<std::string> different;
    for (std::uint32_t number = 0; number < 20; ++number)
        different.insert(perturbed(kText, half, 3, number).text());
    EXPECT_GT(different.size(), 10U);
}

TEST(Perturbation, DropoutKeepsOneWordAtLeastAndItsShare)
{
    EXPECT_EQ(words(perturbed(kText, {PerturbationKind::WordDropout, 1.0, 3}, 1).text()), 1U);
    EXPECT_TRUE(perturbed(kText, {PerturbationKind::WordDropout, 0.0, 3}, 1).isUnchanged());
    double kept = 0.0;
    for (std::uint32_t number = 0; number < 2000; ++number) {
        const PerturbedText text = perturbed(kText, {PerturbationKind::WordDropout, 0.2, 3}, 1, number);
        kept += static_cast<double>(text.words.size());
        EXPECT_EQ(text.words.size() + text.dropped.size(), text.original.size());
    }
    const double expected = 0.8 * static_cast<double>(words(kText)) * 2000.0;
    EXPECT_NEAR(kept, expected, 4.0 * std::sqrt(0.2 * expected));
}

TEST(Perturbation, SynonymsKeepPunctuationAndCapitals)
{
    const PerturbedText text = perturbed(kText, {PerturbationKind::SynonymSwap, 1.0, 3}, 5);
    ASSERT_EQ(text.words.size(), text.original.size());
    const std::set<std::string> films = {"Movie", "Picture"};
    EXPECT_TRUE(films.contains(text.words[1].text)) << text.words[1].text;
    EXPECT_TRUE(text.words[4].text.ends_with(",")) << text.words[4].text;
    EXPECT_NE(text.words[4].text, "great,");
    EXPECT_EQ(text.words[3].text, "not");
    for (const std::string& word : synonymsOf("GOOD")) {
        const auto back = synonymsOf(word);
        EXPECT_NE(std::ranges::find(back, "good"), back.end()) << word;
    }
    EXPECT_TRUE(synonymsOf("zebra").empty());
}

TEST(Perturbation, EverySynonymIsInOneGroupOnly)
{
    std::multiset<std::string> all;
#define SYNONYMS(group)                                                                                                \
    {                                                                                                                  \
        std::string word;                                                                                              \
        for (const char c : std::string(group) + " ")                                                                  \
            if (c != ' ')                                                                                              \
                word += c;                                                                                             \
            else                                                                                                       \
                all.insert(std::exchange(word, ""));                                                                   \
    }
#include "core/tasks/synonyms.def"
#undef SYNONYMS
    for (const std::string& word : all)
        EXPECT_EQ(all.count(word), 1U) << word;
    EXPECT_GT(all.size(), 150U);
}

TEST(Perturbation, ShufflesStayInTheirWindows)
{
    bool moved = false;
    for (std::uint32_t number = 0; number < 50; ++number) {
        const PerturbedText text = perturbed(kText, {PerturbationKind::LocalShuffle, 0.0, 3}, 1, number);
        std::vector<std::size_t> origins;
        for (std::size_t i = 0; i < text.words.size(); ++i) {
            origins.push_back(text.words[i].origin);
            EXPECT_EQ(text.words[i].origin / 3, i / 3);
            moved = moved || text.words[i].origin != i;
        }
        std::ranges::sort(origins);
        for (std::size_t i = 0; i < origins.size(); ++i)
            EXPECT_EQ(origins[i], i);
    }
    EXPECT_TRUE(moved);
    std::size_t farthest = 0;  // as published a word can drift far
    for (std::uint32_t number = 0; number < 50; ++number)
        for (std::size_t i = 0; const PerturbedWord& word :
                                perturbed(kText, {PerturbationKind::OverlappingShuffle, 0.0, 3}, 1, number).words) {
            farthest = std::max(farthest, i > word.origin ? i - word.origin : 0);
            ++i;
        }
    EXPECT_GT(farthest, 3U);
}

TEST(Perturbation, ShowsWhatChanged)
{
    const PerturbedText text{{{"a", 0, false}, {"fine", 2, true}}, {1}, {"a", "very", "good"}};
    EXPECT_EQ(text.difference(), "a [very −] [good → fine]");
    const PerturbedText turned{{{"b", 1, false}, {"a", 0, false}}, {}, {"a", "b"}};
    EXPECT_EQ(turned.difference(), "[b ↷] [a ↷]");
    EXPECT_FALSE(turned.isUnchanged());
}

}  // namespace
}  // namespace ketscope
