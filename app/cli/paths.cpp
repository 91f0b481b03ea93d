// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/paths.h"

#include "core/base/error.h"
#include "core/formats/tensor_archive.h"

#include <algorithm>
#include <array>
#include <fstream>

namespace ketscope {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kHeadBytes = 4096;
constexpr std::uintmax_t kMaximumTextBytes = 1U << 20;

struct Signature {
    std::string_view bytes;
    PathKind kind;
};
constexpr std::array<Signature, 7> kSignatures = {{{"\x89HDF\r\n\x1a\n", PathKind::RunFile},
                                                   {"\x93NUMPY", PathKind::RunFile},
                                                   {"PK\x03\x04", PathKind::RunFile},
                                                   {"GGUF", PathKind::Gguf},
                                                   {"\x89PNG\r\n\x1a\n", PathKind::Image},
                                                   {"\xff\xd8\xff", PathKind::Image},
                                                   {"GIF8", PathKind::Image}}};

struct Suffix {
    std::string_view text;
    PathKind kind;
};
constexpr std::array<Suffix, 11> kSuffixes = {{{".h5", PathKind::RunFile},
                                               {".npz", PathKind::RunFile},
                                               {".npy", PathKind::RunFile},
                                               {".ket", PathKind::RunFile},
                                               {".safetensors", PathKind::Safetensors},
                                               {".gguf", PathKind::Gguf},
                                               {".png", PathKind::Image},
                                               {".jpg", PathKind::Image},
                                               {".jpeg", PathKind::Image},
                                               {".webp", PathKind::Image},
                                               {".txt", PathKind::Text}}};

std::string headOf(const fs::path& file)
{
    std::string head(kHeadBytes, '\0');
    std::ifstream stream(file, std::ios::binary);
    stream.read(head.data(), static_cast<std::streamsize>(head.size()));
    head.resize(static_cast<std::size_t>(std::max<std::streamsize>(stream.gcount(), 0)));
    return head;
}

bool isRegular(const fs::path& path)
{
    std::error_code ignored;
    return fs::is_regular_file(path, ignored);
}

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

PathKind kindOfPath(const fs::path& path)
{
    std::error_code ignored;
    if (fs::is_directory(path, ignored))
        return PathKind::Folder;
    if (!isRegular(path))
        return PathKind::Missing;
    const std::string head = headOf(path);
    for (const Signature& signature : kSignatures)
        if (head.starts_with(signature.bytes))
            return signature.kind;
    std::string suffix = path.extension().string();
    std::transform(suffix.begin(), suffix.end(), suffix.begin(),
                   [](char byte) { return byte >= 'A' && byte <= 'Z' ? static_cast<char>(byte - 'A' + 'a') : byte; });
    for (const Suffix& known : kSuffixes)
        if (suffix == known.text)
            return known.kind;
    return head.find('\0') == std::string::npos ? PathKind::Text : PathKind::Unknown;
}

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
    for (const std::string& path : paths) {
        const PathKind kind = kindOfPath(path);
        if (kind == PathKind::Image)
            refuse({path, "a model or a text file", "an image", "This version reads text models only."});
        if (kind == PathKind::RunFile)
            refuse({path, "a model or a text file", "a run file",
                    "Draw it with ketscope render, look into it with ketscope inspect."});
        if (kind == PathKind::Text && start.text.empty()) {
            start.text = readText(path);
            continue;
        }
        if (kind == PathKind::Text || ((kind == PathKind::Folder || kind == PathKind::Gguf) && !start.model.empty()))
            refuse({path, "one model and one text file at most", "another one", "Give one of each."});
        requireModel(path);
        start.model = path;
    }
    return start;
}

}  // namespace ketscope
