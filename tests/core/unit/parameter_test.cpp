// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/attention/parameter.h"

#include "core/base/error.h"

#include <cmath>
#include <functional>
#include <gmock/gmock.h>

namespace ketscope {
namespace {

const std::vector<Parameter> kDefinitions = {
    {.id = "count",
     .title = "Count",
     .help = "A whole number.",
     .kind = ParameterKind::Integer,
     .minimum = 1,
     .maximum = 100,
     .initial = 8},
    {.id = "width", .title = "Width", .help = "A number.", .minimum = 0.05, .maximum = 20, .initial = 0.1},
    {.id = "rule",
     .title = "Rule",
     .help = "A choice.",
     .kind = ParameterKind::Choice,
     .choices = {"direct", "softmax"},
     .choiceTitles = {"Direct", "Softmax"}},
    {.id = "tau",
     .title = "Temperature",
     .help = "Shown for softmax.",
     .minimum = 0.5,
     .maximum = 2,
     .initial = 1,
     .shownWhen = "rule",
     .shownWhenIn = {"softmax"}},
    {.id = "unit", .title = "Unit", .help = "A flag.", .kind = ParameterKind::Flag, .initial = 1},
    {.id = "deep",
     .title = "Deep",
     .help = "Shown where tau is, at one value.",
     .shownWhen = "tau",
     .shownWhenIn = {"1"}},
    {.id = "flagged", .title = "Flagged", .help = "Shown with the flag.", .shownWhen = "unit", .shownWhenIn = {"on"}},
};

std::string refusalOf(const std::function<void()>& action)
{
    try {
        action();
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::Input);
        return error.what();
    }
    ADD_FAILURE() << "nothing was refused";
    return {};
}

TEST(Parameters, StartAtTheirDefaults)
{
    const Parameters parameters(kDefinitions);
    EXPECT_EQ(parameters.integer("count"), 8);
    EXPECT_EQ(parameters.real("width"), 0.1);
    EXPECT_EQ(parameters.choice("rule"), "direct");
    EXPECT_TRUE(parameters.flag("unit"));
}

TEST(Parameters, TextReadsBackExactly)
{
    Parameters parameters(kDefinitions);
    for (const double value : {0.1, 1.0 / 3.0, 20.0, 0.05, 19.999999999999996}) {
        parameters.set("width", value);
        Parameters copy(kDefinitions);
        copy.setText("width", parameters.text("width"));
        EXPECT_EQ(copy.real("width"), value);
    }
    EXPECT_EQ(parameters.text("count"), "8");
    parameters.setText("rule", "softmax");
    EXPECT_EQ(parameters.text("rule"), "softmax");
    parameters.setText("unit", "off");
    EXPECT_EQ(parameters.text("unit"), "off");
    EXPECT_FALSE(parameters.flag("unit"));
}

TEST(Parameters, RangesAreInclusive)
{
    Parameters parameters(kDefinitions);
    for (const double value : {1.0, 100.0})
        EXPECT_NO_THROW(parameters.set("count", value));
    for (const double value : {0.0, 101.0, 1.5, std::nan(""), HUGE_VAL, -HUGE_VAL})
        EXPECT_THROW(parameters.set("count", value), Error) << value;
    EXPECT_EQ(parameters.integer("count"), 100);
}

TEST(Parameters, RefusalsSayWhatIsAccepted)
{
    Parameters parameters(kDefinitions);
    using testing::AllOf;
    using testing::HasSubstr;
    EXPECT_THAT(refusalOf([&] { parameters.setText("count", "0"); }),
                AllOf(HasSubstr("count"), HasSubstr("from 1 to 100")));
    EXPECT_THAT(refusalOf([&] { parameters.setText("rule", "hard"); }),
                AllOf(HasSubstr("direct, softmax"), HasSubstr("hard")));
    EXPECT_THAT(refusalOf([&] { parameters.setText("unit", "yes"); }), HasSubstr("on or off"));
    EXPECT_THAT(refusalOf([&] { parameters.setText("wdth", "1"); }),
                AllOf(HasSubstr("wdth"), HasSubstr("count, width")));
    for (const std::string text : {"", "1x", " 1", "nan", "inf", "1e400", "0x10"})
        EXPECT_THAT(refusalOf([&] { parameters.setText("width", text); }), HasSubstr("width")) << text;
}

TEST(Parameters, ShownDependsOnEveryParent)
{
    Parameters parameters(kDefinitions);
    const auto shown = [&](std::size_t index) { return parameters.isShown(kDefinitions[index]); };
    EXPECT_TRUE(shown(0));
    EXPECT_FALSE(shown(3));
    EXPECT_FALSE(shown(5));
    parameters.setText("rule", "softmax");
    EXPECT_TRUE(shown(3));
    EXPECT_TRUE(shown(5));
    parameters.setText("tau", "2");
    EXPECT_FALSE(shown(5));
    EXPECT_TRUE(shown(6));
    parameters.setText("unit", "off");
    EXPECT_FALSE(shown(6));
}

TEST(Parameters, EqualWhenAllValuesAre)
{
    Parameters a(kDefinitions);
    const Parameters b(kDefinitions);
    EXPECT_EQ(a, b);
    a.setText("count", "9");
    EXPECT_FALSE(a == b);
}

TEST(ShortestNumber, ReadsBackToTheSameDouble)
{
    EXPECT_EQ(shortestNumber(128), "128");
    EXPECT_EQ(shortestNumber(0.1), "0.1");
    EXPECT_EQ(shortestNumber(1e-6), "1e-06");
}

}  // namespace
}  // namespace ketscope
