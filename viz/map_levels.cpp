// SPDX-License-Identifier: GPL-3.0-or-later
#include "viz/map_levels.h"

#include <algorithm>

namespace ketscope {

namespace {

constexpr std::size_t kFinest = 3;

// 3, 6, 9, 12, 18, 27, 36, 54, 81, …: every one a multiple of an earlier one.
std::size_t nextPool(std::size_t pool)
{
    std::size_t power = kFinest;
    while (power * 3 <= pool)
        power *= 3;
    if (pool == power && power > kFinest)
        return power / 3 * 4;
    return pool < 2 * power ? 2 * power : 3 * power;
}

MapLevels::Level blank(std::size_t pool, std::size_t rows, std::size_t columns)
{
    MapLevels::Level level{pool, (rows + pool - 1) / pool, (columns + pool - 1) / pool, {}};
    level.values.assign(level.rows * level.columns, MapLevels::kMasked);
    return level;
}

}  // namespace

MapLevels::MapLevels(std::size_t rows, std::size_t columns, const std::function<float(std::size_t, std::size_t)>& value)
{
    Level first = blank(kFinest, rows, columns);
    for (std::size_t row = 0; row < rows; ++row) {
        float* const line = first.values.data() + row / kFinest * first.columns;
        for (std::size_t column = 0; column < columns; ++column) {
            float& block = line[column / kFinest];
            block = pooled(block, value(row, column));
        }
    }
    m_levels.push_back(std::move(first));
    while (m_levels.back().rows > 1 || m_levels.back().columns > 1) {
        const std::size_t pool = nextPool(m_levels.back().pool);
        const Level& finer = *levelFor(pool);
        Level coarser = blank(pool, rows, columns);
        const std::size_t share = pool / finer.pool;
        for (std::size_t row = 0; row < finer.rows; ++row)
            for (std::size_t column = 0; column < finer.columns; ++column) {
                float& block = coarser.values[row / share * coarser.columns + column / share];
                block = pooled(block, finer.values[row * finer.columns + column]);
            }
        m_levels.push_back(std::move(coarser));
    }
}

const MapLevels::Level* MapLevels::levelFor(std::size_t pool) const
{
    const Level* found = nullptr;
    for (const Level& level : m_levels)
        if (pool % level.pool == 0)
            found = &level;
    return found;
}

std::size_t MapLevels::bytes() const
{
    std::size_t sum = 0;
    for (const Level& level : m_levels)
        sum += level.values.size() * sizeof(float);
    return sum;
}

std::size_t poolAtHand(std::size_t pool)
{
    if (pool < kFinest)
        return std::max<std::size_t>(1, pool);
    std::size_t found = kFinest;
    while (found < pool)
        found = nextPool(found);
    return found;
}

}  // namespace ketscope
