// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace ketscope {

// Reads a GGUF header from front to back and never past its end.
class GgufReader {
public:
    GgufReader(std::string_view bytes, std::string file) : m_bytes(bytes), m_file(std::move(file)) {}

    // `what` is being read, for messages.
    template <typename Number> Number number(std::string_view what)
    {
        Number value;
        std::memcpy(&value, take(sizeof value, what).data(), sizeof value);
        return value;
    }
    // A length of 8 bytes and as many bytes.
    std::string_view text(std::string_view what);
    std::string_view take(std::uint64_t count, std::string_view what);
    // Refuses a number of things that cannot fit into the rest of the file when each takes at least `bytes`.
    void checkCount(std::uint64_t count, std::uint64_t bytes, std::string_view what) const;

    std::size_t position() const { return m_at; }
    std::uint64_t left() const { return m_bytes.size() - m_at; }
    const std::string& file() const { return m_file; }
    // The bytes from `start` to here.
    std::string_view since(std::size_t start) const { return m_bytes.substr(start, m_at - start); }

private:
    std::string_view m_bytes;
    std::string m_file;
    std::size_t m_at = 0;
};

// Whether all of `text` is UTF-8.
bool isUtf8(std::string_view text);

}  // namespace ketscope
