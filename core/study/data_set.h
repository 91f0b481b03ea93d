// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/study/comparison.h"

#include <functional>
#include <span>
#include <string>
#include <vector>

namespace ketscope {

// One axis of an array: its extent, and what its places are called where they have names.
struct DataAxis {
    std::string name;  // "query"
    std::size_t extent = 0;
    std::vector<std::string> labels = {};  // one for each place, or none
    bool numbered = true;                  // whether the place counts too, as with tokens that repeat
};

// Numbers of a comparison for other programs: a float32 array in C order with the meaning of its axes. What was not kept
// or is not defined is NaN.
struct DataSet {
    std::string id;    // "weights"
    std::string unit;  // empty for a share
    std::vector<DataAxis> axes;
    std::size_t blockAxes = 1;  // so many of the last axes are read at once
    // The block at a place on the axes before them.
    std::function<void(std::span<const std::size_t> at, std::span<float> block)> read;

    std::size_t size() const;       // elements
    std::size_t blockSize() const;  // elements of a block
};

// A row of the list of what can be written.
struct DataSetType {
    std::string id;
    std::string title;                          // "Attention weights of the selected head"
    DataSet (*make)(const ComparisonPointer&);  // of study.selection's stack, layer and head
    // Why a comparison does not have it, as one sentence; empty = it has.
    std::string (*obstacle)(const Comparison&);
};

const std::vector<DataSetType>& dataSetTypes();

// Writes `data` to `file` by its suffix: .npy (NumPy 1.0, float32), .csv (one line for each element, with the place and the
// names of every axis), or .h5 (/values, the names under /axes, the same description as text in the attribute
// "description"). Beside .npy and .csv the description lies as <name>.npy.json or <name>.csv.json: axes with their names, unit, model and study.
// Files appear whole or not at all. Throws Error: Input for another suffix, Failure when it cannot be written, Cancelled.
void writeDataSet(const DataSet& data, const Comparison& comparison, const std::filesystem::path& file,
                  Monitor& monitor);

// About how many bytes that file will have.
std::uint64_t dataSetBytes(const DataSet& data, const std::filesystem::path& file);

}  // namespace ketscope
