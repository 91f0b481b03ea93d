// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/view.h"

#include <cstdint>
#include <span>

namespace ketscope {

// Which keys a query may look at. The three parts combine: a key is allowed only where all of them allow it.
struct AttentionMask {
    bool causal = false;                            // query i sees keys 0 … i + (m − n)
    std::span<const std::uint8_t> keyAllowed = {};  // (m): 0 = padding; empty = all allowed
    MatrixView additive = {};                       // (n, m): added to the logits, −∞ forbids; empty = none

    // Keys of query `row` end here when the mask is causal; otherwise m.
    std::size_t keyEnd(std::size_t row, std::size_t queries, std::size_t keys) const
    {
        return causal ? row + 1 + (keys - queries) : keys;
    }

    bool allowed(std::size_t row, std::size_t key, std::size_t queries, std::size_t keys) const
    {
        return key < keyEnd(row, queries, keys) && (keyAllowed.empty() || keyAllowed[key] != 0)
               && (additive.empty() || additive(row, key) != -__builtin_inff());
    }
};

}  // namespace ketscope
