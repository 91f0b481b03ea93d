// SPDX-License-Identifier: GPL-3.0-or-later
// Lessons in the window: targets, the card's place, what may be used, and that everything comes back.
#include "tests/ui/desk.h"
#include "ui/lessons/exhibit_page.h"
#include "ui/lessons/lesson_overlay.h"
#include "ui/main_window.h"
#include "ui/presentation.h"

#include <QLabel>
#include <QPushButton>
#include <QRadioButton>

namespace ketscope::test {
namespace {

class LessonWindow : public testing::Test {
protected:
    void SetUp() override
    {
        window = std::make_unique<MainWindow>(desk.controller, desk.appearance, desk.settings);
        window->resize(1600, 1000);
        window->show();
        desk.openSample();
    }

    LessonPlayer& player() { return window->lessonPlayer(); }
    LessonOverlay& overlay() { return window->lessonOverlay(); }
    QPushButton& button(const QString& name) { return *overlay().findChild<QPushButton*>(name); }

    void start(const std::string& id)
    {
        window->startLesson(lessonOf(id));
        waitForStep();
    }

    void waitForStep()
    {
        ASSERT_TRUE(waitFor([&] { return player().isReady(); })) << desk.controller.error().toStdString();
    }

    // As a learner who predicts the first choice and asks to be shown.
    void passStep()
    {
        waitForStep();
        if (player().step().prediction)
            overlay().findChild<QRadioButton*>(QStringLiteral("choice.1"))->click();
        if (!player().isMet())
            button(QStringLiteral("showMe")).click();
        ASSERT_TRUE(waitFor([&] { return player().mayGoOn(); })) << player().step().title;
    }

    void settleLayout() { QTest::qWait(200); }

    Desk desk;
    std::unique_ptr<MainWindow> window;
};

TEST_F(LessonWindow, EveryTargetOfEveryStepExistsAndTheCardCoversNone)
{
    for (const QSize size : {QSize(1600, 1000), QSize(1180, 720)}) {
        window->resize(size);
        for (const Lesson& lesson : lessons()) {
            window->startLesson(lesson);
            for (std::size_t step = 0; step < lesson.steps.size(); ++step) {
                waitForStep();
                settleLayout();
                SCOPED_TRACE(lesson.id + ", step " + std::to_string(step + 1) + ", width "
                             + std::to_string(size.width()));
                EXPECT_TRUE(overlay().missingTargets().isEmpty())
                    << overlay().missingTargets().join(u' ').toStdString();
                EXPECT_EQ(overlay().holes().empty(), lesson.steps[step].litTargets().empty());
                for (const auto& hole : overlay().holes())
                    EXPECT_FALSE(hole.rect.intersects(overlay().card().geometry())) << "the card covers a target";
                EXPECT_TRUE(overlay().rect().contains(overlay().card().geometry()));
                passStep();
                player().next();
            }
            EXPECT_FALSE(player().isPlaying());
        }
    }
}

TEST_F(LessonWindow, EverythingComesBackAsItWas)
{
    desk.controller.setParameter("m", 64);
    desk.waitUntilSettled();
    desk.controller.selectCell(3, 2);
    desk.controller.setPerspective("entropy");
    window->showStart(true);
    const Study before = desk.controller.study();
    const int steps = desk.controller.undoStack().count();
    const QStringList recent = desk.settings.recentFiles();
    start("many-heads");
    EXPECT_NE(desk.controller.study().modelPath, before.modelPath);
    EXPECT_FALSE(desk.controller.canSave());
    passStep();
    player().end();
    desk.waitUntilSettled();
    EXPECT_EQ(desk.controller.study(), before);
    EXPECT_EQ(desk.controller.undoStack().count(), steps);
    EXPECT_EQ(desk.settings.recentFiles(), recent);
    EXPECT_EQ(desk.controller.comparison()->study.input.text, before.input.text);
    desk.controller.undoStack().undo();  // the perspective
    EXPECT_EQ(desk.controller.study().perspective, "");
    desk.controller.undoStack().undo();  // the cell
    desk.controller.undoStack().undo();  // the parameter
    desk.waitUntilSettled();
    EXPECT_NE(desk.controller.study().candidates, before.candidates);
    EXPECT_TRUE(window->findChild<QWidget*>(QStringLiteral("startPanel"))->isVisible());
}

TEST_F(LessonWindow, FinishingIsRememberedAndEndingIsNot)
{
    start("interference");
    player().end();
    EXPECT_TRUE(desk.settings.finishedLessons().isEmpty());
    start("interference");
    for (std::size_t step = 0, all = player().lesson().steps.size(); step < all; ++step) {
        passStep();
        button(QStringLiteral("lessonNext")).click();
    }
    EXPECT_EQ(desk.settings.finishedLessons(), QStringList{QStringLiteral("interference")});
    EXPECT_FALSE(player().isPlaying());
}

TEST_F(LessonWindow, NextWaitsForPredictionAndAct)
{
    start("scores-to-weights");
    QPushButton& next = button(QStringLiteral("lessonNext"));
    EXPECT_FALSE(next.isEnabled());
    button(QStringLiteral("showMe")).click();
    ASSERT_TRUE(waitFor([&] { return player().isMet(); }));
    EXPECT_FALSE(next.isEnabled()) << "it was not predicted";
    overlay().findChild<QRadioButton*>(QStringLiteral("choice.2"))->click();
    EXPECT_TRUE(next.isEnabled());
    EXPECT_EQ(player().right(), 3u);  // “down”
    EXPECT_TRUE(overlay().findChild<QLabel*>(QStringLiteral("lessonAnswer"))->text().contains(QStringLiteral("0.51")));
}

TEST_F(LessonWindow, ATipIsDraggedByMouseAndByKeys)
{
    start("scores-to-weights");
    settleLayout();
    ExhibitView& view = *window->findChild<ExhibitView*>();
    const ExhibitGrip q = view.figure()->grips().front();
    const QPoint from = view.placeOf(q).toPoint();
    QTest::mousePress(&view, Qt::LeftButton, {}, from);
    QTest::mouseMove(&view, from + QPoint(0, 40));
    QTest::mouseRelease(&view, Qt::LeftButton, {}, from + QPoint(0, 40));
    const double dragged = player().exhibitState().at("qy");
    EXPECT_LT(dragged, 0.6);
    view.setFocus();
    QTest::keyClick(&view, Qt::Key_Down, Qt::ShiftModifier);
    EXPECT_NEAR(player().exhibitState().at("qy"), dragged - 10 * exhibitStep(exhibitType("scores").control("qy")),
                1e-9);
}

TEST_F(LessonWindow, OnlyTargetsAndCardTakeInput)
{
    start("scores-to-weights");
    settleLayout();
    const Study before = desk.controller.study();
    QTest::keyClick(window.get(), Qt::Key_2);
    EXPECT_EQ(desk.controller.study(), before) << "a key of the window acted";
    EXPECT_EQ(window->childAt(window->findChild<QWidget*>(QStringLiteral("run"))->mapTo(window.get(), QPoint(5, 5))),
              &overlay());
    QTest::keyClick(window.get(), Qt::Key_Escape);
    EXPECT_TRUE(overlay().card().isAsking());
    EXPECT_TRUE(player().isPlaying());
    button(QStringLiteral("keepOn")).click();
    EXPECT_FALSE(overlay().card().isAsking());
    QTest::keyClick(window.get(), Qt::Key_Escape);
    button(QStringLiteral("reallyEnd")).click();
    EXPECT_FALSE(player().isPlaying());
}

TEST_F(LessonWindow, TabStaysInCardAndTargets)
{
    start("many-heads");
    settleLayout();
    for (int i = 0; i < 20; ++i) {
        QTest::keyClick(QApplication::focusWidget(), Qt::Key_Tab);
        const QWidget* focus = QApplication::focusWidget();
        const QWidget* grid = window->findChild<QWidget*>(QStringLiteral("headGrid"));
        const QWidget* map = window->findChild<QWidget*>(QStringLiteral("figureView"));
        EXPECT_TRUE(overlay().card().isAncestorOf(focus) || focus == grid || focus == map)
            << focus->objectName().toStdString();
    }
}

TEST_F(LessonWindow, SpeaksTheLanguageThatIsChosen)
{
    const auto action = [&](const std::function<bool(const QAction&)>& is) -> QAction& {
        for (QAction* each : window->findChildren<QAction*>())
            if (is(*each))
                return *each;
        throw std::runtime_error("no such action");
    };
    const auto language = [&](const char* title) -> QAction& {
        return action([&](const QAction& each) { return each.text() == QString::fromUtf8(title); });
    };
    const QAction& lesson = action([](const QAction& each) {
        return each.isCheckable() && each.data().toString() == QStringLiteral("many-heads");
    });
    const auto label = [&](const char* name) { return overlay().findChild<QLabel*>(QString::fromUtf8(name))->text(); };
    EXPECT_EQ(lesson.text(), QStringLiteral("2 Many heads, many jobs"));
    language("Deutsch").trigger();
    EXPECT_EQ(lesson.text(), QStringLiteral("2 Viele Heads, viele Aufgaben"));
    EXPECT_EQ(window->findChild<QPushButton*>(QStringLiteral("lesson.many-heads"))->text(),
              QStringLiteral("Viele Heads, viele Aufgaben"));
    action([&](const QAction& each) { return &each == &lesson; }).trigger();
    waitForStep();
    EXPECT_EQ(label("lessonTitle"), QStringLiteral("Lektion 2 · Viele Heads, viele Aufgaben"));
    EXPECT_EQ(label("lessonPlace"), QStringLiteral("Schritt 1 von 4"));
    EXPECT_EQ(button(QStringLiteral("showMe")).text(), QStringLiteral("Vor&machen"));
    language("English").trigger();
    EXPECT_EQ(lesson.text(), QStringLiteral("2 Many heads, many jobs"));
    start("many-heads");
    EXPECT_EQ(label("lessonPlace"), QStringLiteral("Step 1 of 4"));
}

TEST(LessonPlace, TextAtTwiceTheSizeIsReadableWhateverIsCovered)
{
    const QRect room(0, 0, 1600, 1000);
    const std::vector<QRect> taken = {QRect(20, 236, 520, 564), QRect(580, 236, 1000, 564)};
    const QRect place = placeInFreeRoom(room, taken, 1288, 680, [](int width) { return width < 1000 ? 900 : 560; });
    EXPECT_EQ(place.height(), 500);
    EXPECT_TRUE(room.contains(place));
}

TEST(LessonPlace, LargestFreeRectangleAndNeverOverATarget)
{
    const QRect room(0, 0, 1600, 1000);
    const auto needs = [](int width) { return width < 500 ? 400 : 280; };
    const std::vector<QRect> taken = {QRect(0, 0, 900, 1000)};
    const QRect place = placeInFreeRoom(room, taken, 644, 340, needs);
    EXPECT_EQ(place.size(), QSize(644, 280));
    EXPECT_FALSE(place.intersects(taken.front()));
    const QRect narrow = placeInFreeRoom(room, {QRect(0, 0, 1200, 1000)}, 644, 340, needs);
    EXPECT_LT(narrow.width(), 400);
    EXPECT_EQ(narrow.height(), 400);
    EXPECT_FALSE(narrow.intersects(QRect(0, 0, 1200, 1000)));
}

// A small card scrolls to what it waits for.
TEST_F(LessonWindow, ThePredictionThatIsWaitedForIsInView)
{
    desk.appearance.setTextScale(2.0);
    window->resize(1280, 800);
    start("side-by-side");
    settleLayout();
    button(QStringLiteral("showMe")).click();
    ASSERT_TRUE(waitFor([&] { return player().isMet(); }));
    ASSERT_FALSE(player().mayGoOn());
    const auto* choice = overlay().findChild<QRadioButton*>(QStringLiteral("choice.1"));
    EXPECT_TRUE(waitFor([&] { return !choice->visibleRegion().isEmpty(); }));
}

// Larger text arranges the docks anew: they must not come before the card. Escape leaves.
TEST_F(LessonWindow, PresentedInAStepTheCardStaysInFront)
{
    start("many-heads");
    settleLayout();
    window->presentation().setOn(true);
    window->resize(1500, 950);
    const auto* card = overlay().findChild<QWidget*>(QStringLiteral("lessonCard"));
    ASSERT_NE(card, nullptr);
    EXPECT_TRUE(waitFor([&] {
        const QPoint middle = card->mapTo(window.get(), card->rect().center());
        const QWidget* seen = window->childAt(middle);
        return seen != nullptr && (seen == card || card->isAncestorOf(seen));
    }));
}

// The note of the step, the step after it, and the time are in a window of their own, which comes back where it was.
TEST_F(LessonWindow, NotesStandInAWindowOfTheirOwn)
{
    start("many-heads");
    settleLayout();
    Presentation& presentation = window->presentation();
    presentation.setOn(true);
    EXPECT_FALSE(presentation.showsNotes());
    presentation.showNotes(true);
    PresenterNotes& notes = presentation.notesWindow();
    EXPECT_TRUE(notes.isWindow());
    EXPECT_TRUE(notes.text().contains(QStringLiteral("Ask what such a head is good for")))
        << notes.text().toStdString();
    EXPECT_EQ(notes.next(), QStringLiteral("Next: 2 The first token as a sink"));
    EXPECT_GE(notes.findChild<QTextBrowser*>()->font().pixelSize(), 24);
    EXPECT_EQ(notes.clock(), QStringLiteral("0:00"));
    EXPECT_TRUE(waitFor([&] { return notes.clock() == QStringLiteral("0:01"); }));
    const QString file = QString::fromStdString((desk.folder.path() / "notes.pdf").string());
    notes.save(file);
    EXPECT_GT(QFileInfo(file).size(), 1000);
    EXPECT_THROW(notes.save(QStringLiteral("/nowhere/notes.pdf")), Error);
    notes.setGeometry(30, 40, 420, 260);
    player().goTo(1);
    EXPECT_TRUE(waitFor([&] { return notes.next().startsWith(QStringLiteral("Next: 3")); }));
    notes.activateWindow();
    ASSERT_TRUE(QTest::qWaitForWindowActive(&notes));
    QTest::keyClick(&notes, Qt::Key_Escape);
    EXPECT_FALSE(presentation.showsNotes());
    EXPECT_TRUE(presentation.isOn()) << "the key closes the notes alone";
    presentation.showNotes(true);
    EXPECT_EQ(notes.geometry(), QRect(30, 40, 420, 260));
    presentation.setOn(false);
    EXPECT_FALSE(presentation.showsNotes());
    EXPECT_EQ(desk.settings.notesPlace(), QRect(30, 40, 420, 260));
}

TEST(NotesPlace, IsNotOnThePresentedScreenWhereThereIsAnother)
{
    const QList<QRect> two{QRect(0, 0, 1920, 1080), QRect(1920, 0, 1280, 800)};
    const QRect aside = placeOfNotes(two, 0, {});
    EXPECT_TRUE(two[1].contains(aside));
    EXPECT_GT(aside.width(), 1000);
    EXPECT_TRUE(two[0].contains(placeOfNotes(two, 1, {})));
    const QRect was(2000, 100, 500, 400);
    EXPECT_EQ(placeOfNotes(two, 0, was), was);
    EXPECT_TRUE(two[0].contains(placeOfNotes(two, 1, was))) << "it would be on the presented screen";
    EXPECT_EQ(placeOfNotes(two, 0, {9000, 100, 500, 400}), aside) << "that screen is gone";
    const QRect only = placeOfNotes({two[1]}, 0, was);
    EXPECT_EQ(only, was);
    EXPECT_TRUE(two[0].contains(placeOfNotes({two[0]}, 0, was)));
    const QRect large(-200, 0, 2200, 1100);
    EXPECT_TRUE(two[0].contains(placeOfNotes({two[0]}, 0, large)));
}

TEST_F(LessonWindow, PresentationIsLargerBareAndComesBack)
{
    const double scale = desk.appearance.textScale();
    window->presentation().setOn(true);
    EXPECT_DOUBLE_EQ(desk.appearance.textScale(), scale * 1.5);
    EXPECT_TRUE(window->isFullScreen());
    EXPECT_FALSE(window->findChild<QWidget*>(QStringLiteral("leftDock"))->isVisible());
    EXPECT_DOUBLE_EQ(desk.settings.textScale(), scale);
    window->presentation().nextSpotlight();
    EXPECT_TRUE(window->presentation().spotlight().isVisible());
    EXPECT_FALSE(window->presentation().showsNotes()) << "there is one screen, which everybody sees";
    window->presentation().showNotes(true);
    EXPECT_TRUE(window->presentation().showsNotes());
    window->activateWindow();
    ASSERT_TRUE(QTest::qWaitForWindowActive(window.get()));
    window->setFocus();
    QTest::keyClick(window.get(), Qt::Key_Escape);
    EXPECT_FALSE(window->presentation().isOn());
    EXPECT_DOUBLE_EQ(desk.appearance.textScale(), scale);
    EXPECT_FALSE(window->isFullScreen());
    EXPECT_TRUE(window->findChild<QWidget*>(QStringLiteral("leftDock"))->isVisible());
    EXPECT_FALSE(window->presentation().spotlight().isVisible());
    EXPECT_FALSE(window->presentation().showsNotes());
}

}  // namespace
}  // namespace ketscope::test
