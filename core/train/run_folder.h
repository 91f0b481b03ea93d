// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/train/checkpoint.h"
#include "core/train/trainer.h"

namespace ketscope {

// Whether the folder has a run of this recipe, begun or done. Throws Error (Input) for a recipe.json that is none.
bool isRunOf(const std::filesystem::path& folder, const Recipe& recipe);

// The files of a run, see train().
class RunFolder {
public:
    // Makes the folder. Throws Error: Failure when it cannot, Input when another recipe's run is in it.
    RunFolder(std::filesystem::path folder, const Recipe& recipe);

    const std::filesystem::path& path() const { return m_folder; }
    // Goes on from the checkpoint, if there is one.
    void resume(TrainingState& state);
    void add(CurvePoint point) { m_curve.push_back(std::move(point)); }
    // Curve and checkpoint.
    void save(const TrainingState& state) const;
    void writeModel(const Json& config, const MemoryArchive& weights) const;
    void writeResult(const TrainingResult& result) const;

private:
    void copyFiles() const;

    std::filesystem::path m_folder;
    const Recipe& m_recipe;
    std::vector<CurvePoint> m_curve;
};

// Every weight to the nearest binary16, as it is saved.
void roundToHalf(MemoryArchive& weights);

}  // namespace ketscope
