// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <string_view>

namespace ketscope {

using Json = nlohmann::json;

inline constexpr std::size_t kMaximumJsonBytes = std::size_t{256} << 20;
inline constexpr int kMaximumJsonDepth = 64;

// Strict: one document, UTF-8, no duplicate keys, no trailing bytes, depth and size bounded. Throws Error (Input) that
// names `where` and says what is wrong and at which byte.
Json parseJson(std::string_view text, const std::string& where);
Json readJsonFile(const std::filesystem::path& file);

}  // namespace ketscope
