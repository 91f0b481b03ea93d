// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/models/config.h"
#include "core/nn/rotary.h"

namespace ketscope {

// The rotary frequencies that a configuration states: "rope_theta" and "rope_scaling" of kind default, linear or llama3,
// or both inside "rope_parameters" as later files have it. Throws Error (Input) for other kinds, by name.
std::vector<double> rotaryFrequenciesOf(const Config& config, std::size_t headSize);

}  // namespace ketscope
