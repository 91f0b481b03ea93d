// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/random.h"
#include "core/quantum/channel.h"

#include <cstdint>
#include <span>
#include <vector>

namespace ketscope {

// Noise on an index register: keys j are basis states |b(j)⟩ of m qubits in Σ √pⱼ |b(j)⟩, which pass a channel and are
// measured in the same basis. Measured so, every channel is the classical Markov map ⊗M on the bits (bitMatrix):
// O(m 2^m), with no density matrix. Phase damping is the identity here.

// Which bit string stands for a key. It matters: damping drags every string towards 0…0.
enum class KeyLabels { Binary, Gray, Random };

// What becomes of outcomes that are no key: dropped with the rest renormalised, or left missing from the row.
enum class Padding { Postselect, ShowLeak };

inline constexpr std::size_t kMaximumRegisterQubits = 20;

// Qubits that `states` basis states need: ⌈log₂ states⌉, 0 for one. Refuses more than 2^kMaximumRegisterQubits.
std::size_t registerQubits(std::size_t states);

// The labels of keys 0 … keys − 1, different numbers below 2^registerQubits(keys). Random ones depend on `random` and on the
// number of qubits alone. Refuses more than 2^kMaximumRegisterQubits keys.
std::vector<std::uint32_t> keyLabels(KeyLabels kind, std::size_t keys, const RandomKey& random);

// Maps on the distribution (2^m) of a register. The outcome's number has bit 0 as its most significant bit.
void applyToBit(std::span<double> distribution, std::size_t bit, const BitMatrix& matrix);
void applyToEveryBit(std::span<double> distribution, const BitMatrix& matrix);  // ⊗M
void mixWithUniform(std::span<double> distribution, double lambda);             // (1 − λ)p + λ/2^m
void applyNoise(std::span<double> distribution, const Noise& noise);

// The distribution (2^m, m of `labels`) of a register that holds the keys' probabilities (as many as labels).
std::vector<double> loadRegister(std::span<const double> probabilities, std::span<const std::uint32_t> labels,
                                 std::size_t qubits);

// The keys' weights in a measured distribution, 0 for keys whose `allowed` is 0 (empty = all allowed). Returns the share of
// the distribution on other outcomes: the leaked mass. Post-selected weights sum to 1, or are all 0 where everything leaked.
double readRegister(std::span<const double> distribution, std::span<const std::uint32_t> labels,
                    std::span<const std::uint8_t> allowed, Padding padding, std::span<double> weights);

}  // namespace ketscope
