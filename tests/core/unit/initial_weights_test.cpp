// SPDX-License-Identifier: GPL-3.0-or-later
// How far new weights are spread, by the names of their tensors.
#include "core/train/initial_weights.h"
#include "tests/support/tiny_recipes.h"

#include <cmath>
#include <gtest/gtest.h>

namespace ketscope {
namespace {

class InitialWeights : public ::testing::Test {
protected:
    std::shared_ptr<MemoryArchive> drawn(const Json& deviations) const
    {
        Json json = test::lineRecipe(m_folder.path());
        json["model"]["deviations"] = deviations;
        const Recipe recipe = test::recipeOf(m_folder.path(), json);
        return initialWeights(recipe.config, recipe.filesFolder, recipe.deviations, 5);
    }
    static double spread(const MemoryArchive& weights, const std::string& tensor)
    {
        const auto found = weights.tensors().find("distilbert.transformer.layer.0.attention." + tensor);
        double squares = 0.0;
        for (const float value : found->second.values())
            squares += static_cast<double>(value) * static_cast<double>(value);
        return std::sqrt(squares / static_cast<double>(found->second.size()));
    }

    test::TemporaryFolder m_folder;
};

TEST_F(InitialWeights, PartsOfNamesHaveTheirOwnDeviationsAndTheLongestDecides)
{
    const auto usual = drawn(Json::object());
    const auto own = drawn({{"lin", 0.1}, {"q_lin", 0.9}});
    // 256 numbers: their root mean square is within 20 % of the deviation in all but one of 10⁵ draws.
    EXPECT_NEAR(spread(*usual, "q_lin.weight"), 0.3, 0.06);
    EXPECT_NEAR(spread(*own, "q_lin.weight"), 0.9, 0.18);
    EXPECT_NEAR(spread(*own, "v_lin.weight"), 0.1, 0.02);
    EXPECT_EQ(spread(*own, "q_lin.bias"), 0.0);
    // The same numbers on another scale, and nothing else is changed.
    for (const auto& [name, values] : usual->tensors()) {
        const auto has = [&, &tensor = name](const char* part) { return tensor.find(part) != std::string::npos; };
        const float scale = has("q_lin") ? 3.0F : has("lin") ? 1.0F / 3.0F : 1.0F;
        const auto& others = own->tensors().find(name)->second;
        for (std::size_t i = 0; i < values.size(); ++i)
            EXPECT_NEAR(others.data()[i], scale * values.data()[i], 1e-5) << name;
    }
}

TEST_F(InitialWeights, BiasesAndNormsAreDrawnWhenTheyAreNamedToTheEnd)
{
    const auto own = drawn({{"q_lin", 0.9}, {"q_lin.bias", 2.0}, {"sa_layer_norm.weight", 0.5}});
    EXPECT_NEAR(spread(*own, "q_lin.bias"), 2.0, 1.6);  // of 16 numbers: five standard errors
    EXPECT_NEAR(spread(*own, "q_lin.weight"), 0.9, 0.18);
    EXPECT_EQ(spread(*own, "k_lin.bias"), 0.0);
    const std::string layer = "distilbert.transformer.layer.0.";
    EXPECT_NE(own->tensors().find(layer + "sa_layer_norm.weight")->second.data()[0], 1.0F);
    EXPECT_EQ(own->tensors().find(layer + "output_layer_norm.weight")->second.data()[0], 1.0F);
}

TEST_F(InitialWeights, DeviationsThatMeanNothingAreRefused)
{
    try {
        drawn({{"query", 0.1}});
        ADD_FAILURE() << "a name that no tensor has";
    } catch (const Error& error) {
        EXPECT_NE(std::string(error.what()).find("\"query\""), std::string::npos) << error.what();
    }
    Json json = test::lineRecipe(m_folder.path());
    for (const Json& wrong : {Json(0.1), Json({{"q_lin", -0.1}}), Json({{"q_lin", "wide"}})}) {
        json["model"]["deviations"] = wrong;
        EXPECT_NE(test::refusalOf(m_folder.path(), json).find("deviations"), std::string::npos) << wrong;
    }
}

}  // namespace
}  // namespace ketscope
