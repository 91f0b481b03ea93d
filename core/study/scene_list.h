// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/formats/json.h"

namespace ketscope {

inline constexpr const char* kSceneList = "scenes.json";

// What is known of the pictures in `folder`: its scenes.json, a list of objects, each with the name of a picture beside
// it as "image" and what its readers look for. At most 16 MiB. Throws Error (Input).
Json readSceneList(const std::filesystem::path& folder);

// The entry of one picture in the list beside it; null without a list or an entry. Throws Error (Input).
Json sceneOf(const std::filesystem::path& picture);

}  // namespace ketscope
