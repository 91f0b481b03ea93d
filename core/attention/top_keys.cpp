// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/attention/top_keys.h"

#include <algorithm>
#include <numeric>

namespace ketscope {

std::vector<std::uint8_t> largestOf(std::span<const double> values, std::size_t count)
{
    if (count >= values.size())
        return std::vector<std::uint8_t>(values.size(), 1);
    std::vector<std::size_t> places(values.size());
    std::iota(places.begin(), places.end(), std::size_t{0});
    const auto larger = [values](std::size_t a, std::size_t b) {
        return values[a] != values[b] ? values[a] > values[b] : a < b;
    };
    std::ranges::nth_element(places, places.begin() + static_cast<std::ptrdiff_t>(count), larger);
    std::vector<std::uint8_t> largest(values.size(), 0);
    for (std::size_t i = 0; i < count; ++i)
        largest[places[i]] = 1;
    return largest;
}

}  // namespace ketscope
