// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/study/run_file.h"
#include "tests/ui/desk.h"
#include "ui/dialogs/export_dialog.h"
#include "ui/docks/token_strip.h"
#include "ui/main_window.h"
#include "ui/message_strip.h"

#include <QComboBox>
#include <QDockWidget>
#include <QDropEvent>
#include <QLineEdit>
#include <QMimeData>
#include <QPushButton>
#include <QScrollArea>
#include <QSignalSpy>
#include <QStackedWidget>

#include <fstream>

namespace ketscope::test {
namespace {

class WindowTest : public testing::Test {
protected:
    void SetUp() override
    {
        window = std::make_unique<MainWindow>(desk.controller, desk.appearance, desk.settings);
        window->show();
        desk.openSample();
    }

    void drop(const std::filesystem::path& path)
    {
        QMimeData data;
        data.setUrls({QUrl::fromLocalFile(QString::fromStdString(path.string()))});
        QDragEnterEvent enter(QPoint(100, 100), Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
        QApplication::sendEvent(window.get(), &enter);
        QDropEvent event(QPointF(100, 100), Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
        QApplication::sendEvent(window.get(), &event);
    }

    const MessageStrip& errors() const { return *window->findChild<MessageStrip*>(QStringLiteral("errorStrip")); }

    Desk desk;
    std::unique_ptr<MainWindow> window;
};

TEST_F(WindowTest, DroppedModelOpens)
{
    drop(fixtures() / "models" / "bert-seqcls");
    ASSERT_TRUE(waitFor([&] { return desk.controller.model()->architecture == "bert" && desk.settled(); }));
    EXPECT_TRUE(errors().isHidden());
    EXPECT_TRUE(window->windowTitle().contains(QStringLiteral("bert-seqcls")));
    EXPECT_EQ(desk.settings.recentFiles().size(), 2);
}

TEST_F(WindowTest, DroppedTextIsTheInput)
{
    const auto file = desk.folder.path() / "sentence.txt";
    std::ofstream(file) << "a warm film\n";
    drop(file);
    desk.waitUntilSettled();
    EXPECT_EQ(desk.controller.study().input.text, "a warm film");
    EXPECT_EQ(window->findChild<QLineEdit*>(QStringLiteral("input"))->text(), QStringLiteral("a warm film"));
}

TEST_F(WindowTest, AnythingElseDroppedIsExplained)
{
    const auto file = desk.folder.path() / "archive.rar";
    std::ofstream(file) << std::string("Rar\0!", 5);
    drop(file);
    EXPECT_FALSE(errors().isHidden());
    EXPECT_TRUE(errors().text().contains(QStringLiteral("archive.rar")));
    errors().findChild<QPushButton*>(QStringLiteral("closeStrip"))->click();
    EXPECT_TRUE(errors().isHidden());
}

TEST_F(WindowTest, APictureNeedsAModelThatLooksAtPictures)
{
    const auto picture = samplesFolder() / "scenes" / "scene-03.png";
    drop(picture);
    EXPECT_TRUE(waitFor([&] { return errors().text().contains(QStringLiteral("scene-03.png")); }))
        << errors().text().toStdString();
    drop(samplesFolder() / "shape-blip");
    ASSERT_TRUE(waitFor([&] { return desk.controller.model()->architecture == "blip" && desk.settled(); }));
    EXPECT_TRUE(errors().isHidden());
    drop(picture);
    ASSERT_TRUE(waitFor([&] { return desk.controller.study().input.image && desk.settled(); }));
    EXPECT_EQ(desk.controller.study().input.image->path, picture.string());
    EXPECT_EQ(window->findChild<QPushButton*>(QStringLiteral("picture"))->isVisible(), true);
}

TEST_F(WindowTest, ARunFileOfThisModelGoesOn)
{
    Monitor monitor;
    const auto file = desk.folder.path() / "run.h5";
    writeRunFile(*desk.controller.comparison(), file, monitor);
    desk.controller.setInputText(QStringLiteral("another sentence"));
    desk.waitUntilSettled();
    drop(file);
    ASSERT_TRUE(waitFor([&] { return desk.settled() && desk.controller.comparison()->input.tokens.size() == 15; }));
    EXPECT_FALSE(desk.controller.isRecorded());
    desk.controller.setInputText(QStringLiteral("a warm film"));
    desk.waitUntilSettled();
    EXPECT_EQ(desk.controller.comparison()->input.tokens.size(), 5U);
}

TEST_F(WindowTest, ARunFileWhoseModelIsGoneIsShownAndNotRun)
{
    Monitor monitor;
    auto moved = std::make_shared<Comparison>(*desk.controller.comparison());
    moved->study.modelPath = (desk.folder.path() / "gone").string();
    const auto file = desk.folder.path() / "run.h5";
    writeRunFile(*moved, file, monitor);
    drop(file);
    ASSERT_TRUE(waitFor([&] { return desk.controller.isRecorded() && desk.controller.readingsAreCurrent(); }));
    EXPECT_FALSE(window->findChild<QPushButton*>(QStringLiteral("run"))->isEnabled());
    EXPECT_FALSE(window->findChild<QLineEdit*>(QStringLiteral("input"))->isEnabled());
    const ComparisonPointer shown = desk.controller.comparison();
    desk.controller.setSeed(99);
    EXPECT_EQ(desk.controller.study().seed, shown->study.seed);
    desk.controller.selectCell(1, 2);
    EXPECT_EQ(desk.controller.selection().key, 2U);
    drop(samplesFolder() / "sentiment");
    ASSERT_TRUE(waitFor([&] { return desk.controller.canRun() && desk.settled(); }));
}

TEST_F(WindowTest, MapsOfSelectedLayersAloneCanBeKept)
{
    desk.controller.setKeptLayers({4, 5});
    desk.waitUntilSettled();
    const StackTrace& stack = desk.controller.comparison()->traces[0]->stacks[0];
    EXPECT_EQ(stack.attention[0], nullptr);
    EXPECT_NE(stack.attention[5], nullptr);
    Selection selection = desk.controller.selection();
    selection.layer = 0;
    desk.controller.select(selection);
    EXPECT_GE(desk.controller.selection().layer, 4U);
    for (int perspective = 0; perspective < 2; ++perspective) {
        window->findChild<QStackedWidget*>()->setCurrentIndex(perspective);
        QTest::qWait(50);
        window->grab();
    }
    desk.controller.undoStack().setIndex(0);
    desk.waitUntilSettled();
    EXPECT_NE(desk.controller.comparison()->traces[0]->stacks[0].attention[0], nullptr);
}

TEST_F(WindowTest, EverySampleOpensByItsMenu)
{
    for (const Sample& sample : ketscope::samples()) {
        const QString title = QString::fromStdString(sample.title);
        const QList<QAction*> actions = window->findChildren<QAction*>();
        const auto action = std::ranges::find(actions, title, &QAction::text);
        ASSERT_NE(action, actions.end()) << sample.title;
        (*action)->trigger();
        ASSERT_TRUE(waitFor([&] {
            return desk.controller.study().modelPath == sample.study.modelPath && desk.settled();
        })) << sample.title
            << desk.controller.error().toStdString();
        EXPECT_EQ(desk.controller.selection(), sample.study.selection) << sample.title;
        EXPECT_TRUE(errors().isHidden()) << errors().text().toStdString();
    }
}

TEST_F(WindowTest, AModelOfSeveralStacksOffersThemAndSaysWhichItLacks)
{
    drop(samplesFolder() / "shape-clip");
    ASSERT_TRUE(waitFor([&] { return desk.controller.model()->architecture == "clip" && desk.settled(); }));
    auto* stacks = window->findChild<QComboBox*>(QStringLiteral("stacks"));
    ASSERT_TRUE(stacks->isVisible());
    const int vision = stacks->findData(1);
    stacks->setCurrentIndex(vision);
    emit stacks->activated(vision);
    EXPECT_EQ(desk.controller.selection().stack, 1U);
    const int cross = stacks->findText(QStringLiteral("cross"));
    ASSERT_GE(cross, 0);
    EXPECT_TRUE(stacks->itemData(cross, Qt::ToolTipRole).toString().contains(QStringLiteral("cross-attention")));
    EXPECT_FALSE(stacks->model()->flags(stacks->model()->index(cross, 0)).testFlag(Qt::ItemIsEnabled));
}

TEST_F(WindowTest, DamagedModelsAreExplainedAndTheResultStays)
{
    const ComparisonPointer before = desk.controller.comparison();
    for (const char* name : {"cfg_not_json", "cfg_heads_not_dividing"}) {
        drop(fixtures() / "badinput" / name);
        ASSERT_TRUE(waitFor([&] { return !errors().isHidden(); })) << name;
        EXPECT_TRUE(errors().text().contains(QStringLiteral("config"))) << errors().text().toStdString();
        EXPECT_EQ(desk.controller.comparison(), before);
    }
}

TEST_F(WindowTest, ThemesAndTextSizesKeepEverythingInside)
{
    const QImage light = window->grab().toImage();
    desk.appearance.setChoice(ThemeChoice::Dark);
    EXPECT_TRUE(desk.appearance.theme().dark);
    EXPECT_LT(window->palette().window().color().lightness(), 128);
    QTest::qWait(20);
    EXPECT_NE(window->grab().toImage(), light);
    desk.appearance.setTextScale(5.0);
    EXPECT_EQ(desk.appearance.textScale(), 2.0);
    for (const QSize size : {QSize(1280, 800), QSize(1180, 720)}) {
        window->resize(size);
        QTest::qWait(50);
        EXPECT_EQ(window->size(), size);
        for (const char* name : {"run", "input", "exportFigure"}) {
            const auto* control = window->findChild<QWidget*>(QString::fromLatin1(name));
            const QRect place(control->mapTo(window.get(), QPoint()), control->size());
            EXPECT_TRUE(control->isVisible()) << name << " at " << size.width();
            EXPECT_TRUE(window->rect().contains(place)) << name;
        }
        const auto* dock = window->findChild<QDockWidget*>(QStringLiteral("leftDock"));
        const QRect place(dock->mapTo(window.get(), QPoint()), dock->size());
        const auto* centre = window->findChild<QWidget*>(QStringLiteral("figureView"));
        EXPECT_GE(centre->mapTo(window.get(), QPoint()).x(), place.right());
        for (const QWidget* part : dock->findChildren<QPushButton*>())
            EXPECT_TRUE(!part->isVisible() || part->mapTo(dock, QPoint()).x() + part->width() <= dock->width())
                << part->objectName().toStdString();
    }
    desk.appearance.setChoice(ThemeChoice::Light);
    desk.appearance.setTextScale(1.0);
}

TEST_F(WindowTest, TheSelectedTokenStaysInSightInANarrowWindow)
{
    drop(samplesFolder() / "shape-blip");
    ASSERT_TRUE(waitFor([&] { return desk.controller.model()->architecture == "blip" && desk.settled(); }));
    for (const QSize size : {QSize(1600, 1000), QSize(1180, 720)}) {
        window->resize(size);
        QTest::qWait(50);
        const auto* strip = window->findChild<TokenStrip*>();
        const QRect chip = strip->chipRect(desk.controller.selection().key).toAlignedRect();
        EXPECT_TRUE(strip->visibleRegion().boundingRect().contains(chip)) << size.width();
    }
}

// A column has no horizontal scroll bar: what is wider than it would be cut.
TEST_F(WindowTest, NothingInTheDocksIsWiderThanTheyAre)
{
    for (const char* model : {"sentiment", "shape-clip", "shape-blip", "char-gpt"}) {
        drop(samplesFolder() / model);
        ASSERT_TRUE(waitFor([&] { return desk.controller.model()->path.filename() == model && desk.settled(); }));
        for (const double scale : {1.0, 1.5, 2.0}) {
            desk.appearance.setTextScale(scale);
            for (const char* page : {"heatmap", "entropy", "alignment", "quantum", "outputs", "sweep"}) {
                if (std::string_view(page) == "alignment" && !desk.controller.model()->image)
                    continue;
                desk.controller.setPerspective(page);
                QTest::qWait(30);
                for (const QDockWidget* dock : window->findChildren<QDockWidget*>())
                    for (const QScrollArea* column : dock->findChildren<QScrollArea*>())
                        if (column->isVisible() && column->horizontalScrollBarPolicy() == Qt::ScrollBarAlwaysOff) {
                            EXPECT_LE(column->widget()->width(), column->viewport()->width())
                                << model << ", " << scale << ", " << page << ", " << dock->objectName().toStdString();
                        }
            }
        }
    }
    desk.appearance.setTextScale(1.0);
}

TEST_F(WindowTest, TheToolBarHidesNothing)
{
    for (const char* model : {"sentiment", "shape-blip"}) {
        drop(samplesFolder() / model);
        ASSERT_TRUE(waitFor([&] { return desk.controller.model()->path.filename() == model && desk.settled(); }));
        for (const double scale : {2.0, 1.5})
            for (const int width : {1600, 1180}) {
                desk.appearance.setTextScale(scale);
                window->resize(width, 1000);
                QTest::qWait(50);
                const auto* rest = window->findChild<QWidget*>(QStringLiteral("qt_toolbar_ext_button"));
                EXPECT_FALSE(rest->isVisible()) << model << ", " << scale << ", " << width;
                EXPECT_TRUE(window->findChild<QWidget*>(QStringLiteral("exportFigure"))->isVisible());
            }
        // A picture of another name, with no other reason to lay out the bar again.
        if (desk.controller.model()->image) {
            desk.appearance.setTextScale(2.0);
            window->resize(1600, 1000);
            Input input = desk.controller.study().input;
            input.image->path = (desk.folder.path() / "a-scene-of-a-rather-long-name.png").string();
            std::filesystem::copy_file(samplesFolder() / "scenes" / "scene-03.png", input.image->path);
            desk.controller.setInput(input);
            desk.waitUntilSettled();
            EXPECT_FALSE(window->findChild<QWidget*>(QStringLiteral("qt_toolbar_ext_button"))->isVisible());
        }
    }
    desk.appearance.setTextScale(1.0);
}

TEST_F(WindowTest, NewSentenceWithEnter)
{
    auto* input = window->findChild<QLineEdit*>(QStringLiteral("input"));
    input->setText(QStringLiteral("not a warm film"));
    QTest::keyClick(input, Qt::Key_Return);
    desk.waitUntilSettled();
    EXPECT_EQ(desk.controller.comparison()->input.tokens.size(), 6U);
}

// Maps of the old sentence beside a new one in the field would be a lie: leaving the field takes it.
TEST_F(WindowTest, NewSentenceWhenTheFieldIsLeft)
{
    auto* input = window->findChild<QLineEdit*>(QStringLiteral("input"));
    input->setFocus();
    input->selectAll();
    QTest::keyClicks(input, QStringLiteral("not a warm film"));
    input->clearFocus();
    desk.waitUntilSettled();
    EXPECT_EQ(desk.controller.study().input.text, "not a warm film");
    EXPECT_EQ(desk.controller.comparison()->input.tokens.size(), 6U);
}

}  // namespace
}  // namespace ketscope::test
