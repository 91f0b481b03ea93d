// SPDX-License-Identifier: GPL-3.0-or-later
#include "viz/colour_bar.h"

#include "viz/labels.h"

#include <QFontMetricsF>

namespace ketscope {

namespace {

constexpr double kThickness = 9.0;
constexpr double kTickLength = 3.0;
constexpr double kOverhang = 7.0;  // of the last number, beyond the bar

double line(const Theme& theme) { return theme.px(kTickPixels + 3.0); }

double titleWidth(const ColourBar& bar, const Theme& theme)
{
    return bar.title.isEmpty() ? 0.0 : textWidth(bar.title, theme.ui(kLabelPixels)) + theme.px(14.0);
}

// Beside the title a bar needs room for its ticks.
bool titleAbove(const ColourBar& bar, double width, const Theme& theme)
{
    return !bar.title.isEmpty() && width - titleWidth(bar, theme) < theme.px(150.0);
}

QStringList titleLines(const ColourBar& bar, double width, const Theme& theme)
{
    return wrapText(bar.title, theme.ui(kLabelPixels), width);
}

// Middle of a tick's label from the left of a bar `width` wide: below the tick, unless it would reach too far beyond the end.
double labelCentre(const ValueScale& scale, const ValueScale::Tick& tick, double width, const Theme& theme)
{
    const double half = textWidth(tick.label, theme.ui(kTickPixels)) / 2.0;
    return std::min(scale.position(tick.value) * width, width + theme.px(kOverhang) - half);
}

// As many ticks as leave `gap` between their labels; the ends stay, and the middle where it has room.
std::vector<ValueScale::Tick> ticksFor(const ValueScale& scale, double width, double gap, const Theme& theme)
{
    const QFont font = theme.ui(kTickPixels);
    const auto collide = [&](const std::vector<ValueScale::Tick>& ticks) {
        double end = -gap;
        for (const ValueScale::Tick& tick : ticks) {
            const double half = textWidth(tick.label, font) / 2.0, x = labelCentre(scale, tick, width, theme);
            if (x - half < end + gap && &tick != &ticks.front())
                return true;
            end = x + half;
        }
        return false;
    };
    double spacing = textWidth(QStringLiteral("+0.05"), font) + gap;
    std::vector<ValueScale::Tick> ticks = scale.ticks(spacing / width);
    while (ticks.size() > 3 && collide(ticks) && spacing < width) {
        spacing *= 1.2;
        ticks = scale.ticks(spacing / width);
    }
    if (ticks.size() > 2 && collide(ticks))
        ticks = {ticks.front(), ticks.back()};
    return ticks;
}

void paintTicks(QPainter& painter, const QRectF& strip, const ValueScale& scale, const Theme& theme)
{
    const QFont font = theme.ui(kTickPixels);
    const std::vector<ValueScale::Tick> ticks = ticksFor(scale, strip.width(), theme.px(6.0), theme);
    const double baseline = strip.bottom() + theme.px(kTickLength) + QFontMetricsF(font).ascent();
    for (std::size_t i = 0; i < ticks.size(); ++i) {
        const double x = strip.left() + scale.position(ticks[i].value) * strip.width();
        painter.setPen(QPen(theme.text3, 1.0));
        painter.drawLine(QPointF(x, strip.bottom()), QPointF(x, strip.bottom() + theme.px(kTickLength)));
        drawLabel(painter, {strip.left() + labelCentre(scale, ticks[i], strip.width(), theme), baseline},
                  ticks[i].label, font, theme.text2, theme, Anchor::Centre);
    }
}

void paintTriangle(QPainter& painter, const QRectF& strip, const Theme& theme)
{
    const double reach = strip.height() * 0.7;
    painter.setPen(QPen(theme.text2, 1.0));
    painter.drawPolyline(
        QPolygonF({strip.topRight(), strip.topRight() + QPointF(reach, strip.height() / 2.0), strip.bottomRight()}));
}

}  // namespace

double colourBarHeight(const ColourBar& bar, double width, const Theme& theme)
{
    if (!theme.colourBars)
        return 0.0;
    double height = theme.px(kThickness + kTickLength) + line(theme);
    if (titleAbove(bar, width, theme))
        height += line(theme) * static_cast<double>(titleLines(bar, width, theme).size()) + theme.px(4.0);
    return height + (bar.lowEnd.isEmpty() ? 0.0 : line(theme));
}

double leastColourBarWidth(const ColourBar& bar, const Theme& theme)
{
    const QFont font = theme.ui(kTickPixels);
    const double numbers = 3.0 * textWidth(QStringLiteral("+0.05"), font) + theme.px(12.0);
    const double ends = textWidth(bar.lowEnd, font) + textWidth(bar.highEnd, font) + theme.px(12.0);
    return std::max(numbers, ends);
}

void paintColourBar(QPainter& painter, const QRectF& block, const ColourBar& bar, const ColourMap& colours,
                    const ValueScale& scale, const Theme& theme)
{
    if (!theme.colourBars)
        return;
    painter.save();
    const bool above = titleAbove(bar, block.width(), theme);
    const QFont labelFont = theme.ui(kLabelPixels);
    const QStringList title = above ? titleLines(bar, block.width(), theme) : QStringList(bar.title);
    const double left = above ? 0.0 : titleWidth(bar, theme);
    const double top = above ? line(theme) * static_cast<double>(title.size()) + theme.px(4.0) : 0.0;
    const QRectF strip(block.left() + left, block.top() + top, block.width() - left, theme.px(kThickness));

    const QFontMetricsF metrics(labelFont);
    double baseline = above ? block.top() + metrics.ascent() : strip.center().y() + metrics.capHeight() / 2.0;
    for (const QString& each : title) {
        drawLabel(painter, {block.left(), baseline}, each, labelFont, theme.text2, theme);
        baseline += line(theme);
    }

    QImage image(static_cast<int>(colours.table().size()), 1, QImage::Format_RGB32);
    std::copy(colours.table().begin(), colours.table().end(), reinterpret_cast<QRgb*>(image.scanLine(0)));
    painter.setRenderHint(QPainter::SmoothPixmapTransform, false);
    painter.drawImage(strip, image);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(QPen(theme.line2, 1.0));
    painter.setBrush(Qt::NoBrush);
    painter.drawRect(strip);
    paintTicks(painter, strip, scale, theme);
    if (bar.clipped)
        paintTriangle(painter, strip, theme);

    const QFont endFont = theme.ui(kTickPixels);
    const double endBaseline = strip.bottom() + theme.px(kTickLength) + line(theme) + QFontMetricsF(endFont).ascent();
    drawLabel(painter, {strip.left(), endBaseline}, bar.lowEnd, endFont, theme.text3, theme);
    drawLabel(painter, {strip.right(), endBaseline}, bar.highEnd, endFont, theme.text3, theme, Anchor::Right);
    painter.restore();
}

}  // namespace ketscope
