// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/ui/desk.h"
#include "ui/main_window.h"
#include "ui/views/figure_pane.h"
#include "ui/views/outputs_page.h"
#include "ui/views/sweep_page.h"

#include <QFile>
#include <QHeaderView>
#include <QStackedWidget>

namespace ketscope::test {
namespace {

class OutputsPageTest : public testing::Test {
protected:
    void open(const char* sample)
    {
        desk.controller.openStudy(sampleAt(samplesFolder() / sample)->study, true);
        desk.waitUntilSettled();
        page = std::make_unique<OutputsPage>(desk.controller, desk.appearance);
        page->resize(1100, 760);
        page->show();
    }

    FigurePane& pane(const char* id) const
    {
        return *page->findChild<FigurePane*>(QStringLiteral("figure.") + QString::fromLatin1(id));
    }

    Desk desk;
    std::unique_ptr<OutputsPage> page;
};

TEST_F(OutputsPageTest, MoreRowsAreListedOnDemand)
{
    open("char-gpt");
    ASSERT_TRUE(waitFor([&] { return pane("outputs").figure() != nullptr; }));
    const std::size_t before = pane("outputs").figure()->table().rows.size();
    auto* rows = page->findChild<QComboBox*>(QStringLiteral("outputRows"));
    rows->setCurrentIndex(0);
    emit rows->activated(0);
    ASSERT_TRUE(waitFor([&] { return pane("outputs").figure()->table().rows.size() < before; }));
    EXPECT_EQ(desk.controller.study().view.outputs.rows, 5U);
}

TEST_F(OutputsPageTest, AClickOnATokenSelectsItEverywhere)
{
    open("char-gpt");
    ASSERT_TRUE(waitFor([&] { return pane("token-loss").figure() != nullptr; }));
    FigurePane& loss = pane("token-loss");
    const QPoint at(loss.width() / 3, loss.height() / 2);
    const Hit hit = loss.figure()->hit(at, loss.area(), desk.appearance.theme());
    ASSERT_TRUE(hit.query);
    QTest::mouseClick(&loss, Qt::LeftButton, {}, at);
    EXPECT_EQ(desk.controller.selection().query, *hit.query);
}

TEST_F(OutputsPageTest, OnlyCausalModelsHaveALossByToken)
{
    open("sentiment");
    EXPECT_TRUE(pane("token-loss").isHidden());
    ASSERT_TRUE(waitFor([&] {
        return pane("outputs").figure() && pane("hidden-similarity").figure() && pane("token-similarity").figure();
    }));
    EXPECT_TRUE(page->findChild<QLabel*>(QStringLiteral("noOutputs"))->isHidden());
}

// Nowhere a blank page: a figure or a sentence.
TEST(OutputPerspectives, OpenOnEverySample)
{
    Desk desk;
    MainWindow window(desk.controller, desk.appearance, desk.settings);
    window.show();
    for (const Sample& sample : ketscope::samples()) {
        desk.controller.openStudy(sample.study, true);
        desk.waitUntilSettled();
        for (const PerspectiveType& type : perspectiveTypes()) {
            if (type.id != QStringLiteral("outputs") && type.id != QStringLiteral("sweep"))
                continue;
            window.setFocus();
            QTest::keyClick(&window, static_cast<Qt::Key>(Qt::Key_1 + (&type - perspectiveTypes().data())));
            auto* stack = window.findChild<QStackedWidget*>(QStringLiteral("pages"));
            auto* page = static_cast<Perspective*>(stack->currentWidget());
            EXPECT_TRUE(page->obstacle().isEmpty());
            if (type.id == QStringLiteral("sweep")) {
                EXPECT_FALSE(page->findChild<QLabel*>(QStringLiteral("sweepEmpty"))->text().isEmpty());
                continue;
            }
            auto* outputs = page->findChild<FigurePane*>(QStringLiteral("figure.outputs"));
            EXPECT_TRUE(waitFor([&] { return outputs->figure() != nullptr; })) << sample.id;
        }
    }
}

class SweepPageTest : public testing::Test {
protected:
    void SetUp() override
    {
        desk.openSample();
        page = std::make_unique<SweepPage>(desk.controller, desk.appearance);
        page->resize(1100, 700);
        page->show();
    }

    void sweepSmall()
    {
        page->form().first().setAxis({"m", {"16", "64"}});
        page->form().findChild<QSpinBox*>(QStringLiteral("sweepSeeds"))->setValue(2);
        page->runOrCancel();
        ASSERT_TRUE(desk.controller.isSweeping());
        ASSERT_TRUE(waitFor([&] { return !desk.controller.isSweeping(); }));
        ASSERT_NE(desk.controller.comparison()->sweep, nullptr);
        ASSERT_TRUE(waitFor([&] { return figure().figure() != nullptr; }));
    }

    FigurePane& figure() const { return *page->findChild<FigurePane*>(QStringLiteral("figure.sweep")); }

    Desk desk;
    std::unique_ptr<SweepPage> page;
};

// Of the parameter that was varied every value is in the figure; of the others only one.
TEST_F(SweepPageTest, TheFigureHoldsWhateverTheSweptParameterIs)
{
    sweepSmall();
    desk.controller.setParameter("m", 32.0);
    desk.controller.cancel();
    ASSERT_TRUE(desk.controller.isOutdated());
    EXPECT_FALSE(figure().isOutdated());
    desk.controller.setParameter("sigma", 2.0);
    desk.waitUntilSettled();
    EXPECT_TRUE(figure().isOutdated());
}

TEST_F(SweepPageTest, AClickOnAPointSetsTheParameter)
{
    sweepSmall();
    ASSERT_EQ(desk.controller.comparison()->sweep->rows.size(), 5U);
    const double before = desk.controller.entry()->parameters.real("m");
    for (int x = 0; x < figure().width(); x += 4)
        for (int y = 0; y < figure().height(); y += 4) {
            const Hit hit = figure().figure()->hit(QPointF(x, y), figure().area(), desk.appearance.theme());
            if (hit.item != 3U || desk.controller.entry()->parameters.real("m") == 16.0)
                continue;
            QTest::mouseClick(&figure(), Qt::LeftButton, {}, QPoint(x, y));
        }
    EXPECT_EQ(desk.controller.entry()->parameters.real("m"), 16.0);
    desk.controller.undoStack().undo();
    EXPECT_EQ(desk.controller.entry()->parameters.real("m"), before);
}

// Beside the figure and, where that has no room, below it: nothing of the figure is squeezed, no column is cut.
TEST_F(SweepPageTest, TheTableIsWholeAtEverySize)
{
    sweepSmall();
    auto* table = page->findChild<QTableWidget*>(QStringLiteral("sweepTable"));
    for (const double scale : {1.0, 2.0}) {
        desk.appearance.setTextScale(scale);
        page->resize(scale > 1.0 ? QSize(750, 460) : QSize(1100, 700));
        QTest::qWait(50);
        QHeaderView& header = *table->horizontalHeader();
        EXPECT_LE(header.length(), table->viewport()->width()) << scale;
        for (int column = 0; column < table->columnCount(); ++column) {
            const QString title = table->horizontalHeaderItem(column)->text();
            EXPECT_GT(header.sectionSize(column), header.fontMetrics().horizontalAdvance(title)) << scale;
            for (int row = 0; row < table->rowCount(); ++row)
                EXPECT_GT(header.sectionSize(column),
                          table->fontMetrics().horizontalAdvance(table->item(row, column)->text()))
                    << scale;
        }
        EXPECT_GE(figure().height(), figure().heightForWidth(figure().width()) * 0.95) << scale;
    }
}

TEST_F(SweepPageTest, ItsDataAreWritten)
{
    sweepSmall();
    const QString file = QString::fromStdString((desk.folder.path() / "sweep.csv").string());
    page->exportData(file);
    ASSERT_TRUE(waitFor([&] { return QFile::exists(file); }));
    QFile csv(file);
    ASSERT_TRUE(csv.open(QIODevice::ReadOnly));
    EXPECT_EQ(csv.readAll().count("\r\n"), 6);
}

TEST_F(SweepPageTest, IsMarkedWhenTheInputChanges)
{
    sweepSmall();
    EXPECT_FALSE(figure().figure()->caption().contains(QStringLiteral("earlier")));
    desk.controller.setInputText(QStringLiteral("not bad at all"));
    desk.waitUntilSettled();
    EXPECT_TRUE(waitFor([&] { return figure().figure()->caption().contains(QStringLiteral("earlier")); }));
}

TEST_F(SweepPageTest, IsCancelled)
{
    page->form().findChild<QSpinBox*>(QStringLiteral("sweepSeeds"))->setValue(100);
    page->runOrCancel();
    ASSERT_TRUE(desk.controller.isSweeping());
    page->runOrCancel();
    EXPECT_FALSE(desk.controller.isSweeping());
    EXPECT_EQ(desk.controller.comparison()->sweep, nullptr);
    EXPECT_TRUE(page->findChild<QPushButton*>(QStringLiteral("runSweep"))->isEnabled());
}

TEST_F(SweepPageTest, SaysWhatIsWrongWithValues)
{
    page->form().first().values().setText(QStringLiteral("16, many"));
    EXPECT_TRUE(page->form().problem().contains(QStringLiteral("many")));
    EXPECT_FALSE(page->findChild<QPushButton*>(QStringLiteral("runSweep"))->isEnabled());
    page->form().second().setAxis({"m", {"16"}});
    EXPECT_FALSE(page->form().problem().isEmpty());
}

TEST_F(SweepPageTest, FollowsTheMechanism)
{
    desk.controller.setMechanism(mechanism("shots"));
    EXPECT_GE(page->form().first().parameter().findData(QStringLiteral("shots")), 0);
    EXPECT_FALSE(page->form().axes().front().values.empty());
}

}  // namespace
}  // namespace ketscope::test
