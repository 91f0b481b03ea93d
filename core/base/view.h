// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <span>
#include <type_traits>

namespace ketscope {

// A row-major matrix that belongs to someone else: rows × columns, `stride` elements from one row to the next (so that
// one head's columns of a (n, heads·d) matrix are a view). Cheap to copy.
template <typename T> struct View {
    T* data = nullptr;
    std::size_t rows = 0;
    std::size_t columns = 0;
    std::size_t stride = 0;

    View() = default;
    View(T* values, std::size_t r, std::size_t c) : data(values), rows(r), columns(c), stride(c) {}
    View(T* values, std::size_t r, std::size_t c, std::size_t s) : data(values), rows(r), columns(c), stride(s) {}

    // A mutable view is accepted where a constant one is asked for.
    operator View<const T>() const requires(!std::is_const_v<T>) { return {data, rows, columns, stride}; }

    bool empty() const { return data == nullptr || rows == 0 || columns == 0; }
    T& operator()(std::size_t row, std::size_t column) const { return data[row * stride + column]; }
    std::span<T> row(std::size_t index) const { return {data + index * stride, columns}; }
    View middleRows(std::size_t first, std::size_t count) const
    {
        return {data + first * stride, count, columns, stride};
    }
    View middleColumns(std::size_t first, std::size_t count) const { return {data + first, rows, count, stride}; }
};

using MatrixView = View<const float>;
using MutableMatrixView = View<float>;

}  // namespace ketscope
