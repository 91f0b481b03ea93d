// SPDX-License-Identifier: GPL-3.0-or-later
#include "viz/figures/circuit_layout.h"
#include "viz/figures/pair_figure.h"
#include "viz/labels.h"

#include <QFontMetricsF>

namespace ketscope {

namespace {

// The circuits of the pair, each cut into lines as wide as the figure, with the place where the view looks.
class PairCircuitFigure final : public PairFigure {
public:
    explicit PairCircuitFigure(const ComparisonPointer& comparison) : PairFigure(comparison)
    {
        for (const PairCircuit& circuit : reading().circuits)
            if (!circuit.role || reading().circuits.front().role)  // else shown as blocks of the first one
                m_circuits.push_back(&circuit);
    }

    double heightFor(double width, const Theme& theme) const override
    {
        if (m_circuits.empty())
            return theme.px(90.0);
        double height = 0.0;
        for (const PairCircuit* circuit : m_circuits)
            height += theme.px(kPairTitle) + CircuitLayout(*circuit, width, theme).height() + theme.px(6.0);
        return height;
    }

    void paint(QPainter& painter, const QRectF& area, const Theme& theme) const override
    {
        if (m_circuits.empty()) {
            const QRectF rest = paintPairTitle(painter, area, QStringLiteral("Circuit"), {}, theme.text, theme);
            return paintSentence(painter, rest, absence(), theme);
        }
        painter.save();
        painter.setRenderHint(QPainter::Antialiasing);
        QRectF rest = area;
        for (const PairCircuit* circuit : m_circuits) {
            QString note = QString::fromStdString(circuit->title);
            if (circuit->hasNoise())
                note += QStringLiteral(" · ◇ noise channel");
            const QRectF below = paintPairTitle(painter, rest, QStringLiteral("Circuit"), note,
                                                roleColour(circuit->role, theme).isValid() && circuit->role
                                                    ? roleColour(circuit->role, theme)
                                                    : theme.text,
                                                theme);
            const CircuitLayout layout(*circuit, area.width(), theme);
            paintCircuit(painter, below.topLeft(), *circuit, layout, shownColumns(*circuit, view()), theme);
            rest.setTop(below.top() + layout.height() + theme.px(6.0));
        }
        painter.restore();
    }

    QString absence() const override
    {
        if (!m_circuits.empty())
            return {};
        return reading().noStates.empty() ? QStringLiteral("There is no circuit to draw: the state is the row itself.")
                                          : QString::fromStdString(reading().noStates);
    }

    Table table() const override
    {
        Table table;
        table.header = QStringList{QStringLiteral("circuit"), QStringLiteral("operation"), QStringLiteral("gate"),
                                   QStringLiteral("wires"), QStringLiteral("angle")};
        for (const PairCircuit* circuit : m_circuits)
            for (std::size_t i = 0; i < circuit->circuit.operations().size(); ++i) {
                const Operation& operation = circuit->circuit.operations()[i];
                QStringList wires;
                for (const std::uint8_t wire : operation.usedWires())
                    wires << QString::number(wire);
                const auto name = gateInfo(operation.gate).name;
                table.rows.push_back(
                    {QString::fromStdString(circuit->title), QString::number(i),
                     QString::fromUtf8(name.data(), static_cast<qsizetype>(name.size())), wires.join(QLatin1Char(' ')),
                     gateInfo(operation.gate).hasAngle ? QString::number(operation.angle.offset, 'g', 9) : QString()});
            }
        return table;
    }

    std::string program() const override { return pairProgram(m_maps.comparison(), pair()); }

protected:
    QString subject() const override { return QStringLiteral("Circuit"); }

private:
    std::vector<const PairCircuit*> m_circuits;
};

std::unique_ptr<Figure> make(const ComparisonPointer& comparison)
{
    return std::make_unique<PairCircuitFigure>(comparison);
}

}  // namespace

const FigureType& pair_circuitFigure()
{
    static const FigureType type{QStringLiteral("pair-circuit"), QStringLiteral("Pair: circuit"), &make, nullptr, true};
    return type;
}

}  // namespace ketscope
