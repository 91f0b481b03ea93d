// SPDX-License-Identifier: GPL-3.0-or-later
#include "viz/export_page.h"

#include "core/base/error.h"
#include "viz/labels.h"
#include "viz/scale.h"

#include <QFontMetricsF>

#include <cmath>

namespace ketscope {

namespace {

constexpr double kCaptionGap = 12.0;
constexpr double kCaptionLine = 17.0;
constexpr double kMillimetresPerPoint = 25.4 / 72.0;
constexpr double kMaximumPixels = 2e8;
constexpr double kMaximumSide = 32767.0;  // of the raster engine

void checkRange(const char* what, double value, double minimum, double maximum, const char* unit)
{
    if (value >= minimum && value <= maximum)
        return;
    const auto text = [](double number) { return QString::number(number, 'g', 6).toStdString(); };
    refuse({what, text(minimum) + " to " + text(maximum) + " " + unit, text(value), "Choose a value in this range."});
}

double unitOf(const ExportOptions& options)
{
    checkRange("figure width", options.widthMm, 20.0, 1000.0, "mm");
    checkRange("resolution", options.dpi, 36.0, 2400.0, "dpi");
    checkRange("text size", options.textPt, 3.0, 36.0, "pt");
    return options.textPt * kMillimetresPerPoint / kLabelPixels;
}

Theme themeOf(const ExportOptions& options)
{
    Theme theme = options.dark ? darkTheme() : printTheme();
    theme.textAsOutlines = options.textAsOutlines;
    theme.colourBars = options.parts.colourBars;
    theme.tokenLabels = options.parts.tokenLabels;
    theme.signs = options.parts.signs;
    if (!options.fontFamily.isEmpty())
        theme.uiFamily = options.fontFamily;
    return theme;
}

}  // namespace

ExportPage::ExportPage(const Figure& figure, const ExportOptions& options)
    : m_figure(figure), m_theme(themeOf(options)),
      m_caption(options.parts.metrics ? figure.description() : figure.caption()), m_unitMm(unitOf(options))
{
    const double width = options.widthMm / m_unitMm, inner = width - 2.0 * kPageMargin;
    double height = figure.heightFor(inner, m_theme);
    m_area = QRectF(kPageMargin, kPageMargin, inner, height);
    if (options.caption) {
        m_lines = wrapText(m_caption, m_theme.ui(kLabelPixels), inner);
        height += kCaptionGap + kCaptionLine * static_cast<double>(m_lines.size());
    }
    m_units = QSizeF(width, height + 2.0 * kPageMargin);
}

QSize ExportPage::pixels(double dpi) const
{
    const QSizeF size = millimetres() * (dpi / 25.4);
    const double width = std::round(size.width()), height = std::round(size.height());
    if (width * height > kMaximumPixels || std::max(width, height) > kMaximumSide)
        refuse({"image size", "at most 200 megapixels and 32767 on a side",
                formatNumber(width, 0).toStdString() + " × " + formatNumber(height, 0).toStdString() + " pixels",
                "Choose a smaller width or resolution."});
    return {std::max(1, static_cast<int>(width)), std::max(1, static_cast<int>(height))};
}

void ExportPage::paint(QPainter& painter) const
{
    painter.setRenderHints(QPainter::Antialiasing | QPainter::TextAntialiasing);
    painter.fillRect(QRectF(QPointF(), m_units), m_theme.panel);
    m_figure.paint(painter, m_area, m_theme);
    const QFont font = m_theme.ui(kLabelPixels);
    double baseline = m_area.bottom() + kCaptionGap + QFontMetricsF(font).ascent();
    for (const QString& line : m_lines) {
        drawLabel(painter, {m_area.left(), baseline}, line, font, m_theme.text, m_theme);
        baseline += kCaptionLine;
    }
}

}  // namespace ketscope
