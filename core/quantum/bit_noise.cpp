// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/quantum/bit_noise.h"

#include "core/base/error.h"

#include <algorithm>
#include <bit>
#include <numeric>

namespace ketscope {

namespace {

constexpr std::uint16_t kLabelPurpose = 4711;

// The first `keys` of a random order of all 2^m labels (Fisher and Yates).
std::vector<std::uint32_t> randomLabels(std::size_t keys, const RandomKey& random)
{
    const std::size_t qubits = registerQubits(keys);
    std::vector<std::uint32_t> labels(std::size_t{1} << qubits);
    std::iota(labels.begin(), labels.end(), 0U);
    RandomStream stream(random, static_cast<std::uint32_t>(qubits), kLabelPurpose);
    for (std::size_t i = 0; i + 1 < labels.size(); ++i) {
        const auto rest = static_cast<double>(labels.size() - i);
        std::swap(labels[i], labels[i + static_cast<std::size_t>(stream.uniform() * rest)]);
    }
    labels.resize(keys);
    return labels;
}

}  // namespace

std::size_t registerQubits(std::size_t states)
{
    constexpr std::size_t most = std::size_t{1} << kMaximumRegisterQubits;
    if (states > most)
        refuse({"index register",
                "at most " + std::to_string(most) + " basis states (" + std::to_string(kMaximumRegisterQubits)
                    + " qubits)",
                std::to_string(states), "Use a shorter input."});
    return static_cast<std::size_t>(std::bit_width(std::max<std::size_t>(states, 1) - 1));
}

std::vector<std::uint32_t> keyLabels(KeyLabels kind, std::size_t keys, const RandomKey& random)
{
    if (kind == KeyLabels::Random)
        return randomLabels(keys, random);
    registerQubits(keys);
    std::vector<std::uint32_t> labels(keys);
    std::iota(labels.begin(), labels.end(), 0U);
    if (kind == KeyLabels::Gray)
        for (std::uint32_t& label : labels)
            label ^= label >> 1;
    return labels;
}

void applyToBit(std::span<double> distribution, std::size_t bit, const BitMatrix& matrix)
{
    const std::size_t stride = distribution.size() >> (bit + 1);
    for (std::size_t block = 0; block < distribution.size(); block += 2 * stride)
        for (std::size_t i = block; i < block + stride; ++i) {
            const double zero = distribution[i];
            const double one = distribution[i + stride];
            distribution[i] = matrix[0] * zero + matrix[1] * one;
            distribution[i + stride] = matrix[2] * zero + matrix[3] * one;
        }
}

void applyToEveryBit(std::span<double> distribution, const BitMatrix& matrix)
{
    for (std::size_t bit = 0; (distribution.size() >> bit) > 1; ++bit)
        applyToBit(distribution, bit, matrix);
}

void mixWithUniform(std::span<double> distribution, double lambda)
{
    const double total = std::accumulate(distribution.begin(), distribution.end(), 0.0);
    for (double& p : distribution)
        p = (1.0 - lambda) * p + lambda * total / static_cast<double>(distribution.size());
}

void applyNoise(std::span<double> distribution, const Noise& noise)
{
    if (!noise.kraus.empty())
        applyToEveryBit(distribution, bitMatrix(noise.kraus));
    if (noise.registerMixing != 0.0)
        mixWithUniform(distribution, noise.registerMixing);
}

std::vector<double> loadRegister(std::span<const double> probabilities, std::span<const std::uint32_t> labels,
                                 std::size_t qubits)
{
    std::vector<double> distribution(std::size_t{1} << qubits, 0.0);
    for (std::size_t key = 0; key < labels.size(); ++key)
        distribution[labels[key]] = probabilities[key];
    return distribution;
}

double readRegister(std::span<const double> distribution, std::span<const std::uint32_t> labels,
                    std::span<const std::uint8_t> allowed, Padding padding, std::span<double> weights)
{
    double kept = 0.0;
    for (std::size_t key = 0; key < weights.size(); ++key) {
        const bool counts = key < labels.size() && (allowed.empty() || allowed[key] != 0);
        weights[key] = counts ? distribution[labels[key]] : 0.0;
        kept += weights[key];
    }
    const double total = std::accumulate(distribution.begin(), distribution.end(), 0.0);
    if (padding == Padding::Postselect && kept > 0.0)
        for (double& weight : weights)
            weight /= kept;
    return total > 0.0 ? std::max(1.0 - kept / total, 0.0) : 0.0;
}

}  // namespace ketscope
