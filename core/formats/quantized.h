// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <span>

// The block formats of ggml: each block holds a few scales and a fixed number of values in few bits. Every function turns
// the whole blocks at `source` (any alignment) into out.size() floats, with the operations of ggml's own C code in the same
// order, so that values are equal bit for bit. Layouts: ggml-common.h, arithmetic: ggml-quants.c of
// https://github.com/ggml-org/ggml.
namespace ketscope::quantized {

void q4_0(const std::byte* source, std::span<float> out);
void q4_1(const std::byte* source, std::span<float> out);
void q5_0(const std::byte* source, std::span<float> out);
void q5_1(const std::byte* source, std::span<float> out);
void q8_0(const std::byte* source, std::span<float> out);
void q2_K(const std::byte* source, std::span<float> out);
void q3_K(const std::byte* source, std::span<float> out);
void q4_K(const std::byte* source, std::span<float> out);
void q5_K(const std::byte* source, std::span<float> out);
void q6_K(const std::byte* source, std::span<float> out);
void q8_K(const std::byte* source, std::span<float> out);
void iq4_nl(const std::byte* source, std::span<float> out);
void iq4_xs(const std::byte* source, std::span<float> out);
void tq1_0(const std::byte* source, std::span<float> out);
void tq2_0(const std::byte* source, std::span<float> out);

inline constexpr std::size_t kSmallBlock = 32;  // values
inline constexpr std::size_t kSuperBlock = 256;

inline constexpr std::size_t kQ4_0Bytes = 18;
inline constexpr std::size_t kQ4_1Bytes = 20;
inline constexpr std::size_t kQ5_0Bytes = 22;
inline constexpr std::size_t kQ5_1Bytes = 24;
inline constexpr std::size_t kQ8_0Bytes = 34;
inline constexpr std::size_t kQ2_KBytes = 84;
inline constexpr std::size_t kQ3_KBytes = 110;
inline constexpr std::size_t kQ4_KBytes = 144;
inline constexpr std::size_t kQ5_KBytes = 176;
inline constexpr std::size_t kQ6_KBytes = 210;
inline constexpr std::size_t kQ8_KBytes = 292;
inline constexpr std::size_t kIq4_nlBytes = 18;
inline constexpr std::size_t kIq4_xsBytes = 136;
inline constexpr std::size_t kTq1_0Bytes = 54;
inline constexpr std::size_t kTq2_0Bytes = 66;

}  // namespace ketscope::quantized
