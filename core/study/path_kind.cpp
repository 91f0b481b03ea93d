// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/study/path_kind.h"

#include <algorithm>
#include <array>
#include <fstream>

namespace ketscope {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kHeadBytes = 4096;

struct Signature {
    std::string_view bytes;
    PathKind kind;
};
constexpr std::array<Signature, 8> kSignatures = {{{"\x89HDF\r\n\x1a\n", PathKind::RunFile},
                                                   {"\x93NUMPY", PathKind::RunFile},
                                                   {"PK\x03\x04", PathKind::RunFile},
                                                   {"GGUF", PathKind::Gguf},
                                                   {"\x89PNG\r\n\x1a\n", PathKind::Image},
                                                   {"\xff\xd8\xff", PathKind::Image},
                                                   {"GIF8", PathKind::Image},
                                                   {"%PDF-", PathKind::Figure}}};

struct Suffix {
    std::string_view text;
    PathKind kind;
};
constexpr std::array<Suffix, 13> kSuffixes = {{{".h5", PathKind::RunFile},
                                               {".npz", PathKind::RunFile},
                                               {".npy", PathKind::RunFile},
                                               {".ket", PathKind::RunFile},
                                               {".safetensors", PathKind::Safetensors},
                                               {".gguf", PathKind::Gguf},
                                               {".png", PathKind::Image},
                                               {".jpg", PathKind::Image},
                                               {".jpeg", PathKind::Image},
                                               {".webp", PathKind::Image},
                                               {".txt", PathKind::Text},
                                               {".pdf", PathKind::Figure},
                                               {".svg", PathKind::Figure}}};

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

}  // namespace ketscope
