// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/lessons/condition.h"
#include "core/lessons/exhibit.h"
#include "core/study/comparison.h"

#include <set>

namespace ketscope {

// What a lesson's step can ask about.
struct LessonScene {
    Study study = {};
    ComparisonPointer comparison = {};     // with the selection of `study`; null before the first result
    const ExhibitType* exhibit = nullptr;  // the step's; null = none
    ExhibitState state = {};               // of it
    std::set<std::string> done = {};       // deeds since the step began
};

// Whether a name can be asked for. The list of names is in resources/lessons/README.md.
bool isLessonName(std::string_view name, const ExhibitType* exhibit);

// The values of these names, without those that have none now. Names with "start." are left out. Measures of heads are
// those of core/study/grid_measures.h, and "previous": the mean weight of the token before the query's own. B is the
// first candidate. Throws Error (Cancelled).
LessonValues lessonValues(const LessonScene& scene, const std::vector<std::string>& names, const Monitor& monitor);

// A measure of every head of a stack, (L · H) by layer and head; of A, or of B against A for a divergence.
std::vector<double> lessonMeasure(const Comparison& comparison, const std::string& measure, std::size_t stack,
                                  const Monitor& monitor);
bool isLessonMeasure(std::string_view measure);

}  // namespace ketscope
