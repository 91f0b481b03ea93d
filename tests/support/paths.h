// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace ketscope::test {

// tests/fixtures of the source tree.
std::filesystem::path fixtures();
std::filesystem::path samples();

// The folder of reference material beside the checkout (real vocabularies and texts, which are not part of the project).
// Empty when it is not there; with CI set in the environment the calling test fails instead.
std::optional<std::filesystem::path> shared();

// The bytes of a file; none where it cannot be read.
std::string contentOf(const std::filesystem::path& file);

// A new empty folder, removed when the object goes.
class TemporaryFolder {
public:
    TemporaryFolder();
    ~TemporaryFolder();
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;
    const std::filesystem::path& path() const { return m_path; }

private:
    std::filesystem::path m_path;
};

}  // namespace ketscope::test

// Skips the test with a reason when the reference material is not there.
#define KETSCOPE_NEEDS_SHARED(name)                                                                                    \
    const auto name##Folder = ketscope::test::shared();                                                                \
    if (!name##Folder)                                                                                                 \
        GTEST_SKIP() << "needs the reference material in ../shared, which is not here";                                \
    const std::filesystem::path& name = *name##Folder
