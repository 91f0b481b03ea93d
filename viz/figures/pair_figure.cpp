// SPDX-License-Identifier: GPL-3.0-or-later
#include "viz/figures/pair_figure.h"

#include "core/study/grid_measures.h"
#include "viz/caption.h"
#include "viz/fitted_title.h"
#include "viz/labels.h"
#include "viz/scale.h"

#include <QFontMetricsF>

#include <algorithm>
#include <cmath>

namespace ketscope {

namespace {

constexpr double kAxis = 40.0;
constexpr double kAngle = -50.0;

}  // namespace

PairFigure::PairFigure(const ComparisonPointer& comparison)
    : m_maps(comparison, comparison->study.selection), m_pair(selectedPair(comparison, Monitor()))
{
}

QString PairFigure::caption() const
{
    const Comparison& comparison = m_maps.comparison();
    QString text =
        QStringLiteral("%1 for query %2 “%3” and key %4 “%5” in %6, %7, %8 %9")
            .arg(subject(), QString::number(selection().query), m_maps.queryText(selection().query),
                 QString::number(selection().key), m_maps.keyText(selection().key), modelName(comparison.model),
                 captionOfHead(comparison, selection()), captionOfInput(comparison),
                 captionOfTraces(comparison, {m_pair->trace}, selection().stack));
    if (m_pair->isIllustration())
        text += QStringLiteral(" An illustration: the head used exact softmax, not these amplitude-encoded states.");
    return text;
}

double PairFigure::smallestText(double, const Theme& theme) const { return theme.px(kTickPixels); }

Hit PairFigure::hit(QPointF, const QRectF&, const Theme&) const { return {}; }

QString PairFigure::keyName(std::size_t key) const
{
    return QString::number(key) + QLatin1Char(' ') + elideMiddle(m_maps.keyText(key), 10);
}

QColor roleColour(std::optional<PairRole> role, const Theme& theme)
{
    return !role ? theme.text2 : *role == PairRole::Query ? theme.accent : theme.key;
}

QColor roleGround(std::optional<PairRole> role, const Theme& theme)
{
    return !role ? theme.panel2 : *role == PairRole::Query ? theme.accentBg : theme.keyBg;
}

double pairTitleHeight(const QString& title, double width, const Theme& theme)
{
    return theme.px(kPairTitle) + fitTitle(title, theme.ui(kLabelPixels, QFont::DemiBold), width, theme).more();
}

QRectF belowPairTitle(const QRectF& area, const QString& title, const Theme& theme)
{
    return area.adjusted(0.0, pairTitleHeight(title, area.width(), theme), 0.0, 0.0);
}

QRectF paintPairTitle(QPainter& painter, const QRectF& area, const QString& title, const QString& rest,
                      const QColor& colour, const Theme& theme)
{
    const QFont bold = theme.ui(kLabelPixels, QFont::DemiBold), plain = theme.ui(kTickPixels);
    const double baseline = area.top() + theme.px(4.0) + QFontMetricsF(bold).ascent();
    const FittedTitle shown = fitTitle(title, bold, area.width(), theme);
    drawTitle(painter, {area.left(), baseline}, shown, colour, theme);
    const double left = area.left() + shown.lastWidth() + theme.px(8.0);
    if (area.right() - left > theme.px(40.0))
        drawLabel(painter, {left, baseline + shown.more()}, fitParts(rest, plain, area.right() - left), plain,
                  theme.text3, theme);
    return belowPairTitle(area, title, theme);
}

void paintSentence(QPainter& painter, const QRectF& area, const QString& sentence, const Theme& theme)
{
    const QFont font = theme.ui(kTickPixels);
    const QFontMetricsF metrics(font);
    double baseline = area.top() + theme.px(6.0) + metrics.ascent();
    for (const QString& line : wrapText(sentence, font, area.width())) {
        drawLabel(painter, {area.left(), baseline}, line, font, theme.text2, theme);
        baseline += metrics.lineSpacing();
    }
}

QRectF BarPlot::plot(const QRectF& area, const Theme& theme) const
{
    return area.adjusted(theme.px(kAxis), theme.px(8.0), -theme.px(4.0), -theme.px(labelHeight));
}

QRectF BarPlot::slot(const QRectF& plot, std::size_t bar) const
{
    const double pitch = plot.width() / static_cast<double>(std::max<std::size_t>(bars.size(), 1));
    return {plot.left() + static_cast<double>(bar) * pitch, plot.top(), pitch, plot.height()};
}

double BarPlot::y(const QRectF& plot, double value) const
{
    const double low = isSigned ? -maximum : 0.0;
    const double share = std::clamp((value - low) / (maximum - low), 0.0, 1.0);
    return plot.bottom() - share * plot.height();
}

std::optional<std::size_t> BarPlot::barAt(QPointF where, const QRectF& area, const Theme& theme) const
{
    const QRectF inside = plot(area, theme);
    for (std::size_t bar = 0; bar < bars.size(); ++bar)
        if (slot(inside, bar).adjusted(0.0, 0.0, 0.0, theme.px(labelHeight)).contains(where))
            return bar;
    return {};
}

namespace {

void paintAxis(QPainter& painter, const QRectF& plot, const BarPlot& bars, const Theme& theme)
{
    const QFont font = theme.ui(kTickPixels);
    int decimals = bars.maximum >= 10.0 ? 0 : bars.maximum >= 0.99 ? 1 : bars.maximum >= 0.095 ? 2 : 3;
    const double middle = bars.isSigned ? bars.maximum : bars.maximum / 2.0, last = std::pow(10.0, decimals);
    if (std::abs(middle * last - std::round(middle * last)) > 1e-6)
        ++decimals;  // 0.55, not 0.6
    const double low = bars.isSigned ? -bars.maximum : 0.0;
    for (int tick = 0; tick <= 2; ++tick) {
        const double value = low + (bars.maximum - low) * tick / 2.0;
        const double y = bars.y(plot, value);
        painter.setPen(QPen(value == 0.0 ? theme.line2 : theme.line, 1.0));
        painter.drawLine(QPointF(plot.left(), y), QPointF(plot.right(), y));
        drawLabel(painter, {plot.left() - theme.px(5.0), y + QFontMetricsF(font).capHeight() / 2.0},
                  formatNumber(value, decimals), font, theme.text3, theme, Anchor::Right);
    }
}

QColor exactInk(const BarPlot& bars, const Theme& theme) { return bars.trace == 0 ? theme.text : theme.traceA; }

void paintExpected(QPainter& painter, const QRectF& plot, const QRectF& slot, const BarPlot& bars, const PairBar& bar,
                   const Theme& theme)
{
    const double inset = slot.width() * 0.12;
    const auto line = [&](double value, Qt::PenStyle style, const QColor& colour) {
        painter.setPen(QPen(colour, theme.px(2.0), style, Qt::FlatCap));
        const double y = bars.y(plot, value);
        painter.drawLine(QPointF(slot.left() + inset, y), QPointF(slot.right() - inset, y));
    };
    if (bar.exact)
        line(*bar.exact, Qt::SolidLine, exactInk(bars, theme));
    if (bar.noisy)
        line(*bar.noisy, Qt::DotLine, theme.text);
    if (bar.error <= 0.0 && !bar.interval)
        return;
    painter.setPen(QPen(theme.text, theme.px(1.5)));
    const double x = slot.center().x();
    const double low = bar.interval ? bar.interval->low : bar.value - 2.0 * bar.error;
    const double high = bar.interval ? bar.interval->high : bar.value + 2.0 * bar.error;
    painter.drawLine(QPointF(x, bars.y(plot, low)), QPointF(x, bars.y(plot, high)));
}

}  // namespace

void paintBars(QPainter& painter, const QRectF& area, const BarPlot& bars, const QColor& colour, const Theme& theme)
{
    const QRectF plot = bars.plot(area, theme);
    painter.save();
    paintAxis(painter, plot, bars, theme);
    for (std::size_t i = 0; i < bars.bars.size(); ++i) {
        const PairBar& bar = bars.bars[i];
        const QRectF slot = bars.slot(plot, i);
        if (bar.marked)
            painter.fillRect(slot.adjusted(slot.width() * 0.03, 0.0, -slot.width() * 0.03, 0.0), theme.accentBg);
        const double zero = bars.y(plot, 0.0), top = bars.y(plot, bar.value);
        const double inset = slot.width() * (slot.width() > theme.px(6.0) ? 0.18 : 0.05);
        const QRectF rect(QPointF(slot.left() + inset, std::min(zero, top)),
                          QPointF(slot.right() - inset, std::max(zero, top)));
        painter.fillRect(rect, bar.muted ? theme.line2 : colour);
        paintExpected(painter, plot, slot, bars, bar, theme);
    }
    painter.restore();
}

namespace {

constexpr double kSwatch = 16.0;
constexpr double kLegendLine = 15.0;
constexpr double kLegendGap = 3.0;  // below the last line

double entryWidth(const LegendEntry& entry, const Theme& theme)
{
    return theme.px(kSwatch + 17.0) + textWidth(entry.text, theme.ui(kTickPixels));
}

// The legend of outcomes, line by line.
std::vector<std::vector<LegendEntry>> legendOf(const BarPlot& bars, double width, const Theme& theme)
{
    std::vector<LegendEntry> entries = {{QStringLiteral("exact"), exactInk(bars, theme)}};
    if (bars.bars.front().noisy)
        entries.push_back({QStringLiteral("with noise"), theme.text, Qt::DotLine});
    if (!bars.seen.isEmpty())
        entries.push_back({bars.seen, theme.trace(bars.trace), Qt::SolidLine, 8.0});
    std::vector<std::vector<LegendEntry>> lines(1);
    double left = width;
    for (const LegendEntry& entry : entries) {
        // Nothing follows the last entry of a line.
        if (!lines.back().empty() && entryWidth(entry, theme) - theme.px(12.0) > left) {
            lines.emplace_back();
            left = width;
        }
        left -= entryWidth(entry, theme);
        lines.back().push_back(entry);
    }
    return lines;
}

double legendHeight(std::size_t lines, const Theme& theme)
{
    return theme.px(kLegendLine * static_cast<double>(lines) + kLegendGap);
}

void paintLegend(QPainter& painter, const QRectF& area, const std::vector<std::vector<LegendEntry>>& lines,
                 const Theme& theme)
{
    const QFont font = theme.ui(kTickPixels);
    double baseline = area.top() + QFontMetricsF(font).ascent();
    for (const std::vector<LegendEntry>& entries : lines) {
        const double middle = baseline - QFontMetricsF(font).capHeight() / 2.0, swatch = theme.px(kSwatch);
        double width = 0.0;
        for (const LegendEntry& entry : entries)
            width += entryWidth(entry, theme);
        double left = std::clamp(area.right() - width, area.left(), area.left() + theme.px(kAxis));
        for (const LegendEntry& entry : entries) {
            painter.setPen(QPen(entry.colour, theme.px(entry.thickness), entry.style, Qt::FlatCap));
            painter.drawLine(QPointF(left, middle), QPointF(left + swatch, middle));
            drawLabel(painter, {left + swatch + theme.px(5.0), baseline}, entry.text, font, theme.text2, theme);
            left += entryWidth(entry, theme);
        }
        baseline += theme.px(kLegendLine);
    }
}

}  // namespace

void paintOutcomes(QPainter& painter, const QRectF& area, const BarPlot& bars, const Theme& theme)
{
    const auto legend = legendOf(bars, area.width(), theme);
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    paintLegend(painter, area, legend, theme);
    const QRectF below = area.adjusted(0.0, legendHeight(legend.size(), theme), 0.0, 0.0);
    paintBars(painter, below, bars, theme.trace(bars.trace), theme);
    const QRectF plot = bars.plot(below, theme);
    paintBarLabels(painter, plot, plot.bottom() + theme.px(5.0), bars, theme);
    painter.restore();
}

std::optional<std::size_t> outcomeAt(QPointF where, const QRectF& area, const BarPlot& bars, const Theme& theme)
{
    if (bars.bars.empty())
        return std::nullopt;
    const double legend = legendHeight(legendOf(bars, area.width(), theme).size(), theme);
    return bars.barAt(where, area.adjusted(0.0, legend, 0.0, 0.0), theme);
}

void paintBarLabels(QPainter& painter, const QRectF& plot, double top, const BarPlot& bars, const Theme& theme)
{
    if (bars.bars.empty())
        return;
    const QFont plain = theme.mono(kTickPixels), bold = theme.mono(kTickPixels, QFont::DemiBold);
    double widest = 0.0;
    for (const PairBar& bar : bars.bars)
        widest = std::max(widest, textWidth(bar.label, plain));
    const double pitch = bars.slot(plot, 0).width();
    const bool turned = widest > pitch * 0.96;
    const double ascent = QFontMetricsF(plain).ascent();
    const auto every = std::max<std::size_t>(1, static_cast<std::size_t>(std::ceil(theme.px(13.0) / pitch)));
    for (std::size_t i = 0; i < bars.bars.size(); ++i) {
        const PairBar& bar = bars.bars[i];
        if (i % every != 0 && !bar.marked)
            continue;
        const QFont& font = bar.marked ? bold : plain;
        const QColor ink = bar.marked ? theme.accent : theme.text2;
        const double x = bars.slot(plot, i).center().x();
        if (!turned) {
            drawLabel(painter, {x, top + ascent}, bar.label, font, ink, theme, Anchor::Centre);
            continue;
        }
        painter.save();
        painter.translate(x + theme.px(4.0), top + ascent * 0.7);
        painter.rotate(kAngle);
        drawLabel(painter, {0.0, 0.0}, bar.label, font, ink, theme, Anchor::Right);
        painter.restore();
    }
}

void paintPhaseDisk(QPainter& painter, QPointF centre, double radius, std::complex<double> amplitude,
                    const QColor& colour, const Theme& theme)
{
    painter.setPen(QPen(theme.line2, 1.0));
    painter.setBrush(Qt::NoBrush);
    painter.drawEllipse(centre, radius, radius);
    const double size = std::min(std::abs(amplitude), 1.0) * radius;
    QColor faint = colour;
    faint.setAlphaF(0.3F);
    painter.setPen(Qt::NoPen);
    painter.setBrush(faint);
    painter.drawEllipse(centre, size, size);
    painter.setBrush(Qt::NoBrush);
    if (size < 0.5)
        return;
    const double angle = std::arg(amplitude);
    painter.setPen(QPen(colour, std::max(1.2, radius * 0.16)));
    painter.drawLine(centre, centre + QPointF(std::cos(angle), -std::sin(angle)) * radius * 0.9);
}

std::vector<std::size_t> largestInOrder(const std::vector<double>& values, std::size_t most)
{
    std::vector<std::size_t> places = largestPlaces(values, most);
    std::ranges::sort(places);
    return places;
}

}  // namespace ketscope
