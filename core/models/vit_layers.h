// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/models/weights.h"

namespace ketscope {

// Requires the layers of ViT's encoder, which ViLT has too, under the names that PreNormEncoder reads. `bias`: whether
// queries, keys and values have one.
void requireVitLayers(Weights& weights, std::size_t layers, bool bias);

}  // namespace ketscope
