// SPDX-License-Identifier: GPL-3.0-or-later
// Figures of stacks whose queries and keys are different tokens, or an image's.
#include "tests/support/paths.h"
#include "tests/support/toy_model.h"
#include "viz/caption.h"
#include "viz/figures/heatmap.h"

#include <gtest/gtest.h>

namespace ketscope::test {
namespace {

class AxesTest : public testing::Test {
protected:
    Heatmap figure(std::size_t stack)
    {
        Image picture = blankImage(20, 8, "test");
        Study study;
        study.input.text = "a bb";
        study.input.image = PictureInput{"folder/dog.png", std::make_shared<const Image>(std::move(picture))};
        study.candidates.push_back({{parseSpec("rff")}});
        study.selection.stack = stack;
        Monitor monitor;
        return Heatmap(runStudy(study, *toyImageModel(m_folder.path()), nullptr, 1, monitor));
    }

private:
    TemporaryFolder m_folder;
};

TEST_F(AxesTest, CrossMapsHaveTextRowsAndImageColumns)
{
    const Heatmap heatmap = figure(2);
    EXPECT_EQ(heatmap.maps().queries(), 2U);
    EXPECT_EQ(heatmap.maps().keys(), 7U);
    EXPECT_EQ(heatmap.maps().queryText(1), QStringLiteral("bb"));
    EXPECT_EQ(heatmap.maps().keyText(0), QStringLiteral("image CLS"));
    EXPECT_EQ(heatmap.maps().keyText(6), QStringLiteral("patch 1,2"));
    EXPECT_TRUE(heatmap.sentence(0, 6).startsWith(QStringLiteral("query 0 “a”, key 6 “patch 1,2”: A 0.142857")));
    EXPECT_EQ(heatmap.table().rows.size(), 14);
    EXPECT_EQ(heatmap.table().rows[13][1], QStringLiteral("bb"));
    EXPECT_EQ(heatmap.table().rows[13][3], QStringLiteral("patch 1,2"));
}

TEST_F(AxesTest, LayoutsOfLowMapsLabelEveryRow)
{
    const Heatmap heatmap = figure(2);
    const QRectF area(0.0, 0.0, 900.0, 500.0);
    const HeatmapLayout layout = heatmap.layout(area, lightTheme());
    EXPECT_EQ(layout.queries, 2U);
    EXPECT_EQ(layout.keys, 7U);
    EXPECT_EQ(layout.rowLabelStep, 1U);
    EXPECT_NEAR(layout.mapRect(0).width(), 7.0 * layout.cell, 1e-9);
    EXPECT_NEAR(layout.mapRect(0).height(), 2.0 * layout.cell, 1e-9);
    for (std::size_t query = 0; query < 2; ++query)
        for (std::size_t key = 0; key < 7; ++key) {
            const Hit hit = heatmap.hit(layout.cellRect(1, query, key).center(), area, lightTheme());
            EXPECT_EQ(hit.query, query);
            EXPECT_EQ(hit.key, key);
        }
}

TEST_F(AxesTest, CaptionsNameThePicture)
{
    EXPECT_EQ(captionOfInput(figure(1).maps().comparison()), QStringLiteral("for the image dog.png and “a bb”."));
    EXPECT_EQ(figure(1).maps().queryText(6), QStringLiteral("patch 1,2"));
    EXPECT_TRUE(figure(2).caption().contains(QStringLiteral("cross stack, layer 0, head 0")));
}

}  // namespace
}  // namespace ketscope::test
