// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/models/model.h"

namespace ketscope {

// Heads that a model was trained with another mechanism than its architecture's. config.json lists them:
//   "ketscope_heads": [{"stack": "text", "layer": 3, "head": 0, "mechanism": "rff", "parameters": {"features": "64"}}]
// with the parameters that are not at their defaults, and the weights hold what was trained of each as
//   ketscope.<stack>.<layer>.<head>.<name>
// where the name is that of one of the mechanism's tensors or, with one value, of a real parameter.
inline constexpr std::string_view kOwnHeads = "ketscope.";
inline constexpr const char* kOwnHeadsKey = "ketscope_heads";

std::string ownHeadTensor(const std::string& stack, std::size_t layer, std::size_t head, std::string_view name);

// What a plan gives to heads of the model, as that list. Heads that the plan leaves alone are not in it.
Json ownHeadsJson(const HeadPlan& plan, const ModelInfo& model);

}  // namespace ketscope
