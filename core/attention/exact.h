// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/attention/mechanism.h"
#include "core/nn/kernels.h"

namespace ketscope {

// softmax(scale · QKᵀ + mask) V of one head with the given kernels. Without weights to fill it never forms n × m values.
// Throws Error (Failure) when the shapes do not fit each other, or a causal mask has fewer keys than queries.
std::unique_ptr<PreparedHead> prepareExact(const HeadInput& input, const KetscopeKernels& kernels);

}  // namespace ketscope
