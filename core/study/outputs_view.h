// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/formats/json.h"

#include <string>

namespace ketscope {

// How like two hidden states are: the cosine of the angle between them, or ‖b − a‖/‖a‖.
enum class HiddenMeasure { Cosine, RelativeError };

// What is shown of a model's outputs and of sweeps.
struct OutputsView {
    std::size_t rows = 10;    // answers listed, 1 … 1000
    bool atSelected = false;  // causal models: the token after the selected one, instead of after the last
    HiddenMeasure hidden = HiddenMeasure::Cosine;
    std::string sweepMeasure = "output_error";  // an id of sweepMeasures()

    bool operator==(const OutputsView&) const = default;
};

Json toJson(const OutputsView& view);
// Throws Error (Input) naming the field that is wrong.
OutputsView outputsViewFromJson(const Json& json, const std::string& where);

}  // namespace ketscope
