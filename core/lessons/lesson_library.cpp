// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/lessons/lesson.h"
#include "core/study/samples.h"

#include <algorithm>
#include <cstdlib>
#include <nlohmann/json.hpp>

namespace ketscope {

namespace fs = std::filesystem;

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

Lesson readLesson(const fs::path& folder, const std::string& language)
{
    const fs::path file = folder / "lesson.json";
    const fs::path translation = folder / ("lesson." + language + ".json");
    LessonTexts texts;
    if (std::error_code ignored; !language.empty() && fs::exists(translation, ignored)) {
        const Json json = readJsonFile(translation);
        const std::string where = translation.string();
        if (!json.is_object() || !std::ranges::all_of(json, [](const Json& value) { return value.is_string(); }))
            refuse({where, "an object of English texts and their translations", json.type_name(), ""});
        texts = json.get<LessonTexts>();
    }
    Lesson lesson = lessonFromJson(readJsonFile(file), folder.filename().string(), texts);
    lesson.id = folder.filename().string();
    return lesson;
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
