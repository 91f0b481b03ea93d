// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/attention/parameter.h"

#include <string>
#include <vector>

namespace ketscope {

// How a noisy index register is mitigated, as the choice "mitigation".
enum class Mitigation { None, ZeroNoise, Readout, Cancellation, Distillation, Symmetry };

// One row of the table of mitigation methods.
struct MitigationMethod {
    Mitigation kind;
    std::string id;
    std::string title;
    bool projects = true;  // gives signed weights that "project" brings back onto the simplex
};

// In menu order.
const std::vector<MitigationMethod>& mitigationMethods();
const MitigationMethod& chosenMitigation(const Parameters& parameters);

// The groups "Noise" and "Mitigation": the flag "register", and what has a meaning while it is on.
std::vector<Parameter> registerParameters();

}  // namespace ketscope
