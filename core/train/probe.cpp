// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/probe.h"

#include "core/formats/json_fields.h"
#include "core/study/samples.h"
#include "core/study/token_axis.h"
#include "core/train/recipe_series.h"

#include <algorithm>

namespace ketscope {

EncodedInput namedExample(const Example& example, const ModelInfo& model, const Tokenizer& tokenizer)
{
    EncodedInput input;
    input.model = example.input;
    for (std::size_t i = 0; i < example.input.tokenIds.size(); ++i) {
        Token token = tokenizer.token(example.input.tokenIds[i]);
        token.padding = i < example.input.attentionMask.size() && example.input.attentionMask[i] == 0;
        input.tokens.push_back(std::move(token));
    }
    if (model.image && example.input.image.pixels) {
        const PatchGrid grid = patchGrid(*model.image, example.input.image);
        input.imageTokens = imageTokens(axisLength(model, example.input, example.input.image, TokenAxis::Image),
                                        grid.rows, grid.columns);
    }
    return input;
}

ComparisonPointer lookAt(const Model& model, const EncodedInput& input, const std::string& title, Monitor& monitor)
{
    auto looked = std::make_shared<Comparison>();
    looked->study.modelPath = model.info().path.string();
    looked->study.input.tokenIds = input.model.tokenIds;
    looked->model = model.info();
    looked->input = input;
    looked->recordedTitles = {{title, ""}};
    const auto plan = std::make_shared<const HeadPlan>(resolve({}, model.info(), 0));
    ForwardRequest request;
    request.input = &input.model;
    request.plan = plan.get();
    request.standardErrors = false;
    looked->traces = {std::make_shared<const Trace>(model.forward(request, monitor))};
    looked->plans = {plan};
    return looked;
}

std::vector<RecipeChoice> recipesIn(const std::filesystem::path& file)
{
    const Json json = readJsonFile(file);
    const JsonFields fields(json, file.string());
    const std::string title = fields.text("title");
    if (!isSeries(json))
        return {{file, "", title}};
    std::vector<RecipeChoice> variants;
    for (const Json& each : fields.at("variants")) {
        const JsonFields variant(each, file.string() + ", \"variants\"");
        variants.push_back({file, variant.text("id"), title + ": " + variant.text("title")});
    }
    return variants;
}

std::vector<RecipeChoice> bundledRecipes()
{
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(samplesFolder() / "recipes"))
        if (entry.path().extension() == ".json")
            files.push_back(entry.path());
    std::ranges::sort(files);
    std::vector<RecipeChoice> recipes;
    for (const auto& file : files)
        std::ranges::move(recipesIn(file), std::back_inserter(recipes));
    return recipes;
}

}  // namespace ketscope
