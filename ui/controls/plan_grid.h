// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/study/plan_table.h"
#include "viz/theme.h"

#include <QWidget>

namespace ketscope {

// Layers × heads of one stack, painted with the choices of a plan: drag over cells, or the arrows and Space. A click on a
// layer's or a head's number paints all of it, or clears it where all of it is painted already.
class PlanGrid : public QWidget {
    Q_OBJECT

public:
    PlanGrid(PlanTable& table, const Theme& theme, QWidget* parent = nullptr);

    void setStack(std::size_t stack);
    void setBrush(std::optional<std::size_t> choice);  // none = clears
    // How a choice is drawn: one colour each, and its number in cells that have room.
    static QColor colourOf(std::size_t choice, const Theme& theme);

    QRectF cellRect(std::size_t layer, std::size_t head) const;
    QRectF layerHeader(std::size_t layer) const;
    QRectF headHeader(std::size_t head) const;
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override { return sizeHint(); }

signals:
    void painted();

protected:
    void paintEvent(QPaintEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;

private:
    struct Cell {
        std::size_t layer = 0;
        std::size_t head = 0;

        bool operator==(const Cell&) const = default;
    };
    std::size_t layers() const { return m_table.layers(m_stack); }
    std::size_t heads() const { return m_table.heads(m_stack); }
    double side() const;
    std::optional<Cell> cellAt(QPointF where) const;
    // Paints cells with the brush; where all of them have it already, clears them.
    void toggle(const std::vector<Cell>& cells);
    void paint(const Cell& cell);
    void moveTo(const Cell& cell, bool painting);
    void describe();
    void drawHeaders(QPainter& painter) const;

    PlanTable& m_table;
    const Theme& m_theme;
    std::size_t m_stack = 0;
    std::optional<std::size_t> m_brush = 0;
    std::optional<std::size_t> m_stroke;  // what the present drag paints
    bool m_dragging = false;
    Cell m_at;
};

}  // namespace ketscope
