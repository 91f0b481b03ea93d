// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <string>

namespace ketscope {

// A file that appears whole or not at all: write to path(), then commit(). Without commit() nothing is left behind, and
// what was at the target stays as it was.
class AtomicFile {
public:
    // Throws Error (Failure) when the target's folder does not exist or cannot be written.
    explicit AtomicFile(std::filesystem::path target);
    ~AtomicFile();
    AtomicFile(const AtomicFile&) = delete;
    AtomicFile& operator=(const AtomicFile&) = delete;

    // Beside the target, with the same suffix.
    const std::filesystem::path& path() const { return m_path; }
    // Renames to the target. Throws Error (Failure).
    void commit();

private:
    std::filesystem::path m_target;
    std::filesystem::path m_path;
};

// A text file, whole or not at all. Throws Error (Failure).
void writeTextFile(const std::filesystem::path& file, const std::string& text);

}  // namespace ketscope
