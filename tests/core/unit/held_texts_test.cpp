// SPDX-License-Identifier: GPL-3.0-or-later
// Texts that a recipe names to be held back.
#include "core/base/error.h"
#include "core/train/initial_weights.h"
#include "core/train/training_data.h"
#include "tests/support/tiny_recipes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <set>

namespace ketscope {
namespace {

using testing::HasSubstr;

class HeldTexts : public testing::Test {
protected:
    Recipe recipeWith(const std::string& numbers) const
    {
        Json json = test::lineRecipe(m_folder.path());  // four lines
        json["data"]["sources"] = {{{"file", "lines.txt"}, {"licence", "own"}, {"use", "hold-out"}}};
        json["data"]["held_for_validation"] = 2;
        json["data"]["held_for_test"] = 1;
        json["data"]["held_texts"] = "held.txt";
        std::ofstream(m_folder.path() / "held.txt") << numbers;
        return test::recipeOf(m_folder.path(), json);
    }
    std::string messageOf(const std::string& numbers) const
    {
        try {
            heldTexts(recipeWith(numbers), {"0", "1"});
        } catch (const Error& error) {
            return error.what();
        }
        return {};
    }

    test::TemporaryFolder m_folder;
};

TEST_F(HeldTexts, AreThoseThatAreNamedInTheirOrder)
{
    const Recipe recipe = recipeWith("# of lines.txt\n4\n\n 2 \n3\n");
    const std::vector<TextSet> sets = heldTexts(recipe, {"0", "1"});
    ASSERT_EQ(sets.size(), 2U);
    EXPECT_EQ(sets[0].name, "validation");
    EXPECT_EQ(sets[0].texts, (std::vector<LabelledText>{{"dull and cold", 0}, {"a dull film", 0}}));
    EXPECT_EQ(sets[1].name, "test");
    EXPECT_EQ(sets[1].texts, (std::vector<LabelledText>{{"fine and warm", 1}}));
}

TEST_F(HeldTexts, AreNeverDrawn)
{
    const Recipe recipe = recipeWith("4\n2\n3\n");
    const ModelFiles files =
        test::newFiles(recipe, initialWeights(recipe.config, recipe.filesFolder, recipe.deviations, 3));
    const auto data = openTrainingData(recipe, architectureOf(files).describe(files));
    std::set<std::vector<std::int32_t>> drawn;
    for (std::size_t i = 0; i < 50; ++i)
        drawn.insert(data->draw(0, i).input.tokenIds);
    EXPECT_EQ(drawn.size(), 1U);  // "a fine film"
    for (const ExampleSet& set : data->sets())
        for (std::size_t i = 0; i < set.count; ++i)
            EXPECT_FALSE(drawn.contains(set.at(i).input.tokenIds)) << set.name << i;
}

TEST_F(HeldTexts, WrongNumbersAreRefused)
{
    EXPECT_EQ(messageOf("4\n2\n3\n"), "");
    EXPECT_THAT(messageOf("4\n2\n"), HasSubstr("2 numbers"));
    EXPECT_THAT(messageOf("4\n2\n2\n"), HasSubstr("\"2\""));
    EXPECT_THAT(messageOf("4\n2\n0\n"), HasSubstr("\"0\""));
    EXPECT_THAT(messageOf("4\n2\nthree\n"), HasSubstr("\"three\""));
    EXPECT_THAT(messageOf("4\n2\n3x\n"), HasSubstr("\"3x\""));
    EXPECT_THAT(messageOf("4\n2\n5\n"), HasSubstr("Number 5"));
}

}  // namespace
}  // namespace ketscope
