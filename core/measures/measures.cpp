// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/measures/measures.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace ketscope {

namespace {

constexpr double kUndefined = std::numeric_limits<double>::quiet_NaN();
constexpr double kFloor = 1e-6;

double sumOf(std::span<const float> row) { return std::accumulate(row.begin(), row.end(), 0.0); }

// Sum when every weight is finite and ≥ 0 and some weight is > 0; NaN otherwise.
double massOf(std::span<const float> row)
{
    const bool valid = std::ranges::all_of(row, [](float a) { return std::isfinite(a) && a >= 0.0F; });
    const double sum = valid ? sumOf(row) : 0.0;
    return sum > 0.0 ? sum : kUndefined;
}

double flooredMass(std::span<const float> row)
{
    return std::accumulate(row.begin(), row.end(), 0.0,
                           [](double sum, float a) { return sum + std::max(static_cast<double>(a), kFloor); });
}

// a ln(a / b); 0 ln 0 = 0.
double relativeTerm(double a, double b) { return a > 0.0 ? a * std::log(a / b) : 0.0; }

// One outcome's part of the Jensen–Shannon divergence.
double jensenShannonTerm(double a, double b)
{
    const double middle = 0.5 * (a + b);
    return 0.5 * (relativeTerm(a, middle) + relativeTerm(b, middle));
}

// What both entropies and both divergences are, as entropy(), klDivergence() and jensenShannon() of valid rows that
// differ, with three logarithms for a key in place of five and no division.
struct Information {
    double entropyA = 0.0;
    double entropyB = 0.0;
    double kl = 0.0;
    double jensenShannon = 0.0;
};

Information informationOf(std::span<const float> a, std::span<const float> b)
{
    const double massA = massOf(a), massB = massOf(b), flooredA = flooredMass(a), flooredB = flooredMass(b);
    const double logMassA = std::log(massA), logMassB = std::log(massB), logFloor = std::log(kFloor);
    const double perMassA = 1.0 / massA, perMassB = 1.0 / massB;
    Information sum;
    double kl = 0.0, jensenShannon = 0.0;
    for (std::size_t key = 0; key < a.size(); ++key) {
        const auto x = static_cast<double>(a[key]), y = static_cast<double>(b[key]);
        const double logX = x > 0.0 ? std::log(x) : 0.0, logY = y > 0.0 ? std::log(y) : 0.0;
        sum.entropyA -= x * logX;
        sum.entropyB -= y * logY;
        kl += std::max(x, kFloor) * ((x > kFloor ? logX : logFloor) - (y > kFloor ? logY : logFloor));
        const double p = x * perMassA, q = y * perMassB;
        if (p + q > 0.0)
            jensenShannon += p * (logX - logMassA) + q * (logY - logMassB) - (p + q) * std::log(0.5 * (p + q));
    }
    sum.kl = std::max(kl / flooredA + std::log(flooredB / flooredA), 0.0);
    sum.jensenShannon = std::max(0.5 * jensenShannon, 0.0);
    return sum;
}

bool isFinite(std::span<const float> row)
{
    return std::ranges::all_of(row, [](float weight) { return std::isfinite(weight); });
}

// What is defined of a row that is a distribution in one map, or in both.
void addInformation(MapComparison& sum, std::span<const float> a, std::span<const float> b, bool inA, bool inB)
{
    Information information;
    if (!inA || !inB) {
        information.entropyA = inA ? entropy(a) : 0.0;
        information.entropyB = inB ? entropy(b) : 0.0;
    } else if (std::ranges::equal(a, b)) {
        information.entropyA = information.entropyB = entropy(a);
    } else {
        information = informationOf(a, b);
    }
    sum.kl += information.kl;
    sum.jensenShannon += information.jensenShannon;
    sum.entropyA += information.entropyA;
    sum.entropyB += information.entropyB;
    sum.rows += inA && inB ? 1 : 0;
    sum.rowsA += inA ? 1 : 0;
    sum.rowsB += inB ? 1 : 0;
}

void addRow(MapComparison& sum, std::span<const float> a, std::span<const float> b)
{
    const bool inA = !std::isnan(massOf(a)), inB = !std::isnan(massOf(b));
    if ((!inA && !isFinite(a)) || (!inB && !isFinite(b)))
        return;
    addInformation(sum, a, b, inA, inB);
    sum.maximumDifference = std::max(sum.maximumDifference, maximumDifference(a, b));
    sum.meanDifference += std::transform_reduce(a.begin(), a.end(), b.begin(), 0.0, std::plus<>(),
                                                [](double x, double y) { return std::abs(x - y); })
                          / static_cast<double>(a.size());
    sum.topKeyAgreement += sameTopKey(a, b) ? 1.0 : 0.0;
    ++sum.compared;
}

// Every mean, with the number of rows that it is over.
constexpr std::pair<double MapComparison::*, std::size_t MapComparison::*> kMeans[] = {
    {&MapComparison::kl, &MapComparison::rows},
    {&MapComparison::jensenShannon, &MapComparison::rows},
    {&MapComparison::meanDifference, &MapComparison::compared},
    {&MapComparison::entropyA, &MapComparison::rowsA},
    {&MapComparison::entropyB, &MapComparison::rowsB},
    {&MapComparison::topKeyAgreement, &MapComparison::compared}};

// Sums become means: 0/0 = NaN where there is no row of the kind.
MapComparison meansOf(MapComparison sums)
{
    if (sums.compared > 0)
        for (const auto& [mean, rows] : kMeans)
            sums.*mean /= static_cast<double>(sums.*rows);
    return sums;
}

}  // namespace

double entropy(std::span<const float> row)
{
    double sum = 0.0;
    for (const float weight : row) {
        if (!std::isfinite(weight) || weight < 0.0F)
            return kUndefined;
        const auto a = static_cast<double>(weight);
        sum -= a > 0.0 ? a * std::log(a) : 0.0;
    }
    return sum;
}

double normalizedEntropy(std::span<const float> row, std::size_t allowedKeys)
{
    return allowedKeys > 1 ? entropy(row) / std::log(static_cast<double>(allowedKeys)) : 0.0;
}

double meanDistance(std::span<const float> row, std::size_t query)
{
    double sum = 0.0;
    for (std::size_t key = 0; key < row.size(); ++key)
        sum += static_cast<double>(row[key]) * static_cast<double>(key > query ? key - query : query - key);
    return sum;
}

double meanOffset(std::span<const float> row, std::size_t query)
{
    double sum = 0.0;
    for (std::size_t key = 0; key < row.size(); ++key)
        sum += static_cast<double>(row[key]) * (static_cast<double>(key) - static_cast<double>(query));
    return sum;
}

double klDivergence(std::span<const float> a, std::span<const float> b)
{
    if (std::isnan(massOf(a)) || std::isnan(massOf(b)))
        return kUndefined;
    const double massA = flooredMass(a);
    const double massB = flooredMass(b);
    double sum = 0.0;
    for (std::size_t key = 0; key < a.size(); ++key)
        sum += relativeTerm(std::max(static_cast<double>(a[key]), kFloor) / massA,
                            std::max(static_cast<double>(b[key]), kFloor) / massB);
    return std::max(sum, 0.0);
}

double jensenShannon(std::span<const float> a, std::span<const float> b)
{
    const double massA = massOf(a);
    const double massB = massOf(b);
    if (std::isnan(massA) || std::isnan(massB))
        return kUndefined;
    double sum = 0.0;
    for (std::size_t key = 0; key < a.size(); ++key)
        sum += jensenShannonTerm(a[key] / massA, b[key] / massB);
    return std::max(sum, 0.0);
}

double maximumDifference(std::span<const float> a, std::span<const float> b)
{
    double largest = 0.0;
    for (std::size_t key = 0; key < a.size(); ++key)
        largest = std::max(largest, std::abs(static_cast<double>(a[key]) - static_cast<double>(b[key])));
    return largest;
}

bool sameTopKey(std::span<const float> a, std::span<const float> b)
{
    return std::ranges::max_element(a) - a.begin() == std::ranges::max_element(b) - b.begin();
}

std::size_t allowedKeys(const AttentionMask& mask, std::size_t row, std::size_t queries, std::size_t keys)
{
    std::size_t count = 0;
    for (std::size_t key = 0; key < keys; ++key)
        count += mask.allowed(row, key, queries, keys) ? 1 : 0;
    return count;
}

MapComparison compareMaps(MatrixView a, MatrixView b, std::span<const std::uint8_t> rows)
{
    MapComparison result;
    for (std::size_t row = 0; row < a.rows; ++row)
        if (rows.empty() || rows[row] != 0)
            addRow(result, a.row(row), b.row(row));
    return meansOf(result);
}

MapComparison compareColumns(MatrixView a, MatrixView b, std::size_t key)
{
    std::vector<float> columns[2], shares[2];
    for (std::size_t query = 0; query < a.rows; ++query) {
        columns[0].push_back(a(query, key));
        columns[1].push_back(b(query, key));
    }
    for (std::size_t i = 0; i < 2; ++i) {
        const double mass = massOf(columns[i]);
        if (std::isnan(mass))
            return {};
        for (const float weight : columns[i])
            shares[i].push_back(static_cast<float>(static_cast<double>(weight) / mass));
    }
    const auto asRow = [](const std::vector<float>& values) { return MatrixView(values.data(), 1, values.size()); };
    MapComparison result = compareMaps(asRow(shares[0]), asRow(shares[1]));
    const MapComparison weights = compareMaps(asRow(columns[0]), asRow(columns[1]));
    result.maximumDifference = weights.maximumDifference;
    result.meanDifference = weights.meanDifference;
    return result;
}

double meanOf(std::span<const float> values, std::span<const std::uint8_t> rows)
{
    double sum = 0.0;
    std::size_t count = 0;
    for (std::size_t row = 0; row < values.size(); ++row) {
        if (!rows.empty() && rows[row] == 0)
            continue;
        sum += static_cast<double>(values[row]);
        ++count;
    }
    return count == 0 ? kUndefined : sum / static_cast<double>(count);
}

MapComparison combine(std::span<const MapComparison> parts)
{
    MapComparison result;
    for (const MapComparison& part : parts) {
        for (const auto& [mean, rows] : kMeans)
            if (part.*rows > 0)
                result.*mean += static_cast<double>(part.*rows) * part.*mean;
        result.maximumDifference = std::max(result.maximumDifference, part.maximumDifference);
        result.rows += part.rows;
        result.rowsA += part.rowsA;
        result.rowsB += part.rowsB;
        result.compared += part.compared;
    }
    return meansOf(result);
}

CellComparison compareCells(double a, double b)
{
    if (!(a >= 0.0 && a <= 1.0 && b >= 0.0 && b <= 1.0))
        return {kUndefined, kUndefined, b - a};
    const auto floored = [](double p) {
        return std::max(p, kFloor) / (std::max(p, kFloor) + std::max(1.0 - p, kFloor));
    };
    const double p = floored(a);
    const double q = floored(b);
    return {relativeTerm(p, q) + relativeTerm(1.0 - p, 1.0 - q),
            jensenShannonTerm(a, b) + jensenShannonTerm(1.0 - a, 1.0 - b), b - a};
}

}  // namespace ketscope
