// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/study/output_errors.h"
#include "core/study/repeat_record.h"
#include "tests/ui/desk.h"
#include "ui/docks/convergence_section.h"
#include "ui/docks/traces_section.h"
#include "ui/status_line.h"
#include "ui/study_file.h"
#include "ui/trace_notes.h"
#include "viz/figure.h"

#include <QLabel>

#include <cmath>

namespace ketscope::test {
namespace {

constexpr const char* kLongText = "the film is not great but the music and the cast are a joy to watch and the end is "
                                  "sad and slow and the light and the sound are as good as they can be";

class RepeatsTest : public testing::Test {
protected:
    // A candidate whose repeats take seconds.
    void startLongRun()
    {
        desk.controller.setInputText(QString::fromLatin1(kLongText));
        desk.waitUntilSettled();
        desk.controller.setScope(scopeOf(ScopeKind::AllLayers, *desk.controller.model(), desk.controller.selection()));
        desk.waitUntilSettled();
        desk.controller.setParameters({{"m", "1024"}, {"repeats", "64"}});
    }

    bool waitForPart()
    {
        return waitFor([this] { return desk.controller.isPart(); });
    }

    RepeatProgress progress() const
    {
        const Comparison& shown = *desk.controller.comparison();
        return repeatProgress(shown, stagedTrace(shown));
    }

    static QString textsOf(const QWidget& widget)
    {
        QStringList texts;
        for (const QLabel* label : widget.findChildren<QLabel*>())
            texts << label->text();
        return texts.join(u' ');
    }

    void SetUp() override { desk.openSample(); }

    Desk desk;
};

TEST_F(RepeatsTest, ALongRunShowsItsStagesAndCancelKeepsTheLast)
{
    TracesSection traces(desk.controller, desk.appearance);
    StatusLine line(desk.controller, desk.appearance);
    startLongRun();
    ASSERT_TRUE(waitForPart());
    const RepeatProgress running = progress();
    EXPECT_EQ(running.asked, 64U);
    EXPECT_LT(running.done, 64U);
    EXPECT_EQ(desk.controller.state(), StudyController::State::Running);
    EXPECT_FALSE(desk.controller.isOutdated()) << "it says itself what it is";
    EXPECT_TRUE(textsOf(traces).contains(QStringLiteral("%1/64").arg(running.done))) << textsOf(traces).toStdString();
    EXPECT_TRUE(textsOf(line).contains(QStringLiteral("Cancel keeps the %1 finished repeats").arg(running.done)))
        << textsOf(line).toStdString();
    desk.controller.cancel();
    const RepeatProgress kept = progress();
    EXPECT_GE(kept.done, running.done);
    EXPECT_EQ(desk.controller.state(), StudyController::State::Stale);
    EXPECT_FALSE(desk.controller.isOutdated());
    const QString said = QStringLiteral("Kept %1 of 64 repeats of B. Run goes on.").arg(kept.done);
    EXPECT_EQ(line.findChild<QLabel*>(QStringLiteral("state"))->text(), said);
    EXPECT_EQ(traceTitle(*desk.controller.comparison(), 1).detail.find("R 64"), std::string::npos);
    EXPECT_EQ(desk.controller.entry()->parameters.text("repeats"), "64") << "what is asked for stays";
    EXPECT_EQ(outputErrorsText(*desk.controller.comparison()), QStringLiteral("B: %1 of 64 repeats").arg(kept.done));
    desk.controller.run();
    ASSERT_TRUE(waitFor([&] { return progress().done > kept.done || desk.controller.isUpToDate(); }));
    desk.controller.cancel();
    desk.controller.setParameter("repeats", 2.0);
    EXPECT_FALSE(desk.controller.isPart()) << "it is of another study";
}

TEST_F(RepeatsTest, LaterCandidatesAreQueued)
{
    desk.controller.addCandidate();
    desk.waitUntilSettled();
    desk.controller.chooseCandidate(0);
    TracesSection traces(desk.controller, desk.appearance);
    startLongRun();
    ASSERT_TRUE(waitForPart());
    EXPECT_EQ(desk.controller.comparison()->traces.size(), 3U) << "C did not change";
    desk.controller.cancel();
    desk.controller.compare({0, 1});
    desk.controller.setSeed(17);
    ASSERT_TRUE(waitForPart());
    EXPECT_TRUE(textsOf(traces).contains(QStringLiteral("queued"))) << textsOf(traces).toStdString();
    desk.controller.cancel();
    EXPECT_FALSE(textsOf(traces).contains(QStringLiteral("queued"))) << textsOf(traces).toStdString();
}

TEST_F(RepeatsTest, WhatWasKeptIsSavedAsWhatItIsAndGoesOnWhenOpened)
{
    startLongRun();
    ASSERT_TRUE(waitForPart());
    desk.controller.cancel();
    const std::uint64_t done = progress().done;
    const QString file = QString::fromStdString((desk.folder.path() / "kept.ket").string());
    StudyFile study(desk.controller);
    bool saved = false;
    study.save(file, [&] { saved = true; });
    ASSERT_TRUE(waitFor([&] { return saved; }));
    EXPECT_FALSE(study.isModified());
    Desk other;
    other.controller.openRecorded(file);
    ASSERT_TRUE(waitFor([&] { return other.controller.canRun() && other.controller.comparison() != nullptr; }));
    EXPECT_TRUE(other.controller.isPart());
    EXPECT_EQ(repeatProgress(*other.controller.comparison(), 1).done, done);
    EXPECT_EQ(other.controller.entry()->parameters.text("repeats"), "64");
}

TEST_F(RepeatsTest, OutputsHaveAnErrorOnceAllRepeatsRan)
{
    EXPECT_EQ(outputErrorsText(*desk.controller.comparison()), QStringLiteral("B: one draw"));
    desk.controller.setParameters({{"m", "32"}, {"repeats", "4"}});
    desk.waitUntilSettled();
    EXPECT_TRUE(hasOutputErrors(*desk.controller.comparison(), 1));
    EXPECT_EQ(outputErrorsText(*desk.controller.comparison()), QStringLiteral("± 1 SE"));
    const Readings& readings = *desk.controller.readings();
    EXPECT_GT(readings.outputs.rows.front().error.at(1), 0.0);
    EXPECT_GT(readings.changes.at(1).error.kl, 0.0);
}

// A live run has no time for them: they follow when the slider is let go.
TEST_F(RepeatsTest, WhileDraggingThereAreNoErrors)
{
    desk.controller.setPerspective("outputs");
    desk.controller.setParameters({{"m", "32"}, {"repeats", "4"}});
    desk.waitUntilSettled();
    desk.controller.setParameter("m", 16.0, StudyController::Pace::Dragging);
    desk.waitUntilSettled();
    EXPECT_FALSE(hasOutputErrors(*desk.controller.comparison(), 1));
    EXPECT_EQ(outputErrorsText(*desk.controller.comparison()), QStringLiteral("B: no ± yet"));
    desk.controller.setParameter("m", 16.0);
    desk.waitUntilSettled();
    EXPECT_TRUE(hasOutputErrors(*desk.controller.comparison(), 1));
}

TEST_F(RepeatsTest, TheConvergenceIsThatOfTheRun)
{
    ConvergenceSection section(desk.controller, desk.appearance);
    section.resize(290, 600);
    section.show();
    startLongRun();
    ASSERT_TRUE(waitForPart());
    ASSERT_TRUE(waitFor([&] { return section.curve().isVisible() && section.curve().figure() != nullptr; }));
    EXPECT_TRUE(section.curve().figure()->panelCaption().contains(QStringLiteral("of 64 repeats")))
        << section.curve().figure()->panelCaption().toStdString();
    desk.controller.cancel();
}

}  // namespace
}  // namespace ketscope::test
