// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/formats/known_format.h"

#include "core/base/error.h"

#include <utility>

namespace ketscope {

std::string_view knownFormat(std::string_view text)
{
    constexpr std::pair<std::string_view, std::string_view> kKnown[] = {
        {"version https://git-lfs", "a git-lfs pointer: the weights themselves were not downloaded"},
        {"<!DOCTYPE", "a web page"},
        {"<!doctype", "a web page"},
        {"<html", "a web page"},
        {"PK\x03\x04", "a PyTorch (zip) file"},
        {"GGUF", "a GGUF file"},
        {"\x89HDF", "an HDF5 file"},
        {"lmgg", "a GGML file, which came before GGUF"},
        {"fmgg", "a GGMF file, which came before GGUF"},
        {"tjgg", "a GGJT file, which came before GGUF"},
    };
    for (const auto& [start, name] : kKnown)
        if (text.starts_with(start))
            return name;
    return {};
}

void refuseDisguised(const MappedFile& file, const std::string& expected)
{
    const std::string_view name = knownFormat(file.text());
    if (name.empty() || name == expected)
        return;
    refuse({file.path().string(), expected, std::string(name),
            name.find("git-lfs") != std::string_view::npos ? "Run git lfs pull in the model's folder."
                                                           : "Download " + expected + " of the model."});
}

}  // namespace ketscope
