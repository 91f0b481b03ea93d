// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace ketscope {

// Where a parameter is in a model's file: the tensor's name and shape there, and the value of it that it begins with.
// No name = in no file.
struct ParameterPlace {
    std::string name = {};
    std::vector<std::size_t> shape = {};
    std::size_t first = 0;
};

}  // namespace ketscope
