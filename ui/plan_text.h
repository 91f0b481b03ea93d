// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/study/plan.h"
#include "core/study/study.h"

#include <QString>

#include <vector>

namespace ketscope {

// The usual places for a mechanism.
enum class ScopeKind { LastTwoLayers, AllLayers, ThisLayer, ThisHead, AllStacks };

// Of the selected stack, which is named only where a model has several.
struct Scope {
    std::vector<std::size_t> layers;  // empty = all
    std::vector<std::size_t> heads;   // empty = all
    std::string stack = {};           // empty = all, or the only one

    bool operator==(const Scope&) const = default;
};

Scope scopeOf(ScopeKind kind, const ModelInfo& model, const Selection& selection);
QString scopeTitle(ScopeKind kind, const Selection& selection);  // "Last two layers", "This head (L5 H3)"

// Where a mechanism is put in a model just opened: cross-attention or the joint stream, where text and image meet; else
// the first stack.
std::size_t tellingStack(const ModelInfo& model);

// "L4–L5", "L4, L7", "all"; `prefix` is "L" for layers and empty for heads.
QString indexText(const std::vector<std::size_t>& indices, const QString& prefix);
// "Last two layers → RFF kernel"
QString planTitle(const PlanEntry& entry, const ModelInfo& model);

}  // namespace ketscope
