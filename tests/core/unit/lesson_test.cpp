// SPDX-License-Identifier: GPL-3.0-or-later
// Lessons as data: conditions, texts with values, the strict parser.
#include "core/base/error.h"
#include "core/lessons/lesson.h"
#include "core/study/samples.h"

#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace ketscope::test {
namespace {

const auto kAny = [](std::string_view name) { return name == "a" || name == "b.c" || name == "word"; };

bool holds(std::string_view text, const LessonValues& values)
{
    return Condition::parse(text, "test", kAny).holds(values);
}

std::string refusalOf(const std::function<void()>& act)
{
    try {
        act();
    } catch (const Error& error) {
        return error.what();
    }
    return "accepted";
}

TEST(LessonCondition, ComparesNumbersWordsAndTheStart)
{
    const LessonValues values = {{"a", 2.0}, {"b.c", 3.0}, {"start.a", 1.0}, {"word", std::string("two words")}};
    EXPECT_TRUE(holds("a = 2", values));
    EXPECT_TRUE(holds("a != 3 and a < 3 and a <= 2 and b.c > 2.5 and b.c >= 3", values));
    EXPECT_FALSE(holds("a = 2 and b.c < 3", values));
    EXPECT_TRUE(holds("a > start.a", values));
    EXPECT_TRUE(holds("b.c = start.a + 2", values));
    EXPECT_TRUE(holds("a <= start.a * 2", values));
    EXPECT_FALSE(holds("a < start.a - 0.5", values));
    EXPECT_TRUE(holds("word = \"two words\"", values));
    EXPECT_TRUE(holds("word != other", values));
}

TEST(LessonCondition, WhatHasNoValueIsFalse)
{
    EXPECT_FALSE(holds("a < 1", {}));
    EXPECT_FALSE(holds("a != 1", {}));
    EXPECT_FALSE(holds("a < 1", {{"a", std::nan("")}}));
    EXPECT_FALSE(holds("a != 1", {{"a", std::string("1")}}));
    EXPECT_TRUE(Condition().holds({}));
}

TEST(LessonCondition, RefusalsNameThePart)
{
    for (const auto& [text, part] : {std::pair{"unknown = 1", "a name that lessons know"},
                                     {"a ~ 1", "an operator"},
                                     {"a =", "name operator value"},
                                     {"a < word2", "a number or a name"},
                                     {"a < b.c ^ 2", "one of + - *"},
                                     {"a = head.wrong", "a number or a word"},
                                     {"word = \"open", "quotation mark"},
                                     {"", "name operator value"}})
        EXPECT_NE(refusalOf([&] { Condition::parse(text, "step 1", kAny); }).find(part), std::string::npos) << text;
}

TEST(LessonText, ValuesWithDecimalsAndARealMinus)
{
    const LessonValues values = {{"a", -0.256}, {"b.c", -0.001}, {"word", std::string("ring")}};
    EXPECT_EQ(filled("{a}, {a:1}, {b.c:2}, {word}, {gone}.", values), "−0.26, −0.3, 0.00, ring, –.");
    EXPECT_EQ(namesInText("{a:3} {start.a}", "", kAny), (std::vector<std::string>{"a", "start.a"}));
    EXPECT_NE(refusalOf([] { namesInText("{a:9}", "here", kAny); }), "accepted");
    EXPECT_NE(refusalOf([] { namesInText("{a", "here", kAny); }), "accepted");
}

// A lesson that is right, and what happens when one part of it is not.
Json smallest()
{
    return Json::parse(R"({"version": 1, "number": 9, "title": "T", "summary": "S", "minutes": 5, "sample": "sentiment",
        "steps": [{"title": "One", "text": ["First.", "Second."], "exhibit": "scores", "do": [{"text": "Act", "target": "exhibit"}],
                   "targets": ["exhibit", "exhibitReadings"], "until": "exhibit.T > 2", "waiting": "T", "hint": "H",
                   "show": [{"exhibit": {"T": 3}}], "answer": "{exhibit.entropy:2}"}]})");
}

std::string refusalAfter(const std::function<void(Json&)>& change)
{
    Json json = smallest();
    change(json);
    return refusalOf([&] { lessonFromJson(json, "lesson"); });
}

TEST(LessonParser, ReadsTheSmallestLesson)
{
    const Lesson lesson = lessonFromJson(smallest(), "lesson");
    EXPECT_EQ(lesson.steps[0].text, "First.\n\nSecond.");
    EXPECT_EQ(lesson.steps[0].litTargets(), (std::vector<std::string>{"exhibit", "exhibitReadings"}));
    EXPECT_EQ(lesson.steps[0].names(), (std::vector<std::string>{"exhibit.T", "exhibit.entropy"}));
    EXPECT_EQ(lesson.study.modelPath, samples()[0].study.modelPath);
}

TEST(LessonParser, OneClearLineForEveryMistake)
{
    const std::tuple<std::string, std::function<void(Json&)>> mistakes[] = {
        {"\"tittle\"", [](Json& j) { j["steps"][0]["tittle"] = "x"; }},
        {"step 1", [](Json& j) { j["steps"][0].erase("title"); }},
        {"lesson version 1", [](Json& j) { j["version"] = 2; }},
        {"one of sentiment", [](Json& j) { j["sample"] = "none"; }},
        {"a list of steps", [](Json& j) { j["steps"] = Json::array(); }},
        {"one of scores", [](Json& j) { j["steps"][0]["exhibit"] = "none"; }},
        {"a control",
         [](Json& j) {
             j["steps"][0]["show"] = {{{"exhibit", {{"none", 1}}}}};
         }},
        {"a number from 0.1 to 4",
         [](Json& j) {
             j["steps"][0]["show"] = {{{"exhibit", {{"T", 9}}}}};
         }},
        {"\"waiting\", \"hint\" and \"show\"", [](Json& j) { j["steps"][0].erase("hint"); }},
        {"\"until\" with", [](Json& j) { j["steps"][0].erase("until"); }},
        {"a name that lessons know", [](Json& j) { j["steps"][0]["until"] = "exhibit.none > 1"; }},
        {"{name} or {name:decimals}", [](Json& j) { j["steps"][0]["answer"] = "{nothing}"; }},
        {"select, head",
         [](Json& j) {
             j["steps"][0]["show"] = {{{"jump", 1}}};
         }},
        {"a setting of the view",
         [](Json& j) {
             j["steps"][0]["start"] = {{{"view", {{"colour", "x"}}}}};
         }},
        {"export",
         [](Json& j) {
             j["steps"][0]["show"] = {{{"do", "dance"}}};
         }},
        {"two to four choices",
         [](Json& j) {
             j["steps"][0]["prediction"] = {{"question", "Q"}, {"choices", Json::array()}};
         }},
    };
    for (const auto& [part, change] : mistakes) {
        const std::string refusal = refusalAfter(change);
        EXPECT_NE(refusal.find(part), std::string::npos) << part << " not in: " << refusal;
        EXPECT_EQ(refusal.find('\n'), std::string::npos);
    }
}

TEST(LessonParser, TranslationsReplaceTextsAndNothingElse)
{
    const Lesson lesson = lessonFromJson(smallest(), "lesson", {{"T", "Titel"}, {"First.\n\nSecond.", "Erst."}});
    EXPECT_EQ(lesson.title, "Titel");
    EXPECT_EQ(lesson.steps[0].text, "Erst.");
    EXPECT_EQ(lesson.summary, "S");
    const std::string refusal = refusalOf([] { lessonFromJson(smallest(), "lesson", {{"Tittle", "Titel"}}); });
    EXPECT_NE(refusal.find("Tittle"), std::string::npos) << refusal;
}

std::vector<std::string> textsOf(const Lesson& lesson)
{
    std::vector<std::string> texts = {lesson.title, lesson.summary};
    for (const LessonStep& step : lesson.steps) {
        texts.insert(texts.end(),
                     {step.title, step.text, step.waiting, step.hint, step.answer, step.caveat, step.notes});
        for (const LessonInstruction& instruction : step.instructions)
            texts.push_back(instruction.text);
        if (!step.prediction)
            continue;
        texts.push_back(step.prediction->question);
        for (const LessonChoice& choice : step.prediction->choices)
            texts.push_back(choice.text);
    }
    return texts;
}

// "{head.js:3}" of a text, sorted.
std::vector<std::string> valuesIn(const std::string& text)
{
    std::vector<std::string> values;
    for (std::size_t at = 0; (at = text.find('{', at)) != std::string::npos; ++at)
        values.push_back(text.substr(at, text.find('}', at) - at + 1));
    std::ranges::sort(values);
    return values;
}

void expectTheSameStep(const LessonStep& original, const LessonStep& translated)
{
    EXPECT_EQ(translated.exhibit, original.exhibit);
    EXPECT_EQ(translated.targets, original.targets);
    EXPECT_EQ(translated.litTargets(), original.litTargets());
    EXPECT_EQ(translated.keys, original.keys);
    EXPECT_EQ(translated.figures, original.figures);
    EXPECT_EQ(translated.names(), original.names());
    EXPECT_EQ(translated.until.names(), original.until.names());
    ASSERT_EQ(translated.prediction.has_value(), original.prediction.has_value());
    for (std::size_t i = 0; original.prediction && i < original.prediction->choices.size(); ++i)
        EXPECT_EQ(translated.prediction->choices.at(i).when.names(), original.prediction->choices[i].when.names());
}

TEST(LessonTranslation, EveryTextIsTranslatedWithItsValues)
{
    const std::vector<std::string> languages = lessonLanguages();
    ASSERT_NE(std::ranges::find(languages, "de"), languages.end());
    for (const std::string& language : languages) {
        for (const Lesson& lesson : lessons()) {
            const auto file = lessonsFolder() / lesson.id / ("lesson." + language + ".json");
            if (!std::filesystem::exists(file))
                continue;
            const Json table = readJsonFile(file);
            for (const std::string& text : textsOf(lesson)) {
                if (text.empty())
                    continue;
                ASSERT_TRUE(table.contains(text)) << file << ": " << text;
                const auto translated = table.at(text).get<std::string>();
                EXPECT_FALSE(translated.empty());
                EXPECT_EQ(valuesIn(translated), valuesIn(text)) << translated;
            }
        }
    }
}

TEST(LessonTranslation, StepsTargetsAndConditionsAreTheSame)
{
    for (const std::string& language : lessonLanguages()) {
        const std::vector<Lesson> originals = lessons(), translations = lessons(language);
        ASSERT_EQ(translations.size(), originals.size());
        for (std::size_t i = 0; i < originals.size(); ++i) {
            EXPECT_EQ(translations[i].id, originals[i].id);
            EXPECT_EQ(translations[i].minutes, originals[i].minutes);
            EXPECT_EQ(translations[i].study, originals[i].study);
            ASSERT_EQ(translations[i].steps.size(), originals[i].steps.size());
            for (std::size_t step = 0; step < originals[i].steps.size(); ++step)
                expectTheSameStep(originals[i].steps[step], translations[i].steps[step]);
        }
    }
}

TEST(LessonTranslation, EveryLessonIsInGermanAndUnknownLanguagesAreEnglish)
{
    const std::vector<Lesson> english = lessons(), german = lessons("de"), unknown = lessons("tlh");
    for (std::size_t i = 0; i < english.size(); ++i) {
        EXPECT_NE(german[i].summary, english[i].summary);
        EXPECT_EQ(unknown[i].summary, english[i].summary);
    }
}

TEST(LessonActs, ChangeTheStudyAsALearnerWould)
{
    const Json acts =
        Json::parse(R"([{"select": {"layer": 2, "key": 3}}, {"parameter": {"m": 16}}, {"perspective": "entropy"},
        {"view": {"heatmap": {"sort_heads": true}}}, {"seed": 5}, {"text": "a warm film"}])");
    const Study before = sampleStudy();
    const Study after = afterActs(before, lessonActsFromJson(acts, nullptr, "test"), nullptr);
    EXPECT_EQ(after.selection.layer, 2u);
    EXPECT_EQ(after.selection.head, before.selection.head);
    EXPECT_EQ(after.selection.key, 3u);
    EXPECT_EQ(after.candidates[0].entries[0].parameters.integer("m"), 16);
    EXPECT_EQ(after.perspective, "entropy");
    EXPECT_TRUE(after.view.heatmap.sortHeads);
    EXPECT_EQ(after.view.colourMap, before.view.colourMap);
    EXPECT_EQ(after.seed, 5u);
    EXPECT_EQ(after.input.text, "a warm film");
}

}  // namespace
}  // namespace ketscope::test
