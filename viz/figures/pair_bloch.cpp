// SPDX-License-Identifier: GPL-3.0-or-later
#include "viz/figures/pair_figure.h"
#include "viz/labels.h"
#include "viz/scale.h"

#include <QFontMetricsF>

#include <cmath>

namespace ketscope {

namespace {

constexpr double kBall = 118.0;
constexpr double kBelowBall = 50.0;
constexpr double kLegend = 20.0;

struct Arrow {
    PairRole role = PairRole::Query;
    QubitReading reading;
};

// Every qubit's Bloch vector: dashed and open without noise, solid and filled after the channels.
class PairBloch final : public PairFigure {
public:
    explicit PairBloch(const ComparisonPointer& comparison) : PairFigure(comparison)
    {
        // Stepping through a circuit of both shows its wires; otherwise the prepared states of query and key.
        const auto& circuits = reading().circuits;
        const bool both = !circuits.empty() && !circuits.front().role;
        const bool stepping = view().step || view().stage != PairStage::AfterQuery;
        for (const PairCircuit& circuit : circuits) {
            if (both && stepping != !circuit.role)
                continue;
            const auto qubits = qubitsAfter(circuit, shownColumns(circuit, view()));
            m_qubits.resize(std::max(m_qubits.size(), qubits.size()));
            for (std::size_t qubit = 0; qubit < qubits.size(); ++qubit)
                if (qubits[qubit].pure || qubits[qubit].noisy)
                    m_qubits[qubit].push_back({circuit.role.value_or(PairRole::Query), qubits[qubit]});
            m_hasNoise = m_hasNoise || circuit.hasNoise();
            m_hasKey = m_hasKey || circuit.role == PairRole::Key;
            m_hasQuery = m_hasQuery || circuit.role != PairRole::Key;
        }
        m_stepping = both && stepping;
        if (std::ranges::all_of(m_qubits, [](const std::vector<Arrow>& arrows) { return arrows.empty(); }))
            m_qubits.clear();
    }

    double heightFor(double width, const Theme& theme) const override
    {
        if (m_qubits.empty())
            return theme.px(90.0);
        const std::size_t rows = (m_qubits.size() + perRow(width, theme) - 1) / perRow(width, theme);
        return theme.px(kPairTitle + kLegend) + static_cast<double>(rows) * theme.px(kBall + kBelowBall);
    }

    void paint(QPainter& painter, const QRectF& area, const Theme& theme) const override
    {
        const QString note = m_qubits.empty() ? QString()
                             : m_stepping     ? QStringLiteral("each wire at the cursor")
                                              : QStringLiteral("each qubit alone");
        const QRectF rest = paintPairTitle(painter, area, QStringLiteral("Bloch vectors"), note, theme.text, theme);
        if (m_qubits.empty())
            return paintSentence(painter, rest, absence(), theme);
        painter.save();
        painter.setRenderHint(QPainter::Antialiasing);
        paintLegend(painter, rest, theme);
        for (std::size_t qubit = 0; qubit < m_qubits.size(); ++qubit)
            paintBall(painter, place(qubit, rest, theme), qubit, theme);
        painter.restore();
    }

    Hit hit(QPointF where, const QRectF& area, const Theme& theme) const override
    {
        Hit hit;
        const QRectF rest = area.adjusted(0.0, theme.px(kPairTitle), 0.0, 0.0);
        for (std::size_t qubit = 0; qubit < m_qubits.size(); ++qubit) {
            if (!place(qubit, rest, theme).contains(where))
                continue;
            hit.panel = static_cast<int>(qubit);
            hit.sentence = QStringLiteral("qubit %1").arg(qubit);
            for (const Arrow& arrow : m_qubits[qubit]) {
                const QubitState& state = shown(arrow);
                hit.sentence += QStringLiteral("; %1 (%2, %3, %4), |r| %5, purity %6")
                                    .arg(m_stepping                      ? QStringLiteral("wire")
                                         : arrow.role == PairRole::Query ? QStringLiteral("query")
                                                                         : QStringLiteral("key"),
                                         formatNumber(state.bloch[0], 3), formatNumber(state.bloch[1], 3),
                                         formatNumber(state.bloch[2], 3), formatNumber(length(state), 3),
                                         formatNumber(state.purity, 3));
            }
        }
        return hit;
    }

    QString absence() const override
    {
        if (!m_qubits.empty())
            return {};
        return reading().circuits.empty()
                   ? QStringLiteral("There are no qubits with a state of their own to draw here.")
                   : QStringLiteral("The circuit has more than %1 wires: its state is not simulated for drawing.")
                         .arg(kShownQubits);
    }

    Table table() const override
    {
        Table table;
        table.header =
            QStringList{QStringLiteral("qubit"), QStringLiteral("of"), QStringLiteral("noise"), QStringLiteral("x"),
                        QStringLiteral("y"),     QStringLiteral("z"),  QStringLiteral("purity")};
        for (std::size_t qubit = 0; qubit < m_qubits.size(); ++qubit)
            for (const Arrow& arrow : m_qubits[qubit])
                for (const bool noisy : {false, true}) {
                    const auto& state = noisy ? arrow.reading.noisy : arrow.reading.pure;
                    if (!state)
                        continue;
                    QStringList row{QString::number(qubit),
                                    arrow.role == PairRole::Query ? QStringLiteral("query") : QStringLiteral("key"),
                                    noisy ? QStringLiteral("yes") : QStringLiteral("no")};
                    for (const double component : state->bloch)
                        row << QString::number(component, 'g', 9);
                    row << QString::number(state->purity, 'g', 9);
                    table.rows.push_back(row);
                }
        return table;
    }

protected:
    QString subject() const override
    {
        return QStringLiteral("Bloch vectors of every qubit (dashed: without noise; solid: after the channels)");
    }

private:
    static const QubitState& shown(const Arrow& arrow)
    {
        return arrow.reading.noisy ? *arrow.reading.noisy : *arrow.reading.pure;
    }

    static double length(const QubitState& state) { return std::hypot(state.bloch[0], state.bloch[1], state.bloch[2]); }

    std::size_t perRow(double width, const Theme& theme) const
    {
        const auto fit = static_cast<std::size_t>(std::max(1.0, width / theme.px(kBall + 8.0)));
        return std::max<std::size_t>(1, std::min(fit, m_qubits.size()));
    }

    QRectF place(std::size_t qubit, const QRectF& rest, const Theme& theme) const
    {
        const std::size_t columns = perRow(rest.width(), theme);
        const double width = rest.width() / static_cast<double>(columns), height = theme.px(kBall + kBelowBall);
        return {rest.left() + static_cast<double>(qubit % columns) * width,
                rest.top() + theme.px(kLegend) + static_cast<double>(qubit / columns) * height, width, height};
    }

    // x towards the viewer, y to the right, z up.
    static QPointF project(const std::array<double, 3>& r, QPointF centre, double radius)
    {
        return centre + QPointF(r[1] - 0.35 * r[0], -r[2] + 0.28 * r[0]) * radius;
    }

    static void paintArrow(QPainter& painter, QPointF centre, QPointF tip, const QColor& colour, bool noiseless,
                           bool below, const Theme& theme)
    {
        painter.setPen(QPen(colour, theme.px(below ? 1.2 : 2.0), below ? Qt::DashLine : Qt::SolidLine));
        painter.drawLine(centre, tip);
        painter.setPen(QPen(colour, theme.px(1.4)));
        painter.setBrush(noiseless ? QBrush(theme.panel) : QBrush(colour));
        painter.drawEllipse(tip, theme.px(3.6), theme.px(3.6));
        painter.setBrush(Qt::NoBrush);
    }

    void paintBall(QPainter& painter, const QRectF& place, std::size_t qubit, const Theme& theme) const
    {
        const double radius = theme.px(kBall) / 2.0 - theme.px(18.0);
        const QPointF centre(place.center().x(), place.top() + theme.px(kBall) / 2.0);
        painter.setPen(QPen(theme.line2, 1.0));
        painter.setBrush(Qt::NoBrush);
        painter.drawEllipse(centre, radius, radius);
        painter.setPen(QPen(theme.line, 1.0));
        painter.drawEllipse(centre, radius, radius * 0.3);
        painter.setPen(QPen(theme.line, 1.0, Qt::DashLine));
        painter.drawLine(centre - QPointF(0, radius), centre + QPointF(0, radius));
        const QFont mono = theme.mono(kTickPixels), bold = theme.ui(kTickPixels, QFont::DemiBold);
        const double ascent = QFontMetricsF(mono).ascent();
        drawLabel(painter, {centre.x(), centre.y() - radius - theme.px(4.0)}, QStringLiteral("|0⟩"), mono, theme.text2,
                  theme, Anchor::Centre);
        drawLabel(painter, {centre.x(), centre.y() + radius + theme.px(2.0) + ascent}, QStringLiteral("|1⟩"), mono,
                  theme.text2, theme, Anchor::Centre);
        double baseline = place.top() + theme.px(kBall) + ascent;
        drawLabel(painter, {centre.x(), baseline}, QStringLiteral("qubit %1").arg(qubit), bold, theme.text, theme,
                  Anchor::Centre);
        for (const Arrow& arrow : m_qubits[qubit]) {
            const QColor colour = m_stepping ? theme.text : roleColour(arrow.role, theme);
            if (arrow.reading.pure)
                paintArrow(painter, centre, project(arrow.reading.pure->bloch, centre, radius), colour,
                           arrow.reading.noisy.has_value(), arrow.reading.noisy.has_value(), theme);
            if (arrow.reading.noisy)
                paintArrow(painter, centre, project(arrow.reading.noisy->bloch, centre, radius), colour, false, false,
                           theme);
            baseline += theme.px(14.0);
            drawLabel(painter, {centre.x(), baseline},
                      QStringLiteral("|r| %1 Tr ρ² %2")
                          .arg(formatNumber(length(shown(arrow)), 2), formatNumber(shown(arrow).purity, 2)),
                      theme.mono(kTickPixels), colour, theme, Anchor::Centre);
        }
    }

    void paintLegend(QPainter& painter, const QRectF& rest, const Theme& theme) const
    {
        const QFont font = theme.ui(kTickPixels);
        const double baseline = rest.top() + QFontMetricsF(font).ascent();
        double left = rest.left();
        const auto entry = [&](const QString& text, const QColor& colour) {
            drawLabel(painter, {left, baseline}, text, font, colour, theme);
            left += textWidth(text, font) + theme.px(12.0);
        };
        if (m_hasQuery && !m_stepping)
            entry(QStringLiteral("● query"), theme.accent);
        if (m_hasKey)
            entry(QStringLiteral("● key"), theme.key);
        if (m_hasNoise)
            entry(QStringLiteral("╌○ noiseless  —● after channel"), theme.text2);
    }

    std::vector<std::vector<Arrow>> m_qubits;
    bool m_hasNoise = false;
    bool m_hasKey = false;
    bool m_hasQuery = false;
    bool m_stepping = false;
};

std::unique_ptr<Figure> make(const ComparisonPointer& comparison) { return std::make_unique<PairBloch>(comparison); }

}  // namespace

const FigureType& pair_blochFigure()
{
    static const FigureType type{QStringLiteral("pair-bloch"), QStringLiteral("Pair: Bloch vectors"), &make, nullptr,
                                 true};
    return type;
}

}  // namespace ketscope
