// SPDX-License-Identifier: GPL-3.0-or-later
// inspect, tokenize, run and mechanisms on models that are whole.
#include "core/attention/mechanism.h"
#include "tests/cli/program.h"
#include "tests/support/paths.h"

#include <gtest/gtest.h>

#include <chrono>

namespace ketscope::test {

namespace fs = std::filesystem;

TEST(CliInspect, TellsWhatTheSampleIs)
{
    const Outcome text = ketscope({"inspect", sampleModel()});
    EXPECT_EQ(text.status, 0) << text.error;
    for (const char* fact : {"DistilBERT", "6 layers × 4 heads", "NEGATIVE, POSITIVE", "WordPiece", "F16"})
        EXPECT_NE(text.out.find(fact), std::string::npos) << fact << " in\n" << text.out;
    const nlohmann::json json = ketscope({"inspect", sampleModel(), "--json"}).json();
    EXPECT_EQ(json.at("architecture"), "distilbert");
    EXPECT_EQ(json.at("stacks").at(0).at("layers"), 6);
    EXPECT_EQ(json.at("stacks").at(0).at("heads"), 4);
    EXPECT_EQ(json.at("stacks").at(0).at("head_size"), 32);
    EXPECT_EQ(json.at("vocabulary_size"), 6000);
    EXPECT_EQ(json.at("maximum_positions"), 64);
    EXPECT_EQ(json.at("task"), "sequence-classification");
}

class CliFixture : public testing::TestWithParam<std::string> {};

// What runs a fixture on an input of the kind that it takes, which `inspect` tells.
std::vector<std::string> fixtureCommand(const std::string& name, const nlohmann::json& inspected)
{
    std::vector<std::string> command = {"run", fixtureModel(name), "--json", "--quiet"};
    if (inspected.at("vocabulary_size") != 0)
        command.insert(command.end(), {"--token-ids", "1,5,7,2"});
    if (inspected.contains("image"))
        command.insert(command.end(), {"--image", (fixtures() / "preprocess" / "a_150x100_RGB.png").string()});
    return command;
}

// One run that compares all of them. With its defaults each has a cross-attention form, so that no model refuses any.
void expectEveryMechanismRuns(std::vector<std::string> command)
{
    std::vector<std::string> ids;
    for (const nlohmann::json& mechanism : ketscope({"mechanisms", "--json"}).json()) {
        ids.push_back(mechanism.at("id"));
        command.insert(command.end(), {"--compare", ids.back()});
    }
    ASSERT_EQ(ids.size(), mechanisms().size());
    const Outcome run = ketscope(command);
    ASSERT_EQ(run.status, 0) << run.error;
    EXPECT_EQ(run.json().at("traces").size(), ids.size() + 1);
}

TEST_P(CliFixture, IsInspectedAndRun)
{
    const nlohmann::json json = ketscope({"inspect", fixtureModel(GetParam()), "--json"}).json();
    EXPECT_GT(json.at("parameters"), 0);
    const Outcome run = ketscope(fixtureCommand(GetParam(), json));
    ASSERT_EQ(run.status, 0) << run.error;
    EXPECT_EQ(run.json().at("input").at("tokens").size(), json.at("vocabulary_size") == 0 ? 0U : 4U);
    EXPECT_EQ(run.error, "");
}

TEST_P(CliFixture, RunsEveryMechanism)
{
    expectEveryMechanismRuns(
        fixtureCommand(GetParam(), ketscope({"inspect", fixtureModel(GetParam()), "--json"}).json()));
}

TEST(CliMechanisms, RunOnEverySample)
{
    const std::string scene = (samples() / "scenes" / "scene-00.png").string();
    const std::vector<std::vector<std::string>> inputs = {
        {"sentiment", "--text", "a good film"},
        {"char-gpt", "--text", "To be"},
        {"shape-blip", "--image", scene, "--text", "a red circle"},
        {"shape-clip", "--image", scene, "--labels", "a red circle,a blue ring"}};
    for (const std::vector<std::string>& input : inputs) {
        SCOPED_TRACE(input.front());
        std::vector<std::string> command = {"run", (samples() / input.front()).string(), "--json", "--quiet"};
        command.insert(command.end(), input.begin() + 1, input.end());
        expectEveryMechanismRuns(command);
    }
}

std::vector<std::string> fixtureNames()
{
    std::vector<std::string> names;
    for (const fs::directory_entry& entry : fs::directory_iterator(fixtures() / "models"))
        names.push_back(entry.path().filename().string());
    std::sort(names.begin(), names.end());
    return names;
}

INSTANTIATE_TEST_SUITE_P(Models, CliFixture, testing::ValuesIn(fixtureNames()), [](const auto& test) {
    std::string name = test.param;
    std::replace(name.begin(), name.end(), '-', '_');
    return name;
});

TEST(CliGguf, IsInspectedTokenizedAndRun)
{
    const fs::path gguf = fixtures() / "gguf";
    for (const std::string name : {"gpt2-f16", "gpt2-q8_0", "gpt2-f16-v2", "bert-f32", "llama-q4_0", "llama-q4_k_m"}) {
        const std::string file = (gguf / (name + ".gguf")).string();
        const nlohmann::json json = ketscope({"inspect", file, "--json"}).json();
        EXPECT_EQ(json.at("format"), "gguf") << name;
        EXPECT_EQ(json.at("architecture"), name.substr(0, name.find('-'))) << name;
        EXPECT_EQ(json.at("tokenizer").at("vocabulary_size"), json.at("vocabulary_size")) << name;
        const Outcome run = ketscope({"run", file, "--text", "the city of the king", "--json", "--quiet"});
        ASSERT_EQ(run.status, 0) << run.error;
        EXPECT_EQ(run.json().at("input").at("tokens").size(),
                  ketscope({"tokenize", file, "--text", "the city of the king", "--json"}).json().at("tokens").size());
    }
}

TEST(CliGguf, InspectSaysWhatEachKindOfTensorIsStoredAs)
{
    const std::string file = (fixtures() / "gguf/llama-q4_k_m.gguf").string();
    const nlohmann::json json = ketscope({"inspect", file, "--json"}).json();
    EXPECT_EQ(json.at("gguf").at("version"), 3);
    EXPECT_EQ(json.at("tensors").at("blk.*.attn_q.weight").at(0).at("type"), "Q4_K");
    EXPECT_EQ(json.at("tensor_types").at(0).at("type"), "Q4_K");
    EXPECT_EQ(json.at("tensor_types").at(0).at("tensors"), 6);
    const Outcome text = ketscope({"inspect", file});
    EXPECT_NE(text.out.find("Q4_K × 6, Q6_K × 3, F32 × 3 tensors"), std::string::npos) << text.out;
    EXPECT_NE(text.out.find("blk.*.attn_q.weight: Q4_K × 1"), std::string::npos) << text.out;
}

TEST(CliTokenize, GivesIdsAndCharacters)
{
    const Outcome text = ketscope({"tokenize", sampleModel(), "--text", "not bad at all"});
    EXPECT_EQ(text.status, 0) << text.error;
    EXPECT_NE(text.out.find("[CLS]"), std::string::npos);
    const nlohmann::json json =
        ketscope({"tokenize", sampleModel(), "--text", "good film", "--text-pair", "bad", "--json"}).json();
    const nlohmann::json& tokens = json.at("tokens");
    ASSERT_EQ(tokens.size(), 6U);
    EXPECT_EQ(tokens.at(1).at("token"), "good");
    EXPECT_EQ(tokens.at(2).at("begin"), 5);
    EXPECT_EQ(tokens.at(2).at("end"), 9);
    EXPECT_EQ(tokens.at(4).at("segment"), 1);
}

TEST(CliTokenize, TakesTextThatLooksLikeAnOption)
{
    const nlohmann::json json = ketscope({"tokenize", sampleModel(), "--text", "--quiet", "--json"}).json();
    EXPECT_GT(json.at("tokens").size(), 2U);
}

double positive(const nlohmann::json& run, const std::string& trace)
{
    for (const nlohmann::json& row : run.at("outputs").at("rows"))
        if (row.at("label") == "POSITIVE")
            return row.at("probability").at(trace);
    ADD_FAILURE() << "no POSITIVE in " << run.at("outputs");
    return -1.0;
}

struct Sentence {
    const char* text;
    double positive;
};

class CliSentiment : public testing::TestWithParam<Sentence> {};

TEST_P(CliSentiment, HasTheReferenceProbability)
{
    KETSCOPE_NEEDS_SHARED(shared);
    const std::string folder = (shared / "bootstrap" / "sentiment").string();
    const nlohmann::json run = ketscope({"run", folder, "--text", GetParam().text, "--json"}).json();
    EXPECT_NEAR(positive(run, "A"), GetParam().positive, 5.1e-5);
}

// Computed once by another implementation, which that model was trained with.
INSTANTIATE_TEST_SUITE_P(
    Sentences, CliSentiment,
    testing::Values(Sentence{"the film is not great, but its acting is surprisingly warm.", 0.7644},
                    Sentence{"a dull, lifeless movie.", 0.0412}, Sentence{"not bad at all", 0.0569}),
    [](const auto& test) { return "Line" + std::to_string(test.index); });

TEST(CliRun, ComparesSeveralMechanisms)
{
    const std::vector<std::string> arguments = {"run",       sampleModel(),    "--text",    "not bad at all",
                                                "--compare", "rff@layers=4-5", "--compare", "fidelity@layers=5;heads=0",
                                                "--compare", "exact"};
    const Outcome text = ketscope(arguments);
    ASSERT_EQ(text.status, 0) << text.error;
    for (const char* fact : {"Exact softmax", "RFF", "nats", "tokens", "B − A", "D − A", "rff@layers=4-5"})
        EXPECT_NE(text.out.find(fact), std::string::npos) << fact << " in\n" << text.out;
    std::vector<std::string> asJson = arguments;
    asJson.emplace_back("--json");
    const nlohmann::json json = ketscope(asJson).json();
    ASSERT_EQ(json.at("traces").size(), 4U);
    EXPECT_EQ(json.at("traces").at(1).at("measures").at("heads"), 8);
    EXPECT_EQ(json.at("traces").at(2).at("measures").at("heads"), 1);
    EXPECT_GT(json.at("traces").at(1).at("measures").at("kl"), 0.0);
    EXPECT_EQ(positive(json, "A"), positive(json, "D"));
}

TEST(CliRun, SaysWhichParametersChangeNothing)
{
    const std::vector<std::string> arguments = {"run",  sampleModel(), "--text",
                                                "warm", "--compare",   "shots:noise=amplitude-damping,gamma=0.9"};
    const Outcome run = ketscope(arguments);
    EXPECT_EQ(run.status, 0);
    EXPECT_NE(run.error.find("noise, gamma change nothing without register=on."), std::string::npos) << run.error;
    std::vector<std::string> asJson = arguments;
    asJson.emplace_back("--json");
    EXPECT_EQ(ketscope(asJson).json().at("notices").size(), 1U);
}

// A matrix of the sample as Givens rotations: d(d − 1)/2 for each of the two factors.
TEST(CliInspect, GivesAMatrixAsAngles)
{
    const std::string name = "distilbert.transformer.layer.0.attention.q_lin.weight";
    const std::vector<std::string> arguments = {"inspect", sampleModel(), "--angles", name, "--bits", "10"};
    const Outcome text = ketscope(arguments);
    ASSERT_EQ(text.status, 0) << text.error;
    for (const char* part : {"16,256", "10 bits", "128 singular values"})
        EXPECT_NE(text.out.find(part), std::string::npos) << part << " in\n" << text.out;
    std::vector<std::string> asJson = arguments;
    asJson.emplace_back("--json");
    const nlohmann::json json = ketscope(asJson).json();
    EXPECT_LE(json.at("angles"), 2 * 128 * 127 / 2);
    EXPECT_LT(json.at("round_trip"), 1e-12);
    EXPECT_GT(json.at("norm_error"), 0.0);
    EXPECT_LT(json.at("norm_error"), json.at("norm_bound"));
}

TEST(CliRun, GivesTheSameNumbersForAnyThreadCount)
{
    const std::vector<std::string> arguments = {
        "run", sampleModel(), "--text",   "a long way to a warm and funny end", "--compare", "shots", "--seed",
        "7",   "--json",      "--threads"};
    nlohmann::json one;
    for (const char* threads : {"1", "2", "3"}) {
        std::vector<std::string> all = arguments;
        all.emplace_back(threads);
        const nlohmann::json json = ketscope(all).json().at("outputs");
        if (one.is_null())
            one = json;
        EXPECT_EQ(json, one) << threads;
    }
}

TEST(CliRun, SeedChangesWhatIsSampledAndNothingElse)
{
    const auto run = [](const char* seed) {
        return ketscope({"run", sampleModel(), "--text", "warm", "--compare", "shots", "--seed", seed, "--json"})
            .json();
    };
    const nlohmann::json one = run("1");
    const nlohmann::json two = run("2");
    EXPECT_EQ(positive(one, "A"), positive(two, "A"));
    EXPECT_NE(positive(one, "B"), positive(two, "B"));
}

TEST(CliRun, CutsTextThatIsTooLongAndSaysSo)
{
    std::string text;
    for (int i = 0; i < 200; ++i)
        text += "warm ";
    const Outcome outcome = ketscope({"run", sampleModel(), "--text", text, "--json"});
    ASSERT_EQ(outcome.status, 0) << outcome.error;
    EXPECT_EQ(outcome.json().at("input").at("tokens").size(), 64U);
    ASSERT_EQ(outcome.errorLines().size(), 1U) << outcome.error;
    EXPECT_NE(outcome.error.find("64"), std::string::npos) << outcome.error;
}

TEST(CliRun, SaysWhenWordsAreUnknown)
{
    const Outcome outcome = ketscope({"run", sampleModel(), "--text", "good 鱻 film"});
    EXPECT_EQ(outcome.status, 0);
    EXPECT_NE(outcome.error.find("unknown"), std::string::npos) << outcome.error;
}

TEST(CliRun, RunsEmptyTextWhereSpecialTokensRemainAndSaysSo)
{
    const Outcome outcome = ketscope({"run", sampleModel(), "--text", "", "--json"});
    ASSERT_EQ(outcome.status, 0) << outcome.error;
    EXPECT_EQ(outcome.json().at("input").at("tokens"), nlohmann::json({"[CLS]", "[SEP]"}));
    EXPECT_NE(outcome.error.find("empty"), std::string::npos) << outcome.error;
    expectRefused(ketscope({"run", fixtureModel("gpt2-lm"), "--text", ""}));
}

TEST(CliRun, NeedsATokenizerForTextButNotForIds)
{
    const TemporaryFolder folder;
    for (const char* file : {"config.json", "model.safetensors"})
        fs::copy(fs::path(sampleModel()) / file, folder.path() / file);
    expectRefused(ketscope({"run", folder.path().string(), "--text", "good"}));
    expectRefused(ketscope({"tokenize", folder.path().string(), "--text", "good"}));
    const Outcome outcome =
        ketscope({"run", folder.path().string(), "--token-ids", "2,100,3,0", "--attention-mask", "1,1,1,0"});
    EXPECT_EQ(outcome.status, 0) << outcome.error;
}

TEST(CliRun, WritesARunFileThatOtherProgramsRead)
{
    const TemporaryFolder folder;
    const std::string file = sampleRun(folder.path());
    EXPECT_EQ(contentOf(file).substr(1, 3), "HDF");
    EXPECT_EQ(entriesIn(folder.path()), 1U);
    const nlohmann::json json = ketscope({"inspect", file, "--json"}).json();
    EXPECT_EQ(json.at("kind"), "run");
    EXPECT_EQ(json.at("input").at("text"), "not bad at all");
    EXPECT_EQ(json.at("traces").size(), 2U);
    const nlohmann::json again = ketscope({"run", sampleModel(), "--text", "not bad at all", "--json"}).json();
    EXPECT_EQ(positive(json, "A"), positive(again, "A"));
    const std::string h5dump = KETSCOPE_H5DUMP;
    if (h5dump.empty())
        GTEST_SKIP() << "h5dump is not installed";
    EXPECT_EQ(
        std::system((h5dump + " -d /traces/B/text/attention -s 5,3,0,0 -c 1,1,1,1 " + file + " > /dev/null").c_str()),
        0);
}

TEST(CliRun, LeavesNothingWhereItCannotWrite)
{
    const TemporaryFolder folder;
    const std::string file = sampleRun(folder.path());
    for (const std::string& target :
         {file + "/run.h5", (folder.path() / "none" / "run.h5").string(), std::string("/proc/run.h5")}) {
        const Outcome outcome = ketscope({"run", sampleModel(), "--text", "good", "--out", target});
        EXPECT_EQ(outcome.status, 1) << target;
        EXPECT_EQ(outcome.errorLines().size(), 1U) << outcome.error;
        EXPECT_TRUE(outcome.error.starts_with("ketscope: ")) << outcome.error;
    }
    EXPECT_EQ(entriesIn(folder.path()), 1U);
}

TEST(CliRun, SaysWhenStandardOutputIsFull)
{
    const Outcome outcome = ketscope({"mechanisms"}, {.standardOutput = "/dev/full"});
    EXPECT_EQ(outcome.status, 1);
    EXPECT_EQ(outcome.errorLines().size(), 1U) << outcome.error;
}

TEST(CliRun, StopsAtCtrlCAndLeavesNoFile)
{
    const TemporaryFolder folder;
    std::vector<std::string> arguments = {"run", sampleModel(), "--out", (folder.path() / "run.h5").string(), "--text"};
    std::string text;
    for (int i = 0; i < 62; ++i)
        text += "warm ";
    arguments.push_back(text);
    for (int i = 0; i < 400; ++i)
        arguments.insert(arguments.end(), {"--compare", "rff:m=4096"});
    const Outcome outcome = ketscope(arguments, {.interruptAfterSeconds = 2.0});
    EXPECT_EQ(outcome.status, 1) << outcome.error;
    EXPECT_LT(outcome.seconds, 10.0);
    EXPECT_NE(outcome.error.find("ketscope: cancelled"), std::string::npos) << outcome.error;
    EXPECT_EQ(entriesIn(folder.path()), 0U);
}

TEST(CliMechanisms, ListsParametersWithRanges)
{
    const Outcome text = ketscope({"mechanisms"});
    EXPECT_EQ(text.status, 0);
    const nlohmann::json json = ketscope({"mechanisms", "--json"}).json();
    EXPECT_EQ(json.at(0).at("id"), "exact");
    for (const nlohmann::json& mechanism : json) {
        EXPECT_NE(text.out.find(mechanism.at("title").get<std::string>()), std::string::npos);
        for (const nlohmann::json& parameter : mechanism.at("parameters"))
            EXPECT_TRUE(parameter.contains("choices") || parameter.contains("minimum")
                        || parameter.at("kind") == "flag")
                << parameter;
    }
}

// What must be set for a parameter to have a meaning: "register=on,noise=amplitude-damping,"; empty when it has one.
std::string conditionsOf(const nlohmann::json& mechanism, const nlohmann::json& parameter)
{
    if (!parameter.contains("meaningful_when"))
        return "";
    const nlohmann::json& when = parameter.at("meaningful_when");
    const nlohmann::json& all = mechanism.at("parameters");
    const auto parent =
        std::find_if(all.begin(), all.end(), [&](const auto& p) { return p.at("id") == when.at("parameter"); });
    const std::vector<std::string> values = when.at("is_one_of");
    const bool met = std::find(values.begin(), values.end(), parent->at("default").get<std::string>()) != values.end();
    return conditionsOf(mechanism, *parent)
           + (met ? "" : parent->at("id").get<std::string>() + "=" + values.front() + ",");
}

// Every numeric parameter at both ends of its range and every choice must run, where it has a meaning.
TEST(CliMechanisms, FullParameterRangesRun)
{
    std::vector<std::string> arguments = {"run", sampleModel(), "--text", "good", "--json", "--quiet"};
    for (const nlohmann::json& mechanism : ketscope({"mechanisms", "--json"}).json())
        for (const nlohmann::json& parameter : mechanism.at("parameters")) {
            const std::string conditions = conditionsOf(mechanism, parameter);
            std::vector<std::string> values = {"on", "off"};
            if (parameter.contains("choices"))
                values = parameter.at("choices").get<std::vector<std::string>>();
            else if (parameter.contains("minimum"))
                values = {parameter.at("minimum").dump(), parameter.at("maximum").dump()};
            for (const std::string& value : values)
                arguments.insert(arguments.end(), {"--compare", mechanism.at("id").get<std::string>() + ":" + conditions
                                                                    + parameter.at("id").get<std::string>() + "="
                                                                    + value + "@layers=5;heads=0"});
        }
    const Outcome outcome = ketscope(arguments);
    EXPECT_EQ(outcome.status, 0) << outcome.error;
}

}  // namespace ketscope::test
