// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/study/plan.h"
#include "core/study/study.h"

#include <QString>

#include <vector>

namespace ketscope {

// The usual places for a mechanism.
enum class ScopeKind { LastTwoLayers, AllLayers, ThisLayer, ThisHead };

struct Scope {
    std::vector<std::size_t> layers;  // empty = all
    std::vector<std::size_t> heads;   // empty = all

    bool operator==(const Scope&) const = default;
};

Scope scopeOf(ScopeKind kind, const ModelInfo& model, const Selection& selection);
QString scopeTitle(ScopeKind kind, const Selection& selection);  // "Last two layers", "This head (L5 H3)"

// "L4–L5", "L4, L7", "all"; `prefix` is "L" for layers and empty for heads.
QString indexText(const std::vector<std::size_t>& indices, const QString& prefix);
// "Last two layers → RFF kernel"
QString planTitle(const PlanEntry& entry, const ModelInfo& model);

}  // namespace ketscope
