// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/attention/rows.h"

namespace ketscope {

// The allowed keys of a head, cut into segments of `length` consecutive ones; the last may be shorter.
struct KeySegments {
    // At most `most` segments.
    KeySegments(const HeadInput& input, std::size_t most);

    std::size_t count() const { return (keys.size() + length - 1) / length; }
    std::size_t sizeOf(std::size_t segment) const { return std::min(length, keys.size() - segment * length); }
    // How many of `keys` the query may see by the causal mask.
    std::size_t visible(const HeadInput& input, std::size_t row) const;

    std::vector<std::size_t> keys;  // allowed by the padding mask, in order
    std::size_t length = 1;
};

// softmax over segments, (n, segments): segment a has the logit s·q·k̄ₐ + ln(its visible keys), k̄ₐ their mean. With a causal
// mask a query sees its own segment in part: only the keys up to itself, by running means. Without an additive mask.
class SegmentSoftmax {
public:
    SegmentSoftmax(const HeadInput& input, KeySegments segments);

    const KeySegments& segments() const { return m_segments; }
    const Tensor& keyMeans() const { return m_keyMeans; }      // (segments, d), of whole segments
    const Tensor& valueMeans() const { return m_valueMeans; }  // (segments, dv)

    // What the queries first … give to each segment, (rows, segments).
    void weigh(std::size_t first, MutableMatrixView shares) const;

    // The segment that a causal row sees in part and how many of its keys; 0 keys where there is none.
    struct Partial {
        std::size_t segment = 0;
        std::size_t keys = 0;
        std::size_t last = 0;  // of the allowed keys, the last that it sees
    };
    Partial partial(std::size_t row) const;

    // output = shares · table (segments, dv), with the mean of the visible values in place of the row of a partial segment.
    void apply(std::size_t first, MutableMatrixView shares, const PackedMatrix& table, MutableMatrixView output) const;

private:
    std::size_t seenSegments(std::size_t row) const;

    HeadInput m_input;
    KeySegments m_segments;
    Tensor m_keyMeans;
    Tensor m_valueMeans;
    Tensor m_runningKeys;    // (allowed keys, d): sum of the segment's keys up to this one; only with a causal mask
    Tensor m_runningValues;  // (allowed keys, dv)
    PackedMatrix m_packed;   // s·k̄ᵀ
};

}  // namespace ketscope
