// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/study/comparison.h"

#include <filesystem>

namespace ketscope {

// The run file of product.md (HDF5, format "ketscope-run", version 1), with the study as JSON in the root attribute
// "study" and the last sweep, where it is of the same weights, in the group /sweep (sweep_file.h). A study file (.ket) is
// the same file under another name. Written beside the target and renamed when complete. Throws Error (Failure) when it
// cannot be written.
void writeRunFile(const Comparison& comparison, const std::filesystem::path& file, Monitor& monitor);

// Bytes of the largest part of that file: attention maps and hidden states of every trace.
std::uint64_t runFileBytes(const Comparison& comparison);

// Reads a run file, ours or any other program's: only /input/tokens and one attention array are required. Every extent
// is checked before memory is taken; external links and storage are refused. The model is looked for first from the
// file's own folder (root attribute "model_path_relative"), so that both can be moved together, then where it was; the
// picture is the one in the file. Throws Error (Input).
ComparisonPointer readRunFile(const std::filesystem::path& file, Monitor& monitor);

}  // namespace ketscope
