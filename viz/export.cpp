// SPDX-License-Identifier: GPL-3.0-or-later
#include "viz/export.h"

#include "core/base/atomic_file.h"
#include "core/base/error.h"
#include "core/base/version.h"
#include "core/formats/csv.h"
#include "viz/composition.h"
#include "viz/export_page.h"
#include "viz/mark_recorder.h"
#include "viz/scale.h"

#include <QBuffer>
#include <QFile>
#include <QImageWriter>
#include <QPageSize>
#include <QPdfWriter>
#include <QSvgGenerator>

#include <cmath>
#include <nlohmann/json.hpp>

namespace ketscope {

using namespace Qt::StringLiterals;

namespace {

constexpr int kPdfResolution = 1200;
constexpr int kSvgResolution = 25400;  // dots an inch, so that whole dots are micrometres
constexpr double kSmallestPt = 6.0;
constexpr double kThinnestPt = 0.25;
constexpr double kAnyHeight = 1e9;

// The page as studies keep it; empty where `figure` is none.
FigurePage pageOf(const Figure& figure, const ExportOptions& options)
{
    FigurePage page = figure.page();
    if (page.figures.empty())
        return {};
    page.caption = options.caption;
    page.dark = options.dark;
    page.outlines = options.textAsOutlines;
    page.widthMm = options.widthMm;
    page.dpi = options.dpi;
    page.textPt = options.textPt;
    page.font = options.fontFamily.toStdString();
    return page;
}

// What a file says about itself.
struct Provenance {
    QString title;
    QString caption;
    QString creator;
    QByteArray study;  // JSON; empty when not wanted
};

Provenance provenanceOf(const Figure& figure, const ExportPage& page, const Comparison& comparison,
                        const ExportOptions& options)
{
    const Selection& at = comparison.study.selection;
    Provenance provenance;
    provenance.title = QStringLiteral("Attention in %1, layer %2, head %3")
                           .arg(QString::fromStdString(printable(comparison.model.title)))
                           .arg(at.layer)
                           .arg(at.head);
    provenance.caption = page.caption();
    provenance.creator = QStringLiteral("Ketscope ") + QString::fromStdString(versionString());
    if (options.embedStudy) {
        Study study = comparison.study;
        study.view.parts = options.parts;
        study.view.page = pageOf(figure, options);
        provenance.study = QByteArray::fromStdString(toJson(study).dump());
    }
    return provenance;
}

QImage imageOf(const ExportPage& page, const ExportOptions& options)
{
    const QSize pixels = page.pixels(options.dpi);
    QImage image(pixels, QImage::Format_RGB32);
    if (image.isNull())
        fail({"image",
              "memory for " + std::to_string(pixels.width()) + " × " + std::to_string(pixels.height()) + " pixels",
              "not enough", "Choose a smaller width or resolution."});
    image.fill(page.theme().panel);
    QPainter painter(&image);
    painter.scale(pixels.width() / page.units().width(), pixels.height() / page.units().height());
    page.paint(painter);
    painter.end();
    const int dotsPerMetre = static_cast<int>(std::lround(options.dpi / 0.0254));
    image.setDotsPerMeterX(dotsPerMetre);
    image.setDotsPerMeterY(dotsPerMetre);
    return image;
}

QByteArray pngOf(const ExportPage& page, const ExportOptions& options, const Provenance& provenance)
{
    QImage image = imageOf(page, options);
    image.setText(QStringLiteral("Title"), provenance.title);
    image.setText(QStringLiteral("Description"), provenance.caption);
    image.setText(QStringLiteral("Software"), provenance.creator);
    if (!provenance.study.isEmpty())
        image.setText(QStringLiteral("Study"), QString::fromUtf8(provenance.study));
    QByteArray bytes;
    QBuffer buffer(&bytes);
    QImageWriter writer(&buffer, "png");
    if (!writer.write(image))
        fail({"PNG", "an image that can be encoded", writer.errorString().toStdString(), "Choose a smaller size."});
    return bytes;
}

QByteArray xmpOf(const Provenance& provenance)
{
    return QStringLiteral(
               "<?xpacket begin=\"\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>"
               "<x:xmpmeta xmlns:x=\"adobe:ns:meta/\"><rdf:RDF "
               "xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\"><rdf:Description rdf:about=\"\" "
               "xmlns:dc=\"http://purl.org/dc/elements/1.1/\" xmlns:xmp=\"http://ns.adobe.com/xap/1.0/\">"
               "<dc:title><rdf:Alt><rdf:li xml:lang=\"x-default\">%1</rdf:li></rdf:Alt></dc:title>"
               "<dc:description><rdf:Alt><rdf:li xml:lang=\"x-default\">%2</rdf:li></rdf:Alt></dc:description>"
               "<xmp:CreatorTool>%3</xmp:CreatorTool></rdf:Description></rdf:RDF></x:xmpmeta>"
               "<?xpacket end=\"w\"?>")
        .arg(provenance.title.toHtmlEscaped(), provenance.caption.toHtmlEscaped(), provenance.creator.toHtmlEscaped())
        .toUtf8();
}

// Qt rounds pages to whole points. The page asked of it is rounded up, and here the box is cut to the exact size, in the
// same number of bytes because the file's table of offsets counts them.
void setExactPage(QByteArray& pdf, QSizeF points, QSize whole)
{
    const QByteArray begin = "/MediaBox [";
    const qsizetype at = pdf.indexOf(begin);
    const qsizetype end = at < 0 ? -1 : pdf.indexOf(']', at);
    if (end < 0)
        return;
    const qsizetype first = at + begin.size();
    QByteArray box = "0 " + QByteArray::number(whole.height() - points.height(), 'f', 4) + ' '
                     + QByteArray::number(points.width(), 'f', 4) + ' ' + QByteArray::number(whole.height());
    if (box.size() <= end - first)
        pdf.replace(first, end - first, box.leftJustified(end - first));
}

QByteArray pdfOf(const ExportPage& page, const ExportOptions&, const Provenance& provenance)
{
    QByteArray bytes;
    QBuffer buffer(&bytes);
    buffer.open(QIODevice::WriteOnly);
    QPdfWriter writer(&buffer);
    writer.setResolution(kPdfResolution);
    const QSizeF points = page.millimetres() * (72.0 / 25.4);
    const QSize whole(static_cast<int>(std::ceil(points.width())), static_cast<int>(std::ceil(points.height())));
    writer.setPageSize(QPageSize(whole, QString(), QPageSize::ExactMatch));
    writer.setPageMargins(QMarginsF());
    writer.setTitle(provenance.title);
    writer.setCreator(provenance.creator);
    writer.setDocumentXmpMetadata(xmpOf(provenance));
    if (!provenance.study.isEmpty())
        writer.addFileAttachment(QStringLiteral("study.json"), provenance.study, QStringLiteral("application/json"));
    QPainter painter(&writer);
    // Images as JPEG would blur cells and change their colours.
    painter.setRenderHint(QPainter::LosslessImageRendering);
    const double scale = page.millimetres().width() / 25.4 * kPdfResolution / page.units().width();
    painter.scale(scale, scale);
    page.paint(painter);
    painter.end();
    buffer.close();
    setExactPage(bytes, points, whole);
    return bytes;
}

QByteArray svgOf(const ExportPage& page, const ExportOptions&, const Provenance& provenance)
{
    QByteArray bytes;
    QBuffer buffer(&bytes);
    QSvgGenerator generator;
    generator.setOutputDevice(&buffer);
    generator.setResolution(kSvgResolution);
    generator.setSize((page.millimetres() * 1000.0).toSize());
    generator.setViewBox(QRectF(QPointF(), page.units()));
    generator.setTitle(provenance.title.toHtmlEscaped());
    generator.setDescription(provenance.caption.toHtmlEscaped());
    QPainter painter(&generator);
    page.paint(painter);
    painter.end();
    const QByteArray end = "</desc>";
    const qsizetype at = bytes.indexOf(end);
    if (at >= 0 && !provenance.study.isEmpty())
        bytes.insert(at + end.size(),
                     "\n<metadata>" + QString::fromUtf8(provenance.study).toHtmlEscaped().toUtf8() + "</metadata>");
    return bytes;
}

struct Exporter {
    ExportFormat format;
    QByteArray (*bytes)(const ExportPage& page, const ExportOptions& options, const Provenance& provenance);
};

const std::vector<Exporter>& exporters()
{
    static const std::vector<Exporter> all = {
        {{QStringLiteral("pdf"), QStringLiteral("PDF")}, &pdfOf},
        {{QStringLiteral("svg"), QStringLiteral("SVG")}, &svgOf},
        {{QStringLiteral("png"), QStringLiteral("PNG")}, &pngOf},
    };
    return all;
}

const Exporter& exporterOf(const std::filesystem::path& file)
{
    const QString suffix = QString::fromStdString(file.extension().string()).mid(1).toLower();
    QStringList known;
    for (const Exporter& exporter : exporters()) {
        if (exporter.format.id == suffix)
            return exporter;
        known << QLatin1Char('.') + exporter.format.id;
    }
    refuse({file.string(), "a file name ending in " + known.join(QStringLiteral(", ")).toStdString(),
            suffix.isEmpty() ? std::string("none") : "." + suffix.toStdString(), "Choose one of these formats."});
}

void writeBytes(const std::filesystem::path& target, const QByteArray& bytes)
{
    AtomicFile atomic(target);
    QFile file(QString::fromStdString(atomic.path().string()));
    if (!file.open(QIODevice::WriteOnly) || file.write(bytes) != bytes.size() || !file.flush())
        fail({target.string(), "room for " + std::to_string(bytes.size()) + " bytes", file.errorString().toStdString(),
              "Choose another folder."});
    file.close();
    atomic.commit();
}

// Beside `file`: name.csv, or name-a.csv, name-b.csv, … of several panels.
std::vector<std::filesystem::path> valueFiles(const std::filesystem::path& file, std::size_t panels)
{
    if (panels == 1)
        return {std::filesystem::path(file).replace_extension(".csv")};
    std::vector<std::filesystem::path> files;
    for (std::size_t i = 0; i < panels; ++i)
        files.push_back(file.parent_path() / (file.stem().string() + "-" + panelLetter(i).toStdString() + ".csv"));
    return files;
}

}  // namespace

ExportOptions optionsOf(const FigurePage& page, ExportOptions options)
{
    options.caption = page.caption;
    options.dark = page.dark;
    options.textAsOutlines = page.outlines;
    options.widthMm = page.widthMm;
    options.dpi = page.dpi;
    options.textPt = page.textPt;
    options.fontFamily = QString::fromStdString(page.font);
    return options;
}

const std::vector<ExportFormat>& exportFormats()
{
    static const std::vector<ExportFormat> formats = [] {
        std::vector<ExportFormat> all;
        for (const Exporter& exporter : exporters())
            all.push_back(exporter.format);
        return all;
    }();
    return formats;
}

QSizeF exportSizeMm(const Figure& figure, const ExportOptions& options)
{
    return ExportPage(figure, options).millimetres();
}

void exportFigure(const Figure& figure, const Comparison& comparison, const std::filesystem::path& file,
                  const ExportOptions& options)
{
    const Exporter& exporter = exporterOf(file);
    const ExportPage page(figure, options);
    writeBytes(file, exporter.bytes(page, options, provenanceOf(figure, page, comparison, options)));
    if (!options.values)
        return;
    const std::vector<Table> tables = figure.tables();
    const std::vector<std::filesystem::path> files = valueFiles(file, tables.size());
    for (std::size_t i = 0; i < files.size(); ++i)
        writeBytes(files[i], csvOf(tables[i]));
}

void exportProgram(const Figure& figure, const std::filesystem::path& file)
{
    const std::string program = figure.program();
    if (program.empty())
        refuse({"OpenQASM", "a figure that draws a circuit", "none",
                "Choose pair-circuit and a head whose mechanism has one."});
    writeBytes(file, QByteArray::fromStdString(program));
}

bool ExportCheck::isFit() const
{
    return (smallestTextPt == 0.0 || smallestTextPt >= kSmallestPt)
           && (thinnestLinePt == 0.0 || thinnestLinePt >= kThinnestPt);
}

ExportCheck checkExport(const Figure& figure, const ExportOptions& options)
{
    const ExportPage page(figure, options);
    Theme theme = page.theme();
    theme.textAsOutlines = false;  // outlines have no size
    const Marks marks = marksOf(figure, QRectF(0.0, 0.0, page.figureWidth(), page.units().height()), theme);
    const double pointsPerUnit = options.textPt / kLabelPixels;
    ExportCheck check;
    if (marks.texts > 0)
        check.smallestTextPt = marks.smallestText * pointsPerUnit;
    if (marks.lines > 0)
        check.thinnestLinePt = marks.thinnestLine * pointsPerUnit;
    if (marks.texts > 0 && check.smallestTextPt < kSmallestPt)
        check.warnings << QStringLiteral("The smallest text is %1 pt; most journals ask for 6 pt.")
                              .arg(formatNumber(check.smallestTextPt, 1));
    if (marks.lines > 0 && check.thinnestLinePt < kThinnestPt)
        check.warnings << QStringLiteral("The thinnest line is %1 pt; most journals ask for 0.25 pt.")
                              .arg(formatNumber(check.thinnestLinePt, 2));
    const QStringList cut = cutTexts(marks, QRectF(-kPageMargin, -kPageMargin, page.units().width(), kAnyHeight));
    if (!cut.isEmpty())
        check.warnings << QStringLiteral("Text is cut at the edge: “%1”.").arg(cut.join(QStringLiteral("”, “")));
    if (const QStringList alike = figure.alikeInGrey(page.figureWidth(), page.theme()); !alike.isEmpty()) {
        Theme withSigns = page.theme();
        withSigns.signs = true;
        const bool helps = figure.alikeInGrey(page.figureWidth(), withSigns).isEmpty();
        check.warnings << (alike.size() == 1 ? QStringLiteral("In greyscale %1 loses its sign%2.")
                                             : QStringLiteral("In greyscale %1 lose their signs%2."))
                              .arg(alike.join(QStringLiteral(" and ")),
                                   helps ? QStringLiteral("; signs in the cells keep it") : QString());
    }
    return check;
}

QByteArray csvOf(const Table& table)
{
    const auto line = [](const QStringList& fields) {
        QByteArray text;
        for (const QString& field : fields)
            text += (text.isEmpty() ? "" : ",") + QByteArray::fromStdString(csvField(field.toStdString()));
        return text + "\r\n";
    };
    QByteArray csv = line(table.header);
    for (const QStringList& row : table.rows)
        csv += line(row);
    return csv;
}

QImage renderImage(const Figure& figure, const Comparison&, const ExportOptions& options)
{
    return imageOf(ExportPage(figure, options), options);
}

}  // namespace ketscope
