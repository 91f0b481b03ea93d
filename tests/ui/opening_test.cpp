// SPDX-License-Identifier: GPL-3.0-or-later
// What a model is opened with, and what is offered where it cannot be run.
#include "tests/ui/desk.h"
#include "ui/dialogs/export_dialog.h"
#include "ui/main_window.h"
#include "ui/views/vacant_page.h"
#include "viz/composition.h"
#include "viz/export.h"
#include "viz/figures/heatmap.h"

#include <fstream>

namespace ketscope::test {
namespace {

// A model of pictures and texts takes a picture alone with the caption that is known of it, else the sample's.
TEST(OpeningTest, APictureAloneGetsASentence)
{
    Desk desk;
    Study study;
    study.modelPath = (samplesFolder() / "shape-blip").string();
    study.input.image = PictureInput{(samplesFolder() / "scenes" / "scene-03.png").string(), nullptr};
    desk.controller.openStudy(study, true);
    desk.waitUntilSettled();
    const Input& input = desk.controller.study().input;
    EXPECT_EQ(input.text.value_or(""), "a blue cross and a green circle");
    EXPECT_TRUE(input.image && input.image->path.ends_with("scene-03.png"));
}

// A first run that fewer maps would not make possible.
TEST(OpeningTest, LayersToKeepAreOfferedOnlyWhereTheyHelp)
{
    Desk desk;
    VacantPage page(desk.controller, desk.appearance);
    Study study = sampleStudy();
    study.input = Input{};
    study.input.tokenIds = {999999};  // which no vocabulary here has
    desk.controller.openStudy(study, true);
    ASSERT_TRUE(waitFor([&] { return desk.controller.state() == StudyController::State::Failed; }));
    ASSERT_TRUE(desk.controller.canRun()) << "the model is open: " << desk.controller.error().toStdString();
    EXPECT_FALSE(page.findChild<QPushButton*>(QStringLiteral("vacantRun"))->isHidden());
    EXPECT_TRUE(page.findChild<QPushButton*>(QStringLiteral("vacantKeep"))->isHidden());
}

// A figure out of a paper leads back to the study that it was drawn from, with its view.
TEST(OpeningTest, AnExportedFigureIsItsStudy)
{
    Desk desk;
    MainWindow window(desk.controller, desk.appearance, desk.settings);
    window.show();
    desk.openSample();
    ViewSettings view = desk.controller.study().view;
    view.colourMap = "cividis";
    desk.controller.setView(view);
    desk.controller.setParameter("m", 64.0);
    desk.waitUntilSettled();
    const Study drawn = desk.controller.study();
    const std::filesystem::path figure = desk.folder.path() / "figure.png";
    ExportOptions options;
    options.dpi = 72.0;
    exportFigure(Heatmap(desk.controller.comparison()), *desk.controller.comparison(), figure, options);
    desk.controller.setParameter("m", 32.0);
    desk.waitUntilSettled();
    window.openPath(QString::fromStdString(figure.string()));
    ASSERT_TRUE(waitFor([&] { return desk.controller.study() == drawn; }));
    desk.waitUntilSettled();
    EXPECT_EQ(desk.controller.comparison()->study.candidates, drawn.candidates);
}

// Its panels are offered when it is exported again, though the perspective in sight shows none of them.
TEST(OpeningTest, TheExportOfAnOpenedFigureOffersItsPanels)
{
    Desk desk;
    MainWindow window(desk.controller, desk.appearance, desk.settings);
    window.show();
    desk.openSample();
    PageContents contents;
    contents.figures = {QStringLiteral("token-entropy"), QStringLiteral("head-matrix")};
    contents.arrangement = Arrangement::TwoColumns;
    ExportOptions options;
    options.dpi = 72.0;
    options.widthMm = 97.0;
    const std::filesystem::path figure = desk.folder.path() / "figure.svg";
    exportFigure(*makePage(desk.controller.comparison(), contents), *desk.controller.comparison(), figure, options);
    window.openPath(QString::fromStdString(figure.string()));
    ASSERT_TRUE(waitFor([&] { return !desk.controller.study().view.page.figures.empty(); }));
    desk.waitUntilSettled();
    const auto exportAction = [&] {
        for (QAction* action : window.findChildren<QAction*>())
            if (action->shortcuts().contains(QKeySequence(QStringLiteral("Ctrl+E"))))
                return action;
        return static_cast<QAction*>(nullptr);
    }();
    ASSERT_NE(exportAction, nullptr);
    const auto offered = [&] {
        exportAction->trigger();
        auto* dialog = window.findChild<ExportDialog*>();
        const ExportTask task = dialog->task();
        delete dialog;
        return task;
    };
    EXPECT_EQ(offered().page, contents);
    EXPECT_EQ(offered().options.widthMm, 97.0);
    desk.controller.setPerspective("outputs");
    EXPECT_EQ(offered().page.figures, QStringList{QStringLiteral("outputs")});
}

// What is no figure is said without the study that is open; a file that is being read can be left.
TEST(OpeningTest, AFigureIsReadBesideTheWindow)
{
    Desk desk;
    MainWindow window(desk.controller, desk.appearance, desk.settings);
    window.show();
    desk.openSample();
    const Study before = desk.controller.study();
    const std::filesystem::path file = desk.folder.path() / "other.pdf";
    std::ofstream(file) << "%PDF-1.4\n";
    window.openPath(QString::fromStdString(file.string()));
    EXPECT_EQ(desk.controller.state(), StudyController::State::Running) << "it was read at once";
    desk.controller.cancel();
    EXPECT_EQ(desk.controller.state(), StudyController::State::UpToDate);
    window.openPath(QString::fromStdString(file.string()));
    const auto said = [&] {
        for (const QLabel* label : window.findChildren<QLabel*>())
            if (label->isVisible() && label->text().contains(QStringLiteral("other.pdf")))
                return true;
        return false;
    };
    EXPECT_TRUE(waitFor(said));
    EXPECT_EQ(desk.controller.study(), before);
}

// A list of captions that is too long to be read for one picture does not keep the picture from being shown.
TEST(OpeningTest, ALongListOfCaptionsIsLeftAlone)
{
    Desk desk;
    const auto picture = desk.folder.path() / "scene-03.png";
    std::filesystem::copy_file(samplesFolder() / "scenes" / "scene-03.png", picture);
    std::ofstream(desk.folder.path() / "scenes.json")
        << R"([{"image": "scene-03.png", "caption": "a list"}])" << std::string(std::size_t{16} << 20U, ' ');
    Study study;
    study.modelPath = (samplesFolder() / "shape-blip").string();
    study.input.image = PictureInput{picture.string(), nullptr};
    desk.controller.openStudy(study, true);
    ASSERT_TRUE(waitFor([&] { return desk.controller.canRun(); })) << desk.controller.error().toStdString();
    EXPECT_NE(desk.controller.study().input.text.value_or("a list"), "a list");
    desk.controller.cancel();
}

}  // namespace
}  // namespace ketscope::test
