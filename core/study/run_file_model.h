// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/formats/json.h"
#include "core/models/model.h"

#include <string_view>

namespace ketscope {

inline constexpr std::string_view kRunFormat = "ketscope-run";
inline constexpr std::string_view kSweepGroup = "/sweep";           // of a run file
inline constexpr std::string_view kJoinedFormat = "ketscope-runs";  // of several (batch.h)
inline constexpr int kRunVersion = 1;

// What a run file keeps of its model beside the arrays: title, task, sizes, warnings, and what the stacks are called.
Json modelToJson(const ModelInfo& model);
// Throws Error (Input) naming what is missing or wrong. The path is not part of the JSON.
ModelInfo modelFromJson(const Json& json, const std::string& where);

}  // namespace ketscope
