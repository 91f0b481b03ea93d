// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/models/gradients.h"
#include "core/train/optimizer.h"
#include "core/train/training_data.h"

namespace ketscope {

// The loss of a batch, nats per question, and its gradients with respect to the model's weights.
struct BatchGradients {
    double loss = 0.0;
    ParameterValues weights;
};

// Runs every example forwards and backwards, examples side by side on several threads, each on its own tape. They are
// added up in fixed groups, so that the sums are the same bits for any thread count. `dropout.key` names the step; each
// example has masks of its own. What the recipe freezes has no gradients. Throws Error (Input) where the model does not
// answer the objective's question, Error (Cancelled).
BatchGradients batchGradients(const Model& model, const HeadPlan& plan, const Recipe& recipe, std::size_t step,
                              const std::vector<Example>& batch, const Dropout& dropout, const Monitor& monitor);

}  // namespace ketscope
