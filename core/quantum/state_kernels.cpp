// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/quantum/state_kernels.h"

#include "core/nn/kernels.h"

#include <string_view>

namespace ketscope {

const KetscopeStateKernels& stateKernels()
{
    static const KetscopeStateKernels& chosen = []() -> const KetscopeStateKernels& {
        const std::string_view level = kernels().isa;
        return level == "v4"   ? *ketscopeStateKernelsV4()
               : level == "v3" ? *ketscopeStateKernelsV3()
                               : *ketscopeStateKernelsV2();
    }();
    return chosen;
}

const KetscopeSingleStateKernels& singleStateKernels()
{
    static const KetscopeSingleStateKernels& chosen = []() -> const KetscopeSingleStateKernels& {
        const std::string_view level = kernels().isa;
        return level == "v4"   ? *ketscopeSingleStateKernelsV4()
               : level == "v3" ? *ketscopeSingleStateKernelsV3()
                               : *ketscopeSingleStateKernelsV2();
    }();
    return chosen;
}

}  // namespace ketscope
