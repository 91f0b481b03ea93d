// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/formats/json.h"
#include "core/study/comparison.h"

#include <string>

namespace ketscope {

// "text 6 × 4, head size 32, hidden 128"; one for each stack.
std::string describeStack(const StackInfo& stack);

// Model, input and traces of a run as tables, and the same as JSON: what can be said without its arrays.
std::string runText(const Comparison& comparison);
Json runJson(const Comparison& comparison);

// The comparison as tables: traces, outputs, measures over patched heads, each with its unit.
std::string comparisonText(const Comparison& comparison);

// All of it, with the measures of every patched head.
Json comparisonJson(const Comparison& comparison);

// Notices of the input and warnings of model and traces, each once.
std::vector<std::string> comparisonNotices(const Comparison& comparison);

}  // namespace ketscope
