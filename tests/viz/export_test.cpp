// SPDX-License-Identifier: GPL-3.0-or-later
#include "viz/export.h"

#include "core/base/error.h"
#include "tests/support/paths.h"
#include "tests/viz/synthetic.h"
#include "viz/colour_map.h"
#include "viz/figures/heatmap.h"
#include "viz/mark_recorder.h"

#include <QFile>
#include <QImageReader>
#include <QProcess>
#include <QRegularExpression>
#include <QStandardPaths>
#include <QXmlStreamReader>
#include <cmath>
#include <fstream>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace ketscope::test {
namespace {

namespace fs = std::filesystem;

QByteArray bytesOf(const fs::path& file)
{
    QFile in(QString::fromStdString(file.string()));
    EXPECT_TRUE(in.open(QIODevice::ReadOnly));
    return in.readAll();
}

struct Exported {
    TemporaryFolder folder;
    fs::path file;
    ComparisonPointer comparison;

    Exported(const std::string& name, ComparisonPointer what, const ExportOptions& options = {})
        : file(folder.path() / name), comparison(std::move(what))
    {
        exportFigure(Heatmap(comparison), *comparison, file, options);
    }
};

QColor weightColour(double value, double maximum)
{
    return QColor(colourMaps()[0].at(ValueScale::sequential(ColourScale::SquareRoot, maximum).position(value)));
}

// What a tool prints about a file; nothing when the tool is not installed.
std::optional<QString> printed(const QString& tool, const QStringList& arguments)
{
    if (QStandardPaths::findExecutable(tool).isEmpty())
        return std::nullopt;
    QProcess process;
    process.start(tool, arguments);
    process.waitForFinished();
    return QString::fromUtf8(process.readAllStandardOutput());
}

TEST(ExportPngTest, HasTheSizeAndTheStudy)
{
    ExportOptions options;
    options.widthMm = 89.0;
    options.dpi = 150.0;
    const Exported exported("figure.png", threeTokens(), options);
    QImageReader reader(QString::fromStdString(exported.file.string()));
    const QImage image = reader.read();
    const QSizeF size = exportSizeMm(Heatmap(exported.comparison), options);
    EXPECT_DOUBLE_EQ(size.width(), 89.0);
    EXPECT_EQ(image.width(), qRound(89.0 / 25.4 * 150.0));
    EXPECT_EQ(image.height(), qRound(size.height() / 25.4 * 150.0));
    EXPECT_NEAR(image.dotsPerMeterX() * 0.0254, 150.0, 0.02);
    EXPECT_EQ(image.text(QStringLiteral("Title")), QStringLiteral("Attention in Synthetic, layer 1, head 2"));
    EXPECT_EQ(image.text(QStringLiteral("Description")), Heatmap(exported.comparison).description());
    EXPECT_TRUE(image.text(QStringLiteral("Software")).startsWith(QStringLiteral("Ketscope ")));
    EXPECT_EQ(Json::parse(image.text(QStringLiteral("Study")).toStdString()), toJson(exported.comparison->study));
}

TEST(ExportPngTest, StudyIsOptionalAndDarkIsDark)
{
    ExportOptions options;
    options.embedStudy = false;
    options.dark = true;
    options.dpi = 72.0;
    const Exported exported("figure.PNG", threeTokens(), options);
    const QImage image(QString::fromStdString(exported.file.string()));
    EXPECT_TRUE(image.text(QStringLiteral("Study")).isEmpty());
    EXPECT_EQ(image.pixel(0, 0), darkTheme().panel.rgb());
}

TEST(ExportPngTest, IsTheSameEveryTime)
{
    const Exported first("a.png", sample(15)), second("b.png", sample(15));
    EXPECT_EQ(bytesOf(first.file), bytesOf(second.file));
}

struct Svg {
    QString width, height, viewBox, metadata, title, description;
    QStringList fills;
    int images = 0, texts = 0;
};

Svg parsed(const fs::path& file)
{
    Svg svg;
    QXmlStreamReader xml(bytesOf(file));
    while (!xml.atEnd()) {
        if (xml.readNext() != QXmlStreamReader::StartElement)
            continue;
        const auto attributes = xml.attributes();
        if (attributes.hasAttribute(QStringLiteral("fill")))
            svg.fills << attributes.value(QStringLiteral("fill")).toString();
        if (xml.name() == QStringLiteral("svg")) {
            svg.width = attributes.value(QStringLiteral("width")).toString();
            svg.height = attributes.value(QStringLiteral("height")).toString();
            svg.viewBox = attributes.value(QStringLiteral("viewBox")).toString();
        } else if (xml.name() == QStringLiteral("metadata")) {
            svg.metadata = xml.readElementText();
        } else if (xml.name() == QStringLiteral("title")) {
            svg.title = xml.readElementText();
        } else if (xml.name() == QStringLiteral("desc")) {
            svg.description = xml.readElementText();
        } else if (xml.name() == QStringLiteral("image")) {
            ++svg.images;
        } else if (xml.name() == QStringLiteral("text")) {
            ++svg.texts;
        }
    }
    EXPECT_FALSE(xml.hasError()) << xml.errorString().toStdString();
    return svg;
}

TEST(ExportSvgTest, IsWellFormedWithSizeColoursAndStudy)
{
    const auto comparison = SyntheticComparison({"<a>", "b & \"c\"", "]]>"}).trace(mapA()).trace(mapB()).make();
    const Exported exported("figure.svg", comparison);
    const Svg svg = parsed(exported.file);
    EXPECT_EQ(svg.width, QStringLiteral("183mm"));
    EXPECT_TRUE(svg.height.endsWith(QStringLiteral("mm")));
    const double height = svg.height.chopped(2).toDouble();
    EXPECT_NEAR(height, exportSizeMm(Heatmap(comparison), {}).height(), 0.001);
    const QStringList box = svg.viewBox.split(QLatin1Char(' '));
    ASSERT_EQ(box.size(), 4);
    EXPECT_NEAR(box[2].toDouble() / box[3].toDouble(), 183.0 / height, 1e-4);
    EXPECT_EQ(svg.description, Heatmap(comparison).description());
    EXPECT_EQ(Json::parse(svg.metadata.toStdString()), toJson(comparison->study));
    for (const auto& row : mapA())
        for (const float value : row)
            EXPECT_TRUE(svg.fills.contains(weightColour(value, 0.8).name())) << value;
    EXPECT_EQ(svg.images, 2);  // the two colour bars
    EXPECT_GT(svg.texts, 20);
}

TEST(ExportSvgTest, TextCanBeOutlinesAndManyCellsAreAnImage)
{
    ExportOptions options;
    options.textAsOutlines = true;
    EXPECT_EQ(parsed(Exported("outlines.svg", threeTokens(), options).file).texts, 0);
    EXPECT_EQ(parsed(Exported("cells.svg", sample(64)).file).images, 2);
    EXPECT_EQ(parsed(Exported("image.svg", sample(65)).file).images, 5);
}

TEST(ExportPdfTest, HasPageStudyAndNoJpeg)
{
    const Exported exported("figure.pdf", sample(65));
    const QByteArray pdf = bytesOf(exported.file);
    EXPECT_TRUE(pdf.startsWith("%PDF-"));
    EXPECT_FALSE(pdf.contains("DCTDecode"));
    EXPECT_TRUE(pdf.contains("study.json"));
    EXPECT_TRUE(pdf.contains("dc:description"));
    const QString file = QString::fromStdString(exported.file.string());
    const QSizeF points = exportSizeMm(Heatmap(exported.comparison), {}) * (72.0 / 25.4);
    if (const auto info = printed(QStringLiteral("pdfinfo"), {file})) {
        const auto match = QRegularExpression(QStringLiteral("Page size: +([0-9.]+) x ([0-9.]+) pts")).match(*info);
        ASSERT_TRUE(match.hasMatch()) << info->toStdString();
        EXPECT_NEAR(match.captured(1).toDouble(), points.width(), 0.01);
        EXPECT_NEAR(match.captured(2).toDouble(), points.height(), 0.01);
        EXPECT_TRUE(info->contains(QStringLiteral("Attention in Synthetic, layer 1, head 2")));
    }
    if (const auto list = printed(QStringLiteral("pdffonts"), {file})) {
        const QStringList lines = list->split(QLatin1Char('\n'), Qt::SkipEmptyParts);
        ASSERT_GT(lines.size(), 2) << list->toStdString();
        for (const QString& line : lines.mid(2))  // columns: name, type, encoding, embedded
            EXPECT_TRUE(line.contains(QRegularExpression(QStringLiteral(" Identity-H +yes ")))) << line.toStdString();
    }
    if (const auto text =
            printed(QStringLiteral("pdftotext"), {QStringLiteral("-layout"), file, QStringLiteral("-")})) {
        EXPECT_TRUE(text->contains(QStringLiteral("Exact softmax"))) << text->toStdString();
    }
}

TEST(ExportPdfTest, TheAttachedStudyReadsBack)
{
    const Exported exported("figure.pdf", threeTokens());
    const QString out = QString::fromStdString((exported.folder.path() / "study.json").string());
    if (!printed(QStringLiteral("pdfdetach"), {QStringLiteral("-save"), QStringLiteral("1"), QStringLiteral("-o"), out,
                                               QString::fromStdString(exported.file.string())}))
        GTEST_SKIP() << "needs pdfdetach";
    EXPECT_EQ(Json::parse(bytesOf(out.toStdString()).toStdString()), toJson(exported.comparison->study));
}

template <typename Call> std::string errorOf(Call&& call, ErrorKind kind)
{
    try {
        call();
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), kind);
        return error.what();
    }
    ADD_FAILURE() << "nothing was thrown";
    return {};
}

TEST(ExportErrorTest, UnknownSuffixListsTheFormats)
{
    TemporaryFolder folder;
    const auto comparison = threeTokens();
    for (const char* name : {"figure.docx", "figure", "figure.pdf.bak"}) {
        const auto text = errorOf([&] { exportFigure(Heatmap(comparison), *comparison, folder.path() / name, {}); },
                                  ErrorKind::Input);
        EXPECT_NE(text.find(".pdf, .svg, .png"), std::string::npos) << text;
    }
    EXPECT_TRUE(fs::is_empty(folder.path()));
}

TEST(ExportErrorTest, FoldersThatCannotBeWritten)
{
    TemporaryFolder folder;
    const auto comparison = threeTokens();
    const auto failing = [&](const fs::path& file) {
        return errorOf([&] { exportFigure(Heatmap(comparison), *comparison, file, {}); }, ErrorKind::Failure);
    };
    EXPECT_NE(failing(folder.path() / "missing" / "figure.png").find("missing"), std::string::npos);
    std::ofstream(folder.path() / "plain") << "x";
    failing(folder.path() / "plain" / "figure.png");
    // The superuser may write anywhere, except where the kernel lets nobody.
    failing("/proc/figure.png");
    fs::permissions(folder.path(), fs::perms::owner_read | fs::perms::owner_exec);
    if (!std::ofstream(folder.path() / "probe").is_open())
        failing(folder.path() / "figure.png");
}

TEST(ExportErrorTest, AFailureLeavesTheOldFile)
{
    TemporaryFolder folder;
    const fs::path file = folder.path() / "figure.png";
    std::ofstream(file) << "old";
    ExportOptions tooLarge;
    tooLarge.widthMm = 1000.0;
    tooLarge.dpi = 2400.0;
    const auto comparison = threeTokens();
    const auto text =
        errorOf([&] { exportFigure(Heatmap(comparison), *comparison, file, tooLarge); }, ErrorKind::Input);
    EXPECT_NE(text.find("200 megapixels"), std::string::npos) << text;
    EXPECT_EQ(bytesOf(file), QByteArray("old"));
}

TEST(ExportErrorTest, RangesAreChecked)
{
    const auto comparison = threeTokens();
    const Heatmap figure(comparison);
    for (const auto& [width, dpi, text] : {std::tuple{19.0, 300.0, 7.0},
                                           {1001.0, 300.0, 7.0},
                                           {89.0, 35.0, 7.0},
                                           {89.0, 2401.0, 7.0},
                                           {89.0, 300.0, 0.0},
                                           {std::nan(""), 300.0, 7.0}}) {
        ExportOptions options;
        options.widthMm = width;
        options.dpi = dpi;
        options.textPt = text;
        errorOf([&] { exportSizeMm(figure, options); }, ErrorKind::Input);
    }
}

TEST(ExportSizeTest, OneTokenAndFiveHundredTwelveAtEveryWidth)
{
    TemporaryFolder folder;
    for (const std::size_t tokens : {1, 512}) {
        const auto comparison = sample(tokens);
        for (const double width : {20.0, 89.0, 183.0}) {
            ExportOptions options;
            options.widthMm = width;
            options.dpi = 100.0;
            const QImage image = renderImage(Heatmap(comparison), *comparison, options);
            EXPECT_EQ(image.width(), qRound(width / 25.4 * 100.0));
            for (const ExportFormat& format : exportFormats())
                exportFigure(Heatmap(comparison), *comparison, folder.path() / ("f." + format.id.toStdString()),
                             options);
        }
    }
    EXPECT_EQ(exportFormats().size(), 3U);
}

TEST(ExportCheckTest, SmallTextThinLinesAndLostSigns)
{
    const Heatmap figure(threeTokens());
    const ExportCheck check = checkExport(figure, {});
    EXPECT_EQ(check.warnings,
              QStringList{QStringLiteral("In greyscale the difference loses its sign; signs in the cells keep it.")});
    EXPECT_NEAR(check.smallestTextPt, 7.0 * kTickPixels / kLabelPixels, 1e-9);
    ExportOptions small;
    small.textPt = 5.0;
    EXPECT_TRUE(checkExport(figure, small).warnings.front().contains(QStringLiteral("4.6 pt")));
    small.textPt = 3.0;
    EXPECT_EQ(checkExport(figure, small).warnings.size(), check.thinnestLinePt * 3.0 / 7.0 < 0.25 ? 3 : 2);
    const auto single = SyntheticComparison({"a", "b", "c"}).trace(mapA()).make();
    EXPECT_TRUE(checkExport(Heatmap(single), {}).warnings.isEmpty());
}

TEST(ExportCheckTest, EveryFigureDeclaresTheSmallestTextThatItDraws)
{
    const auto comparison = completeSample(15);
    const Theme theme = printTheme();
    for (const FigureType* type : figureTypes()) {
        if (type->needsHeadVectors || !obstacleOf(*type, *comparison).isEmpty())
            continue;
        const std::unique_ptr<Figure> figure = type->make(comparison);
        for (const double width : {400.0, 880.0}) {
            const QRectF area(0.0, 0.0, width, figure->heightFor(width, theme));
            EXPECT_DOUBLE_EQ(marksOf(*figure, area, theme).smallestText, figure->smallestText(width, theme))
                << type->id.toStdString() << " at " << width;
        }
    }
}

TEST(ExportValuesTest, CsvStandsBesideTheFigure)
{
    EXPECT_EQ(csvOf({{QStringLiteral("token"), QStringLiteral("w")},
                     {{QStringLiteral("a,\"b\""), QStringLiteral("0.5")}, {QStringLiteral("c"), QString()}}}),
              QByteArray("token,w\r\n\"a,\"\"b\"\"\",0.5\r\nc,\r\n"));
    ExportOptions options;
    options.values = true;
    const Exported exported("figure.svg", threeTokens(), options);
    const QByteArray csv = bytesOf(exported.folder.path() / "figure.csv");
    EXPECT_EQ(csv, csvOf(Heatmap(exported.comparison).table()));
    EXPECT_EQ(csv.count('\n'), static_cast<int>(Heatmap(exported.comparison).table().rows.size()) + 1);
}

TEST(ExportFontTest, AnotherFamilyIsEmbedded)
{
    ExportOptions options;
    options.fontFamily = QStringLiteral("DejaVu Sans");
    const Exported exported("figure.pdf", threeTokens(), options);
    const auto list = printed(QStringLiteral("pdffonts"), {QString::fromStdString(exported.file.string())});
    if (!list)
        GTEST_SKIP() << "needs pdffonts";
    EXPECT_TRUE(list->contains(QStringLiteral("DejaVu"))) << list->toStdString();
    EXPECT_FALSE(list->contains(QStringLiteral("Inter"))) << list->toStdString();
}

// Inter draws these with other glyphs beside digits and capitals, which have no character of their own.
TEST(ExportPdfTest, SignsCanBeReadBack)
{
    auto comparison = std::make_shared<Comparison>(*threeTokens());
    comparison->study.input.text = "A − B: 3 × 4, A – C, A‖B → 0.5, 4x4 and 128x256x3";
    comparison->study.input.labels.clear();
    const Exported exported("figure.pdf", comparison);
    const auto text =
        printed(QStringLiteral("pdftotext"), {QString::fromStdString(exported.file.string()), QStringLiteral("-")});
    if (!text)
        GTEST_SKIP() << "needs pdftotext";
    for (const char* part : {"A − B: 3 × 4, A – C, A‖B → 0.5, 4x4 and 128x256x3", "Difference B − A", "max |Δ|"})
        EXPECT_TRUE(text->simplified().contains(QString::fromUtf8(part))) << part << " in " << text->toStdString();
}

TEST(ExportPdfTest, TextCanBeOutlines)
{
    ExportOptions options;
    options.textAsOutlines = true;
    const Exported exported("figure.pdf", threeTokens(), options);
    const auto text =
        printed(QStringLiteral("pdftotext"), {QString::fromStdString(exported.file.string()), QStringLiteral("-")});
    if (!text)
        GTEST_SKIP() << "needs pdftotext";
    EXPECT_FALSE(text->contains(QStringLiteral("Exact softmax"))) << text->toStdString();
}

}  // namespace
}  // namespace ketscope::test
