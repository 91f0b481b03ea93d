// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/atomic_file.h"

#include "core/base/error.h"

#include <unistd.h>

namespace ketscope {

namespace fs = std::filesystem;

AtomicFile::AtomicFile(fs::path target) : m_target(std::move(target))
{
    const fs::path folder = m_target.has_parent_path() ? m_target.parent_path() : fs::path(".");
    std::error_code error;
    if (fs::is_directory(m_target, error))
        fail({m_target.string(), "the name of a file", "a folder", "Give a file name in it."});
    if (!fs::is_directory(folder, error))
        fail({folder.string(), "a folder", fs::exists(folder, error) ? "something else" : "nothing",
              "Make the folder first or choose another."});
    if (access(folder.c_str(), W_OK | X_OK) != 0)
        fail({folder.string(), "a folder that can be written", "a read-only one", "Choose another folder."});
    m_path = folder / ("." + m_target.stem().string() + "-" + std::to_string(getpid()) + m_target.extension().string());
}

AtomicFile::~AtomicFile()
{
    std::error_code ignored;
    if (!m_path.empty())
        fs::remove(m_path, ignored);
}

void AtomicFile::commit()
{
    std::error_code error;
    fs::rename(m_path, m_target, error);
    if (error)
        fail({m_target.string(), "a file that can be written", error.message(), "Choose another name."});
    m_path.clear();
}

}  // namespace ketscope
