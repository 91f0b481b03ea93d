// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>

namespace ketscope {

enum class PathKind { Missing, Folder, RunFile, Safetensors, Gguf, Image, Figure, Text, Unknown };

// What a user has named or dropped, told from the first bytes, and from the suffix where bytes are damaged or say nothing.
// Figure is a PDF or SVG, which Ketscope may have drawn. RunFile is any file that may hold a comparison: a run file, or arrays of attention captured elsewhere.
PathKind kindOfPath(const std::filesystem::path& path);

}  // namespace ketscope
