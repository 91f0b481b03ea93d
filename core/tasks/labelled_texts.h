// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace ketscope {

struct LabelledText {
    std::string text;
    std::size_t label = 0;  // index of the class

    bool operator==(const LabelledText&) const = default;
};

inline constexpr std::size_t kMaximumTexts = 1000000;

// A file with "text<TAB>label" on each line (blank lines and lines that begin with "#" are skipped), or a folder with a file
// "<class>.txt" for every class, a text on each line. A label is the name of a class, in any case, or its number from 0.
// UTF-8. Throws Error (Input) naming the line.
std::vector<LabelledText> readLabelledTexts(const std::filesystem::path& path, const std::vector<std::string>& classes);

// The lines of a text file, without their ends; a text without them is one line. Throws Error (Input) when it cannot be read.
std::vector<std::string> readLines(const std::filesystem::path& file);

}  // namespace ketscope
