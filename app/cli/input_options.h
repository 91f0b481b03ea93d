// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/study/study.h"

#include <optional>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace ketscope {

// MODEL and INPUT of product.md, as the commands that run a model take them.
struct InputOptions {
    std::string model;
    std::optional<std::string> text;
    std::optional<std::string> pair;
    std::string tokenIds;
    std::string attentionMask;
    std::string tokenTypes;
    std::string image;
    std::string pixelValues;
};

void addInputOptions(CLI::App& command, InputOptions& options);

// The study of one model and input, without candidates. Throws Error (Input) when the path is no model or an input is missing
// or no such thing.
Study studyOf(const InputOptions& options, std::uint64_t seed);

}  // namespace ketscope
