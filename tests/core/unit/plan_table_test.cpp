// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/study/plan_table.h"

#include <gtest/gtest.h>

namespace ketscope {
namespace {

ModelInfo twoStacks()
{
    ModelInfo model;
    model.title = "Two stacks";
    model.stacks.push_back({.name = "text", .layers = 3, .heads = 4, .headSize = 8, .width = 32});
    model.stacks.push_back({.name = "vision", .layers = 2, .heads = 2, .headSize = 8, .width = 16});
    return model;
}

ModelInfo oneStack()
{
    ModelInfo model = twoStacks();
    model.stacks.pop_back();
    return model;
}

// Which mechanism every head has, as resolve() says.
std::string mechanismsOf(const Plan& plan, const ModelInfo& model)
{
    const HeadPlan resolved = resolve(plan, model, 1);
    std::string text;
    for (std::size_t stack = 0; stack < model.stacks.size(); ++stack)
        for (std::size_t layer = 0; layer < model.stacks[stack].layers; ++layer)
            for (std::size_t head = 0; head < model.stacks[stack].heads; ++head) {
                const HeadAssignment& at = resolved.at(stack, layer, head);
                text += resolved.isPatched(stack, layer, head) ? at.mechanism->info().id : "-";
                for (const Parameter& parameter : at.parameters.definitions())
                    text += at.parameters.text(parameter.id) + ",";
                text += " ";
            }
    return text;
}

TEST(PlanTable, SaysTheSameAsThePlanItWasMadeOf)
{
    for (const char* text :
         {"rff", "rff@layers=1-2", "rff@stack=text;layers=0;heads=1,3", "rff zero@layers=1;heads=0 rff:m=64@heads=1",
          "top-k@stack=vision uniform@stack=text;heads=2", ""}) {
        const Plan plan = parsePlan(text);
        const Plan again = PlanTable(plan, twoStacks()).plan();
        EXPECT_EQ(mechanismsOf(again, twoStacks()), mechanismsOf(plan, twoStacks())) << text;
    }
}

TEST(PlanTable, WritesTheFewestEntries)
{
    const auto written = [](const char* text, const ModelInfo& model) {
        return formatPlan(PlanTable(parsePlan(text), model).plan());
    };
    EXPECT_EQ(written("rff@stack=text rff@stack=vision", twoStacks()), "rff");
    EXPECT_EQ(written("rff", oneStack()), "rff");
    EXPECT_EQ(written("rff@layers=0 rff@layers=2", oneStack()), "rff@layers=0,2");
    EXPECT_EQ(written("rff@heads=0 rff@heads=1-3", oneStack()), "rff");
    EXPECT_EQ(written("rff zero@layers=1;heads=2", oneStack()),
              "rff@layers=0,2 rff@layers=1;heads=0-1,3 zero@layers=1;heads=2");
    EXPECT_EQ(written("zero@layers=1 rff", oneStack()), "rff") << "later entries win";
}

TEST(PlanTable, HeadsAreSetAndChoicesTakenOut)
{
    const ModelInfo model = oneStack();
    PlanTable table(parsePlan("rff@layers=0 zero@layers=1;heads=3"), model);
    ASSERT_EQ(table.choices().size(), 2U);
    EXPECT_EQ(table.at(0, 1, 3), 1U);
    EXPECT_FALSE(table.at(0, 2, 0).has_value());
    table.set(0, 2, 0, 0);
    table.set(0, 0, 1, std::nullopt);
    EXPECT_EQ(table.headsUsing(0), 4U);
    EXPECT_EQ(formatPlan(table.plan()), "rff@layers=0;heads=0,2-3 rff@layers=2;heads=0 zero@layers=1;heads=3");
    table.removeChoice(0);
    EXPECT_EQ(table.at(0, 1, 3), 0U);
    EXPECT_EQ(formatPlan(table.plan()), "zero@layers=1;heads=3");
    EXPECT_EQ(table.choiceFor({&mechanism("zero"), mechanism("zero").defaults()}), 0U);
}

TEST(PlanTable, TheLastEntryThatNamesAHeadDecides)
{
    const Plan plan = parsePlan("rff@layers=1 zero@heads=2 uniform@stack=vision");
    const ModelInfo model = twoStacks();
    EXPECT_EQ(decidingEntry(plan, model, 0, 1, 0), 0U);
    EXPECT_EQ(decidingEntry(plan, model, 0, 1, 2), 1U);
    EXPECT_EQ(decidingEntry(plan, model, 1, 1, 1), 2U);
    EXPECT_FALSE(decidingEntry(plan, model, 0, 0, 0).has_value());
}

TEST(PlanTable, RefusesWhatTheModelHasNot)
{
    EXPECT_THROW(PlanTable(parsePlan("rff@layers=3"), oneStack()), Error);
    EXPECT_THROW(parsePlan("rff nothing@layers=1"), Error);
}

}  // namespace
}  // namespace ketscope
