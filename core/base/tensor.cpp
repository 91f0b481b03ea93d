// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/tensor.h"

#include "core/base/buffer.h"
#include "core/base/error.h"

#include <algorithm>
#include <limits>

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

Tensor copyOf(MatrixView values)
{
    Tensor copy({values.rows, values.columns});
    for (std::size_t row = 0; row < values.rows; ++row)
        std::ranges::copy(values.row(row), copy.data() + row * values.columns);
    return copy;
}

Tensor transposed(MatrixView matrix)
{
    Tensor result({matrix.columns, matrix.rows});
    constexpr std::size_t kTile = 16;  // so that what is read and written stays in the nearest cache
    float* const out = result.data();
    for (std::size_t first = 0; first < matrix.rows; first += kTile)
        for (std::size_t left = 0; left < matrix.columns; left += kTile)
            for (std::size_t column = left; column < std::min(left + kTile, matrix.columns); ++column)
                for (std::size_t row = first; row < std::min(first + kTile, matrix.rows); ++row)
                    out[column * matrix.rows + row] = matrix(row, column);
    return result;
}

}  // namespace ketscope
