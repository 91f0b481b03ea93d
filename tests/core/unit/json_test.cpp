// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/formats/json.h"
#include "tests/support/paths.h"

#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <sys/stat.h>

using namespace ketscope;
using testing::HasSubstr;

namespace {

std::string refusal(std::string_view text)
{
    try {
        parseJson(text, "test.json");
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::Input);
        EXPECT_THAT(error.what(), HasSubstr("test.json"));
        return error.what();
    }
    return "accepted";
}

std::string nested(std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); }

TEST(Json, ReadsEveryKindOfValue)
{
    const Json value = parseJson(R"( {"a": [1, -2, 2.5, true, null, "é\u0041"], "b": {"c": {}}} )", "test.json");
    EXPECT_EQ(value["a"].size(), 6U);
    EXPECT_TRUE(value["a"][0].is_number_unsigned());
    EXPECT_EQ(value["a"][1].get<int>(), -2);
    EXPECT_EQ(value["a"][2].get<double>(), 2.5);
    EXPECT_EQ(value["a"][5].get<std::string>(), "éA");
    EXPECT_TRUE(value["b"]["c"].is_object());
    EXPECT_EQ(parseJson("[[], {}, [1, [2]], {\"k\": [3]}]", "test.json").dump(), R"([[],{},[1,[2]],{"k":[3]}])");
}

TEST(Json, RefusesASecondValueForAKey)
{
    EXPECT_THAT(refusal(R"({"a": 1, "a": 2})"), HasSubstr("'a' twice at byte 12"));
    EXPECT_THAT(refusal(R"({"x": {"b": 1, "c": 2, "b": {}}})"), HasSubstr("'b' twice"));
    EXPECT_EQ(refusal(R"({"a": {"a": 1}, "b": {"a": 1}})"), "accepted");
}

TEST(Json, BoundsTheDepth)
{
    EXPECT_EQ(refusal(nested(kMaximumJsonDepth)), "accepted");
    EXPECT_THAT(refusal(nested(kMaximumJsonDepth + 1)), HasSubstr("deeper nesting"));
    EXPECT_THAT(refusal(std::string(1'000'000, '[')), HasSubstr("deeper nesting"));
}

TEST(Json, SaysWhatIsWrongAndWhere)
{
    EXPECT_THAT(refusal(R"({"a": tru})"), HasSubstr("byte 10"));
    EXPECT_THAT(refusal("{} {}"), HasSubstr("byte 4"));
    EXPECT_THAT(refusal("[1] x"), HasSubstr("byte 5"));
    EXPECT_THAT(refusal(""), HasSubstr("byte 1"));
    EXPECT_THAT(refusal("[1, 2"), HasSubstr("byte 6"));
    EXPECT_THAT(refusal("[1e999]"), HasSubstr("expected valid JSON"));
    EXPECT_THAT(refusal("[NaN]"), HasSubstr("byte 2"));
    EXPECT_THAT(refusal("[1,]"), HasSubstr("byte 4"));
    EXPECT_THAT(refusal("[1] // note"), HasSubstr("byte 5"));
}

TEST(Json, RefusesBytesThatAreNotUtf8)
{
    EXPECT_THAT(refusal("[\"a\xFF\"]"), HasSubstr("byte 4"));
    EXPECT_THAT(refusal("[\"\xC0\x80\"]"), HasSubstr("byte 3"));
    EXPECT_THAT(refusal("[\"\xED\xA0\x80\"]"), HasSubstr("UTF-8"));
    EXPECT_THAT(refusal("[\"\xE2\x82\"]"), HasSubstr("UTF-8"));
    EXPECT_THAT(refusal(std::string("[1]\0 2", 6)), HasSubstr("byte 4"));
}

TEST(Json, ReadsFilesAndNamesThoseItCannot)
{
    const test::TemporaryFolder folder;
    const auto file = folder.path() / "a.json";
    std::ofstream(file) << R"({"layers": 3})";
    EXPECT_EQ(readJsonFile(file)["layers"].get<int>(), 3);
    EXPECT_THROW(readJsonFile(folder.path() / "missing.json"), Error);
    EXPECT_THROW(readJsonFile(folder.path()), Error);
    const auto pipe = folder.path() / "pipe.json";
    ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
    EXPECT_THROW(readJsonFile(pipe), Error);
    EXPECT_THROW(readJsonFile(test::fixtures() / "badinput/cfg_not_json/config.json"), Error);
}

TEST(Json, RefusesWhatIsLongerThanTheLimit)
{
    const test::TemporaryFolder folder;
    const auto file = folder.path() / "large.json";
    std::ofstream(file).close();
    std::filesystem::resize_file(file, kMaximumJsonBytes + 1);
    EXPECT_THROW(readJsonFile(file), Error);
}

}  // namespace
