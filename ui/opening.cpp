// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/opening.h"

#include "core/study/samples.h"
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
        study.input.text = fitted.text;  // a picture alone says nothing to such a model
    return study;
}

}  // namespace ketscope
