// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/study/output_errors.h"

#include "core/study/repeat_record.h"
#include "core/study/run_file.h"
#include "tests/support/paths.h"

#include <cmath>
#include <gmock/gmock.h>

namespace ketscope {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class OutputErrors : public testing::Test {
protected:
    ComparisonPointer run(const std::string& spec, std::uint64_t seed = 0, int threads = 1)
    {
        const Study study{.modelPath = (test::samples() / "sentiment").string(),
                          .input = {.text = "the film is not great"},
                          .candidates = {{{parseSpec(spec)}}},
                          .seed = seed};
        return withOutputErrors(runStudy(study, model(), nullptr, threads, monitor), model(), threads, monitor);
    }

    static const LoadedModel& model()
    {
        static Monitor quiet;
        static const auto loaded = loadModel(test::samples() / "sentiment", quiet);
        return *loaded;
    }

    Monitor monitor;
};

TEST(Jackknife, ByHand)
{
    // Draws 1, 2, 6: f without each of them 4, 3.5, 1.5; s² = 7, SE = √(7/3).
    EXPECT_NEAR(jackknifeError(std::vector<double>{4.0, 3.5, 1.5}), std::sqrt(7.0 / 3.0), 1e-12);
    EXPECT_EQ(jackknifeError(std::vector<double>{2.0, 2.0}), 0.0);
    EXPECT_TRUE(std::isnan(jackknifeError(std::vector<double>{1.0})));
    EXPECT_TRUE(std::isnan(jackknifeError({})));
}

TEST(Jackknife, NeedsTwoDrawsOfEverythingThatIsLeftToChance)
{
    const auto groups = [](const std::vector<std::string>& specs) {
        Plan plan;
        for (const std::string& spec : specs)
            plan.entries.push_back(parseSpec(spec));
        return jackknifeGroups(plan);
    };
    EXPECT_EQ(groups({"rff"}), 0U);
    EXPECT_EQ(groups({"exact"}), 0U) << "nothing is left to chance";
    EXPECT_EQ(groups({"rff:repeats=2"}), 2U);
    EXPECT_EQ(groups({"rff:repeats=32"}), kMostGroups);
    EXPECT_EQ(groups({"shots:repeats=6@layers=0", "rff:repeats=3@layers=1"}), 3U);
    EXPECT_EQ(groups({"shots:repeats=6@layers=0", "top-k@layers=1"}), 6U);
    EXPECT_EQ(groups({"shots:repeats=6@layers=0", "rff@layers=1"}), 0U) << "of its single draw nothing is known";
}

TEST_F(OutputErrors, AreOfEveryNumberThatIsShown)
{
    const ComparisonPointer result = run("rff:m=32,repeats=4");
    EXPECT_FALSE(lacksOutputErrors(*result));
    const TraceRepeats* repeats = repeatsOf(*result, 1);
    ASSERT_NE(repeats, nullptr);
    ASSERT_EQ(repeats->leftOut.size(), 4U);
    EXPECT_TRUE(repeats->leftOut[0]->stacks.empty()) << "no maps are kept";
    const OutputTable table = outputTable(*result);
    std::vector<double> values;
    for (const auto& pass : repeats->leftOut) {
        Comparison without = *result;
        without.traces[1] = pass;
        values.push_back(outputTable(without).rows[0].probability[1]);
    }
    EXPECT_TRUE(std::isnan(table.rows[0].error[0]));
    EXPECT_GT(table.rows[0].error[1], 0.0);
    EXPECT_NEAR(table.rows[0].error[1], jackknifeError(values), 1e-12);
    EXPECT_NEAR(table.rows[0].error[1], table.rows[1].error[1], 1e-9) << "two classes: one falls as the other rises";
    const OutputChange change = outputChanges(*result)[1];
    EXPECT_NEAR(change.error.topOfA, table.rows[0].error[1], 1e-12);
    EXPECT_NEAR(change.error.margin, 2.0 * table.rows[0].error[1], 1e-9);
    EXPECT_GT(change.error.kl, 0.0);
    EXPECT_TRUE(std::isnan(outputChanges(*result)[0].error.kl));
}

TEST_F(OutputErrors, OneDrawHasNone)
{
    const ComparisonPointer result = run("rff:m=32");
    EXPECT_FALSE(lacksOutputErrors(*result));
    EXPECT_EQ(repeatsOf(*result, 1), nullptr);
    EXPECT_TRUE(std::isnan(outputTable(*result).rows[0].error[1]));
}

TEST_F(OutputErrors, AreTheSameForAnyNumberOfThreadsAndAnotherSeedsAreOthers)
{
    const auto errors = [](const ComparisonPointer& of) { return outputTable(*of).rows[0].error[1]; };
    const double one = errors(run("shots:shots=16,repeats=12", 3, 1));
    EXPECT_EQ(one, errors(run("shots:shots=16,repeats=12", 3, 3)));
    EXPECT_NE(one, errors(run("shots:shots=16,repeats=12", 4, 1)));
}

// The mean SE² is the variance over seeds. Of 60 seeds a variance is known to √(2/59) = 18 %, and the jackknife leans to
// the large side where f is curved; more so where shots follow on shots, see output_errors.h.
TEST_F(OutputErrors, AreTheSpreadOfIndependentRuns)
{
    struct Case {
        const char* spec;
        double most;
    };
    constexpr int kSeeds = 60;
    for (const auto& [spec, most] : {Case{"rff:m=64,repeats=8", 2.0}, Case{"shots:shots=32,repeats=12@layers=5", 2.0},
                                     Case{"shots:shots=64,repeats=10", 4.0}}) {
        double sum = 0.0, squares = 0.0, claimed = 0.0;
        for (int seed = 0; seed < kSeeds; ++seed) {
            const OutputTable table = outputTable(*run(spec, 100U + static_cast<std::uint64_t>(seed)));
            sum += table.rows[0].probability[1];
            squares += table.rows[0].probability[1] * table.rows[0].probability[1];
            claimed += table.rows[0].error[1] * table.rows[0].error[1] / kSeeds;
        }
        const double measured = (squares - sum * sum / kSeeds) / (kSeeds - 1);
        ASSERT_GT(measured, 0.0);
        EXPECT_GT(claimed / measured, 0.5) << spec;
        EXPECT_LT(claimed / measured, most) << spec;
    }
}

TEST_F(OutputErrors, ComeBackFromARunFile)
{
    const test::TemporaryFolder folder;
    const ComparisonPointer written = run("rff:m=32,repeats=4");
    writeRunFile(*written, folder.path() / "run.h5", monitor);
    const ComparisonPointer read = readRunFile(folder.path() / "run.h5", monitor);
    EXPECT_EQ(outputTable(*read).rows[0].error[1], outputTable(*written).rows[0].error[1]);
    EXPECT_EQ(outputChanges(*read)[1].error.kl, outputChanges(*written)[1].error.kl);
    EXPECT_FALSE(lacksOutputErrors(*read));
}

// The passes of what does not fit are left out, and it says so.
TEST_F(OutputErrors, SayWhenThereIsNoMemoryForThem)
{
    const Study study{.modelPath = (test::samples() / "sentiment").string(),
                      .input = {.text = "the film is not great"},
                      .candidates = {{{parseSpec("rff:m=32,repeats=4")}}}};
    const ComparisonPointer plain = runStudy(study, model(), nullptr, 1, monitor);
    EXPECT_TRUE(lacksOutputErrors(*plain));
    setenv("KETSCOPE_MEMORY", "100", 1);
    const ComparisonPointer without = withOutputErrors(plain, model(), 1, monitor);
    unsetenv("KETSCOPE_MEMORY");
    EXPECT_THAT(repeatsOf(*without, 1)->noErrors, HasSubstr("are free"));
    EXPECT_FALSE(lacksOutputErrors(*without)) << "they were looked for";
    EXPECT_TRUE(std::isnan(outputTable(*without).rows[0].error[1]));
}

}  // namespace
}  // namespace ketscope
