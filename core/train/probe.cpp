// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/probe.h"

#include "core/formats/json_fields.h"
#include "core/study/samples.h"
#include "core/study/token_axis.h"

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

std::vector<RecipeFile> bundledRecipes()
{
    std::vector<RecipeFile> recipes;
    for (const auto& entry : std::filesystem::directory_iterator(samplesFolder() / "recipes"))
        if (entry.path().extension() == ".json")
            recipes.push_back(
                {entry.path(), JsonFields(readJsonFile(entry.path()), entry.path().string()).text("title")});
    std::ranges::sort(recipes, {}, &RecipeFile::file);
    return recipes;
}

}  // namespace ketscope
