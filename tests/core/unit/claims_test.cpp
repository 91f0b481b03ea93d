// SPDX-License-Identifier: GPL-3.0-or-later
// The table of claims on the reduced budget: the verdicts that the numbers lead to, and the numbers that an honest run must
// give again (methods.md §26).
#include "core/base/error.h"
#include "core/study/run_file.h"
#include "core/tasks/study_claims.h"
#include "tests/support/cancelled_after.h"
#include "tests/support/paths.h"

#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>
#include <set>

namespace ketscope {
namespace {

using namespace test;

constexpr ClaimBudget kReduced{.reduced = true, .seed = 0};

const ClaimResult& resultOf(int number)
{
    static std::map<int, ClaimResult> results;
    auto found = results.find(number);
    if (found == results.end()) {
        Monitor monitor;
        found = results.emplace(number, measureClaim(claim(number), kReduced, monitor)).first;
    }
    return found->second;
}

// The first quantity whose name and scope contain these.
const ClaimQuantity& quantity(int number, const std::string& name, const std::string& scope = {})
{
    const auto& all = resultOf(number).findings.quantities;
    const auto found = std::ranges::find_if(all, [&](const ClaimQuantity& each) {
        return each.name.find(name) != std::string::npos && each.scope.find(scope) != std::string::npos;
    });
    if (found == all.end())
        throw std::runtime_error("claim " + std::to_string(number) + " has no quantity " + name);
    return *found;
}

void expectNear(int number, const std::string& name, double value, double share, const std::string& scope = {})
{
    EXPECT_NEAR(quantity(number, name, scope).value.mean, value, share * std::abs(value)) << number << ": " << name;
}

TEST(Claims, EveryRowOfTheTableIsThereOnce)
{
    std::set<std::string> texts;
    for (std::size_t i = 0; i < claims().size(); ++i) {
        const Claim& each = claims()[i];
        EXPECT_EQ(each.number, static_cast<int>(i) + 1);
        EXPECT_FALSE(each.source.empty() || each.experiment.empty() || each.explanation.empty());
        texts.insert(each.text);
    }
    EXPECT_EQ(claims().size(), 23U);
    EXPECT_EQ(texts.size(), claims().size());
    EXPECT_THROW(claim(0), Error);
    EXPECT_THROW(claim(24), Error);
}

class ClaimVerdict : public testing::TestWithParam<std::pair<int, Verdict>> {};

TEST_P(ClaimVerdict, IsWhatTheNumbersSay)
{
    const auto& [number, verdict] = GetParam();
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    if (number == 11)
        GTEST_SKIP() << "a time in milliseconds, which means nothing with a sanitizer";
#endif
    const ClaimResult& result = resultOf(number);
    // Only trained models show that the published code gives the published number.
    const bool trained = number == 16 && shippedStudy("qisa-study").results;
    EXPECT_EQ(verdictTitle(result.verdict), verdictTitle(trained ? Verdict::Artefact : verdict))
        << result.findings.conclusion;
    EXPECT_FALSE(result.findings.conclusion.empty());
    ASSERT_FALSE(result.findings.quantities.empty());
    for (const ClaimQuantity& each : result.findings.quantities) {
        EXPECT_TRUE(std::isfinite(each.value.mean)) << each.name;
        EXPECT_FALSE(each.scope.empty()) << each.name;
        EXPECT_FALSE(each.value.low > each.value.mean || each.value.high < each.value.mean) << each.name;
    }
}

INSTANTIATE_TEST_SUITE_P(Table, ClaimVerdict,
                         testing::Values(std::pair(1, Verdict::DoesNotHold), std::pair(2, Verdict::DoesNotHold),
                                         std::pair(3, Verdict::Artefact), std::pair(4, Verdict::Artefact),
                                         std::pair(5, Verdict::Artefact), std::pair(6, Verdict::Artefact),
                                         std::pair(7, Verdict::Artefact), std::pair(8, Verdict::Artefact),
                                         std::pair(9, Verdict::Holds), std::pair(10, Verdict::DoesNotHold),
                                         std::pair(11, Verdict::Holds), std::pair(12, Verdict::DoesNotHold),
                                         std::pair(13, Verdict::Holds), std::pair(14, Verdict::Artefact),
                                         std::pair(15, Verdict::Holds), std::pair(16, Verdict::DoesNotHold),
                                         std::pair(17, Verdict::DoesNotHold), std::pair(18, Verdict::DoesNotHold),
                                         std::pair(19, Verdict::DoesNotHold), std::pair(20, Verdict::DoesNotHold),
                                         std::pair(21, Verdict::NothingClaimed), std::pair(22, Verdict::DoesNotHold),
                                         std::pair(23, Verdict::DoesNotHold)),
                         [](const auto& row) { return "Number" + std::to_string(row.param.first); });

TEST(Claims, PublishedErrorsComeOutOfThePublishedCode)
{
    expectNear(3, "Output error, stratified with 30 %", 0.676, 0.1);
    expectNear(4, "Output error, stratified with 30 %", 0.600, 0.05);
    expectNear(4, "The same without the exact answer", 0.858, 0.05);
    expectNear(4, "Output error of no output at all, with 30", 0.700, 1e-6);
    expectNear(5, "Output error, adaptive with 20 %", 0.70, 0.06);
    expectNear(5, "The same without the exact answer", 0.876, 0.06);
    expectNear(6, "Output error, hybrid with half", 1.056, 0.1);
    expectNear(7, "Output error, stratified", 0.048, 0.1, "S = 256");
    expectNear(7, "Output error of giving every key the same weight", 0.755, 0.05);
}

TEST(Claims, CountsAreExact)
{
    EXPECT_EQ(quantity(8, "as the published code counts it").value.mean, 4071059.0);
    expectNear(8, "Weights for each number that it stores", 1024.0 / 1055.0, 1e-6);
    expectNear(8, "Weights for each number in the chain", 1024.0 / 2728.0, 1e-6, "D = 32");
    EXPECT_EQ(quantity(17, "Parameters, paper", "width 128").value.mean, 24640.0);
    EXPECT_EQ(quantity(17, "Parameters, v3", "width 16").value.mean, 556.0);
    EXPECT_EQ(quantity(15, "Shots for a query, systematic").value.mean, 128.0);
    EXPECT_EQ(quantity(15, "Shots for a query, independent shots").value.mean, 2048.0);
    expectNear(22, "Perplexity that belongs to the loss", 99.66, 1e-3);
    expectNear(21, "Most that the kernel can move a logit", 0.0865, 1e-3, "σ = 1;");
}

TEST(Claims, TheFutureLeaksOnlyAsPublished)
{
    EXPECT_EQ(quantity(16, "as published").value.mean, 1.0);
    EXPECT_EQ(quantity(16, "rows of the map").value.mean, 0.0);
    EXPECT_GT(quantity(16, "moves what is foreseen, as published").value.low, 0.0);
    EXPECT_EQ(quantity(16, "moves what is foreseen, rows").value.mean, 0.0);
}

TEST(Claims, TheSameSeedGivesTheSameNumbers)
{
    Monitor monitor;
    const ClaimFindings again = claim(4).measure(kReduced, monitor);
    const ClaimFindings other = claim(4).measure({.reduced = true, .seed = 1000}, monitor);
    for (std::size_t i = 0; i < again.quantities.size(); ++i)
        EXPECT_EQ(again.quantities[i].value, resultOf(4).findings.quantities[i].value);
    EXPECT_NE(again.quantities[0].value, other.quantities[0].value);
}

TEST(Claims, EveryStudyOfOneRuns)
{
    Monitor monitor;
    std::map<std::string, std::shared_ptr<const LoadedModel>> models;
    for (const Claim& each : claims()) {
        SCOPED_TRACE(each.number);
        const Study study = each.study();
        ASSERT_FALSE(study.candidates.empty());
        auto& model = models[study.modelPath];
        if (!model)
            model = loadModel(study.modelPath, monitor);
        const ComparisonPointer run = runStudy(study, *model, nullptr, 1, monitor);
        EXPECT_EQ(run->traces.size(), 1 + study.candidates.size());
        EXPECT_EQ(studyFromJson(toJson(study), "claim"), study);
    }
}

TEST(Claims, WorkIsCancelled)
{
    test::CancelledAfter stopped;
    for (const int number : {1, 2, 4, 9, 12, 16, 20})
        EXPECT_THROW(measureClaim(claim(number), kReduced, stopped), Error) << number;
}

TEST(Claims, ProgressNamesTheClaim)
{
    class Told final : public Monitor {
    public:
        void progress(double fraction, std::string_view what) override
        {
            EXPECT_GE(fraction, last);
            last = fraction;
            texts.emplace_back(what);
        }
        double last = 0.0;
        std::vector<std::string> texts;
    } told;
    std::vector<int> done;
    measureClaims({17, 22}, kReduced, told,
                  [&](const Claim& each, const ClaimResult&) { done.push_back(each.number); });
    EXPECT_EQ(done, (std::vector{17, 22}));
    ASSERT_FALSE(told.texts.empty());
    EXPECT_TRUE(told.texts.front().starts_with("Claim 17: "));
    EXPECT_TRUE(told.texts.back().starts_with("Claim 22: "));
}

TEST(Claims, VerdictsFollowFromAnswers)
{
    EXPECT_EQ(verdictOf(ClaimKind::Result, Answer::Yes, Answer::Yes), Verdict::Holds);
    EXPECT_EQ(verdictOf(ClaimKind::Result, Answer::Yes, Answer::No), Verdict::Artefact);
    EXPECT_EQ(verdictOf(ClaimKind::Target, Answer::No, Answer::No), Verdict::DoesNotHold);
    EXPECT_EQ(verdictOf(ClaimKind::Target, Answer::NotAsked, Answer::Open), Verdict::Open);
    EXPECT_EQ(verdictOf(ClaimKind::Setting, Answer::Yes, Answer::Yes), Verdict::NothingClaimed);
    EXPECT_EQ(isBelow({1.0, 0.5, 1.5}, 2.0), Answer::Yes);
    EXPECT_EQ(isBelow({1.0, 0.5, 1.5}, 1.2), Answer::Open);
    EXPECT_EQ(isBelow({1.0, 0.5, 1.5}, 0.4), Answer::No);
    EXPECT_EQ(isAbove({1.0, NAN, NAN}, 0.9), Answer::Yes);
    EXPECT_EQ(isAbove({NAN, NAN, NAN}, 0.9), Answer::Open);
    EXPECT_EQ(isReproduced({1.09, 1.08, 1.10}, 1.0), Answer::Yes);
    EXPECT_EQ(isReproduced({1.2, 1.1, 1.3}, 1.0), Answer::No);
    EXPECT_EQ(isReproduced({1.2, 0.9, 1.5}, 1.0), Answer::Yes);
    EXPECT_EQ(both(Answer::Yes, Answer::Open), Answer::Open);
    EXPECT_EQ(both(Answer::No, Answer::Open), Answer::No);
    EXPECT_EQ(either(Answer::No, Answer::Yes), Answer::Yes);
}

TEST(Claims, TheTableIsText)
{
    const ClaimResult result{
        {{{QuantityRole::Correct, "Time\tof it", "ms", "n = 1", {1.5, 1.0, 2.0}, 3.0}}}, Verdict::Holds, 0.0};
    const std::string text = claimsAsTsv({{&claim(3), &result}, {&claim(4), nullptr}});
    EXPECT_EQ(std::ranges::count(text, '\n'), 3);
    EXPECT_NE(text.find("Holds\tcorrect\tTime of it\tms\tn = 1\t1.5\t1\t2\t3\n"), std::string::npos) << text;
    const std::size_t columns = static_cast<std::size_t>(std::ranges::count(text, '\t')) / 3;
    EXPECT_EQ(columns, 12U);
    EXPECT_EQ(quantityText(result.findings.quantities[0]), "1.50 ± 0.500 ms (published 3 ms)");
}

}  // namespace
}  // namespace ketscope
