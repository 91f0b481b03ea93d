// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/naive_bayes.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace ketscope {

namespace {

// Each token and each pair of neighbours of a text, once.
std::vector<std::uint64_t> featuresOf(NaiveBayes::Tokens text)
{
    std::vector<std::uint64_t> features;
    std::uint64_t before = 0;
    for (const std::int32_t token : text) {
        const auto id = static_cast<std::uint64_t>(static_cast<std::uint32_t>(token)) + 1;
        features.push_back(id);
        if (before != 0)
            features.push_back(before << 32U | id);
        before = id;
    }
    std::ranges::sort(features);
    features.erase(std::ranges::unique(features).begin(), features.end());
    return features;
}

// −d/da Σ ln softmax(a · evidence)[label]: what the scale is too much.
double excess(const std::vector<std::vector<double>>& evidence, std::span<const std::size_t> labels, double scale)
{
    double sum = 0.0;
    for (std::size_t i = 0; i < evidence.size(); ++i) {
        const double most = std::ranges::max(evidence[i]);
        double all = 0.0, expected = 0.0;
        for (const double each : evidence[i]) {
            const double p = std::exp(scale * (each - most));
            all += p;
            expected += p * each;
        }
        sum += expected / all - evidence[i][labels[i]];
    }
    return sum;
}

}  // namespace

void NaiveBayes::add(const Counted& text)
{
    for (const std::uint64_t feature : featuresOf(text.text)) {
        std::vector<double>& counts = m_counts[feature];
        counts.resize(m_totals.size());
        counts[text.label] += text.weight;
        m_totals[text.label] += text.weight;
    }
}

std::vector<double> NaiveBayes::evidence(Tokens text, const std::optional<Counted>& own) const
{
    const std::vector<std::uint64_t> features = featuresOf(text);
    const std::vector<std::uint64_t> owns = own ? featuresOf(own->text) : std::vector<std::uint64_t>();
    const auto all = static_cast<double>(m_counts.size());
    std::vector<double> result(m_totals.size());
    for (const std::uint64_t feature : features) {
        const auto found = m_counts.find(feature);
        const bool itsOwn = std::ranges::binary_search(owns, feature);
        for (std::size_t c = 0; c < result.size(); ++c) {
            const double less = own && own->label == c ? own->weight : 0.0;
            const double count = (found == m_counts.end() ? 0.0 : found->second[c]) - (itsOwn ? less : 0.0);
            const double total = m_totals[c] - less * static_cast<double>(owns.size());
            result[c] += std::log((std::max(0.0, count) + 1.0) / (total + all));
        }
    }
    const double mean = std::accumulate(result.begin(), result.end(), 0.0) / static_cast<double>(result.size());
    for (double& each : result)
        each -= mean;
    return result;
}

double calibration(const std::vector<std::vector<double>>& evidence, std::span<const std::size_t> labels)
{
    constexpr double kMost = 16.0;  // a scale that only labels which are never wrong reach
    double low = 0.0, high = kMost;
    for (int i = 0; i < 60; ++i) {
        const double middle = 0.5 * (low + high);
        (excess(evidence, labels, middle) < 0.0 ? low : high) = middle;
    }
    return low;
}

}  // namespace ketscope
