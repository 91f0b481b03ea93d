// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/formats/memory_archive.h"
#include "core/train/optimizer.h"

namespace ketscope {

// What a run is at after a number of steps.
struct TrainingState {
    std::size_t steps = 0;
    std::shared_ptr<MemoryArchive> weights;
    AdamW optimizer;
    std::shared_ptr<MemoryArchive> averages;  // of the weights over the steps; null where the recipe asks for none
};

void writeCheckpoint(const TrainingState& state, const std::filesystem::path& file);
// Into a state that has the same weights. Throws Error (Input) for a file of another model.
void readCheckpoint(const std::filesystem::path& file, TrainingState& state);

}  // namespace ketscope
