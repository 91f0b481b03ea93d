// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/study/staged_run.h"

#include "core/base/error.h"
#include "core/study/output_errors.h"
#include "core/study/repeat_record.h"
#include "core/study/run_file.h"
#include "core/study/sweep.h"
#include "tests/support/paths.h"

#include <cmath>
#include <gmock/gmock.h>

namespace ketscope {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// Cancels once told so.
class StoppedMonitor : public Monitor {
public:
    bool cancelled() const noexcept override { return stopped; }
    void progress(double fraction, std::string_view what) override
    {
        if (fraction + 1e-9 < last)
            ++stepsBack;
        last = fraction;
        said = what;
    }

    bool stopped = false;
    double last = 0.0;
    int stepsBack = 0;
    std::string said;
};

bool sameMaps(const Trace& one, const Trace& other)
{
    bool same = one.outputs.size() == other.outputs.size();
    for (const auto& [name, values] : one.outputs)
        same = same && std::ranges::equal(values->values(), other.outputs.at(name)->values());
    for (std::size_t layer = 0; layer < one.stacks[0].attention.size(); ++layer)
        same =
            same
            && std::ranges::equal(one.stacks[0].attention[layer]->values(), other.stacks[0].attention[layer]->values());
    return same;
}

class StagedRun : public testing::Test {
protected:
    ComparisonPointer run(const ComparisonPointer& previous = nullptr, double longRun = 0.0)
    {
        stages.clear();
        return runInStages(
            study, model(), previous, 1, monitor,
            [this](const ComparisonPointer& stage) {
                stages.push_back(stage);
                monitor.stopped = stages.size() == stopAfter;
            },
            longRun);
    }

    ComparisonPointer atOnce() { return runStudy(study, model(), nullptr, 1, quiet); }

    std::vector<std::uint64_t> repeats() const
    {
        std::vector<std::uint64_t> counts;
        for (const ComparisonPointer& stage : stages)
            counts.push_back(repeatProgress(*stage, stagedTrace(*stage)).done);
        return counts;
    }

    static const LoadedModel& model()
    {
        static Monitor quiet;
        static const auto loaded = loadModel(test::samples() / "sentiment", quiet);
        return *loaded;
    }

    Study study{.modelPath = (test::samples() / "sentiment").string(),
                .input = {.text = "the film is not great"},
                .candidates = {{{parseSpec("rff:m=32,repeats=16")}}},
                .seed = 7};
    std::vector<ComparisonPointer> stages;
    std::size_t stopAfter = 0;
    StoppedMonitor monitor;
    Monitor quiet;
};

TEST_F(StagedRun, EndsWithTheTraceThatItWouldHaveWithoutStages)
{
    for (const char* spec : {"rff:m=32,repeats=16", "shots:shots=16,repeats=16", "performer:m=16,repeats=11"}) {
        study.candidates = {{{parseSpec(spec)}}};
        const ComparisonPointer result = run();
        EXPECT_TRUE(sameMaps(*result->traces[1], *atOnce()->traces[1])) << spec;
        EXPECT_EQ(result->study, study);
        EXPECT_EQ(stagedTrace(*result), 0U);
        EXPECT_THAT(repeats(), ElementsAre(2U, 4U, 8U)) << spec;
    }
    EXPECT_EQ(monitor.stepsBack, 2) << "one for each further run";
}

TEST_F(StagedRun, AStageIsARunWithSoManyRepeatsAndClaimsNoMore)
{
    run();
    const Comparison& stage = *stages[1];
    Study fewer = study;
    fewer.candidates = {{{parseSpec("rff:m=32,repeats=4")}}};
    EXPECT_EQ(stage.study, fewer);
    EXPECT_TRUE(sameMaps(*stage.traces[1], *runStudy(fewer, model(), nullptr, 1, quiet)->traces[1]));
    EXPECT_THAT(traceTitle(stage, 1).detail, HasSubstr("4 of 16 repeats"));
    EXPECT_THAT(traceTitle(stage, 1).detail, testing::Not(HasSubstr("R 16")));
    EXPECT_EQ(askedStudy(stage), study);
    EXPECT_FALSE(lacksOutputErrors(stage)) << "they are of all repeats";
    Comparison titled = stage;
    titled.study = study;
    EXPECT_THAT(traceTitle(titled, 1).detail, HasSubstr("4 of 16 repeats")) << "nor under the plan that was asked for";
    EXPECT_THAT(monitor.said, HasSubstr("Sampling B: repeat 8 of 16"));
}

TEST_F(StagedRun, WhatIsShortGoesStraightToAllRepeats)
{
    const ComparisonPointer result = run(nullptr, 1e9);
    EXPECT_TRUE(stages.empty());
    EXPECT_TRUE(sameMaps(*result->traces[1], *atOnce()->traces[1]));
    study.candidates = {{{parseSpec("rff:m=32,repeats=3")}}};
    run();
    EXPECT_TRUE(stages.empty());
}

TEST_F(StagedRun, CancelledItGoesOnAfterTheLastStage)
{
    stopAfter = 2;
    EXPECT_THROW(run(), Error);
    EXPECT_THAT(repeats(), ElementsAre(2U, 4U));
    const ComparisonPointer kept = stages.back();
    stopAfter = 0;
    monitor.stopped = false;
    const ComparisonPointer result = run(kept);
    EXPECT_THAT(repeats(), ElementsAre(8U));
    EXPECT_TRUE(sameMaps(*result->traces[1], *atOnce()->traces[1]));
    std::vector<std::uint64_t> all;
    for (const RepeatStage& stage : repeatsOf(*result, 1)->stages)
        all.push_back(stage.repeats);
    EXPECT_THAT(all, ElementsAre(2U, 4U, 8U, 16U));
    study.seed = 8;
    run(kept);
    EXPECT_THAT(repeats(), ElementsAre(2U, 4U, 8U)) << "of another seed nothing is there";
}

// A stage is not taken for a candidate of so many repeats with more to come, nor the other way round.
TEST_F(StagedRun, AStageServesAsACandidateOfSoManyRepeats)
{
    run();
    const ComparisonPointer kept = stages[1];
    study.candidates = {{{parseSpec("rff:m=32,repeats=4")}}};
    const ComparisonPointer result = runStudy(study, model(), kept, 1, quiet);
    EXPECT_EQ(result->traces[1], kept->traces[1]);
    EXPECT_EQ(stagedTrace(*result), 0U);
    EXPECT_TRUE(stageText(*result, 1).empty());
}

TEST_F(StagedRun, LaterCandidatesWaitUnlessTheyAreThere)
{
    study.candidates.push_back({{parseSpec("top-k")}});
    const ComparisonPointer both = run();
    EXPECT_EQ(stages[0]->traces.size(), 2U);
    EXPECT_EQ(stages[0]->study.candidates.size(), 1U);
    EXPECT_EQ(stages[0]->plans.size(), 2U);
    EXPECT_EQ(both->traces.size(), 3U);
    study.candidates[0] = {{parseSpec("rff:m=16,repeats=8")}};
    run(both);
    ASSERT_EQ(stages[0]->traces.size(), 3U);
    EXPECT_EQ(stages[0]->traces[2], both->traces[2]);
}

TEST_F(StagedRun, AKeptStageComesBackFromAFile)
{
    run();
    const test::TemporaryFolder folder;
    const auto file = folder.path() / "part.ket";
    writeRunFile(*stages[2], file, quiet);
    const ComparisonPointer read = readRunFile(file, quiet);
    EXPECT_EQ(read->study, stages[2]->study);
    EXPECT_EQ(askedStudy(*read), study);
    EXPECT_THAT(traceTitle(*read, 1).detail, HasSubstr("8 of 16 repeats"));
    const ComparisonPointer result = run(read);
    EXPECT_TRUE(stages.empty()) << "all that is left are the sixteen";
    EXPECT_TRUE(sameMaps(*result->traces[1], *atOnce()->traces[1]));
}

TEST_F(StagedRun, ItsStagesShowHowTheErrorFalls)
{
    study.selection = {0, 1, 2, 0, 0};
    const ComparisonPointer result = run();
    const auto partial = sweepOfStages(*stages[1], 1);
    ASSERT_NE(partial, nullptr);
    EXPECT_EQ(partial->request.axes, (std::vector<SweepAxis>{{"repeats", {"2", "4", "16"}}}));
    EXPECT_EQ(partial->rows.size(), 2U);
    const auto whole = sweepOfStages(*result, 1);
    ASSERT_EQ(whole->rows.size(), 4U);
    const std::size_t measure = sweepMeasureIndex("standard_error");
    const auto errors = result->traces[1]->stacks[0].standardError[1]->matrix({2});
    float largest = 0.0F;
    for (std::size_t row = 0; row < errors.rows; ++row)
        largest = std::max(largest, std::ranges::max(errors.row(row)));
    EXPECT_EQ(whole->rows[3].measures[measure].mean, static_cast<double>(largest));
    EXPECT_TRUE(sweepIsCurrent(*whole, {.modelPath = study.modelPath,
                                        .input = study.input,
                                        .candidates = {{{whole->request.candidate}}},
                                        .seed = study.seed}));
    EXPECT_EQ(sweepOfStages(*run(nullptr, 1e9), 1), nullptr) << "it was not run in stages";
}

}  // namespace
}  // namespace ketscope
