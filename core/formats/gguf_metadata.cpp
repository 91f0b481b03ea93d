// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/formats/gguf.h"
#include "core/formats/gguf_reader.h"
#include "core/text/unicode.h"

#include <array>
#include <limits>

namespace ketscope {

namespace {

struct KindRow {
    std::string_view name;
    std::size_t bytes;  // 0 = not of a fixed size
};

// In the order of GgufKind.
constexpr std::array<KindRow, 13> kKinds{{{"U8", 1},
                                          {"I8", 1},
                                          {"U16", 2},
                                          {"I16", 2},
                                          {"U32", 4},
                                          {"I32", 4},
                                          {"F32", 4},
                                          {"BOOL", 1},
                                          {"a text", 0},
                                          {"an array", 0},
                                          {"U64", 8},
                                          {"I64", 8},
                                          {"F64", 8}}};
constexpr std::uint64_t kLengthBytes = 8;
constexpr std::uint64_t kSmallestPair = kLengthBytes + 4 + 1;  // a key's length, a kind, a value
constexpr std::uint64_t kLongestKey = 65535;                   // as the format says

const KindRow& row(GgufKind kind) { return kKinds[static_cast<std::size_t>(kind)]; }

bool isReal(GgufKind kind) { return kind == GgufKind::F32 || kind == GgufKind::F64; }

bool isSigned(GgufKind kind)
{
    return kind == GgufKind::I8 || kind == GgufKind::I16 || kind == GgufKind::I32 || kind == GgufKind::I64;
}

bool isWhole(GgufKind kind)
{
    return kind != GgufKind::Bool && kind != GgufKind::Text && kind != GgufKind::Array && !isReal(kind);
}

bool isNumber(GgufKind kind) { return isWhole(kind) || isReal(kind); }

template <typename Number> Number load(std::string_view bytes)
{
    Number value;
    std::memcpy(&value, bytes.data(), sizeof value);
    return value;
}

// The bit pattern of a whole number, sign-extended to 64 bits.
std::uint64_t pattern(GgufKind kind, std::string_view bytes)
{
    switch (kind) {
    case GgufKind::U8: return load<std::uint8_t>(bytes);
    case GgufKind::I8: return static_cast<std::uint64_t>(std::int64_t{load<std::int8_t>(bytes)});
    case GgufKind::U16: return load<std::uint16_t>(bytes);
    case GgufKind::I16: return static_cast<std::uint64_t>(std::int64_t{load<std::int16_t>(bytes)});
    case GgufKind::U32: return load<std::uint32_t>(bytes);
    case GgufKind::I32: return static_cast<std::uint64_t>(std::int64_t{load<std::int32_t>(bytes)});
    default: return load<std::uint64_t>(bytes);
    }
}

double realOf(GgufKind kind, std::string_view bytes)
{
    if (kind == GgufKind::F32)
        return static_cast<double>(load<float>(bytes));
    if (kind == GgufKind::F64)
        return load<double>(bytes);
    const std::uint64_t value = pattern(kind, bytes);
    return isSigned(kind) ? static_cast<double>(static_cast<std::int64_t>(value)) : static_cast<double>(value);
}

GgufKind readKind(GgufReader& reader, const std::string& where)
{
    const auto kind = reader.number<std::uint32_t>("the kind of a metadata value");
    if (kind >= kKinds.size())
        refuse({where, "a kind of value from 0 to " + std::to_string(kKinds.size() - 1), std::to_string(kind),
                "The file is damaged, or newer than this program."});
    return static_cast<GgufKind>(kind);
}

void skipElements(GgufReader& reader, GgufKind kind, std::uint64_t size)
{
    if (kind == GgufKind::Text) {
        reader.checkCount(size, kLengthBytes, "texts in an array");
        for (std::uint64_t i = 0; i < size; ++i)
            reader.text("a text of an array");
        return;
    }
    reader.checkCount(size, row(kind).bytes, "elements in an array");
    reader.take(size * row(kind).bytes, "an array");
}

}  // namespace

std::string GgufMetadata::whereOf(std::string_view key) const
{
    return m_file + ": metadata " + printable(std::string(key), 100);
}

void GgufMetadata::read(GgufReader& reader, std::uint64_t count)
{
    m_file = reader.file();
    reader.checkCount(count, kSmallestPair, "metadata entries");
    for (std::uint64_t i = 0; i < count; ++i) {
        const std::string_view key = reader.text("a metadata key");
        const std::string where = whereOf(key);
        if (key.empty() || key.size() > kLongestKey || !isUtf8(key))
            refuse({where, "a key of 1 to " + std::to_string(kLongestKey) + " bytes of UTF-8",
                    std::to_string(key.size()) + " bytes" + (isUtf8(key) ? "" : " that are not UTF-8"),
                    "The file is damaged; download it again."});
        Value value;
        value.kind = value.element = readKind(reader, where);
        if (value.kind == GgufKind::Array) {
            value.element = readKind(reader, where);
            value.size = reader.number<std::uint64_t>("the size of an array");
            if (value.element == GgufKind::Array)
                refuse(
                    {where, "an array of numbers or texts", "an array of arrays", "Nested arrays are not supported."});
        }
        const std::size_t start = reader.position();
        skipElements(reader, value.element, value.size);
        value.bytes = reader.since(start);
        if (!m_values.emplace(key, value).second)
            refuse({where, "one value for each key", "a second one", "The file is damaged; download it again."});
    }
}

const GgufMetadata::Value* GgufMetadata::find(std::string_view key) const
{
    const auto found = m_values.find(key);
    return found == m_values.end() ? nullptr : &found->second;
}

void GgufMetadata::refuseKind(std::string_view key, std::string_view wanted, const Value& value) const
{
    const bool array = value.kind == GgufKind::Array;
    refuse({whereOf(key), std::string(wanted),
            (array ? "an array of " + std::to_string(value.size) + " × " : std::string())
                + std::string(row(value.element).name),
            "The file is damaged or was made by a faulty converter."});
}

const GgufMetadata::Value* GgufMetadata::find(std::string_view key, GgufKind kind) const
{
    const Value* value = find(key);
    if (value != nullptr && value->kind != kind)
        refuseKind(key, row(kind).name, *value);
    return value;
}

const GgufMetadata::Value* GgufMetadata::findArray(std::string_view key, std::string_view wanted,
                                                   bool (*fits)(GgufKind)) const
{
    const Value* value = find(key);
    if (value != nullptr && (value->kind != GgufKind::Array || !fits(value->element)))
        refuseKind(key, wanted, *value);
    return value;
}

bool GgufMetadata::has(std::string_view key) const { return find(key) != nullptr; }

std::vector<std::string_view> GgufMetadata::keys() const
{
    std::vector<std::string_view> keys;
    for (const auto& [key, value] : m_values)
        keys.push_back(key);
    return keys;
}

std::optional<std::string_view> GgufMetadata::text(std::string_view key) const
{
    const Value* value = find(key, GgufKind::Text);
    if (value == nullptr)
        return std::nullopt;
    const std::string_view text = value->bytes.substr(kLengthBytes);
    if (!isUtf8(text))
        refuse({whereOf(key), "UTF-8", "bytes that are not", "The file is damaged; download it again."});
    return text;
}

std::optional<bool> GgufMetadata::flag(std::string_view key) const
{
    const Value* value = find(key, GgufKind::Bool);
    return value == nullptr ? std::nullopt : std::optional(value->bytes[0] != 0);
}

std::optional<std::uint64_t> GgufMetadata::count(std::string_view key) const
{
    const Value* value = find(key);
    if (value == nullptr)
        return std::nullopt;
    if (!isWhole(value->kind))
        refuseKind(key, "a whole number", *value);
    const std::uint64_t bits = pattern(value->kind, value->bytes);
    if (isSigned(value->kind) && static_cast<std::int64_t>(bits) < 0)
        refuse({whereOf(key), "a whole number that is not negative", std::to_string(static_cast<std::int64_t>(bits)),
                "The file is damaged; download it again."});
    return bits;
}

std::optional<std::int64_t> GgufMetadata::integer(std::string_view key) const
{
    const Value* value = find(key);
    if (value == nullptr)
        return std::nullopt;
    if (!isWhole(value->kind))
        refuseKind(key, "a whole number", *value);
    const std::uint64_t bits = pattern(value->kind, value->bytes);
    if (!isSigned(value->kind) && bits > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
        refuse({whereOf(key), "a whole number below 2^63", std::to_string(bits),
                "The file is damaged; download it again."});
    return static_cast<std::int64_t>(bits);
}

std::optional<double> GgufMetadata::number(std::string_view key) const
{
    const Value* value = find(key);
    if (value == nullptr)
        return std::nullopt;
    if (!isNumber(value->kind))
        refuseKind(key, "a number", *value);
    return realOf(value->kind, value->bytes);
}

std::optional<std::vector<std::string_view>> GgufMetadata::texts(std::string_view key) const
{
    const Value* value = findArray(key, "an array of texts", [](GgufKind kind) { return kind == GgufKind::Text; });
    if (value == nullptr)
        return std::nullopt;
    std::vector<std::string_view> texts;
    texts.reserve(static_cast<std::size_t>(value->size));
    GgufReader reader(value->bytes, m_file);
    for (std::uint64_t i = 0; i < value->size; ++i) {
        texts.push_back(reader.text("a text of an array"));
        if (!isUtf8(texts.back()))
            refuse({whereOf(key), "texts in UTF-8", "bytes that are not at index " + std::to_string(i),
                    "The file is damaged; download it again."});
    }
    return texts;
}

std::optional<std::vector<std::int64_t>> GgufMetadata::integers(std::string_view key) const
{
    const Value* value = findArray(key, "an array of whole numbers", isWhole);
    if (value == nullptr)
        return std::nullopt;
    const std::size_t bytes = row(value->element).bytes;
    std::vector<std::int64_t> numbers;
    numbers.reserve(static_cast<std::size_t>(value->size));
    for (std::size_t at = 0; at < value->bytes.size(); at += bytes)
        numbers.push_back(static_cast<std::int64_t>(pattern(value->element, value->bytes.substr(at, bytes))));
    return numbers;
}

std::optional<std::vector<float>> GgufMetadata::numbers(std::string_view key) const
{
    const Value* value = findArray(key, "an array of numbers", isNumber);
    if (value == nullptr)
        return std::nullopt;
    const std::size_t bytes = row(value->element).bytes;
    std::vector<float> numbers;
    numbers.reserve(static_cast<std::size_t>(value->size));
    for (std::size_t at = 0; at < value->bytes.size(); at += bytes)
        numbers.push_back(static_cast<float>(realOf(value->element, value->bytes.substr(at, bytes))));
    return numbers;
}

std::optional<std::vector<bool>> GgufMetadata::flags(std::string_view key) const
{
    const Value* value =
        findArray(key, "an array of truth values", [](GgufKind kind) { return kind == GgufKind::Bool; });
    if (value == nullptr)
        return std::nullopt;
    std::vector<bool> flags;
    for (const char byte : value->bytes)
        flags.push_back(byte != 0);
    return flags;
}

bool GgufMetadata::isArray(std::string_view key) const
{
    const Value* value = find(key);
    return value != nullptr && value->kind == GgufKind::Array;
}

std::uint64_t GgufMetadata::arraySize(std::string_view key) const { return isArray(key) ? find(key)->size : 0; }

bool isUtf8(std::string_view text)
{
    for (std::size_t at = 0; at < text.size();) {
        if (static_cast<unsigned char>(text[at]) < 0x80)
            ++at;
        else if (!nextUtf8(text, at))
            return false;
    }
    return true;
}

}  // namespace ketscope
