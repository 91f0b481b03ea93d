// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/models/gguf_model.h"

#include "core/base/error.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace ketscope {

namespace {

constexpr std::string_view kEndings[] = {".weight", ".bias"};
constexpr std::uint64_t kMostCount = std::uint64_t{1} << 32;

std::string_view endingOf(std::string_view name)
{
    for (const std::string_view ending : kEndings)
        if (name.ends_with(ending))
            return ending;
    return {};
}

// What stands for "{}" in `name`, empty when the pattern has none; nothing when `name` is not of this pattern.
std::optional<std::string_view> matched(std::string_view pattern, std::string_view name)
{
    const std::size_t place = pattern.find("{}");
    if (place == std::string_view::npos)
        return name == pattern ? std::optional(std::string_view()) : std::nullopt;
    const std::string_view before = pattern.substr(0, place);
    const std::string_view after = pattern.substr(place + 2);
    if (name.size() <= before.size() + after.size() || !name.starts_with(before) || !name.ends_with(after))
        return std::nullopt;
    const std::string_view number = name.substr(before.size(), name.size() - before.size() - after.size());
    const bool plain =
        number.find_first_not_of("0123456789") == std::string_view::npos && (number.size() == 1 || number[0] != '0');
    return plain ? std::optional(number) : std::nullopt;
}

// `name` moved from one column of the table to the other; nothing when no row has it.
std::optional<std::string> moved(std::span<const GgufName> names, std::string_view name,
                                 std::string_view GgufName::*from, std::string_view GgufName::*to)
{
    const std::string_view ending = endingOf(name);
    const std::string_view stem = name.substr(0, name.size() - ending.size());
    for (const GgufName& row : names) {
        const auto number = matched(row.*from, stem);
        if (!number)
            continue;
        std::string result(row.*to);
        if (!number->empty())
            result.replace(result.find("{}"), 2, *number);
        return result + std::string(ending);
    }
    return std::nullopt;
}

bool alternates(const GgufLayout& layout, std::string_view own)
{
    const std::string_view stem = own.substr(0, own.size() - endingOf(own).size());
    return std::ranges::any_of(
        layout.names, [&](const GgufName& row) { return row.alternatingRows && matched(row.own, stem).has_value(); });
}

// A GGUF file's tensors under the architecture's own names.
class RenamedTensors : public TensorArchive {
public:
    RenamedTensors(std::shared_ptr<const GgufFile> file, const GgufLayout& layout, std::uint64_t headSize)
        : m_file(std::move(file)), m_layout(layout)
    {
        std::vector<std::pair<TensorEntry, Source>> all;
        for (const TensorEntry& stored : m_file->entries()) {
            TensorEntry entry = stored;
            entry.name = moved(layout.names, stored.name, &GgufName::file, &GgufName::own).value_or(stored.name);
            const bool turned = alternates(layout, entry.name) && !entry.shape.empty();
            if (turned && (headSize < 2 || headSize % 2 != 0 || entry.shape.front() % headSize != 0))
                refuse({m_file->path().string() + ": tensor '" + printable(stored.name, 100) + "'",
                        "whole heads of " + std::to_string(headSize) + " rows",
                        std::to_string(entry.shape.front()) + " rows", "The file is damaged; download it again."});
            all.emplace_back(std::move(entry), Source{&stored, turned ? headSize : 0});
        }
        std::ranges::sort(all, {}, [](const auto& one) -> const std::string& { return one.first.name; });
        for (auto& [entry, source] : all) {
            if (!m_entries.empty() && m_entries.back().name == entry.name)
                refuse({m_file->path().string(), "one tensor '" + printable(source.entry->name, 100) + "'",
                        "another one under a second name", "The file is damaged; download it again."});
            m_entries.push_back(std::move(entry));
            m_sources.push_back(source);
        }
    }

    const std::vector<TensorEntry>& entries() const override { return m_entries; }

    void read(const TensorEntry& entry, std::uint64_t first, std::span<float> out) const override
    {
        const TensorEntry& own = checkedRange(entry.name, first, out.size(), m_file->path());
        const Source& source = m_sources[static_cast<std::size_t>(&own - m_entries.data())];
        if (source.headSize == 0)
            m_file->read(*source.entry, first, out);
        else
            readRows(source, own.elements / own.shape.front(), first, out);
    }

    std::filesystem::path fileOf(const TensorEntry&) const override { return m_file->path(); }

    std::string storedName(std::string_view name) const override
    {
        return moved(m_layout.names, name, &GgufName::own, &GgufName::file).value_or(std::string(name));
    }

private:
    struct Source {
        const TensorEntry* entry = nullptr;
        std::uint64_t headSize = 0;  // of alternating rows; 0 = rows are in order
    };

    void readRows(const Source& source, std::uint64_t width, std::uint64_t first, std::span<float> out) const
    {
        while (!out.empty()) {
            const std::uint64_t row = first / width;
            const std::uint64_t column = first % width;
            const std::uint64_t inHead = row % source.headSize;
            const std::uint64_t half = source.headSize / 2;
            const std::uint64_t stored = row - inHead + inHead % half * 2 + inHead / half;
            const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(width - column, out.size()));
            m_file->read(*source.entry, stored * width + column, out.first(count));
            out = out.subspan(count);
            first += count;
        }
    }

    std::shared_ptr<const GgufFile> m_file;
    const GgufLayout& m_layout;
    std::vector<TensorEntry> m_entries;
    std::vector<Source> m_sources;  // of m_entries
};

Json countOf(const GgufMetadata& metadata, const std::string& key)
{
    const auto count = metadata.count(key);
    if (!count)
        return nullptr;
    if (*count < 1 || *count > kMostCount)
        refuse({metadata.whereOf(key), "a whole number from 1 to " + std::to_string(kMostCount), std::to_string(*count),
                "The file is damaged; download it again."});
    return *count;
}

Json rowsOf(const GgufFile& file, std::string_view tensor)
{
    const TensorEntry* entry = file.find(tensor);
    return entry == nullptr || entry->shape.empty() ? Json(nullptr) : Json(entry->shape.front());
}

Json configurationOf(const GgufFile& file, const GgufLayout& layout)
{
    const GgufMetadata& metadata = file.metadata();
    Json config = {{"model_type", layout.architecture}};
    for (const GgufKey& key : layout.keys) {
        const bool isTensor = key.kind == GgufValue::Rows;
        const std::string name = (isTensor ? "" : std::string(layout.architecture) + ".") + std::string(key.file);
        Json value;
        if (isTensor)
            value = rowsOf(file, name);
        else if (key.kind == GgufValue::Count)
            value = countOf(metadata, name);
        else if (const auto number = metadata.number(name))
            value = *number;
        if (value.is_null() && key.required)
            refuse({file.path().string(), (isTensor ? "tensor " : "metadata ") + name, "none",
                    "The file is incomplete; convert the model again or download another file."});
        if (!value.is_null())
            config[std::string(key.own)] = value;
    }
    if (layout.complete != nullptr)
        layout.complete(file, config);
    return config;
}

const GgufLayout& layoutOf(const GgufFile& file)
{
    constexpr std::string_view kKey = "general.architecture";
    const auto name = file.metadata().text(kKey);
    std::string known;
    for (const Architecture* candidate : architectures()) {
        if (candidate->gguf == nullptr)
            continue;
        if (name == candidate->gguf->architecture)
            return *candidate->gguf;
        known += (known.empty() ? "" : ", ") + std::string(candidate->gguf->architecture);
    }
    refuse({file.metadata().whereOf(kKey), "one of " + known,
            name ? "\"" + printable(std::string(*name), 60) + "\"" : "none",
            "GGUF files of other models are not supported yet."});
}

}  // namespace

ModelFiles openGgufModel(const std::filesystem::path& path)
{
    auto file = std::make_shared<const GgufFile>(path);
    constexpr std::string_view kParts = "split.count";
    if (const auto parts = file->metadata().count(kParts).value_or(1); parts > 1)
        refuse({path.string(), "a model in one GGUF file", "one of " + std::to_string(parts) + " parts",
                "Join them with llama-gguf-split --merge."});
    const GgufLayout& layout = layoutOf(*file);
    ModelFiles files;
    files.folder = path;
    files.config = std::make_shared<const Json>(configurationOf(*file, layout));
    const std::uint64_t headSize = files.config->value("head_dim", std::uint64_t{0});
    files.weights = std::make_shared<const RenamedTensors>(file, layout, headSize);
    files.gguf = std::move(file);
    return files;
}

}  // namespace ketscope
