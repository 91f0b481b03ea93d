// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/study/comparison.h"

#include <cmath>
#include <gmock/gmock.h>

namespace ketscope {
namespace {

using testing::DoubleNear;
using testing::ElementsAre;

TensorPointer tensorOf(const std::vector<std::size_t>& shape, const std::vector<float>& values)
{
    Tensor tensor(shape);
    std::ranges::copy(values, tensor.data());
    return std::make_shared<const Tensor>(std::move(tensor));
}

// Results of one trace that left these outputs.
Comparison comparisonOf(Task task, std::map<std::string, TensorPointer> outputs)
{
    Comparison comparison;
    comparison.model.task = task;
    auto trace = std::make_shared<Trace>();
    trace->outputs = std::move(outputs);
    comparison.traces.push_back(std::move(trace));
    return comparison;
}

void addToken(Comparison& comparison, std::size_t begin, std::size_t end, int segment, bool special = false)
{
    Token token;
    token.display = "t" + std::to_string(comparison.input.tokens.size());
    token.span = {begin, end};
    token.segment = segment;
    token.special = special;
    comparison.input.tokens.push_back(token);
}

TEST(Outputs, AnswersAreSpansOfTheSecondText)
{
    // [CLS] who [SEP] Äda was here [SEP]
    Comparison comparison =
        comparisonOf(Task::QuestionAnswering, {{"start_logits", tensorOf({7}, {9, 9, 9, 2, 0, 0, 9})},
                                               {"end_logits", tensorOf({7}, {9, 9, 9, 0, 1, 0, 9})}});
    comparison.study.input.text = "who";
    comparison.study.input.textPair = "Äda was here";
    addToken(comparison, 0, 0, 0, true);
    addToken(comparison, 0, 3, 0);
    addToken(comparison, 0, 0, 0, true);
    addToken(comparison, 0, 3, 1);
    addToken(comparison, 4, 7, 1);
    addToken(comparison, 8, 12, 1);
    addToken(comparison, 0, 0, 1, true);
    const OutputTable table = outputTable(comparison, 2);
    EXPECT_EQ(table.title, "answer");
    ASSERT_EQ(table.rows.size(), 2U);
    EXPECT_EQ(table.rows[0].label, "Äda was");
    const double e = std::exp(1.0);
    EXPECT_NEAR(table.rows[0].probability[0], e * e / (e * e + 2.0) * e / (e + 2.0), 1e-7);
    comparison.study.input.textPair.reset();
    EXPECT_EQ(outputTable(comparison, 1).rows[0].label, "t3 t4");
}

TEST(Outputs, MatchingIsATableAndItsScoresAreNumbers)
{
    Comparison comparison = comparisonOf(Task::ImageTextMatching, {{"itm_logits", tensorOf({1, 2}, {0.0F, 1.0F})},
                                                                   {"itc_similarity", tensorOf({1}, {0.25F})}});
    comparison.outputLabels =
        std::make_shared<const std::vector<std::string>>(std::vector<std::string>{"no match", "match"});
    const OutputTable table = outputTable(comparison);
    ASSERT_EQ(table.rows.size(), 2U);
    EXPECT_EQ(table.rows[0].label, "match");
    EXPECT_NEAR(table.rows[0].probability[0], 1.0 / (1.0 + std::exp(-1.0)), 1e-7);
    ASSERT_EQ(outputScores(comparison).size(), 1U);
    EXPECT_THAT(outputScores(comparison)[0].values, ElementsAre(DoubleNear(0.25, 1e-12)));
}

TEST(Outputs, OneTextAloneHasNoProbability)
{
    const Comparison one = comparisonOf(Task::ImageTextContrast, {{"logits_per_image", tensorOf({1}, {3.5F})}});
    EXPECT_TRUE(outputTable(one).rows.empty());
    EXPECT_THAT(outputScores(one)[0].values, ElementsAre(3.5));
    const Comparison two = comparisonOf(Task::ImageTextContrast, {{"logits_per_image", tensorOf({2}, {3.5F, 2.5F})}});
    EXPECT_EQ(outputTable(two).rows.size(), 2U);
    EXPECT_TRUE(outputTable(comparisonOf(Task::None, {})).rows.empty());
    EXPECT_TRUE(outputScores(comparisonOf(Task::None, {})).empty());
}

}  // namespace
}  // namespace ketscope
