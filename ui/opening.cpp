// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/opening.h"

#include "core/formats/json_fields.h"
#include "core/study/samples.h"
#include "core/study/scene_list.h"
#include "ui/plan_text.h"

#include <algorithm>

namespace ketscope {

namespace {

PlanEntry lastTwoLayers(PlanEntry entry, const ModelInfo& model)
{
    const Scope scope = scopeOf(ScopeKind::LastTwoLayers, model, {.stack = tellingStack(model)});
    entry.stack = scope.stack;
    entry.layers = scope.layers;
    entry.heads = scope.heads;
    return entry;
}

// What the list beside the picture says of it.
std::optional<std::string> knownCaption(const Input& input)
{
    if (!input.image)
        return std::nullopt;
    try {
        if (const Json scene = sceneOf(input.image->path); !scene.is_null())
            return JsonFields(scene, kSceneList).text("caption");
    } catch (const Error&) {  // there is none that can be read: the picture is shown all the same
    }
    return std::nullopt;
}

}  // namespace

PlanEntry usualEntry(const Mechanism& mechanism, const ModelInfo& model)
{
    return lastTwoLayers({&mechanism, mechanism.defaults(), {}, {}, {}}, model);
}

Study completed(Study study, const std::optional<PlanEntry>& entry, const LoadedModel& model, bool carryInput)
{
    const ModelInfo& info = model.model->info();
    if (study.candidates.empty())
        study.candidates = {{{entry ? lastTwoLayers(*entry, info) : usualEntry(*mechanisms().at(1), info)}}};
    if (!model.tokenizer && !info.image)
        return study;
    const Input fitted = fittedInput(study.input, info);
    if (carryInput || study.input == Input{})
        study.input = fitted;
    else if (info.image && !study.input.image && study.input.pixelValues.empty())
        study.input.image = fitted.image;
    else if (info.image && info.vocabularySize > 0 && !study.input.text && study.input.labels.empty()
             && study.input.tokenIds.empty())
        study.input.text = knownCaption(study.input).value_or(fitted.text.value_or(std::string()));
    return study;
}

}  // namespace ketscope
