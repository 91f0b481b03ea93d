// SPDX-License-Identifier: GPL-3.0-or-later
// `shots` as a mechanism, without noise: estimators, repeats, control variates, diagnostics.
#include "core/attention/shot_estimators.h"
#include "tests/support/random_head.h"
#include "tests/support/statistics.h"

#include <cmath>
#include <gmock/gmock.h>
#include <numeric>

namespace ketscope {
namespace {

using namespace test;
using Changes = std::vector<std::pair<std::string, std::string>>;

const Mechanism& shots() { return mechanism("shots"); }

HeadResult exactOf(const HeadInput& input) { return runHead(mechanism("exact"), input, mechanism("exact").defaults()); }

Tensor diagnosticsOf(const HeadInput& input, const Parameters& parameters)
{
    HeadResult result(input);
    HeadOutput output = result.view();
    Tensor rows({shots().rowDiagnostics(parameters).size(), input.queries.rows});
    output.diagnostics = rows.matrix();
    attendHead(shots(), input, parameters, output, Monitor());
    return rows;
}

// Over many seeds: the mean is the softmax row, the variance the square of the standard error that one run reports. The
// variance is not looked at where the error is that of a β found anew each time.
void expectUnbiased(const Changes& changes, bool variance = true)
{
    constexpr int kSeeds = 3000;
    RandomHead head(3, 12, 5, 4);
    head.input.mask.causal = true;
    const Parameters parameters = with(shots(), changes);
    const HeadResult exact = exactOf(head.input);
    const HeadResult once = runHead(shots(), head.input, parameters);
    std::vector<Samples> spread(36);
    for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
        head.input.random.seed = seed;
        const HeadResult result = runHead(shots(), head.input, parameters);
        for (std::size_t cell = 0; cell < spread.size(); ++cell)
            spread[cell].add(result.weights.data()[cell]);
    }
    for (std::size_t cell = 0; cell < spread.size(); ++cell) {
        SCOPED_TRACE(changes.front().second + " " + std::to_string(cell));
        const double p = exact.weights.data()[cell];
        EXPECT_LT(std::abs(spread[cell].mean() - p), 4.0 * spread[cell].errorOfMean() + 1e-6);
        const double error = once.standardError.data()[cell];
        if (variance) {
            EXPECT_LT(std::abs(spread[cell].variance() - error * error), 4.0 * spread[cell].errorOfVariance() + 1e-9);
        }
    }
}

TEST(Shots, EveryEstimatorIsUnbiasedWithTheStandardErrorThatItReports)
{
    for (const char* estimator : {"naive", "stratified", "mass-strata", "systematic", "hybrid"})
        expectUnbiased({{"estimator", estimator}, {"shots", "20"}});
    expectUnbiased({{"estimator", "mass-strata"}, {"shots", "20"}, {"allocation", "neyman"}});
    expectUnbiased({{"estimator", "adaptive"}, {"epsilon", "0.2"}});
    expectUnbiased({{"estimator", "stratified"}, {"shots", "5"}, {"order", "logit"}});
    expectUnbiased({{"estimator", "systematic"}, {"shots", "5"}, {"order", "value"}});
}

TEST(Shots, ControlVariatesAreUnbiasedToo)
{
    for (const char* beta : {"pilot", "cross-fit"}) {
        expectUnbiased({{"shots", "24"}, {"control", "top-k"}, {"control-keys", "4"}, {"beta", beta}}, false);
        expectUnbiased({{"shots", "24"}, {"control", "favor"}, {"control-features", "64"}, {"beta", beta}}, false);
        expectUnbiased({{"shots", "24"}, {"control", "nystrom"}, {"control-landmarks", "4"}, {"beta", beta}}, false);
        expectUnbiased({{"shots", "6"}, {"estimator", "systematic"}, {"control", "top-k"}, {"beta", beta}}, false);
    }
}

// Of the output, summed over 60 seeds.
double squaredError(RandomHead& head, const Changes& changes)
{
    const HeadResult exact = exactOf(head.input);
    double sum = 0.0;
    for (std::uint64_t seed = 0; seed < 60; ++seed) {
        head.input.random.seed = seed;
        const HeadResult result = runHead(shots(), head.input, with(shots(), changes));
        for (std::size_t i = 0; i < exact.output.size(); ++i)
            sum += std::pow(static_cast<double>(result.output.data()[i]) - exact.output.data()[i], 2);
    }
    return sum;
}

// A good control takes off most of the output's error; one of few features has little to take off, and does no harm.
TEST(Shots, ControlVariatesLowerTheError)
{
    RandomHead head(24, 24, 8, 8);
    head.input.scale = 0.1F;  // logits that features estimate well
    const auto error = [&](const Changes& changes) { return squaredError(head, changes); };
    const double plain = error({{"shots", "512"}});
    EXPECT_LT(error({{"shots", "512"}, {"control", "favor"}, {"control-features", "1024"}}), 0.2 * plain);
    EXPECT_LT(error({{"shots", "512"}, {"control", "top-k"}, {"control-keys", "20"}}), 0.8 * plain);
    EXPECT_LT(error({{"shots", "512"}, {"control", "nystrom"}, {"control-landmarks", "24"}}), 0.5 * plain);
    EXPECT_LT(error({{"shots", "512"}, {"control", "nystrom"}, {"control-landmarks", "2"}}), 1.05 * plain);
    EXPECT_LT(error({{"shots", "512"}, {"control", "favor"}, {"control-features", "16"}}), 1.05 * plain);
}

// Few shots, and logits as large as trained heads have them, of which features and landmarks know little: no control may
// do harm.
TEST(Shots, ControlVariatesDoNoHarmWithFewShots)
{
    for (const float scale : {1.0F, 2.0F, 4.0F}) {
        RandomHead head(24, 24, 8, 8);
        head.input.scale = scale;
        for (const char* count : {"16", "64"}) {
            const double plain = squaredError(head, {{"shots", count}});
            for (const char* control : {"favor", "nystrom", "top-k"})
                EXPECT_LT(squaredError(head, {{"shots", count}, {"control", control}}), 1.1 * plain)
                    << control << " " << count << " " << scale;
        }
    }
}

// The standard error measured over repeats is that of their mean.
TEST(Shots, RepeatsMeasureTheirStandardError)
{
    RandomHead head(1, 8, 5, 4);
    const Parameters parameters = with(shots(), {{"shots", "16"}, {"repeats", "8"}});
    const HeadResult exact = exactOf(head.input);
    std::vector<Samples> squares(8);
    for (std::uint64_t seed = 0; seed < 2000; ++seed) {
        head.input.random.seed = seed;
        const HeadResult result = runHead(shots(), head.input, parameters);
        for (std::size_t j = 0; j < 8; ++j)
            squares[j].add(std::pow(result.standardError.data()[j], 2));
    }
    for (std::size_t j = 0; j < 8; ++j) {
        const double p = exact.weight(0, j);
        EXPECT_LT(std::abs(squares[j].mean() - p * (1.0 - p) / 128.0), 4.0 * squares[j].errorOfMean());
    }
}

TEST(Shots, ExactIsTheSoftmax)
{
    RandomHead head(6, 12, 5, 4);
    head.input.mask.causal = true;
    const HeadResult exact = exactOf(head.input);
    for (const Changes& changes : {Changes{{"estimator", "exact"}}, Changes{{"estimator", "hybrid"}, {"ratio", "1"}}}) {
        const HeadResult result = runHead(shots(), head.input, with(shots(), changes));
        for (std::size_t cell = 0; cell < 72; ++cell)
            EXPECT_NEAR(result.weights.data()[cell], exact.weights.data()[cell], 1e-6);
        EXPECT_FALSE(shots().properties(with(shots(), changes)).sampled);
    }
}

// Plug-in entropy is low by (K − 1)/2S; the corrected one is not, to second order.
TEST(Shots, EntropyIsCorrectedForItsBias)
{
    RandomHead head(1, 10, 5, 4);
    const Parameters parameters = with(shots(), {{"shots", "200"}});
    const HeadResult exact = exactOf(head.input);
    const std::vector<double> p(exact.weights.values().begin(), exact.weights.values().end());
    Samples plugIn;
    Samples corrected;
    for (std::uint64_t seed = 0; seed < 4000; ++seed) {
        head.input.random.seed = seed;
        const Tensor rows = diagnosticsOf(head.input, parameters);
        plugIn.add(rows.data()[0]);
        corrected.add(rows.data()[1]);
        EXPECT_EQ(rows.data()[2], 200.0F);
    }
    EXPECT_NEAR(plugIn.mean(), entropyOf(p) - 9.0 / 400.0, 0.1 * 9.0 / 400.0 + 4.0 * plugIn.errorOfMean());
    EXPECT_LT(plugIn.mean(), entropyOf(p) - 4.0 * plugIn.errorOfMean());
    EXPECT_NEAR(corrected.mean(), entropyOf(p), 0.1 * 9.0 / 400.0 + 4.0 * corrected.errorOfMean());
}

// Brought back from signed or missing weights, small weights have large errors: the correction stays an entropy.
TEST(Shots, EntropiesAreWithinThoseOfTheAllowedKeys)
{
    RandomHead head(24, 24, 8, 8);
    head.input.mask.causal = true;
    for (const Changes& changes : {Changes{{"register", "on"}, {"readout", "on"}, {"mitigation", "readout"}},
                                   Changes{{"register", "on"}, {"mitigation", "cancellation"}},
                                   Changes{{"register", "on"}, {"noise", "depolarizing"}, {"padding", "show-leak"}},
                                   Changes{{"estimator", "stratified-published"}, {"shots", "4"}},
                                   Changes{{"shots", "16"}, {"control", "favor"}}}) {
        const Tensor rows = diagnosticsOf(head.input, with(shots(), changes));
        for (std::size_t query = 0; query < 24; ++query) {
            const double most = std::log(static_cast<double>(query + 1)) + 1e-6;
            EXPECT_LE(rows.matrix()(0, query), most) << changes.front().first << " " << query;
            EXPECT_LE(rows.matrix()(1, query), most) << changes.front().first << " " << query;
            EXPECT_LE(rows.matrix()(0, query), rows.matrix()(1, query) + 1e-6F);
        }
    }
}

// Inverting a readout that makes no errors costs nothing; drawing from quasi-probabilities costs γ² and more.
TEST(Shots, MitigationTellsItsCostInVariance)
{
    RandomHead head(1, 8, 8, 8);
    const auto cost = [&](Changes changes) {
        changes.insert(changes.end(), {{"register", "on"}, {"shots", "65536"}});
        const Tensor rows = diagnosticsOf(head.input, with(shots(), changes));
        return static_cast<double>(rows.matrix()(4, 0));
    };
    EXPECT_NEAR(cost({{"mitigation", "readout"}}), 1.0, 0.05);
    const double weak = cost({{"noise", "depolarizing"}, {"lambda", "0.05"}, {"mitigation", "cancellation"}});
    const double strong = cost({{"noise", "depolarizing"}, {"lambda", "0.2"}, {"mitigation", "cancellation"}});
    EXPECT_GT(weak, 1.05);
    EXPECT_GT(strong, 1.5 * weak);
}

TEST(Shots, DiagnosticsAreThoseThatThereAre)
{
    const auto ids = [](const Changes& changes) {
        std::vector<std::string> result;
        for (const DiagnosticInfo& info : shots().rowDiagnostics(with(shots(), changes)))
            result.push_back(info.id);
        return result;
    };
    using testing::ElementsAre;
    EXPECT_THAT(ids({}), ElementsAre("entropy_plug_in", "entropy_corrected", "shots_used"));
    EXPECT_THAT(ids({{"control", "top-k"}}), ElementsAre("entropy_plug_in", "entropy_corrected", "shots_used", "beta"));
    EXPECT_THAT(ids({{"register", "on"}, {"mitigation", "cancellation"}}),
                ElementsAre("entropy_plug_in", "entropy_corrected", "shots_used", "leaked_mass", "variance_cost"));
    EXPECT_THAT(ids({{"estimator", "exact"}}), ElementsAre());
    EXPECT_THAT(ids({{"estimator", "exact"}, {"register", "on"}}), ElementsAre("leaked_mass"));
}

// Every unbiased default is causal; the published adaptive count is not, and says so.
TEST(Shots, PublishedVariantsSayWhatIsWrongWithThem)
{
    for (const ShotEstimator& estimator : shotEstimators()) {
        const Parameters parameters = with(shots(), {{"estimator", estimator.id}});
        EXPECT_EQ(publishedFaults(parameters).empty(), estimator.unbiased) << estimator.id;
        EXPECT_EQ(shots().properties(parameters).gradient == GradientKind::None, !estimator.unbiased);
    }
    EXPECT_FALSE(shots().properties(with(shots(), {{"estimator", "adaptive-published"}})).causalSafe);
    EXPECT_THAT(publishedFaults(with(shots(), {{"control", "blend-thirty"}})).front(), testing::HasSubstr("0.7"));
}

// E‖Ĥ − H‖² = (Σ pⱼ‖vⱼ‖² − ‖Σ pⱼvⱼ‖²)/S.
TEST(Shots, OutputErrorIsTheClosedForm)
{
    RandomHead head(1, 9, 5, 4);
    const Parameters parameters = with(shots(), {{"shots", "20"}});
    const HeadResult exact = runHead(mechanism("exact"), head.input, mechanism("exact").defaults());
    double expected = 0.0;
    for (std::size_t j = 0; j < 9; ++j)
        for (const float v : head.values.matrix().row(j))
            expected += static_cast<double>(exact.weight(0, j)) * v * v / 20.0;
    for (const float h : exact.output.values())
        expected -= static_cast<double>(h) * h / 20.0;
    Samples errors;
    for (std::uint64_t seed = 0; seed < 8000; ++seed) {
        head.input.random.seed = seed;
        const HeadResult result = runHead(shots(), head.input, parameters);
        double square = 0.0;
        for (std::size_t c = 0; c < 4; ++c)
            square += std::pow(static_cast<double>(result.output.data()[c]) - exact.output.data()[c], 2);
        errors.add(square);
    }
    EXPECT_LT(std::abs(errors.mean() - expected), 4.0 * errors.errorOfMean());
}

TEST(Shots, ManyShotsComeToTheSoftmax)
{
    RandomHead head(6, 12, 5, 4);
    const HeadResult exact = runHead(mechanism("exact"), head.input, mechanism("exact").defaults());
    for (const std::string estimator : {"naive", "stratified", "mass-strata", "systematic", "hybrid", "exact"}) {
        const Parameters parameters = with(shots(), {{"estimator", estimator}, {"shots", "1048576"}});
        const HeadResult result = runHead(shots(), head.input, parameters);
        for (std::size_t cell = 0; cell < 72; ++cell) {
            const bool quantiles = estimator == "stratified" || estimator == "systematic";
            const double bound = quantiles ? 2.0 / 1048576.0 : 5.0 * result.standardError.data()[cell];
            EXPECT_NEAR(result.weights.data()[cell], exact.weights.data()[cell], bound + 1e-6) << estimator;
        }
    }
}

}  // namespace
}  // namespace ketscope
