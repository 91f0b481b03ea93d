// SPDX-License-Identifier: GPL-3.0-or-later
// Every shipped lesson, without a window: texts, conditions, predictions, measured answers.
#include "core/lessons/lesson_walk.h"
#include "viz/picture.h"

#include <filesystem>
#include <gtest/gtest.h>

namespace ketscope::test {
namespace {

TEST(LessonWalk, EightLessonsInOrder)
{
    const std::vector<Lesson> all = lessons();
    ASSERT_EQ(all.size(), 8u);
    for (std::size_t i = 0; i < all.size(); ++i) {
        EXPECT_EQ(all[i].number, static_cast<int>(i + 1)) << all[i].id;
        EXPECT_GE(all[i].minutes, 5);
        EXPECT_LE(all[i].minutes, 8);
        EXPECT_FALSE(all[i].steps.back().caveat.empty()) << all[i].id << " ends without a caveat";
    }
}

TEST(LessonWalk, EveryStepBeginsUnmetAndIsMetWhenShown)
{
    Monitor monitor;
    for (const Lesson& lesson : lessons()) {
        const auto moments = walkLesson(
            lesson, [](Study study) { return withPicture(study); }, 1, monitor);
        ASSERT_EQ(moments.size(), lesson.steps.size());
        for (std::size_t i = 0; i < moments.size(); ++i) {
            SCOPED_TRACE(lesson.id + ", step " + std::to_string(i + 1) + ": " + lesson.steps[i].title);
            EXPECT_TRUE(moments[i].begunUnmet) << "holds before anything is done";
            EXPECT_TRUE(moments[i].met) << "does not hold after Show me";
            EXPECT_EQ(moments[i].right.size(), lesson.steps[i].prediction ? 1u : 0u) << "choices that hold";
            const std::string answer = filled(lesson.steps[i].answer, moments[i].values);
            EXPECT_EQ(answer.find("–"), std::string::npos) << answer;
            if (std::getenv("KETSCOPE_PRINT_LESSONS") != nullptr)
                printf("%s %zu: right %s\n    %s\n", lesson.id.c_str(), i + 1,
                       moments[i].right.empty() ? "-"
                                                : lesson.steps[i].prediction->choices[moments[i].right[0]].text.c_str(),
                       answer.c_str());
        }
    }
}

TEST(LessonWalk, TheSameLessonGivesTheSameNumbers)
{
    Monitor monitor;
    const Lesson lesson = lessonOf("side-by-side");
    const auto prepare = [](Study study) { return study; };
    const auto one = walkLesson(lesson, prepare, 1, monitor), two = walkLesson(lesson, prepare, 2, monitor);
    for (std::size_t i = 0; i < one.size(); ++i)
        EXPECT_EQ(one[i].values, two[i].values) << i;
}

}  // namespace
}  // namespace ketscope::test
