// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/attention/feature_map.h"
#include "core/attention/rows.h"
#include "core/nn/attention_kernel.h"

#include <array>
#include <limits>
#include <list>
#include <memory>
#include <mutex>

namespace ketscope {

// Keys that are summed at once: a block of query rows, so that with a causal mask blocks and chunks end together.
inline constexpr std::size_t kFeatureChunk = kAttentionRowBlock;

// What the keys before some place leave behind, in terms of their features φ and exponents s.
struct FeatureSums {
    FeatureSums(std::size_t features, std::size_t width);

    FeatureSums copy() const;
    void raise(double exponent);  // rescales to a new largest exponent
    // Σ e^{s − largest} φ(k) vᵀ, (features, dv, padded).
    MatrixView products() const { return sums.matrix().middleColumns(0, sums.shape()[1] - kApart); }
    MutableMatrixView products() { return sums.matrix().middleColumns(0, sums.shape()[1] - kApart); }

    static constexpr std::size_t kApart = 16;  // keeps rows out of each other's cache sets

    Tensor sums;   // products(), with kApart columns more
    Tensor total;  // (features): Σ e^{s − largest} φ(k)
    double largest = -std::numeric_limits<double>::infinity();
    double mass = 0.0;           // Σ e^{s − largest}
    std::vector<double> values;  // Σ v, of allowed keys
    std::size_t allowed = 0;
};

// kFeatureChunk keys, fewer at the end.
struct FeatureChunk {
    Tensor features;                                // (features, kFeatureChunk), 0 past the last key
    std::array<double, kFeatureChunk> exponents{};  // −∞ for padding
    std::array<double, kFeatureChunk> largest{};    // of the chunk's exponents up to here
    bool flat = false;                              // all exponents are 0
};

// What a causal query needs: its own chunk of keys and the sums of all keys before that.
struct CausalChunk {
    FeatureSums before;
    FeatureChunk own;
};

// The keys of one head as a feature attention reads them, chunk after chunk: of their features only a few chunks are in
// memory at any time, however many tokens there are. `exponents` (m) are added to the features' own; empty = none.
class FeatureKeys {
public:
    FeatureKeys(const HeadInput& input, std::shared_ptr<const FeatureMap> map, std::vector<double> exponents);

    std::size_t chunks() const { return (m_input.keys.rows + kFeatureChunk - 1) / kFeatureChunk; }
    std::size_t chunkSize(std::size_t chunk) const
    {
        return std::min(kFeatureChunk, m_input.keys.rows - chunk * kFeatureChunk);
    }
    bool isKey(std::size_t key) const { return m_input.mask.keyAllowed.empty() || m_input.mask.keyAllowed[key] != 0; }

    FeatureChunk chunk(std::size_t chunk) const;
    FeatureSums sumOfAll(const Monitor& monitor) const;

    // From the nearest chunk before it that is still known: in order, one step. Some are kept, so that threads that work
    // on different parts of the text go on from their own; most become the next one, so that nothing is copied. The bits do
    // not depend on where it began. Safe from any thread.
    std::shared_ptr<const CausalChunk> causal(std::size_t chunk) const;

    // The values of some keys times their factors, as wide as multiplyWide wants them, in `scaled`, which is
    // roomForValues. Padding is 0.
    MatrixView weighValues(std::size_t first, std::span<const float> factors, Tensor& scaled) const;
    Tensor roomForValues() const { return Tensor({kFeatureChunk, paddedWidth() + FeatureSums::kApart}); }
    std::size_t paddedWidth() const;

private:
    void fill(std::size_t chunk, Tensor& rows, FeatureChunk& into) const;
    Tensor roomForRows() const;
    std::size_t mostKept() const;
    std::shared_ptr<CausalChunk> newChunk() const;
    void add(std::size_t chunk, const FeatureChunk& own, FeatureSums& sums, Tensor& scaled) const;
    void addValues(std::size_t first, std::size_t count, std::vector<double>& total) const;

    HeadInput m_input;
    std::shared_ptr<const FeatureMap> m_map;
    std::vector<double> m_exponents;
    mutable std::mutex m_mutex;
    mutable std::list<std::pair<std::size_t, std::shared_ptr<CausalChunk>>> m_known;  // last used first
};

}  // namespace ketscope
