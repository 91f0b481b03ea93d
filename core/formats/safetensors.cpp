// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/formats/json.h"
#include "core/formats/known_format.h"
#include "core/formats/mapped_file.h"
#include "core/formats/tensor_archive.h"
#include "core/formats/widen.h"

#include <algorithm>
#include <cstring>
#include <nlohmann/json.hpp>
#include <numeric>

namespace ketscope {

namespace {

// The format: 8 bytes little-endian header length, a JSON object {name: {dtype, shape, data_offsets}}, the payload.
// https://github.com/huggingface/safetensors#format
constexpr std::size_t kLengthBytes = 8;
constexpr std::uint64_t kMaximumHeaderBytes = 100'000'000;
constexpr std::size_t kMaximumRank = 32;

struct Extent {
    std::uint64_t begin = 0;  // bytes from the start of the payload
    std::uint64_t end = 0;
};

std::string_view headerOf(const MappedFile& file)
{
    const std::string_view text = file.text();
    if (text.size() < kLengthBytes)
        refuse({file.path().string(), "a safetensors file of at least 8 bytes", std::to_string(text.size()) + " bytes",
                "Download it again."});
    std::uint64_t length = 0;
    std::memcpy(&length, text.data(), kLengthBytes);
    const std::uint64_t present = text.size() - kLengthBytes;
    if (length > kMaximumHeaderBytes || length > present)
        refuse({file.path().string(),
                "a header of at most " + std::to_string(std::min(kMaximumHeaderBytes, present)) + " bytes",
                "a header length of " + std::to_string(length),
                "The file is damaged or cut short; download it again."});
    const std::string_view header = text.substr(kLengthBytes, static_cast<std::size_t>(length));
    if (!header.starts_with('{'))
        refuse({file.path().string(), "a safetensors header that starts with {", "something else",
                "Check that this is a safetensors file."});
    return header;
}

void checkMetadata(const Json& metadata, const std::string& where)
{
    const bool strings = metadata.is_object()
                         && std::all_of(metadata.begin(), metadata.end(), [](const Json& v) { return v.is_string(); });
    if (!strings)
        refuse({where, "an object of strings in __metadata__", "something else", ""});
}

const Json& member(const Json& object, const char* key, const std::string& where)
{
    if (!object.is_object() || !object.contains(key))
        refuse(
            {where, std::string("an entry '") + key + "'", "none", "The header is damaged; download the file again."});
    return object[key];
}

DataType readType(const Json& value, const std::string& where)
{
    const std::string name = value.is_string() ? value.get<std::string>() : value.dump();
    const auto type = dataTypeNamed(name);
    if (!value.is_string() || !type)
        refuse({where, "a number type among F64, F32, F16, BF16, integers and BOOL", "'" + printable(name, 60) + "'",
                "Store the tensor as one of these."});
    return *type;
}

std::vector<std::uint64_t> readNumbers(const Json& value, const char* what, std::size_t limit, const std::string& where)
{
    const bool whole = value.is_array() && value.size() <= limit
                       && std::all_of(value.begin(), value.end(), [](const Json& v) { return v.is_number_unsigned(); });
    if (!whole)
        refuse({where, std::string(what) + " of at most " + std::to_string(limit) + " whole numbers, none negative",
                value.is_array() && value.size() > limit
                    ? std::to_string(value.size()) + " entries"
                    : printable(value.is_array() ? value.dump() : value.type_name(), 60),
                ""});
    return value.get<std::vector<std::uint64_t>>();
}

std::uint64_t product(const std::vector<std::uint64_t>& shape, std::size_t bytes, const std::string& where)
{
    std::uint64_t elements = 1;
    std::uint64_t total = bytes;
    for (const std::uint64_t size : shape)
        if (__builtin_mul_overflow(elements, size, &elements) || __builtin_mul_overflow(total, size, &total))
            refuse({where, "a shape whose size can be counted", "one that overflows 64 bits", ""});
    return elements;
}

Extent readExtent(const Json& value, const TensorEntry& entry, std::uint64_t payload, const std::string& where)
{
    const std::vector<std::uint64_t> offsets = readNumbers(value, "data_offsets", 2, where);
    if (offsets.size() != 2 || offsets[0] > offsets[1])
        refuse({where, "data_offsets [begin, end] with begin ≤ end", printable(value.dump(), 60), ""});
    if (offsets[1] > payload)
        refuse({where, "data within the file's " + std::to_string(payload) + " bytes",
                "data up to byte " + std::to_string(offsets[1]), "The file is cut short; download it again."});
    const std::uint64_t needed = entry.elements * dataTypeBytes(entry.type);
    if (offsets[1] - offsets[0] != needed)
        refuse({where, std::to_string(needed) + " bytes for its shape and type",
                std::to_string(offsets[1] - offsets[0]) + " bytes", ""});
    return {offsets[0], offsets[1]};
}

class Safetensors : public TensorArchive {
public:
    explicit Safetensors(const std::filesystem::path& path) : m_file(path)
    {
        refuseDisguised(m_file, "a safetensors file");
        const std::string_view header = headerOf(m_file);
        m_payload = m_file.bytes().subspan(kLengthBytes + header.size());
        const Json root = parseJson(header, path.string() + ": header");
        if (!root.is_object())
            refuse({path.string(), "a header that is a JSON object", root.type_name(), ""});
        for (const auto& [name, value] : root.items())
            add(name, value);
        checkCoverage();
    }

    const std::vector<TensorEntry>& entries() const override { return m_entries; }

    void read(const TensorEntry& entry, std::uint64_t first, std::span<float> out) const override
    {
        const TensorEntry& own = checkedRange(entry.name, first, out.size(), m_file.path());
        const Extent& extent = m_extents[static_cast<std::size_t>(&own - m_entries.data())];
        widen(own.type, m_payload.data() + extent.begin + first * dataTypeBytes(own.type), out);
    }

    std::filesystem::path fileOf(const TensorEntry&) const override { return m_file.path(); }

private:
    std::string whereOf(const std::string& name) const
    {
        return m_file.path().string() + ": tensor '" + printable(name, 100) + "'";
    }

    // Members of a JSON object come sorted by name, and so do the entries.
    void add(const std::string& name, const Json& value)
    {
        const std::string where = whereOf(name);
        if (name == "__metadata__") {
            checkMetadata(value, m_file.path().string());
            return;
        }
        TensorEntry entry;
        entry.name = name;
        entry.type = readType(member(value, "dtype", where), where);
        entry.shape = readNumbers(member(value, "shape", where), "a shape", kMaximumRank, where);
        entry.elements = product(entry.shape, dataTypeBytes(entry.type), where);
        m_extents.push_back(readExtent(member(value, "data_offsets", where), entry, m_payload.size(), where));
        m_entries.push_back(std::move(entry));
    }

    // The payload is used exactly once, without holes: bytes nobody owns could hide anything.
    void checkCoverage() const
    {
        std::vector<std::size_t> order(m_extents.size());
        std::iota(order.begin(), order.end(), std::size_t{0});
        std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
            return std::pair(m_extents[a].begin, m_extents[a].end) < std::pair(m_extents[b].begin, m_extents[b].end);
        });
        std::uint64_t reached = 0;
        for (const std::size_t index : order) {
            const Extent& extent = m_extents[index];
            if (extent.begin != reached)
                refuse({whereOf(m_entries[index].name), "data that starts at byte " + std::to_string(reached),
                        (extent.begin < reached ? "an overlap at byte " : "a gap up to byte ")
                            + std::to_string(extent.begin),
                        "The file is damaged; download it again."});
            reached = extent.end;
        }
        if (reached != m_payload.size())
            refuse({m_file.path().string(),
                    "tensors that fill the file's " + std::to_string(m_payload.size()) + " bytes of data",
                    std::to_string(m_payload.size() - reached) + " bytes that belong to no tensor",
                    "The file is damaged; download it again."});
    }

    MappedFile m_file;
    std::span<const std::byte> m_payload;
    std::vector<TensorEntry> m_entries;
    std::vector<Extent> m_extents;
};

}  // namespace

std::unique_ptr<TensorArchive> openSafetensors(const std::filesystem::path& file)
{
    return std::make_unique<Safetensors>(file);
}

}  // namespace ketscope
