// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/paths.h"

#include "core/base/error.h"
#include "core/formats/tensor_archive.h"
#include "viz/figure_study.h"

#include <fstream>

namespace ketscope {

namespace fs = std::filesystem;

namespace {

constexpr std::uintmax_t kMaximumTextBytes = 1U << 20;

[[noreturn]] void refuseLoneWeights(const fs::path& file)
{
    openSafetensors(file);
    refuse({file.string(), "a model folder or a GGUF file", "weights alone",
            "Give the folder that holds this file together with config.json."});
}

std::string readText(const fs::path& file)
{
    std::error_code ignored;
    const std::uintmax_t size = fs::file_size(file, ignored);
    if (size > kMaximumTextBytes)
        refuse({file.string(), "a text of at most 1 MiB", std::to_string(size) + " bytes", "Give a part of it."});
    std::ifstream stream(file, std::ios::binary);
    std::string text((std::istreambuf_iterator<char>(stream)), std::istreambuf_iterator<char>());
    text.erase(text.find_last_not_of(" \t\r\n") + 1);
    if (text.empty())
        refuse({file.string(), "a text", "an empty file", ""});
    return text;
}

}  // namespace

void requireModel(const fs::path& path)
{
    switch (kindOfPath(path)) {
    case PathKind::Folder:
    case PathKind::Gguf: return;
    case PathKind::Safetensors: refuseLoneWeights(path);
    case PathKind::RunFile:
        refuse({path.string(), "a model folder or a GGUF file", "a run file",
                "Look into it with ketscope inspect or render."});
    case PathKind::Missing:
        refuse({path.string(), "a model folder or a GGUF file", "no such file or folder", "Check the path."});
    case PathKind::Figure:
        refuse({path.string(), "a model folder or a GGUF file", "a figure", "Draw it again with ketscope render."});
    case PathKind::Image:
        refuse({path.string(), "a model folder or a GGUF file", "an image", "Give the folder with config.json."});
    case PathKind::Text:
    case PathKind::Unknown:
        refuse({path.string(), "a model folder or a GGUF file", "a file", "Give the folder with config.json."});
    }
}

StartPaths readStartPaths(const std::vector<std::string>& paths)
{
    StartPaths start;
    const auto take = [](fs::path& place, const std::string& path, const char* what) {
        if (!place.empty())
            refuse({path, std::string("one ") + what + " at most", "another one", "Give one."});
        place = path;
    };
    for (const std::string& path : paths) {
        switch (kindOfPath(path)) {
        case PathKind::Text:
            if (!start.text.empty())
                refuse({path, "one text file at most", "another one", "Give one."});
            start.text = readText(path);
            break;
        case PathKind::Image:
            if (paths.size() == 1 && studyOfFigure(path))
                start.recorded = path;
            else
                take(start.picture, path, "picture");
            break;
        case PathKind::Figure: take(start.recorded, path, "figure"); break;
        case PathKind::RunFile: take(start.recorded, path, "run file"); break;
        default: requireModel(path); take(start.model, path, "model");
        }
    }
    if (!start.recorded.empty() && paths.size() > 1)
        refuse({start.recorded.string(), "a run file or figure alone", "other paths beside it",
                "It holds its own input."});
    return start;
}

}  // namespace ketscope
