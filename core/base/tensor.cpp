// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/tensor.h"

#include "core/base/buffer.h"
#include "core/base/error.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <utility>
#include <xmmintrin.h>

namespace ketscope {

Tensor::Tensor(std::vector<std::size_t> shape) : m_shape(std::move(shape)), m_size(1)
{
    for (const std::size_t extent : m_shape)
        if (__builtin_mul_overflow(m_size, extent, &m_size))
            fail({"memory", "an array that fits the address space", "a larger one", "Use a shorter input."});
    if (m_size > std::numeric_limits<std::size_t>::max() / (2 * sizeof(float)))
        fail({"memory", "an array that fits the address space", "a larger one", "Use a shorter input."});
    m_data = allocateFloats(m_size);
}

Tensor Tensor::zeros(std::vector<std::size_t> shape)
{
    Tensor tensor(std::move(shape));
    std::ranges::fill(tensor.values(), 0.0F);
    return tensor;
}

std::size_t Tensor::offsetOf(std::initializer_list<std::size_t> at) const
{
    std::size_t index = 0;
    std::size_t axis = 0;
    for (const std::size_t position : at)
        index = index * m_shape[axis++] + position;
    for (; axis < m_shape.size(); ++axis)
        index *= m_shape[axis];
    return index;
}

MatrixView Tensor::matrix(std::initializer_list<std::size_t> at) const
{
    if (m_shape.size() == 1)
        return {data(), 1, m_size};
    return {data() + offsetOf(at), m_shape[m_shape.size() - 2], m_shape.back()};
}

MutableMatrixView Tensor::matrix(std::initializer_list<std::size_t> at)
{
    const MatrixView view = std::as_const(*this).matrix(at);
    return {const_cast<float*>(view.data), view.rows, view.columns};
}

void copyRows(MatrixView from, MutableMatrixView to)
{
    if (from.empty())
        return;
    if (from.stride == from.columns && to.stride == to.columns) {
        std::memcpy(to.data, from.data, from.rows * from.columns * sizeof(float));
        return;
    }
    for (std::size_t row = 0; row < from.rows; ++row)
        std::memcpy(to.row(row).data(), from.row(row).data(), from.columns * sizeof(float));
}

Tensor copyOf(MatrixView values)
{
    Tensor copy({values.rows, values.columns});
    copyRows(values, copy.matrix());
    return copy;
}

namespace {

// Four rows of four to four columns.
void transposeFour(const float* from, std::size_t fromStride, float* to, std::size_t toStride)
{
    __m128 a = _mm_loadu_ps(from);
    __m128 b = _mm_loadu_ps(from + fromStride);
    __m128 c = _mm_loadu_ps(from + 2 * fromStride);
    __m128 d = _mm_loadu_ps(from + 3 * fromStride);
    _MM_TRANSPOSE4_PS(a, b, c, d);
    _mm_storeu_ps(to, a);
    _mm_storeu_ps(to + toStride, b);
    _mm_storeu_ps(to + 2 * toStride, c);
    _mm_storeu_ps(to + 3 * toStride, d);
}

}  // namespace

Tensor transposed(MatrixView matrix)
{
    constexpr std::size_t kFour = 4;
    constexpr std::size_t kTile = 16;  // rows: as many values as a cache line that is written holds
    Tensor result({matrix.columns, matrix.rows});
    float* const out = result.data();
    const std::size_t rows = matrix.rows / kFour * kFour, columns = matrix.columns / kFour * kFour;
    for (std::size_t first = 0; first < rows; first += kTile)
        for (std::size_t column = 0; column < columns; column += kFour)
            for (std::size_t row = first; row < std::min(first + kTile, rows); row += kFour)
                transposeFour(matrix.row(row).data() + column, matrix.stride, out + column * matrix.rows + row,
                              matrix.rows);
    for (std::size_t row = 0; row < matrix.rows; ++row)
        for (std::size_t column = row < rows ? columns : 0; column < matrix.columns; ++column)
            out[column * matrix.rows + row] = matrix(row, column);
    return result;
}

}  // namespace ketscope
