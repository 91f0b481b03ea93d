// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/measures/distance.h"
#include "core/study/comparison.h"

#include <optional>

namespace ketscope {

// Where the patches of a picture stand in the comparison's selected stack, whose queries and keys are the picture's tokens
// alone; none elsewhere: there distance is that along the tokens.
std::optional<PatchPlaces> patchPlacesOf(const Comparison& comparison);

}  // namespace ketscope
