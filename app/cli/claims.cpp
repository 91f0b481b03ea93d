// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/commands.h"
#include "app/cli/common.h"
#include "app/cli/wrap.h"
#include "core/measures/number_text.h"
#include "core/tasks/claim.h"

#include <CLI/CLI.hpp>
#include <cmath>
#include <iostream>
#include <nlohmann/json.hpp>

namespace ketscope {

namespace {

constexpr std::size_t kWidth = 100;
constexpr std::size_t kIndent = 5;

struct ClaimOptions {
    CommonOptions common;
    std::vector<int> only;
    bool reduced = false;
    bool list = false;
};

std::string paragraph(const std::string& text) { return wrapped(text, kWidth, kIndent); }

std::string quantitiesText(const ClaimFindings& findings)
{
    std::string text;
    for (const ClaimQuantity& quantity : findings.quantities) {
        text += wrapped(std::string(roleTitle(quantity.role)) + ": " + quantity.name + ": " + quantityText(quantity),
                        kWidth, kIndent + 2, kIndent);
        text += wrapped("(" + quantity.scope + ")", kWidth, kIndent + 4);
    }
    return text;
}

std::string headText(const Claim& claim)
{
    const std::string number = std::to_string(claim.number);
    return wrapped(std::string(number.size() < 2 ? " " : "") + number + ". " + claim.source + " ("
                       + std::string(kindTitle(claim.kind)) + "): " + claim.text,
                   kWidth, kIndent, 0);
}

// How to look into it: the bundled samples run on their own input when none is given.
std::string studyCommand(const Claim& claim)
{
    const Study study = claim.study();
    std::string command = "ketscope run " + study.modelPath;
    for (const Plan& plan : study.candidates)
        command += " --compare \"" + formatSpec(plan.entries.front()) + "\"";
    return command + " --out claim-" + std::to_string(claim.number) + ".h5";
}

std::string claimText(const Claim& claim, const ClaimResult& result)
{
    return headText(claim)
           + paragraph("Verdict: " + std::string(verdictTitle(result.verdict)) + ". " + result.findings.conclusion)
           + paragraph("Experiment: " + claim.experiment) + quantitiesText(result.findings)
           + paragraph("Where the number comes from: " + claim.explanation)
           + paragraph("Look into it: " + studyCommand(claim))
           + paragraph("Measured in " + fixedNumber(result.seconds, 1) + " s.") + "\n";
}

Json numberJson(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

Json claimJson(const Claim& claim)
{
    return {{"number", claim.number},         {"kind", std::string(kindTitle(claim.kind))},
            {"source", claim.source},         {"claim", claim.text},
            {"experiment", claim.experiment}, {"explanation", claim.explanation},
            {"study", toJson(claim.study())}};
}

Json resultJson(const Claim& claim, const ClaimResult& result)
{
    Json json = claimJson(claim);
    json["verdict"] = std::string(verdictId(result.verdict));
    json["conclusion"] = result.findings.conclusion;
    json["seconds"] = result.seconds;
    json["quantities"] = Json::array();
    for (const ClaimQuantity& quantity : result.findings.quantities)
        json["quantities"].push_back({{"of", std::string(roleTitle(quantity.role))},
                                      {"name", quantity.name},
                                      {"unit", quantity.unit},
                                      {"scope", quantity.scope},
                                      {"mean", numberJson(quantity.value.mean)},
                                      {"low", numberJson(quantity.value.low)},
                                      {"high", numberJson(quantity.value.high)},
                                      {"published", quantity.published ? Json(*quantity.published) : Json(nullptr)}});
    return json;
}

std::string summaryText(const std::vector<std::pair<const Claim*, ClaimResult>>& results)
{
    std::map<Verdict, std::size_t> counts;
    double seconds = 0.0;
    for (const auto& [claim, result] : results) {
        ++counts[result.verdict];
        seconds += result.seconds;
    }
    std::vector<std::string> parts;
    for (const auto& [verdict, count] : counts)
        parts.push_back(std::string(verdictTitle(verdict)) + " " + std::to_string(count));
    std::string text = wrapped(std::to_string(results.size()) + " claims in " + fixedNumber(seconds, 0) + " s. "
                                   + joined(parts, ", ") + ".",
                               kWidth, 0);
    for (const auto& [verdict, count] : counts)
        text += wrapped(std::string(verdictTitle(verdict)) + ": " + std::string(verdictHelp(verdict)), kWidth, 2, 0);
    return text;
}

std::vector<const Claim*> chosenClaims(const ClaimOptions& options)
{
    std::vector<const Claim*> chosen;
    for (const int number : options.only)
        chosen.push_back(&claim(number));
    if (chosen.empty())
        for (const Claim& each : claims())
            chosen.push_back(&each);
    return chosen;
}

void list(const ClaimOptions& options, const std::vector<const Claim*>& chosen)
{
    Json json = Json::array();
    for (const Claim* each : chosen)
        if (options.common.json)
            json.push_back(claimJson(*each));
        else
            std::cout << headText(*each);
    if (options.common.json)
        printJson({{"claims", json}});
}

void run(const ClaimOptions& options)
{
    const std::vector<const Claim*> chosen = chosenClaims(options);
    if (options.list)
        return list(options, chosen);
    const ClaimBudget budget{options.reduced, options.common.seed};
    ConsoleMonitor console(options.common.quiet);
    std::vector<std::pair<const Claim*, ClaimResult>> results;
    Json json = Json::array();
    std::vector<int> numbers;
    std::ranges::transform(chosen, std::back_inserter(numbers), [](const Claim* each) { return each->number; });
    measureClaims(numbers, budget, console, [&](const Claim& each, const ClaimResult& result) {
        results.emplace_back(&each, result);
        if (options.common.json)
            json.push_back(resultJson(each, result));
        else
            std::cout << claimText(each, result) << std::flush;
    });
    if (options.common.json)
        printJson({{"reduced", options.reduced}, {"seed", budget.seed}, {"claims", json}});
    else
        std::cout << summaryText(results);
}

}  // namespace

void addClaims(CLI::App& program)
{
    CLI::App* command = program.add_subcommand("claims", "Every published claim beside what is measured here");
    const auto options = std::make_shared<ClaimOptions>();
    command->add_option("--only", options->only, "Numbers of the claims to measure: 4 or 3,4,8")->delimiter(',');
    command->add_flag("--reduced", options->reduced, "Measure less: seconds in place of minutes, wider intervals");
    command->add_flag("--list", options->list, "Say what is claimed and measure nothing");
    addCommonOptions(*command, options->common);
    command->callback([options] { run(*options); });
}

}  // namespace ketscope
