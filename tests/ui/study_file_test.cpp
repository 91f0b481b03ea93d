// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/study/run_file.h"
#include "tests/ui/desk.h"
#include "ui/main_window.h"
#include "ui/message_strip.h"
#include "ui/views/perspective.h"
#include "viz/figure.h"

#include <QAction>
#include <QStackedWidget>
#include <fstream>

namespace ketscope::test {
namespace {

namespace fs = std::filesystem;

class StudyWindowTest : public testing::Test {
protected:
    void SetUp() override
    {
        window = std::make_unique<MainWindow>(desk.controller, desk.appearance, desk.settings);
        window->setAnswer([this] {
            ++asked;
            return answer;
        });
        window->show();
        desk.openSample();
    }

    void save() { save(file); }
    void save(const fs::path& target)
    {
        bool done = false;
        window->saveStudyTo(QString::fromStdString(target.string()), [&] { done = true; });
        ASSERT_TRUE(waitFor([&] { return done || !errors().text().isEmpty(); })) << errors().text().toStdString();
        ASSERT_TRUE(done) << errors().text().toStdString();
    }

    void open(const fs::path& path)
    {
        bool opened = false;
        const auto watch = QObject::connect(&desk.controller, &StudyController::fileOpened, [&] { opened = true; });
        window->openPath(QString::fromStdString(path.string()));
        ASSERT_TRUE(waitFor([&] { return opened; })) << errors().text().toStdString();
        QObject::disconnect(watch);
    }

    QAction& action(QString title) const
    {
        title.remove(u'&');
        for (QAction* action : window->findChildren<QAction*>())
            if (action->text().remove(u'&') == title)
                return *action;
        throw std::runtime_error("no action " + title.toStdString());
    }

    const MessageStrip& errors() const { return *window->findChild<MessageStrip*>(QStringLiteral("errorStrip")); }

    Desk desk;
    fs::path file = desk.folder.path() / "review.ket";
    QMessageBox::StandardButton answer = QMessageBox::Cancel;
    int asked = 0;
    std::unique_ptr<MainWindow> window;
};

TEST_F(StudyWindowTest, SavingNamesTheStudyAndEditsMarkIt)
{
    EXPECT_FALSE(window->isWindowModified());
    save();
    EXPECT_EQ(window->windowTitle(), QStringLiteral("review.ket[*]"));
    EXPECT_FALSE(window->isWindowModified());
    EXPECT_EQ(desk.settings.recentFiles().front(), QString::fromStdString(file.string()));
    desk.controller.selectCell(1, 1);
    desk.controller.changeView([](auto& view) { view.showDifference = false; });
    EXPECT_FALSE(window->isWindowModified());
    desk.controller.setSeed(99);
    EXPECT_TRUE(window->isWindowModified());
    desk.controller.undoStack().undo();
    EXPECT_FALSE(window->isWindowModified());
    desk.controller.setSeed(98);
    action(QStringLiteral("Save study")).trigger();  // waits for the run
    ASSERT_TRUE(waitFor([&] { return !window->isWindowModified(); }));
    desk.controller.setSeed(97);
    desk.waitUntilSettled();
    answer = QMessageBox::Discard;
    open(file);
    EXPECT_EQ(asked, 1) << "opening another study would lose the change";
}

TEST_F(StudyWindowTest, ASweepIsKeptAndMarksTheStudy)
{
    save();
    desk.controller.startSweep({{"m", {"16", "64"}}}, 2);
    ASSERT_TRUE(waitFor([&] { return desk.controller.comparison()->sweep != nullptr; }));
    const std::shared_ptr<const Sweep> made = desk.controller.comparison()->sweep;
    EXPECT_TRUE(window->isWindowModified());
    save();
    EXPECT_FALSE(window->isWindowModified());
    const fs::path plain = desk.folder.path() / "plain.ket";
    Monitor monitor;
    Comparison without = *desk.controller.comparison();
    without.sweep = nullptr;
    writeRunFile(without, plain, monitor);
    open(plain);
    EXPECT_EQ(desk.controller.comparison()->sweep, nullptr) << "a sweep of the study before";
    open(file);
    const std::shared_ptr<const Sweep> read = desk.controller.comparison()->sweep;
    ASSERT_NE(read, nullptr);
    EXPECT_FALSE(window->isWindowModified());
    EXPECT_TRUE(sweepIsCurrent(*read, desk.controller.study()));
    EXPECT_EQ(figureType(QStringLiteral("sweep")).make(desk.controller.comparison())->table().rows.size(),
              figureType(QStringLiteral("sweep")).make(sweepComparison(made))->table().rows.size());
}

TEST_F(StudyWindowTest, AStudyOpensAsItWasLeft)
{
    desk.controller.changeView([](auto& view) { view.colourMap = "magma"; });
    desk.controller.selectCell(2, 3);
    desk.controller.setSeed(41);
    desk.waitUntilSettled();
    action(perspectiveTypes()[1].title).trigger();
    const Study before = desk.controller.study();
    save();
    action(perspectiveTypes()[0].title).trigger();
    desk.controller.changeView([](auto& view) { view.colourMap = "viridis"; });
    open(file);
    desk.waitUntilSettled();
    EXPECT_EQ(desk.controller.study(), before);
    EXPECT_TRUE(desk.controller.canRun());
    EXPECT_EQ(window->findChild<QStackedWidget*>(QStringLiteral("pages"))->currentIndex(), 1);
    EXPECT_EQ(window->windowTitle(), QStringLiteral("review.ket[*]"));
    window->openModel(QString::fromStdString(sampleStudy().modelPath));
    ASSERT_TRUE(waitFor([&] { return !window->windowTitle().contains(QStringLiteral("review")); }));
}

// What is compared is what parameters and plan are shown of.
TEST_F(StudyWindowTest, TheCandidateThatWasWorkedAtIsSoAgain)
{
    desk.controller.addCandidate();
    ASSERT_TRUE(waitFor([&] { return desk.settled() && desk.controller.comparison()->traces.size() == 3; }));
    ASSERT_EQ(desk.controller.candidateTag(), QStringLiteral("C"));
    save();
    open(file);
    EXPECT_EQ(desk.controller.candidateTag(), QStringLiteral("C"));
    EXPECT_EQ(desk.controller.pair().candidate, 2U);
}

TEST_F(StudyWindowTest, ClosingAsksOnlyWhenAnAnswerMatters)
{
    desk.controller.setSeed(5);
    desk.waitUntilSettled();
    EXPECT_TRUE(window->close()) << "a session without a file";
    EXPECT_EQ(asked, 0);
    window->show();
    save();
    EXPECT_TRUE(window->close());
    EXPECT_EQ(asked, 0);
    window->show();
    desk.controller.setSeed(6);
    desk.waitUntilSettled();
    EXPECT_FALSE(window->close());
    EXPECT_EQ(asked, 1);
    EXPECT_TRUE(window->isVisible());
    answer = QMessageBox::Save;
    window->close();
    ASSERT_TRUE(waitFor([&] { return !window->isVisible(); }));
    window->show();
    open(file);
    EXPECT_EQ(desk.controller.study().seed, 6U);
}

TEST_F(StudyWindowTest, DiscardingClosesWithoutWriting)
{
    save();
    const auto written = fs::last_write_time(file);
    desk.controller.setSeed(6);
    desk.waitUntilSettled();
    answer = QMessageBox::Discard;
    window->close();
    ASSERT_TRUE(waitFor([&] { return !window->isVisible(); }));
    EXPECT_EQ(fs::last_write_time(file), written);
}

TEST_F(StudyWindowTest, AStudyThatCannotBeWrittenStaysOpen)
{
    save();
    desk.controller.setSeed(6);
    desk.waitUntilSettled();
    window->saveStudyTo(QString::fromStdString((desk.folder.path() / "none" / "study.ket").string()));
    ASSERT_TRUE(waitFor([&] { return !errors().isHidden(); }));
    EXPECT_TRUE(errors().text().contains(QStringLiteral("none")));
    EXPECT_TRUE(window->isWindowModified());
    EXPECT_EQ(window->windowTitle(), QStringLiteral("review.ket[*]"));
}

TEST_F(StudyWindowTest, AModelThatMovedIsLocatedByItsWeights)
{
    const fs::path model = desk.folder.path() / "model";
    fs::copy(sampleStudy().modelPath, model, fs::copy_options::recursive);
    window->openModel(QString::fromStdString(model.string()));
    ASSERT_TRUE(waitFor([&] { return desk.settled() && desk.controller.study().modelPath == model.string(); }));
    save();
    const fs::path moved = desk.folder.path() / "moved";
    fs::rename(model, moved);
    open(file);
    EXPECT_TRUE(desk.controller.lacksModel());
    EXPECT_TRUE(action(QStringLiteral("Locate model…")).isEnabled());
    desk.controller.locateModel(QString::fromStdString((fixtures() / "models" / "bert-seqcls").string()));
    ASSERT_TRUE(waitFor([&] { return !errors().isHidden(); }));
    EXPECT_EQ(errors().text().count(QStringLiteral("SHA-256")), 2);
    EXPECT_TRUE(desk.controller.lacksModel());
    desk.controller.locateModel(QString::fromStdString(moved.string()));
    ASSERT_TRUE(waitFor([&] { return desk.controller.canRun() && desk.settled(); }));
    EXPECT_FALSE(action(QStringLiteral("Locate model…")).isEnabled());
    EXPECT_TRUE(window->isWindowModified()) << "the file does not know the new place";
    desk.controller.setInputText(QStringLiteral("a warm film"));
    desk.waitUntilSettled();
    EXPECT_EQ(desk.controller.comparison()->study.modelPath, moved.string());
}

}  // namespace
}  // namespace ketscope::test
