// SPDX-License-Identifier: GPL-3.0-or-later
#include "viz/figures/circuit_layout.h"

#include "viz/figures/pair_figure.h"
#include "viz/labels.h"
#include "viz/scale.h"

#include <QFontMetricsF>

#include <algorithm>
#include <cmath>

namespace ketscope {

namespace {

constexpr double kColumn = 46.0;
constexpr double kWire = 36.0;
constexpr double kLabelRoom = 56.0;
constexpr double kLoadedRoom = 108.0;
constexpr double kMeterRoom = 34.0;
constexpr double kAbove = 8.0;
constexpr double kBelow = 22.0;  // block titles in one row
constexpr double kTitleRow = 14.0;

}  // namespace

CircuitLayout::CircuitLayout(const PairCircuit& circuit, double width, const Theme& theme)
    : m_columns(circuit.circuit.drawnColumns()), m_wires(circuit.circuit.qubits()),
      m_labels(theme.px(circuit.loaded.empty() ? kLabelRoom : kLoadedRoom)), m_columnWidth(theme.px(kColumn)),
      m_wireGap(theme.px(kWire)), m_above(theme.px(kAbove)), m_below(theme.px(kBelow)),
      m_meters(theme.px(circuit.measured.empty() ? 8.0 : kMeterRoom)), m_width(width)
{
    const double room = std::max(width - m_labels - m_meters, m_columnWidth);
    m_perLine = std::max<std::size_t>(1, static_cast<std::size_t>(room / m_columnWidth));
    placeTitles(circuit, theme);
}

void CircuitLayout::placeTitles(const PairCircuit& circuit, const Theme& theme)
{
    const QFont font = theme.ui(kTickPixels, QFont::DemiBold);
    std::vector<CircuitTitle> wanted;
    for (const CircuitBlock& block : circuit.blocks) {
        const auto holds = [&](const std::vector<std::size_t>& column) {
            return std::ranges::any_of(column, [&](std::size_t op) { return op >= block.first && op < block.last; });
        };
        const auto first = std::ranges::find_if(m_columns, holds);
        if (first == m_columns.end())
            continue;
        const auto column = static_cast<std::size_t>(first - m_columns.begin());
        wanted.push_back(
            {QString::fromStdString(block.title), block.role, lineOf(column), 0, left(column) + theme.px(3.5)});
    }
    std::ranges::stable_sort(wanted, {}, [](const CircuitTitle& title) {
        return std::tuple(title.line, title.left, title.role.has_value());
    });
    std::size_t rows = 1, line = 0, row = 0;
    double free = 0.0;
    for (CircuitTitle title : wanted) {
        if (title.line != line)
            line = title.line, row = 0, free = 0.0;
        for (const QString& piece : wrapText(title.text, font, m_width)) {
            const double width = textWidth(piece, font), last = std::max(0.0, m_width - width);
            if (last < free)
                ++row, free = 0.0;
            m_titles.push_back({piece, title.role, line, row, std::min(std::max(title.left, free), last)});
            free = m_titles.back().left + width + theme.px(12.0);
        }
        rows = std::max(rows, row + 1);
    }
    m_below = theme.px(kBelow + kTitleRow * static_cast<double>(rows - 1));
}

double CircuitLayout::lineTop(std::size_t line) const
{
    return static_cast<double>(line) * (m_above + static_cast<double>(m_wires) * m_wireGap + m_below);
}

double CircuitLayout::height() const { return lineTop(std::max<std::size_t>(lines(), 1)); }

double CircuitLayout::wire(std::size_t line, std::size_t wire) const
{
    return lineTop(line) + m_above + (static_cast<double>(wire) + 0.5) * m_wireGap;
}

double CircuitLayout::left(std::size_t column) const
{
    return m_labels + static_cast<double>(column % m_perLine) * m_columnWidth;
}

double CircuitLayout::wiresRight(std::size_t line) const
{
    const std::size_t columns = std::min(m_perLine, m_columns.size() - std::min(m_columns.size(), line * m_perLine));
    return m_labels + static_cast<double>(columns) * m_columnWidth;
}

namespace {

// Paints one circuit; the painter's origin is the layout's.
class CircuitPainter {
public:
    CircuitPainter(QPainter& painter, const PairCircuit& circuit, const CircuitLayout& layout, const Theme& theme)
        : m_painter(painter), m_circuit(circuit), m_layout(layout), m_theme(theme)
    {
        m_columnOf.resize(circuit.circuit.operations().size(), 0);
        for (std::size_t column = 0; column < layout.columns().size(); ++column)
            for (const std::size_t number : layout.columns()[column])
                m_columnOf[number] = column;
    }

    void paint(std::size_t cursor)
    {
        // What tests both states may begin beside their preparation: its ground lies below theirs.
        for (const bool ofOneState : {false, true})
            for (const CircuitBlock& block : m_circuit.blocks)
                if (block.role.has_value() == ofOneState)
                    paintBlock(block);
        paintTitles();
        for (std::size_t line = 0; line < std::max<std::size_t>(m_layout.lines(), 1); ++line)
            paintWires(line);
        for (std::size_t number = 0; number < m_columnOf.size(); ++number)
            paintGate(number);
        for (const ChannelPoint& point : m_circuit.channels)
            paintChannel(point);
        paintMeters();
        paintCursor(cursor);
    }

private:
    std::size_t qubits() const { return m_circuit.circuit.qubits(); }
    double px(double pixels) const { return m_theme.px(pixels); }
    double centre(std::size_t column) const { return m_layout.left(column) + m_layout.columnWidth() / 2.0; }

    std::optional<PairRole> roleOf(std::size_t number) const
    {
        for (const CircuitBlock& block : m_circuit.blocks)
            if (number >= block.first && number < block.last)
                return block.role;
        return m_circuit.role;
    }

    void paintBlock(const CircuitBlock& block)
    {
        if (block.last <= block.first)
            return;
        std::size_t first = m_columnOf[block.first], last = first;
        for (std::size_t number = block.first; number < block.last; ++number) {
            first = std::min(first, m_columnOf[number]);
            last = std::max(last, m_columnOf[number]);
        }
        const auto wires = wiresOf(block);
        for (std::size_t line = m_layout.lineOf(first); line <= m_layout.lineOf(last); ++line) {
            const std::size_t from = std::max(first, line * m_layout.perLine());
            const std::size_t to = std::min(last, (line + 1) * m_layout.perLine() - 1);
            const double half = m_layout.wireGap() / 2.0;
            const QRectF box(QPointF(m_layout.left(from) + px(1.5), m_layout.wire(line, wires.first) - half + px(1.0)),
                             QPointF(m_layout.left(to) + m_layout.columnWidth() - px(1.5),
                                     m_layout.wire(line, wires.second) + half));
            m_painter.setPen(QPen(roleColour(block.role, m_theme), 1.0, Qt::DashLine));
            m_painter.setBrush(roleGround(block.role, m_theme));
            m_painter.drawRoundedRect(box, px(4.0), px(4.0));
            m_painter.setBrush(Qt::NoBrush);
        }
    }

    void paintTitles()
    {
        const QFont font = m_theme.ui(kTickPixels, QFont::DemiBold);
        for (const CircuitTitle& title : m_layout.titles()) {
            const double bottom = m_layout.wire(title.line, qubits() - 1) + m_layout.wireGap() / 2.0;
            const double baseline = bottom + px(3.0 + kTitleRow * static_cast<double>(title.row));
            drawLabel(m_painter, {title.left, baseline + QFontMetricsF(font).ascent()}, title.text, font,
                      roleColour(title.role, m_theme), m_theme);
        }
    }

    // The first and the last wire that the block's gates are on.
    std::pair<std::size_t, std::size_t> wiresOf(const CircuitBlock& block) const
    {
        std::size_t low = qubits() - 1, high = 0;
        for (std::size_t number = block.first; number < block.last; ++number)
            for (const std::uint8_t wire : m_circuit.circuit.operations()[number].usedWires()) {
                low = std::min<std::size_t>(low, wire);
                high = std::max<std::size_t>(high, wire);
            }
        return {std::min(low, high), high};
    }

    void paintWires(std::size_t line)
    {
        const QFont font = m_theme.mono(kTickPixels);
        const double right = m_layout.columns().empty() ? m_layout.wiresLeft() : m_layout.wiresRight(line);
        for (std::size_t wire = 0; wire < qubits(); ++wire) {
            const double y = m_layout.wire(line, wire);
            m_painter.setPen(QPen(m_theme.line2, 1.0));
            m_painter.drawLine(QPointF(m_layout.wiresLeft() - px(6.0), y), QPointF(right + px(6.0), y));
            QString label = QStringLiteral("q%1").arg(wire);
            if (line == 0 && m_circuit.loaded.empty())
                label += QStringLiteral(" |0⟩");
            else if (line > 0)
                label += QStringLiteral(" …");
            drawLabel(m_painter, {m_layout.wiresLeft() - px(10.0), y + QFontMetricsF(font).capHeight() / 2.0}, label,
                      font, m_theme.text2, m_theme, Anchor::Right);
        }
        if (line > 0 || m_circuit.loaded.empty())
            return;
        const QFont small = m_theme.ui(kTickPixels);
        drawLabel(m_painter, {0.0, m_layout.wire(0, 0) + QFontMetricsF(small).capHeight() / 2.0},
                  fitText(QString::fromStdString(m_circuit.loaded), small, px(72.0)), small, m_theme.text2, m_theme);
    }

    void paintGate(std::size_t number)
    {
        const Operation& operation = m_circuit.circuit.operations()[number];
        const std::size_t column = m_columnOf[number], line = m_layout.lineOf(column);
        const QColor colour = roleColour(roleOf(number), m_theme);
        const double x = centre(column);
        const auto wires = operation.usedWires();
        if (wires.size() > 1) {
            const auto [low, high] = std::ranges::minmax(wires);
            m_painter.setPen(QPen(colour, px(1.4)));
            m_painter.drawLine(QPointF(x, m_layout.wire(line, low)), QPointF(x, m_layout.wire(line, high)));
        }
        switch (operation.gate) {
        case Gate::CX:
            paintDot({x, m_layout.wire(line, wires[0])}, colour);
            return paintPlus({x, m_layout.wire(line, wires[1])}, colour);
        case Gate::CZ:
            for (const std::uint8_t wire : wires)
                paintDot({x, m_layout.wire(line, wire)}, colour);
            return;
        case Gate::CSwap:
            paintDot({x, m_layout.wire(line, wires[0])}, colour);
            paintCross({x, m_layout.wire(line, wires[1])}, colour);
            return paintCross({x, m_layout.wire(line, wires[2])}, colour);
        default: break;
        }
        for (const std::uint8_t wire : wires)
            paintBox({x, m_layout.wire(line, wire)}, operation, colour);
    }

    void paintDot(QPointF at, const QColor& colour)
    {
        m_painter.setPen(Qt::NoPen);
        m_painter.setBrush(colour);
        m_painter.drawEllipse(at, px(3.2), px(3.2));
        m_painter.setBrush(Qt::NoBrush);
    }

    void paintPlus(QPointF at, const QColor& colour)
    {
        const double r = px(7.5);
        m_painter.setPen(QPen(colour, px(1.4)));
        m_painter.setBrush(m_theme.panel);
        m_painter.drawEllipse(at, r, r);
        m_painter.setBrush(Qt::NoBrush);
        m_painter.drawLine(at - QPointF(r, 0), at + QPointF(r, 0));
        m_painter.drawLine(at - QPointF(0, r), at + QPointF(0, r));
    }

    void paintCross(QPointF at, const QColor& colour)
    {
        const double r = px(4.5);
        m_painter.setPen(QPen(colour, px(1.6)));
        m_painter.drawLine(at - QPointF(r, r), at + QPointF(r, r));
        m_painter.drawLine(at - QPointF(r, -r), at + QPointF(r, -r));
    }

    void paintBox(QPointF at, const Operation& operation, const QColor& colour)
    {
        const GateInfo& info = gateInfo(operation.gate);
        const QRectF box(at.x() - px(18.0), at.y() - px(13.0), px(36.0), px(26.0));
        m_painter.setPen(QPen(colour, 1.0));
        m_painter.setBrush(m_theme.panel);
        m_painter.drawRoundedRect(box, px(2.0), px(2.0));
        m_painter.setBrush(Qt::NoBrush);
        const QFont bold = m_theme.ui(kTickPixels, QFont::DemiBold), mono = m_theme.mono(kTickPixels);
        const QString name = QString::fromUtf8(info.name.data(), static_cast<qsizetype>(info.name.size()));
        const double half = QFontMetricsF(bold).capHeight() / 2.0;
        drawLabel(m_painter, {at.x(), at.y() + half - (info.hasAngle ? px(5.5) : 0.0)}, name, bold, colour, m_theme,
                  Anchor::Centre);
        if (info.hasAngle)
            drawLabel(m_painter, {at.x(), at.y() + px(10.0)}, formatNumber(operation.angle.offset, 2), mono,
                      m_theme.text2, m_theme, Anchor::Centre);
    }

    // After the last gate before the point on its wires, at the edge between two columns.
    void paintChannel(const ChannelPoint& point)
    {
        std::vector<std::size_t> wires = point.wires;
        for (std::size_t wire = 0; point.wires.empty() && wire < qubits(); ++wire)
            wires.push_back(wire);
        std::size_t column = 0;  // the channels of one point stand below each other
        for (std::size_t number = 0; number < point.before; ++number)
            for (const std::uint8_t used : m_circuit.circuit.operations()[number].usedWires())
                if (std::ranges::find(wires, used) != wires.end())
                    column = std::max(column, m_columnOf[number] + 1);
        for (const std::size_t wire : wires) {
            const std::size_t before = column == 0 ? 0 : column - 1;
            const double x = column == 0 ? m_layout.left(0) : m_layout.left(before) + m_layout.columnWidth();
            const QPointF at(x + px(point.adjoint ? 5.0 : -1.0), m_layout.wire(m_layout.lineOf(before), wire));
            const double r = px(5.0);
            m_painter.setPen(QPen(m_theme.warn, px(1.2)));
            m_painter.setBrush(m_theme.panel);
            m_painter.drawPolygon(
                QPolygonF({at - QPointF(0, r), at + QPointF(r, 0), at + QPointF(0, r), at - QPointF(r, 0)}));
            m_painter.setBrush(Qt::NoBrush);
        }
    }

    void paintMeters()
    {
        const std::size_t line = std::max<std::size_t>(m_layout.lines(), 1) - 1;
        const double left = (m_layout.columns().empty() ? m_layout.wiresLeft() : m_layout.wiresRight(line)) + px(7.0);
        for (const std::size_t wire : m_circuit.measured) {
            const double y = m_layout.wire(line, wire);
            const QRectF box(left, y - px(10.0), px(24.0), px(20.0));
            m_painter.setPen(QPen(m_theme.text2, 1.0));
            m_painter.setBrush(m_theme.panel);
            m_painter.drawRoundedRect(box, px(2.0), px(2.0));
            m_painter.setBrush(Qt::NoBrush);
            const QRectF arc(box.center().x() - px(7.0), y - px(3.0), px(14.0), px(14.0));
            m_painter.drawArc(arc, 20 * 16, 140 * 16);
            m_painter.drawLine(QPointF(box.center().x(), y + px(5.0)),
                               QPointF(box.center().x() + px(5.0), y - px(6.0)));
        }
    }

    void paintCursor(std::size_t cursor)
    {
        const std::size_t all = m_layout.columns().size();
        if (all == 0)
            return;
        const std::size_t before = cursor == 0 ? 0 : std::min(cursor, all) - 1;
        const std::size_t line = m_layout.lineOf(before);
        const double x = cursor == 0 ? m_layout.left(0) : m_layout.left(before) + m_layout.columnWidth();
        const double half = m_layout.wireGap() / 2.0;
        m_painter.setPen(QPen(m_theme.text, px(1.6)));
        m_painter.drawLine(QPointF(x, m_layout.wire(line, 0) - half),
                           QPointF(x, m_layout.wire(line, qubits() - 1) + half));
        m_painter.setPen(Qt::NoPen);
        m_painter.setBrush(m_theme.text);
        const QPointF top(x, m_layout.wire(line, 0) - half + px(4.0));
        m_painter.drawPolygon(QPolygonF({top, top + QPointF(-px(4.0), -px(6.0)), top + QPointF(px(4.0), -px(6.0))}));
        m_painter.setBrush(Qt::NoBrush);
    }

    QPainter& m_painter;
    const PairCircuit& m_circuit;
    const CircuitLayout& m_layout;
    const Theme& m_theme;
    std::vector<std::size_t> m_columnOf;
};

}  // namespace

void paintCircuit(QPainter& painter, QPointF origin, const PairCircuit& circuit, const CircuitLayout& layout,
                  std::size_t cursor, const Theme& theme)
{
    painter.save();
    painter.translate(origin);
    CircuitPainter(painter, circuit, layout, theme).paint(cursor);
    painter.restore();
}

}  // namespace ketscope
