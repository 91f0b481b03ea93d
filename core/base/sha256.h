// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/monitor.h"

#include <filesystem>
#include <string>
#include <vector>

namespace ketscope {

// SHA-256 of the bytes of `files`, one after the other, in hex. Throws Error (Input) when one cannot be read.
std::string sha256OfFiles(const std::vector<std::filesystem::path>& files, const Monitor& monitor);

}  // namespace ketscope
