// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/view.h"

#include <initializer_list>
#include <memory>
#include <vector>

namespace ketscope {

// An owned, row-major float32 array of any rank. Memory is 64-byte aligned; large tensors use huge pages and are
// recycled (see buffer.h), because first touch of fresh pages costs more than the arithmetic on them.
// Contents are undefined after construction; use zeros() where that matters. Moves, never copies.
class Tensor {
public:
    Tensor() = default;
    Tensor(Tensor&&) noexcept = default;
    Tensor& operator=(Tensor&&) noexcept = default;
    // Throws Error (Failure) when the product of `shape` overflows or memory is not to be had.
    explicit Tensor(std::vector<std::size_t> shape);
    static Tensor zeros(std::vector<std::size_t> shape);

    const std::vector<std::size_t>& shape() const { return m_shape; }
    std::size_t size() const { return m_size; }
    bool empty() const { return m_size == 0; }
    float* data() { return m_data.get(); }
    const float* data() const { return m_data.get(); }
    std::span<float> values() { return {m_data.get(), m_size}; }
    std::span<const float> values() const { return {m_data.get(), m_size}; }

    // The last two axes as a matrix, at the given position of the axes before them: matrix() of a rank-2 tensor,
    // matrix({h}) of (H, N, N). A rank-1 tensor is one row.
    MatrixView matrix(std::initializer_list<std::size_t> at = {}) const;
    MutableMatrixView matrix(std::initializer_list<std::size_t> at = {});

    // Keeps the values where they are, whatever becomes of the tensor.
    std::shared_ptr<const float> memory() const { return m_data; }

private:
    std::size_t offsetOf(std::initializer_list<std::size_t> at) const;

    std::vector<std::size_t> m_shape;
    std::size_t m_size = 0;
    std::shared_ptr<float> m_data;
};

using TensorPointer = std::shared_ptr<const Tensor>;

// Of matrices of one shape that do not overlap.
void copyRows(MatrixView from, MutableMatrixView to);
// A copy of a matrix, dense.
Tensor copyOf(MatrixView values);
// Its columns as rows.
Tensor transposed(MatrixView matrix);

}  // namespace ketscope
