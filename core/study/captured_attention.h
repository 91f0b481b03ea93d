// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/study/comparison.h"

#include <filesystem>

namespace ketscope {

// Reads a comparison from any file that holds one: a run file, Ketscope's or another program's (run_file.h), or plain
// arrays of attention captured from any model, as HDF5 (.h5), NumPy archive (.npz) or single array (.npy).
//
// Plain arrays have the shape (L, H, N, M), (H, N, M) or (N, M): layers, heads, queries, keys. Each is a trace (A, B, … in
// order of name) and all have the same shape; arrays whose name says "att" go before others, and what does not fit is left
// out with a notice. The N tokens come from an array or dataset "tokens" in the file (or /input/tokens), else from a file
// beside it (token_list.h). With M = N rows and columns are the tokens, otherwise the columns are an image's tokens.
// Rows that do not sum to one, negative weights and weights that are not finite are let in, with a warning of the trace.
// Throws Error (Input).
ComparisonPointer readComparison(const std::filesystem::path& file, Monitor& monitor);

}  // namespace ketscope
