// SPDX-License-Identifier: GPL-3.0-or-later
// One study, three ways to its figure: the window's export, ketscope render, the window after opening the file again.
#include "tests/ui/desk.h"
#include "ui/dialogs/export_dialog.h"
#include "ui/main_window.h"

#include <QImage>
#include <QProcess>
#include <QSignalSpy>

namespace ketscope::test {
namespace {

namespace fs = std::filesystem;

QString text(const fs::path& path) { return QString::fromStdString(path.string()); }

class OneFigureTest : public testing::TestWithParam<const char*> {
protected:
    void SetUp() override
    {
        window = std::make_unique<MainWindow>(desk.controller, desk.appearance, desk.settings);
        window->show();
        desk.openSample();
        desk.controller.setMechanism(mechanism("shots"));
        desk.waitUntilSettled();
        // Nothing of it is as a new study has it.
        desk.controller.select({0, 4, 2, 5, 9});
        desk.controller.changeView([](ViewSettings& view) {
            view.colourMap = "magma";
            view.scale = ColourScale::Linear;
            view.heatmap.window = {1, 10, 2, 11};
        });
        desk.waitUntilSettled();
        bool done = false;
        window->saveStudyTo(text(study), [&] { done = true; });
        ASSERT_TRUE(waitFor([&] { return done; }));
    }

    void exportFromWindow(const fs::path& file)
    {
        ExportDialog dialog(desk.controller.comparison(), QString::fromLatin1(GetParam()), desk.settings,
                            desk.appearance);
        QSignalSpy exported(&dialog, &ExportDialog::exported);
        dialog.setFile(text(file));
        dialog.exportNow();
        ASSERT_TRUE(waitFor([&] { return exported.count() == 1; })) << dialog.message().toStdString();
    }

    fs::path file(const char* name) const { return desk.folder.path() / name; }

    Desk desk;
    fs::path study = desk.folder.path() / "study.ket";
    std::unique_ptr<MainWindow> window;
};

TEST_P(OneFigureTest, HasTheSameBytesFromWindowAndCommandLineAndAfterReopening)
{
    exportFromWindow(file("window.png"));

    QProcess program;
    program.start(QStringLiteral(KETSCOPE_PROGRAM),
                  {QStringLiteral("render"), text(study), QStringLiteral("--figure"), QString::fromLatin1(GetParam()),
                   QStringLiteral("--out"), text(file("line.png")), QStringLiteral("--quiet")});
    ASSERT_TRUE(program.waitForFinished(kPatienceMs));
    ASSERT_EQ(program.exitCode(), 0) << program.readAllStandardError().toStdString();

    desk.openSample();  // something else in between
    bool opened = false;
    QObject::connect(&desk.controller, &StudyController::fileOpened, window.get(), [&] { opened = true; });
    window->openPath(text(study));
    ASSERT_TRUE(waitFor([&] { return opened && desk.settled(); }));
    exportFromWindow(file("reopened.png"));

    const std::string bytes = contentOf(file("window.png"));
    EXPECT_GT(bytes.size(), 5000U);
    for (const char* other : {"line.png", "reopened.png"}) {
        EXPECT_EQ(QImage(text(file(other))), QImage(text(file("window.png")))) << other;
        EXPECT_TRUE(contentOf(file(other)) == bytes) << other << " has another study in its metadata";
    }
}

INSTANTIATE_TEST_SUITE_P(Figures, OneFigureTest,
                         testing::Values("heatmap", "standard-error", "bipartite", "head-matrix", "token-entropy",
                                         "distance-profile", "outputs", "pair-outcomes"),
                         [](const auto& each) {
                             std::string name = each.param;
                             std::ranges::replace(name, '-', '_');
                             return name;
                         });

}  // namespace
}  // namespace ketscope::test
