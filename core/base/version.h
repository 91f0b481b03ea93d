// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

namespace ketscope {

std::string versionString();  // "0.1.0"

struct LibraryVersion {
    std::string name;     // "HDF5"
    std::string version;  // "1.10.8"
};

// The libraries that core runs on, as found at run time.
std::vector<LibraryVersion> libraryVersions();

}  // namespace ketscope
