// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/measures/concentration.h"
#include "core/measures/map_errors.h"
#include "core/study/compared_pair.h"

#include <optional>
#include <vector>

namespace ketscope {

// One head of a candidate against the same head of the baseline, over the queries that are real tokens.
struct HeadSummary {
    std::size_t stack = 0;
    std::size_t layer = 0;
    std::size_t head = 0;
    MapComparison maps;
    double meanDistanceA = 0.0;  // tokens; NaN where queries and keys are not the same tokens
    double meanDistanceB = 0.0;
    std::optional<MapErrors> errors = {};  // where the candidate's standard errors are known
};

// Every head that may differ between the two traces, in order of stack, layer and head.
std::vector<HeadSummary> summarizeHeads(const Comparison& comparison, const ComparedPair& pair);
// Trace `candidate` against A.
std::vector<HeadSummary> summarizeHeads(const Comparison& comparison, std::size_t candidate);

// Means over heads, each weighted by its rows; max |Δ| is a maximum. Zero rows when `heads` is empty.
struct HeadsMean {
    std::size_t heads = 0;
    MapComparison maps;
    double meanDistanceA = 0.0;
    double meanDistanceB = 0.0;
    std::optional<MapErrors> errors = {};  // where those of every head are
};
HeadsMean meanOver(const std::vector<HeadSummary>& heads);

// The mean Gini coefficients of those heads, weighted likewise: by itself, for it takes as long as all of a summary.
GiniMeans giniOver(const Comparison& comparison, const ComparedPair& pair, const std::vector<HeadSummary>& heads);

}  // namespace ketscope
