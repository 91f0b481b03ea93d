// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string_view>

namespace ketscope {

// The bytes of a whole regular file, mapped read-only for as long as the object lives. Pages are read when touched.
class MappedFile {
public:
    // Throws Error (Input) when the file cannot be opened, is not a regular file, or holds more than `limit` bytes.
    explicit MappedFile(const std::filesystem::path& file, std::size_t limit = static_cast<std::size_t>(-1));
    ~MappedFile();
    MappedFile(const MappedFile&) = delete;
    MappedFile& operator=(const MappedFile&) = delete;

    const std::filesystem::path& path() const { return m_path; }
    std::span<const std::byte> bytes() const { return {m_data, m_size}; }
    std::string_view text() const { return {reinterpret_cast<const char*>(m_data), m_size}; }

private:
    std::filesystem::path m_path;
    const std::byte* m_data = nullptr;
    std::size_t m_size = 0;
};

}  // namespace ketscope
