// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/nn/attention_kernel.h"

#include <vector>

namespace ketscope {

// The kernels for this processor: the highest level it has, or the one that the environment variable KETSCOPE_ISA (v2,
// v3, v4) names. Throws Error (Input) when that is unknown or more than the processor has.
const KetscopeKernels& kernels();

// Every level that this processor can run, lowest first.
std::vector<const KetscopeKernels*> availableKernels();

}  // namespace ketscope
