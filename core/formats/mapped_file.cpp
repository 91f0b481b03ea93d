// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/formats/mapped_file.h"

#include "core/base/error.h"

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace ketscope {

namespace {

// Closes on every way out of the constructor; the mapping outlives its descriptor.
struct Descriptor {
    int value;
    ~Descriptor()
    {
        if (value >= 0)
            close(value);
    }
};

[[noreturn]] void refuseUnreadable(const std::filesystem::path& file, int reason)
{
    refuse({file.string(), "a readable file", std::strerror(reason), "Check the path and its permissions."});
}

std::size_t checkedSize(const std::filesystem::path& file, int descriptor, std::size_t limit)
{
    struct stat status {};
    if (fstat(descriptor, &status) != 0)
        refuseUnreadable(file, errno);
    if (!S_ISREG(status.st_mode))
        refuse({file.string(), "a file", S_ISDIR(status.st_mode) ? "a folder" : "something that is not a file", ""});
    const auto size = static_cast<std::uint64_t>(status.st_size);
    if (size > limit)
        refuse({file.string(), "at most " + std::to_string(limit) + " bytes", std::to_string(size) + " bytes", ""});
    return static_cast<std::size_t>(size);
}

}  // namespace

MappedFile::MappedFile(const std::filesystem::path& file, std::size_t limit) : m_path(file)
{
    // Without O_NONBLOCK a named pipe would wait here for a writer.
    const Descriptor descriptor{open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
    if (descriptor.value < 0)
        refuseUnreadable(file, errno);
    m_size = checkedSize(file, descriptor.value, limit);
    if (m_size == 0)
        return;
    void* const data = mmap(nullptr, m_size, PROT_READ, MAP_PRIVATE, descriptor.value, 0);
    if (data == MAP_FAILED)
        refuseUnreadable(file, errno);
    m_data = static_cast<const std::byte*>(data);
}

MappedFile::~MappedFile()
{
    if (m_data != nullptr)
        munmap(const_cast<std::byte*>(m_data), m_size);
}

}  // namespace ketscope
