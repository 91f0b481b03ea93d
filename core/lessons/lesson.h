// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/lessons/condition.h"
#include "core/lessons/lesson_acts.h"
#include "core/lessons/lesson_values.h"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace ketscope {

// A lesson as data (resources/lessons/README.md): predict, do, check, caveat. Texts are simple Markdown.

struct LessonChoice {
    std::string text;
    Condition when;  // holds when this is what happened
};

struct LessonPrediction {
    std::string question;
    std::vector<LessonChoice> choices;
};

struct LessonInstruction {
    std::string text;
    std::string target = {};  // object name of the widget that gets its number; empty = none
};

struct LessonStep {
    std::string title;
    std::string text;
    const ExhibitType* exhibit = nullptr;  // shown in place of the window's page; null = the window
    LessonActs start = {};                 // done when the step begins
    std::optional<LessonPrediction> prediction = {};
    std::vector<LessonInstruction> instructions = {};
    std::vector<std::string> targets = {};  // object names of what else stays lit
    std::vector<std::string> keys = {};     // of the window, that act in this step: "2", "Alt+Down"
    Condition until = {};                   // what the learner has to reach; empty = nothing
    std::string waiting = {};               // the same in words: "m ≤ 32"
    std::string hint = {};
    LessonActs show = {};     // reaches it
    std::string answer = {};  // with {measured values}
    std::string caveat = {};
    std::string notes = {};                 // for who presents
    std::vector<std::string> figures = {};  // of the handout: ids of figures

    // Every name that its conditions and texts ask for, with "start." where they have it.
    std::vector<std::string> names() const;
    // Object names of everything that stays lit, each once.
    std::vector<std::string> litTargets() const;
};

// Texts in another language: the English text and the translated one.
using LessonTexts = std::map<std::string, std::string, std::less<>>;

struct Lesson {
    std::string id;  // its folder's name
    int number = 0;  // in the order of the list
    std::string title;
    std::string summary;
    int minutes = 0;
    Study study;  // before the first step; its picture, if any, is not decoded
    std::vector<LessonStep> steps;
    LessonTexts words = {};  // what its card and its handout say around its texts, where that is not English

    // One of those, by its English.
    std::string said(const std::string& english) const;
};

// Strict: throws Error (Input) with one line that says where and what is wrong. `study` is what the setup begins with.
Lesson lessonFromJson(const Json& json, const std::string& where, const LessonTexts& texts = {});

// The folder of bundled lessons: $KETSCOPE_LESSONS, else where the program is installed, else the source tree. Throws
// Error (Failure) when none of them is there.
std::filesystem::path lessonsFolder();
// lesson.json in `folder`, in `language` ("de") where there is lesson.de.json beside it, with its words. Throws as lessonFromJson() and
// readJsonFile(), and for translations of texts that the lesson does not have.
Lesson readLesson(const std::filesystem::path& folder, const std::string& language = {});
// Languages that any of the bundled lessons is translated to, by their codes. Throws as lessonsFolder().
std::vector<std::string> lessonLanguages();
// What is said around the texts of lessons, from words.de.json beside them; empty for English. Throws as lessonsFolder().
LessonTexts lessonWords(const std::string& language);
// All of them by number. Throws as readLesson() and lessonsFolder().
std::vector<Lesson> lessons(const std::string& language = {});
// Throws Error (Input) listing the known ids.
Lesson lessonOf(const std::string& id, const std::string& language = {});

}  // namespace ketscope
