// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/study/plan.h"

#include <gmock/gmock.h>

namespace ketscope {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string refusalOf(const auto& action)
{
    try {
        action();
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::Input);
        return error.what();
    }
    ADD_FAILURE() << "was accepted";
    return {};
}

ModelInfo sixByFour()
{
    ModelInfo model;
    model.title = "Six by four";
    model.stacks.push_back({.name = "text", .layers = 6, .heads = 4, .headSize = 32, .width = 128});
    return model;
}

TEST(Spec, AllPartsAreRead)
{
    const PlanEntry entry = parseSpec("rff:m=64,sigma=2@stack=text;layers=4-5;heads=0,3");
    EXPECT_EQ(entry.mechanism->info().id, "rff");
    EXPECT_EQ(entry.parameters.integer("m"), 64);
    EXPECT_EQ(entry.parameters.real("sigma"), 2.0);
    EXPECT_EQ(entry.stack, "text");
    EXPECT_THAT(entry.layers, ElementsAre(4, 5));
    EXPECT_THAT(entry.heads, ElementsAre(0, 3));
}

TEST(Spec, AnIdAloneMeansDefaultsEverywhere)
{
    const PlanEntry entry = parseSpec("shots");
    EXPECT_EQ(entry.parameters, entry.mechanism->defaults());
    EXPECT_TRUE(entry.stack.empty() && entry.layers.empty() && entry.heads.empty());
}

TEST(Spec, WritingAndReadingAgain)
{
    for (const char* spec :
         {"exact", "rff:m=64@layers=4-5", "shots:estimator=naive,shots=1024@stack=text;layers=0,2-5;heads=1",
          "fidelity@heads=0-2", "rff:sigma=0.3"}) {
        const PlanEntry entry = parseSpec(spec);
        EXPECT_EQ(parseSpec(formatSpec(entry)), entry) << spec;
    }
    EXPECT_EQ(formatSpec(parseSpec("rff:m=64@layers=4,5")), "rff:m=64@layers=4-5");
}

TEST(Spec, EveryWrongPartIsNamed)
{
    EXPECT_THAT(refusalOf([] { parseSpec("softmaxx"); }), HasSubstr("softmaxx"));
    EXPECT_THAT(refusalOf([] { parseSpec(""); }), HasSubstr("exact"));
    EXPECT_THAT(refusalOf([] { parseSpec("rff:q=3"); }), HasSubstr("\"q\""));
    EXPECT_THAT(refusalOf([] { parseSpec("rff:m=1e9"); }), HasSubstr("parameter m"));
    EXPECT_THAT(refusalOf([] { parseSpec("rff:m="); }), HasSubstr("name=value"));
    EXPECT_THAT(refusalOf([] { parseSpec("rff:"); }), HasSubstr("name=value"));
    EXPECT_THAT(refusalOf([] { parseSpec("rff@"); }), HasSubstr("name=value"));
    EXPECT_THAT(refusalOf([] { parseSpec("rff@rows=2"); }), HasSubstr("rows"));
    EXPECT_THAT(refusalOf([] { parseSpec("rff@layers=5-4"); }), HasSubstr("low to high"));
    EXPECT_THAT(refusalOf([] { parseSpec("rff@layers=-1"); }), HasSubstr("layers"));
    EXPECT_THAT(refusalOf([] { parseSpec("rff@layers=0-99999999999"); }), HasSubstr("layers"));
    EXPECT_THAT(refusalOf([] { parseSpec("rff:sigma=nan"); }), HasSubstr("parameter sigma"));
    EXPECT_THAT(refusalOf([] { parseSpec("rff:m=64,sigma=2,m=32"); }), HasSubstr("\"m\" twice"));
    EXPECT_THAT(refusalOf([] { parseSpec("rff@layers=1;layers=2"); }), HasSubstr("\"layers\" twice"));
}

TEST(Plan, LaterEntriesWinAndTheRestIsExact)
{
    const Plan plan{{parseSpec("rff@layers=4-5"), parseSpec("shots@layers=5;heads=2")}};
    const HeadPlan heads = resolve(plan, sixByFour(), 7);
    EXPECT_EQ(heads.at(0, 3, 0).mechanism->info().id, "exact");
    EXPECT_FALSE(heads.isPatched(0, 3, 0));
    EXPECT_EQ(heads.at(0, 4, 3).mechanism->info().id, "rff");
    EXPECT_EQ(heads.at(0, 5, 2).mechanism->info().id, "shots");
    EXPECT_EQ(heads.at(0, 5, 1).mechanism->info().id, "rff");
    EXPECT_EQ(heads.firstPatchedLayer(0), 4U);
    EXPECT_TRUE(heads.anyGivesStandardError(0, 5));
    EXPECT_FALSE(heads.anyGivesStandardError(0, 4));
    EXPECT_EQ(resolve({}, sixByFour(), 0).firstPatchedLayer(0), 6U);
}

TEST(Plan, EveryStackIsReachedByItsName)
{
    ModelInfo model = sixByFour();
    model.stacks.push_back({.name = "vision", .layers = 2, .heads = 8});
    const HeadPlan vision = resolve({{parseSpec("rff@stack=vision;layers=1;heads=7")}}, model, 0);
    EXPECT_TRUE(vision.isPatched(1, 1, 7));
    EXPECT_EQ(vision.firstPatchedLayer(0), 6U);
    EXPECT_EQ(vision.firstPatchedLayer(1), 1U);
    // Without a name an entry is for all stacks, each as far as it goes.
    const HeadPlan all = resolve({{parseSpec("rff@layers=1-5;heads=3,6")}}, model, 0);
    EXPECT_TRUE(all.isPatched(0, 5, 3));
    EXPECT_FALSE(all.isPatched(0, 5, 2));
    EXPECT_TRUE(all.isPatched(1, 1, 6));
    EXPECT_FALSE(all.isPatched(1, 0, 6));
    EXPECT_THAT(refusalOf([&] { resolve({{parseSpec("rff@stack=vision;layers=2")}}, model, 0); }), HasSubstr("0 to 1"));
    EXPECT_THAT(refusalOf([&] { resolve({{parseSpec("rff@heads=8")}}, model, 0); }), HasSubstr("0 to 7"));
    EXPECT_THAT(refusalOf([&] { resolve({{parseSpec("rff@stack=cross")}}, model, 0); }), HasSubstr("text, vision"));
}

TEST(Plan, MechanismsForOneSetOfTokensAreRefusedOnCrossAttention)
{
    ModelInfo model = sixByFour();
    model.stacks.push_back({.name = "cross", .layers = 2, .heads = 2, .keys = TokenAxis::Image});
    const auto with = [&](const char* spec) { return [&model, spec] { resolve({{parseSpec(spec)}}, model, 0); }; };
    EXPECT_THAT(refusalOf(with("qisa:aggregate=transposed@stack=cross")), HasSubstr("stack cross"));
    EXPECT_THAT(refusalOf(with("qisa:aggregate=transposed@stack=cross")),
                HasSubstr("found qisa:aggregate=transposed."));
    EXPECT_THAT(refusalOf(with("qisa:aggregate=transposed")), HasSubstr("@stack=text"));
    with("qisa:aggregate=transposed@stack=text")();
    with("qisa@stack=cross")();
}

TEST(Plan, PlacesThatTheModelDoesNotHaveAreRefused)
{
    const auto with = [](const char* spec) { return [spec] { resolve({{parseSpec(spec)}}, sixByFour(), 0); }; };
    EXPECT_THAT(refusalOf(with("rff@layers=6")), HasSubstr("0 to 5"));
    EXPECT_THAT(refusalOf(with("rff@heads=4")), HasSubstr("0 to 3"));
    EXPECT_THAT(refusalOf(with("rff@stack=vision")), HasSubstr("text"));
    EXPECT_THAT(refusalOf(with("rff@stack=cross")), HasSubstr("Six by four has no cross-attention"));
}

}  // namespace
}  // namespace ketscope
