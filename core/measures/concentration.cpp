// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/measures/concentration.h"

#include "core/measures/measures.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

namespace ketscope {

double giniCoefficient(std::span<const float> row, std::size_t allowedKeys)
{
    std::vector<float> sorted(row.begin(), row.end());
    const bool valid = std::ranges::all_of(sorted, [](float x) { return std::isfinite(x) && x >= 0.0F; });
    const double sum = valid ? std::accumulate(sorted.begin(), sorted.end(), 0.0) : 0.0;
    if (!(sum > 0.0))
        return std::numeric_limits<double>::quiet_NaN();
    std::ranges::sort(sorted);
    const std::size_t count = std::clamp<std::size_t>(allowedKeys, 1, sorted.size());
    const std::span<const float> seen = std::span(sorted).last(count);
    double weighted = 0.0;
    for (std::size_t k = 0; k < count; ++k)
        weighted +=
            (2.0 * static_cast<double>(k + 1) - static_cast<double>(count) - 1.0) * static_cast<double>(seen[k]);
    return weighted / (static_cast<double>(count) * sum);
}

GiniMeans meanGini(MatrixView a, MatrixView b, const AttentionMask& mask, std::span<const std::uint8_t> rows)
{
    GiniMeans sum;
    std::size_t counted = 0;
    for (std::size_t query = 0; query < a.rows; ++query) {
        if (!rows.empty() && rows[query] == 0)
            continue;
        const std::size_t allowed = allowedKeys(mask, query, a.rows, a.columns);
        const double first = giniCoefficient(a.row(query), allowed);
        const double second = giniCoefficient(b.row(query), allowed);
        if (std::isnan(first) || std::isnan(second))
            continue;
        sum.a += first;
        sum.b += second;
        ++counted;
    }
    const double share = counted == 0 ? 0.0 : 1.0 / static_cast<double>(counted);
    return {sum.a * share, sum.b * share};
}

}  // namespace ketscope
