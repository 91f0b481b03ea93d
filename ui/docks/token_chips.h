// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "viz/figure.h"

#include <QPainter>
#include <QStringList>

#include <functional>
#include <optional>
#include <span>
#include <vector>

class QWidget;

namespace ketscope {

// Tokens in a row, each with bars and a line of text below: what the strips of tokens have in common. Sizes are in pixels
// of the theme's scale.

struct TokenChip {
    QString text;
    QRectF rect;
};

enum class ChipRole { None, Key, Query };  // white, with an accent's edge, filled

// A bar below a chip: which trace, and what of the bar is filled, −1 … 1. Of a negative share the bar grows to the left from
// its middle when `centred`. A share that is not a number draws nothing.
struct ChipBar {
    std::size_t trace = 0;
    double share = 0.0;
    bool centred = false;
};

std::vector<TokenChip> layOutChips(const QStringList& texts, const Theme& theme);
// The chip whose column `x` is in.
std::optional<std::size_t> chipAt(const std::vector<TokenChip>& chips, double x);
void paintChip(QPainter& painter, const TokenChip& chip, ChipRole role, bool pointed, const Theme& theme);
void paintChipBars(QPainter& painter, const TokenChip& chip, std::span<const ChipBar> bars, const Theme& theme);
// Below `bars` bars.
void paintBelowChip(QPainter& painter, const TokenChip& chip, const QString& text, bool strong, std::size_t bars,
                    const Theme& theme);
// Of a strip of such chips; and where all of its bars are.
int chipStripHeight(std::size_t bars, const Theme& theme);
QRect chipBarsRect(const std::vector<TokenChip>& chips, std::size_t bars, int width, const Theme& theme);

// What every strip of tokens is to keyboard, pointer and screen readers.
void prepareStrip(QWidget& strip, const QString& id, const QString& name, std::function<Table()> spoken);
// Around the whole strip, while it has the keyboard.
void paintStripFocus(QPainter& painter, const QWidget& strip, const Theme& theme);

}  // namespace ketscope
