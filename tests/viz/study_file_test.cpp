// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/study/run_file.h"
#include "core/study/samples.h"
#include "tests/support/paths.h"
#include "viz/composition.h"
#include "viz/export.h"

#include <QFile>
#include <gtest/gtest.h>

namespace ketscope::test {
namespace {

QByteArray exported(const ComparisonPointer& comparison, const QString& figure, const std::filesystem::path& file)
{
    PageContents page;
    page.figures = {figure};
    exportFigure(*makePage(comparison, page), *comparison, file, {});
    QFile in(QString::fromStdString(file.string()));
    EXPECT_TRUE(in.open(QIODevice::ReadOnly));
    return in.readAll();
}

TEST(StudyFileTest, FiguresAreTheSameAfterSavingAndOpening)
{
    const TemporaryFolder folder;
    Monitor monitor;
    Study study = sampleStudy();
    study.perspective = "entropy";
    const auto model = loadModel(study.modelPath, monitor);
    const ComparisonPointer saved = runStudy(study, *model, nullptr, 1, monitor);
    const std::filesystem::path file = folder.path() / "study.ket";
    writeRunFile(*saved, file, monitor);
    const ComparisonPointer opened = readRunFile(file, monitor);
    for (const char* figure : {"heatmap", "head-matrix"})
        EXPECT_EQ(exported(saved, QString::fromLatin1(figure), folder.path() / "saved.png"),
                  exported(opened, QString::fromLatin1(figure), folder.path() / "opened.png"))
            << figure;
}

}  // namespace
}  // namespace ketscope::test
