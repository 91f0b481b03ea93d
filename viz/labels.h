// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "viz/theme.h"

#include <QPainter>
#include <QString>
#include <QStringList>

#include <vector>

namespace ketscope {

inline constexpr int kLabelCharacters = 14;

// At most `maximum` characters, with "…" in the middle of longer text.
QString elideMiddle(const QString& text, int maximum = kLabelCharacters);

double textWidth(const QString& text, const QFont& font);

// Lines no wider than `width`, broken at spaces; a longer word gets a line of its own.
QStringList wrapText(const QString& text, const QFont& font, double width);

// Parts with " · " between them, broken between parts and, where one alone is too wide, at its spaces.
QStringList wrapParts(const QStringList& parts, const QFont& font, double width);

// `text` cut with "…" so that it is no wider than `width`.
QString fitText(const QString& text, const QFont& font, double width);

// The whole parts of `text`, between commas, semicolons and “·”, that fit, with "…" for the rest; fitText() where not
// even the first does, and nothing where that would leave a word's beginning.
QString fitParts(const QString& text, const QFont& font, double width);

// Places close to those `wanted`, in the same order, at least `apart` from each other and none beyond `last` while there is
// room: of labels below each other.
std::vector<double> spreadLabels(const std::vector<double>& wanted, double apart, double last);

enum class Anchor { Left, Centre, Right };

// One line with its baseline at `at`, as text or, when the theme asks, as outlines. All figure text goes through here.
void drawLabel(QPainter& painter, QPointF at, const QString& text, const QFont& font, const QColor& colour,
               const Theme& theme, Anchor anchor = Anchor::Left);

// Names below each other from at.x() on, each with its middle at its own height: those that would touch are moved
// apart, the last not below at.y() while there is room.
struct SideLabel {
    QString text;
    double middle = 0.0;
    QColor ink;
    bool strong = false;
};
void drawSideLabels(QPainter& painter, QPointF at, const std::vector<SideLabel>& labels, const Theme& theme);

// The square with a trace's letter: "A" filled with its colour, "Δ" outlined. `box` is its place.
void drawChip(QPainter& painter, const QRectF& box, const QString& letter, const QColor& fill, const Theme& theme);

}  // namespace ketscope
