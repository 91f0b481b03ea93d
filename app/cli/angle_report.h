// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/formats/json.h"
#include "core/formats/tensor_archive.h"

#include <string>

namespace ketscope {

// A matrix of a model as rotation angles: what it takes and what it costs, as text or JSON. Throws Error (Input) for a
// tensor that is not there or no matrix that can be encoded.
void printAngles(const TensorArchive& tensors, const std::string& name, int bits, bool json);

}  // namespace ketscope
