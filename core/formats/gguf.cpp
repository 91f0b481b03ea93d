// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/formats/gguf.h"

#include "core/base/error.h"
#include "core/formats/gguf_reader.h"
#include "core/formats/known_format.h"
#include "core/formats/widen.h"

#include <algorithm>
#include <bit>
#include <numeric>

namespace ketscope {

namespace {

constexpr std::uint32_t kOldest = 2;
constexpr std::uint32_t kNewest = 3;
constexpr std::uint32_t kMostDimensions = 4;
constexpr std::uint64_t kLongestName = 1024;
constexpr std::uint64_t kSmallestTensor = 8 + 4 + 4 + 8;  // name's length, dimensions, type, offset
constexpr std::string_view kDamaged = "The file is damaged or cut short; download it again.";

struct TypeRow {
    std::uint32_t id;
    DataType type;
};

constexpr TypeRow kTypes[] = {
    {0, DataType::F32},   {1, DataType::F16},    {2, DataType::Q4_0},   {3, DataType::Q4_1},    {6, DataType::Q5_0},
    {7, DataType::Q5_1},  {8, DataType::Q8_0},   {10, DataType::Q2_K},  {11, DataType::Q3_K},   {12, DataType::Q4_K},
    {13, DataType::Q5_K}, {14, DataType::Q6_K},  {15, DataType::Q8_K},  {20, DataType::IQ4_NL}, {23, DataType::IQ4_XS},
    {24, DataType::I8},   {25, DataType::I16},   {26, DataType::I32},   {27, DataType::I64},    {28, DataType::F64},
    {30, DataType::BF16}, {34, DataType::TQ1_0}, {35, DataType::TQ2_0},
};

struct UnreadType {
    std::uint32_t id;
    std::string_view name;
};

constexpr UnreadType kUnreadTypes[] = {{9, "Q8_1"},   {16, "IQ2_XXS"}, {17, "IQ2_XS"}, {18, "IQ3_XXS"}, {19, "IQ1_S"},
                                       {21, "IQ3_S"}, {22, "IQ2_S"},   {29, "IQ1_M"},  {39, "MXFP4"}};

DataType typeOf(std::uint32_t id, const std::string& where)
{
    for (const TypeRow& row : kTypes)
        if (row.id == id)
            return row.type;
    std::string name = "type " + std::to_string(id);
    for (const UnreadType& row : kUnreadTypes)
        if (row.id == id)
            name = row.name;
    refuse({where, "a type among F64, F32, F16, BF16, I8–I64, Q4_0–Q8_0, Q2_K–Q8_K, IQ4_NL, IQ4_XS, TQ1_0, TQ2_0", name,
            "Use a file with another quantisation."});
}

std::uint32_t readVersion(GgufReader& reader)
{
    constexpr std::string_view kMagic = "GGUF";
    const std::string& file = reader.file();
    if (reader.left() < kMagic.size() || reader.take(kMagic.size(), "the file's mark") != kMagic)
        refuse({file, "a GGUF file", "a file that does not start with GGUF", "Choose a .gguf file."});
    const auto version = reader.number<std::uint32_t>("the version");
    if (version >= kOldest && version <= kNewest)
        return version;
    const std::uint32_t swapped = __builtin_bswap32(version);
    if (swapped >= 1 && swapped <= kNewest)
        refuse({file, "a little-endian GGUF file", "a big-endian one", "Convert the model on this machine."});
    refuse({file, "GGUF version 2 or 3", "version " + std::to_string(version),
            version == 1 ? "Convert the model again with a current converter." : std::string(kDamaged)});
}

std::string whereOf(const std::string& file, std::string_view tensor)
{
    return file + ": tensor '" + printable(std::string(tensor), 100) + "'";
}

// Rows first; checked to hold whole blocks and a number of bytes that can be counted.
void readShape(GgufReader& reader, TensorEntry& entry, const std::string& where)
{
    const auto dimensions = reader.number<std::uint32_t>("the number of a tensor's dimensions");
    if (dimensions > kMostDimensions)
        refuse({where, "at most " + std::to_string(kMostDimensions) + " dimensions", std::to_string(dimensions),
                std::string(kDamaged)});
    for (std::uint32_t i = 0; i < dimensions; ++i)
        entry.shape.push_back(reader.number<std::uint64_t>("a tensor's shape"));
    std::reverse(entry.shape.begin(), entry.shape.end());
    entry.type = typeOf(reader.number<std::uint32_t>("a tensor's type"), where);
    const std::uint64_t block = dataTypeBlock(entry.type);
    const std::uint64_t width = entry.shape.empty() ? 1 : entry.shape.back();
    if (width % block != 0)
        refuse(
            {where,
             "rows of a multiple of " + std::to_string(block) + " values for " + std::string(dataTypeName(entry.type)),
             std::to_string(width), std::string(kDamaged)});
    entry.elements = 1;
    std::uint64_t bytes = 0;
    for (const std::uint64_t extent : entry.shape)
        if (__builtin_mul_overflow(entry.elements, extent, &entry.elements)
            || __builtin_mul_overflow(entry.elements, std::uint64_t{sizeof(double)}, &bytes))
            refuse({where, "a shape whose size can be counted", "one that overflows 64 bits", std::string(kDamaged)});
}

}  // namespace

std::string_view GgufReader::take(std::uint64_t count, std::string_view what)
{
    if (count > left())
        refuse({m_file, std::to_string(count) + " bytes for " + std::string(what) + " at byte " + std::to_string(m_at),
                std::to_string(left()) + " before the end of the file", std::string(kDamaged)});
    const std::string_view taken = m_bytes.substr(m_at, static_cast<std::size_t>(count));
    m_at += static_cast<std::size_t>(count);
    return taken;
}

std::string_view GgufReader::text(std::string_view what) { return take(number<std::uint64_t>(what), what); }

void GgufReader::checkCount(std::uint64_t count, std::uint64_t bytes, std::string_view what) const
{
    if (count > left() / bytes)
        refuse({m_file,
                "at most " + std::to_string(left() / bytes) + " " + std::string(what) + " in the rest of the file",
                std::to_string(count), std::string(kDamaged)});
}

GgufFile::GgufFile(const std::filesystem::path& path) : m_file(path)
{
    refuseDisguised(m_file, "a GGUF file");
    GgufReader reader(m_file.text(), path.string());
    m_version = readVersion(reader);
    const auto tensors = reader.number<std::uint64_t>("the number of tensors");
    const auto pairs = reader.number<std::uint64_t>("the number of metadata entries");
    reader.checkCount(tensors, kSmallestTensor, "tensors");
    m_metadata.read(reader, pairs);
    readAlignment();
    std::vector<Place> places = readTensors(reader, tensors);
    const std::uint64_t padding = (m_alignment - reader.position() % m_alignment) % m_alignment;
    m_data = m_file.bytes().subspan(reader.position() + static_cast<std::size_t>(std::min(padding, reader.left())));
    checkPlaces(places);
    for (Place& place : places) {
        m_entries.push_back(std::move(place.entry));
        m_offsets.push_back(place.offset);
    }
}

void GgufFile::readAlignment()
{
    constexpr std::string_view kKey = "general.alignment";
    const std::uint64_t alignment = m_metadata.count(kKey).value_or(m_alignment);
    if (!std::has_single_bit(alignment) || alignment > std::uint64_t{1} << 31)
        refuse({m_metadata.whereOf(kKey), "a power of two", std::to_string(alignment), std::string(kDamaged)});
    m_alignment = alignment;
}

std::vector<GgufFile::Place> GgufFile::readTensors(GgufReader& reader, std::uint64_t count) const
{
    reader.checkCount(count, kSmallestTensor, "tensors");
    std::vector<Place> places;
    for (std::uint64_t i = 0; i < count; ++i)
        places.push_back(readTensor(reader));
    std::sort(places.begin(), places.end(), [](const Place& a, const Place& b) { return a.entry.name < b.entry.name; });
    const auto twin = std::adjacent_find(places.begin(), places.end(),
                                         [](const Place& a, const Place& b) { return a.entry.name == b.entry.name; });
    if (twin != places.end())
        refuse({whereOf(reader.file(), twin->entry.name), "one tensor of each name", "a second one",
                std::string(kDamaged)});
    return places;
}

GgufFile::Place GgufFile::readTensor(GgufReader& reader) const
{
    const std::string_view name = reader.text("a tensor's name");
    const std::string where = whereOf(reader.file(), name);
    if (name.empty() || name.size() > kLongestName || !isUtf8(name))
        refuse({where, "a name of 1 to " + std::to_string(kLongestName) + " bytes of UTF-8",
                std::to_string(name.size()) + " bytes" + (isUtf8(name) ? "" : " that are not UTF-8"),
                std::string(kDamaged)});
    Place place;
    place.entry.name = name;
    readShape(reader, place.entry, where);
    place.offset = reader.number<std::uint64_t>("a tensor's place");
    if (place.offset % m_alignment != 0)
        refuse({where, "a place that is a multiple of " + std::to_string(m_alignment), std::to_string(place.offset),
                std::string(kDamaged)});
    return place;
}

// Tensors lie inside the data, do not overlap, and leave only padding between them: bytes nobody owns could hide
// anything. What follows the last one is not looked at: some writers pad it, some do not.
void GgufFile::checkPlaces(const std::vector<Place>& places) const
{
    std::vector<std::size_t> order(places.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
        return std::pair(places[a].offset, bytesOf(places[a].entry))
               < std::pair(places[b].offset, bytesOf(places[b].entry));
    });
    std::uint64_t reached = 0;
    for (const std::size_t index : order) {
        const Place& place = places[index];
        const std::string where = whereOf(m_file.path().string(), place.entry.name);
        const std::uint64_t bytes = bytesOf(place.entry);
        if (place.offset > m_data.size() || bytes > m_data.size() - place.offset)
            refuse({where, std::to_string(bytes) + " bytes from byte " + std::to_string(place.offset) + " of the data",
                    std::to_string(m_data.size()) + " bytes of data", std::string(kDamaged)});
        if (place.offset < reached || place.offset - reached >= m_alignment)
            refuse(
                {where, "data right after byte " + std::to_string(reached),
                 (place.offset < reached ? "an overlap at byte " : "a gap up to byte ") + std::to_string(place.offset),
                 std::string(kDamaged)});
        reached = place.offset + bytes;
    }
}

std::uint64_t GgufFile::bytesOf(const TensorEntry& entry)
{
    return entry.elements / dataTypeBlock(entry.type) * dataTypeBytes(entry.type);
}

void GgufFile::read(const TensorEntry& entry, std::uint64_t first, std::span<float> out) const
{
    const TensorEntry& own = checkedRange(entry.name, first, out.size(), m_file.path());
    const std::uint64_t offset = m_offsets[static_cast<std::size_t>(&own - m_entries.data())];
    widenRange(own.type, m_data.data() + offset, first, out);
}

}  // namespace ketscope
