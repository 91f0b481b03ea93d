// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace ketscope {

enum class PathKind { Missing, Folder, RunFile, Safetensors, Gguf, Image, Text, Unknown };

// RunFile is any file that may hold a comparison: a run file, or arrays of attention captured elsewhere.
// Told from the first bytes, and from the suffix where bytes are damaged or say nothing.
PathKind kindOfPath(const std::filesystem::path& path);

// Throws Error (Input) with the reason why `path` is neither a model folder nor a GGUF file. Lone weight files are opened
// first, so that damage is reported as damage.
void requireModel(const std::filesystem::path& path);

// What PATH arguments of the window come to: at most one model and one text file.
struct StartPaths {
    std::filesystem::path model;  // empty = none given
    std::string text;             // empty = none given
};
// Throws Error (Input) for kinds that the window does not open, with the reason.
StartPaths readStartPaths(const std::vector<std::string>& paths);

}  // namespace ketscope
