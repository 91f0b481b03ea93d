// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/attention/feature_attention.h"

#include "core/attention/feature_keys.h"
#include "core/nn/row_softmax.h"

#include <array>
#include <cmath>
#include <limits>
#include <mutex>
#include <optional>

namespace ketscope {

namespace {

constexpr double kNothing = -std::numeric_limits<double>::infinity();
constexpr float kForbiddenExponent = -std::numeric_limits<float>::infinity();
constexpr std::size_t kChunk = kFeatureChunk;
constexpr std::size_t kPiece = 2 * kAttentionRowBlock;  // queries whose features are in memory at once
constexpr std::size_t kSteps = kAttentionRowBlock / 2;  // rows of a causal chunk that are given as many of its keys

class FeatureHead final : public WeightsHead {
public:
    FeatureHead(const HeadInput& head, std::shared_ptr<const FeatureMap> map, const FeatureRule& rule,
                std::vector<double> keyExponents, const Monitor& monitor)
        : WeightsHead(head), m_map(std::move(map)), m_rule(rule), m_keys(head, m_map, std::move(keyExponents))
    {
        m_ones.fill(1.0F);
        if (head.mask.additive.empty() && !head.mask.causal)
            m_all.emplace(m_keys.sumOfAll(monitor));
    }

private:
    // The features of all keys, which only weights need.
    struct Kept {
        Tensor features;                // (chunks, features, kChunk)
        std::vector<double> exponents;  // (m)
    };

    const Kept& kept() const;
    void fillWeights(std::size_t first, MutableMatrixView weights, MutableMatrixView) const override
    {
        fillRows(first, {weights, {}, {}, {}});
    }
    void fillRows(std::size_t first, const HeadOutput& block) const override;
    bool weigh(std::size_t row, double queryExponent, std::span<float> scores) const;
    bool fillOutput(std::size_t first, MutableMatrixView output, MutableMatrixView diagnostics) const override;
    void fillPiece(std::size_t first, std::size_t chunk, MutableMatrixView output, MutableMatrixView diagnostics) const;

    struct Row;  // one query's share in its own chunk
    Tensor attendChunk(std::size_t first, std::size_t chunk, const CausalChunk& causal, MatrixView features,
                       std::span<Row> rows) const;
    Row weighChunk(std::size_t row, std::size_t firstKey, const CausalChunk& causal, std::span<float> scores) const;
    bool finish(const Row& row, const FeatureSums& before, double queryExponent, std::span<const float> features,
                std::span<const float> sums, std::span<const float> own, std::span<float> output) const;
    bool uniform(const Row& row, const FeatureSums& before, std::span<float> output) const;
    double offset(double exponent) const { return m_rule.offset > 0.0 ? m_rule.offset * std::exp(-exponent) : 0.0; }

    std::shared_ptr<const FeatureMap> m_map;
    FeatureRule m_rule;
    FeatureKeys m_keys;
    std::optional<FeatureSums> m_all;  // of all keys; only where every query sees them all
    mutable Kept m_kept;
    mutable std::once_flag m_keptOnce;
    std::array<float, kChunk> m_ones{};
};

struct FeatureHead::Row {
    std::size_t firstKey = 0;
    std::size_t endKey = 0;
    double largest = kNothing;  // exponent, of all keys that the row sees
    double sum = 0.0;           // Σ c over its own chunk
    double mass = 0.0;
};

const FeatureHead::Kept& FeatureHead::kept() const
{
    std::call_once(m_keptOnce, [this] {
        m_kept.features = Tensor({m_keys.chunks(), m_map->size(), kChunk});
        m_kept.exponents.clear();
        for (std::size_t chunk = 0; chunk < m_keys.chunks(); ++chunk) {
            const FeatureChunk own = m_keys.chunk(chunk);
            std::ranges::copy(own.features.values(), m_kept.features.matrix({chunk}).data);
            m_kept.exponents.insert(m_kept.exponents.end(), own.exponents.begin(),
                                    own.exponents.begin() + static_cast<std::ptrdiff_t>(m_keys.chunkSize(chunk)));
        }
    });
    return m_kept;
}

void FeatureHead::fillRows(std::size_t first, const HeadOutput& block) const
{
    const MutableMatrixView weights = block.weights;
    const MatrixView queries = input().queries.middleRows(first, weights.rows);
    Tensor features({queries.rows, m_map->size()});
    std::vector<double> exponents(queries.rows);
    m_map->apply(queries, features.matrix(), exponents);
    const Tensor& ofKeys = kept().features;
    for (std::size_t chunk = 0; chunk < m_keys.chunks(); ++chunk)
        multiplyWide(features.matrix(), ofKeys.matrix({chunk}),
                     weights.middleColumns(chunk * kChunk, m_keys.chunkSize(chunk)));
    for (std::size_t i = 0; i < weights.rows; ++i)
        if (weigh(first + i, exponents[i], weights.row(i)) && !block.diagnostics.empty())
            block.diagnostics(0, i) = 1.0F;
}

// Whether nothing was left, so that the weights are even.
bool FeatureHead::weigh(std::size_t row, double queryExponent, std::span<float> scores) const
{
    const MatrixView& bias = input().mask.additive;
    std::vector<double> exponents(scores.size(), kNothing);
    double largest = kNothing;
    for (std::size_t key = 0; key < scores.size(); ++key)
        if (isAllowed(input(), row, key)) {
            exponents[key] = kept().exponents[key] + (bias.empty() ? 0.0 : static_cast<double>(bias(row, key)));
            largest = std::max(largest, exponents[key]);
        }
    std::vector<float> factors(scores.size(), kForbiddenExponent);
    for (std::size_t key = 0; key < scores.size() && largest != kNothing; ++key)
        factors[key] = static_cast<float>(exponents[key] - largest);
    exponentials(factors.data(), factors.size());
    double sum = 0.0;
    double mass = 0.0;
    for (std::size_t key = 0; key < scores.size(); ++key) {
        scores[key] = factors[key] > 0.0F ? scores[key] * factors[key] : 0.0F;
        sum += scores[key];
        mass += factors[key];
    }
    if (!(sum > m_rule.smallestMean * mass))
        return uniformRule(input(), row, scores);
    const auto inverse = static_cast<float>(1.0 / (sum + offset(queryExponent + largest)));
    for (float& score : scores)
        score *= inverse;
    return false;
}

bool FeatureHead::fillOutput(std::size_t first, MutableMatrixView output, MutableMatrixView diagnostics) const
{
    if (!input().mask.additive.empty())
        return false;
    for (std::size_t done = 0; done < output.rows;) {
        std::size_t count = std::min(kPiece, output.rows - done);
        std::size_t chunk = 0;
        if (input().mask.causal) {
            const std::size_t lastKey = input().mask.keyEnd(first + done, input().queries.rows, input().keys.rows) - 1;
            chunk = lastKey / kChunk;
            count = std::min(count, (chunk + 1) * kChunk - lastKey);
        }
        fillPiece(first + done, chunk, output.middleRows(done, count),
                  diagnostics.empty() ? diagnostics : diagnostics.middleColumns(done, count));
        done += count;
    }
    return true;
}

// Scores of a causal row over its own chunk to c, without its query's exponent. Keys that it may not see get 0.
FeatureHead::Row FeatureHead::weighChunk(std::size_t row, std::size_t firstKey, const CausalChunk& causal,
                                         std::span<float> scores) const
{
    Row result{firstKey, input().mask.keyEnd(row, input().queries.rows, input().keys.rows)};
    const std::size_t count = result.endKey - firstKey;
    result.largest = std::max(causal.before.largest, causal.own.largest[count - 1]);
    std::fill(scores.begin() + static_cast<std::ptrdiff_t>(count), scores.end(), 0.0F);
    if (causal.own.flat && result.largest == 0.0) {
        result.mass = static_cast<double>(count);
    } else {
        std::array<float, kChunk> factors;
        for (std::size_t j = 0; j < count; ++j)
            factors[j] = result.largest == kNothing ? kForbiddenExponent
                                                    : static_cast<float>(causal.own.exponents[j] - result.largest);
        exponentials(factors.data(), count);
        for (std::size_t j = 0; j < count; ++j)
            scores[j] *= factors[j];
        result.mass = kernels().dot(factors.data(), m_ones.data(), count);
    }
    result.sum = kernels().dot(scores.data(), m_ones.data(), count);
    return result;
}

// What causal rows get from the values of their own chunk, up to their sum; fills `rows`. The later keys are left out in
// steps.
Tensor FeatureHead::attendChunk(std::size_t first, std::size_t chunk, const CausalChunk& causal, MatrixView features,
                                std::span<Row> rows) const
{
    constexpr std::size_t kUnit = 16;  // columns that the kernels compute at once
    const std::size_t firstKey = chunk * kChunk;
    Tensor own({features.rows, m_keys.paddedWidth()});
    Tensor scores({kSteps, kChunk});
    Tensor room = m_keys.roomForValues();
    const MatrixView values = m_keys.weighValues(firstKey, std::span(m_ones).first(m_keys.chunkSize(chunk)), room);
    for (std::size_t done = 0; done < features.rows; done += kSteps) {
        const std::size_t count = std::min(kSteps, features.rows - done);
        const std::size_t end =
            input().mask.keyEnd(first + done + count - 1, input().queries.rows, input().keys.rows) - firstKey;
        const MutableMatrixView computed =
            scores.matrix().middleRows(0, count).middleColumns(0, std::min(kChunk, (end + kUnit - 1) / kUnit * kUnit));
        const MutableMatrixView seen = computed.middleColumns(0, end);
        multiplyWide(features.middleRows(done, count), causal.own.features.matrix(), computed);
        for (std::size_t i = 0; i < count; ++i)
            rows[done + i] = weighChunk(first + done + i, firstKey, causal, seen.row(i));
        multiplyWide(seen, values, own.matrix().middleRows(done, count));
    }
    return own;
}

// Queries of one piece; with a causal mask all of them end in the same chunk of keys.
void FeatureHead::fillPiece(std::size_t first, std::size_t chunk, MutableMatrixView output,
                            MutableMatrixView diagnostics) const
{
    const std::shared_ptr<const CausalChunk> causal = m_all ? nullptr : m_keys.causal(chunk);
    const FeatureSums& before = m_all ? *m_all : causal->before;
    const MatrixView queries = input().queries.middleRows(first, output.rows);
    Tensor features({queries.rows, m_map->size()});
    Tensor sums({queries.rows, m_keys.paddedWidth()});
    std::vector<double> exponents(queries.rows);
    m_map->apply(queries, features.matrix(), exponents);
    multiplyWide(features.matrix(), before.products(), sums.matrix());
    std::vector<Row> rows(queries.rows, Row{0, 0, before.largest});
    Tensor own;
    if (causal != nullptr)
        own = attendChunk(first, chunk, *causal, features.matrix(), rows);
    for (std::size_t i = 0; i < queries.rows; ++i)
        if (finish(rows[i], before, exponents[i], features.matrix().row(i), sums.matrix().row(i),
                   own.empty() ? std::span<const float>() : own.matrix().row(i), output.row(i))
            && !diagnostics.empty())
            diagnostics(0, i) = 1.0F;
}

// Whether nothing was left, so that the weights are even.
bool FeatureHead::finish(const Row& row, const FeatureSums& before, double queryExponent,
                         std::span<const float> features, std::span<const float> sums, std::span<const float> own,
                         std::span<float> output) const
{
    const bool same = before.largest == row.largest && before.largest != kNothing;
    const double decay = same ? 1.0 : before.largest == kNothing ? 0.0 : std::exp(before.largest - row.largest);
    const double sum = decay * kernels().dot(features.data(), before.total.data(), features.size()) + row.sum;
    if (!(sum > m_rule.smallestMean * (decay * before.mass + row.mass)))
        return uniform(row, before, output);
    const double inverse = 1.0 / (sum + offset(queryExponent + row.largest));
    const auto ofSums = static_cast<float>(decay * inverse);
    const auto ofOwn = static_cast<float>(inverse);
    const auto columns = static_cast<Eigen::Index>(output.size());
    const Eigen::Map<const Eigen::ArrayXf> ofBefore(sums.data(), columns);
    Eigen::Map<Eigen::ArrayXf> to(output.data(), columns);
    if (own.empty())
        to = ofSums * ofBefore;
    else
        to = ofSums * ofBefore + ofOwn * Eigen::Map<const Eigen::ArrayXf>(own.data(), columns);
    return false;
}

bool FeatureHead::uniform(const Row& row, const FeatureSums& before, std::span<float> output) const
{
    std::size_t allowed = before.allowed;
    std::vector<double> total = before.values;
    for (std::size_t key = row.firstKey; key < row.endKey; ++key) {
        if (!m_keys.isKey(key))
            continue;
        ++allowed;
        for (std::size_t c = 0; c < output.size(); ++c)
            total[c] += input().values(key, c);
    }
    for (std::size_t c = 0; c < output.size(); ++c)
        output[c] = allowed > 0 ? static_cast<float>(total[c] / static_cast<double>(allowed)) : 0.0F;
    return allowed > 0;
}

}  // namespace

std::unique_ptr<PreparedHead> prepareFeatureAttention(const HeadInput& input, std::shared_ptr<const FeatureMap> map,
                                                      const FeatureRule& rule, std::vector<double> keyExponents,
                                                      const Monitor& monitor)
{
    monitor.check();
    return std::make_unique<FeatureHead>(input, std::move(map), rule, std::move(keyExponents), monitor);
}

double featureAttentionFlops(const HeadInput& input, double features, double frequencies, double featureCost)
{
    const auto tokens = static_cast<double>(input.queries.rows + input.keys.rows);
    const auto pairs = static_cast<double>(input.queries.rows) * static_cast<double>(input.keys.rows);
    return tokens * (2.0 * static_cast<double>(input.queries.columns) * frequencies + featureCost * features)
           + pairs * (2.0 * features + 4.0 + 2.0 * static_cast<double>(input.values.columns));
}

}  // namespace ketscope
