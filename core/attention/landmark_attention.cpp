// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/attention/landmark_attention.h"

#include "core/nn/kernels.h"

#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <limits>

namespace ketscope {

namespace {

constexpr std::size_t kChunk = 256;  // of keys
constexpr std::size_t kRows = 24;    // of queries at a time, so that few compute keys that they do not see

// Some rows of a matrix, one after the other: as they lie where that is so, else copied to `room`.
MatrixView gathered(MatrixView from, std::span<const std::size_t> rows, Tensor& room)
{
    if (rows.back() - rows.front() + 1 == rows.size())
        return from.middleRows(rows.front(), rows.size());
    if (room.empty())
        room = Tensor({kChunk, from.columns});
    for (std::size_t i = 0; i < rows.size(); ++i)
        std::ranges::copy(from.row(rows[i]), room.matrix().row(i).begin());
    return room.matrix().middleRows(0, rows.size());
}

void scale(std::span<float> row, double factor)
{
    if (factor != 1.0)
        Eigen::Map<Eigen::ArrayXf>(row.data(), static_cast<Eigen::Index>(row.size())) *= static_cast<float>(factor);
}

class LandmarkSums {
public:
    LandmarkSums(const HeadInput& input, MatrixView queries)
        : m_input(input), m_queries({queries.rows, queries.columns}),
          m_sums(Tensor::zeros({queries.rows, input.values.columns})), m_mass(queries.rows, 0.0),
          m_largest(queries.rows, -std::numeric_limits<double>::infinity()), m_ones(kChunk, 1.0F)
    {
        for (std::size_t i = 0; i < queries.rows; ++i)
            std::ranges::transform(queries.row(i), m_queries.matrix().row(i).begin(),
                                   [&input](float x) { return input.scale * x; });
    }

    // Keys first … of those that the queries see up to `ends`.
    void add(std::size_t first, std::span<const std::size_t> keys, std::span<const std::size_t> ends)
    {
        const auto from = static_cast<std::size_t>(std::ranges::upper_bound(ends, first) - ends.begin());
        if (from == ends.size())
            return;
        const PackedMatrix packed = PackedMatrix::transposed(gathered(m_input.keys, keys, m_keyRoom));
        const PackedMatrix values = PackedMatrix::of(gathered(m_input.values, keys, m_valueRoom));
        Tensor room({kRows, keys.size()});
        for (std::size_t block = from; block < ends.size(); block += kRows) {
            const std::size_t count = std::min(kRows, ends.size() - block);
            const std::size_t seen = std::min(keys.size(), ends[block + count - 1] - first);  // by the last of them
            const MutableMatrixView scores = room.matrix().middleRows(0, count).middleColumns(0, seen);
            packed.multiplyPart(m_queries.matrix().middleRows(block, count), {0, m_queries.shape()[1], 0, seen},
                                scores);
            for (std::size_t i = 0; i < count; ++i)
                addRow(block + i, scores.row(i), std::min(keys.size(), ends[block + i] - first));
            values.multiplyPart(scores, {0, seen, 0, m_input.values.columns}, m_sums.matrix().middleRows(block, count),
                                true);
        }
    }

    Tensor result() const
    {
        Tensor output = copyOf(m_sums.matrix());
        for (std::size_t a = 0; a < m_mass.size(); ++a)
            scale(output.matrix().row(a), m_mass[a] > 0.0 ? 1.0 / m_mass[a] : 0.0);
        return output;
    }

private:
    // Logits → factors relative to the largest so far; the first `seen` are its own.
    void addRow(std::size_t a, std::span<float> row, std::size_t seen)
    {
        const double top = kernels().peakExponentials(row.data(), seen, 1.0F, 0.0F);
        std::ranges::fill(row.subspan(seen), 0.0F);
        const double largest = std::max(m_largest[a], top);
        const double decay = std::exp(m_largest[a] - largest);
        const double gain = std::exp(top - largest);
        m_mass[a] = decay * m_mass[a] + gain * kernels().dot(row.data(), m_ones.data(), seen);
        m_largest[a] = largest;
        scale(row.first(seen), gain);
        scale(m_sums.matrix().row(a), decay);
    }

    const HeadInput& m_input;
    Tensor m_queries;  // times the scale of the logits
    Tensor m_sums;     // (r, dv): Σ e^{l − largest} v
    std::vector<double> m_mass;
    std::vector<double> m_largest;
    std::vector<float> m_ones;
    Tensor m_keyRoom;
    Tensor m_valueRoom;
};

}  // namespace

Tensor landmarkOutput(const HeadInput& input, MatrixView queries, std::span<const std::size_t> keys,
                      std::span<const std::size_t> ends, const Monitor& monitor)
{
    LandmarkSums sums(input, queries);
    for (std::size_t first = 0; first < keys.size(); first += kChunk) {
        monitor.check();
        sums.add(first, keys.subspan(first, std::min(kChunk, keys.size() - first)), ends);
    }
    return sums.result();
}

}  // namespace ketscope
