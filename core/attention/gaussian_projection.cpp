// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/attention/gaussian_projection.h"

#include <cmath>
#include <mutex>
#include <numeric>
#include <tuple>

namespace ketscope {

namespace {

enum Purpose : std::uint16_t { kFrequencies = 1, kLengths = 3 };

std::vector<double> gaussianVector(std::size_t dimension, RandomStream stream)
{
    std::vector<double> vector(dimension);
    for (double& x : vector)
        x = stream.normal();
    return vector;
}

double dot(const std::vector<double>& a, const std::vector<double>& b)
{
    return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}

void scaleTo(std::vector<double>& vector, double length)
{
    const double factor = length / std::sqrt(dot(vector, vector));
    for (double& x : vector)
        x *= factor;
}

// Makes the vectors of one block orthogonal, in their order. Twice is enough for rounding (Kahan, Parlett).
void orthogonalize(std::span<std::vector<double>> block)
{
    for (std::size_t row = 0; row < block.size(); ++row) {
        for (int pass = 0; pass < 2; ++pass)
            for (std::size_t before = 0; before < row; ++before) {
                const double along = dot(block[row], block[before]);
                for (std::size_t i = 0; i < block[row].size(); ++i)
                    block[row][i] -= along * block[before][i];
            }
        scaleTo(block[row], 1.0);
    }
}

std::shared_ptr<const GaussianProjection> draw(std::size_t count, std::size_t dimension, bool orthogonal,
                                               const RandomKey& random)
{
    std::vector<std::vector<double>> rows(count);
    for (std::size_t row = 0; row < count; ++row)
        rows[row] = gaussianVector(dimension, {random, static_cast<std::uint32_t>(row), kFrequencies});
    if (orthogonal) {
        for (std::size_t first = 0; first < count; first += dimension)
            orthogonalize(std::span(rows).subspan(first, std::min(dimension, count - first)));
        for (std::size_t row = 0; row < count; ++row) {
            const auto length = gaussianVector(dimension, {random, static_cast<std::uint32_t>(row), kLengths});
            scaleTo(rows[row], std::sqrt(dot(length, length)));
        }
    }
    GaussianProjection projection{Tensor({count, dimension}), {}};
    for (std::size_t row = 0; row < count; ++row)
        std::ranges::transform(rows[row], projection.rows.matrix().row(row).begin(),
                               [](double x) { return static_cast<float>(x); });
    projection.packed = PackedMatrix::transposed(projection.rows.matrix());
    return std::make_shared<const GaussianProjection>(std::move(projection));
}

}  // namespace

std::shared_ptr<const GaussianProjection> gaussianProjection(std::size_t count, std::size_t dimension, bool orthogonal,
                                                             const RandomKey& random)
{
    using Key = std::tuple<std::size_t, std::size_t, bool, std::uint64_t, std::uint16_t, std::uint16_t, std::uint16_t>;
    constexpr std::size_t kMostFloats = std::size_t{16} << 20;
    static std::mutex s_mutex;
    static std::map<Key, std::shared_ptr<const GaussianProjection>> s_kept;
    static std::size_t s_floats = 0;
    const Key key{count, dimension, orthogonal, random.seed, random.stack, random.layer, random.head};
    {
        const std::lock_guard lock(s_mutex);
        if (const auto found = s_kept.find(key); found != s_kept.end())
            return found->second;
    }
    auto projection = draw(count, dimension, orthogonal, random);  // twice at worst: it does not hold up other heads
    const std::lock_guard lock(s_mutex);
    if (s_floats > kMostFloats) {
        s_kept.clear();
        s_floats = 0;
    }
    s_floats += 2 * count * dimension;
    return s_kept.try_emplace(key, std::move(projection)).first->second;
}

}  // namespace ketscope
