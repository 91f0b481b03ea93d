// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/commands.h"
#include "app/cli/common.h"
#include "app/cli/figures.h"
#include "core/base/error.h"
#include "core/lessons/lesson_walk.h"
#include "viz/handout.h"
#include "viz/picture.h"

#include <CLI/CLI.hpp>
#include <iostream>

namespace ketscope {

namespace {

struct LessonOptions {
    CommonOptions common;
    std::string id;
    std::string handout;
    std::string language;
};

Json listOf(const std::vector<Lesson>& all)
{
    Json list = Json::array();
    for (const Lesson& lesson : all)
        list.push_back({{"number", lesson.number},
                        {"id", lesson.id},
                        {"title", lesson.title},
                        {"minutes", lesson.minutes},
                        {"steps", lesson.steps.size()},
                        {"summary", lesson.summary}});
    return list;
}

void list(const LessonOptions& options)
{
    const std::vector<Lesson> all = lessons(options.language);
    if (options.common.json)
        return printJson(listOf(all));
    for (const Lesson& lesson : all)
        std::cout << lesson.number << "  " << lesson.id << ": " << lesson.title << ", " << lesson.minutes << " min, "
                  << lesson.steps.size() << " steps\n   " << lesson.summary << '\n';
}

// Goes through the lesson as "Show me" does: what an author wants to know of a new one, and what the handout prints.
void walk(const LessonOptions& options)
{
    const OffscreenGui gui;
    ConsoleMonitor monitor(options.common.quiet);
    const Lesson lesson = std::filesystem::is_directory(options.id) ? readLesson(options.id, options.language)
                                                                    : lessonOf(options.id, options.language);
    const auto moments = walkLesson(
        lesson, [](Study study) { return withPicture(study); }, options.common.threads, monitor);
    for (std::size_t i = 0; i < moments.size(); ++i) {
        const LessonStep& step = lesson.steps[i];
        const std::string where = lesson.id + ", step " + std::to_string(i + 1);
        if (!moments[i].begunUnmet || !moments[i].met)
            refuse({where, "\"until\" to hold after \"show\" and not before",
                    moments[i].met ? "held before" : "does not hold", ""});
        if (step.prediction && moments[i].right.size() != 1)
            refuse({where, "one choice of the prediction that holds", std::to_string(moments[i].right.size()), ""});
        std::cout << i + 1 << "  " << step.title << '\n';
        if (step.prediction)
            std::cout << "   " << step.prediction->choices[moments[i].right.front()].text << '\n';
        std::cout << "   " << filled(step.answer, moments[i].values) << '\n';
    }
    if (options.handout.empty())
        return;
    writeHandout(lesson, moments, options.handout);
    std::cout << "Written: " << options.handout << '\n';
}

}  // namespace

void addLesson(CLI::App& program)
{
    CLI::App* command = program.add_subcommand("lesson", "List the lessons, or go through one and write its handout");
    const auto options = std::make_shared<LessonOptions>();
    CLI::Option* id =
        command->add_option("LESSON", options->id, "Id of a lesson, or the folder of one; none = list them all");
    command->add_option("--handout", options->handout, "PDF to write, A4")->needs(id);
    command->add_option("--language", options->language,
                        "Code of a language that the lesson is translated to, such as de (default English)");
    addCommonOptions(*command, options->common);
    command->callback([options] { options->id.empty() ? list(*options) : walk(*options); });
}

}  // namespace ketscope
