// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/study/captured_attention.h"

#include "core/base/error.h"
#include "core/formats/hdf5.h"
#include "core/study/attention_checks.h"
#include "core/study/run_file.h"
#include "tests/support/paths.h"

#include <fstream>
#include <gmock/gmock.h>

using namespace ketscope;
using testing::ElementsAre;
using testing::FloatNear;
using testing::HasSubstr;
using testing::IsEmpty;
namespace fs = std::filesystem;

namespace {

fs::path fixture(const std::string& name) { return test::fixtures() / "captured" / name; }

ComparisonPointer open(const fs::path& file)
{
    Monitor monitor;
    return readComparison(file, monitor);
}

std::string refusal(const fs::path& file)
{
    try {
        open(file);
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::Input);
        return error.what();
    }
    return "accepted";
}

// Row 0 of layer 1, head 1 of attention_a, as index.json has it.
void expectKnownRow(const Trace& trace, float tolerance)
{
    const auto row = trace.stacks.at(0).attention.at(1)->matrix({1}).row(0);
    EXPECT_THAT(row, ElementsAre(FloatNear(0.15163845F, tolerance), FloatNear(0.80386129F, tolerance),
                                 FloatNear(0.04450025F, tolerance)));
}

std::vector<std::string> displays(const Comparison& comparison)
{
    std::vector<std::string> out;
    for (const Token& token : comparison.input.tokens)
        out.push_back(token.display);
    return out;
}

TEST(CapturedAttention, AnArchiveOfTwoArraysIsTwoTraces)
{
    const ComparisonPointer read = open(fixture("two.npz"));
    ASSERT_EQ(read->traces.size(), 2U);
    EXPECT_EQ(traceTitle(*read, 0).title, "attention_a");
    EXPECT_EQ(traceTitle(*read, 1).title, "attention_b");
    EXPECT_EQ(traceTitle(*read, 1).detail, "captured elsewhere");
    expectKnownRow(*read->traces[0], 3e-4F);
    EXPECT_THAT(read->traces[0]->warnings, IsEmpty());
    EXPECT_THAT(displays(*read), ElementsAre("·not", "·bad", "!"));
    EXPECT_EQ(read->input.tokens[0].piece, "Ġnot");
    ASSERT_EQ(read->model.stacks.size(), 1U);
    EXPECT_EQ(read->model.stacks[0].name, "text");
    EXPECT_EQ(read->model.stacks[0].layers, 2U);
    EXPECT_EQ(read->model.stacks[0].heads, 2U);
    EXPECT_THAT(read->input.notices, ElementsAre("Left out: hidden_states (3, 3, 4)."));
    EXPECT_EQ(read->plans.size(), 2U);
}

TEST(CapturedAttention, AnArrayTakesItsTokensFromTheFileBesideIt)
{
    const ComparisonPointer read = open(fixture("single.npy"));
    expectKnownRow(*read->traces.at(0), 1e-7F);
    EXPECT_THAT(displays(*read), ElementsAre("[CLS]", "not·bad", "[SEP]"));
    const test::TemporaryFolder folder;
    fs::copy_file(fixture("single.npy"), folder.path() / "x.npy");
    EXPECT_THAT(refusal(folder.path() / "x.npy"), HasSubstr("x.txt with one token a line"));
    std::ofstream(folder.path() / "tokens.json") << R"(["a", "b", "c"])";
    EXPECT_THAT(displays(*open(folder.path() / "x.npy")), ElementsAre("a", "b", "c"));
    for (const char* bad : {R"(["a", "b"])", R"(["a", "b", 3])", R"({"a": 1})", "[", "[]"}) {
        std::ofstream(folder.path() / "tokens.json") << bad;
        EXPECT_NE(refusal(folder.path() / "x.npy"), "accepted") << bad;
    }
    std::ofstream(folder.path() / "x.txt") << "a\r\nb\r\nc";
    EXPECT_THAT(displays(*open(folder.path() / "x.npy")), ElementsAre("a", "b", "c"));
    std::ofstream(folder.path() / "x.txt") << "a\nb\n\xFF\n";
    EXPECT_THAT(refusal(folder.path() / "x.npy"), HasSubstr("UTF-8"));
}

TEST(CapturedAttention, DoubtsAreSaid)
{
    const ComparisonPointer read = open(fixture("head.npy"));
    EXPECT_THAT(read->traces.at(0)->warnings,
                ElementsAre("text: 1 of 3 rows have weights that are not finite, the first in layer 0, head 0, row 2",
                            "text: 1 weight is negative, the lowest −0.5 in layer 0, head 0, row 1",
                            "text: 1 of 3 rows do not sum to one; the worst, layer 0, head 0, row 0, sums to 1.5"));
    EXPECT_EQ(read->model.stacks[0].layers, 1U);
    EXPECT_EQ(read->model.stacks[0].heads, 1U);
}

TEST(CapturedAttention, PaddingAndOwnRowsAreNotDoubted)
{
    Tensor maps({1, 2, 2});
    std::ranges::copy(std::initializer_list<float>{0.3F, 0.3F, 1.0F, 0.0F}, maps.data());
    StackTrace stack{.name = "text", .attention = {std::make_shared<const Tensor>(std::move(maps)), nullptr}};
    EXPECT_EQ(attentionDoubts(stack, {}, true).size(), 1U);
    EXPECT_THAT(attentionDoubts(stack, {0, 1}, true), IsEmpty());
    EXPECT_THAT(attentionDoubts(stack, {}, false), IsEmpty());
}

TEST(CapturedAttention, TheRecipesFileOpens)
{
    const ComparisonPointer read = open(fixture("recipe.h5"));
    EXPECT_THAT(displays(*read), ElementsAre("[CLS]", "not", "bad", "[SEP]"));
    ASSERT_EQ(read->traces.size(), 1U);
    EXPECT_EQ(read->traces[0]->stacks[0].attention.size(), 3U);
    EXPECT_EQ(read->traces[0]->stacks[0].attention[0]->shape(), (std::vector<std::size_t>{2, 4, 4}));
    EXPECT_THAT(read->traces[0]->warnings, IsEmpty());
}

TEST(CapturedAttention, PlainHdf5AndCrossAttention)
{
    const ComparisonPointer plain = open(fixture("plain.h5"));
    expectKnownRow(*plain->traces.at(0), 3e-4F);
    EXPECT_THAT(displays(*plain), ElementsAre("·not", "·bad", "!"));
    EXPECT_EQ(traceTitle(*plain, 0).title, "layers/attention");
    const ComparisonPointer cross = open(fixture("cross.h5"));
    EXPECT_EQ(cross->model.stacks.at(0).name, "cross");
    EXPECT_EQ(cross->model.stacks.at(0).keys, TokenAxis::Image);
    EXPECT_EQ(cross->traces.at(0)->stacks.at(0).attention.at(0)->shape(), (std::vector<std::size_t>{2, 3, 5}));
}

TEST(CapturedAttention, AForeignRunFileIsDoubtedAndItsTokensChecked)
{
    const test::TemporaryFolder folder;
    const fs::path path = folder.path() / "f.h5";
    const auto write = [&](const std::vector<std::string>& tokens, float weight) {
        Hdf5File file = Hdf5File::create(path);
        file.writeStrings("/input/tokens", tokens);
        file.writeFloats("/traces/A/text/attention", {1, 1, 2, 2}, std::vector<float>(4, weight));
        file.close();
    };
    write({"x", "y"}, 0.5F);
    EXPECT_THAT(open(path)->traces.at(0)->warnings, IsEmpty());
    write({"x", "y"}, 0.4F);
    EXPECT_THAT(open(path)->traces.at(0)->warnings, ElementsAre(HasSubstr("2 of 2 rows do not sum to one")));
    write({"x", "\xFFy"}, 0.5F);
    EXPECT_THAT(refusal(path), HasSubstr("token 1"));
}

TEST(CapturedAttention, WhatIsNotAttentionIsRefused)
{
    EXPECT_THAT(refusal(fixture("object.npz")), HasSubstr("'|O'"));
    const test::TemporaryFolder folder;
    fs::copy_file(fixture("version1.npy"), folder.path() / "v.npy");
    std::ofstream(folder.path() / "v.txt") << "a\nb\nc\n";
    EXPECT_THAT(refusal(folder.path() / "v.npy"), HasSubstr("v (2, 3)"));
    const fs::path path = folder.path() / "v.h5";
    Hdf5File empty = Hdf5File::create(path);
    empty.writeStrings("/tokens", {"a"});
    empty.close();
    EXPECT_THAT(refusal(path), HasSubstr("arrays of numbers, found none"));
    EXPECT_THAT(refusal(test::fixtures() / "badinput/h5_truncated.h5"), HasSubstr("h5_truncated.h5"));
    EXPECT_NE(refusal(folder.path() / "none.npz"), "accepted");
    std::ofstream(folder.path() / "t.npz") << "some text";
    EXPECT_NE(refusal(folder.path() / "t.npz"), "accepted");
}

}  // namespace
