// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/study/head_preview.h"

#include "core/study/samples.h"

#include <gtest/gtest.h>

namespace ketscope::test {

namespace {

class HeadPreviewTest : public testing::Test {
protected:
    HeadPreviewTest()
        : study(sampleStudy()), model(loadModel(study.modelPath, monitor)),
          last(runStudy(study, *model, nullptr, 1, monitor))
    {
        study = last->study;
    }

    Monitor monitor;
    Study study;
    std::shared_ptr<const LoadedModel> model;
    ComparisonPointer last;
};

bool sameValues(const TensorPointer& a, const TensorPointer& b)
{
    return (a == nullptr) == (b == nullptr) && (!a || std::ranges::equal(a->values(), b->values()));
}

}  // namespace

// In the first patched layer, after it, and before it; exact and sampled; the number of threads does not matter.
TEST_F(HeadPreviewTest, TheHeadIsWhatAWholeRunMakesOfIt)
{
    for (const char* spec : {"rff:m=32@layers=4-5", "shots:shots=16,repeats=3@layers=4-5"}) {
        for (const std::size_t layer : {2U, 4U, 5U}) {
            Study changed = study;
            changed.candidates = {{{parseSpec(spec)}}};
            changed.selection.layer = layer;
            changed.selection.head = 3;
            ASSERT_TRUE(canRunHeadAlone(*last, changed, 1)) << spec;
            const ComparisonPointer head =
                withHeadAnew(last, changed, 1, *model, layer == 4 ? 2 : 1, monitor).comparison;
            const ComparisonPointer whole = runStudy(changed, *model, last, 1, monitor);
            const StackTrace& a = head->traces[1]->stacks[0];
            const StackTrace& b = whole->traces[1]->stacks[0];
            for (std::size_t i = 0; i < b.attention[layer]->matrix({3}).rows; ++i)
                EXPECT_TRUE(
                    std::ranges::equal(a.attention[layer]->matrix({3}).row(i), b.attention[layer]->matrix({3}).row(i)))
                    << spec << " layer " << layer << " row " << i;
            if (b.standardError[layer]) {
                EXPECT_TRUE(std::ranges::equal(a.standardError[layer]->matrix({3}).row(4),
                                               b.standardError[layer]->matrix({3}).row(4)));
            }
            EXPECT_EQ(head->plans[1]->isPatched(0, layer, 3), layer >= 4);
            EXPECT_EQ(head->study, changed);
        }
    }
}

// Moves of a slider one after the other: what the head is given stays until the plan changes what comes before it.
TEST_F(HeadPreviewTest, WhatTheHeadIsGivenIsKeptWhereItStaysTheSame)
{
    const auto planned = [&](const std::string& spec, std::size_t layer, std::size_t head) {
        Study changed = study;
        changed.candidates = {{{parseSpec(spec)}}};
        changed.selection.layer = layer;
        changed.selection.head = head;
        return changed;
    };
    last = runStudy(planned("rff:m=64@layers=5", 5, 3), *model, last, 1, monitor);
    struct Move {
        std::string spec;
        std::size_t layer, head;
        bool typical;
    };
    for (const Move& move : {Move{"rff:m=32@layers=5", 5, 3, false}, Move{"rff:m=16@layers=5", 5, 3, true},
                             Move{"rff:m=16@layers=5", 5, 1, true}, Move{"rff:m=48@layers=4-5", 5, 3, true},
                             Move{"rff:m=24@layers=4-5", 5, 3, true}, Move{"rff:m=24@layers=4-5", 4, 3, false},
                             Move{"rff:m=20@layers=4-5", 4, 3, true}}) {
        const Study changed = planned(move.spec, move.layer, move.head);
        const HeadAnew anew = withHeadAnew(last, changed, 1, *model, 1, monitor);
        EXPECT_EQ(anew.typical, move.typical) << move.spec;
        const ComparisonPointer whole = runStudy(changed, *model, last, 1, monitor);
        const auto mapOf = [&](const Comparison& comparison) {
            return comparison.traces[1]->stacks[0].attention[move.layer]->matrix({move.head});
        };
        for (std::size_t i = 0; i < mapOf(*whole).rows; ++i)
            EXPECT_TRUE(std::ranges::equal(mapOf(*anew.comparison).row(i), mapOf(*whole).row(i)))
                << move.spec << " layer " << move.layer << " row " << i;
    }
}

TEST_F(HeadPreviewTest, EverythingElseStays)
{
    Study changed = study;
    changed.candidates[0].entries[0].parameters.set("m", 16.0);
    changed.selection.layer = 5;
    changed.selection.head = 1;
    const ComparisonPointer head = withHeadAnew(last, changed, 1, *model, 1, monitor).comparison;
    const Trace& before = *last->traces[1];
    const Trace& after = *head->traces[1];
    EXPECT_EQ(head->traces[0], last->traces[0]);
    EXPECT_EQ(after.outputs, before.outputs);
    EXPECT_EQ(after.stacks[0].hidden, before.stacks[0].hidden);
    for (std::size_t layer = 0; layer < 5; ++layer)
        EXPECT_EQ(after.stacks[0].attention[layer], before.stacks[0].attention[layer]);
    for (const std::size_t other : {0U, 2U, 3U})
        EXPECT_TRUE(std::ranges::equal(after.stacks[0].attention[5]->matrix({other}).row(0),
                                       before.stacks[0].attention[5]->matrix({other}).row(0)));
    EXPECT_FALSE(sameValues(after.stacks[0].attention[5], before.stacks[0].attention[5]));
}

TEST_F(HeadPreviewTest, NothingButThePlanMayDiffer)
{
    EXPECT_TRUE(canRunHeadAlone(*last, study, 1));
    EXPECT_FALSE(canRunHeadAlone(*last, study, 0));
    EXPECT_FALSE(canRunHeadAlone(*last, study, 2));
    Study other = study;
    other.seed += 1;
    EXPECT_FALSE(canRunHeadAlone(*last, other, 1));
    other = study;
    other.input.text = "another text";
    EXPECT_FALSE(canRunHeadAlone(*last, other, 1));
    other = study;
    other.candidates.push_back(other.candidates.front());
    EXPECT_FALSE(canRunHeadAlone(*last, other, 1));
    other = study;
    other.selection.layer = 99;
    EXPECT_FALSE(canRunHeadAlone(*last, other, 1));
}

}  // namespace ketscope::test
