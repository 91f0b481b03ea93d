// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/lessons/lesson.h"

namespace ketscope {

// A step as it is for a learner who asks to be shown.
struct LessonMoment {
    LessonScene before;                   // when the step has begun
    LessonScene after;                    // when what it asks for was done; as `before` where it asks for nothing
    LessonValues values;                  // of the step's names: after, and with "start." before
    bool begunUnmet = true;               // its condition did not hold yet
    bool met = true;                      // and holds after
    std::vector<std::size_t> right = {};  // choices of its prediction that hold
};

// What the values of `names` are with "start.", from `scene` when the step has begun.
LessonValues startValues(const LessonScene& scene, const std::vector<std::string>& names, const Monitor& monitor);

// Goes through every step without a window. `prepare` decodes the picture of a study. The scenes' comparisons can
// record and align. Throws Error as runStudy() and afterActs() do.
std::vector<LessonMoment> walkLesson(const Lesson& lesson, const std::function<Study(Study)>& prepare, int threads,
                                     Monitor& monitor);

}  // namespace ketscope
