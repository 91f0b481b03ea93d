// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/study/path_kind.h"

#include <filesystem>
#include <string>
#include <vector>

namespace ketscope {

// Throws Error (Input) with the reason why `path` is neither a model folder nor a GGUF file. Lone weight files are opened
// first, so that damage is reported as damage.
void requireModel(const std::filesystem::path& path);

// What PATH arguments of the window come to: at most one model, one text file and one picture, or a run file alone.
struct StartPaths {
    std::filesystem::path model;  // empty = none given
    std::string text;             // empty = none given
    std::filesystem::path picture;
    std::filesystem::path recorded;  // a run file, or attention captured elsewhere
};
// Throws Error (Input) for kinds that the window does not open, with the reason.
StartPaths readStartPaths(const std::vector<std::string>& paths);

}  // namespace ketscope
