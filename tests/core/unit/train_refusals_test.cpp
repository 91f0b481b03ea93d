// SPDX-License-Identifier: GPL-3.0-or-later
// What is wrong with a recipe is said before anything is trained, and is in nobody's way afterwards.
#include "core/base/error.h"
#include "core/train/recipe_series.h"
#include "core/train/trainer.h"
#include "tests/support/tiny_recipes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ketscope {
namespace {

using test::recipeOf;
using test::tinyRecipe;
using testing::HasSubstr;

class TrainRefusals : public testing::Test {
protected:
    // The message of the refusal; empty when the recipe trains.
    std::string messageOf(const Json& json, const std::string& out)
    {
        try {
            Monitor monitor;
            train(recipeOf(m_folder.path(), json), m_folder.path() / out, {}, monitor);
        } catch (const Error& error) {
            return error.what();
        }
        return {};
    }

    test::TemporaryFolder m_folder;
};

TEST_F(TrainRefusals, ParametersThatNoMechanismOfThePlanHas)
{
    Json json = tinyRecipe(m_folder.path());
    json["plan"] = {"rff:m=16@layers=0"};
    for (const char* name : {"zeta", "m"}) {  // unknown; a whole number
        json["trained_parameters"] = {name};
        EXPECT_THAT(messageOf(json, name), HasSubstr(std::string("\"") + name + '"'));
    }
    json["trained_parameters"] = {"sigma"};
    EXPECT_EQ(messageOf(json, "sigma"), "");
    json.erase("plan");
    EXPECT_THAT(messageOf(json, "no plan"), HasSubstr("\"sigma\""));
}

TEST_F(TrainRefusals, DropoutOfCrossAttentionThatThereIsNot)
{
    Json json = tinyRecipe(m_folder.path());
    json["dropout"]["cross_attention"] = 0.0;
    EXPECT_EQ(messageOf(json, "none"), "");
    json["dropout"]["cross_attention"] = 0.2;
    EXPECT_THAT(messageOf(json, "some"), HasSubstr("\"cross_attention\""));
    EXPECT_THAT(messageOf(test::lineRecipe(m_folder.path()), "lines"), "");
}

TEST_F(TrainRefusals, LanguageModellingOnATextForATest)
{
    Json json = tinyRecipe(m_folder.path());
    for (const char* use : {"test", "hold-out"}) {
        json["data"]["sources"][0]["use"] = use;
        EXPECT_THAT(messageOf(json, use), HasSubstr(use));
    }
}

TEST_F(TrainRefusals, ARefusedRecipeLeavesItsFolderFree)
{
    Json json = tinyRecipe(m_folder.path());
    json["length"] = 64;
    EXPECT_THAT(messageOf(json, "run"), HasSubstr("\"length\""));
    json["length"] = 16;
    EXPECT_EQ(messageOf(json, "run"), "");
    json["length"] = 8;
    EXPECT_THAT(messageOf(json, "run"), HasSubstr("another recipe"));
}

TEST_F(TrainRefusals, AShortTryEndsBeforeTheScheduleBeginsAnew)
{
    Json json = tinyRecipe(m_folder.path());
    json["optimizer"]["restarts"] = {4, 8};
    RecipeChanges changes;
    changes.steps = 5;
    changes.apply(json);
    EXPECT_EQ(json["optimizer"]["restarts"], Json({4}));
    EXPECT_EQ(messageOf(json, "short"), "");
}

}  // namespace
}  // namespace ketscope
