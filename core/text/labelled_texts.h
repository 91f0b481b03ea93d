// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
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

// Without spaces, tabs and carriage returns around it.
std::string trimmed(std::string_view text);
// A line "text<TAB>label" without white space around its parts, cut at the last tab. Throws Error (Input) naming `where` when
// there is no tab.
std::pair<std::string, std::string> labelledParts(std::string_view line, const std::string& where);
// The class that a label names, in any case, or counts from 0. Throws Error (Input) naming `where` and the classes.
std::size_t classOf(const std::string& label, const std::vector<std::string>& classes, const std::string& where);

// The lines of a text file, without their ends; a text without them is one line. Throws Error (Input) when it cannot be read.
std::vector<std::string> readLines(const std::filesystem::path& file);

}  // namespace ketscope
