// SPDX-License-Identifier: GPL-3.0-or-later
// Claims 8 and 9: matrix product states in Q-Transformers.
#include "core/measures/number_text.h"
#include "core/study/plan.h"
#include "core/tasks/claim.h"
#include "core/tasks/claim_studies.h"
#include "core/tasks/normal_heads.h"
#include "core/tasks/timing.h"

namespace ketscope {

namespace {

constexpr const char* kSource = "Q-Transformers";
constexpr std::size_t kTokens = 32;
constexpr QuantityRole kPublished = QuantityRole::AsPublished;
constexpr QuantityRole kCorrect = QuantityRole::Correct;

// A diagnostic of every head of the sentiment sample's sentence, 95 % over the heads.
Interval overSampleHeads(const std::string& spec, std::string_view id, std::size_t layers, std::uint64_t seed,
                         Monitor& monitor, std::string& scope)
{
    Study study = sentimentStudy({});
    study.seed = seed;
    QuietMonitor quiet(monitor);
    const auto model = loadModel(study.modelPath, quiet);
    const ComparisonPointer baseline = runStudy(study, *model, nullptr, kSampleThreads, quiet);
    PlanEntry entry = parseSpec(spec);
    for (std::size_t layer = 0; layer < layers; ++layer)
        entry.layers.push_back(layer);
    const RecordedHeads heads = recordHeads(*baseline, *model, resolve({{entry}}, baseline->model, seed), quiet);
    std::vector<double> values;
    for (const auto& head : heads)
        values.push_back(diagnosticOf(head->input, spec, id, quiet));
    scope = std::to_string(values.size()) + " heads of the sentiment sample, "
            + std::to_string(heads.front()->input.queries.rows) + " tokens";
    return meanInterval(values);
}

ClaimFindings measureMpsCompression(const ClaimBudget& budget, Monitor& monitor)
{
    const NormalHeads heads(kTokens, 64, budget.of(24, 4), budget.seed);
    ClaimFindings findings;
    const auto count = [&](QuantityRole role, const std::string& name, const std::string& spec, const char* id,
                           const std::string& detail, std::optional<double> published = {}) {
        std::vector<double> values;
        for (std::size_t i = 0; i < heads.count(); ++i)
            values.push_back(diagnosticOf(heads.input(i), spec, id, monitor));
        findings.quantities.push_back({role, name, "×", heads.scope(detail), meanInterval(values), published});
        if (std::string_view(id).find("variation") != std::string_view::npos)
            findings.quantities.back().unit.clear();
        return findings.quantities.back().value;
    };
    const Interval claimed = count(kPublished, "Compression as the published code counts it", "mps:method=as-published",
                                   "claimed_compression", "nothing decomposed", 4071059.0);
    const Interval real = count(kPublished, "Weights for each number that it stores", "mps:method=as-published",
                                "compression", "nothing decomposed");
    Interval best = exactly(0.0);
    for (const char* bond : {"8", "16", "32"}) {
        const std::string spec = std::string("mps:state=joint,bond=") + bond;
        const Interval ratio =
            count(kCorrect, "Weights for each number in the chain", spec, "compression", std::string("D = ") + bond);
        count(kCorrect, "Total variation of the distribution", spec, "joint_total_variation",
              std::string("D = ") + bond);
        best = ratio.mean > best.mean ? ratio : best;
    }
    for (const char* id : {"compression", "joint_total_variation"}) {
        std::string scope;
        const Interval value =
            overSampleHeads("mps:state=joint,bond=8", id, budget.of(6, 2), budget.seed, monitor, scope);
        const bool ratio = std::string_view(id) == "compression";
        findings.quantities.push_back(
            {kCorrect, ratio ? "Weights for each number in the chain" : "Total variation of the distribution",
             ratio ? "×" : "", scope + ", D = 8", value});
    }
    findings.reproduced = isReproduced(claimed, 4071059.0);
    findings.holds = isAbove(best, 4071059.0);
    findings.conclusion = "2³²/1055 = " + significantText(claimed.mean)
                          + " divides an invented size by what is stored. In truth " + significantText(real.mean)
                          + " weights stand for each number stored: an expansion. Random heads, truly "
                          + "decomposed, reach " + significantText(best.mean) + " with the error shown.";
    return findings;
}

ClaimFindings measureMpsTime(const ClaimBudget& budget, Monitor& monitor)
{
    const NormalHeads heads(kTokens, 64, 1, budget.seed);
    const std::size_t repeats = budget.of(60, 10);
    ClaimFindings findings;
    const std::string scope = "n = 32, d = 64; median of " + std::to_string(repeats) + " runs, one thread";
    const auto exact = secondsOf(heads.input(0), "exact", repeats, true, monitor);
    const auto state = secondsOf(heads.input(0), "mps:state=joint,bond=16", repeats, true, monitor);
    const auto rows = secondsOf(heads.input(0), "mps:state=row,bond=16", repeats, true, monitor);
    findings.quantities.push_back(
        {QuantityRole::Baseline, "Time of exact attention", "ms", scope, scaled(medianInterval(exact), 1e3), 1.1});
    findings.quantities.push_back({kCorrect, "Time of a matrix product state of the whole head (D = 16)", "ms", scope,
                                   scaled(medianInterval(state), 1e3), 56.2});
    const Interval ratio = medianInterval(ratios(state, exact));
    findings.quantities.push_back({kCorrect, "Times slower than exact attention", "×", scope, ratio, 51.1});
    findings.quantities.push_back(
        {kCorrect, "The same, each row a state of its own", "×", scope, medianInterval(ratios(rows, exact))});
    findings.reproduced = isReproduced(ratio, 51.1);
    findings.holds = isAbove(ratio, 1.0);
    findings.conclusion = "The source's own times say that its matrix product state is 51 times slower. A true "
                          "decomposition is "
                          + significantText(ratio.mean) + " times slower here.";
    return findings;
}

Study mpsStudy()
{
    return sentimentStudy({"mps:method=as-published@layers=4-5", "mps:state=joint,bond=8@layers=4-5"}, "quantum");
}

}  // namespace

Claim mpsCompressionClaim()
{
    return {
        8,
        ClaimKind::Result,
        kSource,
        "Matrix product states compress attention 4,071,059 times.",
        "The published count at n = 32, and the numbers in a true chain of the whole head beside the error that "
        "truncating it makes, on normal heads and on those of the sentiment sample.",
        "The code never decomposes anything: it stores n − 1 single numbers and the whole row of n², and divides 2ⁿ by "
        "their count: 2³²/(31 + 1024).",
        measureMpsCompression,
        mpsStudy};
}

Claim mpsTimeClaim()
{
    return {9,
            ClaimKind::Result,
            kSource,
            "Matrix product states take 56.2 ms, exact attention 1.1 ms.",
            "Processor time of one head of 32 tokens, decomposed and exact.",
            "A table that means to praise the method and shows it 51 times slower.",
            measureMpsTime,
            mpsStudy};
}

}  // namespace ketscope
