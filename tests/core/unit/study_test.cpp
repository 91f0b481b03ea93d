// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/study/study.h"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

namespace ketscope {
namespace {

Study fullStudy()
{
    Study study;
    study.modelPath = "/models/naïve model";
    study.input.text = "one \"two\"\n";
    study.input.textPair = "three";
    study.input.tokenIds = {101, 7, 102};
    study.input.attentionMask = {1, 0, 1};
    study.input.tokenTypes = {0, 1, 1};
    study.candidates = {
        {{parseSpec("rff:m=64@layers=4-5"), parseSpec("shots@heads=1")}}, {{parseSpec("fidelity")}}, {}};
    study.seed = 0xFFFFFFFFFFFFFFFFU;
    study.selection = {0, 5, 3, 2, 1};
    study.view = {"magma", ColourScale::Logarithmic, false};
    study.view.compared = {1, 2, true, {{0, 5, 3, 2, 1}, {0, 4, 0, 0, 7}}};
    return study;
}

TEST(Study, EveryFieldSurvivesJson)
{
    const Study study = fullStudy();
    EXPECT_EQ(studyFromJson(Json::parse(toJson(study).dump()), "here"), study);
    EXPECT_EQ(studyFromJson(toJson(Study{}), "here"), Study{});
}

TEST(Study, EveryMissingOrWrongFieldIsNamed)
{
    const Json whole = toJson(fullStudy());
    for (const auto& [name, value] : whole.items()) {
        Json missing = whole;
        missing.erase(name);
        EXPECT_THROW(studyFromJson(missing, "here"), Error) << name;
        Json wrong = whole;
        wrong[name] = -1.5;
        EXPECT_THROW(studyFromJson(wrong, "here"), Error) << name;
    }
    for (const char* part : {"selection", "view"})
        for (const auto& [name, value] : whole.at(part).items()) {
            Json wrong = whole;
            wrong[part][name] = Json::array();
            try {
                studyFromJson(wrong, "here");
                ADD_FAILURE() << part << "." << name << " was accepted";
            } catch (const Error& error) {
                EXPECT_THAT(error.what(), testing::HasSubstr(name));
            }
        }
}

}  // namespace
}  // namespace ketscope
