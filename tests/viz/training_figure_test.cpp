// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/viz/golden.h"
#include "viz/training_figure.h"

#include <cmath>
#include <gtest/gtest.h>

namespace ketscope::test {
namespace {

// A loss that falls from ln 65 with a ripple, validated every 50 steps.
TrainingCurves run(std::size_t done, std::size_t steps)
{
    TrainingCurves curves{
        QStringLiteral("Ripples"), QStringLiteral("character"), QStringLiteral("blocks"), steps, 100, {}};
    for (std::size_t step = 1; step <= done; ++step) {
        const auto at = static_cast<double>(step);
        CurvePoint point{step, 0.002 * std::min(1.0, at / 50.0),
                         1.6 + 2.57 * std::exp(-at / 60.0) + 0.15 * std::sin(at), 0.5 + 0.2 * std::cos(1.7 * at)};
        if (step % 50 == 0) {
            point.validation.emplace();
            point.validation->loss = 1.7 + 2.5 * std::exp(-at / 60.0);
        }
        curves.points.push_back(point);
    }
    return curves;
}

TEST(TrainingFigure, AveragesOverAFiftiethOfTheRun)
{
    EXPECT_EQ(TrainingFigure(run(10, 20)).window(), 1U);
    EXPECT_EQ(TrainingFigure(run(10, 500)).window(), 10U);
    EXPECT_EQ(TrainingFigure(run(10, 100000)).window(), 100U);
}

TEST(TrainingFigure, NamesTheStepUnderThePointer)
{
    const TrainingFigure figure(run(300, 500));
    const Theme theme = lightTheme();
    const QRectF area(0, 0, 600, 460);
    std::size_t last = 0;
    for (double x = 60.0; x < 340.0; x += 20.0) {
        const Hit hit = figure.hit({x, 150.0}, area, theme);
        ASSERT_TRUE(hit.item.has_value()) << x;
        EXPECT_GE(*hit.item, last);
        last = *hit.item;
        const QString step = QStringLiteral("step %1:").arg(*hit.item + 1);
        EXPECT_TRUE(hit.sentence.startsWith(step)) << hit.sentence.toStdString();
        EXPECT_TRUE(hit.sentence.contains(QStringLiteral("nats per character")));
    }
    EXPECT_FALSE(figure.hit({2.0, 150.0}, area, theme).item.has_value());
    // To the right of what is done, the last step that is.
    EXPECT_EQ(figure.hit({580.0, 150.0}, area, theme).item, std::optional<std::size_t>(299));
}

TEST(TrainingFigure, TableAndCaptionSayUnitsAndScope)
{
    const TrainingFigure figure(run(300, 500));
    const Table table = figure.table();
    ASSERT_EQ(table.rows.size(), 300U);
    EXPECT_EQ(table.rows[49][0], QStringLiteral("50"));
    EXPECT_FALSE(table.rows[49][3].isEmpty());
    EXPECT_TRUE(table.rows[48][3].isEmpty());
    EXPECT_EQ(table.header[3], QStringLiteral("validation loss on 100 blocks [nats per character]"));
    EXPECT_TRUE(figure.caption().contains(QStringLiteral("300 of 500 steps")));
    EXPECT_TRUE(figure.caption().contains(QStringLiteral("mean of 10 steps")));
    EXPECT_EQ(TrainingFigure(run(0, 500)).caption(), QStringLiteral("Training of “Ripples”: 0 of 500 steps."));
}

TEST(TrainingFigure, AxesGrowWithTheRun)
{
    for (const auto& [done, shown] : std::vector<std::pair<std::size_t, std::size_t>>{{0, 3000},
                                                                                      {1, 10},
                                                                                      {10, 10},
                                                                                      {11, 20},
                                                                                      {21, 50},
                                                                                      {51, 100},
                                                                                      {1000, 1000},
                                                                                      {1001, 2000},
                                                                                      {2001, 3000},
                                                                                      {3000, 3000}})
        EXPECT_EQ(TrainingFigure(run(done, 3000)).shownSteps(), shown) << done;
    EXPECT_EQ(TrainingFigure(run(3, 7)).shownSteps(), 7U);
    // The last step that is done is under the pointer near the right edge.
    const TrainingFigure figure(run(99, 3000));
    const QRectF area(0, 0, 600, 460);
    EXPECT_EQ(figure.hit({583.0, 150.0}, area, lightTheme()).item, std::optional<std::size_t>(98));
    const auto middle = figure.hit({320.0, 150.0}, area, lightTheme()).item;
    ASSERT_TRUE(middle.has_value());
    EXPECT_NEAR(static_cast<double>(*middle), 50.0, 8.0);
}

TEST(TrainingFigure, OneStepIsSeen)
{
    const TrainingFigure figure(run(1, 20));
    QImage image(600, 460, QImage::Format_RGB32);
    image.fill(Qt::white);
    QPainter painter(&image);
    figure.paint(painter, QRectF(image.rect()), lightTheme());
    painter.end();
    const QRgb blue = lightTheme().trace(0).rgb();
    int marked = 0;
    for (int y = 0; y < image.height(); ++y)
        for (int x = 0; x < 120; ++x)
            marked += image.pixel(x, y) == blue && y > 40 ? 1 : 0;
    EXPECT_GT(marked, 10);
}

TEST(TrainingFigure, Light) { compareWithGolden("training_light", TrainingFigure(run(300, 500)), false, {600, 460}); }

TEST(TrainingFigure, Dark) { compareWithGolden("training_dark", TrainingFigure(run(1500, 2500)), true, {600, 460}); }

}  // namespace
}  // namespace ketscope::test
