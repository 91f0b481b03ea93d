// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "viz/export.h"

namespace ketscope {

inline constexpr double kPageMargin = 8.0;  // around everything, in painter units

// A figure with margins and its caption, in painter units, and what a unit is on paper.
class ExportPage {
public:
    // Throws Error (Input) for a width, resolution or text size out of range.
    ExportPage(const Figure& figure, const ExportOptions& options);

    QSizeF units() const { return m_units; }
    double figureWidth() const { return m_area.width(); }
    QSizeF millimetres() const { return m_units * m_unitMm; }
    // Throws Error (Input) when that is more than an image can have.
    QSize pixels(double dpi) const;
    const Theme& theme() const { return m_theme; }
    const QString& caption() const { return m_caption; }

    // The whole page at the painter's origin, one painter unit a unit.
    void paint(QPainter& painter) const;

private:
    const Figure& m_figure;
    Theme m_theme;
    QString m_caption;
    QStringList m_lines;  // of the caption; empty = not drawn
    double m_unitMm;
    QSizeF m_units;
    QRectF m_area;  // of the figure
};

}  // namespace ketscope
