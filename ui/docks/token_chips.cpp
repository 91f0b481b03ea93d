// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/docks/token_chips.h"

#include "ui/controls/table_access.h"

#include <QFontMetricsF>

#include <algorithm>
#include <cmath>

namespace ketscope {

namespace {

constexpr double kChipHeight = 24.0;
constexpr double kChipPadding = 9.0;
constexpr double kSmallestChip = 36.0;
constexpr double kGap = 8.0;
constexpr double kTop = 8.0;
constexpr double kBarHeight = 4.0;
constexpr double kBarPitch = kBarHeight + 2.0;

}  // namespace

std::vector<TokenChip> layOutChips(const QStringList& texts, const Theme& theme)
{
    std::vector<TokenChip> chips;
    const QFontMetricsF metrics(theme.mono(kLabelPixels));
    double left = theme.px(2);
    for (const QString& text : texts) {
        const double width =
            std::ceil(std::max(theme.px(kSmallestChip), metrics.horizontalAdvance(text) + 2 * theme.px(kChipPadding)));
        chips.push_back({text, {left, theme.px(kTop), width, theme.px(kChipHeight)}});
        left += width + theme.px(kGap);
    }
    return chips;
}

std::optional<std::size_t> chipAt(const std::vector<TokenChip>& chips, double x)
{
    for (std::size_t token = 0; token < chips.size(); ++token)
        if (x >= chips[token].rect.left() && x <= chips[token].rect.right())
            return token;
    return {};
}

void paintChip(QPainter& painter, const TokenChip& chip, ChipRole role, bool pointed, const Theme& theme)
{
    const bool chosen = role != ChipRole::None;
    painter.setPen(QPen(chosen ? theme.accent : theme.line2, chosen ? theme.px(1.5) : 1.0));
    painter.setBrush(role == ChipRole::Query ? theme.accent : chosen ? theme.accentBg : theme.chip);
    painter.drawRoundedRect(chip.rect, theme.px(4), theme.px(4));
    if (pointed) {
        painter.setPen(QPen(theme.accent, theme.px(1.5)));
        painter.setBrush(Qt::NoBrush);
        painter.drawRoundedRect(chip.rect.adjusted(-2, -2, 2, 2), theme.px(5), theme.px(5));
    }
    painter.setFont(theme.mono(kLabelPixels));
    painter.setPen(role == ChipRole::Query ? theme.panel : chosen ? theme.accent : theme.text);
    painter.drawText(chip.rect, Qt::AlignCenter, chip.text);
}

void paintChipBars(QPainter& painter, const TokenChip& chip, std::span<const ChipBar> bars, const Theme& theme)
{
    QRectF groove = chip.rect;
    groove.setTop(groove.bottom() + theme.px(4));
    groove.setHeight(theme.px(kBarHeight));
    for (const ChipBar& bar : bars) {
        painter.fillRect(groove, theme.line);
        const double least = bar.centred ? -1.0 : 0.0;
        const double share = std::isfinite(bar.share) ? std::clamp(bar.share, least, 1.0) : 0.0;
        const double zero = bar.centred ? groove.center().x() : groove.left();
        const double length = share * (bar.centred ? groove.width() / 2.0 : groove.width());
        painter.fillRect(QRectF(QPointF(zero, groove.top()), QPointF(zero + length, groove.bottom())).normalized(),
                         theme.trace(bar.trace));
        groove.translate(0, theme.px(kBarPitch));
    }
}

void paintBelowChip(QPainter& painter, const TokenChip& chip, const QString& text, bool strong, std::size_t bars,
                    const Theme& theme)
{
    painter.setFont(theme.ui(kTickPixels, strong ? QFont::DemiBold : QFont::Normal));
    painter.setPen(strong ? theme.accent : theme.text3);
    const double wide = theme.px(30);
    const double top = chip.rect.bottom() + theme.px(5 + static_cast<double>(bars) * kBarPitch);
    painter.drawText(QRectF(chip.rect.left() - wide, top, chip.rect.width() + 2 * wide, theme.px(15)), Qt::AlignCenter,
                     text);
}

int chipStripHeight(std::size_t bars, const Theme& theme)
{
    return qRound(theme.px(kTop + kChipHeight + static_cast<double>(bars) * kBarPitch + 24));
}

QRect chipBarsRect(const std::vector<TokenChip>& chips, std::size_t bars, int width, const Theme& theme)
{
    const double top = chips.front().rect.bottom() + theme.px(3);  // below a pointed chip's frame
    return QRectF(0.0, top, width, theme.px(1 + static_cast<double>(bars) * kBarPitch)).toAlignedRect();
}

void prepareStrip(QWidget& strip, const QString& id, const QString& name, std::function<Table()> spoken)
{
    strip.setObjectName(id);
    strip.setFocusPolicy(Qt::StrongFocus);
    strip.setMouseTracking(true);
    strip.setAccessibleName(name);
    exposeAsTable(strip, {std::move(spoken), [&strip] { return strip.accessibleDescription(); }});
}

void paintStripFocus(QPainter& painter, const QWidget& strip, const Theme& theme)
{
    if (!strip.hasFocus())
        return;
    painter.setPen(QPen(theme.accent, 2));
    painter.setBrush(Qt::NoBrush);
    painter.drawRect(strip.rect().adjusted(1, 1, -1, -1));
}

}  // namespace ketscope
