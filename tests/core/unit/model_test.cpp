// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/base/parallel.h"
#include "core/models/model.h"
#include "core/study/plan.h"
#include "tests/support/cancelled_after.h"
#include "tests/support/model_run.h"

#include <cmath>
#include <cstring>
#include <gmock/gmock.h>

namespace ketscope {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

using test::errorOf;
using test::expectSameBits;
using test::longInput;
using test::openFixture;
using test::openingError;
using test::openModel;
using test::planFor;
using test::run;
using test::someInput;

class EveryArchitecture : public testing::TestWithParam<const char*> {
protected:
    void TearDown() override { setThreads(0); }
};

INSTANTIATE_TEST_SUITE_P(Fixtures, EveryArchitecture,
                         testing::Values("bert-mlm", "distilbert-seqcls", "openai-gpt-lm", "gpt2-lm", "llama-gqa",
                                         "vit-imgcls", "clip", "vilt-itm", "blip-itm"),
                         [](const auto& instance) {
                             std::string name = instance.param;
                             std::ranges::replace(name, '-', '_');
                             return name;
                         });

std::vector<std::size_t> layersOf(const Model& model)
{
    std::vector<std::size_t> layers;
    for (const StackInfo& stack : model.info().stacks)
        layers.push_back(stack.layers);
    return layers;
}

TEST_P(EveryArchitecture, ResumingGivesTheSameBitsAndSharesWhatIsBefore)
{
    const auto model = openFixture(GetParam());
    const ModelInput input = longInput(*model, 29);
    const HeadPlan plan = planFor(*model);
    const Trace full = run(*model, input, plan);
    for (std::size_t s = 0; s < full.stacks.size(); ++s) {
        EXPECT_EQ(full.stacks[s].firstComputedLayer, 0U);
        std::vector<std::size_t> first = layersOf(*model);
        for (first[s] = 0; first[s] <= model->info().stacks[s].layers; ++first[s]) {
            const Trace resumed = run(*model, input, plan, &full, first);
            expectSameBits(resumed, full);
            EXPECT_EQ(resumed.stacks[s].firstComputedLayer, first[s]);
            for (std::size_t i = 0; i < first[s]; ++i)
                EXPECT_EQ(resumed.stacks[s].attention[i], full.stacks[s].attention[i]);
        }
    }
}

TEST_P(EveryArchitecture, PatchingWithExactChangesNoBit)
{
    const auto model = openFixture(GetParam());
    const ModelInput input = longInput(*model, 31);
    const Trace baseline = run(*model, input);
    expectSameBits(run(*model, input, resolve({{parseSpec("exact")}}, model->info(), 0)), baseline);
    for (const StackInfo& stack : model->info().stacks) {
        const HeadPlan one =
            resolve({{parseSpec("exact@stack=" + stack.name + ";layers=1;heads=0")}}, model->info(), 0);
        std::vector<std::size_t> first;
        for (std::size_t s = 0; s < model->info().stacks.size(); ++s)
            first.push_back(one.firstPatchedLayer(s));
        expectSameBits(run(*model, input, one, &baseline, first), baseline);
    }
}

TEST_P(EveryArchitecture, ThreadCountChangesNoBit)
{
    const auto model = openFixture(GetParam());
    const ModelInput input = longInput(*model, 40);
    setThreads(1);
    const Trace one = run(*model, input);
    for (const int count : {2, 3}) {
        setThreads(count);
        expectSameBits(run(*model, input), one);
        expectSameBits(run(*openFixture(GetParam()), input), one);
    }
}

TEST_P(EveryArchitecture, MissingAndMisshapenTensorsAreNamed)
{
    test::ModelCopy missing(GetParam());
    std::string layerTensor;
    for (const auto& [name, entry] : missing.tensors.items())
        if (name.find(".1.") != std::string::npos && name.ends_with(".weight") && entry.at("shape").size() == 2)
            layerTensor = name;
    missing.rename(layerTensor, "something.else");
    EXPECT_THAT(openingError(missing), AllOf(HasSubstr(layerTensor), HasSubstr("no tensor of that name")));

    test::ModelCopy misshapen(GetParam());
    auto& shape = misshapen.tensors[layerTensor]["shape"];
    const auto rows = shape[0].get<std::size_t>();
    const auto columns = shape[1].get<std::size_t>();
    shape = {rows * 2, columns / 2};
    const std::string expected = "(" + std::to_string(rows) + ", " + std::to_string(columns) + ")";
    const std::string found = "(" + std::to_string(rows * 2) + ", " + std::to_string(columns / 2) + ")";
    EXPECT_THAT(openingError(misshapen), AllOf(HasSubstr(layerTensor), HasSubstr(expected), HasSubstr(found)));
}

TEST_P(EveryArchitecture, InputsThatCannotBeRunAreRefused)
{
    const auto model = openFixture(GetParam());
    const std::size_t most = model->info().maximumPositions;
    if (most == 0)
        return;  // no text
    EXPECT_THAT(errorOf([&] { run(*model, someInput(*model, most + 1)); }), HasSubstr(std::to_string(most)));
    run(*model, someInput(*model, most));
    EXPECT_THAT(errorOf([&] { run(*model, ModelInput{}); }), HasSubstr("at least one token"));
    for (const std::int32_t id : {-1, static_cast<std::int32_t>(model->info().vocabularySize)}) {
        ModelInput input = someInput(*model, 3);
        input.tokenIds[1] = id;
        EXPECT_THAT(errorOf([&] { run(*model, input); }), HasSubstr(std::to_string(id)));
    }
    ModelInput shortMask = someInput(*model, 3);
    shortMask.attentionMask.pop_back();
    EXPECT_THAT(errorOf([&] { run(*model, shortMask); }), HasSubstr("attention mask"));
    ModelInput manyTypes = someInput(*model, 3);
    manyTypes.tokenTypes.push_back(0);
    EXPECT_THAT(errorOf([&] { run(*model, manyTypes); }), HasSubstr("token types"));
}

class Watched : public test::CancelledAfter {
public:
    using CancelledAfter::CancelledAfter;
    void progress(double fraction, std::string_view what) override
    {
        EXPECT_GE(fraction, m_fraction);
        m_fraction = fraction;
        steps.emplace_back(what);
    }
    std::vector<std::string> steps;

private:
    double m_fraction = 0.0;
};

TEST_P(EveryArchitecture, StopsWhenCancelledAtAnyPoll)
{
    const ModelFiles files = openModelFiles(test::fixtures() / "models" / GetParam());
    const Architecture& architecture = architectureOf(files);
    Watched patient(1 << 30);
    const auto model = architecture.open(files, patient);
    EXPECT_THAT(patient.steps, Contains(HasSubstr("Reading weights 2 of ")));
    const ModelInput input = someInput(*model, 12);
    const HeadPlan plan = planFor(*model);
    const auto kindWhenCancelledAfter = [&](std::size_t polls, bool opening) {
        Watched monitor(polls);
        try {
            opening ? static_cast<void>(architecture.open(files, monitor))
                    : static_cast<void>(model->forward({&input, &plan}, monitor));
        } catch (const Error& error) {
            return error.kind();
        }
        ADD_FAILURE() << "not cancelled after " << polls;
        return ErrorKind::Failure;
    };
    EXPECT_EQ(kindWhenCancelledAfter(1, true), ErrorKind::Cancelled);
    for (const std::size_t polls : {0U, 1U, 3U, 6U})
        EXPECT_EQ(kindWhenCancelledAfter(polls, false), ErrorKind::Cancelled);
    Watched watcher(1 << 30);
    model->forward({&input, &plan}, watcher);
    EXPECT_THAT(watcher.steps.front(), HasSubstr("ayer 1 of " + std::to_string(model->info().stacks.front().layers)));
}

TEST(ModelConfiguration, ValuesOutOfRangeAreRefusedByKey)
{
    for (const auto& [key, value] :
         std::vector<std::pair<std::string, nlohmann::json>>{{"hidden_size", 0},
                                                             {"num_hidden_layers", -3},
                                                             {"num_attention_heads", 2.5},
                                                             {"vocab_size", 1e18},
                                                             {"intermediate_size", "many"},
                                                             {"max_position_embeddings", true},
                                                             {"layer_norm_eps", 0.0},
                                                             {"hidden_act", "snake"},
                                                             {"hidden_act", 3},
                                                             {"is_decoder", true},
                                                             {"add_cross_attention", true},
                                                             {"position_embedding_type", "relative_key"},
                                                             {"id2label", nlohmann::json::array()}}) {
        test::ModelCopy copy("bert-seqcls");
        copy.config[key] = value;
        EXPECT_THAT(openingError(copy), HasSubstr(key));
    }
    test::ModelCopy cross("gpt2-lm");
    cross.config["add_cross_attention"] = true;
    EXPECT_THAT(openingError(cross), HasSubstr("cross-attention"));
}

TEST(ModelConfiguration, BrokenFixturesAreRefusedWithTheReason)
{
    const auto folder = test::fixtures() / "badinput";
    EXPECT_THAT(errorOf([&] { openModel(folder / "cfg_heads_not_dividing"); }),
                AllOf(HasSubstr("num_attention_heads"), HasSubstr("16"), HasSubstr("3")));
    EXPECT_THAT(errorOf([&] { openModel(folder / "cfg_not_json"); }), HasSubstr("config.json"));
    EXPECT_THAT(errorOf([&] { openModel(folder / "nowhere"); }), HasSubstr("nothing there"));
    EXPECT_THAT(errorOf([&] { openModel(folder); }), HasSubstr("config.json"));
}

TEST(ModelConfiguration, UnknownModelTypesAreRefusedWithTheSupportedOnes)
{
    test::ModelCopy copy("bert-seqcls");
    copy.config["model_type"] = "mamba";
    EXPECT_THAT(openingError(copy), HasSubstr("mamba"));
    for (const Architecture* known : architectures())
        EXPECT_THAT(openingError(copy), HasSubstr(known->id));
    copy.config = nlohmann::json::array();
    openingError(copy);
}

TEST(ModelConfiguration, TellingKeysStandInForTheModelType)
{
    for (const auto& [fixture, id] : std::map<std::string, std::string>{{"bert-mlm", "bert"},
                                                                        {"distilbert-seqcls", "distilbert"},
                                                                        {"openai-gpt-lm", "gpt1"},
                                                                        {"gpt2-lm", "gpt2"}}) {
        test::ModelCopy copy(fixture);
        copy.config.erase("model_type");
        copy.config.erase("architectures");
        const auto model = openModel(copy.write());
        EXPECT_EQ(model->info().architecture, id);
        EXPECT_NE(model->info().task, Task::None);
    }
}

TEST(ModelConfiguration, LabelsComeFromTheFileOrAreCounted)
{
    EXPECT_THAT(openFixture("bert-seqcls")->info().labels, ElementsAre("negative", "neutral", "positive"));
    test::ModelCopy copy("bert-seqcls");
    copy.config.erase("id2label");
    EXPECT_THAT(openModel(copy.write())->info().labels, ElementsAre("LABEL_0", "LABEL_1", "LABEL_2"));
    copy.config["id2label"] = {{"0", "no"}, {"1", "yes"}};
    EXPECT_THAT(openingError(copy), AllOf(HasSubstr("classifier.weight"), HasSubstr("(2, 32)"), HasSubstr("(3, 32)")));
}

TEST(ModelConfiguration, VocabularyThatDoesNotFitTheEmbeddingIsRefused)
{
    test::ModelCopy copy("bert-seqcls");
    copy.config["vocab_size"] = 900;
    EXPECT_THAT(openingError(copy), AllOf(HasSubstr("word_embeddings.weight"), HasSubstr("(900, 32)")));
}

TEST(ModelConfiguration, HeadsThatAreNotRunLeaveAWarning)
{
    test::ModelCopy copy("bert-seqcls");
    copy.config["architectures"] = {"BertForTokenClassification"};
    const auto model = openModel(copy.write());
    EXPECT_EQ(model->info().task, Task::None);
    EXPECT_THAT(model->info().warnings, ElementsAre(HasSubstr("BertForTokenClassification")));
    const Trace trace = run(*model, someInput(*model, 4));
    EXPECT_FALSE(trace.outputs.contains("logits"));
    EXPECT_TRUE(trace.outputs.contains("pooled"));
}

TEST(ModelWeights, TensorsThatNothingUsesAreReported)
{
    test::ModelCopy copy("bert-seqcls");
    copy.config["num_hidden_layers"] = 1;
    EXPECT_THAT(openModel(copy.write())->info().warnings,
                ElementsAre(AllOf(HasSubstr("encoder.layer.1."), HasSubstr("not used"))));
}

TEST(ModelWeights, IntegerWeightsAreRefused)
{
    test::ModelCopy copy("gpt2-lm");
    copy.tensors["ln_f.weight"]["dtype"] = "I32";
    EXPECT_THAT(openingError(copy), AllOf(HasSubstr("ln_f.weight"), HasSubstr("I32")));
}

TEST(ModelWeights, ValuesThatAreNotFiniteAreReportedAndSeenInTheTrace)
{
    const auto model = openModel(test::fixtures() / "badinput" / "st_nan_weights");
    EXPECT_THAT(model->info().warnings,
                ElementsAre(AllOf(HasSubstr("layer.1.attention.self.query.weight"), HasSubstr("256 NaN values"))));
    const Trace trace = run(*model, someInput(*model, 5));
    EXPECT_THAT(trace.warnings,
                ElementsAre("layer 1 head 0: attention is not finite", "layer 1 head 1: attention is not finite"));
    EXPECT_THAT(run(*openFixture("gpt2-lm"), someInput(*openFixture("gpt2-lm"), 5)).warnings, IsEmpty());

    test::ModelCopy copy("gpt2-lm");
    copy.setValue("h.1.ln_1.weight", 2, std::numeric_limits<float>::infinity());
    EXPECT_THAT(openModel(copy.write())->info().warnings,
                ElementsAre(AllOf(HasSubstr("h.1.ln_1.weight"), HasSubstr("1 infinite value"))));
}

TEST(ModelInputs, TokenTypesOutsideTheModelAreRefused)
{
    const auto model = openFixture("bert-seqcls");
    ModelInput input = someInput(*model, 3);
    input.tokenTypes[2] = 2;
    EXPECT_THAT(errorOf([&] { run(*model, input); }), HasSubstr("token types"));
}

TEST(ModelInputs, MasksAndTokenTypesMayBeLeftOut)
{
    const auto model = openFixture("bert-seqcls");
    const ModelInput full = someInput(*model, 9);
    ModelInput bare;
    bare.tokenIds = full.tokenIds;
    expectSameBits(run(*model, bare), run(*model, full));
}

// log(a/b) of two weights of a row is the difference of their logits.
double logRatio(const Trace& trace, std::size_t layer)
{
    const MatrixView map = trace.stacks.front().attention[layer]->matrix({1});
    return std::log(static_cast<double>(map(7, 2)) / static_cast<double>(map(7, 5)));
}

TEST(Gpt2, ScalesLogitsAsTheConfigurationSays)
{
    const auto plain = openFixture("gpt2-lm");
    const ModelInput input = someInput(*plain, 12);
    const Trace expected = run(*plain, input);
    test::ModelCopy copy("gpt2-lm");
    copy.config["scale_attn_by_inverse_layer_idx"] = true;
    const Trace byLayer = run(*openModel(copy.write()), input);
    EXPECT_NEAR(logRatio(byLayer, 0), logRatio(expected, 0), 1e-6);
    EXPECT_NEAR(logRatio(byLayer, 1), logRatio(expected, 1) / 2.0, 1e-4);
    copy.config["scale_attn_by_inverse_layer_idx"] = false;
    copy.config["scale_attn_weights"] = false;
    const Trace unscaled = run(*openModel(copy.write()), input);
    EXPECT_NEAR(logRatio(unscaled, 0), logRatio(expected, 0) * std::sqrt(8.0), 1e-3);
}

TEST(Gpt2, UntiedOutputLayerIsReadFromTheFile)
{
    const auto tied = openFixture("gpt2-lm-f16");
    const ModelInput input = someInput(*tied, 6);
    test::ModelCopy copy("gpt2-lm-f16");
    copy.config["tie_word_embeddings"] = false;
    const auto untied = openModel(copy.write());
    expectSameBits(run(*untied, input), run(*tied, input));
    EXPECT_GT(untied->info().parameterCount, tied->info().parameterCount);
    copy.rename("lm_head.weight", "lost");
    EXPECT_THAT(openingError(copy), HasSubstr("lm_head.weight"));
}

// The masked-language head in double precision from the last hidden state: transform, gelu, norm, word embeddings.
TEST(DistilBert, MaskedLanguageHeadMatchesItsDefinition)
{
    test::ModelCopy copy("distilbert-seqcls");
    copy.config["architectures"] = {"DistilBertForMaskedLM"};
    constexpr std::size_t kWidth = 32;
    constexpr std::size_t kVocabulary = 675;
    std::vector<float> transform(kWidth * kWidth);
    std::vector<float> words(kVocabulary * kWidth);
    std::vector<float> bias(kVocabulary);
    RandomStream stream({5}, 0);
    for (std::vector<float>* values : {&transform, &words, &bias})
        for (float& value : *values)
            value = static_cast<float>(stream.normal()) * 0.3F;
    copy.add("vocab_transform.weight", {kWidth, kWidth}, transform);
    copy.add("vocab_transform.bias", {kWidth}, std::vector<float>(kWidth, 0.25F));
    copy.add("vocab_layer_norm.weight", {kWidth}, std::vector<float>(kWidth, 1.5F));
    copy.add("vocab_layer_norm.bias", {kWidth}, std::vector<float>(kWidth, -0.5F));
    copy.add("vocab_projector.bias", {kVocabulary}, bias);
    copy.add("vocab_projector.weight", {kVocabulary, kWidth}, words);
    copy.config["tie_word_embeddings"] = false;
    const auto model = openModel(copy.write());
    EXPECT_EQ(model->info().task, Task::MaskedLanguageModelling);
    const Trace trace = run(*model, someInput(*model, 7));
    const MatrixView last = trace.stacks.front().hidden.back()->matrix();
    const MatrixView logits = trace.outputs.at("logits")->matrix();
    ASSERT_EQ(logits.rows, 7U);
    for (std::size_t token = 0; token < 7; ++token) {
        std::vector<double> y(kWidth, 0.25);
        double mean = 0.0;
        for (std::size_t i = 0; i < kWidth; ++i) {
            for (std::size_t k = 0; k < kWidth; ++k)
                y[i] += static_cast<double>(transform[i * kWidth + k]) * static_cast<double>(last(token, k));
            y[i] = 0.5 * y[i] * (1.0 + std::erf(y[i] / std::sqrt(2.0)));
            mean += y[i] / kWidth;
        }
        double variance = 0.0;
        for (const double value : y)
            variance += (value - mean) * (value - mean) / kWidth;
        for (std::size_t v = 0; v < kVocabulary; v += 13) {
            double expected = static_cast<double>(bias[v]);
            for (std::size_t k = 0; k < kWidth; ++k)
                expected += (1.5 * (y[k] - mean) / std::sqrt(variance + 1e-12) - 0.5)
                            * static_cast<double>(words[v * kWidth + k]);
            ASSERT_NEAR(logits(token, v), expected, 2e-5);
        }
    }
}

// Starts and ends are two outputs of one layer, read at every token.
TEST(QuestionAnswering, SpansComeFromTheFilesLayer)
{
    for (const char* fixture : {"bert-seqcls", "distilbert-seqcls"}) {
        test::ModelCopy copy(fixture);
        std::vector<float> weight(2 * 32);
        for (std::size_t i = 0; i < weight.size(); ++i)
            weight[i] = static_cast<float>(std::sin(static_cast<double>(i)));
        copy.add("qa_outputs.weight", {2, 32}, weight);
        copy.add("qa_outputs.bias", {2}, {0.5F, -1.0F});
        copy.config["architectures"] = {copy.config["model_type"] == "bert" ? "BertForQuestionAnswering"
                                                                            : "DistilBertForQuestionAnswering"};
        const auto model = openModel(copy.write());
        EXPECT_EQ(model->info().task, Task::QuestionAnswering);
        EXPECT_THAT(model->info().labels, IsEmpty());
        const Trace trace = run(*model, someInput(*model, 5));
        EXPECT_FALSE(trace.outputs.contains("logits"));
        const MatrixView last = trace.stacks.front().hidden.back()->matrix();
        for (std::size_t token = 0; token < 5; ++token) {
            double start = 0.5;
            double end = -1.0;
            for (std::size_t i = 0; i < 32; ++i) {
                start += static_cast<double>(last(token, i)) * static_cast<double>(weight[i]);
                end += static_cast<double>(last(token, i)) * static_cast<double>(weight[32 + i]);
            }
            EXPECT_NEAR(trace.outputs.at("start_logits")->values()[token], start, 1e-5);
            EXPECT_NEAR(trace.outputs.at("end_logits")->values()[token], end, 1e-5);
        }
        copy.rename("qa_outputs.bias", "lost");
        EXPECT_THAT(openingError(copy), HasSubstr("qa_outputs.bias"));
    }
}

TEST(Registry, HasEveryTaskAName)
{
    EXPECT_EQ(taskName(Task::None), "none");
    EXPECT_EQ(taskName(Task::VisualQuestionAnswering), "visual-question-answering");
    for (int i = 0; i <= static_cast<int>(Task::VisualQuestionAnswering); ++i)
        EXPECT_EQ(taskNamed(taskName(static_cast<Task>(i))), static_cast<Task>(i));
    EXPECT_EQ(taskNamed("translation"), std::nullopt);
    for (const TokenAxis axis : {TokenAxis::Text, TokenAxis::Image, TokenAxis::Joint})
        EXPECT_EQ(axisNamed(axisName(axis)), axis);
}

}  // namespace
}  // namespace ketscope
