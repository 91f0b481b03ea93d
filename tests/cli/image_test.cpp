// SPDX-License-Identifier: GPL-3.0-or-later
// Pictures, image–text pairs and label prompts on the bundled models, and what is refused.
#include "tests/cli/program.h"
#include "tests/support/paths.h"

#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ketscope::test {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

std::string model(const std::string& id) { return (samples() / id).string(); }
std::string scene(const std::string& number) { return (samples() / "scenes" / ("scene-" + number + ".png")).string(); }

nlohmann::json run(std::vector<std::string> arguments)
{
    arguments.insert(arguments.begin(), "run");
    arguments.insert(arguments.end(), {"--json", "--quiet"});
    const Outcome outcome = ketscope(arguments);
    EXPECT_EQ(outcome.status, 0) << outcome.error;
    return outcome.json();
}

double valueOf(const nlohmann::json& run, const std::string& label)
{
    for (const nlohmann::json& row : run.at("outputs").at("rows"))
        if (row.at("label") == label)
            return row.at("probability").at("A");
    ADD_FAILURE() << "no row for " << label;
    return -1.0;
}

TEST(CliImage, BlipMatchesCaptionsAsItsReferenceDoes)
{
    KETSCOPE_NEEDS_SHARED(shared);
    const std::string folder = (shared / "bootstrap" / "shape-blip").string();
    const auto scored = [&](const std::string& number, const std::string& caption, const std::string& negative) {
        const auto json = run({folder, "--image", scene(number), "--labels", caption + ", " + negative});
        return std::pair(valueOf(json, caption), valueOf(json, negative));
    };
    // Probabilities of transformers, to four digits.
    const auto [right, wrong] = scored("00", "a pink ring left of a red circle", "a pink ring left of a red triangle");
    EXPECT_NEAR(right, 0.8796, 1e-4);
    EXPECT_NEAR(wrong, 0.0001, 1e-4);
    const auto [before, after] =
        scored("13", "a pink square left of an orange triangle", "an orange triangle left of a pink square");
    EXPECT_NEAR(before, 0.8926, 1e-4);
    EXPECT_NEAR(after, 0.8850, 1e-4);
}

TEST(CliImage, ClipFindsTheCaptionOfEveryScene)
{
    const nlohmann::json scenes = nlohmann::json::parse(contentOf(samples() / "scenes" / "scenes.json"));
    std::string labels;
    for (const nlohmann::json& one : scenes)
        labels += (labels.empty() ? "" : ",") + one.at("caption").get<std::string>();
    int found = 0;
    for (const nlohmann::json& one : scenes) {
        const auto json =
            run({model("shape-clip"), "--image", (samples() / "scenes" / one.at("image").get<std::string>()).string(),
                 "--labels", labels});
        found += json.at("outputs").at("rows").at(0).at("label") == one.at("caption") ? 1 : 0;
    }
    EXPECT_EQ(found, 16);
}

TEST(CliImage, SamplesRunAsTheirPagesShowThem)
{
    for (const char* id : {"sentiment", "char-gpt", "shape-clip", "shape-blip"}) {
        const nlohmann::json json = run({model(id)});
        EXPECT_EQ(json.at("traces").size(), 2U) << id;
        EXPECT_FALSE(json.at("outputs").at("rows").empty()) << id;
        EXPECT_TRUE(fs::exists(samples() / id / "README.md")) << id;
    }
}

TEST(CliImage, EveryStackIsDrawnWithItsOwnTokens)
{
    const TemporaryFolder folder;
    const std::string file = (folder.path() / "run.h5").string();
    run({model("shape-blip"), "--image", scene("00"), "--text", "a pink ring left of a red circle", "--out", file});
    for (const auto& [stack, label] :
         {std::pair<std::string, std::string>{"text", "circle"}, {"vision", "image CLS"}, {"cross", "patch 0,0"}}) {
        const std::string out = (folder.path() / (stack + ".svg")).string();
        const Outcome outcome = ketscope({"render", file, "--stack", stack, "--out", out, "--json"});
        ASSERT_EQ(outcome.status, 0) << outcome.error;
        EXPECT_THAT(outcome.json().at("caption").get<std::string>(), HasSubstr(stack + " stack"));
        EXPECT_GT(fs::file_size(out), 1000U);
    }
    const nlohmann::json inspected = ketscope({"inspect", file, "--json"}).json();
    EXPECT_EQ(inspected.at("input").at("patch_grid"), nlohmann::json({8, 8}));
    expectRefused(ketscope({"render", file, "--stack", "joint", "--out", (folder.path() / "x.svg").string()}));
}

TEST(CliImage, RelevanceIsComputedToBeDrawn)
{
    const TemporaryFolder folder;
    const auto path = [&](const char* name) { return (folder.path() / name).string(); };
    const auto runOf = [&](const char* candidate) {
        run({model("shape-blip"), "--image", scene("00"), "--text", "a pink ring left of a red circle", "--compare",
             candidate, "--out", path("run.h5")});
    };
    const std::vector<std::string> render = {"render",    path("run.h5"), "--figure",         "alignment", "--method",
                                             "relevance", "--out",        path("figure.svg"), "--json",    "--quiet"};
    runOf("rff@stack=cross");
    const Outcome drawn = ketscope(render);
    ASSERT_EQ(drawn.status, 0) << drawn.error;
    EXPECT_THAT(drawn.json().at("caption").get<std::string>(), HasSubstr("cross stack, all layers, for “match”"));
    EXPECT_TRUE(fs::exists(path("figure.svg")));
    runOf("linformer:projection=fit@stack=cross");
    const Outcome refused = ketscope(render);
    EXPECT_EQ(refused.status, 2);
    EXPECT_THAT(refused.error, HasSubstr("Linformer gives no gradient"));
    const Outcome unknown = ketscope(
        {"render", path("run.h5"), "--figure", "alignment", "--method", "joint-attention", "--out", path("b.svg")});
    EXPECT_EQ(unknown.status, 2);
    EXPECT_THAT(unknown.error, HasSubstr("no stack that text and image share"));
}

TEST(CliImage, InspectSaysWhatPicturesBecome)
{
    const Outcome outcome = ketscope({"inspect", model("shape-clip")});
    EXPECT_THAT(outcome.out, HasSubstr("64 × 64 pixels, patches of 8 × 8"));
    EXPECT_THAT(outcome.out, HasSubstr("CLIPImageProcessor: shorter side 64, bicubic, centre 64 × 64"));
    EXPECT_THAT(ketscope({"inspect", model("shape-blip")}).out, HasSubstr("from text to image"));
}

// numpy.save of float32 or float64 zeros.
void writeZeros(const fs::path& file, const std::string& type, const std::vector<std::size_t>& shape)
{
    std::string extents;
    std::size_t bytes = type == "<f4" ? 4 : 8;
    for (const std::size_t extent : shape) {
        extents += std::to_string(extent) + ", ";
        bytes *= extent;
    }
    std::string header = "{'descr': '" + type + "', 'fortran_order': False, 'shape': (" + extents + "), }";
    header.resize(118 - 1, ' ');
    header += '\n';
    std::ofstream(file, std::ios::binary)
        << "\x93NUMPY\x01" << '\0' << static_cast<char>(header.size()) << '\0' << header << std::string(bytes, '\0');
}

TEST(CliImage, TakesPixelValuesExactly)
{
    const TemporaryFolder folder;
    const std::string file = (folder.path() / "pixels.npy").string();
    writeZeros(file, "<f4", {3, 64, 64});
    const nlohmann::json json = run({model("shape-clip"), "--pixel-values", file, "--text", "a red circle"});
    EXPECT_EQ(json.at("input").at("patch_grid"), nlohmann::json({8, 8}));
    const auto refused = [&](const std::string& type, const std::vector<std::size_t>& shape) {
        writeZeros(file, type, shape);
        const Outcome outcome = ketscope({"run", model("shape-clip"), "--pixel-values", file, "--text", "a circle"});
        expectRefused(outcome);
        return outcome.error;
    };
    EXPECT_THAT(refused("<f8", {3, 64, 64}), HasSubstr("float32 of shape (3, height, width)"));
    EXPECT_THAT(refused("<f4", {1, 64, 64}), HasSubstr("float32 of shape (3, height, width)"));
    EXPECT_THAT(refused("<f4", {3, 64}), HasSubstr("float32 of shape (3, height, width)"));
    EXPECT_THAT(refused("<f4", {3, 32, 32}), HasSubstr("64 × 64 pixels"));
}

TEST(CliImage, RefusesWhatDoesNotFit)
{
    const std::string bad = (fixtures() / "pictures" / "bomb.png").string();
    const std::string clip = model("shape-clip");
    for (const std::vector<std::string>& arguments : std::vector<std::vector<std::string>>{
             {clip, "--text", "a circle"},
             {clip, "--image", scene("00")},
             {clip, "--image", bad, "--text", "a circle"},
             {clip, "--image", (fixtures() / "pictures" / "cut.jpg").string(), "--text", "a circle"},
             {clip, "--image", (fixtures() / "pictures" / "text.png").string(), "--text", "a circle"},
             {clip, "--image", "none.png", "--text", "a circle"},
             {clip, "--image", scene("00"), "--text", "a circle", "--labels", "a,b"},
             {clip, "--image", scene("00"), "--labels", "a,,b"},
             {clip, "--image", scene("00"), "--labels", "a,b", "--label-template", "no place"},
             {clip, "--image", scene("00"), "--pixel-values", "p.npy", "--text", "a circle"},
             {model("sentiment"), "--image", scene("00"), "--text", "good"},
             {model("sentiment"), "--labels", "good,bad"}}) {
        std::vector<std::string> command = {"run"};
        command.insert(command.end(), arguments.begin(), arguments.end());
        expectRefused(ketscope(command));
    }
}

}  // namespace
}  // namespace ketscope::test
