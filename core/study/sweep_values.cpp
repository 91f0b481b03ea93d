// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/study/sweep.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace ketscope {

namespace {

// Powers of two, or 1, 2, 5 times powers of ten, inside the range.
std::vector<double> roundValues(const Parameter& parameter)
{
    std::vector<double> values;
    if (parameter.kind == ParameterKind::Integer) {
        for (double value = 1.0; value <= parameter.maximum; value *= 2.0)
            if (value >= parameter.minimum)
                values.push_back(value);
        return values;
    }
    constexpr std::array kSteps = {1.0, 2.0, 5.0};
    for (int decade = -12; decade <= 12; ++decade)
        for (const double step : kSteps)
            // Read from its text, so that 0.2 is the number that people write.
            if (const double value = std::stod(shortestNumber(step) + "e" + std::to_string(decade));
                value >= parameter.minimum && value <= parameter.maximum)
                values.push_back(value);
    return values;
}

std::vector<double> evenValues(const Parameter& parameter, std::size_t most)
{
    std::vector<double> values;
    const double range = parameter.maximum - parameter.minimum;
    const bool whole = parameter.kind == ParameterKind::Integer;
    const std::size_t count = whole ? std::min<std::size_t>(most, static_cast<std::size_t>(range) + 1) : most;
    for (std::size_t i = 0; i < count; ++i) {
        const double share = count < 2 ? 0.0 : static_cast<double>(i) / static_cast<double>(count - 1);
        const double value = parameter.minimum + range * share;
        // Five digits are enough to be even, and few enough to be read.
        values.push_back(whole ? std::round(value) : std::round(value * 1e5) / 1e5);
    }
    return values;
}

// `most` of the sorted values around `present`, which is one of them.
std::vector<double> around(std::vector<double> values, double present, std::size_t most)
{
    if (std::ranges::find(values, present) == values.end())
        values.insert(std::ranges::upper_bound(values, present), present);
    const auto at = static_cast<std::size_t>(std::ranges::find(values, present) - values.begin());
    const std::size_t last = std::min(values.size(), std::max(most, at + most / 2 + 1));
    const std::size_t first = last > most ? last - most : 0;
    return {values.begin() + static_cast<std::ptrdiff_t>(first), values.begin() + static_cast<std::ptrdiff_t>(last)};
}

}  // namespace

std::vector<const Parameter*> numericParameters(const Parameters& parameters)
{
    std::vector<const Parameter*> found;
    for (const Parameter& parameter : parameters.definitions())
        if ((parameter.kind == ParameterKind::Integer || parameter.kind == ParameterKind::Real)
            && parameters.isShown(parameter))
            found.push_back(&parameter);
    return found;
}

std::vector<std::string> automaticValues(const Parameters& parameters, const Parameter& parameter, std::size_t most)
{
    if (parameter.kind == ParameterKind::Choice)
        return parameter.choices;
    if (parameter.kind == ParameterKind::Flag)
        return {"off", "on"};
    std::vector<double> values = parameter.logarithmic ? roundValues(parameter) : evenValues(parameter, most);
    values = around(std::move(values), parameters.real(parameter.id), most);
    std::vector<std::string> texts;
    for (const double value : values)
        texts.push_back(shortestNumber(value));
    return texts;
}

}  // namespace ketscope
