// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/measures/measures.h"
#include "core/study/comparison.h"

namespace ketscope {

// One number a head for the grid of heads: a measure of the head's own map, or of how it differs from the baseline's.
struct GridMeasure {
    std::string id;
    std::string title;
    std::string unit;                             // empty for a share
    double HeadStatistics::*value = nullptr;      // of one map
    double MapComparison::*difference = nullptr;  // of two
};

// headMeasures(), then the divergences "js" and "kl".
const std::vector<GridMeasure>& gridMeasures();
// Throws Error (Input) listing the known ids.
const GridMeasure& gridMeasure(std::string_view id);

// The measure of every head of a stack, (L · H) by layer and head: of trace `trace`, or for a divergence of `trace`
// against `baseline`. NaN for layers whose maps were not kept and where the measure is not defined. Throws Error
// (Cancelled).
std::vector<double> gridValues(const Comparison& comparison, const GridMeasure& measure, std::size_t stack,
                               std::size_t trace, std::size_t baseline, const Monitor& monitor);

// The mean standard error of the weights of every head, (L · H); NaN where the trace has none.
std::vector<double> meanStandardErrors(const Comparison& comparison, std::size_t stack, std::size_t trace);

// The places of the `count` largest values, the largest first; NaN has no place.
std::vector<std::size_t> largestPlaces(const std::vector<double>& values, std::size_t count);

}  // namespace ketscope
