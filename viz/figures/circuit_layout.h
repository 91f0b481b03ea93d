// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/quantum/pair_circuit.h"
#include "viz/theme.h"

#include <QPainter>
#include <QRectF>
#include <QString>

#include <optional>
#include <vector>

namespace ketscope {

// A block's title, or a piece of one that is wider than the circuit: below the wires of its line, in a row of its own
// where there is no room beside the one before.
struct CircuitTitle {
    QString text;
    std::optional<PairRole> role;
    std::size_t line = 0, row = 0;
    double left = 0.0;
};

// Where a circuit's gates lie when it is cut into lines below each other, as music is.
class CircuitLayout {
public:
    CircuitLayout(const PairCircuit& circuit, double width, const Theme& theme);

    double width() const { return m_width; }
    double height() const;
    std::size_t lines() const { return (m_columns.size() + m_perLine - 1) / m_perLine; }
    std::size_t perLine() const { return m_perLine; }
    const std::vector<std::vector<std::size_t>>& columns() const { return m_columns; }
    double lineTop(std::size_t line) const;
    double wire(std::size_t line, std::size_t wire) const;  // its y
    double left(std::size_t column) const;                  // of a column's slot in its line
    double columnWidth() const { return m_columnWidth; }
    double wireGap() const { return m_wireGap; }
    double wiresLeft() const { return m_labels; }
    double wiresRight(std::size_t line) const;
    std::size_t lineOf(std::size_t column) const { return column / m_perLine; }
    const std::vector<CircuitTitle>& titles() const { return m_titles; }

private:
    void placeTitles(const PairCircuit& circuit, const Theme& theme);

    std::vector<std::vector<std::size_t>> m_columns;
    std::size_t m_wires;
    std::size_t m_perLine = 1;
    std::vector<CircuitTitle> m_titles;
    double m_labels, m_columnWidth, m_wireGap, m_above, m_below, m_meters, m_width;
};

// At `origin`, with a cursor after the first `cursor` columns.
void paintCircuit(QPainter& painter, QPointF origin, const PairCircuit& circuit, const CircuitLayout& layout,
                  std::size_t cursor, const Theme& theme);

}  // namespace ketscope
