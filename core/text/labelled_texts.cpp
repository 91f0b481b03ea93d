// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text/labelled_texts.h"

#include "core/base/error.h"

#include <algorithm>
#include <charconv>
#include <fstream>

namespace ketscope {

namespace fs = std::filesystem;

namespace {

constexpr std::uintmax_t kMaximumBytes = std::uintmax_t{256} << 20;

bool equalLetters(const std::string& a, const std::string& b)
{
    return std::ranges::equal(a, b, [](char x, char y) {
        const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
        return lower(x) == lower(y);
    });
}

std::string listed(const std::vector<std::string>& classes)
{
    std::string text;
    for (std::size_t i = 0; i < classes.size(); ++i)
        text += (i == 0 ? "" : ", ") + std::to_string(i) + " = " + printable(classes[i], 40);
    return text;
}

std::vector<LabelledText> readTable(const fs::path& file, const std::vector<std::string>& classes)
{
    std::vector<LabelledText> texts;
    const std::vector<std::string> lines = readLines(file);
    for (std::size_t i = 0; i < lines.size(); ++i) {
        if (trimmed(lines[i]).empty() || lines[i].front() == '#')
            continue;
        const std::string where = file.string() + ", line " + std::to_string(i + 1);
        auto [text, label] = labelledParts(lines[i], where);
        texts.push_back({std::move(text), classOf(label, classes, where)});
    }
    return texts;
}

std::vector<LabelledText> readFolder(const fs::path& folder, const std::vector<std::string>& classes)
{
    std::vector<fs::path> files;
    for (const auto& entry : fs::directory_iterator(folder))
        if (entry.path().extension() == ".txt")
            files.push_back(entry.path());
    std::ranges::sort(files);
    std::vector<LabelledText> texts;
    for (const fs::path& file : files) {
        const std::size_t label = classOf(file.stem().string(), classes, file.string());
        for (const std::string& line : readLines(file))
            if (const std::string text = trimmed(line); !text.empty())
                texts.push_back({text, label});
    }
    return texts;
}

}  // namespace

std::size_t classOf(const std::string& text, const std::vector<std::string>& classes, const std::string& where)
{
    for (std::size_t i = 0; i < classes.size(); ++i)
        if (equalLetters(text, classes[i]))
            return i;
    std::size_t number = classes.size();
    const auto result = std::from_chars(text.data(), text.data() + text.size(), number);
    if (result.ec != std::errc() || result.ptr != text.data() + text.size() || number >= classes.size())
        refuse({where, "a class of the model (" + listed(classes) + ")", "\"" + printable(text, 40) + "\"",
                "Write its name or number."});
    return number;
}

std::string trimmed(std::string_view text)
{
    const std::size_t begin = text.find_first_not_of(" \t\r");
    return begin == std::string_view::npos
               ? ""
               : std::string(text.substr(begin, text.find_last_not_of(" \t\r") - begin + 1));
}

std::pair<std::string, std::string> labelledParts(std::string_view line, const std::string& where)
{
    const std::size_t tab = line.rfind('\t');
    if (tab == std::string_view::npos)
        refuse({where, "a text, a tab and its class", "no tab", "Put a tab between them."});
    return {trimmed(line.substr(0, tab)), trimmed(line.substr(tab + 1))};
}

std::vector<std::string> readLines(const fs::path& file)
{
    std::error_code ignored;
    const std::uintmax_t bytes = fs::file_size(file, ignored);
    std::ifstream stream(file, std::ios::binary);
    if (!stream || !fs::is_regular_file(file, ignored))
        refuse({file.string(), "a text file", "nothing that can be read", "Check the name."});
    if (bytes > kMaximumBytes)
        refuse({file.string(), "at most 256 MiB", std::to_string(bytes) + " bytes", "Take a part of it."});
    std::vector<std::string> lines;
    for (std::string line; std::getline(stream, line);) {
        if (!line.empty() && line.back() == '\r')
            line.pop_back();
        lines.push_back(std::move(line));
    }
    return lines;
}

std::vector<LabelledText> readLabelledTexts(const fs::path& path, const std::vector<std::string>& classes)
{
    if (classes.empty())
        refuse({path.string(), "a model that classifies texts", "one without classes", "Choose another model."});
    std::error_code ignored;
    std::vector<LabelledText> texts =
        fs::is_directory(path, ignored) ? readFolder(path, classes) : readTable(path, classes);
    if (texts.empty() || texts.size() > kMaximumTexts)
        refuse({path.string(), "1 to " + std::to_string(kMaximumTexts) + " labelled texts",
                std::to_string(texts.size()),
                "A file has \"text<TAB>label\" lines, a folder a file \"<class>.txt\" for each class."});
    return texts;
}

}  // namespace ketscope
