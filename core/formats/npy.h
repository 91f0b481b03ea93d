// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/formats/tensor_archive.h"

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace ketscope {

// An array in NumPy's format, versions 1.0 to 3.0 (https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html):
// numbers f2, f4, f8, i1 to i8, u1 to u8, or texts U and S, of either byte order, in C or Fortran order. Anything else is
// refused by its dtype, and so are bytes that are too few or too many.
class NpyArray {
public:
    // Bytes that certainly hold the header.
    static constexpr std::size_t kLongestStart = (std::size_t{1} << 16) + 12;

    // `bytes` are those of the whole file and must outlive the array, or its first kLongestStart of `total` when only shape
    // and dtype are asked for. Throws Error (Input) naming `where`.
    NpyArray(std::span<const std::byte> bytes, std::uint64_t total, const std::string& where);

    const std::vector<std::size_t>& shape() const { return m_shape; }
    std::size_t size() const { return m_size; }  // elements
    bool isText() const { return m_kind == 'U' || m_kind == 'S'; }
    std::string dtype() const { return m_dtype; }  // "<f4"

    // Elements [first, first + out.size()) in C order, whatever order the file has. Numbers only.
    void read(std::size_t first, std::span<float> out) const;
    // All elements in C order, without the NULs that fill them up. Throws Error (Input) for what is no text.
    std::vector<std::string> texts() const;

private:
    void readHeader(std::string_view header);
    void readDtype(const std::string& dtype);
    void checkSize(std::uint64_t found);
    const std::byte* element(std::size_t index) const;  // in C order
    std::string textAt(const std::byte* place) const;
    [[noreturn]] void wrong(const std::string& expected, const std::string& found) const;

    std::string m_where;
    std::string m_dtype;
    char m_kind = 'f';
    std::size_t m_itemBytes = 0;
    bool m_swapped = false;  // big-endian
    bool m_fortran = false;
    DataType m_type = DataType::F32;  // of numbers
    std::vector<std::size_t> m_shape;
    std::size_t m_size = 0;
    const std::byte* m_data = nullptr;
};

// The bytes before the values of a float32 array of this shape in C order, little-endian, version 1.0.
std::string npyHeader(const std::vector<std::size_t>& shape);

}  // namespace ketscope
