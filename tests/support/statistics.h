// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cmath>
#include <vector>

namespace ketscope::test {

// Draws of one random quantity.
class Samples {
public:
    void add(double value) { m_values.push_back(value); }

    double mean() const { return centralMoment(1, 0.0); }
    double variance() const { return centralMoment(2, mean()); }
    double errorOfMean() const { return std::sqrt(variance() / count()); }
    double errorOfVariance() const
    {
        const double square = variance();
        return std::sqrt((centralMoment(4, mean()) - square * square) / count());
    }

private:
    double count() const { return static_cast<double>(m_values.size()); }
    double centralMoment(int power, double center) const
    {
        double sum = 0.0;
        for (const double value : m_values)
            sum += std::pow(value - center, power);
        return sum / count();
    }

    std::vector<double> m_values;
};

}  // namespace ketscope::test
