// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/tensor.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace ketscope {

// One HDF5 file through a small, safe part of the library: no external links or storage, no plugins, bounded sizes. Object
// paths start with "/". Every function throws Error: Input while reading, Failure while writing.
class Hdf5File {
public:
    // Opens for reading. Anything that is not a whole HDF5 file is refused.
    static Hdf5File open(const std::filesystem::path& file);
    // Creates or overwrites.
    static Hdf5File create(const std::filesystem::path& file);

    Hdf5File(Hdf5File&&) noexcept;
    Hdf5File& operator=(Hdf5File&&) noexcept;
    ~Hdf5File();

    // Writes everything out and closes; errors are reported here, not lost in the destructor.
    void close();

    bool exists(const std::string& path) const;
    // Names of the members of a group, sorted; only groups and datasets inside this file.
    std::vector<std::string> members(const std::string& group) const;
    bool isDataset(const std::string& path) const;
    bool isGroup(const std::string& path) const;
    bool isNumeric(const std::string& dataset) const;  // whole or real numbers
    // Extents of a dataset; empty for a scalar.
    std::vector<std::size_t> shape(const std::string& dataset) const;

    // Any real number type is converted. `limit` bounds the number of elements.
    Tensor readFloats(const std::string& dataset, std::size_t limit = kMaximumElements) const;
    // One row of the leading axes: element block `at` (for a (L, H, N, N) dataset and at = {l}: (H, N, N)).
    Tensor readFloatsAt(const std::string& dataset, const std::vector<std::size_t>& at) const;
    std::vector<std::int64_t> readIntegers(const std::string& dataset) const;
    // Whole numbers of one byte. `limit` bounds how many.
    std::vector<std::uint8_t> readBytes(const std::string& dataset, std::size_t limit) const;
    std::vector<std::string> readStrings(const std::string& dataset) const;
    std::optional<std::string> textAttribute(const std::string& object, const std::string& name) const;
    std::optional<double> numberAttribute(const std::string& object, const std::string& name) const;
    // `count` numbers; empty when there is no such attribute.
    std::vector<double> numbersAttribute(const std::string& object, const std::string& name, std::size_t count) const;

    // Missing groups on the way are made. Arrays of more than a few elements are chunked, shuffled and deflated.
    void writeFloats(const std::string& dataset, const std::vector<std::size_t>& shape, std::span<const float> values);
    // What of an array is at a place on its first axes: a whole number of them, and the values of all axes after those.
    using PutBlock = std::function<void(std::span<const std::size_t> at, std::span<const float> values)>;
    // An array that is never in memory as a whole: `produce` is called once and puts its blocks, best in C order.
    void writeFloats(const std::string& dataset, const std::vector<std::size_t>& shape,
                     const std::function<void(const PutBlock& put)>& produce);
    // Blocks along the first axis, one tensor each, all of the same shape: written as (blocks, …).
    void writeFloatBlocks(const std::string& dataset, const std::vector<TensorPointer>& blocks);
    void writeIntegers(const std::string& dataset, const std::vector<std::size_t>& shape,
                       const std::vector<std::int64_t>& values);
    void writeBytes(const std::string& dataset, const std::vector<std::size_t>& shape,
                    std::span<const std::uint8_t> values);
    void writeStrings(const std::string& dataset, const std::vector<std::string>& values);
    void makeGroup(const std::string& group);
    // All of another file, attributes included, as a new group of this one; its links stay links.
    void copyFrom(const Hdf5File& other, const std::string& group);
    void setText(const std::string& object, const std::string& name, const std::string& value);
    void setNumber(const std::string& object, const std::string& name, double value);
    void setWhole(const std::string& object, const std::string& name, std::uint64_t value);
    void setNumbers(const std::string& object, const std::string& name, std::span<const double> values);

    static constexpr std::size_t kMaximumElements = std::size_t{1} << 32;

private:
    struct State;
    explicit Hdf5File(std::unique_ptr<State> state);
    std::unique_ptr<State> m_state;
};

}  // namespace ketscope
