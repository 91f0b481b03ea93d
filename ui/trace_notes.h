// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/study/comparison.h"

#include <QString>

namespace ketscope {

// "4 layers shared with A": what a trace took from the baseline, which its time is without; empty where it took nothing.
QString sharedLayersText(const Comparison& comparison, std::size_t trace);
// "B, C: one draw": the traces that leave something to chance, of which no repeats of the whole run are known; empty without
// any.
QString oneDrawText(const Comparison& comparison);

}  // namespace ketscope
