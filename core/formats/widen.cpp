// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/formats/widen.h"

#include "core/formats/quantized.h"

#include <algorithm>
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
    std::size_t values;  // of one block
    std::size_t bytes;
    void (*widen)(const std::byte*, std::span<float>);
};

using namespace quantized;

// In the order of DataType; names as in the safetensors format and in ggml.
constexpr std::array<Row, 28> kTypes{{{"F64", 1, 8, cast<double>},
                                      {"F32", 1, 4, copy},
                                      {"F16", 1, 2, half},
                                      {"BF16", 1, 2, brain},
                                      {"I64", 1, 8, cast<std::int64_t>},
                                      {"I32", 1, 4, cast<std::int32_t>},
                                      {"I16", 1, 2, cast<std::int16_t>},
                                      {"I8", 1, 1, cast<std::int8_t>},
                                      {"U64", 1, 8, cast<std::uint64_t>},
                                      {"U32", 1, 4, cast<std::uint32_t>},
                                      {"U16", 1, 2, cast<std::uint16_t>},
                                      {"U8", 1, 1, cast<std::uint8_t>},
                                      {"BOOL", 1, 1, truth},
                                      {"Q4_0", kSmallBlock, kQ4_0Bytes, q4_0},
                                      {"Q4_1", kSmallBlock, kQ4_1Bytes, q4_1},
                                      {"Q5_0", kSmallBlock, kQ5_0Bytes, q5_0},
                                      {"Q5_1", kSmallBlock, kQ5_1Bytes, q5_1},
                                      {"Q8_0", kSmallBlock, kQ8_0Bytes, q8_0},
                                      {"Q2_K", kSuperBlock, kQ2_KBytes, q2_K},
                                      {"Q3_K", kSuperBlock, kQ3_KBytes, q3_K},
                                      {"Q4_K", kSuperBlock, kQ4_KBytes, q4_K},
                                      {"Q5_K", kSuperBlock, kQ5_KBytes, q5_K},
                                      {"Q6_K", kSuperBlock, kQ6_KBytes, q6_K},
                                      {"Q8_K", kSuperBlock, kQ8_KBytes, q8_K},
                                      {"IQ4_NL", kSmallBlock, kIq4_nlBytes, iq4_nl},
                                      {"IQ4_XS", kSuperBlock, kIq4_xsBytes, iq4_xs},
                                      {"TQ1_0", kSuperBlock, kTq1_0Bytes, tq1_0},
                                      {"TQ2_0", kSuperBlock, kTq2_0Bytes, tq2_0}}};
static_assert(kTypes.size() == static_cast<std::size_t>(DataType::TQ2_0) + 1);

const Row& row(DataType type) { return kTypes[static_cast<std::size_t>(type)]; }

}  // namespace

std::string_view dataTypeName(DataType type) { return row(type).name; }

std::size_t dataTypeBlock(DataType type) { return row(type).values; }

std::size_t dataTypeBytes(DataType type) { return row(type).bytes; }

bool isInteger(DataType type) { return type >= DataType::I64 && type <= DataType::Bool; }

std::optional<DataType> dataTypeNamed(std::string_view name)
{
    for (std::size_t i = 0; i < kTypes.size(); ++i)
        if (kTypes[i].name == name && kTypes[i].values == 1)
            return static_cast<DataType>(i);
    return std::nullopt;
}

void widen(DataType type, const std::byte* source, std::span<float> out) { row(type).widen(source, out); }

void widenRange(DataType type, const std::byte* tensor, std::uint64_t first, std::span<float> out)
{
    const std::size_t size = dataTypeBlock(type);
    const std::byte* source = tensor + first / size * dataTypeBytes(type);
    std::array<float, kSuperBlock> block{};
    for (auto skip = static_cast<std::size_t>(first % size); !out.empty(); skip = 0) {
        const std::size_t whole = skip == 0 ? out.size() / size : 0;
        std::size_t taken = whole * size;
        if (whole > 0) {
            widen(type, source, out.first(taken));
        } else {
            taken = std::min(size - skip, out.size());
            widen(type, source, std::span(block).first(size));
            std::copy_n(block.begin() + static_cast<std::ptrdiff_t>(skip), taken, out.begin());
        }
        source += std::max<std::size_t>(whole, 1) * dataTypeBytes(type);
        out = out.subspan(taken);
    }
}

}  // namespace ketscope
