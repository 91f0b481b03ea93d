// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ketscope {

// Small changes of a text that should leave its meaning alone. Words are what stands between white space.
enum class PerturbationKind {
    WordDropout,         // every word goes with probability `rate`; at least one stays
    SynonymSwap,         // every word that the table of synonyms has is swapped with probability `rate`
    LocalShuffle,        // words are shuffled inside windows side by side: none moves by `window` places or more
    OverlappingShuffle,  // inside a window at every position in turn, as QRA has it: a word can drift far
};

struct Perturbation {
    PerturbationKind kind = PerturbationKind::WordDropout;
    double rate = 0.05;
    std::size_t window = 3;

    bool operator==(const Perturbation&) const = default;
};

// "dropout:p=0.05", "synonyms:p=0.1", "shuffle:window=3", "overlapping-shuffle:window=3"; the values shown are those that are
// left out (the settings of QRA). Throws Error (Input).
Perturbation parsePerturbation(std::string_view text);
std::string perturbationText(const Perturbation& perturbation);  // the inverse

// A word of the changed text.
struct PerturbedWord {
    std::string text;
    std::size_t origin = 0;  // number of the word that it comes from, counted from 0 in the given text
    bool changed = false;    // it is another word
};

struct PerturbedText {
    std::vector<PerturbedWord> words;
    std::vector<std::size_t> dropped;   // numbers of the words that are gone
    std::vector<std::string> original;  // the given words

    std::string text() const;  // one space between words
    // Both at once: "the [film → movie] is [not −]"; words that only moved are "[good ↷]".
    std::string difference() const;
    bool isUnchanged() const;
};

// The same seed and number give the same change.
PerturbedText perturbed(std::string_view text, const Perturbation& perturbation, std::uint64_t seed,
                        std::uint32_t number = 0);

// Other words of the group that a word belongs to, in lower case; empty for words that the table does not have.
std::vector<std::string> synonymsOf(std::string_view word);

}  // namespace ketscope
