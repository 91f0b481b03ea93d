// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/study/scope_view.h"
#include "viz/figure.h"

#include <QString>

#include <filesystem>

namespace ketscope {

struct ExportOptions {
    double widthMm = 183.0;       // 20 … 1000
    double dpi = 300.0;           // PNG and embedded images; 36 … 2400
    double textPt = 7.0;          // label text on paper, in points
    bool dark = false;            // dark theme instead of light on white
    bool caption = true;          // draw the caption below
    bool embedStudy = true;       // the study as JSON in the file's metadata
    bool textAsOutlines = false;  // PDF and SVG: paths instead of text
    QString fontFamily;           // instead of the screen's; empty = that
    FigureParts parts = {};       // as the study's view has them
    bool values = false;  // the numbers as CSV beside the file: name.csv, or name-a.csv, name-b.csv, … of panels
};

// `options` with what a study says of its page.
ExportOptions optionsOf(const FigurePage& page, ExportOptions options = {});

// A row of the exporters' table.
struct ExportFormat {
    QString id;     // "pdf": also the file suffix
    QString title;  // "PDF"
};
const std::vector<ExportFormat>& exportFormats();

// Physical size that `options` give, in millimetres.
QSizeF exportSizeMm(const Figure& figure, const ExportOptions& options);

// Writes the figure in the format of the file's suffix, beside the target first and renamed when complete, with the
// study of `comparison`, version and caption in the file's metadata. Throws Error: Input for an unknown suffix or a size
// out of range, Failure when the file cannot be written. Needs a QGuiApplication; may run on a worker thread.
void exportFigure(const Figure& figure, const Comparison& comparison, const std::filesystem::path& file,
                  const ExportOptions& options);

// What a careful author would want to know of a figure on paper, measured from its marks.
struct ExportCheck {
    double smallestTextPt = 0.0;  // 0 = no text
    double thinnestLinePt = 0.0;  // 0 = no lines
    QStringList warnings;         // text below 6 pt, lines below 0.25 pt, sign lost in greyscale; empty = none

    bool isFit() const;  // text and lines are large enough for print
};
ExportCheck checkExport(const Figure& figure, const ExportOptions& options);

// Comma-separated (RFC 4180), in UTF-8.
QByteArray csvOf(const Table& table);

// Writes the program of a figure that draws a circuit (OpenQASM 3), beside the target first and renamed when complete.
// Throws Error: Input when the figure has none, Failure when it cannot be written.
void exportProgram(const Figure& figure, const std::filesystem::path& file);

// The figure as the export would look, for preview and clipboard.
QImage renderImage(const Figure& figure, const Comparison& comparison, const ExportOptions& options);

}  // namespace ketscope
