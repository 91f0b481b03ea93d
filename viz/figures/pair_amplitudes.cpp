// SPDX-License-Identifier: GPL-3.0-or-later
#include "viz/figures/pair_figure.h"
#include "viz/labels.h"
#include "viz/scale.h"

#include <cmath>
#include <numbers>

namespace ketscope {

namespace {

constexpr std::size_t kMostBars = 16;
constexpr double kSideBySide = 560.0;
constexpr double kPanel = 232.0;
constexpr double kDisks = 30.0;
constexpr double kLabels = 42.0;

struct AmplitudePanel {
    const PairState* state = nullptr;
    QString note;
    BarPlot bars;
    std::vector<std::complex<double>> amplitudes;  // of the bars; 0 for the rest
};

// |α|² of every basis state as a bar, with its phase on a disk below.
class PairAmplitudes final : public PairFigure {
public:
    explicit PairAmplitudes(const ComparisonPointer& comparison) : PairFigure(comparison)
    {
        double largest = 0.0;
        for (const PairState& state : reading().states) {
            m_panels.push_back(panelOf(state));
            for (const PairBar& bar : m_panels.back().bars.bars)
                largest = std::max(largest, bar.value);
        }
        for (AmplitudePanel& panel : m_panels)
            panel.bars.maximum = niceMaximum(largest);
    }

    double heightFor(double width, const Theme& theme) const override
    {
        if (m_panels.empty())
            return theme.px(90.0);
        return theme.px(kPanel) * (beside(width, theme) ? 1.0 : static_cast<double>(m_panels.size()));
    }

    void paint(QPainter& painter, const QRectF& area, const Theme& theme) const override
    {
        if (m_panels.empty()) {
            const QRectF rest = paintPairTitle(painter, area, QStringLiteral("States"), {}, theme.text, theme);
            return paintSentence(painter, rest, absence(), theme);
        }
        for (std::size_t i = 0; i < m_panels.size(); ++i)
            paintPanel(painter, place(i, area, theme), m_panels[i], theme);
    }

    Hit hit(QPointF where, const QRectF& area, const Theme& theme) const override
    {
        Hit hit;
        for (std::size_t i = 0; i < m_panels.size(); ++i) {
            const AmplitudePanel& panel = m_panels[i];
            const auto bar = panel.bars.barAt(where, plotArea(place(i, area, theme), panel, theme), theme);
            if (!bar)
                continue;
            const std::complex<double> a = panel.amplitudes[*bar];
            hit.panel = static_cast<int>(i);
            hit.sentence = QStringLiteral("%1, %2: probability %3")
                               .arg(QString::fromStdString(panel.state->title), panel.bars.bars[*bar].label,
                                    formatNumber(panel.bars.bars[*bar].value, 4));
            if (!panel.bars.bars[*bar].muted)
                hit.sentence += QStringLiteral(", amplitude %1 %2 i, phase %3 π")
                                    .arg(formatNumber(a.real(), 4), formatSigned(a.imag(), 4),
                                         formatNumber(std::arg(a) / std::numbers::pi, 3));
        }
        return hit;
    }

    QString absence() const override
    {
        return m_panels.empty() ? QString::fromStdString(reading().noStates) : QString();
    }

    Table table() const override
    {
        Table table;
        table.header = QStringList{QStringLiteral("state"), QStringLiteral("basis"), QStringLiteral("re"),
                                   QStringLiteral("im"), QStringLiteral("probability")};
        for (const PairState& state : reading().states)
            for (std::size_t i = 0; i < state.amplitudes.size(); ++i)
                table.rows.push_back({QString::fromStdString(state.title), labelOf(state, i),
                                      QString::number(state.amplitudes[i].real(), 'g', 9),
                                      QString::number(state.amplitudes[i].imag(), 'g', 9),
                                      QString::number(std::norm(state.amplitudes[i]), 'g', 9)});
        return table;
    }

protected:
    QString subject() const override { return QStringLiteral("Amplitudes: bars |α|², disks phase and size,"); }

private:
    QString labelOf(const PairState& state, std::size_t index) const
    {
        if (state.ofKeys)
            return keyName(index);
        std::size_t qubits = 0;
        while ((std::size_t{1} << qubits) < state.amplitudes.size())
            ++qubits;
        QString bits;
        for (std::size_t qubit = qubits; qubit-- > 0;)
            bits += QLatin1Char((index >> qubit & 1) != 0 ? '1' : '0');
        return qubits <= 4 ? QStringLiteral("|%1⟩").arg(bits) : bits;
    }

    AmplitudePanel panelOf(const PairState& state) const
    {
        AmplitudePanel panel;
        panel.state = &state;
        panel.bars.labelHeight = kDisks + (state.ofKeys ? kKeyLabelRoom : kLabels);
        std::vector<double> probabilities;
        for (const auto& amplitude : state.amplitudes)
            probabilities.push_back(std::norm(amplitude));
        double shown = 0.0, all = 0.0;
        for (const double p : probabilities)
            all += p;
        for (const std::size_t i : largestInOrder(probabilities, kMostBars)) {
            panel.bars.bars.push_back({labelOf(state, i), probabilities[i], 0.0, {}, {}, false, false});
            panel.amplitudes.push_back(state.amplitudes[i]);
            shown += probabilities[i];
        }
        panel.note = QStringLiteral("bars |α|², disk: phase and size");
        if (probabilities.size() > kMostBars) {
            panel.bars.bars.push_back({QStringLiteral("rest"), std::max(0.0, all - shown), 0.0, {}, {}, false, true});
            panel.amplitudes.emplace_back(0.0);
            panel.note =
                QStringLiteral("%1 of %2 amplitudes, the rest together").arg(kMostBars).arg(probabilities.size());
        }
        if (state.amplitudes.empty())
            panel.note = QStringLiteral("too many amplitudes to draw: see the Bloch vectors of its qubits");
        return panel;
    }

    bool beside(double width, const Theme& theme) const
    {
        return m_panels.size() == 2 && width >= theme.px(kSideBySide);
    }

    QRectF place(std::size_t panel, const QRectF& area, const Theme& theme) const
    {
        const auto i = static_cast<double>(panel);
        if (!beside(area.width(), theme)) {
            const double height = area.height() / static_cast<double>(m_panels.size());
            return {area.left(), area.top() + i * height, area.width(), height};
        }
        const double gap = theme.px(18.0), width = (area.width() - gap) / 2.0;
        return {area.left() + i * (width + gap), area.top(), width, area.height()};
    }

    static QRectF plotArea(const QRectF& place, const AmplitudePanel& panel, const Theme& theme)
    {
        return belowPairTitle(place, QString::fromStdString(panel.state->title), theme);
    }

    static void paintPanel(QPainter& painter, const QRectF& area, const AmplitudePanel& panel, const Theme& theme)
    {
        const QColor colour = roleColour(panel.state->role, theme);
        const QRectF rest =
            paintPairTitle(painter, area, QString::fromStdString(panel.state->title), panel.note, colour, theme);
        if (panel.amplitudes.empty())
            return;
        painter.save();
        painter.setRenderHint(QPainter::Antialiasing);
        paintBars(painter, rest, panel.bars, colour, theme);
        const QRectF plot = panel.bars.plot(rest, theme);
        const double pitch = panel.bars.slot(plot, 0).width();
        const double radius = std::min(theme.px(11.0), pitch * 0.4);
        const double y = plot.bottom() + theme.px(kDisks) * 0.52;
        for (std::size_t i = 0; i < panel.amplitudes.size(); ++i)
            if (!panel.bars.bars[i].muted)
                paintPhaseDisk(painter, {panel.bars.slot(plot, i).center().x(), y}, radius, panel.amplitudes[i], colour,
                               theme);
        paintBarLabels(painter, plot, plot.bottom() + theme.px(kDisks), panel.bars, theme);
        painter.restore();
    }

    std::vector<AmplitudePanel> m_panels;
};

std::unique_ptr<Figure> make(const ComparisonPointer& comparison)
{
    return std::make_unique<PairAmplitudes>(comparison);
}

}  // namespace

const FigureType& pair_amplitudesFigure()
{
    static const FigureType type{QStringLiteral("pair-amplitudes"), QStringLiteral("Pair: amplitudes and phases"),
                                 &make, nullptr, true};
    return type;
}

}  // namespace ketscope
