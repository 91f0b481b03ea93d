// SPDX-License-Identifier: GPL-3.0-or-later
// Figures from run files, and what happens where no display exists.
#include "tests/cli/program.h"
#include "tests/support/paths.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cstdlib>
#include <fstream>

namespace ketscope::test {

namespace fs = std::filesystem;

class CliRender : public testing::Test {
protected:
    // One run file for all tests of a process.
    static void SetUpTestSuite()
    {
        s_folder = std::make_unique<TemporaryFolder>();
        s_run = sampleRun(s_folder->path());
    }
    static void TearDownTestSuite() { s_folder.reset(); }

    Outcome render(std::vector<std::string> more)
    {
        more.insert(more.begin(), {"render", s_run});
        return ketscope(more);
    }
    std::string file(const std::string& name) const { return (m_folder.path() / name).string(); }

    TemporaryFolder m_folder;
    static inline std::unique_ptr<TemporaryFolder> s_folder;
    static inline std::string s_run;
};

// What a figure carries is run again, and drawn to the same marks.
TEST_F(CliRender, DrawsAFigureAgain)
{
    ASSERT_EQ(render({"--out", file("first.svg")}).status, 0);
    const Outcome again = ketscope({"render", file("first.svg"), "--out", file("second.svg")});
    ASSERT_EQ(again.status, 0) << again.error;
    const auto bytesOf = [](const std::string& path) {
        std::ifstream stream(path, std::ios::binary);
        return std::string(std::istreambuf_iterator<char>(stream), {});
    };
    EXPECT_EQ(bytesOf(file("first.svg")), bytesOf(file("second.svg")));
    std::ofstream(file("other.svg")) << "<svg/>";
    const Outcome other = ketscope({"render", file("other.svg"), "--out", file("third.svg")});
    EXPECT_EQ(other.status, 2);
    EXPECT_NE(other.error.find("a figure without one"), std::string::npos) << other.error;
}

// Panels, their order and columns, width and theme too, where nothing else is asked for.
TEST_F(CliRender, DrawsAFiguresPageAgain)
{
    ASSERT_EQ(render({"--figure", "token-entropy,heatmap", "--arrange", "2", "--no-letters", "--width-mm", "120",
                      "--dpi", "96", "--theme", "dark", "--signs", "--out", file("first.png")})
                  .status,
              0);
    ASSERT_EQ(ketscope({"render", file("first.png"), "--out", file("second.png")}).status, 0);
    EXPECT_EQ(contentOf(file("first.png")), contentOf(file("second.png")));
    const auto json = [&](const std::vector<std::string>& more) {
        std::vector<std::string> all{"render", file("first.png"), "--out", file("third.svg"), "--json"};
        all.insert(all.end(), more.begin(), more.end());
        return ketscope(all).json();
    };
    const nlohmann::json narrow = json({"--width-mm", "89"});
    EXPECT_EQ(narrow.at("width_mm"), 89.0);
    EXPECT_NE(narrow.at("caption").get<std::string>().find("(b)"), std::string::npos) << narrow;
    const nlohmann::json other = json({"--figure", "heatmap"});
    EXPECT_EQ(other.at("width_mm"), 183.0) << "another page has nothing of this one";
    EXPECT_EQ(other.at("caption").get<std::string>().find("(b)"), std::string::npos) << other;
}

TEST_F(CliRender, WritesEachFormat)
{
    const std::pair<const char*, const char*> formats[] = {{"pdf", "%PDF-"}, {"png", "\x89PNG"}, {"svg", "<?xml"}};
    for (const auto& [suffix, magic] : formats) {
        const std::string out = file(std::string("figure.") + suffix);
        const Outcome outcome = render({"--figure", "heatmap", "--out", out, "--width-mm", "120", "--quiet"});
        ASSERT_EQ(outcome.status, 0) << outcome.error;
        EXPECT_EQ(outcome.error, "");
        EXPECT_TRUE(contentOf(out).starts_with(magic)) << suffix;
    }
    EXPECT_EQ(entriesIn(m_folder.path()), 3U);
}

// Queries and keys are not in the file: the run's own model is opened for them.
TEST_F(CliRender, FiguresOfAPairAreMadeWithTheModel)
{
    const std::string picture = file("bloch.svg"), program = file("pair.qasm");
    const Outcome drawn = render({"--figure", "pair-bloch", "--layer", "0", "--out", picture, "--quiet"});
    ASSERT_EQ(drawn.status, 0) << drawn.error;
    EXPECT_NE(contentOf(picture).find("qubit 0"), std::string::npos);
    const Outcome written = render({"--figure", "pair-circuit", "--layer", "0", "--out", program, "--quiet"});
    ASSERT_EQ(written.status, 0) << written.error;
    EXPECT_NE(contentOf(program).find("OPENQASM 3.0;"), std::string::npos);
    const Outcome none = render({"--figure", "heatmap", "--out", program});
    EXPECT_EQ(none.status, 2);
    EXPECT_NE(none.error.find("draws a circuit"), std::string::npos) << none.error;
}

// What the exported program counted comes back beside its exact outcomes.
TEST_F(CliRender, MeasuredCountsAreDrawnBesideTheExactOutcomes)
{
    const std::string program = file("pair.qasm"), picture = file("counts.svg"), counts = file("counts.json");
    ASSERT_EQ(render({"--figure", "pair-circuit", "--layer", "0", "--out", program, "--quiet"}).status, 0);
    const std::string text = contentOf(program);
    const std::size_t qubits = std::stoul(text.substr(text.find("qubit[") + 6));
    const auto draw = [&](const std::string& json, const std::string& order) {
        std::ofstream(counts) << json;
        return render({"--figure", "pair-counts", "--layer", "0", "--counts", counts, "--bit-order", order, "--out",
                       picture, "--values", "--quiet"});
    };
    const std::string first = '1' + std::string(qubits - 1, '0'), last = std::string(qubits - 1, '0') + '1';
    for (const auto& [order, seen] : {std::pair{"qubit0-first", first}, {"qubit0-last", last}}) {
        const Outcome drawn = draw("{\"" + first + "\": 12}", order);
        ASSERT_EQ(drawn.status, 0) << drawn.error;
        EXPECT_NE(contentOf(picture).find("12 shots"), std::string::npos);
        const std::string values = contentOf(file("counts.csv"));
        const std::size_t row = values.find(seen + ",");
        ASSERT_NE(row, std::string::npos) << values;
        EXPECT_NE(values.substr(row, values.find('\n', row) - row).find(",12,1,0,"), std::string::npos) << values;
    }
    const Outcome wrong = draw("{\"01x\": 12}", "qubit0-last");
    EXPECT_EQ(wrong.status, 2);
    EXPECT_NE(wrong.error.find("counts.json: expected strings of"), std::string::npos) << wrong.error;
    EXPECT_EQ(std::ranges::count(wrong.error, '\n'), 1);
    const Outcome none = render({"--figure", "pair-circuit", "--counts", counts, "--out", picture});
    EXPECT_EQ(none.status, 2);
    EXPECT_NE(none.error.find("--figure pair-counts"), std::string::npos) << none.error;
}

TEST_F(CliRender, DrawsRolloutAndRelevance)
{
    const std::string picture = file("flow.svg");
    for (const auto& [quantity, label] :
         {std::pair{"rollout", "Rollout to layer 1"}, {"relevance", "Share of relevance"}}) {
        const Outcome drawn = render(
            {"--figure", "heatmap,bipartite", "--quantity", quantity, "--layer", "1", "--out", picture, "--quiet"});
        ASSERT_EQ(drawn.status, 0) << drawn.error;
        EXPECT_NE(contentOf(picture).find(label), std::string::npos) << quantity;
    }
    EXPECT_EQ(render({"--quantity", "charm", "--out", picture}).status, 2);
}

TEST_F(CliRender, AFigureWithoutAnythingToDrawIsRefused)
{
    const std::string picture = file("none.svg");
    // The run patches layer 1 with a mechanism without circuits; nothing of it is measured.
    for (const char* id : {"pair-counts", "mps-bonds", "heatmap,mps-bonds"}) {
        const Outcome outcome = render({"--figure", id, "--out", picture, "--quiet"});
        EXPECT_EQ(outcome.status, 2) << id;
        EXPECT_NE(outcome.error.find("found nothing"), std::string::npos) << outcome.error;
        EXPECT_FALSE(std::filesystem::exists(picture)) << id;
    }
    EXPECT_NE(render({"--figure", "heatmap,mps-bonds", "--out", picture}).error.find("Panel b"), std::string::npos);
}

TEST_F(CliRender, PartsOfAFigureAreLeftOut)
{
    const std::string whole = file("whole.svg"), bare = file("bare.svg");
    ASSERT_EQ(render({"--out", whole, "--quiet"}).status, 0);
    const Outcome outcome =
        render({"--no-colour-bars", "--no-token-labels", "--no-metrics", "--signs", "--out", bare, "--quiet"});
    ASSERT_EQ(outcome.status, 0) << outcome.error;
    for (const char* part : {"Attention weight, √ scale", ">[CLS]<", "Head means"}) {
        EXPECT_NE(contentOf(whole).find(part), std::string::npos) << part;
        EXPECT_EQ(contentOf(bare).find(part), std::string::npos) << part;
    }
}

TEST_F(CliRender, TheScopeIsChosenAndSaid)
{
    const std::string picture = file("scope.svg");
    const Outcome drawn = render({"--figure", "head-matrix", "--scope", "without-special-queries,without-special-keys",
                                  "--out", picture, "--quiet"});
    ASSERT_EQ(drawn.status, 0) << drawn.error;
    EXPECT_NE(contentOf(picture).find("queries without special tokens"), std::string::npos);
    EXPECT_NE(contentOf(picture).find("special_keys&quot;:false"), std::string::npos) << "in the file's study";
    EXPECT_EQ(render({"--scope", "charm", "--out", picture}).status, 2);
}

TEST_F(CliRender, PdfHasThePaperWidthAskedFor)
{
    const std::string pdfinfo = KETSCOPE_PDFINFO;
    if (pdfinfo.empty())
        GTEST_SKIP() << "pdfinfo is not installed";
    ASSERT_EQ(render({"--out", file("figure.pdf"), "--width-mm", "127"}).status, 0);
    ASSERT_EQ(std::system((pdfinfo + " " + file("figure.pdf") + " > " + file("facts")).c_str()), 0);
    const std::string facts = contentOf(file("facts"));
    const std::size_t at = facts.find("Page size:");
    ASSERT_NE(at, std::string::npos) << facts;
    EXPECT_NEAR(std::strtod(facts.c_str() + at + 10, nullptr), 360.0, 1.0);  // points
    EXPECT_NE(facts.find("Pages:           1"), std::string::npos) << facts;
}

TEST_F(CliRender, GivesTheSamePixelsTwice)
{
    for (const char* name : {"one.png", "two.png"})
        ASSERT_EQ(render({"--out", file(name), "--dpi", "150"}).status, 0);
    const std::string one = contentOf(file("one.png"));
    EXPECT_GT(one.size(), 5000U);
    EXPECT_EQ(one, contentOf(file("two.png")));
}

TEST_F(CliRender, SeveralFiguresBecomePanelsWithTheirValuesBeside)
{
    const Outcome outcome = render({"--figure", "heatmap,token-entropy,distance-profile", "--out", file("page.svg"),
                                    "--arrange", "first-wide", "--values", "--json"});
    ASSERT_EQ(outcome.status, 0) << outcome.error;
    const std::string caption = outcome.json().at("caption");
    for (const char* letter : {"(a) Attention weights.", "(b) Entropy of each query", "(c) Attention mass"})
        EXPECT_NE(caption.find(letter), std::string::npos) << caption;
    EXPECT_EQ(entriesIn(m_folder.path()), 4U);
    EXPECT_NE(contentOf(file("page-b.csv")).find("\r\n"), std::string::npos);
}

TEST_F(CliRender, DrawsWhatIsSelected)
{
    const std::vector<std::vector<std::string>> choices = {
        {"--layer", "4"}, {"--layer", "5"}, {"--layer", "4", "--head", "3"}, {"--layer", "4", "--theme", "dark"}};
    std::vector<std::string> pictures;
    for (std::vector<std::string> choice : choices) {
        choice.insert(choice.end(), {"--out", file("figure.png"), "--dpi", "100"});
        const Outcome outcome = render(choice);
        ASSERT_EQ(outcome.status, 0) << outcome.error;
        pictures.push_back(contentOf(file("figure.png")));
    }
    std::sort(pictures.begin(), pictures.end());
    EXPECT_EQ(std::unique(pictures.begin(), pictures.end()), pictures.end()) << "two choices look the same";
}

TEST_F(CliRender, RefusesWhatCannotBeDrawn)
{
    const std::vector<std::vector<std::string>> wrong = {
        {"--layer", "6"},         {"--head", "4"},     {"--query", "999"},  {"--key", "999"},    {"--stack", "vision"},
        {"--figure", "nonsense"}, {"--width-mm", "5"}, {"--dpi", "100000"}, {"--theme", "blue"}, {"--layer", "-1"}};
    for (std::vector<std::string> options : wrong) {
        SCOPED_TRACE(options[0] + " " + options[1]);
        options.insert(options.end(), {"--out", file("figure.png")});
        expectRefused(render(options));
    }
    expectRefused(render({"--out", file("figure.txt")}));
    EXPECT_EQ(render({"--out", file("none/figure.png")}).status, 1);
    EXPECT_EQ(entriesIn(m_folder.path()), 0U);
}

TEST_F(CliRender, ReportsSizeAsJson)
{
    const nlohmann::json json = render({"--out", file("figure.png"), "--json", "--width-mm", "100"}).json();
    EXPECT_NEAR(json.at("width_mm").get<double>(), 100.0, 0.5);
    EXPECT_FALSE(json.at("caption").get<std::string>().empty());
}

TEST(CliDemo, WithoutADisplayPrintsAndWritesTheComparison)
{
    const TemporaryFolder folder;
    const Outcome outcome = ketscope({}, {.folder = folder.path()});
    ASSERT_EQ(outcome.status, 0) << outcome.error;
    EXPECT_NE(outcome.error.find("no display"), std::string::npos) << outcome.error;
    for (const char* fact : {"Exact softmax", "POSITIVE", "0.757", "nats"})
        EXPECT_NE(outcome.out.find(fact), std::string::npos) << fact << " in\n" << outcome.out;
    const fs::path demo = folder.path() / "ketscope-demo";
    EXPECT_TRUE(contentOf(demo / "comparison.pdf").starts_with("%PDF-"));
    EXPECT_TRUE(contentOf(demo / "comparison.png").starts_with("\x89PNG"));
    EXPECT_TRUE(contentOf(demo / "comparison.h5").starts_with("\x89HDF"));
    EXPECT_EQ(entriesIn(demo), 3U);
}

TEST(CliDemo, IsTheSameWhenTheOffscreenPlatformIsNamed)
{
    const TemporaryFolder folder;
    const Outcome outcome = ketscope({}, {.folder = folder.path(), .environment = {"QT_QPA_PLATFORM=offscreen"}});
    EXPECT_EQ(outcome.status, 0) << outcome.error;
    EXPECT_EQ(entriesIn(folder.path() / "ketscope-demo"), 3U);
}

TEST(CliDemo, TakesAModelAndAText)
{
    const TemporaryFolder folder;
    std::ofstream(folder.path() / "text.txt") << "A line of text.\n";
    const Outcome outcome = ketscope({fixtureModel("bert-mlm"), "text.txt"}, {.folder = folder.path()});
    EXPECT_EQ(outcome.status, 0) << outcome.error;
    EXPECT_NE(outcome.out.find("A line of text."), std::string::npos) << outcome.out;
}

TEST(CliDemo, SaysWhenTheFolderCannotBeWritten)
{
    const Outcome outcome = ketscope({}, {.folder = "/proc"});
    EXPECT_EQ(outcome.status, 1);
    EXPECT_EQ(outcome.errorLines().size(), 2U) << outcome.error;
}

TEST(CliDemo, NamesTheSamplesThatAreMissing)
{
    const TemporaryFolder folder;
    const Outcome outcome =
        ketscope({}, {.folder = folder.path(), .environment = {"KETSCOPE_SAMPLES=/no/such/folder"}});
    EXPECT_EQ(outcome.status, 1);
    EXPECT_NE(outcome.error.find("/no/such/folder"), std::string::npos) << outcome.error;
    EXPECT_EQ(entriesIn(folder.path()), 0U);
}

}  // namespace ketscope::test
