// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/formats/hdf5.h"
#include "core/models/trace.h"

namespace ketscope {

// The diagnostics of a stack in a run file: <stack group>/diagnostics/layer_04/head_02/<id>, each with the attributes
// title and unit.
void writeDiagnostics(Hdf5File& file, const std::string& stackGroup, const StackTrace& stack);
// Fills stack.diagnostics for `layers` layers. Throws Error (Input) for groups that are not so named.
void readDiagnostics(const Hdf5File& file, const std::string& stackGroup, std::size_t layers, StackTrace& stack);

}  // namespace ketscope
