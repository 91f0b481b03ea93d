// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/formats/tensor_archive.h"

#include <bit>
#include <optional>

namespace ketscope {

// IEEE 754 binary16 to binary32, exact for every one of the 65536 patterns (payloads of NaNs included). Integer
// arithmetic keeps subnormals whatever the thread's flush-to-zero mode is, and loops over it vectorise.
inline float halfToFloat(std::uint16_t half)
{
    const std::uint32_t magnitude = half & 0x7FFFU;
    // 112 = 127 − 15, the difference of the exponents' biases; an all-ones exponent needs it twice.
    const std::uint32_t bias = magnitude >= 0x7C00U ? 0x70000000U : 0x38000000U;
    const std::uint32_t normal = (magnitude << 13) + bias;
    const auto subnormal =
        std::bit_cast<std::uint32_t>(static_cast<float>(static_cast<std::int32_t>(magnitude)) * 0x1p-24F);
    const std::uint32_t sign = static_cast<std::uint32_t>(half & 0x8000U) << 16;
    return std::bit_cast<float>((magnitude < 0x400U ? subnormal : normal) | sign);
}

inline float brainToFloat(std::uint16_t value) { return std::bit_cast<float>(static_cast<std::uint32_t>(value) << 16); }

// A plain type by its name in the safetensors format ("BF16").
std::optional<DataType> dataTypeNamed(std::string_view name);

// Widens out.size() little-endian values of `type` at `source` (any alignment) to float32. F64 and wide integers are
// rounded to nearest. Quantised types are read in whole blocks.
void widen(DataType type, const std::byte* source, std::span<float> out);

// The same for values [first, first + out.size()) of a tensor that starts at `tensor`, which need not be whole blocks.
void widenRange(DataType type, const std::byte* tensor, std::uint64_t first, std::span<float> out);

}  // namespace ketscope
