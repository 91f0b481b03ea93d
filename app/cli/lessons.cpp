// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/commands.h"
#include "app/cli/common.h"
#include "app/cli/figures.h"
#include "core/base/error.h"
#include "core/lessons/exhibit.h"
#include "core/lessons/lesson_walk.h"
#include "viz/handout.h"
#include "viz/picture.h"

#include <QKeySequence>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>

namespace ketscope {

namespace {

struct LessonOptions {
    CommonOptions common;
    std::string id;
    std::string handout;
    std::string handouts;  // a folder for those of all lessons
    std::string language;
    bool exhibits = false;
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

// What a lesson's conditions and acts can name of an exhibit.
void listExhibits(const LessonOptions& options)
{
    Json list = Json::array();
    for (const ExhibitType* exhibit : exhibitTypes()) {
        Json controls = Json::array(), readings = Json::array();
        for (const Parameter& each : exhibit->controls)
            controls.push_back({{"id", each.id}, {"title", each.title}});
        for (const ExhibitReading& each : exhibit->compute(exhibit->initial()).readings)
            readings.push_back({{"id", each.id}, {"title", each.title}});
        list.push_back(
            {{"id", exhibit->id}, {"title", exhibit->title}, {"controls", controls}, {"readings", readings}});
    }
    if (options.common.json)
        return printJson(list);
    for (const Json& exhibit : list) {
        std::cout << exhibit.at("id").get<std::string>() << ": " << exhibit.at("title").get<std::string>() << '\n';
        for (const char* kind : {"controls", "readings"}) {
            std::cout << "   " << kind << ':';
            for (const Json& each : exhibit.at(kind))
                std::cout << ' ' << each.at("id").get<std::string>();
            std::cout << '\n';
        }
    }
}

void requireLanguage(const LessonOptions& options)
{
    if (options.language.empty())
        return;
    std::vector<std::string> known = lessonLanguages();
    if (std::error_code ignored;
        std::filesystem::exists(std::filesystem::path(options.id) / ("lesson." + options.language + ".json"), ignored))
        known.push_back(options.language);
    if (std::ranges::find(known, options.language) != known.end())
        return;
    std::string all = "a language that there are lessons in:";
    for (const std::string& each : known)
        all += " " + each;
    refuse({"--language", all, "\"" + printable(options.language, 20) + "\"", "Without it they are English."});
}

// What only the program that shows a lesson can know to be wrong.
void requireShowable(const LessonStep& step, const std::string& where)
{
    for (const std::string& each : step.keys)
        if (const QKeySequence keys(QString::fromStdString(each)); keys.isEmpty() || keys[0].key() == Qt::Key_unknown)
            refuse({where + ", \"keys\"", "keys such as \"2\" or \"Alt+Down\"", "\"" + printable(each, 40) + "\"", ""});
    for (const std::string& each : step.figures)
        figureType(QString::fromStdString(each));
}

std::vector<LessonMoment> walked(const Lesson& lesson, const LessonOptions& options, Monitor& monitor)
{
    return walkLesson(
        lesson, [](Study study) { return withPicture(study); }, options.common.threads, monitor);
}

// Of every lesson, by the names that the window gives them.
void writeHandouts(const LessonOptions& options)
{
    const OffscreenGui gui;
    ConsoleMonitor monitor(options.common.quiet);
    std::error_code problem;
    std::filesystem::create_directories(options.handouts, problem);
    if (problem)
        fail({options.handouts, "a folder that can be made", problem.message(), "Choose another one."});
    Json files = Json::array();
    for (const Lesson& lesson : lessons(options.language)) {
        monitor.check();
        const auto file = std::filesystem::path(options.handouts) / ("lesson-" + lesson.id + ".pdf");
        writeHandout(lesson, walked(lesson, options, monitor), file);
        files.push_back(file.string());
        if (!options.common.json)
            std::cout << "Written: " << file.string() << std::endl;
    }
    if (options.common.json)
        printJson({{"files", files}});
}

// Goes through the lesson as "Show me" does: what an author wants to know of a new one, and what the handout prints.
void walk(const LessonOptions& options)
{
    const OffscreenGui gui;
    ConsoleMonitor monitor(options.common.quiet);
    const Lesson lesson = std::filesystem::is_directory(options.id) ? readLesson(options.id, options.language)
                                                                    : lessonOf(options.id, options.language);
    for (std::size_t i = 0; i < lesson.steps.size(); ++i)
        requireShowable(lesson.steps[i], lesson.id + ", step " + std::to_string(i + 1));
    const std::vector<LessonMoment> moments = walked(lesson, options, monitor);
    Json steps = Json::array();
    for (std::size_t i = 0; i < moments.size(); ++i) {
        const LessonStep& step = lesson.steps[i];
        const std::string where = lesson.id + ", step " + std::to_string(i + 1);
        if (!moments[i].begunUnmet || !moments[i].met)
            refuse({where, "\"until\" to hold after \"show\" and not before",
                    moments[i].met ? "held before" : "does not hold", ""});
        if (step.prediction && moments[i].right.size() != 1)
            refuse({where, "one choice of the prediction that holds", std::to_string(moments[i].right.size()), ""});
        const std::string prediction =
            step.prediction ? step.prediction->choices[moments[i].right.front()].text : std::string();
        const std::string answer = filled(step.answer, moments[i].values);
        steps.push_back({{"title", step.title}, {"prediction", prediction}, {"answer", answer}});
        if (options.common.json)
            continue;
        std::cout << i + 1 << "  " << step.title << '\n';
        if (!prediction.empty())
            std::cout << "   " << prediction << '\n';
        std::cout << "   " << answer << '\n';
    }
    if (options.common.json)
        printJson({{"id", lesson.id}, {"title", lesson.title}, {"steps", steps}});
    if (options.handout.empty())
        return;
    writeHandout(lesson, moments, options.handout);
    if (!options.common.json)
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
    command->add_option("--handouts", options->handouts, "Folder for the handouts of all lessons, PDF, A4")
        ->excludes(id);
    command->add_option("--language", options->language,
                        "Code of a language that the lesson is translated to, such as de (default English)");
    command->add_flag("--exhibits", options->exhibits, "List the names of the exhibits' controls and readings")
        ->excludes(id);
    addCommonOptions(*command, options->common);
    command->callback([options] {
        if (options->exhibits)
            return listExhibits(*options);
        requireLanguage(*options);
        if (!options->handouts.empty())
            return writeHandouts(*options);
        options->id.empty() ? list(*options) : walk(*options);
    });
}

}  // namespace ketscope
