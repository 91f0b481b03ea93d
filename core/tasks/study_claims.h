// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/tasks/claim.h"
#include "core/tasks/study_results.h"

#include <filesystem>
#include <optional>

namespace ketscope {

// Results of a whole training study that come with the samples: recipes/results/<id>.json, the comparison.json of a run of
// recipes/<id>.json. Training takes longer than a claim may.
struct ShippedStudy {
    std::optional<StudyResults> results;
    std::string missing;  // why there are none, a sentence
};
ShippedStudy shippedStudy(const std::string& id);
// The same from another file.
ShippedStudy studyIn(const std::filesystem::path& file, const std::string& id);

// "shipped run of qisa-study: 800 steps of 32, seed 0, tinyshakespeare.txt; again with ketscope train …".
std::string shippedScope(const StudyResults& results, const std::string& variant);

// Validation losses of a study of language models beside that of its baseline, and how many times lower they are; says
// whether one that sees the future, as published, gives the published factor, and whether one that does not gives it. Adds
// the sentence why there are none where there are none.
void addLossStudy(const ShippedStudy& study, double publishedFactor, ClaimFindings& findings);

// What a study of classifiers gained on the baseline equally trained, in accuracy and F1; nothing is decided.
void addGainStudy(const ShippedStudy& study, ClaimFindings& findings);
// The answers that QRA's wins need of the same study: whether the published variant gains half a point, and whether it
// loses less to every change of the texts; adds its figures. Open where there are no results.
struct StudyWins {
    Answer accuracy = Answer::Open;
    Answer robust = Answer::Open;
};
StudyWins addWinsStudy(const ShippedStudy& study, ClaimFindings& findings);

}  // namespace ketscope
