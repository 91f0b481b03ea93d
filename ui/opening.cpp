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

PlanEntry usualEntry()
{
    PlanEntry entry;
    entry.mechanism = mechanisms()[mechanisms().size() > 1 ? 1 : 0];
    entry.parameters = entry.mechanism->defaults();
    return entry;
}

}  // namespace

Study completed(Study study, const std::optional<PlanEntry>& entry, const LoadedModel& model, bool carryInput)
{
    const ModelInfo& info = model.model->info();
    if (study.candidates.empty())
        study.candidates = {{{lastTwoLayers(entry.value_or(usualEntry()), info)}}};
    if (!model.tokenizer && !info.image)
        return study;
    const Input fitted = fittedInput(study.input, info);
    if (carryInput || study.input == Input{})
        study.input = fitted;
    else if (info.image && !study.input.image && study.input.pixelValues.empty())
        study.input.image = fitted.image;
    return study;
}

}  // namespace ketscope
