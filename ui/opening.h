// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/study/comparison.h"

#include <optional>

namespace ketscope {

// What a study becomes when a model is opened.

// A mechanism where it is put first: on the last two layers of the stack that tells most.
PlanEntry usualEntry(const Mechanism& mechanism, const ModelInfo& model);

// `study` with what it lacks: an input from the samples, so that there is something to look at (a sentence, a picture and its
// caption), and `entry` on the model's last two layers. `carryInput`: the input is another model's, and what this one cannot
// take is left out.
Study completed(Study study, const std::optional<PlanEntry>& entry, const LoadedModel& model, bool carryInput);

}  // namespace ketscope
