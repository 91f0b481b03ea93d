// SPDX-License-Identifier: GPL-3.0-or-later
// What lessons show that no perspective does, and flows through layers, against stored pictures.
#include "core/lessons/lesson_walk.h"
#include "core/study/token_flow.h"
#include "tests/support/paths.h"
#include "tests/viz/golden.h"
#include "viz/exhibit_figure.h"
#include "viz/figures/heatmap.h"
#include "viz/handout.h"

#include <QPainter>
#include <gtest/gtest.h>

namespace ketscope::test {
namespace {

constexpr QSize kExhibit(760, 560);
constexpr QSize kFlow(760, 380);

struct ExhibitGolden {
    std::string id;
    bool dark;
};

class ExhibitGoldenTest : public testing::TestWithParam<ExhibitGolden> {};

TEST_P(ExhibitGoldenTest, LooksAsStored)
{
    const auto& [id, dark] = GetParam();
    const ExhibitType& type = exhibitType(id);
    const std::string name = "exhibit_" + id + (dark ? "_dark" : "_light");
    compareWithGolden(name.c_str(), ExhibitFigure(type, type.initial()), dark, kExhibit);
}

std::vector<ExhibitGolden> everyExhibit()
{
    std::vector<ExhibitGolden> all;
    for (const ExhibitType* type : exhibitTypes())
        for (const bool dark : {false, true})
            all.push_back({type->id, dark});
    return all;
}

INSTANTIATE_TEST_SUITE_P(Exhibits, ExhibitGoldenTest, testing::ValuesIn(everyExhibit()),
                         [](const auto& golden) { return golden.param.id + (golden.param.dark ? "_dark" : "_light"); });

// The lesson's numbers come from its exhibit alone.
TEST(HandoutGolden, FirstAndLastPageLookAsStored)
{
    Monitor monitor;
    const Lesson lesson = lessonOf("interference");
    const auto moments = walkLesson(
        lesson, [](Study study) { return study; }, 1, monitor);
    const Handout handout(lesson, moments);
    ASSERT_GE(handout.pages(), 2U);
    for (const auto& [name, page] :
         {std::pair{"handout_first", std::size_t{0}}, {"handout_last", handout.pages() - 1}}) {
        QImage image(static_cast<int>(Handout::kWidth), static_cast<int>(Handout::kHeight), QImage::Format_RGB32);
        image.fill(Qt::white);
        QPainter painter(&image);
        handout.paint(painter, page);
        painter.end();
        compareWithGolden(std::string(name), image);
    }
}

struct FlowGolden {
    const char* name;
    MapQuantity quantity;
    bool dark;
};

class FlowGoldenTest : public testing::TestWithParam<FlowGolden> {};

// Of a small model whose weights are part of the fixtures.
TEST_P(FlowGoldenTest, LooksAsStored)
{
    Monitor monitor;
    const auto folder = fixtures() / "models" / "bert-seqcls";
    const auto model = loadModel(folder, monitor);
    Study study{.modelPath = folder.string()};
    study.input.text = "the movie is not bad";
    study.candidates = {{{parseSpec("rff:m=16")}}};
    const auto comparison = std::make_shared<Comparison>(*runStudy(study, *model, nullptr, 1, monitor));
    comparison->loaded = model;
    comparison->study.view.heatmap.quantity = GetParam().quantity;
    comparison->study.selection = {.layer = 1, .query = 3, .key = 2};
    computeFlow(*comparison, 1, monitor);
    HeatmapOptions options;
    options.crosshair = true;
    compareWithGolden(GetParam().name, Heatmap(comparison, options), GetParam().dark, kFlow);
}

INSTANTIATE_TEST_SUITE_P(Heatmap, FlowGoldenTest,
                         testing::Values(FlowGolden{"rollout_light", MapQuantity::Rollout, false},
                                         FlowGolden{"rollout_dark", MapQuantity::Rollout, true},
                                         FlowGolden{"relevance_light", MapQuantity::Relevance, false},
                                         FlowGolden{"relevance_dark", MapQuantity::Relevance, true}),
                         [](const auto& golden) { return std::string(golden.param.name); });

}  // namespace
}  // namespace ketscope::test
