// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <functional>
#include <vector>

namespace ketscope {

// A large map, max-pooled once: blocks of 3 × 3, 6 × 6, 9 × 9, 12 × 12, 18 × 18 … cells, each with its value of largest
// magnitude. Together a sixth of the map. Blocks that are all masked or all filtered out, and those with a value that is
// not finite, keep that as a mark instead.
class MapLevels {
public:
    static constexpr float kMasked = -1e30F;
    static constexpr float kHidden = -2e30F;

    struct Level {
        std::size_t pool = 1;
        std::size_t rows = 0, columns = 0;
        std::vector<float> values;
    };

    MapLevels() = default;
    // `value` gives a cell's number or a mark; it is asked row by row.
    MapLevels(std::size_t rows, std::size_t columns, const std::function<float(std::size_t, std::size_t)>& value);

    // The coarsest level whose blocks make up blocks of pool × pool; null where there is none.
    const Level* levelFor(std::size_t pool) const;
    std::size_t bytes() const;

    // Which of two stands for both: what is not finite before any number, the larger magnitude, numbers before marks.
    static float pooled(float a, float b)
    {
        if (std::isnan(a) || std::isnan(b))
            return std::isnan(a) ? a : b;
        if (isMark(a) || isMark(b))
            return isMark(a) && isMark(b) ? std::min(a, b) : isMark(a) ? b : a;
        return std::abs(b) > std::abs(a) ? b : a;
    }

private:
    static bool isMark(float value) { return value <= kMasked; }

    std::vector<Level> m_levels;
};

// The block size that is drawn where at least `pool` cells have to share a pixel: 1, 2, or the next of a level.
std::size_t poolAtHand(std::size_t pool);

}  // namespace ketscope
