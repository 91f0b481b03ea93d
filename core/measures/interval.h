// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <span>

namespace ketscope {

// The mean of independent measurements and where their true mean lies with 95 % confidence.
struct Interval {
    double mean = 0.0;
    double low = 0.0;
    double high = 0.0;

    bool operator==(const Interval&) const = default;
};

// mean ± t·s/√n with Student's t for n − 1 degrees of freedom. One measurement alone has no interval: low and high are NaN;
// so are all three of none, and where a value is not finite.
Interval meanInterval(std::span<const double> values);

// The 97.5 % quantile of Student's t distribution, within 0.1 %. At least one degree of freedom.
double studentQuantile(std::size_t degreesOfFreedom);

}  // namespace ketscope
