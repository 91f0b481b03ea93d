// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/measures/classification.h"

#include "core/base/random.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace ketscope {

namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
constexpr double kTail = 0.025;
constexpr double kNormal = 1.959963985;   // the 97.5 % quantile of the normal distribution
constexpr std::uint16_t kBootstrap = 71;  // purpose of the random numbers

// The continued fraction of I_x(a, b) by Lentz's method, for x < (a + 1)/(a + b + 2).
double betaFraction(double x, double a, double b)
{
    constexpr double kSmallest = 1e-300;
    constexpr int kSteps = 1000;
    const auto nonzero = [](double value) { return std::abs(value) < kSmallest ? kSmallest : value; };
    double c = 1.0;
    double d = 1.0 / nonzero(1.0 - (a + b) * x / (a + 1.0));
    double result = d;
    for (int i = 1; i <= kSteps; ++i) {
        const double m = i;
        const double even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        d = 1.0 / nonzero(1.0 + even * d);
        c = nonzero(1.0 + even / c);
        result *= d * c;
        const double odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        d = 1.0 / nonzero(1.0 + odd * d);
        c = nonzero(1.0 + odd / c);
        result *= d * c;
        if (std::abs(d * c - 1.0) < 1e-15)
            break;
    }
    return result;
}

// The x in [0, 1] where the increasing I_x(a, b) reaches `value`.
double betaQuantile(double value, double a, double b)
{
    double low = 0.0;
    double high = 1.0;
    for (int step = 0; step < 100; ++step) {
        const double middle = 0.5 * (low + high);
        (regularizedBeta(middle, a, b) < value ? low : high) = middle;
    }
    return 0.5 * (low + high);
}

// Of sorted values, between neighbours.
double percentile(const std::vector<double>& sorted, double share)
{
    const double place = share * static_cast<double>(sorted.size() - 1);
    const auto below = static_cast<std::size_t>(place);
    const std::size_t above = std::min(below + 1, sorted.size() - 1);
    return sorted[below] + (place - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

}  // namespace

std::size_t ConfusionMatrix::total() const { return std::accumulate(m_counts.begin(), m_counts.end(), std::size_t{0}); }

double ConfusionMatrix::accuracy() const
{
    std::size_t right = 0;
    for (std::size_t c = 0; c < m_classes; ++c)
        right += count(c, c);
    return total() == 0 ? kNone : static_cast<double>(right) / static_cast<double>(total());
}

double ConfusionMatrix::f1(std::size_t ofClass) const
{
    std::size_t truths = 0;
    std::size_t answers = 0;
    for (std::size_t other = 0; other < m_classes; ++other) {
        truths += count(ofClass, other);
        answers += count(other, ofClass);
    }
    return truths + answers == 0
               ? kNone
               : 2.0 * static_cast<double>(count(ofClass, ofClass)) / static_cast<double>(truths + answers);
}

double ConfusionMatrix::macroF1() const
{
    double sum = 0.0;
    std::size_t present = 0;
    for (std::size_t c = 0; c < m_classes; ++c)
        if (const double one = f1(c); !std::isnan(one)) {
            sum += one;
            ++present;
        }
    return present == 0 ? kNone : sum / static_cast<double>(present);
}

double regularizedBeta(double x, double a, double b)
{
    if (x <= 0.0 || x >= 1.0)
        return x <= 0.0 ? 0.0 : 1.0;
    const double front =
        std::exp(std::lgamma(a + b) - std::lgamma(a) - std::lgamma(b) + a * std::log(x) + b * std::log1p(-x));
    return x < (a + 1.0) / (a + b + 2.0) ? front * betaFraction(x, a, b) / a
                                         : 1.0 - front * betaFraction(1.0 - x, b, a) / b;
}

Interval binomialInterval(std::size_t successes, std::size_t trials)
{
    if (trials == 0)
        return {kNone, kNone, kNone};
    const auto k = static_cast<double>(successes);
    const auto n = static_cast<double>(trials);
    return {k / n, successes == 0 ? 0.0 : betaQuantile(kTail, k, n - k + 1.0),
            successes == trials ? 1.0 : betaQuantile(1.0 - kTail, k + 1.0, n - k)};
}

double mcnemarProbability(std::size_t onlyFirst, std::size_t onlySecond)
{
    const auto all = static_cast<double>(onlyFirst + onlySecond);
    const auto fewer = static_cast<double>(std::min(onlyFirst, onlySecond));
    if (onlyFirst == onlySecond)
        return 1.0;
    // P(X ≤ fewer) of a fair coin = I_½(all − fewer, fewer + 1).
    return std::min(1.0, 2.0 * regularizedBeta(0.5, all - fewer, fewer + 1.0));
}

Interval pairedDifference(std::span<const double> differences)
{
    if (differences.empty())
        return {kNone, kNone, kNone};
    const double sum = std::accumulate(differences.begin(), differences.end(), 0.0);
    const double squares = std::inner_product(differences.begin(), differences.end(), differences.begin(), 0.0) + 1.0;
    const double count = static_cast<double>(differences.size()) + 2.0;
    const double half = kNormal * std::sqrt(squares - sum * sum / count) / count;
    return {sum / static_cast<double>(differences.size()), sum / count - half, sum / count + half};
}

Interval bootstrapInterval(std::size_t items, const std::function<double(std::span<const std::size_t>)>& statistic,
                           std::uint64_t seed, std::size_t resamplings)
{
    if (items == 0)
        return {kNone, kNone, kNone};
    std::vector<std::size_t> drawn(items);
    std::iota(drawn.begin(), drawn.end(), std::size_t{0});
    const double whole = statistic(drawn);
    std::vector<double> values(resamplings);
    for (std::size_t i = 0; i < resamplings; ++i) {
        RandomStream stream({.seed = seed}, static_cast<std::uint32_t>(i), kBootstrap);
        for (std::size_t& item : drawn)
            item = static_cast<std::size_t>(stream.uniform() * static_cast<double>(items));
        values[i] = statistic(drawn);
    }
    std::ranges::sort(values);
    return {whole, percentile(values, kTail), percentile(values, 1.0 - kTail)};
}

}  // namespace ketscope
