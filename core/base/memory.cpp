// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/memory.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <limits>
#include <optional>
#include <string_view>

namespace ketscope {

namespace {

constexpr std::uint64_t kUnknown = std::numeric_limits<std::uint64_t>::max();

std::optional<std::uint64_t> numberIn(std::string_view text)
{
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc() && end == text.data() + text.size() ? std::optional(value) : std::nullopt;
}

std::optional<std::uint64_t> numberInFile(const char* file)
{
    std::string word;
    std::ifstream(file) >> word;
    return numberIn(word);
}

std::uint64_t systemMemory()
{
    std::ifstream file("/proc/meminfo");
    std::string name;
    std::uint64_t kibibytes = 0;
    std::string unit;
    while (file >> name >> kibibytes && std::getline(file, unit))
        if (name == "MemAvailable:")
            return kibibytes * 1024;
    return kUnknown;
}

std::uint64_t controlGroupMemory()
{
    const auto most = numberInFile("/sys/fs/cgroup/memory.max");
    if (!most)
        return kUnknown;
    const std::uint64_t used = numberInFile("/sys/fs/cgroup/memory.current").value_or(0);
    return *most - std::min(*most, used);
}

std::uint64_t allowedMemory()
{
    const char* const text = std::getenv("KETSCOPE_MEMORY");
    return text == nullptr ? kUnknown : numberIn(text).value_or(kUnknown);
}

}  // namespace

std::uint64_t availableMemory() { return std::min({systemMemory(), controlGroupMemory(), allowedMemory()}); }

std::string bytesText(std::uint64_t bytes)
{
    constexpr std::array<const char*, 5> kUnits = {"bytes", "kB", "MB", "GB", "TB"};
    auto value = static_cast<double>(bytes);
    std::size_t unit = 0;
    // 999.95 would be shown as 1000.0.
    while (value >= (unit == 0 ? 1000.0 : 999.95) && unit + 1 < kUnits.size()) {
        value /= 1000.0;
        ++unit;
    }
    std::array<char, 32> text{};
    const auto end = unit == 0 ? std::to_chars(text.begin(), text.end(), bytes).ptr
                               : std::to_chars(text.begin(), text.end(), value, std::chars_format::fixed, 1).ptr;
    return std::string(text.data(), end) + " " + kUnits[unit];
}

}  // namespace ketscope
