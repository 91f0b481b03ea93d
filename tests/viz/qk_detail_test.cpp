// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/study/samples.h"
#include "tests/viz/synthetic.h"
#include "viz/figure.h"

#include <QImage>

#include <cmath>
#include <gtest/gtest.h>

namespace ketscope::test {
namespace {

class QkDetailTest : public testing::Test {
protected:
    void SetUp() override
    {
        Monitor monitor;
        Study study = sampleStudy();
        study.selection = {.layer = 5, .head = 0, .query = 4, .key = 5};
        const std::shared_ptr<const LoadedModel> model = loadModel(study.modelPath, monitor);
        auto run = std::make_shared<Comparison>(*runStudy(study, *model, nullptr, 1, monitor));
        run->loaded = model;
        comparison = run;
        figure = figureType(QStringLiteral("qk-detail")).make(comparison);
    }

    ComparisonPointer comparison;
    std::unique_ptr<Figure> figure;
};

// The products of A add up to the logit whose softmax is the weight in A's map.
TEST_F(QkDetailTest, ElementsAddUpToTheWeightOfTheMap)
{
    const Table table = figure->table();
    const std::size_t size = comparison->model.stacks[0].headSize;
    ASSERT_EQ(table.rows.size(), 2 * size);
    double dot = 0.0;
    for (std::size_t i = 0; i < size; ++i) {
        EXPECT_EQ(table.rows[i][0], QStringLiteral("A"));
        EXPECT_NEAR(table.rows[i][2].toDouble() * table.rows[i][3].toDouble(), table.rows[i][4].toDouble(), 1e-5);
        dot += table.rows[i][4].toDouble();
    }
    EXPECT_NEAR(dot / std::sqrt(static_cast<double>(size)), table.rows[size - 1][5].toDouble(), 1e-5);
    const float weight = comparison->traces[0]->stacks[0].attention[5]->matrix({0})(4, 5);
    EXPECT_TRUE(figure->caption().contains(
        QStringLiteral("softmax weight %1").arg(QString::number(static_cast<double>(weight), 'f', 6))))
        << weight << figure->caption().toStdString();
}

TEST_F(QkDetailTest, ElementsAreHit)
{
    const Theme theme = lightTheme();
    const QRectF area(0, 0, 1000, figure->heightFor(1000, theme));
    const Hit hit = figure->hit({300, area.center().y()}, area, theme);
    EXPECT_EQ(hit.panel, 0);
    EXPECT_TRUE(hit.sentence.startsWith(QStringLiteral("A, element"))) << hit.sentence.toStdString();
    EXPECT_EQ(figure->hit({2, 2}, area, theme).panel, -1);
}

TEST(QkDetailRefusalTest, SaysWhereQueriesAndKeysWouldComeFrom)
{
    try {
        figureType(QStringLiteral("qk-detail")).make(threeTokens());
        FAIL();
    } catch (const Error& error) {
        EXPECT_NE(std::string(error.what()).find("Open"), std::string::npos);
    }
}

}  // namespace
}  // namespace ketscope::test
