// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/study/alignment.h"
#include "core/study/grid_measures.h"
#include "core/study/head_statistics.h"
#include "core/study/run_file.h"
#include "core/study/sweep.h"
#include "tests/support/paths.h"
#include "tests/support/toy_model.h"

#include <fstream>
#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

namespace ketscope {
namespace {

namespace fs = std::filesystem;

// The numbers of members: a new one does not compile here before the study below gives it a value of its own.
[[maybe_unused]] void everyMemberIsNamed(const Study& study)
{
    [[maybe_unused]] const auto& [modelPath, input, candidates, seed, selection, view, keptLayers, perspective] = study;
    [[maybe_unused]] const auto& [stack, layer, head, query, key] = selection;
    [[maybe_unused]] const auto& [text, textPair, labels, labelTemplate, tokenIds, mask, types, image, pixelValues] =
        input;
}

AlignmentView unusualAlignment()
{
    return {.method = alignmentMethods().back().id,
            .fromPatches = true,
            .reduction = HeadReduction::MeanOfHeads,
            .withoutClass = false,
            .smooth = true,
            .opacity = 33,
            .grid = false,
            .boxes = true,
            .differences = true,
            .showsMatches = true,
            .tokenEntropy = true,
            .ground = PictureGround::Grey,
            .tokens = {2, 3},
            .region = {1, 2, 3, 4}};
}

HeatmapView unusualHeatmap()
{
    return {.standardErrors = false,
            .quantity = MapQuantity::Rollout,
            .direction = AttentionDirection::ToKey,
            .filter = {MapFilter::Kind::Mass, 0.25, 7, 0.5, true, true},
            .window = {1, 2, 3, 4},
            .shown = HeatmapView::Shown::Lines,
            .headCells = HeatmapView::HeadCells::Numbers,
            .gridMeasure = gridMeasures().back().id,
            .sortHeads = true,
            .lockedMaximum = 0.375};
}

Study unusualStudy()
{
    return {.modelPath = "models/one",
            .input = {.text = "a text",
                      .textPair = "its pair",
                      .labels = {"cat", "dog"},
                      .labelTemplate = "a {}",
                      .tokenIds = {4, 5},
                      .attentionMask = {1, 0},
                      .tokenTypes = {0, 1},
                      .image = PictureInput{"picture.png", nullptr},
                      .pixelValues = "pixels.npy"},
            .candidates = {{{parseSpec("rff:m=64@layers=1")}}, {{parseSpec("shots@heads=0")}}},
            .seed = 7,
            .selection = {1, 2, 3, 4, 5},
            .view = {.colourMap = "magma",
                     .scale = ColourScale::Logarithmic,
                     .showDifference = false,
                     .headMeasure = headMeasures().back().id,
                     .distanceCurve = DistanceCurve::Cumulative,
                     .patchDistance = PatchDistance::Columns,
                     .alignment = unusualAlignment(),
                     .heatmap = unusualHeatmap(),
                     .quantum = {PairStage::Measured, 3, DensityPart::Imaginary,
                                 MeasuredCounts{"counts.json",
                                                BitOrder::Qubit0First,
                                                {{1, 20}, {6, 3}},
                                                {0, 1, 2, 3, 4},
                                                {0.5, -0.25, 1.0}}},
                     .compared = {1, 2, true, {{1, 2, 3, 4, 5}}},
                     .outputs = {20, true, HiddenMeasure::RelativeError, sweepMeasures().back().id},
                     .scope = {ScopeView::Queries::Selected, false, true, true},
                     .parts = {false, false, false, true}},
            .keptLayers = {1},
            .perspective = "entropy"};
}

// Fields of `usual` that `unusual` has with the same value, at any depth.
void expectAllDiffer(const Json& usual, const Json& unusual, const std::string& where)
{
    for (const auto& [name, value] : usual.items()) {
        ASSERT_TRUE(unusual.contains(name)) << where + name;
        if (value.is_object())
            expectAllDiffer(value, unusual.at(name), where + name + "/");
        else
            EXPECT_EQ(value == unusual.at(name), name == "version") << where + name;
    }
}

TEST(StudyJsonTest, EveryFieldSurvives)
{
    const Study study = unusualStudy();
    const Json json = toJson(study);
    expectAllDiffer(toJson(Study{}), json, "");
    EXPECT_EQ(studyFromJson(json, "study"), study);
    EXPECT_EQ(toJson(studyFromJson(json, "study")), json);
}

class StudyFileTest : public testing::Test {
protected:
    ComparisonPointer run(const fs::path& modelPath)
    {
        study.modelPath = modelPath.string();
        auto comparison = std::make_shared<Comparison>(*runStudy(study, *loaded, nullptr, 1, monitor));
        comparison->model.path = modelPath;
        return comparison;
    }

    const test::TemporaryFolder folder;
    std::shared_ptr<LoadedModel> loaded = test::toyModel();
    Study study{.modelPath = "toy",
                .input = {.text = "a bb ccc"},
                .candidates = {{{parseSpec("rff:m=64@layers=1")}}},
                .seed = 5,
                .selection = {0, 1, 0, 2, 1},
                .view = {.colourMap = "magma"},
                .keptLayers = {1},
                .perspective = "entropy"};
    Monitor monitor;
};

TEST_F(StudyFileTest, TheWholeStudyComesBack)
{
    const fs::path file = folder.path() / "study.ket";
    const ComparisonPointer written = run("toy");
    writeRunFile(*written, file, monitor);
    EXPECT_EQ(readRunFile(file, monitor)->study, written->study);
}

TEST_F(StudyFileTest, AModelThatWasMovedWithItsStudyIsFound)
{
    const fs::path before = folder.path() / "before";
    const fs::path after = folder.path() / "after";
    fs::create_directories(before / "model");
    fs::create_directories(before / "studies");
    writeRunFile(*run(before / "model"), before / "studies" / "study.ket", monitor);
    fs::rename(before, after);
    EXPECT_EQ(readRunFile(after / "studies" / "study.ket", monitor)->study.modelPath,
              fs::canonical(after / "model").string());
}

TEST_F(StudyFileTest, AModelThatStayedIsFoundWhenItsStudyIsMoved)
{
    fs::create_directories(folder.path() / "model");
    fs::create_directories(folder.path() / "deeply" / "elsewhere");
    const fs::path file = folder.path() / "study.ket";
    writeRunFile(*run(folder.path() / "model"), file, monitor);
    const fs::path moved = folder.path() / "deeply" / "elsewhere" / "study.ket";
    fs::rename(file, moved);
    EXPECT_EQ(readRunFile(moved, monitor)->study.modelPath, (folder.path() / "model").string());
}

TEST_F(StudyFileTest, ThePictureInTheFileServes)
{
    const auto image = test::toyImageModel(folder.path());
    study = {.modelPath = "toy", .input = {.text = "a bb"}};
    std::vector<std::uint8_t> bytes(8 * 20 * 3);
    for (std::size_t i = 0; i < bytes.size(); ++i)
        bytes[i] = static_cast<std::uint8_t>(i);
    study.input.image = PictureInput{"gone.png", std::make_shared<const Image>(Image{20, 8, bytes, {}})};
    const fs::path file = folder.path() / "study.ket";
    writeRunFile(*runStudy(study, *image, nullptr, 1, monitor), file, monitor);
    Study read = readRunFile(file, monitor)->study;
    ASSERT_TRUE(read.input.image && read.input.image->pixels);
    EXPECT_EQ(read.input.image->pixels->rgb, bytes);
    read.input.text = "another";
    EXPECT_EQ(runStudy(read, *image, nullptr, 1, monitor)->input.picture->rgb, bytes);
}

TEST_F(StudyFileTest, DamagedFilesAreRefusedOrRead)
{
    const fs::path whole = folder.path() / "study.ket";
    const fs::path damaged = folder.path() / "damaged.ket";
    writeRunFile(*run("toy"), whole, monitor);
    std::ifstream in(whole, std::ios::binary);
    const std::string bytes(std::istreambuf_iterator<char>(in), {});
    const auto open = [&](const std::string& content) {
        std::ofstream(damaged, std::ios::binary) << content;
        try {
            const ComparisonPointer read = readRunFile(damaged, monitor);
            EXPECT_FALSE(read->traces.empty());
            return true;
        } catch (const Error& error) {
            EXPECT_THAT(error.what(), testing::HasSubstr("damaged.ket"));
            return false;
        }
    };
    ASSERT_TRUE(open(bytes));
    for (std::size_t part = 0; part < 10; ++part)
        EXPECT_FALSE(open(bytes.substr(0, bytes.size() * part / 10))) << part << " tenths";
    for (std::size_t place = 0; place < 20; ++place) {
        SCOPED_TRACE(place);
        std::string flipped = bytes;
        flipped[bytes.size() * place / 20] ^= '\xff';
        open(flipped);
    }
}

}  // namespace
}  // namespace ketscope
