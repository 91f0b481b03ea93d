// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/tensor.h"

#include <string>
#include <vector>

namespace ketscope {

// What a diagnostic is called and counted in.
struct DiagnosticInfo {
    std::string id;         // "leaked_mass": stable, the name in run files
    std::string title;      // "Mass on padding states"
    std::string unit = {};  // "nats", "shots"; empty for a plain number
};

// Something that a head's mechanism knows beside weights and output: shots used, leaked mass, Schmidt values, states …
struct Diagnostic {
    DiagnosticInfo info;
    TensorPointer values;  // of any shape; (n) when there is one for every query
};

// The diagnostics of one head of a layer.
struct HeadDiagnostics {
    std::size_t head = 0;
    std::vector<Diagnostic> list;
};

}  // namespace ketscope
