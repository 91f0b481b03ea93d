// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/study/plan.h"

#include <string>
#include <vector>

namespace ketscope {

// What must hold first for `parameter`, one of `parameters`' own, to have a meaning, with all values that would do:
// "register=on", "estimator=naive, stratified or hybrid"; empty when it has one.
std::string missingCondition(const Parameters& parameters, const Parameter& parameter);

// The same in a model, which may lack what the parameter needs: "a causal mask, which this model does not have".
std::string missingCondition(const PlanEntry& entry, const Parameter& parameter, const ModelInfo& model);

// The parameters that an entry changes in vain in this model, a line for each condition that does not hold: "shots: noise,
// gamma change nothing without register=on."
std::vector<std::string> idleChanges(const PlanEntry& entry, const ModelInfo& model);

// The same of all entries of all plans, each line once.
std::vector<std::string> idleChanges(const std::vector<Plan>& plans, const ModelInfo& model);

}  // namespace ketscope
