// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/tasks/evaluation.h"

#include "core/base/error.h"
#include "tests/support/paths.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <gtest/gtest.h>

namespace ketscope {
namespace {

using namespace test;

const std::vector<std::string> kClasses = {"NEGATIVE", "POSITIVE"};

void write(const std::filesystem::path& file, const std::string& text) { std::ofstream(file) << text; }

TEST(LabelledTexts, TablesByNameAndNumber)
{
    const TemporaryFolder folder;
    const auto file = folder.path() / "texts.tsv";
    write(file, "# a comment\ngood film \t1\r\n\nbad\tnegative\na\ttab inside\tPositive\n");
    const std::vector<LabelledText> expected = {{"good film", 1}, {"bad", 0}, {"a\ttab inside", 1}};
    EXPECT_EQ(readLabelledTexts(file, kClasses), expected);
    for (const char* wrong : {"no tab\n", "text\t2\n", "text\tmaybe\n", "text\t-1\n", ""}) {
        write(file, wrong);
        EXPECT_THROW(readLabelledTexts(file, kClasses), Error) << wrong;
    }
    EXPECT_THROW(readLabelledTexts(folder.path() / "missing", kClasses), Error);
}

TEST(LabelledTexts, AFolderHasAFileForEveryClass)
{
    const TemporaryFolder folder;
    write(folder.path() / "positive.txt", "good\nfine\n\n");
    write(folder.path() / "0.txt", "bad");
    write(folder.path() / "notes.md", "nothing");
    const std::vector<LabelledText> expected = {{"bad", 0}, {"good", 1}, {"fine", 1}};
    EXPECT_EQ(readLabelledTexts(folder.path(), kClasses), expected);
    write(folder.path() / "other.txt", "what");
    EXPECT_THROW(readLabelledTexts(folder.path(), kClasses), Error);
}

// Four texts; A is right on the first three, B on the first and the last.
TextEvaluation byHand()
{
    return {.texts = {{"a", 1}, {"b", 1}, {"c", 0}, {"d", 0}},
            .classes = kClasses,
            .titles = {{"A", ""}, {"B", ""}},
            .published = {false, false},
            .traces = {{{{1, 1, 0, 1}, {0.9, 0.8, 0.7, 0.4}, {0.8, 0.6, 0.4, 0.2}}},
                       {{{1, 0, 1, 0}, {0.6, 0.3, 0.2, 0.7}, {0.2, 0.4, 0.6, 0.4}}}}};
}

TEST(Evaluation, ScoresByHand)
{
    const TextEvaluation evaluation = byHand();
    const ClassificationScores a = scoresOf(evaluation, 0);
    EXPECT_DOUBLE_EQ(a.accuracy.mean, 0.75);
    EXPECT_EQ(a.accuracy, binomialInterval(3, 4));
    EXPECT_DOUBLE_EQ(a.f1.mean, 0.5 * (2.0 / 3.0 + 4.0 / 5.0));
    EXPECT_DOUBLE_EQ(a.agreement.mean, 1.0);
    EXPECT_DOUBLE_EQ(a.margin.mean, 0.5);
    EXPECT_NEAR(a.loss.mean, -(std::log(0.9) + std::log(0.8) + std::log(0.7) + std::log(0.4)) / 4.0, 1e-12);
    const ClassificationScores b = scoresOf(evaluation, 1);
    EXPECT_DOUBLE_EQ(b.accuracy.mean, 0.5);
    EXPECT_DOUBLE_EQ(b.agreement.mean, 0.25);
    EXPECT_DOUBLE_EQ(b.accuracyDifference.mean, -0.25);
    EXPECT_DOUBLE_EQ(b.f1Difference.mean, 0.5 - 0.5 * (2.0 / 3.0 + 4.0 / 5.0));
    EXPECT_EQ(b.gained, 1U);
    EXPECT_EQ(b.lost, 2U);
    EXPECT_EQ(b.mcnemar, 1.0);
    EXPECT_TRUE(std::isnan(b.accuracyOverSeeds.low));
}

TEST(Evaluation, SeveralSeedsAreMeans)
{
    TextEvaluation evaluation = byHand();
    evaluation.traces[1].push_back(evaluation.traces[0][0]);
    const ClassificationScores scores = scoresOf(evaluation, 1);
    EXPECT_EQ(scores.seeds, 2U);
    EXPECT_DOUBLE_EQ(scores.accuracy.mean, 0.625);
    EXPECT_DOUBLE_EQ(scores.accuracyDifference.mean, -0.125);
    EXPECT_EQ(scores.accuracyOverSeeds, meanInterval(std::vector{-0.25, 0.0}));
}

TEST(Evaluation, TheSampleJudgesItsSentences)
{
    Monitor monitor;
    const auto model = loadModel(samples() / "sentiment", monitor);
    auto texts = readLabelledTexts(samples() / "sentiment" / "sentences.tsv", model->model->info().labels);
    EXPECT_EQ(texts.size(), 120U);
    texts.resize(20);
    const Plan shots{{parseSpec("shots:shots=16")}};
    const Plan kernel{{parseSpec("fidelity@layers=4-5")}};
    const TextEvaluation evaluation =
        evaluateTexts(*model, texts, {.candidates = {shots, kernel}, .seed = 3, .seeds = 3, .threads = 1}, monitor);
    ASSERT_EQ(evaluation.traces.size(), 3U);
    EXPECT_EQ(evaluation.traces[0].size(), 1U);
    EXPECT_EQ(evaluation.traces[1].size(), 3U);
    EXPECT_EQ(evaluation.traces[2].size(), 1U);  // nothing is left to chance
    EXPECT_GT(scoresOf(evaluation, 0).accuracy.mean, 0.8);
    EXPECT_NE(evaluation.traces[1][0].probability, evaluation.traces[1][1].probability);
    // Text by text it is what one run gives.
    Study study{.modelPath = model->model->info().path.string(), .candidates = {shots, kernel}, .seed = 4};
    study.input.text = texts[7].text;
    const ComparisonPointer run = runStudy(study, *model, nullptr, 1, monitor);
    const OutputTable table = outputTable(*run);
    const auto row = std::ranges::find(table.rows, kClasses[texts[7].label], &OutputRow::label);
    ASSERT_NE(row, table.rows.end());
    EXPECT_NEAR(row->probability[1], evaluation.traces[1][1].probability[7], 1e-6);
}

TEST(Evaluation, LanguageLossByHandAndOfTheSample)
{
    Monitor monitor;
    const auto model = loadModel(samples() / "char-gpt", monitor);
    std::string text;
    for (const std::string& line : readLines(samples() / "char-gpt" / "passage.txt"))
        text += line + '\n';
    const LanguageEvaluation evaluation = evaluateLanguage(
        *model, text.substr(0, 512), 0, {.candidates = {{{parseSpec("uniform")}}}, .threads = 1}, monitor);
    EXPECT_EQ(evaluation.blocks, 4U);
    EXPECT_EQ(evaluation.tokens, 4U * 127U);
    EXPECT_LT(evaluation.scores[0].loss.mean, 1.8);
    EXPECT_LT(evaluation.scores[0].loss.mean, evaluation.unigram);
    EXPECT_GT(evaluation.scores[1].difference.low, 0.5);
    EXPECT_NEAR(evaluation.scores[0].perplexity, std::exp(evaluation.scores[0].loss.mean), 1e-9);
    const LanguageEvaluation two = evaluateLanguage(*model, "aabb", 0, {.threads = 1}, monitor);
    EXPECT_NEAR(two.unigram, std::log(2.0), 1e-12);
    EXPECT_THROW(evaluateLanguage(*model, "a", 0, {}, monitor), Error);
}

TEST(Evaluation, RefusesOtherModelsAndWritesAnswers)
{
    Monitor monitor;
    const auto characters = loadModel(samples() / "char-gpt", monitor);
    const auto sentiment = loadModel(samples() / "sentiment", monitor);
    EXPECT_THROW(evaluateTexts(*characters, {{"a", 0}}, {}, monitor), Error);
    EXPECT_THROW(evaluateLanguage(*sentiment, "some text", 0, {}, monitor), Error);
    const TemporaryFolder folder;
    const auto file = folder.path() / "answers.csv";
    writeAnswers(byHand(), file);
    const std::vector<std::string> lines = readLines(file);
    ASSERT_EQ(lines.size(), 9U);
    EXPECT_EQ(lines[1], "A,A,a,POSITIVE,POSITIVE,0.9,0.8");
    EXPECT_EQ(lines[8], "B,B,d,NEGATIVE,NEGATIVE,0.7,0.4");
}

}  // namespace
}  // namespace ketscope
