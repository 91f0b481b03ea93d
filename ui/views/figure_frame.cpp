// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/views/figure_frame.h"

#include "viz/export.h"

#include <QApplication>
#include <QClipboard>
#include <QPainter>

#include <algorithm>
#include <cmath>

namespace ketscope {

namespace {

constexpr double kMargin = 12.0;
constexpr double kStaleEdge = 3.0;
constexpr double kClipboardDpi = 192.0;

}  // namespace

QRectF figureArea(const QWidget& widget, const Theme& theme)
{
    const double margin = theme.px(kMargin);
    return QRectF(widget.rect()).adjusted(margin, margin / 2.0, -margin, -margin / 2.0);
}

int figureHeight(const Figure& figure, int width, const Theme& theme)
{
    const double margin = theme.px(kMargin);
    return static_cast<int>(std::ceil(figure.heightFor(std::max(1.0, width - 2.0 * margin), theme) + margin));
}

void paintFigureFrame(QPainter& painter, const QWidget& widget, bool stale, const Theme& theme)
{
    if (stale)
        painter.fillRect(QRectF(0, 0, widget.width(), theme.px(kStaleEdge)), QBrush(theme.warn, Qt::BDiagPattern));
    if (!widget.hasFocus())
        return;
    painter.setPen(QPen(theme.accent, 2));
    painter.setBrush(Qt::NoBrush);
    painter.drawRect(widget.rect().adjusted(1, 1, -1, -1));
}

void paintInsteadOfFigure(QPainter& painter, const QRectF& area, const QString& title, const QString& hint,
                          const Theme& theme)
{
    constexpr double kGap = 8.0;
    const QFont titleFont = theme.ui(kTitlePixels, QFont::DemiBold), hintFont = theme.ui(kLabelPixels);
    const auto heightOf = [&](const QString& text, const QFont& font) {
        return QFontMetricsF(font).boundingRect(area, Qt::AlignHCenter | Qt::TextWordWrap, text).height();
    };
    const double above = title.isEmpty() ? 0.0 : heightOf(title, titleFont);
    const double below = hint.isEmpty() ? 0.0 : heightOf(hint, hintFont);
    const double gap = title.isEmpty() || hint.isEmpty() ? 0.0 : theme.px(kGap);
    const double top = std::max(area.top(), area.center().y() - (above + gap + below) / 2.0);
    painter.setFont(titleFont);
    painter.setPen(theme.text);
    painter.drawText(QRectF(area.left(), top, area.width(), above), Qt::AlignHCenter | Qt::TextWordWrap, title);
    painter.setFont(hintFont);
    painter.setPen(theme.text2);
    painter.drawText(QRectF(area.left(), top + above + gap, area.width(), area.bottom() - top - above - gap),
                     Qt::AlignHCenter | Qt::TextWordWrap, hint);
}

void paintPointedFrame(QPainter& painter, const QRectF& place, const Theme& theme)
{
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setBrush(Qt::NoBrush);
    for (const QPen& pen : {QPen(theme.panel, 3.0), QPen(theme.accent, 1.5)}) {
        painter.setPen(pen);
        painter.drawRect(place.adjusted(-1.0, -1.0, 1.0, 1.0));
    }
    painter.restore();
}

void copyAsText(const Table& table)
{
    QString text = table.header.join(u'\t');
    for (const QStringList& row : table.rows)
        text += u'\n' + row.join(u'\t');
    QApplication::clipboard()->setText(text);
}

void copyFigureImage(const Figure& figure, const Comparison& comparison)
{
    ExportOptions options;
    options.dpi = kClipboardDpi;
    QApplication::clipboard()->setImage(renderImage(figure, comparison, options));
}

}  // namespace ketscope
