// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/monitor.h"
#include "core/measures/interval.h"
#include "core/study/study.h"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ketscope {

// How much is measured. Full: the whole table in minutes. Reduced: in seconds, for tests; intervals are wider.
struct ClaimBudget {
    bool reduced = false;
    std::uint64_t seed = 0;

    std::size_t of(std::size_t full, std::size_t few) const { return reduced ? few : full; }
};

// Result: something that was measured, as the source says. Target: something that it wanted to reach. Setting: numbers that
// it worked with and of which nothing is claimed.
enum class ClaimKind { Result, Target, Setting };

// What a measured quantity is of.
enum class QuantityRole {
    AsPublished,  // the published code, faults included
    Correct,      // the method as it should be
    Baseline,     // something trivial or classical, for scale
};

struct ClaimQuantity {
    QuantityRole role = QuantityRole::Correct;
    std::string name;                      // "Output error, stratified with 30 % of the exact answer"
    std::string unit;                      // "ms"; empty for a plain number
    std::string scope;                     // "n = 64, d = 64, S = 32; 40 heads of normal numbers"
    Interval value;                        // 95 %; no width where it is counted or computed exactly
    std::optional<double> published = {};  // the source's number for the same
};

enum class Answer { No, Yes, Open, NotAsked };

// Decided from the numbers (verdictOf), never written down.
enum class Verdict {
    Holds,          // true here too
    Artefact,       // the published code gives the number; the correct method does not bear it out
    DoesNotHold,    // the number or what it says is not found
    Open,           // the interval does not decide
    NothingClaimed  // settings
};

struct ClaimFindings {
    std::vector<ClaimQuantity> quantities = {};
    Answer reproduced = Answer::NotAsked;  // the published number comes out, of the published code
    Answer holds = Answer::NotAsked;       // what is claimed is true of what is measured
    std::string conclusion = {};           // one or two sentences with the numbers
};

// One published number, or a few that belong together: a row of the table of claims.
struct Claim {
    int number = 0;
    ClaimKind kind = ClaimKind::Result;
    std::string source;       // "Q-Transformers"
    std::string text;         // what is said, with the number
    std::string experiment;   // what is done here
    std::string explanation;  // where the published number comes from
    // Throws Error (Cancelled), or Failure when the samples are not there.
    ClaimFindings (*measure)(const ClaimBudget& budget, Monitor& monitor) = nullptr;
    // A sample with the mechanisms in question, to look into. Throws Error (Failure) when the samples are not there.
    Study (*study)() = nullptr;
};

// All of them by number: the rows of claims.def.
const std::vector<Claim>& claims();
// Throws Error (Input) when there is none of this number.
const Claim& claim(int number);

struct ClaimResult {
    ClaimFindings findings;
    Verdict verdict = Verdict::Open;
    double seconds = 0.0;  // it took to measure, wall time
};
ClaimResult measureClaim(const Claim& claim, const ClaimBudget& budget, Monitor& monitor);

// One after the other; `done` is told every result as soon as it is known. Throws as measure() does.
void measureClaims(const std::vector<int>& numbers, const ClaimBudget& budget, Monitor& monitor,
                   const std::function<void(const Claim&, const ClaimResult&)>& done);

Verdict verdictOf(ClaimKind kind, Answer reproduced, Answer holds);
std::string_view verdictId(Verdict verdict);     // "holds", "artefact", "does-not-hold", "open", "nothing-claimed"
std::string_view verdictTitle(Verdict verdict);  // "Holds"
std::string_view verdictHelp(Verdict verdict);   // what it means, a sentence
std::string_view kindTitle(ClaimKind kind);      // "result", "target", "setting"
std::string_view roleTitle(QuantityRole role);   // "as published", "correct", "baseline"

// Whether all of the interval lies on that side; Open where the bound is inside. A number without interval is itself.
Answer isBelow(const Interval& interval, double bound);
Answer isAbove(const Interval& interval, double bound);
// Whether a published number comes out: within a tenth of it, or inside the interval.
Answer isReproduced(const Interval& interval, double published);
Answer both(Answer first, Answer second);
Answer either(Answer first, Answer second);
Answer inverse(Answer answer);

// A number that is known exactly.
inline Interval exactly(double value) { return {value, value, value}; }

// "0.600 ± 0.012" with its unit, and "(published 0.608)".
std::string quantityText(const ClaimQuantity& quantity);
// The measured table as tab-separated lines with a header: number, source, claim, kind, verdict, role, quantity, unit, scope,
// mean, low, high, published. Claims without a result have one line without quantity.
std::string claimsAsTsv(const std::vector<std::pair<const Claim*, const ClaimResult*>>& rows);

}  // namespace ketscope
