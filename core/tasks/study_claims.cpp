// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/tasks/study_claims.h"

#include "core/base/error.h"
#include "core/measures/number_text.h"
#include "core/study/samples.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

namespace ketscope {

namespace fs = std::filesystem;

namespace {

std::string commandOf(const std::string& id) { return "ketscope train samples/recipes/" + id + ".json --out DIR"; }

bool is(const StudyResults& results, const std::string& variant, bool StudyRun::*flag)
{
    return std::ranges::any_of(runsOf(results, variant), [&](const StudyRun* run) { return run->*flag; });
}

QuantityRole roleOf(const StudyResults& results, const std::string& variant)
{
    if (variant == results.baseline)
        return QuantityRole::Baseline;
    return is(results, variant, &StudyRun::asPublished) ? QuantityRole::AsPublished : QuantityRole::Correct;
}

std::string titleOf(const StudyResults& results, const std::string& variant)
{
    return runsOf(results, variant).front()->title;
}

// A number known of one seed alone is itself.
Interval known(const Interval& interval) { return std::isfinite(interval.low) ? interval : exactly(interval.mean); }

// The baseline's loss in a variant's, seed by seed.
Interval factorOf(const StudyResults& results, const std::string& variant)
{
    std::vector<double> factors;
    for (const StudyRun* run : runsOf(results, variant))
        for (const StudyRun* baseline : runsOf(results, results.baseline))
            if (run->seed == baseline->seed && !run->figures.empty() && !baseline->figures.empty())
                factors.push_back(baseline->figures.front().loss / run->figures.front().loss);
    return known(meanInterval(factors));
}

// Losses at the last position of a block, which no later token can help.
Interval lastLoss(const StudyResults& results, const std::string& variant)
{
    std::vector<double> losses;
    for (const StudyRun* run : runsOf(results, variant))
        if (!run->figures.empty() && !run->figures.front().lossAt.empty())
            losses.push_back(run->figures.front().lossAt.back());
    return known(meanInterval(losses));
}

void add(ClaimFindings& findings, const ClaimQuantity& quantity)
{
    if (std::isfinite(quantity.value.mean))
        findings.quantities.push_back(quantity);
}

void sayMissing(const ShippedStudy& study, ClaimFindings& findings) { findings.conclusion += " " + study.missing; }

std::string rangeText(const std::vector<double>& values)
{
    const auto [least, most] = std::ranges::minmax(values);
    return significantText(least) + (least < most ? " to " + significantText(most) : "") + " nats";
}

void addFigure(const StudyResults& results, const std::string& variant, const StudyFigure& figure,
               ClaimFindings& findings)
{
    add(findings, {figure.variant.empty() ? QuantityRole::Baseline : roleOf(results, variant),
                   (figure.variant.empty() ? std::string("The model unpatched") : titleOf(results, variant)) + ", "
                       + figure.stage + ": " + figure.title,
                   figure.unit, figure.scope + "; " + shippedScope(results, variant), known(figure.value)});
}

}  // namespace

ShippedStudy shippedStudy(const std::string& id)
{
    return studyIn(samplesFolder() / "recipes" / "results" / (id + ".json"), id);
}

ShippedStudy studyIn(const fs::path& file, const std::string& id)
{
    const std::string again = commandOf(id) + " makes them; they are read from recipes/results/" + id + ".json.";
    std::error_code error;
    if (!fs::exists(file, error))
        return {std::nullopt, "The whole training study has no results here: " + again};
    try {
        StudyResults results = studyResultsFromJson(readJsonFile(file), file.string());
        if (runsOf(results, results.baseline).empty())
            return {std::nullopt, "The results of the training study lack its baseline: " + again};
        return {std::move(results), {}};
    } catch (const Error&) {
        return {std::nullopt, "The results of the training study cannot be read: " + again};
    }
}

std::string shippedScope(const StudyResults& results, const std::string& variant)
{
    return "from the shipped run of " + results.id + ": " + trainingScope(results, variant)
           + (results.complete ? "" : ", not all variants");
}

void addLossStudy(const ShippedStudy& study, double publishedFactor, ClaimFindings& findings)
{
    if (!study.results)
        return sayMissing(study, findings);
    const StudyResults& results = *study.results;
    std::vector<double> leaking, honest;
    // The largest factors of those that see the future, and of the others.
    Interval mostLeaking = exactly(std::nan("")), mostHonest = mostLeaking;
    for (const std::string& variant : variantsOf(results)) {
        const std::string title = titleOf(results, variant), scope = shippedScope(results, variant);
        const bool leaks = is(results, variant, &StudyRun::seesFuture);
        const QuantityRole role = roleOf(results, variant);
        const Interval loss = known(overSeeds(results, variant, &Figures::loss));
        add(findings, {role, "Validation loss, " + title, "nats per token", scope, loss});
        if (leaks || variant == results.baseline)
            add(findings, {role, "Loss at the last position of a block, " + title, "nats per token", scope,
                           lastLoss(results, variant)});
        if (variant == results.baseline)
            continue;
        (leaks ? leaking : honest).push_back(loss.mean);
        const Interval factor = factorOf(results, variant);
        add(findings, {role, "Times lower than " + titleOf(results, results.baseline) + ", " + title, "×", scope,
                       factor, publishedFactor});
        Interval& most = leaks ? mostLeaking : mostHonest;
        if (!std::isfinite(most.mean) || factor.mean > most.mean)
            most = factor;
    }
    if (leaking.empty() || honest.empty())
        return;
    findings.reproduced = isAbove(mostLeaking, publishedFactor);
    findings.holds = isAbove(mostHonest, publishedFactor);
    findings.conclusion += " Trained alike (" + std::to_string(results.steps)
                           + " steps), models whose heads see the "
                             "future reach "
                           + rangeText(leaking) + ", those whose heads do not " + rangeText(honest) + ", "
                           + titleOf(results, results.baseline) + " "
                           + significantText(overSeeds(results, results.baseline, &Figures::loss).mean) + " nats. "
                           + commandOf(results.id) + " runs it again.";
}

void addGainStudy(const ShippedStudy& study, ClaimFindings& findings)
{
    if (!study.results)
        return sayMissing(study, findings);
    for (const std::string& variant : variantsOf(*study.results))
        for (const char* id : {"accuracy_difference", "f1_difference"})
            if (const StudyFigure* figure = figureOf(*study.results, variant, "trained", id))
                addFigure(*study.results, variant, *figure, findings);
}

StudyWins addWinsStudy(const ShippedStudy& study, ClaimFindings& findings)
{
    addGainStudy(study, findings);
    if (!study.results)
        return {};
    const StudyResults& results = *study.results;
    const auto variants = variantsOf(results);
    const auto published = std::ranges::find_if(
        variants, [&](const std::string& variant) { return is(results, variant, &StudyRun::asPublished); });
    if (published == variants.end())
        return {};
    for (const StudyFigure& figure : results.figures) {
        const bool maps = figure.id == "entropy" || figure.id == "distance";
        if (maps && (figure.variant.empty() || figure.variant == *published))
            addFigure(results, figure.variant.empty() ? results.baseline : figure.variant, figure, findings);
    }
    StudyWins wins;
    const StudyFigure* const gained = figureOf(results, *published, "trained", "accuracy_difference");
    if (gained != nullptr) {
        wins.accuracy = isAbove(gained->value, 0.5);
        findings.conclusion += " Trained alike (" + trainingScope(results, *published) + "), it gains "
                               + intervalText(gained->value) + " points on exact attention.";
    }
    std::size_t changes = 0;
    Answer robust = Answer::Yes;
    for (const StudyFigure& figure : results.figures)
        if (figure.variant == *published && figure.stage == "trained" && figure.id.starts_with("lost_beyond ")) {
            addFigure(results, *published, figure, findings);
            robust = both(robust, isBelow(figure.value, 0.0));
            ++changes;
        }
    wins.robust = changes == 0 ? Answer::Open : robust;
    return wins;
}

}  // namespace ketscope
