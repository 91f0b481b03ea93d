// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/attention/feature_keys.h"

#include "core/nn/kernels.h"

#include <algorithm>
#include <atomic>
#include <cmath>

namespace ketscope {

namespace {

constexpr double kNothing = -std::numeric_limits<double>::infinity();

}  // namespace

FeatureSums::FeatureSums(std::size_t features, std::size_t width)
    : sums(Tensor::zeros({features, PackedMatrix::padded(width) + kApart})), total(Tensor::zeros({features})),
      values(width, 0.0)
{
}

FeatureSums FeatureSums::copy() const
{
    FeatureSums result(0, 0);
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

void FeatureSums::raise(double exponent)
{
    if (exponent == largest)
        return;
    const double decay = largest == kNothing ? 0.0 : std::exp(largest - exponent);
    largest = exponent;
    mass *= decay;
    for (Tensor* tensor : {&sums, &total})
        Eigen::Map<Eigen::ArrayXf>(tensor->data(), static_cast<Eigen::Index>(tensor->size())) *=
            static_cast<float>(decay);
}

FeatureKeys::FeatureKeys(const HeadInput& input, std::shared_ptr<const FeatureMap> map, std::vector<double> exponents)
    : m_input(input), m_map(std::move(map)), m_exponents(std::move(exponents))
{
}

std::size_t FeatureKeys::paddedWidth() const { return PackedMatrix::padded(m_input.values.columns); }

// A row of features of each key, out of each other's cache sets.
Tensor FeatureKeys::roomForRows() const { return Tensor({kFeatureChunk, m_map->size() + FeatureSums::kApart}); }

// `rows` is roomForRows.
void FeatureKeys::fill(std::size_t chunk, Tensor& rows, FeatureChunk& into) const
{
    const std::size_t first = chunk * kFeatureChunk;
    const std::size_t count = chunkSize(chunk);
    const MutableMatrixView ofKeys = rows.matrix().middleRows(0, count).middleColumns(0, m_map->size());
    m_map->apply(m_input.keys.middleRows(first, count), ofKeys, std::span(into.exponents).first(count));
    const MutableMatrixView features = into.features.matrix();
    for (std::size_t f = 0; f < features.rows; ++f) {
        float* to = features.row(f).data();
        for (std::size_t j = 0; j < count; ++j)
            to[j] = ofKeys(j, f);
        std::fill(to + count, to + kFeatureChunk, 0.0F);
    }
    double largest = kNothing;
    into.flat = true;
    for (std::size_t j = 0; j < count; ++j) {
        double& exponent = into.exponents[j];
        exponent = isKey(first + j) ? exponent + (m_exponents.empty() ? 0.0 : m_exponents[first + j]) : kNothing;
        largest = std::max(largest, exponent);
        into.largest[j] = largest;
        into.flat = into.flat && exponent == 0.0;
    }
}

FeatureChunk FeatureKeys::chunk(std::size_t chunk) const
{
    FeatureChunk result;
    result.features = Tensor({m_map->size(), kFeatureChunk});
    Tensor rows = roomForRows();
    fill(chunk, rows, result);
    return result;
}

MatrixView FeatureKeys::weighValues(std::size_t first, std::span<const float> factors, Tensor& scaled) const
{
    const MatrixView from = m_input.values.middleRows(first, factors.size());
    const auto columns = static_cast<Eigen::Index>(from.columns);
    for (std::size_t j = 0; j < factors.size(); ++j) {
        const std::span<float> row = scaled.matrix().row(j);
        std::fill(row.begin() + columns, row.end(), 0.0F);
        Eigen::Map<Eigen::RowVectorXf> to(row.data(), columns);
        if (isKey(first + j))
            to = factors[j] * Eigen::Map<const Eigen::RowVectorXf>(from.row(j).data(), columns);
        else
            to.setZero();
    }
    return scaled.matrix().middleRows(0, factors.size()).middleColumns(0, paddedWidth());
}

void FeatureKeys::addValues(std::size_t first, std::size_t count, std::vector<double>& total) const
{
    const auto columns = static_cast<Eigen::Index>(total.size());
    Eigen::RowVectorXf sum = Eigen::RowVectorXf::Zero(columns);
    for (std::size_t key = first; key < first + count; ++key)
        if (isKey(key))
            sum += Eigen::Map<const Eigen::RowVectorXf>(m_input.values.row(key).data(), columns);
    for (std::size_t c = 0; c < total.size(); ++c)
        total[c] += sum[static_cast<Eigen::Index>(c)];
}

// `scaled` is roomForValues.
void FeatureKeys::add(std::size_t chunk, const FeatureChunk& own, FeatureSums& sums, Tensor& scaled) const
{
    const std::size_t first = chunk * kFeatureChunk;
    const std::size_t count = chunkSize(chunk);
    const double largest = std::max(sums.largest, own.largest[count - 1]);
    if (largest == kNothing)
        return;
    sums.raise(largest);
    std::array<float, kFeatureChunk> factors{};
    for (std::size_t j = 0; j < count; ++j) {
        const double exponent = own.exponents[j] - largest;
        const double factor = exponent == 0.0 ? 1.0 : std::exp(exponent);
        factors[j] = static_cast<float>(factor);
        sums.mass += factor;
        sums.allowed += isKey(first + j) ? 1 : 0;
    }
    addValues(first, count, sums.values);
    const MatrixView features = own.features.matrix();
    multiplyWide(features.middleColumns(0, count), weighValues(first, std::span(factors).first(count), scaled),
                 sums.products(), true);
    using Rows = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
    const auto all = static_cast<Eigen::Index>(features.rows);
    Eigen::Map<Eigen::VectorXf>(sums.total.data(), all).noalias() +=
        Eigen::Map<const Rows>(features.data, all, kFeatureChunk)
        * Eigen::Map<const Eigen::VectorXf>(factors.data(), kFeatureChunk);
}

FeatureSums FeatureKeys::sumOfAll(const Monitor& monitor) const
{
    FeatureSums sums(m_map->size(), m_input.values.columns);
    Tensor scaled = roomForValues();
    Tensor rows = roomForRows();
    FeatureChunk own;
    own.features = Tensor({m_map->size(), kFeatureChunk});
    for (std::size_t chunk = 0; chunk < chunks(); ++chunk) {
        monitor.check();
        fill(chunk, rows, own);
        add(chunk, own, sums, scaled);
    }
    return sums;
}

// Chunks with their sums that stay known: 8 MiB of them, but at least 4 and at most 16.
std::size_t FeatureKeys::mostKept() const
{
    constexpr std::size_t kBytes = std::size_t{8} << 20;
    const std::size_t bytes = m_map->size() * (paddedWidth() + kFeatureChunk) * sizeof(float);
    return std::clamp<std::size_t>(kBytes / bytes, 4, 16);
}

std::shared_ptr<CausalChunk> FeatureKeys::newChunk() const
{
    auto result = std::make_shared<CausalChunk>(CausalChunk{FeatureSums(0, 0), {}});
    result->own.features = Tensor({m_map->size(), kFeatureChunk});
    return result;
}

std::shared_ptr<const CausalChunk> FeatureKeys::causal(std::size_t wanted) const
{
    constexpr std::size_t kEvery = 8;     // of these one stays, with what was before it
    const std::lock_guard lock(m_mutex);  // the sums are made one after the other in any case
    auto nearest = m_known.end();
    for (auto known = m_known.begin(); known != m_known.end(); ++known)
        if (known->first <= wanted && (nearest == m_known.end() || known->first > nearest->first))
            nearest = known;
    if (nearest != m_known.end() && nearest->first == wanted) {
        m_known.splice(m_known.begin(), m_known, nearest);
        return m_known.front().second;
    }
    Tensor scaled = roomForValues();
    Tensor rows = roomForRows();
    std::shared_ptr<CausalChunk> result;
    std::size_t chunk = 0;
    if (nearest == m_known.end()) {
        result = newChunk();
        result->before = FeatureSums(m_map->size(), m_input.values.columns);
    } else {
        chunk = nearest->first;
        if (chunk + 1 == wanted && chunk % kEvery != 0 && nearest->second.use_count() == 1) {
            std::atomic_thread_fence(std::memory_order_acquire);  // after whoever read it
            result = std::move(nearest->second);
            m_known.erase(nearest);
            add(chunk, result->own, result->before, scaled);
        } else {
            result = newChunk();
            result->before = nearest->second->before.copy();
            add(chunk, nearest->second->own, result->before, scaled);
        }
        ++chunk;
    }
    for (; chunk < wanted; ++chunk) {
        fill(chunk, rows, result->own);
        add(chunk, result->own, result->before, scaled);
    }
    fill(wanted, rows, result->own);
    m_known.emplace_front(wanted, result);
    if (m_known.size() > mostKept())
        m_known.pop_back();
    return result;
}

}  // namespace ketscope
