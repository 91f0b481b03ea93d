// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/quantum/state_kernel.h"

namespace ketscope {

// The kernels of the instruction set that core/nn/kernels.h chose.
const KetscopeStateKernels& stateKernels();
const KetscopeSingleStateKernels& singleStateKernels();

template <typename Real> const KetscopeStateKernelsOf<Real>& stateKernelsOf()
{
    if constexpr (sizeof(Real) == sizeof(double))
        return stateKernels();
    else
        return singleStateKernels();
}

}  // namespace ketscope
