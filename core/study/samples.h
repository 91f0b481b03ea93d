// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/study/study.h"

#include <filesystem>

namespace ketscope {

// The folder of bundled samples: $KETSCOPE_SAMPLES, else the share folder of the installation that the running program
// belongs to, else the source tree that it was built from. Throws Error (Failure) when none of them is there.
std::filesystem::path samplesFolder();

// What is shown first: the bundled sentiment model on a sentence with a turn in it, exact softmax as A and the RFF kernel
// in the last two layers as B. Throws as samplesFolder().
Study sampleStudy();

}  // namespace ketscope
