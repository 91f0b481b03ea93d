// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace ketscope {

// The bytes of one member of a ZIP archive or, for a name that ends with a slash, of all files in that folder, in the
// order of their names. Throws Error (Input) naming the archive and the member when it is missing, encrypted, damaged or
// larger than 256 MiB.
std::vector<std::string> readZipMembers(const std::filesystem::path& archive, const std::string& member);

}  // namespace ketscope
