// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/formats/json.h"
#include "core/lessons/exhibit.h"
#include "core/study/comparison.h"

#include <string>
#include <vector>

namespace ketscope {

// One thing that a lesson does to the study or its exhibit, as a learner could.
struct LessonAct {
    enum class Kind { Select, Head, Parameter, Mechanism, Perspective, Text, Candidates, Seed, View, Exhibit, Do };
    Kind kind = Kind::Select;
    std::vector<std::pair<std::string, std::string>> settings = {};  // of Select, Parameter: name and value
    std::vector<std::pair<std::string, double>> values = {};         // of Exhibit
    std::string word = {};  // mechanism, perspective, text, measure of Head, fields of View as JSON, or what to Do
    std::vector<Plan> candidates = {};
    std::uint64_t seed = 0;
    bool largest = true;  // of Head
};
using LessonActs = std::vector<LessonAct>;

// What the window does itself: "export", "sanity", "relevance".
const std::vector<std::string>& lessonDeeds();

// A list of objects with one field each: {"select": {"layer": 5}}, {"head": {"largest": "js"}}, {"parameter": {"m":
// 16}}, {"mechanism": "rff"}, {"perspective": "entropy"}, {"text": "…"}, {"candidates": ["rff@layers=4-5"]}, {"seed":
// 3}, {"view": {…}} as studies have it, {"exhibit": {"phase": 1}}, {"do": "export"}. `exhibit` null = there is none.
// Throws Error (Input) that names `where` and what is wrong.
LessonActs lessonActsFromJson(const Json& json, const ExhibitType* exhibit, const std::string& where);

// The study after these acts, one after the other. Acts on heads need the result that they choose from. Parameters and
// mechanism are those of the first candidate's first entry. Throws Error (Input) for what this study does not have.
Study afterActs(Study study, const LessonActs& acts, const Comparison* comparison);
ExhibitState afterActs(ExhibitState state, const ExhibitType& exhibit, const LessonActs& acts);
// What the window is asked to do itself, in order.
std::vector<std::string> deedsOf(const LessonActs& acts);

}  // namespace ketscope
