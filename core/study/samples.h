// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/study/study.h"

#include <filesystem>

namespace ketscope {

// The folder of bundled samples: $KETSCOPE_SAMPLES, else the share folder of the installation that the running program
// belongs to, else the source tree that it was built from. Throws Error (Failure) when none of them is there.
std::filesystem::path samplesFolder();

// A bundled model with an input and a candidate that are worth a look.
struct Sample {
    std::string id;       // its folder's name
    std::string title;    // "Shapes: cross-attention (BLIP)"
    std::string summary;  // what there is to see, in a sentence or two
    Study study;          // its picture, if any, is not decoded yet
};

// All of them, in the order of menus. Throws as samplesFolder().
std::vector<Sample> samples();
// The one whose folder this is.
std::optional<Sample> sampleAt(const std::filesystem::path& folder);

// `input` as this model can take it: what it cannot read is left out, and what it needs and is missing comes from a
// bundled sample, its own when it is one. Throws as samplesFolder().
Input fittedInput(Input input, const ModelInfo& model);

// What is shown first: the bundled sentiment model on a sentence with a turn in it, exact softmax as A and the RFF kernel
// in the last two layers as B. Throws as samplesFolder().
Study sampleStudy();
// The same for a picture: the bundled model whose words look at patches.
Study pictureSample();

}  // namespace ketscope
