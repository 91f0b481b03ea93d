// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/atomic_file.h"

#include "core/base/error.h"

#include <cerrno>
#include <fcntl.h>
#include <fstream>
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
    m_path = folder / ("." + m_target.stem().string() + "-" + std::to_string(getpid()) + m_target.extension().string());
    const int made = open(m_path.c_str(), O_CREAT | O_TRUNC | O_WRONLY | O_NOFOLLOW | O_CLOEXEC, 0666);
    if (made < 0)
        fail({m_target.string(), "a place that can be written", std::generic_category().message(errno),
              "Choose another folder."});
    close(made);
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

void writeTextFile(const std::filesystem::path& file, const std::string& text)
{
    AtomicFile target(file);
    std::ofstream out(target.path(), std::ios::binary);
    out << text;
    out.close();
    if (!out)
        fail({file.string(), "to be written", "that it failed", "Is the disk full?"});
    target.commit();
}

}  // namespace ketscope
