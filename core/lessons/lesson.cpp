// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/lessons/lesson.h"

#include "core/base/error.h"
#include "core/formats/json_fields.h"
#include "core/study/samples.h"

#include <algorithm>
#include <initializer_list>
#include <set>

namespace ketscope {

namespace {

constexpr int kVersion = 1;
constexpr int kMostMinutes = 120;
constexpr std::size_t kMostChoices = 4;

void allowOnly(const Json& json, const std::string& where, std::initializer_list<std::string_view> known)
{
    std::string list;
    for (const std::string_view name : known)
        list += (list.empty() ? "" : ", ") + std::string(name);
    for (const auto& [name, value] : json.items())
        if (std::ranges::find(known, name) == known.end())
            refuse({where, "only the fields " + list, '"' + printable(name, 40) + '"', "Check its spelling."});
}

// Reads one lesson, translating its texts on the way and remembering which ones it met.
class LessonReader {
public:
    explicit LessonReader(const LessonTexts& texts) : m_texts(texts) {}

    Lesson read(const Json& json, const std::string& where)
    {
        const JsonFields fields(json, where);
        allowOnly(json, where, {"version", "number", "title", "summary", "minutes", "sample", "start", "steps"});
        if (fields.whole<int>("version") != kVersion)
            refuse({where, "lesson version " + std::to_string(kVersion), fields.at("version").dump(), ""});
        Lesson lesson;
        lesson.number = fields.whole<int>("number");
        lesson.title = text(fields, "title", where);
        lesson.summary = text(fields, "summary", where);
        lesson.minutes = static_cast<int>(fields.numberIn("minutes", 1, kMostMinutes));
        lesson.study = studyOf(fields, where);
        if (!fields.at("steps").is_array() || fields.at("steps").empty())
            refuse({where, "a list of steps", "none", ""});
        for (const Json& step : fields.at("steps"))
            lesson.steps.push_back(readStep(step, where + ", step " + std::to_string(lesson.steps.size() + 1)));
        for (const auto& [english, translated] : m_texts)
            if (!m_met.contains(english))
                refuse({where, "translations of texts that the lesson has", '"' + printable(english, 60) + '"',
                        "The English text was changed or is misspelt."});
        return lesson;
    }

private:
    // A text, or a list of paragraphs.
    std::string text(const JsonFields& fields, const char* name, const std::string& where)
    {
        std::string english;
        if (fields.at(name).is_array())
            for (const std::string& line : fields.texts(name))
                english += (english.empty() ? "" : "\n\n") + line;
        else
            english = fields.text(name);
        if (english.empty())
            refuse({where + ", \"" + name + '"', "a text", "an empty one", ""});
        m_met.insert(english);
        const auto translated = m_texts.find(english);
        return translated == m_texts.end() ? english : translated->second;
    }

    std::string textIf(const JsonFields& fields, const char* name, const std::string& where)
    {
        return fields.has(name) ? text(fields, name, where) : std::string();
    }

    static Study studyOf(const JsonFields& fields, const std::string& where)
    {
        std::string known;
        for (const Sample& sample : samples()) {
            known += (known.empty() ? "" : ", ") + sample.id;
            if (sample.id != fields.text("sample"))
                continue;
            if (!fields.has("start"))
                return sample.study;
            return afterActs(sample.study, lessonActsFromJson(fields.at("start"), nullptr, where + ", start"), nullptr);
        }
        refuse({where + ", \"sample\"", "one of " + known, '"' + printable(fields.text("sample"), 40) + '"', ""});
    }

    LessonStep readStep(const Json& json, const std::string& where)
    {
        const JsonFields fields(json, where);
        allowOnly(json, where,
                  {"title", "text", "exhibit", "start", "prediction", "do", "targets", "keys", "until", "waiting",
                   "hint", "show", "answer", "caveat", "notes", "figures"});
        LessonStep step;
        step.title = text(fields, "title", where);
        step.text = text(fields, "text", where);
        if (fields.has("exhibit"))
            step.exhibit = &exhibitType(fields.text("exhibit"));
        for (const auto& [name, list] :
             {std::pair{"targets", &step.targets}, {"keys", &step.keys}, {"figures", &step.figures}})
            if (fields.has(name))
                *list = fields.texts(name);
        for (const auto& [name, acts] : {std::pair{"start", &step.start}, {"show", &step.show}})
            if (fields.has(name))
                *acts = lessonActsFromJson(fields.at(name), step.exhibit, where + ", \"" + name + '"');
        for (const auto& [name, into] : {std::pair{"waiting", &step.waiting},
                                         {"hint", &step.hint},
                                         {"answer", &step.answer},
                                         {"caveat", &step.caveat},
                                         {"notes", &step.notes}})
            *into = textIf(fields, name, where);
        readInstructions(step, fields, where);
        readGoal(step, fields, where);
        if (fields.has("prediction"))
            step.prediction = readPrediction(fields.at("prediction"), where + ", \"prediction\"", step.exhibit);
        return step;
    }

    void readInstructions(LessonStep& step, const JsonFields& fields, const std::string& where)
    {
        if (!fields.has("do"))
            return;
        if (!fields.at("do").is_array())
            refuse({where + ", \"do\"", "a list of instructions", fields.at("do").type_name(), ""});
        for (const Json& json : fields.at("do")) {
            const std::string inside = where + ", \"do\"";
            const JsonFields one(json, inside);
            allowOnly(json, inside, {"text", "target"});
            step.instructions.push_back({text(one, "text", inside), one.has("target") ? one.text("target") : ""});
        }
    }

    static auto knownIn(const ExhibitType* exhibit)
    {
        return [exhibit](std::string_view name) { return isLessonName(name, exhibit); };
    }

    static void readGoal(LessonStep& step, const JsonFields& fields, const std::string& where)
    {
        for (const std::string* text : {&step.answer, &step.caveat})
            namesInText(*text, where, knownIn(step.exhibit));
        if (!fields.has("until")) {
            if (fields.has("show") || fields.has("waiting"))
                refuse(
                    {where, "\"until\" with \"show\" and \"waiting\"", "none", "Say what the learner has to reach."});
            return;
        }
        step.until = Condition::parse(fields.text("until"), where + ", \"until\"", knownIn(step.exhibit));
        if (step.show.empty() || step.waiting.empty() || step.hint.empty())
            refuse({where, "\"waiting\", \"hint\" and \"show\" beside \"until\"", "not all of them", ""});
    }

    LessonPrediction readPrediction(const Json& json, const std::string& where, const ExhibitType* exhibit)
    {
        const JsonFields fields(json, where);
        allowOnly(json, where, {"question", "choices"});
        LessonPrediction prediction{text(fields, "question", where), {}};
        if (!fields.at("choices").is_array() || fields.at("choices").size() < 2
            || fields.at("choices").size() > kMostChoices)
            refuse({where, "two to four choices", fields.at("choices").dump().substr(0, 40), ""});
        for (const Json& choice : fields.at("choices")) {
            const JsonFields one(choice, where);
            allowOnly(choice, where, {"text", "when"});
            prediction.choices.push_back(
                {text(one, "text", where), Condition::parse(one.text("when"), where, knownIn(exhibit))});
        }
        return prediction;
    }

    const LessonTexts& m_texts;
    std::set<std::string, std::less<>> m_met;
};

}  // namespace

std::vector<std::string> LessonStep::names() const
{
    std::vector<std::string> all = until.names();
    const auto append = [&](const std::vector<std::string>& names) {
        all.insert(all.end(), names.begin(), names.end());
    };
    const auto any = [](std::string_view) { return true; };
    append(namesInText(answer, {}, any));
    append(namesInText(caveat, {}, any));
    if (prediction)
        for (const LessonChoice& choice : prediction->choices)
            append(choice.when.names());
    std::ranges::sort(all);
    all.erase(std::ranges::unique(all).begin(), all.end());
    return all;
}

std::vector<std::string> LessonStep::litTargets() const
{
    std::vector<std::string> all;
    const auto append = [&](const std::string& name) {
        if (!name.empty() && std::ranges::find(all, name) == all.end())
            all.push_back(name);
    };
    for (const LessonInstruction& instruction : instructions)
        append(instruction.target);
    for (const std::string& target : targets)
        append(target);
    return all;
}

Lesson lessonFromJson(const Json& json, const std::string& where, const LessonTexts& texts)
{
    return LessonReader(texts).read(json, where);
}

}  // namespace ketscope
