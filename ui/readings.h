// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/measures/measures.h"
#include "core/study/compared_pair.h"
#include "core/study/summary.h"

#include <memory>
#include <optional>
#include <vector>

namespace ketscope {

// What holds for a whole comparison, whatever is selected. One entry a trace.
struct WholeReadings {
    ComparedPair pair;                  // that `patched` is of
    HeadsMean patched;                  // over the heads that may differ between the two
    GiniMeans patchedGini;              // likewise
    std::vector<double> attentionFlop;  // of all heads
};

// The numbers of the metrics table for one selection, of the compared pair.
struct Readings {
    AttentionDirection direction = AttentionDirection::FromQuery;
    CellComparison cell;
    MapComparison line;  // of the query's row, or of the key's column divided by its sum
    MapComparison head;
    GiniMeans lineGini;  // likewise
    GiniMeans headGini;
    // One standard error of them, where B's are known; of a column never.
    double cellError = 0.0;
    std::optional<MapErrors> lineErrors;
    std::optional<MapErrors> headErrors;
    // Entropy of B corrected for sampling (Miller–Madow), where the mechanism gives it, nats.
    std::optional<double> lineCorrected;
    std::optional<double> headCorrected;
    OutputTable outputs;                // of the selected token, for models that fill masks
    std::vector<OutputChange> changes;  // likewise
    std::shared_ptr<const WholeReadings> whole;
};

WholeReadings readWhole(const Comparison& comparison);
// Of the selection in `comparison.study`, which must be inside the maps.
Readings readSelection(const Comparison& comparison, std::shared_ptr<const WholeReadings> whole);

// One head's map: (Nq, Nk).
MatrixView mapOf(const Comparison& comparison, std::size_t trace, const Selection& selection);
// Whether the selected map may be passed over on the GUI thread.
bool isSmallMap(const Comparison& comparison);
// Empty where the trace has none for that head.
MatrixView standardErrorOf(const Comparison& comparison, std::size_t trace, const Selection& selection);

// Null where the trace has none for that head.
const HeadDiagnostics* diagnosticsOf(const Comparison& comparison, std::size_t trace, const Selection& selection);

}  // namespace ketscope
