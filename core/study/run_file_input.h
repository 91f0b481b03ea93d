// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/formats/hdf5.h"
#include "core/study/comparison.h"

namespace ketscope {

// The group /input of a run file: tokens, numbers, and the image with its patches.
void writeInput(Hdf5File& file, const Comparison& comparison);

// Reads tokens and their numbers, and the image's pixels and labels. Only one of /input/tokens and /input/image_tokens
// must be there. Throws Error (Input) that names the place; `name` is the file's.
void readInput(const Hdf5File& file, const std::string& name, EncodedInput& input);

// What a file does not say of its image's tokens, from the length of the axis that they are on and the attributes
// patch_grid and image_placement of /input; names and places stay unknown where neither says them. `image`: what the model
// takes, when it is known. Throws as readInput does.
void completeImage(const Hdf5File& file, const std::string& name, std::size_t length,
                   const std::optional<ImageInfo>& image, EncodedInput& input);

}  // namespace ketscope
