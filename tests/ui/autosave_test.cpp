// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/ui/desk.h"
#include "ui/autosave.h"
#include "ui/main_window.h"
#include "ui/message_strip.h"

#include <QDir>
#include <QProcess>
#include <QSignalSpy>
#include <QStatusBar>
#include <fstream>

namespace ketscope::test {
namespace {

namespace fs = std::filesystem;

constexpr int kSoonMs = 20;

class AutosaveTest : public testing::Test {
protected:
    std::unique_ptr<Autosave> start(Desk& desk)
    {
        return std::make_unique<Autosave>(desk.controller, QString::fromStdString(place.string()), kSoonMs);
    }

    // As if the process that owns the files had been killed: the marker names one that is no more.
    void leaveBehind()
    {
        QProcess process;
        process.start(QStringLiteral("true"), {});
        ASSERT_TRUE(process.waitForStarted());
        const auto id = process.processId();
        ASSERT_TRUE(process.waitForFinished());
        std::ofstream(place / "autosave.running") << id << "\nketscope\n"
                                                  << QSysInfo::machineHostName().toStdString() << "\n\n\n";
    }

    bool isWritten() const { return fs::exists(place / "autosave.ket"); }

    // A session with `seed` that ended without a word.
    void crashedSession(std::uint64_t seed)
    {
        Desk desk;
        {
            const auto autosave = start(desk);
            desk.openSample();
            desk.controller.setSeed(seed);
            desk.waitUntilSettled();
            ASSERT_TRUE(waitFor([&] { return isWritten() && !autosave->isPending(); }));
        }
        leaveBehind();
    }

    TemporaryFolder folder;
    fs::path place = folder.path() / "data";
};

TEST_F(AutosaveTest, AnOrderlyEndLeavesTheSessionAndNoMarker)
{
    Desk desk;
    {
        const auto autosave = start(desk);
        EXPECT_FALSE(autosave->endedUnexpectedly());
        EXPECT_TRUE(autosave->lastSession().isEmpty());
        EXPECT_TRUE(fs::exists(place / "autosave.running"));
        desk.openSample();
        bool finished = false;
        autosave->finish([&] { finished = true; });
        ASSERT_TRUE(waitFor([&] { return finished; }));
        EXPECT_TRUE(isWritten());
    }
    EXPECT_FALSE(fs::exists(place / "autosave.running"));
    const auto next = start(desk);
    EXPECT_FALSE(next->endedUnexpectedly());
    EXPECT_FALSE(next->lastSession().isEmpty());
}

TEST_F(AutosaveTest, ASessionThatWasKilledIsRestoredAndSaidOnce)
{
    crashedSession(77);
    std::ofstream(place / ".autosave-123.ket") << "half";
    Desk desk;
    const auto autosave = start(desk);
    EXPECT_TRUE(autosave->endedUnexpectedly());
    EXPECT_FALSE(fs::exists(place / ".autosave-123.ket"));
    MainWindow window(desk.controller, desk.appearance, desk.settings);
    window.useAutosave(*autosave);
    window.show();
    window.restoreSession();
    ASSERT_TRUE(waitFor([&] { return desk.settled(); }));
    EXPECT_EQ(desk.controller.study().seed, 77U);
    EXPECT_TRUE(desk.controller.canRun());
    const auto& notices = *window.findChild<MessageStrip*>(QStringLiteral("noticeStrip"));
    EXPECT_TRUE(notices.text().contains(QStringLiteral("Restored what was open when Ketscope ended unexpectedly.")));
    EXPECT_FALSE(window.windowTitle().contains(QStringLiteral("autosave")));
    EXPECT_TRUE(desk.settings.recentFiles().isEmpty());
    desk.controller.setSeed(78);
    desk.waitUntilSettled();
    EXPECT_FALSE(notices.text().contains(QStringLiteral("Restored")));
    ASSERT_TRUE(waitFor([&] { return isWritten(); })) << "the restored session is kept in turn";
}

TEST_F(AutosaveTest, TwoProcessesKeepFilesOfTheirOwn)
{
    Desk one;
    Desk two;
    const auto first = start(one);
    const auto second = start(two);
    two.openSample();
    ASSERT_TRUE(waitFor([&] { return fs::exists(place / "autosave-2.ket"); }));
    EXPECT_FALSE(isWritten());
}

TEST_F(AutosaveTest, APlaceThatCannotBeWrittenIsSaidOnceAndNotInTheWay)
{
    std::ofstream(place) << "a file where the folder would be";
    Desk desk;
    const auto autosave = start(desk);
    QSignalSpy failed(autosave.get(), &Autosave::failed);
    MainWindow window(desk.controller, desk.appearance, desk.settings);
    window.useAutosave(*autosave);
    desk.openSample();
    ASSERT_TRUE(waitFor([&] { return failed.size() == 1; }));
    EXPECT_TRUE(window.statusBar()->currentMessage().contains(QStringLiteral("data")));
    desk.controller.setSeed(3);
    desk.waitUntilSettled();
    ASSERT_TRUE(waitFor([&] { return !autosave->isPending(); }));
    EXPECT_EQ(failed.size(), 1);
}

}  // namespace
}  // namespace ketscope::test
