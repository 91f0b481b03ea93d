// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/measures/row_agreement.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

namespace ketscope {

namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

std::vector<std::size_t> orderOf(std::span<const float> row)
{
    std::vector<std::size_t> order(row.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::stable_sort(order, [&](std::size_t x, std::size_t y) { return row[x] > row[y]; });
    return order;
}

std::vector<double> ranksOf(std::span<const float> row)
{
    const std::vector<std::size_t> order = orderOf(row);
    std::vector<double> ranks(row.size());
    for (std::size_t begin = 0; begin < order.size();) {
        std::size_t end = begin + 1;
        while (end < order.size() && row[order[end]] == row[order[begin]])
            ++end;
        for (std::size_t i = begin; i < end; ++i)
            ranks[order[i]] = 0.5 * static_cast<double>(begin + end - 1);
        begin = end;
    }
    return ranks;
}

}  // namespace

double spearman(std::span<const float> a, std::span<const float> b)
{
    const std::vector<double> x = ranksOf(a);
    const std::vector<double> y = ranksOf(b);
    const double mean = 0.5 * (static_cast<double>(x.size()) - 1.0);
    double xy = 0.0;
    double xx = 0.0;
    double yy = 0.0;
    for (std::size_t i = 0; i < x.size(); ++i) {
        xy += (x[i] - mean) * (y[i] - mean);
        xx += (x[i] - mean) * (x[i] - mean);
        yy += (y[i] - mean) * (y[i] - mean);
    }
    return xx > 0.0 && yy > 0.0 ? xy / std::sqrt(xx * yy) : kNone;
}

double topJaccard(std::span<const float> a, std::span<const float> b, std::size_t k)
{
    k = std::min(k, a.size());
    if (k == 0)
        return kNone;
    const std::vector<std::size_t> x = orderOf(a);
    const std::vector<std::size_t> y = orderOf(b);
    std::size_t both = 0;
    for (std::size_t i = 0; i < k; ++i)
        both += std::find(y.begin(), y.begin() + static_cast<std::ptrdiff_t>(k), x[i])
                        != y.begin() + static_cast<std::ptrdiff_t>(k)
                    ? 1
                    : 0;
    return static_cast<double>(both) / static_cast<double>(2 * k - both);
}

double cosineOf(std::span<const float> a, std::span<const float> b)
{
    double ab = 0.0;
    double aa = 0.0;
    double bb = 0.0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        ab += static_cast<double>(a[i]) * b[i];
        aa += static_cast<double>(a[i]) * a[i];
        bb += static_cast<double>(b[i]) * b[i];
    }
    return aa > 0.0 && bb > 0.0 ? ab / std::sqrt(aa * bb) : kNone;
}

}  // namespace ketscope
