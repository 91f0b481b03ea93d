// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/study/alignment.h"

#include <optional>
#include <string>
#include <vector>

namespace ketscope {

// The same traces on an input that should not align: maps that look the same there say nothing about this image and
// text.
struct SanityRun {
    std::string title;  // "shuffled caption"
    ComparisonPointer comparison;
    std::vector<std::size_t> tokenAt;  // where each token of the original text stands in this one
};

struct SanityCheck {
    std::vector<SanityRun> runs;
    std::vector<std::shared_ptr<const Trace>> of;
};

// Runs every trace of `comparison` again with the words of its text in another order (where there are two different
// ones), and with an image of normal noise that has the mean and the deviation of each of its channels. Both from the
// study's seed. Throws Error: Input when the plans are not known, Cancelled.
std::shared_ptr<const SanityCheck> runSanityCheck(const Comparison& comparison, const LoadedModel& model, int threads,
                                                  Monitor& monitor);

// What a run shows of the page that `comparison` shows.
Comparison shownAs(const SanityRun& run, const Comparison& comparison);
// How far A's maps of that page are from those of the same words in a run: alignmentDistance(), the mean over the words.
// Nothing where the run's maps have to be computed first.
std::optional<double> meanDistance(const SanityRun& run, const Comparison& comparison);

}  // namespace ketscope
