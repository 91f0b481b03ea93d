// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/formats/widen.h"

#include <array>
#include <cstring>

namespace ketscope {

namespace {

static_assert(std::endian::native == std::endian::little, "tensors are stored little-endian");

template <typename Stored, typename Convert> void convert(const std::byte* source, std::span<float> out, Convert change)
{
    for (std::size_t i = 0; i < out.size(); ++i) {
        Stored value;
        std::memcpy(&value, source + i * sizeof(Stored), sizeof(Stored));
        out[i] = change(value);
    }
}

template <typename Stored> void cast(const std::byte* source, std::span<float> out)
{
    convert<Stored>(source, out, [](Stored value) { return static_cast<float>(value); });
}

void copy(const std::byte* source, std::span<float> out)
{
    if (!out.empty())
        std::memcpy(out.data(), source, out.size_bytes());
}

void half(const std::byte* source, std::span<float> out) { convert<std::uint16_t>(source, out, halfToFloat); }

void brain(const std::byte* source, std::span<float> out) { convert<std::uint16_t>(source, out, brainToFloat); }

void truth(const std::byte* source, std::span<float> out)
{
    convert<std::uint8_t>(source, out, [](std::uint8_t value) { return value == 0 ? 0.0F : 1.0F; });
}

struct Row {
    std::string_view name;
    std::size_t bytes;
    void (*widen)(const std::byte*, std::span<float>);
};

// In the order of DataType; names as in the safetensors format.
constexpr std::array<Row, 13> kTypes{{{"F64", 8, cast<double>},
                                      {"F32", 4, copy},
                                      {"F16", 2, half},
                                      {"BF16", 2, brain},
                                      {"I64", 8, cast<std::int64_t>},
                                      {"I32", 4, cast<std::int32_t>},
                                      {"I16", 2, cast<std::int16_t>},
                                      {"I8", 1, cast<std::int8_t>},
                                      {"U64", 8, cast<std::uint64_t>},
                                      {"U32", 4, cast<std::uint32_t>},
                                      {"U16", 2, cast<std::uint16_t>},
                                      {"U8", 1, cast<std::uint8_t>},
                                      {"BOOL", 1, truth}}};
static_assert(kTypes.size() == static_cast<std::size_t>(DataType::Bool) + 1);

const Row& row(DataType type) { return kTypes[static_cast<std::size_t>(type)]; }

}  // namespace

std::string_view dataTypeName(DataType type) { return row(type).name; }

std::size_t dataTypeBytes(DataType type) { return row(type).bytes; }

std::optional<DataType> dataTypeNamed(std::string_view name)
{
    for (std::size_t i = 0; i < kTypes.size(); ++i)
        if (kTypes[i].name == name)
            return static_cast<DataType>(i);
    return std::nullopt;
}

void widen(DataType type, const std::byte* source, std::span<float> out) { row(type).widen(source, out); }

}  // namespace ketscope
