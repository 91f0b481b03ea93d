// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/tensor.h"

#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace ketscope {

// Measures between the tokens of a text and the patches of an image. Unless stated, a matrix is (tokens, patches) and
// `rows` marks the tokens that count (0 = padding; empty = all).

// A block of an attention map whose rows are queries.
struct MapBlock {
    std::size_t firstQuery = 0;
    std::size_t queries = 0;
    std::size_t firstKey = 0;
    std::size_t keys = 0;
    // A key whose weight is taken out: every row is divided by one minus it, so that the other keys sum to 1. A row
    // with nothing but it has no such weights: NaN.
    std::optional<std::size_t> without = {};
};

// The mean over `maps`, or with `largest` the largest, of a block's weights: (queries, keys). What is taken out is
// taken out of each map first, so that a mean of rows that sum to 1 sums to 1.
Tensor reducedBlock(std::span<const MatrixView> maps, const MapBlock& block, bool largest);

// The share of each query's weight that is on the block's keys, before anything is taken out; mean over `maps`.
std::vector<double> massOnBlock(std::span<const MatrixView> maps, const MapBlock& block);

// ⟨a, b⟩ / (|a| |b|) of every row of `a` (n, E) with every row of `b` (m, E): (n, m), in double precision. 0 where a
// row has no length.
Tensor cosines(MatrixView a, MatrixView b);

// Late interaction (Yao et al., "FILIP", ICLR 2022): every patch takes its best token and every token its best patch.
// The two means differ in general. Of equal values the first counts.
struct LateInteraction {
    std::vector<std::size_t> bestPatch;  // of each token
    std::vector<std::size_t> bestToken;  // of each patch
    double textScore = 0.0;              // mean over tokens of the largest value
    double imageScore = 0.0;             // mean over patches of the largest value
};
// The values must have at least one token that counts and one patch.
LateInteraction lateInteraction(MatrixView values, std::span<const std::uint8_t> rows = {});

// (token, patch) where each is the other's best.
std::vector<std::pair<std::size_t, std::size_t>> mutualBest(const LateInteraction& links,
                                                            std::span<const std::uint8_t> rows = {});

// How many of the `count` patches with the largest values are among those of both. Of equal values the first count.
std::size_t sharedLargest(std::span<const float> a, std::span<const float> b, std::size_t count);

// Mass on a box: Σ weight · share of the patch that lies in the box, over Σ weight. NaN for a row that is no
// distribution.
double boxMass(std::span<const float> weights, std::span<const double> shares);

// Pointing game (Zhang et al., "Top-down Neural Attention by Excitation Backprop", ECCV 2016): whether the patch with
// the largest value is one of those `inside`.
bool pointsInto(std::span<const float> values, std::span<const std::uint8_t> inside);

}  // namespace ketscope
