// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/attention/head_plan.h"
#include "core/formats/json.h"
#include "core/models/model.h"

#include <string>
#include <string_view>
#include <vector>

namespace ketscope {

// A mechanism with its parameters on some heads. Empty stack, layers or heads mean all of them.
struct PlanEntry {
    const Mechanism* mechanism = nullptr;
    Parameters parameters;
    std::string stack;
    std::vector<std::size_t> layers;
    std::vector<std::size_t> heads;

    bool operator==(const PlanEntry&) const = default;
};

// Which heads use which mechanism; everything else is exact softmax. Later entries win.
struct Plan {
    std::vector<PlanEntry> entries;

    bool operator==(const Plan&) const = default;
};

// "id[:param=value,…][@stack=text;layers=4-5;heads=0,3]" (product.md). Throws Error (Input) naming the part that is wrong.
PlanEntry parseSpec(std::string_view spec);
// The inverse: only parameters that differ from their defaults are written.
std::string formatSpec(const PlanEntry& entry);

// "4-5,7" ↔ {4, 5, 7}.
std::vector<std::size_t> parseIndexList(std::string_view text, std::string_view what);
std::string formatIndexList(const std::vector<std::size_t>& indices);

// Throws Error (Input) for a stack, layer or head that the model does not have.
HeadPlan resolve(const Plan& plan, const ModelInfo& model, std::uint64_t seed);

// Why a model has no stack of this name: "CLIP has no cross-attention."; empty for names that no model has.
std::string absenceOf(const std::string& stack, const ModelInfo& model);

Json toJson(const Plan& plan);
Plan planFromJson(const Json& json, const std::string& where);

}  // namespace ketscope
