// SPDX-License-Identifier: GPL-3.0-or-later
#include "viz/colour_bar.h"
#include "viz/figures/pair_figure.h"
#include "viz/labels.h"
#include "viz/map_panel.h"

#include <QFontMetricsF>

#include <cmath>

namespace ketscope {

namespace {

constexpr std::size_t kMostQubits = 5;
constexpr double kRowLabels = 46.0;
constexpr double kColumnLabels = 16.0;

// ρ of the circuit's wires where the view looks, or of every qubit alone where it is too large.
class PairDensity final : public PairFigure {
public:
    explicit PairDensity(const ComparisonPointer& comparison) : PairFigure(comparison)
    {
        const PairCircuit* circuit = shownCircuit();
        if (circuit == nullptr)
            return;
        m_role = circuit->role;
        const std::size_t columns = shownColumns(*circuit, view());
        if (circuit->circuit.qubits() > kMostQubits) {
            for (const QubitReading& qubit : qubitsAfter(*circuit, columns))
                if (qubit.noisy || qubit.pure)
                    m_grids.push_back(gridOf(qubit.noisy ? *qubit.noisy : *qubit.pure));
        } else {
            const CircuitState state = stateAfter(*circuit, columns);
            m_grids.push_back(gridOf(state.density ? *state.density : DensityMatrix::pure(state.amplitudes)));
            m_qubits = circuit->circuit.qubits();
        }
        for (const CellGrid& grid : m_grids)
            for (const Cell& cell : grid.cells)
                m_largest = std::max(m_largest, std::abs(cell.value));
    }

    double heightFor(double width, const Theme& theme) const override
    {
        if (m_grids.empty())
            return theme.px(90.0);
        if (m_qubits > 0)
            return theme.px(kPairTitle + kColumnLabels) + side(width, theme) + theme.px(50.0);
        const double rows = std::ceil(static_cast<double>(m_grids.size()) / static_cast<double>(perRow(width, theme)));
        return theme.px(kPairTitle) + rows * theme.px(78.0) + theme.px(50.0);
    }

    void paint(QPainter& painter, const QRectF& area, const Theme& theme) const override
    {
        const QColor ink = m_role ? roleColour(m_role, theme) : theme.text;
        const QRectF rest = paintPairTitle(painter, area, QStringLiteral("Density matrix"), note(), ink, theme);
        if (m_grids.empty())
            return paintSentence(painter, rest, absence(), theme);
        const ValueScale scale = ValueScale::symmetric(ColourScale::Linear, niceMaximum(m_largest));
        double bottom = 0.0, width = rest.width();
        for (std::size_t i = 0; i < m_grids.size(); ++i) {
            const QRectF map = mapOf(i, rest, theme);
            const double pitch = map.width() / static_cast<double>(m_grids[i].columns);
            paintMap(
                painter, m_grids[i],
                {map, pitch, pitch > kGapPitch ? 1.0 : 0.0, false, false, view().densityPart != DensityPart::Magnitude},
                divergingMap(theme.dark), scale, theme);
            paintNames(painter, map, pitch, i, theme);
            bottom = std::max(bottom, map.bottom());
            if (m_qubits > 0)
                width = map.right() - rest.left();
        }
        const ColourBar bar{partName() + QStringLiteral(" ρ"), {}, {}, false};
        const double left = m_qubits > 0 ? theme.px(kRowLabels) : 0.0;
        const QRectF block(rest.left() + left, bottom + theme.px(m_qubits > 0 ? 8.0 : 22.0), width - left,
                           colourBarHeight(bar, width - left, theme));
        paintColourBar(painter, block, bar, divergingMap(theme.dark), scale, theme);
    }

    Hit hit(QPointF where, const QRectF& area, const Theme& theme) const override
    {
        Hit hit;
        const QRectF rest = area.adjusted(0.0, theme.px(kPairTitle), 0.0, 0.0);
        for (std::size_t i = 0; i < m_grids.size(); ++i) {
            const QRectF map = mapOf(i, rest, theme);
            if (!map.contains(where))
                continue;
            const double pitch = map.width() / static_cast<double>(m_grids[i].columns);
            const auto last = static_cast<double>(m_grids[i].rows - 1);
            const auto row = static_cast<std::size_t>(std::clamp((where.y() - map.top()) / pitch, 0.0, last));
            const auto column = static_cast<std::size_t>(std::clamp((where.x() - map.left()) / pitch, 0.0, last));
            hit.panel = static_cast<int>(i);
            hit.sentence =
                QStringLiteral("%1 ρ[%2, %3] = %4")
                    .arg(partName(), nameOf(row), nameOf(column), formatNumber(m_grids[i].at(row, column).value, 4));
        }
        return hit;
    }

    QString absence() const override
    {
        return m_grids.empty() ? QStringLiteral("There is no state of qubits to draw here.") : QString();
    }

    Table table() const override
    {
        Table table;
        table.header = QStringList{m_qubits > 0 ? QStringLiteral("matrix") : QStringLiteral("qubit"),
                                   QStringLiteral("row"), QStringLiteral("column"), partName()};
        for (std::size_t i = 0; i < m_grids.size(); ++i)
            for (std::size_t row = 0; row < m_grids[i].rows; ++row)
                for (std::size_t column = 0; column < m_grids[i].columns; ++column)
                    table.rows.push_back({QString::number(i), nameOf(row), nameOf(column),
                                          QString::number(m_grids[i].at(row, column).value, 'g', 9)});
        return table;
    }

    QStringList alikeInGrey(double width, const Theme& theme) const override
    {
        if (m_grids.empty() || view().densityPart == DensityPart::Magnitude)
            return {};
        const QRectF area(0.0, 0.0, width, heightFor(width, theme));
        const double pitch = mapOf(0, area.adjusted(0.0, theme.px(kPairTitle), 0.0, 0.0), theme).width()
                             / static_cast<double>(m_grids.front().columns);
        return drawsSigns(pitch, theme) ? QStringList() : QStringList{QStringLiteral("the density matrix")};
    }

protected:
    QString subject() const override { return partName() + QStringLiteral(" of the density matrix"); }

private:
    // The query's preparation, or the whole circuit where it is stepped through.
    const PairCircuit* shownCircuit() const
    {
        const auto& circuits = reading().circuits;
        const bool stepping = view().step || view().stage != PairStage::AfterQuery;
        const bool both = !circuits.empty() && !circuits.front().role;
        for (const PairCircuit& circuit : circuits)
            if (!both || stepping == !circuit.role)
                return &circuit;
        return nullptr;
    }

    double partOf(std::complex<double> value) const
    {
        switch (view().densityPart) {
        case DensityPart::Imaginary: return value.imag();
        case DensityPart::Magnitude: return std::abs(value);
        case DensityPart::Real: break;
        }
        return value.real();
    }

    QString partName() const
    {
        switch (view().densityPart) {
        case DensityPart::Imaginary: return QStringLiteral("Im");
        case DensityPart::Magnitude: return QStringLiteral("Magnitude");
        case DensityPart::Real: break;
        }
        return QStringLiteral("Re");
    }

    QString note() const
    {
        if (m_grids.empty())
            return {};
        if (m_qubits == 0)
            return QStringLiteral("too large to draw whole: every qubit alone");
        return m_role == PairRole::Query ? QStringLiteral("of the query's state")
               : m_role == PairRole::Key ? QStringLiteral("of the key's state")
                                         : QStringLiteral("of all wires at the cursor");
    }

    CellGrid gridOf(const DensityMatrix& state) const
    {
        CellGrid grid{state.dimension(), state.dimension(), {}};
        for (std::size_t row = 0; row < grid.rows; ++row)
            for (std::size_t column = 0; column < grid.columns; ++column)
                grid.cells.push_back({CellState::Value, partOf(state(row, column)), 0.0});
        return grid;
    }

    CellGrid gridOf(const QubitState& qubit) const
    {
        CellGrid grid{2, 2, {}};
        for (const std::complex<double>& entry : qubit.density())
            grid.cells.push_back({CellState::Value, partOf(entry), 0.0});
        return grid;
    }

    double side(double width, const Theme& theme) const
    {
        return std::clamp(width - theme.px(kRowLabels), theme.px(60.0), theme.px(230.0));
    }

    std::size_t perRow(double width, const Theme& theme) const
    {
        return std::max<std::size_t>(1, static_cast<std::size_t>(width / theme.px(76.0)));
    }

    QRectF mapOf(std::size_t grid, const QRectF& rest, const Theme& theme) const
    {
        if (m_qubits > 0) {
            const double free = std::max(theme.px(60.0), rest.height() - theme.px(kColumnLabels + 46.0));
            const double size = std::min(side(rest.width(), theme), free);
            return {rest.left() + theme.px(kRowLabels), rest.top() + theme.px(kColumnLabels), size, size};
        }
        const std::size_t columns = perRow(rest.width(), theme);
        return {rest.left() + static_cast<double>(grid % columns) * theme.px(76.0),
                rest.top() + static_cast<double>(grid / columns) * theme.px(78.0), theme.px(54.0), theme.px(54.0)};
    }

    QString nameOf(std::size_t index) const
    {
        const std::size_t qubits = std::max<std::size_t>(m_qubits, 1);
        return QString::number(index, 2).rightJustified(static_cast<qsizetype>(qubits), QLatin1Char('0'));
    }

    void paintNames(QPainter& painter, const QRectF& map, double pitch, std::size_t grid, const Theme& theme) const
    {
        const QFont font = theme.mono(kTickPixels);
        if (m_qubits == 0) {
            drawLabel(painter, {map.center().x(), map.bottom() + theme.px(3.0) + QFontMetricsF(font).ascent()},
                      QStringLiteral("qubit %1").arg(grid), font, theme.text2, theme, Anchor::Centre);
            return;
        }
        const bool columns = textWidth(nameOf(0), font) < pitch - 1.0;
        for (std::size_t i = 0; i < m_grids[grid].rows; ++i) {
            const double offset = (static_cast<double>(i) + 0.5) * pitch;
            if (columns)
                drawLabel(painter, {map.left() + offset, map.top() - theme.px(4.0)}, nameOf(i), font, theme.text2,
                          theme, Anchor::Centre);
            if (pitch >= theme.px(9.0) || i % 4 == 0)
                drawLabel(painter,
                          {map.left() - theme.px(5.0), map.top() + offset + QFontMetricsF(font).capHeight() / 2.0},
                          nameOf(i), font, theme.text2, theme, Anchor::Right);
        }
    }

    std::vector<CellGrid> m_grids;
    std::optional<PairRole> m_role;
    std::size_t m_qubits = 0;  // of the one matrix; 0 = qubits alone
    double m_largest = 0.0;
};

std::unique_ptr<Figure> make(const ComparisonPointer& comparison) { return std::make_unique<PairDensity>(comparison); }

}  // namespace

const FigureType& pair_densityFigure()
{
    static const FigureType type{QStringLiteral("pair-density"), QStringLiteral("Pair: density matrix"), &make, nullptr,
                                 true};
    return type;
}

}  // namespace ketscope
