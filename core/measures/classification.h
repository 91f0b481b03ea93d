// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/measures/interval.h"

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace ketscope {

// How often which class was answered for which: rows are true classes, columns answers.
class ConfusionMatrix {
public:
    explicit ConfusionMatrix(std::size_t classes) : m_classes(classes), m_counts(classes * classes, 0) {}

    void add(std::size_t truth, std::size_t answer) { ++m_counts[truth * m_classes + answer]; }

    std::size_t classes() const { return m_classes; }
    std::size_t count(std::size_t truth, std::size_t answer) const { return m_counts[truth * m_classes + answer]; }
    std::size_t total() const;

    // Shares; NaN of nothing. F1 = 2TP/(2TP + FP + FN), 0 where a class was never answered rightly; macro: the mean over
    // classes that occur in truth or answers.
    double accuracy() const;
    double f1(std::size_t ofClass) const;
    double macroF1() const;

private:
    std::size_t m_classes;
    std::vector<std::size_t> m_counts;
};

// The share of successes and its exact interval of at least 95 % (Clopper and Pearson, Biometrika 26, 404 (1934)); all NaN of
// no trials.
Interval binomialInterval(std::size_t successes, std::size_t trials);

// McNemar's exact test of two classifiers on the same items: the probability, were they equally good, of a split at least as
// uneven as this one among the items that only one of them answers rightly. Two-sided; 1 where there are none.
double mcnemarProbability(std::size_t onlyFirst, std::size_t onlySecond);

// The mean of paired differences in [−1, 1] and its adjusted Wald interval of 95 %: one half of an item is added on each side,
// so that items that never differ leave a width too (Agresti and Min, Stat. Med. 24, 729 (2005), for shares). NaN of none.
Interval pairedDifference(std::span<const double> differences);

// A statistic of `items` items and the 2.5 % and 97.5 % percentiles of it over resamplings of the items with replacement
// (Efron, Ann. Statist. 7, 1 (1979)). `statistic` is given the numbers of the items; paired when it looks at two answers to
// each. All NaN of no items.
Interval bootstrapInterval(std::size_t items, const std::function<double(std::span<const std::size_t>)>& statistic,
                           std::uint64_t seed, std::size_t resamplings = 2000);

// I_x(a, b), the regularised incomplete beta function, x in [0, 1], a, b > 0 (continued fraction: Abramowitz and Stegun
// 26.5.8).
double regularizedBeta(double x, double a, double b);

}  // namespace ketscope
