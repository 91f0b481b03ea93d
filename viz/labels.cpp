// SPDX-License-Identifier: GPL-3.0-or-later
#include "viz/labels.h"

#include "viz/colour_map.h"

#include <QCache>
#include <QFontMetricsF>
#include <QPaintEngine>
#include <QPainterPath>
#include <QTextLayout>

#include <algorithm>
#include <numeric>
#include <utility>

namespace ketscope {

QString elideMiddle(const QString& text, int maximum)
{
    const auto characters = text.toUcs4();
    if (characters.size() <= maximum)
        return text;
    const int tail = (maximum - 1) / 2;
    const int head = maximum - 1 - tail;
    return QString::fromUcs4(reinterpret_cast<const char32_t*>(characters.constData()), head) + QChar(0x2026)
           + QString::fromUcs4(reinterpret_cast<const char32_t*>(characters.constData()) + characters.size() - tail,
                               tail);
}

// Shaping text is most of what a layout costs, and the same few labels are measured again and again.
double textWidth(const QString& text, const QFont& font)
{
    constexpr int kRemembered = 4096;
    thread_local QCache<std::pair<QFont, QString>, double> widths(kRemembered);
    const std::pair key(font, text);
    if (const double* known = widths.object(key))
        return *known;
    const double width = QFontMetricsF(font).horizontalAdvance(text);
    widths.insert(key, new double(width));
    return width;
}

QStringList wrapText(const QString& text, const QFont& font, double width)
{
    QStringList lines;
    QString line;
    for (const QString& word : text.split(QLatin1Char(' '), Qt::SkipEmptyParts)) {
        const QString longer = line.isEmpty() ? word : line + QLatin1Char(' ') + word;
        if (!line.isEmpty() && textWidth(longer, font) > width) {
            lines << line;
            line = word;
        } else {
            line = longer;
        }
    }
    if (!line.isEmpty())
        lines << line;
    return lines;
}

QStringList wrapParts(const QStringList& parts, const QFont& font, double width)
{
    const QString separator = QStringLiteral(" · ");
    QStringList lines;
    for (const QString& part : parts) {
        const QString longer = lines.isEmpty() ? part : lines.last() + separator + part;
        if (lines.isEmpty() || textWidth(longer, font) > width)
            lines << wrapText(part, font, width);
        else
            lines.last() = longer;
    }
    return lines;
}

QString fitText(const QString& text, const QFont& font, double width)
{
    return QFontMetricsF(font).elidedText(text, Qt::ElideRight, width);
}

QString fitParts(const QString& text, const QFont& font, double width)
{
    if (textWidth(text, font) <= width)
        return text;
    const QString rest = QStringLiteral(" …");
    for (qsizetype at = text.size() - 1; at > 0; --at) {
        const bool comma = (text[at] == QLatin1Char(',') || text[at] == QLatin1Char(';')) && at + 1 < text.size()
                           && text[at + 1] == QLatin1Char(' ');
        const bool dot = text[at] == QChar(0xb7) && text[at - 1] == QLatin1Char(' ');
        if (!comma && !dot)
            continue;
        const QString shown = text.left(dot ? at - 1 : at) + rest;
        if (textWidth(shown, font) <= width)
            return shown;
    }
    const QString cut = fitText(text, font, width);
    return cut.contains(QLatin1Char(' ')) ? cut : QString();
}

// Down from the first, then up again from the end of the room.
std::vector<double> spreadLabels(const std::vector<double>& wanted, double apart, double last)
{
    std::vector<std::size_t> order(wanted.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::stable_sort(order, {}, [&](std::size_t i) { return wanted[i]; });
    std::vector<double> places = wanted;
    for (std::size_t i = 1; i < order.size(); ++i)
        places[order[i]] = std::max(places[order[i]], places[order[i - 1]] + apart);
    double most = last;
    for (auto i = order.rbegin(); i != order.rend(); ++i) {
        places[*i] = std::min(places[*i], most);
        most = places[*i] - apart;
    }
    return places;
}

namespace {

// Where the context may choose another glyph: Inter raises "−" between capitals and makes "×" of an x between digits.
// Such glyphs have no character of their own, so that the text of a PDF would lose them.
bool isContextual(const QString& text, qsizetype at)
{
    const QChar character = text[at];
    const bool plain = character.isLetterOrNumber() || character.isSpace() || character.isMark()
                       || character.isSurrogate() || QStringLiteral(".,;’'").contains(character);
    const bool between =
        (character == QLatin1Char('x') || character == QLatin1Char('X')) && at > 0 && text[at - 1].isDigit();
    return !plain || between;
}

// Each of these alone, where the whole text would have it. An x is narrower than the "×" that would stand for it: what
// follows moves up to it, since a gap reads as a space. `anchor`: the part of the text that is left of `at`.
void drawApart(QPainter& painter, QPointF at, const QString& text, double anchor)
{
    QTextLayout layout(text, painter.font());
    layout.beginLayout();
    const QTextLine line = layout.createLine();
    layout.endLayout();
    const auto leftOf = [&](qsizetype place) { return line.cursorToX(static_cast<int>(place)); };
    std::vector<std::pair<double, QString>> runs;
    double gap = 0.0;
    for (qsizetype begin = 0; begin < text.size();) {
        qsizetype end = begin + 1;
        if (!isContextual(text, begin))
            while (end < text.size() && !isContextual(text, end))
                ++end;
        runs.emplace_back(leftOf(begin) - gap, text.mid(begin, end - begin));
        if (isContextual(text, begin) && text[begin].isLetter())
            gap += leftOf(end) - leftOf(begin) - textWidth(runs.back().second, painter.font());
        begin = end;
    }
    at.rx() -= anchor * (leftOf(text.size()) - gap);
    for (const auto& [x, run] : runs)
        painter.drawText(at + QPointF(x, 0.0), run);
}

}  // namespace

void drawLabel(QPainter& painter, QPointF at, const QString& text, const QFont& font, const QColor& colour,
               const Theme& theme, Anchor anchor)
{
    const double before = anchor == Anchor::Left ? 0.0 : anchor == Anchor::Centre ? 0.5 : 1.0;
    const bool apart = !theme.textAsOutlines && painter.paintEngine()->type() == QPaintEngine::Pdf
                       && !(font.styleStrategy() & QFont::PreferNoShaping);
    if (!apart)
        at.rx() -= textWidth(text, font) * before;
    if (!theme.textAsOutlines) {
        painter.setFont(font);
        painter.setPen(colour);
        if (apart)
            drawApart(painter, at, text, before);
        else
            painter.drawText(at, text);
        return;
    }
    QPainterPath path;
    path.addText(at, font, text);
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    painter.fillPath(path, colour);
    painter.restore();
}

void drawSideLabels(QPainter& painter, QPointF at, const std::vector<SideLabel>& labels, const Theme& theme)
{
    const QFont plain = theme.ui(kTickPixels), bold = theme.ui(kTickPixels, QFont::DemiBold);
    const double capital = QFontMetricsF(plain).capHeight();
    std::vector<double> wanted;
    for (const SideLabel& label : labels)
        wanted.push_back(label.middle);
    const std::vector<double> places = spreadLabels(wanted, capital + theme.px(5.0), at.y());
    for (std::size_t i = 0; i < labels.size(); ++i)
        drawLabel(painter, {at.x(), places[i] + capital / 2.0}, labels[i].text, labels[i].strong ? bold : plain,
                  labels[i].ink, theme);
}

void drawChip(QPainter& painter, const QRectF& box, const QString& letter, const QColor& fill, const Theme& theme)
{
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    const double radius = box.height() * 0.2;
    const bool filled = fill.isValid();
    painter.setPen(filled ? QPen(Qt::NoPen) : QPen(theme.line2, 1.0));
    painter.setBrush(filled ? fill : theme.panel);
    painter.drawRoundedRect(filled ? box : box.adjusted(0.5, 0.5, -0.5, -0.5), radius, radius);
    const QFont font = theme.ui(kTickPixels, QFont::Bold);
    const QFontMetricsF metrics(font);
    const QPointF baseline(box.center().x(), box.center().y() + metrics.capHeight() / 2.0);
    drawLabel(painter, baseline, letter, font, filled ? inkOn(fill.rgb()) : theme.text, theme, Anchor::Centre);
    painter.restore();
}

}  // namespace ketscope
