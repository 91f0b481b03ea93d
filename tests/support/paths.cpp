// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/paths.h"

#include <cstdlib>
#include <fstream>
#include <gtest/gtest.h>
#include <iterator>

namespace ketscope::test {

namespace fs = std::filesystem;

fs::path fixtures() { return fs::path(KETSCOPE_SOURCE_DIR) / "tests" / "fixtures"; }

fs::path samples() { return fs::path(KETSCOPE_SOURCE_DIR) / "samples"; }

std::optional<fs::path> shared()
{
    const fs::path folder = fs::path(KETSCOPE_SOURCE_DIR).parent_path() / "shared";
    if (fs::is_directory(folder))
        return folder;
    if (std::getenv("CI") != nullptr)
        ADD_FAILURE() << "CI needs the reference material in " << folder;
    return std::nullopt;
}

std::string contentOf(const fs::path& file)
{
    std::ifstream stream(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
}

TemporaryFolder::TemporaryFolder()
{
    std::string pattern = (fs::temp_directory_path() / "ketscope-test-XXXXXX").string();
    m_path = mkdtemp(pattern.data());
}

TemporaryFolder::~TemporaryFolder()
{
    std::error_code ignored;
    fs::permissions(m_path, fs::perms::owner_all, fs::perm_options::add, ignored);
    fs::remove_all(m_path, ignored);
}

}  // namespace ketscope::test
