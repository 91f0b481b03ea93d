// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/measures/number_text.h"

#include <charconv>
#include <cmath>

namespace ketscope {

namespace {

constexpr double kLopsided = 0.1;    // how far from the middle, in half widths, a mean may lie to be written with ±
constexpr double kRounding = 1e-15;  // below it lies what rounding makes of zero
constexpr double kWhole = 1e9;       // whole numbers below are written in full

std::string formatted(double value, std::chars_format format, int decimals)
{
    char buffer[512];
    const auto result = std::to_chars(buffer, buffer + sizeof buffer, value, format, decimals);
    return {buffer, result.ptr};
}

std::string signedText(std::string text) { return text.front() == '-' ? "−" + text.substr(1) : text; }

}  // namespace

std::string significantText(double value)
{
    if (!std::isfinite(value))
        return "–";
    if (value == 0.0)
        return "0";
    if (value == std::trunc(value) && std::abs(value) < kWhole)
        return signedText(formatted(value, std::chars_format::fixed, 0));
    const int magnitude = static_cast<int>(std::floor(std::log10(std::abs(value))));
    std::string text = magnitude < -4 || magnitude > 5
                           ? formatted(value, std::chars_format::scientific, 2)
                           : formatted(value, std::chars_format::fixed, std::max(2 - magnitude, 0));
    return signedText(std::move(text));
}

std::string shortText(double value, int digits)
{
    return std::isfinite(value) ? signedText(formatted(value, std::chars_format::general, digits)) : "–";
}

std::string intervalText(const Interval& interval)
{
    const double half = 0.5 * (interval.high - interval.low);
    if (!(half > kRounding))
        return significantText(std::abs(half) > 0.0 && std::abs(interval.mean) < kRounding ? 0.0 : interval.mean);
    // What is left of sums that cancel is nothing.
    const auto text = [half](double value) {
        return significantText(std::abs(value) < std::max(1e-9 * half, kRounding) ? 0.0 : value);
    };
    if (std::abs(0.5 * (interval.high + interval.low) - interval.mean) > kLopsided * half)
        return text(interval.mean) + " [" + text(interval.low) + " … " + text(interval.high) + "]";
    return text(interval.mean) + " ± " + significantText(half);
}

}  // namespace ketscope
