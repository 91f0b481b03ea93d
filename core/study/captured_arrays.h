// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace ketscope {

// An array of numbers of two to four axes in a file of another program.
struct CapturedArray {
    std::string name;
    std::vector<std::size_t> shape;
    // Writes layer `index` of the first of four axes, or with fewer axes the whole array (index 0), in C order.
    std::function<void(std::size_t index, std::span<float> out)> readLayer;
};

// What a file has: arrays in order of name, and its tokens when it has them too. The file stays open as long as they live.
struct CapturedArrays {
    std::vector<CapturedArray> arrays;
    std::optional<std::vector<std::string>> tokens;
};

// Each throws Error (Input) for a file that is damaged.
CapturedArrays openNpy(const std::filesystem::path& file);
CapturedArrays openNpz(const std::filesystem::path& file);
// Empty for a run file, which has /input/tokens and /traces.
std::optional<CapturedArrays> openPlainHdf5(const std::filesystem::path& file);

}  // namespace ketscope
