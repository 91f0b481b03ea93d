// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/version.h"

#include <Eigen/Core>
#include <hdf5.h>
#include <nlohmann/json.hpp>
#include <oneapi/dnnl/dnnl.h>
#include <unicode/uversion.h>

namespace ketscope {

namespace {

template <typename... Part> std::string dotted(int first, Part... rest)
{
    std::string text = std::to_string(first);
    ((text += '.' + std::to_string(rest)), ...);
    return text;
}

std::string hdf5Version()
{
    unsigned major = 0;
    unsigned minor = 0;
    unsigned release = 0;
    H5get_libversion(&major, &minor, &release);
    return dotted(static_cast<int>(major), minor, release);
}

std::string icuVersion()
{
    UVersionInfo version = {};
    u_getVersion(version);
    return dotted(version[0], version[1]);
}

}  // namespace

std::string versionString() { return KETSCOPE_VERSION; }

std::vector<LibraryVersion> libraryVersions()
{
    const dnnl_version_t* dnnl = dnnl_version();
    return {{"oneDNN", dotted(dnnl->major, dnnl->minor, dnnl->patch)},
            {"HDF5", hdf5Version()},
            {"Eigen", dotted(EIGEN_WORLD_VERSION, EIGEN_MAJOR_VERSION, EIGEN_MINOR_VERSION)},
            {"ICU", icuVersion()},
            {"JSON for Modern C++",
             dotted(NLOHMANN_JSON_VERSION_MAJOR, NLOHMANN_JSON_VERSION_MINOR, NLOHMANN_JSON_VERSION_PATCH)}};
}

}  // namespace ketscope
