// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/formats/tensor_archive.h"

#include "core/base/error.h"
#include "core/formats/json.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

namespace ketscope {

namespace fs = std::filesystem;

namespace {

// Several files seen as one.
class ShardedArchive : public TensorArchive {
public:
    // Takes every tensor of a shard; refuses a name that an earlier shard has.
    void add(std::unique_ptr<TensorArchive> shard, const fs::path& file)
    {
        for (const TensorEntry& entry : shard->entries()) {
            const auto [other, fresh] = m_owners.emplace(entry.name, shard.get());
            if (!fresh)
                refuse({file.string(), "each tensor in one shard",
                        "'" + printable(entry.name) + "' also in " + other->second->fileOf(entry).filename().string(),
                        "Download the model again."});
            m_entries.push_back(entry);
        }
        m_shards.push_back(std::move(shard));
    }

    void sort()
    {
        std::sort(m_entries.begin(), m_entries.end(),
                  [](const TensorEntry& a, const TensorEntry& b) { return a.name < b.name; });
    }

    const std::vector<TensorEntry>& entries() const override { return m_entries; }

    void read(const TensorEntry& entry, std::uint64_t first, std::span<float> out) const override
    {
        owner(entry).read(entry, first, out);
    }

    fs::path fileOf(const TensorEntry& entry) const override { return owner(entry).fileOf(entry); }

private:
    const TensorArchive& owner(const TensorEntry& entry) const
    {
        const auto found = m_owners.find(entry.name);
        if (found == m_owners.end())
            refuse({"model", "a tensor named '" + printable(entry.name) + "'", "none", ""});
        return *found->second;
    }

    std::vector<std::unique_ptr<TensorArchive>> m_shards;
    std::map<std::string, const TensorArchive*> m_owners;
    std::vector<TensorEntry> m_entries;
};

// A shard lies in the folder itself: a name that could lead elsewhere is refused before anything is opened.
void checkShardName(const fs::path& index, const std::string& name)
{
    const bool plain = !name.empty() && name != "." && name != ".."
                       && name.find_first_of(std::string("/\\\0", 3)) == std::string::npos;
    if (!plain)
        refuse({index.string(), "shards that are plain file names in the model's folder", "'" + printable(name) + "'",
                ""});
}

std::map<std::string, std::vector<std::string>> tensorsByShard(const fs::path& index)
{
    const Json root = readJsonFile(index);
    if (!root.is_object() || !root.contains("weight_map") || !root["weight_map"].is_object())
        refuse(
            {index.string(), "an object 'weight_map' of tensor names and files", "none", "Download the file again."});
    std::map<std::string, std::vector<std::string>> shards;
    for (const auto& [tensor, file] : root["weight_map"].items()) {
        if (!file.is_string())
            refuse({index.string(), "a file name for tensor '" + printable(tensor) + "'", file.type_name(), ""});
        const std::string& name = file.get_ref<const std::string&>();
        checkShardName(index, name);
        shards[name].push_back(tensor);
    }
    if (shards.empty())
        refuse({index.string(), "tensors in 'weight_map'", "none", "Download the file again."});
    return shards;
}

std::unique_ptr<TensorArchive> openShards(const fs::path& index)
{
    auto archive = std::make_unique<ShardedArchive>();
    for (const auto& [name, tensors] : tensorsByShard(index)) {
        const fs::path file = index.parent_path() / name;
        if (!fs::exists(file))
            refuse({file.string(), "this shard of the model, named in " + index.filename().string(), "no such file",
                    "Download the missing part of the model."});
        auto shard = openSafetensors(file);
        for (const std::string& tensor : tensors)
            if (shard->find(tensor) == nullptr)
                refuse({file.string(), "tensor '" + printable(tensor) + "' as " + index.filename().string() + " says",
                        "none of that name", "Download the model again."});
        archive->add(std::move(shard), file);
    }
    archive->sort();
    return archive;
}

struct OtherFormat {
    std::string_view ending;
    std::string_view remedy;
};

constexpr OtherFormat kOtherFormats[] = {
    {".bin", "Convert it to model.safetensors, or download the model's safetensors file."},
    {".pt", "Convert it to model.safetensors, or download the model's safetensors file."},
    {".pth", "Convert it to model.safetensors, or download the model's safetensors file."},
    {".h5", "Download the model's safetensors file instead of the TensorFlow one."},
    {".msgpack", "Download the model's safetensors file instead of the Flax one."},
    {".onnx", "Download the model's safetensors file instead of the ONNX one."},
    {".gguf", "Open this file itself instead of the folder."},
    {".safetensors", "Rename it to model.safetensors if it holds the whole model."},
};

[[noreturn]] void refuseWithoutWeights(const fs::path& folder)
{
    const std::string expected = "model.safetensors or model.safetensors.index.json";
    std::vector<std::string> names;
    for (const fs::directory_entry& entry : fs::directory_iterator(folder))
        names.push_back(entry.path().filename().string());
    std::sort(names.begin(), names.end());
    for (const OtherFormat& format : kOtherFormats)
        for (const std::string& name : names)
            if (name.ends_with(format.ending))
                refuse({folder.string(), expected, "only " + name, std::string(format.remedy)});
    refuse({folder.string(), expected, names.empty() ? "an empty folder" : "neither",
            "Choose the folder that holds the model's weights."});
}

}  // namespace

const TensorEntry* TensorArchive::find(std::string_view name) const
{
    const std::vector<TensorEntry>& all = entries();
    const auto at =
        std::lower_bound(all.begin(), all.end(), name,
                         [](const TensorEntry& entry, std::string_view wanted) { return entry.name < wanted; });
    return at == all.end() || at->name != name ? nullptr : &*at;
}

const TensorEntry& TensorArchive::checkedRange(const std::string& name, std::uint64_t first, std::size_t count,
                                               const fs::path& file) const
{
    const TensorEntry* const own = find(name);
    if (own == nullptr)
        refuse({file.string(), "a tensor named '" + printable(name) + "'", "none", ""});
    if (first > own->elements || count > own->elements - first)
        refuse({file.string() + ": tensor '" + printable(name, 100) + "'",
                "a range within " + std::to_string(own->elements) + " elements",
                std::to_string(count) + " from element " + std::to_string(first), ""});
    return *own;
}

std::unique_ptr<TensorArchive> openWeights(const fs::path& folder)
{
    std::error_code error;
    if (!fs::is_directory(folder, error))
        refuse({folder.string(), "a model folder", fs::exists(folder, error) ? "a file" : "nothing there",
                "Choose the folder that holds the model."});
    for (const char* name : {"model.safetensors", "open_clip_model.safetensors"})
        if (fs::exists(folder / name, error))
            return openSafetensors(folder / name);
    const fs::path index = folder / "model.safetensors.index.json";
    if (fs::exists(index, error))
        return openShards(index);
    refuseWithoutWeights(folder);
}

}  // namespace ketscope
