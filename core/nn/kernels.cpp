// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/nn/kernels.h"

#include "core/base/error.h"

#include <cstdlib>
#include <string>

namespace ketscope {

std::vector<const KetscopeKernels*> availableKernels()
{
    std::vector<const KetscopeKernels*> found;
    if (__builtin_cpu_supports("x86-64-v2"))
        found.push_back(ketscopeKernelsV2());
    if (__builtin_cpu_supports("x86-64-v3"))
        found.push_back(ketscopeKernelsV3());
    if (__builtin_cpu_supports("x86-64-v4"))
        found.push_back(ketscopeKernelsV4());
    return found;
}

namespace {

const KetscopeKernels& choose()
{
    const auto available = availableKernels();
    if (available.empty())
        fail({"processor", "x86-64-v2 (SSE 4.2)", "an older one", "Use a newer computer."});
    const char* wanted = std::getenv("KETSCOPE_ISA");
    if (wanted == nullptr)
        return *available.back();
    std::string known;
    for (const KetscopeKernels* candidate : available) {
        if (std::string(candidate->isa) == wanted)
            return *candidate;
        known += (known.empty() ? "" : ", ") + std::string(candidate->isa);
    }
    refuse({"KETSCOPE_ISA", "one of " + known, "\"" + std::string(wanted) + "\"", "Unset it to use the fastest."});
}

}  // namespace

const KetscopeKernels& kernels()
{
    static const KetscopeKernels& chosen = choose();
    return chosen;
}

}  // namespace ketscope
