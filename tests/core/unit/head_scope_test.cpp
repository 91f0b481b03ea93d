// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/study/head_scope.h"

#include "core/base/error.h"
#include "core/base/tensor.h"
#include "core/measures/distance.h"
#include "core/study/head_statistics.h"
#include "core/study/view_settings.h"

#include <cmath>
#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

namespace ketscope {
namespace {

using testing::ElementsAre;

// Four tokens, the first and the last special; the last query looks at the first key alone.
const Tensor& map()
{
    static const Tensor map = [] {
        Tensor made({4, 4});
        const float values[] = {0.4F, 0.2F, 0.2F, 0.2F, 0.5F, 0.25F, 0.25F, 0.0F,
                                0.0F, 0.3F, 0.6F, 0.1F, 1.0F, 0.0F,  0.0F,  0.0F};
        std::ranges::copy(values, made.data());
        return made;
    }();
    return map;
}

TEST(ScopedMap, LeavesTheMapAsItIsWithoutAChoiceOfKeys)
{
    const StackMask mask;
    const HeadScope scope{{0, 1, 1, 0}, {}, false};
    const ScopedMap scoped(map().matrix(), mask, scope);
    EXPECT_EQ(scoped.map().data, map().matrix().data);
    EXPECT_THAT(scoped.rows(), ElementsAre(0, 1, 1, 0));
}

TEST(ScopedMap, ScalesRowsToTheKeysThatAreLeft)
{
    const StackMask mask;
    const HeadScope scope{{}, {0, 1, 1, 0}, false};
    const ScopedMap scoped(map().matrix(), mask, scope);
    EXPECT_THAT(scoped.rows(), ElementsAre(1, 1, 1, 0)) << "the last query gives these keys nothing";
    EXPECT_THAT(scoped.map().row(0), ElementsAre(0.0F, 0.5F, 0.5F, 0.0F));
    EXPECT_FALSE(scoped.mask().allowed(0, 0, 4, 4));
    EXPECT_TRUE(scoped.mask().allowed(0, 1, 4, 4));
    const HeadStatistics s = statisticsOf(scoped.map(), scoped.mask(), scoped.rows(), true);
    const double third = -(std::log(1.0 / 3.0) + 2.0 * std::log(2.0 / 3.0)) / 3.0;
    EXPECT_NEAR(s.entropy, (2.0 * std::log(2.0) + third) / 3.0, 1e-6);
    EXPECT_NEAR(s.effectiveKeys, (4.0 + std::exp(third)) / 3.0, 1e-6);
    EXPECT_NEAR(s.selfMass, (0.0 + 0.5 + 2.0 / 3.0) / 3.0, 1e-6);
    EXPECT_NEAR(s.meanDistance, (1.5 + 0.5 - 1.0 / 3.0) / 3.0, 1e-6) << "j − i";
    EXPECT_NEAR(statisticsOf(scoped.map(), scoped.mask(), scoped.rows()).meanDistance, (1.5 + 0.5 + 1.0 / 3.0) / 3.0,
                1e-6)
        << "|i − j|";
}

TEST(ScopedMap, PaddingStaysLeftOut)
{
    StackMask mask;
    mask.keys = {1, 1, 0, 1};
    mask.mask.keyAllowed = mask.keys;
    const HeadScope scope{{}, {0, 1, 1, 1}, false};
    const ScopedMap scoped(map().matrix(), mask, scope);
    EXPECT_THAT(scoped.map().row(0), ElementsAre(0.0F, 0.5F, 0.0F, 0.5F));
}

TEST(SignedDistance, ProfileHandCase)
{
    Tensor small({2, 2});
    const float values[] = {0.25F, 0.75F, 0.5F, 0.5F};
    std::ranges::copy(values, small.data());
    EXPECT_THAT(signedDistanceProfile(small.matrix()), ElementsAre(0.25, 0.375, 0.375)) << "δ = −1, 0, 1";
    const std::vector<std::uint8_t> second = {0, 1};
    EXPECT_THAT(signedDistanceProfile(small.matrix(), second), ElementsAre(0.5, 0.5, 0.0));
    EXPECT_THAT(uniformSignedDistanceProfile({.causal = true}, 2, 2), ElementsAre(0.25, 0.75, 0.0));
}

TEST(FigurePage, SurvivesAStudyAndIsNotCarriedToAnother)
{
    ViewSettings view;
    view.alignment.tokenEntropy = true;
    view.page = {{"heatmap", "outputs"}, "first-wide", false, true, false, true, true, 89.0, 600.0, 6.0, "Noto Sans"};
    EXPECT_EQ(viewFromText(toText(view), "here"), view);
    EXPECT_EQ(lastingView(view).page, FigurePage());
    EXPECT_TRUE(lastingView(view).alignment.tokenEntropy);
    const Json page = toJson(view)["page"];
    EXPECT_EQ(page.size(), 11U);
    for (const auto& [name, value] : page.items()) {
        Json wrong = toJson(view);
        wrong["page"][name] = nullptr;
        EXPECT_THROW(viewFromJson(wrong, "here"), Error) << name;
    }
    Json wide = toJson(view);
    wide["page"]["width_mm"] = 1e9;
    EXPECT_THROW(viewFromJson(wide, "here"), Error);
}

TEST(ScopeView, EveryFieldSurvivesAStudyAndIsAStepOfItsOwn)
{
    ViewSettings view;
    view.scope = {ScopeView::Queries::Selected, false, true, true};
    view.parts = {false, false, false, true};
    EXPECT_EQ(viewFromText(toText(view), "here"), view);
    EXPECT_EQ(lastingView(view), view);
    EXPECT_THAT(changedFields(ViewSettings(), view),
                testing::UnorderedElementsAre("scope/queries", "scope/special_keys", "scope/padding",
                                              "scope/signed_distance", "parts/colour_bars", "parts/token_labels",
                                              "parts/metrics", "parts/signs"));
    const Json whole = toJson(view);
    for (const char* part : {"scope", "parts"})
        for (const auto& [name, value] : whole.at(part).items()) {
            Json wrong = whole;
            wrong[part][name] = 3;
            try {
                viewFromJson(wrong, "here");
                ADD_FAILURE() << name << " was accepted";
            } catch (const Error& error) {
                EXPECT_THAT(error.what(), testing::HasSubstr(name));
            }
        }
    EXPECT_EQ(viewFromJson(Json::object(), "here"), ViewSettings()) << "studies of earlier versions";
}

}  // namespace
}  // namespace ketscope
