// SPDX-License-Identifier: GPL-3.0-or-later
#include "viz/figure_study.h"

#include "core/base/error.h"
#include "tests/support/cancelled_after.h"
#include "tests/support/paths.h"
#include "tests/viz/synthetic.h"
#include "viz/composition.h"
#include "viz/export.h"
#include "viz/figures/heatmap.h"

#include <fstream>
#include <gtest/gtest.h>
#include <zlib.h>

namespace ketscope::test {
namespace {

namespace fs = std::filesystem;

class FigureStudy : public testing::Test {
protected:
    FigureStudy()
    {
        SyntheticComparison made({"a", "<&>", "ç\"]]>"});
        made.trace({{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}).trace({{0, 1, 0}, {1, 0, 0}, {0, 0, 1}}).select(2, 1);
        made.value().study.input.text = "a <&> ç\"]]>";
        made.value().study.modelPath = "/models/a & b";
        m_comparison = made.make();
    }

    fs::path exported(const std::string& name, bool embed = true)
    {
        ExportOptions options;
        options.embedStudy = embed;
        options.dpi = 72.0;
        const fs::path file = m_folder.path() / name;
        exportFigure(Heatmap(m_comparison), *m_comparison, file, options);
        return file;
    }

    fs::path written(const std::string& name, const std::string& bytes) const
    {
        std::ofstream(m_folder.path() / name, std::ios::binary) << bytes;
        return m_folder.path() / name;
    }

    TemporaryFolder m_folder;
    ComparisonPointer m_comparison;
};

TEST_F(FigureStudy, ComesBackFromEveryFormat)
{
    for (const char* name : {"a.pdf", "a.svg", "a.png", "A.PDF"})
        EXPECT_EQ(studyOfFigure(exported(name)), m_comparison->study) << name;
}

// The panels, how they stand and how they are put on paper: enough to draw the same page again.
TEST_F(FigureStudy, LeadsBackToItsPage)
{
    PageContents contents;
    contents.figures = {QStringLiteral("token-entropy"), QStringLiteral("heatmap"), QStringLiteral("head-matrix")};
    contents.arrangement = Arrangement::TwoColumns;
    contents.letters = false;
    contents.crosshair = true;
    ExportOptions options;
    options.widthMm = 120.0;
    options.dpi = 96.0;
    options.textPt = 8.0;
    options.dark = true;
    options.caption = false;
    options.parts.colourBars = false;
    const auto drawn = makePage(m_comparison, contents);
    const QImage picture = renderImage(*drawn, *m_comparison, options);
    for (const char* name : {"a.pdf", "a.svg", "a.png"}) {
        exportFigure(*drawn, *m_comparison, m_folder.path() / name, options);
        const std::optional<Study> study = studyOfFigure(m_folder.path() / name);
        ASSERT_TRUE(study) << name;
        EXPECT_EQ(contentsOf(study->view.page), contents) << name;
        auto again = std::make_shared<Comparison>(*m_comparison);
        again->study = *study;
        ExportOptions same = optionsOf(study->view.page);
        same.parts = study->view.parts;
        EXPECT_EQ(renderImage(*makePage(again, contentsOf(study->view.page)), *again, same), picture) << name;
    }
}

// A study of a later version may name figures that this one does not have.
TEST_F(FigureStudy, AnUnknownPanelIsLeftOut)
{
    FigurePage page;
    page.figures = {"heatmap", "hologram"};
    EXPECT_EQ(contentsOf(page).figures, QStringList{QStringLiteral("heatmap")});
}

TEST_F(FigureStudy, ReadingIsCancelled)
{
    CancelledAfter cancelled;
    for (const char* name : {"a.pdf", "a.svg"})
        try {
            studyOfFigure(exported(name), cancelled);
            ADD_FAILURE() << name;
        } catch (const Error& error) {
            EXPECT_EQ(error.kind(), ErrorKind::Cancelled);
        }
}

TEST_F(FigureStudy, IsNotThereWhenItWasNotWanted)
{
    for (const char* name : {"a.pdf", "a.svg", "a.png"})
        EXPECT_EQ(studyOfFigure(exported(name, false)), std::nullopt) << name;
    EXPECT_EQ(studyOfFigure(written("a.txt", "{}")), std::nullopt);
    EXPECT_EQ(studyOfFigure(written("b.svg", "<svg xmlns=\"http://www.w3.org/2000/svg\"/>")), std::nullopt);
    EXPECT_EQ(studyOfFigure(written("c.svg", "no XML")), std::nullopt);
}

TEST_F(FigureStudy, OtherMetadataIsRefusedByName)
{
    for (const char* text : {"{\"format\": 1}", "{", "{}"}) {
        const fs::path file = written("a.svg", std::string("<svg><metadata>") + text + "</metadata></svg>");
        try {
            studyOfFigure(file);
            FAIL() << text;
        } catch (const Error& error) {
            EXPECT_NE(std::string(error.what()).find("a.svg"), std::string::npos) << error.what();
        }
    }
    EXPECT_THROW(studyOfFigure(m_folder.path() / "none.pdf"), Error);
}

// Cut anywhere and with any byte changed it is the study, another one, none, or an error in words.
TEST_F(FigureStudy, DamagedFilesAreRefused)
{
    const std::string whole = contentOf(exported("a.pdf"));
    std::size_t refused = 0;
    for (std::size_t step = 1; step < 200; ++step) {
        std::string damaged = whole;
        damaged[step * whole.size() / 200] ^= 0x55;
        for (const std::string& bytes : {damaged, whole.substr(0, step * whole.size() / 200)})
            try {
                studyOfFigure(written("b.pdf", bytes));
            } catch (const Error&) {
                ++refused;
            }
    }
    EXPECT_GT(refused, 0U);
}

// Seventy million letters in seventy thousand bytes.
TEST_F(FigureStudy, DoesNotUnpackWithoutEnd)
{
    const std::string long_(70'000'000, ' ');
    uLongf size = compressBound(long_.size());
    std::string packed(size, '\0');
    ASSERT_EQ(compress(reinterpret_cast<Bytef*>(packed.data()), &size, reinterpret_cast<const Bytef*>(long_.data()),
                       long_.size()),
              Z_OK);
    packed.resize(size);
    EXPECT_THROW(studyOfFigure(written("a.pdf", "%PDF-1.4\n4 0 obj\n<<\n/Filter /FlateDecode\n>>\nstream\n" + packed
                                                    + "\nendstream\n/F (study.json)\n/EF <</F 4 0 R>>")),
                 Error);
    EXPECT_THROW(studyOfFigure(written("b.pdf", "%PDF-1.4\n/F (study.json)\n/EF <</F 4 0 R>>")), Error);
}

}  // namespace
}  // namespace ketscope::test
