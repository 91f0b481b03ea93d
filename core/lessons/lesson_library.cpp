// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/lessons/lesson.h"
#include "core/study/samples.h"

#include <algorithm>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <set>

namespace ketscope {

namespace fs = std::filesystem;

namespace {

// A table of translations; empty where there is no such file.
LessonTexts textsIn(const fs::path& file)
{
    if (std::error_code ignored; !fs::exists(file, ignored))
        return {};
    const Json json = readJsonFile(file);
    if (!json.is_object() || !std::ranges::all_of(json, [](const Json& value) { return value.is_string(); }))
        refuse({file.string(), "an object of English texts and their translations", json.type_name(), ""});
    return json.get<LessonTexts>();
}

}  // namespace

fs::path lessonsFolder()
{
    const char* chosen = std::getenv("KETSCOPE_LESSONS");
    std::error_code ignored;
    if (chosen != nullptr && *chosen != '\0') {
        if (!fs::is_directory(chosen, ignored))
            fail({chosen, "the lessons folder that KETSCOPE_LESSONS names", "no such folder",
                  "Correct the variable or unset it."});
        return chosen;
    }
    const fs::path installed =
        (fs::read_symlink("/proc/self/exe", ignored).parent_path() / KETSCOPE_INSTALLED_LESSONS).lexically_normal();
    for (const fs::path& folder : {installed, fs::path(KETSCOPE_SOURCE_LESSONS)})
        if (fs::is_directory(folder, ignored))
            return folder;
    fail({installed.string(), "the bundled lessons", "no such folder",
          "Install Ketscope again, or name the folder in the variable KETSCOPE_LESSONS."});
}

LessonTexts lessonWords(const std::string& language)
{
    return language.empty() ? LessonTexts() : textsIn(lessonsFolder() / ("words." + language + ".json"));
}

Lesson readLesson(const fs::path& folder, const std::string& language)
{
    LessonTexts texts;
    if (!language.empty())
        texts = textsIn(folder / ("lesson." + language + ".json"));
    Lesson lesson = lessonFromJson(readJsonFile(folder / "lesson.json"), folder.filename().string(), texts);
    lesson.id = folder.filename().string();
    if (!texts.empty())
        lesson.words = lessonWords(language);
    return lesson;
}

std::string Lesson::said(const std::string& english) const
{
    const auto word = words.find(english);
    return word == words.end() ? english : word->second;
}

std::vector<std::string> lessonLanguages()
{
    constexpr std::string_view kBefore = "lesson.", kAfter = ".json";
    std::set<std::string> languages;
    for (const fs::directory_entry& folder : fs::directory_iterator(lessonsFolder())) {
        if (!folder.is_directory())
            continue;
        for (const fs::directory_entry& file : fs::directory_iterator(folder)) {
            const std::string name = file.path().filename().string();
            if (name.starts_with(kBefore) && name.ends_with(kAfter) && name.size() > kBefore.size() + kAfter.size())
                languages.insert(name.substr(kBefore.size(), name.size() - kBefore.size() - kAfter.size()));
        }
    }
    return {languages.begin(), languages.end()};
}

std::vector<Lesson> lessons(const std::string& language)
{
    std::vector<Lesson> all;
    for (const fs::directory_entry& entry : fs::directory_iterator(lessonsFolder()))
        if (std::error_code ignored; fs::exists(entry.path() / "lesson.json", ignored))
            all.push_back(readLesson(entry.path(), language));
    std::ranges::sort(
        all, [](const Lesson& a, const Lesson& b) { return std::tie(a.number, a.id) < std::tie(b.number, b.id); });
    return all;
}

Lesson lessonOf(const std::string& id, const std::string& language)
{
    std::string known;
    for (Lesson& lesson : lessons(language)) {
        if (lesson.id == id)
            return std::move(lesson);
        known += (known.empty() ? "" : ", ") + lesson.id;
    }
    refuse({"lesson", "one of " + known, '"' + printable(id, 40) + '"', ""});
}

}  // namespace ketscope
