// SPDX-License-Identifier: GPL-3.0-or-later
// Whole pictures of maps and heads against stored ones. KETSCOPE_UPDATE_GOLDENS=1 writes them anew; look at them before
// committing.
#include "tests/viz/golden.h"
#include "tests/viz/synthetic.h"
#include "viz/figures/heatmap.h"

#include <gtest/gtest.h>

namespace ketscope::test {
namespace {

struct Golden {
    const char* name;
    std::size_t tokens;
    bool causal, standardErrors, dark, crosshair;
    QSize size;
    const char* figure = "heatmap";
};

std::unique_ptr<Figure> figureOf(const Golden& golden)
{
    const auto comparison = sample(golden.tokens, golden.causal, golden.standardErrors);
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

INSTANTIATE_TEST_SUITE_P(Heatmap, GoldenTest,
                         testing::Values(Golden{"light", 9, false, false, false, true, {700, 330}},
                                         Golden{"dark", 9, false, false, true, true, {700, 330}},
                                         Golden{"causal_errors_dark", 9, true, true, true, false, {700, 330}},
                                         Golden{"errors_light", 9, false, true, false, false, {700, 330}},
                                         Golden{"many_light", 64, false, false, false, true, {760, 330}},
                                         Golden{"narrow_light", 9, false, false, false, false, {330, 700}}),
                         [](const auto& golden) { return std::string(golden.param.name); });
INSTANTIATE_TEST_SUITE_P(
    Heads, GoldenTest,
    testing::Values(Golden{"head_matrix_light", 9, false, false, false, false, {620, 230}, "head-matrix"},
                    Golden{"head_matrix_dark", 9, false, false, true, false, {330, 560}, "head-matrix"},
                    Golden{"token_entropy_light", 9, true, false, false, false, {560, 260}, "token-entropy"},
                    Golden{"distance_profile_dark", 9, false, false, true, false, {560, 260}, "distance-profile"}),
    [](const auto& golden) { return std::string(golden.param.name); });

}  // namespace
}  // namespace ketscope::test
