// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/formats/quantized.h"

#include "core/formats/widen.h"

#include <cstdint>
#include <cstring>

namespace ketscope::quantized {

namespace {

// One block's bytes.
class Block {
public:
    explicit Block(const std::byte* at) : m_at(at) {}

    int u8(std::size_t at) const { return std::to_integer<int>(m_at[at]); }
    int i8(std::size_t at) const { return static_cast<std::int8_t>(std::to_integer<std::uint8_t>(m_at[at])); }
    unsigned u16(std::size_t at) const { return load<std::uint16_t>(at); }
    std::uint32_t u32(std::size_t at) const { return load<std::uint32_t>(at); }
    float half(std::size_t at) const { return halfToFloat(load<std::uint16_t>(at)); }
    float single(std::size_t at) const { return load<float>(at); }
    int low(std::size_t at) const { return u8(at) & 15; }
    int high(std::size_t at) const { return u8(at) >> 4; }

private:
    template <typename Value> Value load(std::size_t at) const
    {
        Value value;
        std::memcpy(&value, m_at + at, sizeof value);
        return value;
    }

    const std::byte* m_at;
};

float real(int value) { return static_cast<float>(value); }

// Calls decode(block, its floats) for each block of `Values` values in `Bytes` bytes.
template <std::size_t Values, std::size_t Bytes, typename Decode>
void eachBlock(const std::byte* source, std::span<float> out, Decode decode)
{
    for (std::size_t done = 0; done + Values <= out.size(); done += Values, source += Bytes)
        decode(Block(source), out.data() + done);
}

// Values of non-linear 4-bit types.
constexpr int kSteps[16] = {-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113};

// Scale and minimum `index` of a Q4_K or Q5_K block: 8 of each in 6 bits, in the 12 bytes from `at`.
struct ScaleAndMinimum {
    int scale;
    int minimum;
};

ScaleAndMinimum scaleAt(const Block& block, std::size_t at, std::size_t index)
{
    if (index < 4)
        return {block.u8(at + index) & 63, block.u8(at + index + 4) & 63};
    return {block.low(at + index + 4) | (block.u8(at + index - 4) >> 6) << 4,
            block.high(at + index + 4) | (block.u8(at + index) >> 6) << 4};
}

// Scale `index` of a Q3_K block: 16 in 6 bits, in the 12 bytes from `at`.
int smallScale(const Block& block, std::size_t at, std::size_t index)
{
    const int low = index < 8 ? block.low(at + index) : block.high(at + index - 8);
    const int high = (block.u8(at + 8 + index % 4) >> (2 * (index / 4))) & 3;
    return (low | high << 4) - 32;
}

// Digit `place` (the first is 0) of five base-3 digits in one byte.
int ternaryDigit(int packed, std::size_t place)
{
    constexpr int kPowers[5] = {1, 3, 9, 27, 81};
    return ((packed * kPowers[place]) % 256 * 3) >> 8;
}

}  // namespace

void q4_0(const std::byte* source, std::span<float> out)
{
    eachBlock<kSmallBlock, kQ4_0Bytes>(source, out, [](Block block, float* to) {
        const float d = block.half(0);
        for (std::size_t i = 0; i < 16; ++i) {
            to[i] = real(block.low(2 + i) - 8) * d;
            to[i + 16] = real(block.high(2 + i) - 8) * d;
        }
    });
}

void q4_1(const std::byte* source, std::span<float> out)
{
    eachBlock<kSmallBlock, kQ4_1Bytes>(source, out, [](Block block, float* to) {
        const float d = block.half(0);
        const float m = block.half(2);
        for (std::size_t i = 0; i < 16; ++i) {
            to[i] = real(block.low(4 + i)) * d + m;
            to[i + 16] = real(block.high(4 + i)) * d + m;
        }
    });
}

void q5_0(const std::byte* source, std::span<float> out)
{
    eachBlock<kSmallBlock, kQ5_0Bytes>(source, out, [](Block block, float* to) {
        const float d = block.half(0);
        const std::uint32_t fifth = block.u32(2);
        for (std::size_t i = 0; i < 16; ++i) {
            const int low = block.low(6 + i) | static_cast<int>((fifth >> i & 1U) << 4);
            const int high = block.high(6 + i) | static_cast<int>((fifth >> (i + 16) & 1U) << 4);
            to[i] = real(low - 16) * d;
            to[i + 16] = real(high - 16) * d;
        }
    });
}

void q5_1(const std::byte* source, std::span<float> out)
{
    eachBlock<kSmallBlock, kQ5_1Bytes>(source, out, [](Block block, float* to) {
        const float d = block.half(0);
        const float m = block.half(2);
        const std::uint32_t fifth = block.u32(4);
        for (std::size_t i = 0; i < 16; ++i) {
            const int low = block.low(8 + i) | static_cast<int>((fifth >> i & 1U) << 4);
            const int high = block.high(8 + i) | static_cast<int>((fifth >> (i + 16) & 1U) << 4);
            to[i] = real(low) * d + m;
            to[i + 16] = real(high) * d + m;
        }
    });
}

void q8_0(const std::byte* source, std::span<float> out)
{
    eachBlock<kSmallBlock, kQ8_0Bytes>(source, out, [](Block block, float* to) {
        const float d = block.half(0);
        for (std::size_t i = 0; i < kSmallBlock; ++i)
            to[i] = real(block.i8(2 + i)) * d;
    });
}

// 16 scales with minima in a byte each, 64 bytes of 2-bit values, the scale of scales, the scale of minima.
void q2_K(const std::byte* source, std::span<float> out)
{
    eachBlock<kSuperBlock, kQ2_KBytes>(source, out, [](Block block, float* to) {
        const float d = block.half(80);
        const float m = block.half(82);
        for (std::size_t group = 0; group < 16; ++group) {
            const float scale = d * real(block.low(group));
            const float minimum = m * real(block.high(group));
            const std::size_t from = 16 + group / 8 * 32 + group % 2 * 16;
            const std::size_t shift = group / 2 % 4 * 2;
            for (std::size_t i = 0; i < 16; ++i)
                to[group * 16 + i] = scale * real(block.u8(from + i) >> shift & 3) - minimum;
        }
    });
}

// 32 bytes of third bits, 64 bytes of the lower two, 12 bytes of scales, the scale of scales.
void q3_K(const std::byte* source, std::span<float> out)
{
    eachBlock<kSuperBlock, kQ3_KBytes>(source, out, [](Block block, float* to) {
        const float d = block.half(108);
        for (std::size_t group = 0; group < 16; ++group) {
            const float scale = d * real(smallScale(block, 96, group));
            const std::size_t half = group % 2 * 16;
            const std::size_t from = 32 + group / 8 * 32 + half;
            const std::size_t shift = group / 2 % 4 * 2;
            for (std::size_t i = 0; i < 16; ++i) {
                const int third = block.u8(half + i) >> (group / 2) & 1;
                to[group * 16 + i] = scale * real((block.u8(from + i) >> shift & 3) - (third != 0 ? 0 : 4));
            }
        }
    });
}

// Scale of scales, scale of minima, 12 bytes of both, 128 bytes of 4-bit values.
void q4_K(const std::byte* source, std::span<float> out)
{
    eachBlock<kSuperBlock, kQ4_KBytes>(source, out, [](Block block, float* to) {
        const float d = block.half(0);
        const float m = block.half(2);
        for (std::size_t group = 0; group < 8; ++group) {
            const auto [scale, minimum] = scaleAt(block, 4, group);
            const float step = d * real(scale);
            const float offset = m * real(minimum);
            const std::size_t from = 16 + group / 2 * 32;
            for (std::size_t i = 0; i < 32; ++i)
                to[group * 32 + i] = step * real(group % 2 == 0 ? block.low(from + i) : block.high(from + i)) - offset;
        }
    });
}

// As Q4_K, with 32 bytes of fifth bits before the 4-bit values.
void q5_K(const std::byte* source, std::span<float> out)
{
    eachBlock<kSuperBlock, kQ5_KBytes>(source, out, [](Block block, float* to) {
        const float d = block.half(0);
        const float m = block.half(2);
        for (std::size_t group = 0; group < 8; ++group) {
            const auto [scale, minimum] = scaleAt(block, 4, group);
            const float step = d * real(scale);
            const float offset = m * real(minimum);
            const std::size_t from = 48 + group / 2 * 32;
            for (std::size_t i = 0; i < 32; ++i) {
                const int low = group % 2 == 0 ? block.low(from + i) : block.high(from + i);
                const int fifth = block.u8(16 + i) >> group & 1;
                to[group * 32 + i] = step * real(low + 16 * fifth) - offset;
            }
        }
    });
}

// 128 bytes of the lower 4 bits, 64 bytes of the upper 2, 16 scales, the scale of scales.
void q6_K(const std::byte* source, std::span<float> out)
{
    eachBlock<kSuperBlock, kQ6_KBytes>(source, out, [](Block block, float* to) {
        const float d = block.half(208);
        for (std::size_t group = 0; group < 16; ++group) {
            const float scale = d * real(block.i8(192 + group));
            const std::size_t quarter = group / 2 % 4;  // of the half that the group lies in
            const std::size_t column = group % 2 * 16;
            const std::size_t lower = group / 8 * 64 + quarter % 2 * 32 + column;
            const std::size_t upper = 128 + group / 8 * 32 + column;
            for (std::size_t i = 0; i < 16; ++i) {
                const int low = quarter < 2 ? block.low(lower + i) : block.high(lower + i);
                const int high = block.u8(upper + i) >> (2 * quarter) & 3;
                to[group * 16 + i] = scale * real((low | high << 4) - 32);
            }
        }
    });
}

void q8_K(const std::byte* source, std::span<float> out)
{
    eachBlock<kSuperBlock, kQ8_KBytes>(source, out, [](Block block, float* to) {
        const float d = block.single(0);
        for (std::size_t i = 0; i < kSuperBlock; ++i)
            to[i] = d * real(block.i8(4 + i));
    });
}

void iq4_nl(const std::byte* source, std::span<float> out)
{
    eachBlock<kSmallBlock, kIq4_nlBytes>(source, out, [](Block block, float* to) {
        const float d = block.half(0);
        for (std::size_t i = 0; i < 16; ++i) {
            to[i] = d * real(kSteps[block.low(2 + i)]);
            to[i + 16] = d * real(kSteps[block.high(2 + i)]);
        }
    });
}

// The scale, 8 scales of 6 bits (2 bytes of upper bits, 4 of lower), 128 bytes of 4-bit values.
void iq4_xs(const std::byte* source, std::span<float> out)
{
    eachBlock<kSuperBlock, kIq4_xsBytes>(source, out, [](Block block, float* to) {
        const float d = block.half(0);
        for (std::size_t group = 0; group < 8; ++group) {
            const int low = group % 2 == 0 ? block.low(4 + group / 2) : block.high(4 + group / 2);
            const int high = static_cast<int>(block.u16(2) >> (2 * group) & 3U);
            const float scale = d * real((low | high << 4) - 32);
            const std::size_t from = 8 + group * 16;
            for (std::size_t i = 0; i < 16; ++i) {
                to[group * 32 + i] = scale * real(kSteps[block.low(from + i)]);
                to[group * 32 + i + 16] = scale * real(kSteps[block.high(from + i)]);
            }
        }
    });
}

// Ternary values, five to a byte: 160 in 32 bytes, 80 in 16, and 16 in 4 with four to a byte.
void tq1_0(const std::byte* source, std::span<float> out)
{
    struct Run {
        std::size_t first, bytes, digits;
    };
    constexpr Run kRuns[] = {{0, 32, 5}, {32, 16, 5}, {48, 4, 4}};
    eachBlock<kSuperBlock, kTq1_0Bytes>(source, out, [&](Block block, float* to) {
        const float d = block.half(52);
        for (const Run& run : kRuns)
            for (std::size_t digit = 0; digit < run.digits; ++digit)
                for (std::size_t i = 0; i < run.bytes; ++i)
                    *to++ = real(ternaryDigit(block.u8(run.first + i), digit) - 1) * d;
    });
}

void tq2_0(const std::byte* source, std::span<float> out)
{
    eachBlock<kSuperBlock, kTq2_0Bytes>(source, out, [](Block block, float* to) {
        const float d = block.half(64);
        for (std::size_t group = 0; group < 8; ++group)
            for (std::size_t i = 0; i < 32; ++i)
                to[group * 32 + i] = real((block.u8(group / 4 * 32 + i) >> (2 * (group % 4)) & 3) - 1) * d;
    });
}

}  // namespace ketscope::quantized
