// SPDX-License-Identifier: GPL-3.0-or-later
// Whole pictures of maps and heads against stored ones. KETSCOPE_UPDATE_GOLDENS=1 writes them anew; look at them before
// committing.
#include "tests/support/aligned.h"
#include "tests/viz/golden.h"
#include "tests/viz/synthetic.h"
#include "viz/figures/heatmap.h"

#include <gtest/gtest.h>

namespace ketscope::test {
namespace {

struct Golden {
    const char* name;
    std::size_t tokens;
    bool causal = false, standardErrors = false, dark = false, crosshair = false;
    QSize size;
    const char* figure = "heatmap";
    void (*change)(HeatmapView&) = nullptr;
    const char* pairs = "rff";  // the mechanism that figures of a pair show
    std::size_t traces = 2;     // more of them are shown without Δ
};

// Of words and patches where the figure is of them.
ComparisonPointer comparisonOf(const Golden& golden)
{
    if (golden.traces > 2)
        return sampleOfTraces(golden.tokens, golden.traces);
    const ComparisonPointer words = sample(golden.tokens, golden.causal, golden.standardErrors, golden.pairs);
    if (obstacleOf(figureType(QString::fromLatin1(golden.figure)), *words).isEmpty())
        return words;
    Aligned aligned;
    if (golden.crosshair)
        aligned.comparison.study.view.alignment.region = {1, 3, 2, 2};
    return aligned.make();
}

std::unique_ptr<Figure> figureOf(const Golden& golden)
{
    const auto comparison = std::make_shared<Comparison>(*comparisonOf(golden));
    if (golden.change != nullptr)
        golden.change(comparison->study.view.heatmap);
    if (std::string_view(golden.figure) != "heatmap")
        return figureType(QString::fromLatin1(golden.figure)).make(comparison);
    HeatmapOptions options;
    options.crosshair = golden.crosshair;
    return std::make_unique<Heatmap>(comparison, options);
}

class GoldenTest : public testing::TestWithParam<Golden> {};

TEST_P(GoldenTest, LooksAsStored)
{
    const Golden& golden = GetParam();
    compareWithGolden(golden.name, *figureOf(golden), golden.dark, golden.size);
}

INSTANTIATE_TEST_SUITE_P(
    Heatmap, GoldenTest,
    testing::Values(Golden{"light", 9, false, false, false, true, {700, 330}},
                    Golden{"dark", 9, false, false, true, true, {700, 330}},
                    Golden{"causal_errors_dark", 9, true, true, true, false, {700, 330}},
                    Golden{"errors_light", 9, false, true, false, false, {700, 330}},
                    Golden{"many_light", 64, false, false, false, true, {760, 330}},
                    Golden{"narrow_light", 9, false, false, false, false, {330, 700}},
                    Golden{
                        .name = "four_traces_light", .tokens = 9, .crosshair = true, .size = {700, 560}, .traces = 4},
                    Golden{.name = "four_traces_dark", .tokens = 9, .dark = true, .size = {700, 560}, .traces = 4}),
    [](const auto& golden) { return std::string(golden.param.name); });
void zoom(HeatmapView& view) { view.window = {8, 10, 3, 10}; }

void keepTopThree(HeatmapView& view)
{
    view.filter.kind = MapFilter::Kind::Largest;
    view.filter.largest = 3;
}

void lookAtKeys(HeatmapView& view) { view.direction = AttentionDirection::ToKey; }

INSTANTIATE_TEST_SUITE_P(
    HeatmapView, GoldenTest,
    testing::Values(Golden{"zoomed_light", 40, false, false, false, true, {760, 360}, "heatmap", &zoom},
                    Golden{"filtered_dark", 9, true, true, true, true, {700, 340}, "heatmap", &keepTopThree},
                    Golden{"standard_error_light", 12, true, true, false, false, {420, 420}, "standard-error"},
                    Golden{"standard_error_dark", 12, true, true, true, false, {260, 260}, "standard-error"},
                    Golden{"bipartite_light", 12, false, false, false, false, {620, 300}, "bipartite"},
                    Golden{"bipartite_dark", 12, true, false, true, false, {620, 300}, "bipartite", &lookAtKeys}),
    [](const auto& golden) { return std::string(golden.param.name); });
INSTANTIATE_TEST_SUITE_P(
    Heads, GoldenTest,
    testing::Values(Golden{"head_matrix_light", 9, false, false, false, false, {620, 230}, "head-matrix"},
                    Golden{"head_matrix_dark", 9, false, false, true, false, {330, 560}, "head-matrix"},
                    Golden{"token_entropy_light", 9, true, false, false, false, {560, 260}, "token-entropy"},
                    Golden{"distance_profile_dark", 9, false, false, true, false, {560, 260}, "distance-profile"}),
    [](const auto& golden) { return std::string(golden.param.name); });

INSTANTIATE_TEST_SUITE_P(
    Alignment, GoldenTest,
    testing::Values(Golden{"alignment_light", 8, false, false, false, true, {900, 400}, "alignment"},
                    Golden{"alignment_dark", 8, false, false, true, false, {520, 640}, "alignment"},
                    Golden{"alignment_tokens_light", 8, false, false, false, false, {720, 230}, "alignment-tokens"},
                    Golden{"alignment_tokens_dark", 8, false, false, true, false, {400, 420}, "alignment-tokens"},
                    Golden{"patch_tokens_light", 8, false, false, false, false, {290, 330}, "patch-tokens"},
                    Golden{"patch_tokens_dark", 8, false, false, true, true, {290, 330}, "patch-tokens"},
                    Golden{"assignment_light", 8, false, false, false, false, {900, 300}, "assignment"},
                    Golden{"assignment_dark", 8, false, false, true, false, {520, 560}, "assignment"}),
    [](const auto& golden) { return std::string(golden.param.name); });
constexpr const char* kNoisy = "fidelity:test=inversion,shots=512,noise=depolarizing,lambda=0.1";
INSTANTIATE_TEST_SUITE_P(
    Pairs, GoldenTest,
    testing::Values(
        Golden{"pair_amplitudes_light", 9, false, false, false, false, {760, 250}, "pair-amplitudes", nullptr, kNoisy},
        Golden{
            "pair_amplitudes_many_dark", 9, false, false, true, false, {420, 500}, "pair-amplitudes", nullptr, "pqc"},
        Golden{"pair_circuit_light", 9, false, false, false, false, {900, 400}, "pair-circuit", nullptr, kNoisy},
        Golden{"pair_circuit_dark", 9, false, false, true, false, {520, 760}, "pair-circuit", nullptr, "pqc"},
        Golden{"pair_bloch_dark", 9, false, false, true, false, {480, 230}, "pair-bloch", nullptr, kNoisy},
        Golden{"pair_density_light", 9, false, false, false, false, {330, 340}, "pair-density", nullptr, kNoisy},
        Golden{"pair_outcomes_light", 9, false, false, false, false, {480, 280}, "pair-outcomes", nullptr, kNoisy},
        Golden{"pair_outcomes_keys_dark",
               9,
               false,
               false,
               true,
               false,
               {480, 280},
               "pair-outcomes",
               nullptr,
               "shots:shots=64"},
        Golden{"pair_features_light", 9, false, false, false, false, {620, 640}, "pair-features", nullptr, "rff"},
        Golden{"mps_bonds_dark", 9, false, false, true, false, {560, 280}, "mps-bonds", nullptr, "mps:bond=2"}),
    [](const auto& golden) { return std::string(golden.param.name); });

}  // namespace
}  // namespace ketscope::test
