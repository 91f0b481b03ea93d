// SPDX-License-Identifier: GPL-3.0-or-later
// Every perspective in every state that it can be in: empty, loading, running, stale, failed, too large. Each is drawn
// and says what it is.
#include "core/formats/npy.h"
#include "tests/ui/desk.h"
#include "ui/controls/compare_box.h"
#include "ui/controls/page_header.h"
#include "ui/main_window.h"
#include "ui/message_strip.h"
#include "ui/views/alignment_page.h"
#include "ui/views/heatmap_page.h"
#include "ui/views/row_panel.h"
#include "ui/views/sweep_page.h"
#include "ui/views/vacant_page.h"

#include <QMenu>
#include <QSignalSpy>
#include <QStackedWidget>

#include <fstream>

namespace ketscope::test {
namespace {

class StatesTest : public testing::TestWithParam<const char*> {
protected:
    void SetUp() override
    {
        window = std::make_unique<MainWindow>(desk.controller, desk.appearance, desk.settings);
        window->resize(1600, 1000);
        window->show();
        ASSERT_TRUE(QTest::qWaitForWindowExposed(window.get()));
    }

    // The study whose every perspective but one is there; of the alignment's, that one.
    Study study() const
    {
        if (std::string_view(GetParam()) != "alignment")
            return sampleStudy();
        Study made = pictureSample();
        made.candidates = {{{parseSpec("shots@stack=cross")}}};
        return made;
    }

    void open()
    {
        desk.controller.openStudy(study(), true);
        desk.waitUntilSettled();
        desk.controller.setPerspective(GetParam());
        ASSERT_EQ(page().figureId().isEmpty(), false);
        if (std::string_view(GetParam()) == "sweep")
            sweep();
        ASSERT_TRUE(waitFor([&] { return !panes().empty() && allDrawn(); }));
    }

    void sweep()
    {
        auto& shown = dynamic_cast<SweepPage&>(page());
        shown.form().first().setAxis({"m", {"16", "64"}});
        shown.runOrCancel();
        ASSERT_TRUE(waitFor([&] { return !desk.controller.isSweeping(); }));
    }

    Perspective& page() const
    {
        return *static_cast<Perspective*>(window->findChild<QStackedWidget*>(QStringLiteral("pages"))->currentWidget());
    }
    VacantPage& vacant() const { return *window->findChild<VacantPage*>(); }
    QString vacantTitle() const { return window->findChild<QLabel*>(QStringLiteral("vacantTitle"))->text(); }
    QString vacantHint() const { return window->findChild<QLabel*>(QStringLiteral("vacantHint"))->text(); }
    bool offers(const char* button) const
    {
        return window->findChild<QPushButton*>(QString::fromLatin1(button))->isVisible();
    }

    // What of the page shows figures and can be seen.
    std::vector<QWidget*> panes() const
    {
        std::vector<QWidget*> all;
        for (QWidget* each : page().findChildren<QWidget*>())
            if (each->isVisible()
                && (qobject_cast<FigurePane*>(each) || qobject_cast<FigureView*>(each)
                    || qobject_cast<RowPanel*>(each)))
                all.push_back(each);
        return all;
    }
    bool allDrawn() const
    {
        return std::ranges::all_of(panes(), [](QWidget* each) {
            const auto* pane = qobject_cast<FigurePane*>(each);
            const auto* view = qobject_cast<FigureView*>(each);
            return (pane == nullptr || pane->figure() != nullptr) && (view == nullptr || view->figure() != nullptr);
        });
    }
    // Whether the hatched edge is at the top of what shows a figure; in its third row, below the ring of the focus.
    bool hasEdge(QWidget& pane) const
    {
        const QImage image = pane.grab(QRect(0, 0, pane.width(), 3)).toImage();
        int marked = 0;
        for (int x = 0; x < image.width(); ++x)
            marked += image.pixelColor(x, 2) == desk.appearance.theme().warn ? 1 : 0;
        return marked > image.width() / 20;
    }
    bool everyEdge(bool on) const
    {
        return std::ranges::all_of(panes(), [&](QWidget* each) { return hasEdge(*each) == on; });
    }
    static bool isBlank(QWidget& widget)
    {
        const QImage image = widget.grab().toImage();
        const QRgb first = image.pixel(image.width() / 2, 5);
        for (int y = 0; y < image.height(); ++y)
            for (int x = 0; x < image.width(); ++x)
                if (image.pixel(x, y) != first)
                    return false;
        return true;
    }
    // A run of many seconds in place of the one that is shown.
    void runForLong()
    {
        QSignalSpy busy(&desk.controller, &StudyController::busyChanged);
        desk.controller.setMechanism(mechanism("fidelity"));
        desk.controller.setParameters(
            {{"noise", "depolarizing"}, {"noise-at", "gates"}, {"simulation", "trajectories"}, {"runs", "256"}});
        ASSERT_TRUE(waitFor([&] { return !busy.empty() && busy.back().front().toBool(); }));
    }
    const MessageStrip& errors() const { return *window->findChild<MessageStrip*>(QStringLiteral("errorStrip")); }
    QString statusText() const { return window->findChild<QLabel*>(QStringLiteral("state"))->text(); }

    Desk desk;
    std::unique_ptr<MainWindow> window;
};

TEST_P(StatesTest, EmptySaysWhatToOpen)
{
    desk.controller.setPerspective(GetParam());
    ASSERT_TRUE(vacant().isVisible());
    EXPECT_FALSE(page().isVisible());
    EXPECT_EQ(vacantTitle(), QStringLiteral("No model is open."));
    EXPECT_TRUE(offers("vacantOpen"));
    EXPECT_TRUE(offers("vacantSample"));
    EXPECT_FALSE(offers("vacantCancel"));
    EXPECT_FALSE(isBlank(vacant()));
    QTest::mouseClick(window->findChild<QPushButton*>(QStringLiteral("vacantSample")), Qt::LeftButton);
    desk.waitUntilSettled();
    EXPECT_FALSE(vacant().isVisible());
    EXPECT_TRUE(page().isVisible());
}

// With large text too the sentence has all of its lines inside the page.
TEST(VacantPageTest, ALongSentenceIsNotCut)
{
    Desk desk;
    desk.appearance.setTextScale(2.0);
    Study study;
    study.modelPath = (desk.folder.path() / "no such model in this folder at all").string();
    desk.controller.openStudy(study, true);
    ASSERT_TRUE(waitFor([&] { return !desk.controller.error().isEmpty(); }));
    VacantPage page(desk.controller, desk.appearance);
    page.resize(700, 400);
    page.show();
    ASSERT_TRUE(QTest::qWaitForWindowExposed(&page));
    const auto* hint = page.findChild<QLabel*>(QStringLiteral("vacantHint"));
    EXPECT_TRUE(page.rect().contains(hint->geometry()));
    EXPECT_GE(hint->height(), hint->heightForWidth(hint->width()));
}

TEST(CompareBoxTest, OneTraceHasNothingToBeComparedWith)
{
    Desk desk;
    const auto file = desk.folder.path() / "attention.npy";
    const std::vector<float> weights(4, 0.5F);
    {
        std::ofstream out(file, std::ios::binary);
        out << npyHeader({1, 1, 2, 2});
        out.write(reinterpret_cast<const char*>(weights.data()), sizeof(float) * 4);
        std::ofstream(desk.folder.path() / "attention.txt") << "not\ngreat\n";
    }
    QWidget page;
    auto* box = new CompareBox(desk.controller, &page);
    EXPECT_FALSE(box->isHidden());
    desk.controller.openRecorded(QString::fromStdString(file.string()));
    ASSERT_TRUE(waitFor([&] { return desk.controller.comparison() != nullptr; }))
        << desk.controller.error().toStdString();
    EXPECT_TRUE(box->isHidden());
    desk.openSample();
    EXPECT_FALSE(box->isHidden());
}

// Small and tall controls on each of a header's lines have one middle.
TEST(PageHeaderTest, ItemsOfALineShareItsMiddle)
{
    PageHeader header(QStringLiteral("Title"));
    std::vector<QWidget*> items;
    for (const int height : {20, 32, 24, 28, 20}) {
        items.push_back(new QWidget(&header));
        items.back()->setFixedSize(120, height);
        header.add(items.back());
    }
    header.resize(330, header.heightForWidth(330));
    header.show();
    ASSERT_TRUE(QTest::qWaitForWindowExposed(&header));
    int lines = 0;  // after the first
    for (std::size_t i = 1; i < items.size(); ++i) {
        const QRect a = items[i - 1]->geometry(), b = items[i]->geometry();
        const int apart = std::abs(2 * a.top() + a.height() - 2 * b.top() - b.height());
        if (b.left() > a.left())
            EXPECT_LE(apart, 2) << i;
        else
            ++lines;
    }
    EXPECT_GE(lines, 1) << "all on one line";
}

class BrokenFolderTest : public StatesTest {
protected:
    static QString path()
    {
        return QString::fromStdString((fixtures() / "badinput" / "cfg_heads_not_dividing").string());
    }

    void openFromRecent()
    {
        desk.settings.addRecentFile(path());
        for (QMenu* menu : window->findChildren<QMenu*>()) {
            if (menu->title() != QStringLiteral("&Recent"))
                continue;
            emit menu->aboutToShow();
            return menu->actions().front()->trigger();
        }
    }
};

TEST_P(BrokenFolderTest, IsSaidOnThePageWhileNothingIsOpen)
{
    window->openPath(path());
    ASSERT_TRUE(waitFor([&] { return desk.controller.state() == StudyController::State::Failed; }));
    EXPECT_EQ(vacantTitle(), QStringLiteral("This could not be opened."));
    EXPECT_TRUE(vacantHint().contains(QStringLiteral("num_attention_heads"))) << vacantHint().toStdString();
    EXPECT_FALSE(errors().isVisible()) << "it is said once";
    for (const char* button : {"vacantRun", "vacantKeep"})
        EXPECT_FALSE(offers(button)) << button;
    EXPECT_TRUE(offers("vacantOpen"));
    QTest::mouseClick(window->findChild<QPushButton*>(QStringLiteral("vacantSample")), Qt::LeftButton);
    desk.waitUntilSettled();
    EXPECT_TRUE(page().isVisible());
}

TEST_P(BrokenFolderTest, LeavesWhatIsOpen)
{
    open();
    const std::string model = desk.controller.study().modelPath;
    openFromRecent();
    ASSERT_TRUE(waitFor([&] { return errors().isVisible(); }));
    EXPECT_TRUE(errors().text().contains(QStringLiteral("num_attention_heads"))) << errors().text().toStdString();
    EXPECT_TRUE(errors().text().endsWith(QStringLiteral("What was open stays."))) << errors().text().toStdString();
    EXPECT_FALSE(offers("stripRemedy"));
    EXPECT_FALSE(vacant().isVisible());
    EXPECT_EQ(statusText(), QStringLiteral("Up to date"));
    EXPECT_EQ(desk.controller.study().modelPath, model);
    desk.controller.setParameter("m", 32.0);
    desk.waitUntilSettled();
    EXPECT_FALSE(errors().isVisible());
}

INSTANTIATE_TEST_SUITE_P(All, BrokenFolderTest, testing::Values("heatmap"),
                         [](const auto& each) { return std::string(each.param); });

TEST_P(StatesTest, LoadingIsSaidAndCanBeCancelled)
{
    desk.controller.setPerspective(GetParam());
    const QImage empty = vacant().grab().toImage();
    desk.controller.openStudy(study(), true);
    EXPECT_TRUE(vacantTitle().contains(QStringLiteral("Opening the model")));
    EXPECT_TRUE(offers("vacantCancel"));
    EXPECT_FALSE(offers("vacantOpen"));
    EXPECT_NE(vacant().grab().toImage(), empty);
    QTest::mouseClick(window->findChild<QPushButton*>(QStringLiteral("vacantCancel")), Qt::LeftButton);
    EXPECT_EQ(desk.controller.state(), StudyController::State::Empty);
    EXPECT_TRUE(offers("vacantOpen"));
}

// What was there stays while another model is being opened.
TEST_P(StatesTest, LoadingAnotherModelKeepsWhatIsShown)
{
    open();
    const std::vector<QWidget*> before = panes();
    desk.controller.openStudy(study(), false);
    EXPECT_EQ(desk.controller.state(), StudyController::State::Running);
    EXPECT_FALSE(vacant().isVisible());
    EXPECT_EQ(panes(), before);
    EXPECT_TRUE(allDrawn());
    EXPECT_TRUE(everyEdge(false)) << "it is of the study that it says";
    desk.controller.cancel();
}

TEST_P(StatesTest, ALongRunIsMarkedAndCanBeCancelled)
{
    open();
    EXPECT_TRUE(everyEdge(false));
    runForLong();
    EXPECT_TRUE(allDrawn()) << "the result before stays";
    EXPECT_TRUE(everyEdge(true));
    auto* run = window->findChild<QPushButton*>(QStringLiteral("run"));
    ASSERT_NE(run, nullptr);
    EXPECT_TRUE(run->text().contains(QStringLiteral("Cancel")));
    QTest::mouseClick(run, Qt::LeftButton);
    EXPECT_NE(desk.controller.state(), StudyController::State::Running);
}

TEST_P(StatesTest, StaleIsMarkedUntilItIsRun)
{
    open();
    desk.controller.setRunWhileDragging(false);
    const char* parameter = std::string_view(GetParam()) == "alignment" ? "shots" : "m";
    desk.controller.setParameter(parameter, 32.0, StudyController::Pace::Dragging);
    ASSERT_EQ(desk.controller.state(), StudyController::State::Stale);
    EXPECT_TRUE(allDrawn());
    // A sweep holds for every value of what was varied.
    EXPECT_TRUE(everyEdge(std::string_view(GetParam()) != "sweep"));
    EXPECT_TRUE(statusText().contains(QStringLiteral("Run to update")));
    desk.controller.run();
    desk.waitUntilSettled();
    ASSERT_TRUE(waitFor([&] { return allDrawn(); }));
    EXPECT_TRUE(waitFor([&] { return everyEdge(false); }));
}

TEST_P(StatesTest, AFailureWithoutAResultSaysWhyAndWhatNext)
{
    desk.controller.setPerspective(GetParam());
    Study none = study();
    none.modelPath = (desk.folder.path() / "nothing-here").string();
    desk.controller.openStudy(none, true);
    ASSERT_TRUE(waitFor([&] { return desk.controller.state() == StudyController::State::Failed; }));
    EXPECT_TRUE(vacant().isVisible());
    EXPECT_EQ(vacantTitle(), QStringLiteral("This could not be opened."));
    EXPECT_TRUE(vacantHint().contains(QStringLiteral("nothing-here"))) << vacantHint().toStdString();
    EXPECT_FALSE(errors().isVisible()) << "it is said once";
    EXPECT_EQ(statusText(), QStringLiteral("Opening failed"));
    EXPECT_TRUE(offers("vacantOpen"));
    EXPECT_FALSE(offers("vacantKeep"));
    EXPECT_FALSE(isBlank(vacant()));
}

TEST_P(StatesTest, AFailedRunKeepsTheResultAndMarksIt)
{
    open();
    desk.controller.setKeptLayers({0});  // and not the layers that B patches
    ASSERT_TRUE(waitFor([&] { return desk.controller.state() == StudyController::State::Failed; }));
    EXPECT_TRUE(errors().isVisible());
    EXPECT_TRUE(errors().text().contains(QStringLiteral("kept layers"))) << errors().text().toStdString();
    EXPECT_TRUE(offers("stripRemedy"));
    EXPECT_TRUE(page().isVisible());
    EXPECT_TRUE(allDrawn());
    // What is shown is of other settings; a sweep holds for every value of what was varied.
    EXPECT_TRUE(everyEdge(std::string_view(GetParam()) != "sweep"));
    EXPECT_EQ(statusText(), QStringLiteral("The last run failed"));
}

// A model that opens and cannot be run as it is asked to.
TEST_P(StatesTest, AFirstRunThatFailsOffersFewerLayers)
{
    desk.controller.setPerspective(GetParam());
    Study first = study();
    first.keptLayers = {0};
    desk.controller.openStudy(first, true);
    ASSERT_TRUE(waitFor([&] { return desk.controller.state() == StudyController::State::Failed; }));
    EXPECT_TRUE(desk.controller.canRun());
    EXPECT_TRUE(vacant().isVisible());
    EXPECT_TRUE(vacantHint().contains(QStringLiteral("kept layers"))) << vacantHint().toStdString();
    EXPECT_EQ(vacantTitle(), QStringLiteral("This could not be run."));
    EXPECT_FALSE(errors().isVisible()) << "it is said once";
    for (const char* button : {"vacantRun", "vacantKeep", "vacantOpen"})
        EXPECT_TRUE(offers(button)) << button;
    desk.controller.setKeptLayers({});
    desk.waitUntilSettled();
    EXPECT_FALSE(vacant().isVisible());
}

// Said before anything is computed, with what can be done.
TEST_P(StatesTest, TooLargeForMemoryKeepsTheResult)
{
    open();
    qputenv("KETSCOPE_MEMORY", "1000");
    desk.controller.setInputText(QStringLiteral("a red ring"));
    const bool failed = waitFor([&] { return desk.controller.state() == StudyController::State::Failed; });
    qunsetenv("KETSCOPE_MEMORY");
    ASSERT_TRUE(failed);
    EXPECT_TRUE(errors().text().contains(QStringLiteral("Shorten the input"))) << errors().text().toStdString();
    EXPECT_FALSE(offers("stripRemedy")) << "what is left without any maps does not fit either";
    EXPECT_TRUE(page().isVisible());
    EXPECT_TRUE(allDrawn());
    EXPECT_TRUE(everyEdge(true));
}

INSTANTIATE_TEST_SUITE_P(All, StatesTest,
                         testing::Values("heatmap", "entropy", "alignment", "quantum", "outputs", "sweep"),
                         [](const auto& each) { return std::string(each.param); });

// Maps of more tokens than the screen has pixels for, as captured attention: pooled, and said to be.
class LargeStatesTest : public StatesTest {
protected:
    void SetUp() override
    {
        StatesTest::SetUp();
        constexpr std::size_t kTokens = 700;
        const auto file = desk.folder.path() / "attention.npy";
        std::ofstream out(file, std::ios::binary);
        out << npyHeader({1, 1, kTokens, kTokens});
        std::vector<float> row(kTokens, 1.0F / static_cast<float>(kTokens));
        for (std::size_t query = 0; query < kTokens; ++query)
            out.write(reinterpret_cast<const char*>(row.data()), kTokens * sizeof(float));
        out.close();
        std::ofstream tokens(desk.folder.path() / "attention.txt");
        for (std::size_t token = 0; token < kTokens; ++token)
            tokens << "token" << token << '\n';
        tokens.close();
        window->openPath(QString::fromStdString(file.string()));
        ASSERT_TRUE(waitFor([&] { return desk.settled(); })) << errors().text().toStdString();
        desk.controller.setPerspective(GetParam());
    }
};

TEST_P(LargeStatesTest, IsPooledOrDrawnAndNeverBlank)
{
    ASSERT_TRUE(waitFor([&] { return !panes().empty() && allDrawn(); }));
    for (QWidget* each : panes())
        EXPECT_FALSE(isBlank(*each)) << each->objectName().toStdString();
    if (auto* maps = dynamic_cast<HeatmapPage*>(&page())) {
        EXPECT_GT(maps->figureView().layout().pool, 1U);
    }
}

INSTANTIATE_TEST_SUITE_P(All, LargeStatesTest, testing::Values("heatmap", "entropy"),
                         [](const auto& each) { return std::string(each.param); });

class SweepStatesTest : public StatesTest {};

TEST_P(SweepStatesTest, EmptyRunningFailedAndTooLargeAreSaid)
{
    desk.openSample();
    desk.controller.setPerspective(GetParam());
    auto& shown = dynamic_cast<SweepPage&>(page());
    const auto* said = window->findChild<QLabel*>(QStringLiteral("sweepEmptyTitle"));
    const auto* hint = window->findChild<QLabel*>(QStringLiteral("sweepEmpty"));
    const auto* run = window->findChild<QPushButton*>(QStringLiteral("sweepEmptyRun"));
    EXPECT_TRUE(said->text().startsWith(QStringLiteral("Nothing was swept yet")));
    EXPECT_FALSE(run->isHidden());
    shown.form().findChild<QSpinBox*>(QStringLiteral("sweepSeeds"))->setValue(100);
    shown.runOrCancel();
    EXPECT_TRUE(said->text().contains(QStringLiteral("being run")));
    EXPECT_TRUE(window->findChild<QLabel*>(QStringLiteral("sweepStep"))->isVisible());
    EXPECT_TRUE(run->isHidden());
    shown.runOrCancel();
    EXPECT_TRUE(said->text().startsWith(QStringLiteral("Nothing was swept yet")));

    QStringList many;
    for (int value = 16; value <= 4096; ++value)
        many << QString::number(value);
    shown.form().first().values().setText(many.join(QStringLiteral(", ")));
    shown.form().second().setAxis({"sigma", {"0.5", "1", "2"}});
    EXPECT_TRUE(hint->text().contains(QStringLiteral("at most"))) << hint->text().left(200).toStdString();
    EXPECT_TRUE(run->isHidden());
    EXPECT_FALSE(window->findChild<QPushButton*>(QStringLiteral("runSweep"))->isEnabled());

    const auto damaged = desk.folder.path() / "damaged.h5";
    std::ofstream(damaged) << "no sweep";
    shown.form().first().values().setText(QStringLiteral("16, 64"));
    desk.controller.openSweep(QString::fromStdString(damaged.string()));
    ASSERT_TRUE(waitFor([&] { return !desk.controller.isSweeping(); }));
    EXPECT_TRUE(said->text().startsWith(QStringLiteral("There is no sweep to show."))) << said->text().toStdString();
    EXPECT_TRUE(hint->text().contains(QStringLiteral("damaged.h5")));
    EXPECT_FALSE(errors().isVisible()) << "it is said once";
    desk.controller.setPerspective("heatmap");
    desk.controller.openSweep(QString::fromStdString(damaged.string()));
    EXPECT_TRUE(waitFor([&] { return errors().isVisible(); })) << "not on this page";
}

INSTANTIATE_TEST_SUITE_P(All, SweepStatesTest, testing::Values("sweep"),
                         [](const auto& each) { return std::string(each.param); });

}  // namespace
}  // namespace ketscope::test
