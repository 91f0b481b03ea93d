// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/study/captured_arrays.h"

#include "core/base/error.h"
#include "core/formats/hdf5.h"
#include "core/formats/mapped_file.h"
#include "core/formats/npy.h"
#include "core/formats/npz.h"

#include <algorithm>

namespace ketscope {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kMostDatasets = 1000;
constexpr int kDeepestGroup = 8;

CapturedArray captured(const fs::path& file, std::shared_ptr<const MappedFile> mapped)
{
    const auto array = std::make_shared<const NpyArray>(mapped->bytes(), mapped->bytes().size(), file.string());
    if (array->isText())
        refuse({file.string(), "an array of numbers", "texts", "Give the file with the attention."});
    return {file.stem().string(), array->shape(),
            [mapped, array](std::size_t layer, std::span<float> out) { array->read(layer * out.size(), out); }};
}

// An array of an archive, unpacked when its first layer is read and let go after its last.
class PackedArray {
public:
    PackedArray(std::shared_ptr<const NpzFile> archive, std::string name, std::string where)
        : m_archive(std::move(archive)), m_name(std::move(name)), m_where(std::move(where))
    {
    }

    NpyArray header() const
    {
        const std::vector<std::byte> start = m_archive->readStart(m_name, NpyArray::kLongestStart);
        return NpyArray(start, m_archive->size(m_name), m_where);
    }

    NpyArray whole()
    {
        if (m_bytes.empty())
            m_bytes = m_archive->read(m_name);
        return NpyArray(m_bytes, m_bytes.size(), m_where);
    }

    void readLayer(std::size_t layer, std::span<float> out)
    {
        const NpyArray array = whole();
        array.read(layer * out.size(), out);
        if ((layer + 1) * out.size() == array.size())
            m_bytes = {};
    }

private:
    std::shared_ptr<const NpzFile> m_archive;
    std::string m_name;
    std::string m_where;
    std::vector<std::byte> m_bytes;
};

// Datasets of a file, found without following a group into itself for ever.
class DatasetList {
public:
    explicit DatasetList(const Hdf5File& file) : m_file(file) { collect("/", kDeepestGroup); }

    std::vector<std::string> paths;

private:
    void collect(const std::string& group, int depth)
    {
        for (const std::string& name : m_file.members(group)) {
            const std::string path = (group == "/" ? "" : group) + "/" + name;
            if (!m_file.isDataset(path)) {
                if (depth > 0 && m_file.isGroup(path))
                    collect(path, depth - 1);
                continue;
            }
            paths.push_back(path);
            if (paths.size() > kMostDatasets)
                refuse({group, "at most " + std::to_string(kMostDatasets) + " datasets", "more", ""});
        }
    }

    const Hdf5File& m_file;
};

CapturedArray captured(const std::string& path, const std::shared_ptr<const Hdf5File>& file)
{
    const std::vector<std::size_t> shape = file->shape(path);
    return {path.substr(1), shape, [file, path, four = shape.size() == 4](std::size_t layer, std::span<float> out) {
                const Tensor values = four ? file->readFloatsAt(path, {layer}) : file->readFloats(path);
                std::ranges::copy(values.values(), out.begin());
            }};
}

}  // namespace

CapturedArrays openNpy(const fs::path& file)
{
    return {{captured(file, std::make_shared<const MappedFile>(file))}, std::nullopt};
}

CapturedArrays openNpz(const fs::path& file)
{
    const auto archive = std::make_shared<const NpzFile>(file);
    CapturedArrays found;
    for (const std::string& name : archive->names()) {
        const auto packed = std::make_shared<PackedArray>(archive, name, file.string() + ", " + name);
        const NpyArray header = packed->header();
        if (!header.isText())
            found.arrays.push_back({name, header.shape(), [packed](std::size_t layer, std::span<float> out) {
                                        packed->readLayer(layer, out);
                                    }});
        else if (name == "tokens")
            found.tokens = packed->whole().texts();
    }
    return found;
}

std::optional<CapturedArrays> openPlainHdf5(const fs::path& path)
{
    const auto file = std::make_shared<const Hdf5File>(Hdf5File::open(path));
    if (file->exists("/traces") || file->textAttribute("/", "format"))
        return std::nullopt;
    CapturedArrays found;
    for (const std::string& dataset : DatasetList(*file).paths)
        if (file->isNumeric(dataset))
            found.arrays.push_back(captured(dataset, file));
    for (const char* place : {"/tokens", "/input/tokens"})
        if (!found.tokens && file->isDataset(place))
            found.tokens = file->readStrings(place);
    return found;
}

}  // namespace ketscope
