// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/attention/segments.h"

#include "core/nn/row_softmax.h"

#include <Eigen/Core>
#include <cmath>
#include <utility>

namespace ketscope {

namespace {

using Row = Eigen::Map<Eigen::RowVectorXf>;
using ConstantRow = Eigen::Map<const Eigen::RowVectorXf>;

Row rowOf(MutableMatrixView matrix, std::size_t row)
{
    return {matrix.row(row).data(), static_cast<Eigen::Index>(matrix.columns)};
}

ConstantRow rowOf(MatrixView matrix, std::size_t row)
{
    return {matrix.row(row).data(), static_cast<Eigen::Index>(matrix.columns)};
}

// Means of the segments of `matrix`'s allowed rows and, where there is room, running sums.
void fillMeans(MatrixView matrix, const KeySegments& segments, MutableMatrixView means, MutableMatrixView running)
{
    Eigen::RowVectorXf sum = Eigen::RowVectorXf::Zero(static_cast<Eigen::Index>(matrix.columns));
    for (std::size_t index = 0; index < segments.keys.size(); ++index) {
        const std::size_t inside = index % segments.length;
        if (inside == 0)
            sum.setZero();
        sum += rowOf(matrix, segments.keys[index]);
        if (!running.empty())
            rowOf(running, index) = sum;
        if (inside + 1 == segments.length || index + 1 == segments.keys.size())
            rowOf(means, index / segments.length) = sum / static_cast<float>(inside + 1);
    }
}

}  // namespace

KeySegments::KeySegments(const HeadInput& input, std::size_t most)
{
    for (std::size_t key = 0; key < input.keys.rows; ++key)
        if (input.mask.keyAllowed.empty() || input.mask.keyAllowed[key] != 0)
            keys.push_back(key);
    length = std::max<std::size_t>(1, (keys.size() + most - 1) / most);
}

std::size_t KeySegments::visible(const HeadInput& input, std::size_t row) const
{
    if (!input.mask.causal)
        return keys.size();
    const std::size_t end = input.mask.keyEnd(row, input.queries.rows, input.keys.rows);
    if (keys.size() == input.keys.rows)
        return end;
    return static_cast<std::size_t>(std::ranges::lower_bound(keys, end) - keys.begin());
}

SegmentSoftmax::SegmentSoftmax(const HeadInput& input, KeySegments segments)
    : m_input(input), m_segments(std::move(segments)), m_keyMeans({m_segments.count(), input.keys.columns}),
      m_valueMeans({m_segments.count(), input.values.columns})
{
    if (input.mask.causal) {
        m_runningKeys = Tensor({m_segments.keys.size(), input.keys.columns});
        m_runningValues = Tensor({m_segments.keys.size(), input.values.columns});
    }
    const auto view = [](Tensor& tensor) { return tensor.empty() ? MutableMatrixView{} : tensor.matrix(); };
    fillMeans(input.keys, m_segments, view(m_keyMeans), view(m_runningKeys));
    fillMeans(input.values, m_segments, view(m_valueMeans), view(m_runningValues));
    Tensor scaled({m_segments.count(), input.keys.columns});
    for (std::size_t i = 0; i < scaled.size(); ++i)
        scaled.data()[i] = input.scale * m_keyMeans.data()[i];
    m_packed = PackedMatrix::transposed(view(scaled));
}

SegmentSoftmax::Partial SegmentSoftmax::partial(std::size_t row) const
{
    if (!m_input.mask.causal)
        return {};
    const std::size_t visible = m_segments.visible(m_input, row);
    return {visible / m_segments.length, visible % m_segments.length, visible - 1};
}

// How many segments a row sees, the partial one among them.
std::size_t SegmentSoftmax::seenSegments(std::size_t row) const
{
    if (!m_input.mask.causal)
        return m_segments.count();
    return (m_segments.visible(m_input, row) + m_segments.length - 1) / m_segments.length;
}

void SegmentSoftmax::weigh(std::size_t first, MutableMatrixView shares) const
{
    constexpr std::size_t kUnit = 16;                                // columns that the kernels compute at once
    const std::size_t most = seenSegments(first + shares.rows - 1);  // later rows see as many or more
    const std::size_t computed = std::min(m_segments.count(), (most + kUnit - 1) / kUnit * kUnit);
    m_packed.multiplyPart(m_input.queries.middleRows(first, shares.rows), {0, m_packed.rows(), 0, computed},
                          shares.middleColumns(0, computed));
    const MatrixView runningKeys = m_runningKeys.empty() ? MatrixView{} : m_runningKeys.matrix();
    const auto length = static_cast<double>(m_segments.length);
    for (std::size_t i = 0; i < shares.rows; ++i) {
        const auto row = shares.row(i);
        const Partial own = partial(first + i);
        const std::size_t seen = seenSegments(first + i);
        if (own.keys > 0)
            row[own.segment] = m_input.scale / static_cast<float>(own.keys)
                                   * rowOf(m_input.queries, first + i).dot(rowOf(runningKeys, own.last))
                               + static_cast<float>(std::log(static_cast<double>(own.keys) / length));
        else if (seen == m_segments.count() && seen > 0)
            row[seen - 1] += static_cast<float>(std::log(static_cast<double>(m_segments.sizeOf(seen - 1)) / length));
        std::fill(row.begin() + static_cast<std::ptrdiff_t>(seen), row.end(), 0.0F);
        softmaxRow(row.data(), seen);
    }
}

void SegmentSoftmax::apply(std::size_t first, MutableMatrixView shares, const PackedMatrix& table,
                           MutableMatrixView output) const
{
    std::vector<float> own(shares.rows, 0.0F);
    for (std::size_t i = 0; i < shares.rows; ++i)
        if (const Partial part = partial(first + i); part.keys > 0)
            own[i] = std::exchange(shares(i, part.segment), 0.0F) / static_cast<float>(part.keys);
    const std::size_t most = seenSegments(first + shares.rows - 1);
    table.multiplyPart(shares.middleColumns(0, most), {0, most, 0, table.columns()}, output);
    if (m_runningValues.empty())
        return;
    const MatrixView running = m_runningValues.matrix();
    for (std::size_t i = 0; i < shares.rows; ++i)
        if (own[i] != 0.0F)
            rowOf(output, i) += own[i] * rowOf(running, partial(first + i).last);
}

}  // namespace ketscope
