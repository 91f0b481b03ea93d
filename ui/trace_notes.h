// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/study/comparison.h"

#include <QString>

namespace ketscope {

// "4 layers shared with A": what a trace took from the baseline, which its time is without; empty where it took nothing.
QString sharedLayersText(const Comparison& comparison, std::size_t trace);
// "B, C: one draw": the traces that leave something to chance and have no repeats; empty without any.
QString oneDrawText(const Comparison& comparison);
// What is known of the errors of outputs: "± 1 SE; C: one draw", "B: 8 of 32 repeats"; empty where nothing is left to
// chance.
QString outputErrorsText(const Comparison& comparison);
// The same in sentences, for a tool tip.
QString outputErrorsExplained(const Comparison& comparison);

}  // namespace ketscope
