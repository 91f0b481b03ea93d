// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/dialogs/export_dialog.h"

#include "tests/ui/desk.h"

#include <QSignalSpy>

#include <fstream>

namespace ketscope::test {
namespace {

class ExportDialogTest : public testing::Test {
protected:
    void SetUp() override { desk.openSample(); }

    std::unique_ptr<ExportDialog> dialog(const char* figure = "heatmap")
    {
        return std::make_unique<ExportDialog>(desk.controller.comparison(), QString::fromLatin1(figure), desk.settings,
                                              desk.appearance);
    }

    std::filesystem::path file(const std::string& name) const { return desk.folder.path() / name; }

    void exportTo(ExportDialog& dialog, const std::filesystem::path& target)
    {
        QSignalSpy exported(&dialog, &ExportDialog::exported);
        dialog.setFile(QString::fromStdString(target.string()));
        dialog.exportNow();
        ASSERT_TRUE(waitFor([&] { return exported.count() == 1; })) << dialog.message().toStdString();
    }

    static void tick(PanelList& panels, const QString& id, bool on)
    {
        for (int i = 0; i < panels.count(); ++i)
            if (panels.item(i)->data(Qt::UserRole).toString() == id)
                panels.item(i)->setCheckState(on ? Qt::Checked : Qt::Unchecked);
    }

    Desk desk;
};

TEST_F(ExportDialogTest, WritesEveryFormat)
{
    for (const ExportFormat& format : exportFormats()) {
        const auto made = dialog();
        ASSERT_TRUE(waitFor([&] { return made->hasPreview(); }));
        const auto target = file("figure." + format.id.toStdString());
        exportTo(*made, target);
        EXPECT_GT(std::filesystem::file_size(target), 1000U);
        EXPECT_EQ(desk.settings.exportChoice().format, format.id);
    }
}

// One key does not lose a file that is there.
TEST_F(ExportDialogTest, AFileThatIsThereIsReplacedOnlyWhenAskedAgain)
{
    const auto target = file("there.pdf");
    std::ofstream(target) << "hello";
    const auto made = dialog();
    QSignalSpy exported(made.get(), &ExportDialog::exported);
    made->setFile(QString::fromStdString(target.string()));
    made->exportNow();
    EXPECT_TRUE(made->message().contains(QStringLiteral("there.pdf is there already")));
    QTest::qWait(300);
    EXPECT_EQ(exported.count(), 0);
    EXPECT_EQ(std::filesystem::file_size(target), 5U);
    made->exportNow();
    ASSERT_TRUE(waitFor([&] { return exported.count() == 1; })) << made->message().toStdString();
    EXPECT_GT(std::filesystem::file_size(target), 1000U);
}

TEST_F(ExportDialogTest, ToNowhereIsExplainedInline)
{
    const auto made = dialog();
    made->setFile(QStringLiteral("/proc/no/such/folder/figure.pdf"));
    made->exportNow();
    ASSERT_TRUE(waitFor([&] { return made->message().contains(QStringLiteral("/proc/no/such/folder")); }))
        << made->message().toStdString();
}

TEST_F(ExportDialogTest, TickedPanelsAreLetteredInTheirOrder)
{
    const auto made = dialog();
    PanelList& panels = made->panels();
    EXPECT_EQ(panels.count(), static_cast<int>(figureTypes().size()));
    EXPECT_EQ(panels.chosen(), QStringList{QStringLiteral("heatmap")});
    tick(panels, QStringLiteral("token-entropy"), true);
    EXPECT_EQ(panels.chosen(), (QStringList{QStringLiteral("heatmap"), QStringLiteral("token-entropy")}));
    EXPECT_TRUE(panels.item(0)->text().startsWith(u'a'));
    panels.setCurrentRow(0);
    for (int i = 1; i < panels.count(); ++i)
        QTest::keyClick(&panels, Qt::Key_Down, Qt::AltModifier);
    EXPECT_EQ(panels.chosen(), (QStringList{QStringLiteral("token-entropy"), QStringLiteral("heatmap")}));
    EXPECT_TRUE(panels.item(panels.count() - 1)->text().startsWith(u'b'));
}

// Boxes are as large as those beside the list, and a ticked one has its tick.
TEST_F(ExportDialogTest, BoxesOfTheListGrowWithTheText)
{
    const auto ticked = [&](const PanelList& panels, int row) {
        const QImage box = const_cast<PanelList&>(panels).viewport()->grab(panels.boxOf(row)).toImage();
        int marks = 0;
        for (int y = box.height() / 4; y < box.height() * 3 / 4; ++y)
            for (int x = box.width() / 4; x < box.width() * 3 / 4; ++x)
                marks += box.pixelColor(x, y) == desk.appearance.theme().panel ? 1 : 0;
        return marks > 0;
    };
    for (const double scale : {1.0, 2.0}) {
        desk.appearance.setTextScale(scale);
        const auto made = dialog();
        made->show();
        ASSERT_TRUE(QTest::qWaitForWindowExposed(made.get()));
        PanelList& panels = made->panels();
        EXPECT_GE(panels.boxOf(0).width(), qRound(14 * scale)) << scale;
        EXPECT_GE(panels.visualItemRect(panels.item(0)).height(), qRound(20 * scale)) << scale;
        desk.appearance.setChoice(ThemeChoice::Dark);
        EXPECT_TRUE(ticked(panels, 0)) << scale;
        EXPECT_FALSE(ticked(panels, 2)) << scale;
        const QRect box = panels.boxOf(2);
        const QImage gap = panels.viewport()->grab({box.right() + 1, box.top(), 2, box.height()}).toImage();
        for (int y = 0; y < gap.height(); ++y)
            EXPECT_LT(std::abs(gap.pixelColor(0, y).lightness() - gap.pixelColor(0, 0).lightness()), 25)
                << scale << ": a text under the box";
    }
}

TEST_F(ExportDialogTest, WritesThePageThatItShowsWithTheValuesOfEveryPanel)
{
    const auto made = dialog();
    tick(made->panels(), QStringLiteral("token-entropy"), true);
    for (TickBox* each : made->findChildren<TickBox*>())
        if (each->text() == QStringLiteral("Values as CSV"))
            each->setChecked(true);
    exportTo(*made, file("page.png"));
    const ExportTask task = made->task();
    exportFigure(*makePage(task.comparison, task.page), *task.comparison, file("again.png"), task.options);
    EXPECT_EQ(contentOf(file("page.png")), contentOf(file("again.png")));
    EXPECT_FALSE(contentOf(file("page-a.csv")).empty());
    EXPECT_EQ(contentOf(file("page-b.csv")), contentOf(file("again-b.csv")));
    // The next dialog begins where this one ended.
    EXPECT_EQ(dialog()->panels().chosen(), made->panels().chosen());
    EXPECT_EQ(dialog("head-matrix")->panels().chosen(), QStringList{QStringLiteral("head-matrix")});
}

// What a page leaves out acts in its picture and is in the study that the file carries; the next dialog has it too.
TEST_F(ExportDialogTest, PartsOfTheFigureAreTheStudys)
{
    const auto made = dialog();
    const auto box = [&](const char* title) {
        for (TickBox* each : made->findChildren<TickBox*>())
            if (each->text() == QLatin1String(title))
                return each;
        return static_cast<TickBox*>(nullptr);
    };
    const std::pair<const char*, bool FigureParts::*> boxes[] = {{"Colour bars", &FigureParts::colourBars},
                                                                 {"Token labels", &FigureParts::tokenLabels},
                                                                 {"Metrics in caption", &FigureParts::metrics},
                                                                 {"Signs of differences", &FigureParts::signs}};
    for (const auto& [title, part] : boxes) {
        ASSERT_NE(box(title), nullptr) << title;
        const FigureParts before = made->task().options.parts;
        EXPECT_EQ(before, FigureParts());
        const ExportTask was = made->task();
        const QImage shown = renderImage(*makePage(was.comparison, was.page), *was.comparison, was.options);
        box(title)->setChecked(!(before.*part));
        const ExportTask task = made->task();
        EXPECT_NE(task.options.parts.*part, before.*part) << title;
        EXPECT_NE(renderImage(*makePage(task.comparison, task.page), *task.comparison, task.options), shown) << title;
        box(title)->setChecked(before.*part);
    }
    ViewSettings view = desk.controller.study().view;
    view.parts = {false, false, false, true};
    desk.controller.setView(view);
    EXPECT_EQ(dialog()->task().options.parts, view.parts);
}

TEST_F(ExportDialogTest, NothingTickedIsSaidAndCannotBeExported)
{
    const auto made = dialog();
    tick(made->panels(), QStringLiteral("heatmap"), false);
    const auto* button = made->findChild<QPushButton*>(QStringLiteral("export"));
    ASSERT_NE(button, nullptr);
    EXPECT_FALSE(button->isEnabled());
    const auto* verdict = made->findChild<QLabel*>(QStringLiteral("notices"));
    ASSERT_TRUE(waitFor([&] { return verdict->text().contains(QStringLiteral("Tick")); }))
        << verdict->text().toStdString();
}

TEST_F(ExportDialogTest, TheVerdictNamesTextLinesAndFonts)
{
    const auto made = dialog();
    made->setFile(QString::fromStdString(file("figure.pdf").string()));
    const auto* verdict = made->findChild<QLabel*>(QStringLiteral("notices"));
    ASSERT_TRUE(waitFor([&] { return verdict->text().contains(QStringLiteral("fonts embedded")); }))
        << verdict->text().toStdString();
    EXPECT_TRUE(verdict->text().contains(QStringLiteral("text ≥ 6.4 pt"))) << verdict->text().toStdString();
    EXPECT_TRUE(verdict->text().contains(QStringLiteral("loses its sign"))) << verdict->text().toStdString();
}

}  // namespace
}  // namespace ketscope::test
