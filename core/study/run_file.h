// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/study/comparison.h"

#include <filesystem>

namespace ketscope {

// The run file of product.md (HDF5, format "ketscope-run", version 1), with the study as JSON in the root attribute
// "study". Written beside the target and renamed when complete. Throws Error (Failure) when it cannot be written.
void writeRunFile(const Comparison& comparison, const std::filesystem::path& file, Monitor& monitor);

// Reads a run file, ours or any other program's: only /input/tokens and one attention array are required. Every extent is
// checked before memory is taken; external links and storage are refused. Throws Error (Input).
ComparisonPointer readRunFile(const std::filesystem::path& file, Monitor& monitor);

}  // namespace ketscope
