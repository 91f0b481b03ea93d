// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/measures/measures.h"
#include "core/study/comparison.h"
#include "core/study/summary.h"

#include <memory>
#include <vector>

namespace ketscope {

// What holds for a whole comparison, whatever is selected. One entry a trace.
struct WholeReadings {
    HeadsMean patched;                  // B against A over the heads that B patches
    std::vector<double> attentionFlop;  // of all heads
};

// The numbers of the metrics table for one selection; B against A.
struct Readings {
    CellComparison cell;
    MapComparison query;
    MapComparison head;
    OutputTable outputs;  // of the selected token, for models that fill masks
    std::shared_ptr<const WholeReadings> whole;
};

WholeReadings readWhole(const Comparison& comparison);
// Of the selection in `comparison.study`, which must be inside the maps.
Readings readSelection(const Comparison& comparison, std::shared_ptr<const WholeReadings> whole);

// One head's map: (Nq, Nk).
MatrixView mapOf(const Comparison& comparison, std::size_t trace, const Selection& selection);
// Empty where the trace has none for that head.
MatrixView standardErrorOf(const Comparison& comparison, std::size_t trace, const Selection& selection);

// Null where the trace has none for that head.
const HeadDiagnostics* diagnosticsOf(const Comparison& comparison, std::size_t trace, const Selection& selection);

}  // namespace ketscope
