// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/study/head_recorder.h"

#include <cstdint>
#include <memory>
#include <vector>

namespace ketscope {

// Weights (n, m) and output (n, dv) of one head.
struct HeadResults {
    Tensor weights;
    Tensor output;
};

// Of every recorded head with exact attention.
std::vector<HeadResults> exactHeads(const std::vector<std::unique_ptr<RecordedHead>>& heads, const Monitor& monitor);

// weight_error … shots of sweepMeasures(), with another mechanism in place of exact attention. Heads run in parallel, each on
// one thread; the seconds are those of all of them together.
std::vector<double> measureHeads(const std::vector<std::unique_ptr<RecordedHead>>& heads,
                                 const std::vector<HeadResults>& exact, const Mechanism& mechanism,
                                 const Parameters& parameters, std::uint64_t seed, const Monitor& monitor);

}  // namespace ketscope
