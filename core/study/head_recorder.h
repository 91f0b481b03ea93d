// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/study/comparison.h"

#include <memory>
#include <vector>

namespace ketscope {

// What one head is given when the whole model runs with exact attention. `input` looks into the tensors.
struct RecordedHead {
    std::size_t stack = 0;
    std::size_t layer = 0;
    std::size_t head = 0;
    HeadInput input;
    std::vector<std::uint8_t> rows;  // 1 = the query is a real token; empty = all are
    std::vector<std::uint8_t> keyAllowed = {};
    std::vector<std::shared_ptr<const Tensor>> tensors = {};  // shared by the heads of a layer where they are the same
    NamedTensors trained = {};
};

// The heads that `plan` patches, in order of stack, layer and head, with what they are given in the baseline run of
// `comparison`. Throws Error (Cancelled).
std::vector<std::unique_ptr<RecordedHead>> recordHeads(const Comparison& comparison, const LoadedModel& model,
                                                       const HeadPlan& plan, Monitor& monitor);

}  // namespace ketscope
