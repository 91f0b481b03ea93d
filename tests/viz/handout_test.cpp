// SPDX-License-Identifier: GPL-3.0-or-later
// How lessons are set on paper: whole steps, full pages.
#include "viz/handout.h"

#include "core/lessons/lesson_walk.h"
#include "viz/handout_pages.h"
#include "viz/picture.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ketscope::test {
namespace {

using testing::ElementsAre;

TEST(SetPages, PartsStayWholeAndInOrder)
{
    const auto pages = setPages({{{60, 0}}, {{30, 0}}, {{50, 0}}, {{40, 0}}}, 90, 100);
    ASSERT_EQ(pages.size(), 2U);
    EXPECT_EQ(pages[0].first, 0U);
    EXPECT_EQ(pages[0].choices.size(), 2U);
    EXPECT_DOUBLE_EQ(pages[0].left, 0.0);
    EXPECT_EQ(pages[1].first, 2U);
    EXPECT_DOUBLE_EQ(pages[1].left, 10.0);
}

TEST(SetPages, ADearerChoiceIsTakenWhereItSavesAPage)
{
    const std::vector<std::vector<SetChoice>> parts = {{{60, 0}, {50, 0.1}}, {{60, 0}, {50, 0.3}}};
    const auto saved = setPages(parts, 100, 100);
    ASSERT_EQ(saved.size(), 1U);
    EXPECT_THAT(saved[0].choices, ElementsAre(1, 1));
    EXPECT_THAT(setPages(parts, 110, 110)[0].choices, ElementsAre(1, 0)) << "the cheaper of the two is enough";
    EXPECT_EQ(setPages({{{60, 0}, {50, 3.0}}, {{60, 0}}}, 110, 110).size(), 2U) << "a page is worth less than that";
}

TEST(SetPages, PagesAreEvenlyFull)
{
    const auto pages = setPages({{{30, 0}}, {{30, 0}}, {{30, 0}}, {{30, 0}}}, 100, 100);
    ASSERT_EQ(pages.size(), 2U);
    EXPECT_EQ(pages[0].choices.size(), 2U) << "not three and one";
}

TEST(SetPages, APartThatFitsNowhereHasItsOwnPage)
{
    const auto pages = setPages({{{30, 0}}, {{300, 0}, {200, 0.2}}, {{30, 0}}}, 100, 100);
    ASSERT_EQ(pages.size(), 3U);
    EXPECT_THAT(pages[1].choices, ElementsAre(1));
    EXPECT_TRUE(setPages({}, 100, 100).empty());
}

// No page is half empty, and none overfull.
TEST(HandoutPages, AreFull)
{
    for (const Lesson& lesson : lessons()) {
        Monitor monitor;
        const Handout handout(lesson, walkLesson(
                                          lesson, [](Study study) { return withPicture(study); }, 1, monitor));
        double all = 0.0;
        for (std::size_t page = 0; page < handout.pages(); ++page) {
            SCOPED_TRACE(lesson.id + ", page " + std::to_string(page + 1));
            EXPECT_LE(handout.used(page), 1.0 + 1e-9);
            EXPECT_GE(handout.used(page), 0.7);
            all += handout.used(page);
        }
        EXPECT_GE(all / static_cast<double>(handout.pages()), 0.75) << lesson.id;
    }
}

}  // namespace
}  // namespace ketscope::test
