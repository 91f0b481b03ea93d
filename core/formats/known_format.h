// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/formats/mapped_file.h"

#include <string>
#include <string_view>

namespace ketscope {

// What a file looks like by its first bytes, "a web page" or "a GGUF file"; empty when it looks like nothing known.
std::string_view knownFormat(std::string_view text);

// Throws Error (Input) when `file` looks like something other than `expected` ("a GGUF file").
void refuseDisguised(const MappedFile& file, const std::string& expected);

}  // namespace ketscope
