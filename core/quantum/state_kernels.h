// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/quantum/state_kernel.h"

namespace ketscope {

// The kernels of the instruction set that core/nn/kernels.h chose.
const KetscopeStateKernels& stateKernels();

}  // namespace ketscope
