// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/study/sweep.h"
#include "tests/ui/desk.h"
#include "ui/docks/convergence_section.h"
#include "ui/docks/sensitivity_section.h"
#include "ui/main_window.h"
#include "ui/views/sweep_page.h"

#include <QSignalSpy>
#include <QStackedWidget>

namespace ketscope::test {
namespace {

class SensitivityTest : public testing::Test {
protected:
    void SetUp() override
    {
        desk.openSample();
        section = std::make_unique<SensitivitySection>(desk.controller, desk.appearance);
        section->resize(290, 400);
        section->show();
    }
    void TearDown() override { section.reset(); }

    bool isDrawn() const { return section->curve().isVisible() && section->curve().figure() != nullptr; }

    Desk desk;
    std::unique_ptr<SensitivitySection> section;
};

TEST_F(SensitivityTest, IsOfTheSelectedHeadAndItsMainParameter)
{
    ASSERT_TRUE(waitFor([&] { return isDrawn(); }));
    EXPECT_EQ(section->parameterBox().currentData().toString(), QStringLiteral("m"));
    const Table table = section->curve().figure()->table();
    EXPECT_TRUE(table.header.contains(QStringLiteral("weight_divergence mean")));
    EXPECT_EQ(desk.controller.comparison()->sweep, nullptr);  // the Sweep page has its own
}

TEST_F(SensitivityTest, APointSetsTheParameterAndTheCurveStays)
{
    ASSERT_TRUE(waitFor([&] { return isDrawn(); }));
    const Table table = section->curve().figure()->table();
    emit section->curve().itemChosen(3);
    EXPECT_EQ(QString::fromStdString(desk.controller.entry()->parameters.text("m")), table.rows[3][1]);
    EXPECT_FALSE(section->isComputing());
    desk.controller.run();
    desk.waitUntilSettled();
    EXPECT_TRUE(isDrawn());
    EXPECT_FALSE(section->isComputing());
}

TEST_F(SensitivityTest, AnyOtherChangeDropsIt)
{
    ASSERT_TRUE(waitFor([&] { return isDrawn(); }));
    Selection other = desk.controller.selection();
    other.head = other.head == 0 ? 1 : 0;
    desk.controller.select(other);
    EXPECT_FALSE(section->curve().isVisible());
    ASSERT_TRUE(waitFor([&] { return isDrawn(); }));
    desk.controller.setInputText(QStringLiteral("a warm story"));
    EXPECT_FALSE(section->curve().isVisible());
    QTest::qWait(800);
    EXPECT_FALSE(section->isComputing());  // nothing was run with the other text yet
}

TEST_F(SensitivityTest, GivesWayToARun)
{
    ASSERT_TRUE(waitFor([&] { return section->isComputing() || isDrawn(); }));
    desk.controller.setSeed(5);
    desk.controller.run();
    EXPECT_FALSE(section->isComputing());
    desk.waitUntilSettled();
    EXPECT_TRUE(waitFor([&] { return isDrawn(); }));
}

TEST_F(SensitivityTest, SampledMechanismsConverge)
{
    ConvergenceSection convergence(desk.controller, desk.appearance);
    convergence.resize(290, 300);
    convergence.show();
    desk.controller.setParameter("m", 16.0);
    EXPECT_FALSE(convergence.isVisible());  // random features are no measurements
    desk.controller.setMechanism(mechanism("shots"));
    desk.controller.run();
    desk.waitUntilSettled();
    EXPECT_TRUE(convergence.isVisible());
    ASSERT_TRUE(waitFor([&] { return convergence.curve().isVisible() && convergence.curve().figure(); }));
    EXPECT_TRUE(convergence.curve().figure()->caption().contains(QStringLiteral("Needed for an error")));
}

TEST_F(SensitivityTest, IsExportedWithItsOwnData)
{
    ASSERT_TRUE(waitFor([&] { return isDrawn(); }));
    QSignalSpy wanted(section.get(), &SensitivitySection::exportWanted);
    emit section->curve().exportWanted(QStringLiteral("sweep"));
    ASSERT_EQ(wanted.size(), 1);
    const auto comparison = wanted[0][1].value<ComparisonPointer>();
    ASSERT_TRUE(comparison && comparison->sweep);
    EXPECT_FALSE(comparison->sweep->request.wholeModel);
}

TEST(OpeningASweep, ShowsItAsReadFromAFile)
{
    Desk desk;
    desk.openSample();
    const std::string file = (desk.folder.path() / "found.h5").string();
    desk.controller.startSweep({parseAxis("m=16,64")}, 2);
    ASSERT_TRUE(waitFor([&] { return !desk.controller.isSweeping(); }));
    writeSweep(*desk.controller.comparison()->sweep, file);
    Desk other;
    MainWindow window(other.controller, other.appearance, other.settings);
    window.resize(1600, 1000);
    window.show();
    window.openPath(QString::fromStdString(file));  // nothing is open yet: its model is opened too
    ASSERT_TRUE(waitFor([&] { return other.settled() && other.controller.comparison()->sweep != nullptr; }));
    EXPECT_EQ(other.controller.comparison()->sweep->rows.size(), 5U);
    auto* page = window.findChild<SweepPage*>();
    EXPECT_TRUE(page->isVisible());
    EXPECT_TRUE(waitFor([&] {
        const auto labels = page->findChildren<QLabel*>();
        return std::ranges::any_of(labels,
                                   [](QLabel* each) { return each->text().contains(QStringLiteral("found.h5")); });
    }));
}

TEST(OpeningASweep, DamageIsSaid)
{
    Desk desk;
    desk.openSample();
    const std::string file = (desk.folder.path() / "found.h5").string();
    desk.controller.startSweep({parseAxis("m=16")}, 1);
    ASSERT_TRUE(waitFor([&] { return !desk.controller.isSweeping(); }));
    Sweep broken = *desk.controller.comparison()->sweep;
    broken.rows[0].label = "surprise";
    writeSweep(broken, file);
    QSignalSpy failed(&desk.controller, &StudyController::failed);
    desk.controller.openSweep(QString::fromStdString(file));
    ASSERT_TRUE(waitFor([&] { return !failed.isEmpty(); }));
    EXPECT_TRUE(failed[0][0].toString().contains(QStringLiteral("surprise")));
    EXPECT_TRUE(desk.controller.sweepFile().isEmpty());
}

}  // namespace
}  // namespace ketscope::test
