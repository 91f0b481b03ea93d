// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/attention/feature_attention.h"

#include "core/nn/row_softmax.h"

#include <array>
#include <cmath>
#include <limits>
#include <mutex>

namespace ketscope {

namespace {

constexpr double kNothing = -std::numeric_limits<double>::infinity();
constexpr float kForbiddenExponent = -std::numeric_limits<float>::infinity();
constexpr std::size_t kChunk = kFeatureChunk;
constexpr std::size_t kPiece = 2 * kAttentionRowBlock;  // queries whose features are in memory at once

std::size_t padded(std::size_t columns)
{
    return (columns + PackedMatrix::kColumnUnit - 1) / PackedMatrix::kColumnUnit * PackedMatrix::kColumnUnit;
}

// What the keys of a prefix leave behind.
struct PrefixSums {
    PrefixSums(std::size_t features, std::size_t width)
        : sums(Tensor::zeros({features, padded(width)})), total(Tensor::zeros({features})), values(width, 0.0)
    {
    }

    PrefixSums copy() const
    {
        PrefixSums result(0, 0);
        result.sums = Tensor(sums.shape());
        result.total = Tensor(total.shape());
        std::ranges::copy(sums.values(), result.sums.data());
        std::ranges::copy(total.values(), result.total.data());
        result.largest = largest;
        result.mass = mass;
        result.values = values;
        result.allowed = allowed;
        return result;
    }

    // Rescales to a new largest exponent.
    void raise(double exponent)
    {
        if (exponent == largest)
            return;
        const double decay = largest == kNothing ? 0.0 : std::exp(largest - exponent);
        largest = exponent;
        mass *= decay;
        for (Tensor* tensor : {&sums, &total})
            for (float& sum : tensor->values())
                sum *= static_cast<float>(decay);
    }

    Tensor sums;                 // (features, padded dv): Σ e^{s − largest} φ(k) vᵀ
    Tensor total;                // (features): Σ e^{s − largest} φ(k)
    double largest = kNothing;   // exponent
    double mass = 0.0;           // Σ e^{s − largest}
    std::vector<double> values;  // Σ v, of allowed keys
    std::size_t allowed = 0;
};

class FeatureHead final : public WeightsHead {
public:
    FeatureHead(const HeadInput& head, std::shared_ptr<const FeatureMap> map, const FeatureRule& rule,
                const std::vector<double>& keyExponents, const Monitor& monitor)
        : WeightsHead(head), m_map(std::move(map)), m_rule(rule), m_exponents(head.keys.rows),
          m_largest(head.keys.rows), m_chunks((head.keys.rows + kChunk - 1) / kChunk)
    {
        m_ones.fill(1.0F);
        if (head.mask.additive.empty() && !head.mask.causal)
            sumAll(keyExponents, monitor);
        else
            std::call_once(m_featuresOnce, [&] { m_features = keptFeatures(keyExponents, monitor); });
        m_flat = std::ranges::all_of(m_exponents, [](double s) { return s == 0.0; });
        if (head.mask.additive.empty() && head.mask.causal)
            sumPrefixes(monitor);
    }

private:
    bool isKey(std::size_t key) const { return input().mask.keyAllowed.empty() || input().mask.keyAllowed[key] != 0; }
    std::size_t chunkSize(std::size_t chunk) const { return std::min(kChunk, m_exponents.size() - chunk * kChunk); }

    void fillFeatures(std::size_t chunk, std::span<double> exponents, Tensor& rows, MutableMatrixView features) const;
    void addKeyExponents(std::size_t chunk, const std::vector<double>& keyExponents);
    Tensor keptFeatures(const std::vector<double>& keyExponents, const Monitor& monitor);
    const Tensor& features() const;
    void sumAll(const std::vector<double>& keyExponents, const Monitor& monitor);
    void sumPrefixes(const Monitor& monitor);
    void addChunk(std::size_t chunk, MatrixView features, PrefixSums& prefix, Tensor& scaled) const;
    MatrixView weighValues(std::size_t first, std::span<const float> factors, Tensor& scaled) const;
    void addValues(std::size_t first, std::size_t count, std::vector<double>& total) const;
    void fillWeights(std::size_t first, MutableMatrixView weights, MutableMatrixView) const override;
    void weigh(std::size_t row, double queryExponent, std::span<float> scores) const;
    bool fillOutput(std::size_t first, MutableMatrixView output) const override;
    void fillPiece(std::size_t first, std::size_t chunk, MutableMatrixView output) const;

    struct Row;  // one query's share in its own chunk
    Row weighChunk(std::size_t row, std::size_t firstKey, double before, std::span<float> scores) const;
    void finish(const Row& row, const PrefixSums& before, double queryExponent, std::span<const float> features,
                std::span<const float> sums, std::span<const float> own, std::span<float> output) const;
    void uniform(const Row& row, const PrefixSums& before, std::span<float> output) const;
    double offset(double exponent) const { return m_rule.offset > 0.0 ? m_rule.offset * std::exp(-exponent) : 0.0; }

    std::shared_ptr<const FeatureMap> m_map;
    FeatureRule m_rule;
    std::vector<double> m_exponents;     // (m), −∞ for padding
    bool m_flat = false;                 // all exponents are 0
    std::vector<double> m_largest;       // (m), of the exponents in the chunk up to here
    std::size_t m_chunks;                // of keys
    // Of each chunk of keys: (features, kChunk), keys past the end 0. Where one sum over all keys gives the output,
    // they are kept only once somebody asks for weights, so that the output alone needs one chunk of them.
    mutable Tensor m_features;
    mutable std::once_flag m_featuresOnce;
    std::vector<PrefixSums> m_prefixes;  // causal: before each chunk that a query ends in; else of all keys alone
    std::size_t m_firstChunk = 0;        // of m_prefixes
    std::array<float, kChunk> m_ones{};
};

struct FeatureHead::Row {
    std::size_t firstKey = 0;
    std::size_t endKey = 0;
    double largest = kNothing;  // exponent, of all keys that the row sees
    double sum = 0.0;           // Σ c over its own chunk
    double mass = 0.0;
};

// A row of features of each key, out of each other's cache sets.
Tensor featureRows(std::size_t size)
{
    constexpr std::size_t kLine = 16;
    return Tensor({kChunk, size + kLine});
}

// `features` of one chunk, and its exponents where there is room; `rows` is featureRows.
void FeatureHead::fillFeatures(std::size_t chunk, std::span<double> exponents, Tensor& rows,
                               MutableMatrixView features) const
{
    const std::size_t count = chunkSize(chunk);
    const MutableMatrixView ofKeys = rows.matrix().middleRows(0, count).middleColumns(0, m_map->size());
    m_map->apply(input().keys.middleRows(chunk * kChunk, count), ofKeys, exponents);
    for (std::size_t f = 0; f < features.rows; ++f) {
        float* to = features.row(f).data();
        for (std::size_t j = 0; j < count; ++j)
            to[j] = ofKeys(j, f);
        std::fill(to + count, to + kChunk, 0.0F);
    }
}

void FeatureHead::addKeyExponents(std::size_t chunk, const std::vector<double>& keyExponents)
{
    double largest = kNothing;
    for (std::size_t key = chunk * kChunk; key < chunk * kChunk + chunkSize(chunk); ++key) {
        m_exponents[key] = isKey(key) ? m_exponents[key] + (keyExponents.empty() ? 0.0 : keyExponents[key]) : kNothing;
        largest = std::max(largest, m_exponents[key]);
        m_largest[key] = largest;
    }
}

Tensor FeatureHead::keptFeatures(const std::vector<double>& keyExponents, const Monitor& monitor)
{
    Tensor kept({m_chunks, m_map->size(), kChunk});
    Tensor rows = featureRows(m_map->size());
    for (std::size_t chunk = 0; chunk < m_chunks; ++chunk) {
        monitor.check();
        fillFeatures(chunk, std::span(m_exponents).subspan(chunk * kChunk, chunkSize(chunk)), rows,
                     kept.matrix({chunk}));
        addKeyExponents(chunk, keyExponents);
    }
    return kept;
}

const Tensor& FeatureHead::features() const
{
    std::call_once(m_featuresOnce, [this] {
        m_features = Tensor({m_chunks, m_map->size(), kChunk});
        Tensor rows = featureRows(m_map->size());
        for (std::size_t chunk = 0; chunk < m_chunks; ++chunk)
            fillFeatures(chunk, {}, rows, m_features.matrix({chunk}));
    });
    return m_features;
}

// The values of some keys times their factors; as they lie in memory where all are 1 and their width fits.
MatrixView FeatureHead::weighValues(std::size_t first, std::span<const float> factors, Tensor& scaled) const
{
    const MatrixView from = input().values.middleRows(first, factors.size());
    if (from.columns == padded(from.columns) && std::ranges::all_of(factors, [](float x) { return x == 1.0F; }))
        return from;
    const auto columns = static_cast<Eigen::Index>(from.columns);
    for (std::size_t j = 0; j < factors.size(); ++j) {
        Eigen::Map<Eigen::RowVectorXf> to(scaled.matrix().row(j).data(), columns);
        if (isKey(first + j))
            to = factors[j] * Eigen::Map<const Eigen::RowVectorXf>(from.row(j).data(), columns);
        else
            to.setZero();
    }
    return scaled.matrix();
}

void FeatureHead::addValues(std::size_t first, std::size_t count, std::vector<double>& total) const
{
    const auto columns = static_cast<Eigen::Index>(total.size());
    Eigen::RowVectorXf sum = Eigen::RowVectorXf::Zero(columns);
    for (std::size_t key = first; key < first + count; ++key)
        if (isKey(key))
            sum += Eigen::Map<const Eigen::RowVectorXf>(input().values.row(key).data(), columns);
    for (std::size_t c = 0; c < total.size(); ++c)
        total[c] += sum[static_cast<Eigen::Index>(c)];
}

void FeatureHead::addChunk(std::size_t chunk, MatrixView features, PrefixSums& prefix, Tensor& scaled) const
{
    const std::size_t first = chunk * kChunk;
    const std::size_t count = chunkSize(chunk);
    const double largest = std::max(prefix.largest, m_largest[first + count - 1]);
    if (largest == kNothing)
        return;
    prefix.raise(largest);
    std::array<float, kChunk> factors{};
    for (std::size_t j = 0; j < count; ++j) {
        const double exponent = m_exponents[first + j] - largest;
        const double factor = exponent == 0.0 ? 1.0 : std::exp(exponent);
        factors[j] = static_cast<float>(factor);
        prefix.mass += factor;
        prefix.allowed += isKey(first + j) ? 1 : 0;
    }
    addValues(first, count, prefix.values);
    multiplyWide(features.middleColumns(0, count), weighValues(first, std::span(factors).first(count), scaled),
                 prefix.sums.matrix(), true);
    for (std::size_t f = 0; f < features.rows; ++f)
        prefix.total.data()[f] += static_cast<float>(kernels().dot(features.row(f).data(), factors.data(), count));
}

// Chunk after chunk, without keeping their features.
void FeatureHead::sumAll(const std::vector<double>& keyExponents, const Monitor& monitor)
{
    PrefixSums running(m_map->size(), input().values.columns);
    Tensor scaled = Tensor::zeros({kChunk, padded(input().values.columns)});
    Tensor rows = featureRows(m_map->size());
    Tensor ofChunk({m_map->size(), kChunk});
    for (std::size_t chunk = 0; chunk < m_chunks; ++chunk) {
        monitor.check();
        fillFeatures(chunk, std::span(m_exponents).subspan(chunk * kChunk, chunkSize(chunk)), rows, ofChunk.matrix());
        addKeyExponents(chunk, keyExponents);
        addChunk(chunk, ofChunk.matrix(), running, scaled);
    }
    m_prefixes.push_back(std::move(running));
}

// With a causal mask: what is before each chunk that a query ends in.
void FeatureHead::sumPrefixes(const Monitor& monitor)
{
    PrefixSums running(m_map->size(), input().values.columns);
    Tensor scaled = Tensor::zeros({kChunk, padded(input().values.columns)});
    m_firstChunk = (input().mask.keyEnd(0, input().queries.rows, input().keys.rows) - 1) / kChunk;
    for (std::size_t chunk = 0; chunk < m_chunks; ++chunk) {
        monitor.check();
        if (chunk >= m_firstChunk)
            m_prefixes.push_back(running.copy());
        if (chunk + 1 < m_chunks)
            addChunk(chunk, m_features.matrix({chunk}), running, scaled);
    }
}

void FeatureHead::fillWeights(std::size_t first, MutableMatrixView weights, MutableMatrixView) const
{
    const MatrixView queries = input().queries.middleRows(first, weights.rows);
    Tensor features({queries.rows, m_map->size()});
    std::vector<double> exponents(queries.rows);
    m_map->apply(queries, features.matrix(), exponents);
    const Tensor& ofKeys = this->features();
    for (std::size_t chunk = 0; chunk < m_chunks; ++chunk)
        multiplyWide(features.matrix(), ofKeys.matrix({chunk}),
                     weights.middleColumns(chunk * kChunk, chunkSize(chunk)));
    for (std::size_t i = 0; i < weights.rows; ++i)
        weigh(first + i, exponents[i], weights.row(i));
}

void FeatureHead::weigh(std::size_t row, double queryExponent, std::span<float> scores) const
{
    const MatrixView& bias = input().mask.additive;
    std::vector<double> exponents(scores.size(), kNothing);
    double largest = kNothing;
    for (std::size_t key = 0; key < scores.size(); ++key)
        if (isAllowed(input(), row, key)) {
            exponents[key] = m_exponents[key] + (bias.empty() ? 0.0 : static_cast<double>(bias(row, key)));
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
}

bool FeatureHead::fillOutput(std::size_t first, MutableMatrixView output) const
{
    if (m_prefixes.empty())
        return false;
    for (std::size_t done = 0; done < output.rows;) {
        std::size_t count = std::min(kPiece, output.rows - done);
        std::size_t chunk = 0;
        if (input().mask.causal) {
            const std::size_t lastKey = input().mask.keyEnd(first + done, input().queries.rows, input().keys.rows) - 1;
            chunk = lastKey / kChunk;
            count = std::min(count, (chunk + 1) * kChunk - lastKey);
        }
        fillPiece(first + done, chunk, output.middleRows(done, count));
        done += count;
    }
    return true;
}

// Scores of a causal row over its own chunk to c, without its query's exponent. Keys that it may not see get 0.
FeatureHead::Row FeatureHead::weighChunk(std::size_t row, std::size_t firstKey, double before,
                                         std::span<float> scores) const
{
    Row result{firstKey, input().mask.keyEnd(row, input().queries.rows, input().keys.rows)};
    const std::size_t count = result.endKey - firstKey;
    result.largest = std::max(before, m_largest[result.endKey - 1]);
    std::fill(scores.begin() + static_cast<std::ptrdiff_t>(count), scores.end(), 0.0F);
    if (m_flat) {
        result.mass = static_cast<double>(count);
    } else {
        std::array<float, kChunk> factors;
        for (std::size_t j = 0; j < count; ++j)
            factors[j] = result.largest == kNothing ? kForbiddenExponent
                                                    : static_cast<float>(m_exponents[firstKey + j] - result.largest);
        exponentials(factors.data(), count);
        for (std::size_t j = 0; j < count; ++j)
            scores[j] *= factors[j];
        result.mass = kernels().dot(factors.data(), m_ones.data(), count);
    }
    result.sum = kernels().dot(scores.data(), m_ones.data(), count);
    return result;
}

// Queries of one piece; with a causal mask all of them end in the same chunk of keys.
void FeatureHead::fillPiece(std::size_t first, std::size_t chunk, MutableMatrixView output) const
{
    const PrefixSums& before = m_prefixes[chunk - m_firstChunk];
    const std::size_t width = output.columns;
    const MatrixView queries = input().queries.middleRows(first, output.rows);
    Tensor features({queries.rows, m_map->size()});
    Tensor sums({queries.rows, padded(width)});
    std::vector<double> exponents(queries.rows);
    m_map->apply(queries, features.matrix(), exponents);
    multiplyWide(features.matrix(), before.sums.matrix(), sums.matrix());
    std::vector<Row> rows(queries.rows, Row{0, 0, before.largest});
    Tensor own;
    if (input().mask.causal) {
        const std::size_t firstKey = chunk * kChunk;
        Tensor scores({queries.rows, kChunk});
        own = Tensor({queries.rows, width});
        multiplyWide(features.matrix(), m_features.matrix({chunk}), scores.matrix());
        for (std::size_t i = 0; i < queries.rows; ++i)
            rows[i] = weighChunk(first + i, firstKey, before.largest, scores.matrix().row(i));
        values().multiplyPart(scores.matrix(), {firstKey, chunkSize(chunk), 0, width}, own.matrix());
    }
    for (std::size_t i = 0; i < queries.rows; ++i)
        finish(rows[i], before, exponents[i], features.matrix().row(i), sums.matrix().row(i),
               own.empty() ? std::span<const float>() : own.matrix().row(i), output.row(i));
}

void FeatureHead::finish(const Row& row, const PrefixSums& before, double queryExponent,
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
    for (std::size_t c = 0; c < output.size(); ++c)
        output[c] = ofSums * sums[c] + (own.empty() ? 0.0F : ofOwn * own[c]);
}

void FeatureHead::uniform(const Row& row, const PrefixSums& before, std::span<float> output) const
{
    std::size_t allowed = before.allowed;
    std::vector<double> total = before.values;
    for (std::size_t key = row.firstKey; key < row.endKey; ++key) {
        if (!isKey(key))
            continue;
        ++allowed;
        for (std::size_t c = 0; c < output.size(); ++c)
            total[c] += input().values(key, c);
    }
    for (std::size_t c = 0; c < output.size(); ++c)
        output[c] = allowed > 0 ? static_cast<float>(total[c] / static_cast<double>(allowed)) : 0.0F;
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
