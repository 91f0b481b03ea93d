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
    std::string labels;
    std::string labelTemplate;
    std::string tokenIds;
    std::string attentionMask;
    std::string tokenTypes;
    std::string image;
    std::string pixelValues;
};

void addInputOptions(CLI::App& command, InputOptions& options);

// The study of one model and input, its picture decoded, without candidates; a bundled sample without an input runs as its
// own page shows it. Throws Error (Input) when the path is no model or an input is missing or no such thing.
Study studyOf(const InputOptions& options, std::uint64_t seed);

}  // namespace ketscope
