// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/measures/interval.h"

#include <string>

namespace ketscope {

// Three significant digits, always with a point, and whole numbers in full: "0.0412", "128", "4071059", "1.23e-06"; "–" where
// the value is not finite.
std::string significantText(double value);

// At most so many significant digits, without zeros at the end: "0.05", "100", "−0.5"; "–" where the value is not
// finite.
std::string shortText(double value, int digits = 6);

// "0.0412 ± 0.0031": mean and half of the interval, where it has a width; "0.0233 [0.000589 … 0.123]" where the mean is not in
// its middle.
std::string intervalText(const Interval& interval);

}  // namespace ketscope
