// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/attention/shot_estimators.h"

namespace ketscope {

// Estimators as the published code of Q-Transformers has them, faults included, so that its figures can be measured again.

// Keys of high, medium and low importance.
inline constexpr double kHighMass = 0.1;
inline constexpr double kMediumMass = 0.02;

Estimate drawStratifiedAsPublished(const RowOutcomes& row, const ShotSettings& settings, std::uint64_t shots,
                                   RandomStream& stream);
Estimate drawHybridAsPublished(const RowOutcomes& row, const ShotSettings& settings, std::uint64_t shots,
                               RandomStream& stream);
Estimate drawAdaptiveAsPublished(const RowOutcomes& row, const ShotSettings& settings, std::uint64_t shots,
                                 RandomStream& stream);

// Independent shots of a row whose "depolarised" amplitudes are (1 − p)·√P + p/d, d = number of possible keys: amplitudes are
// mixed in place of states, with 1/d in place of 1/√d, and not brought to length 1.
Estimate drawNoisyAmplitudesAsPublished(const RowOutcomes& row, const ShotSettings& settings, std::uint64_t shots,
                                        RandomStream& stream);

// The adaptive count for all rows: S·(½ + mean entropy/ln m), between 4 and 2S.
std::uint64_t adaptiveCountAsPublished(std::uint64_t shots, double meanNormalizedEntropy);

}  // namespace ketscope
