// SPDX-License-Identifier: GPL-3.0-or-later
#include "viz/figures/pair_figure.h"
#include "viz/labels.h"
#include "viz/scale.h"

#include <cmath>

namespace ketscope {

namespace {

constexpr std::size_t kMostBars = 16;

// What measuring gives: measured shares with two standard errors, the exact distribution, and that with noise.
class PairOutcomesFigure final : public PairFigure {
public:
    explicit PairOutcomesFigure(const ComparisonPointer& comparison) : PairFigure(comparison)
    {
        if (!reading().outcomes)
            return;
        const PairOutcomes& outcomes = *reading().outcomes;
        std::vector<double> weights = outcomes.exact;
        for (std::size_t i = 0; i < weights.size(); ++i)
            weights[i] = std::max(weights[i], valueOf(outcomes.measured, i));
        weights[outcomes.wanted] += 10.0;  // always shown
        m_places = largestInOrder(weights, kMostBars);
        double largest = 0.0;
        for (const std::size_t i : m_places) {
            m_bars.bars.push_back(barOf(outcomes, i));
            const PairBar& bar = m_bars.bars.back();
            largest =
                std::max({largest, bar.value + 2.0 * bar.error, bar.exact.value_or(0.0), bar.noisy.value_or(0.0)});
        }
        m_bars.maximum = niceMaximum(largest);
        m_bars.trace = pair().trace;
        m_bars.seen = seen();
        m_bars.labelHeight = outcomes.labels.empty() ? kKeyLabelRoom : 44.0;
    }

    double heightFor(double, const Theme& theme) const override { return theme.px(m_bars.bars.empty() ? 90.0 : 260.0); }

    void paint(QPainter& painter, const QRectF& area, const Theme& theme) const override
    {
        const bool nothing = m_bars.bars.empty();
        const QRectF rest =
            paintPairTitle(painter, area, QStringLiteral("Outcomes"), nothing ? QString() : note(), theme.text, theme);
        if (nothing)
            return paintSentence(painter, rest, absence(), theme);
        paintOutcomes(painter, rest, m_bars, theme);
    }

    Hit hit(QPointF where, const QRectF& area, const Theme& theme) const override
    {
        Hit hit;
        const auto bar = outcomeAt(where, belowPairTitle(area, QStringLiteral("Outcomes"), theme), m_bars, theme);
        if (!bar)
            return hit;
        hit.panel = 0;
        const PairBar& at = m_bars.bars[*bar];
        hit.sentence = QStringLiteral("outcome %1: exact %2").arg(at.label, formatNumber(at.exact.value_or(0.0), 4));
        if (at.noisy)
            hit.sentence += QStringLiteral(", with noise %1").arg(formatNumber(*at.noisy, 4));
        if (hasMeasured())
            hit.sentence +=
                QStringLiteral(", measured %1 ± %2 (1 SE)").arg(formatNumber(at.value, 4), formatNumber(at.error, 4));
        if (reading().outcomes->labels.empty())
            hit.key = m_places[*bar];
        return hit;
    }

    QString absence() const override
    {
        return m_bars.bars.empty() ? QStringLiteral("This head measures nothing: its weights are computed.")
                                   : QString();
    }

    Table table() const override
    {
        Table table;
        table.header = QStringList{QStringLiteral("outcome"), QStringLiteral("exact"), QStringLiteral("with noise"),
                                   QStringLiteral("measured"), QStringLiteral("SE")};
        if (!reading().outcomes)
            return table;
        const PairOutcomes& outcomes = *reading().outcomes;
        const auto text = [](const std::vector<double>& values, std::size_t i) {
            return i < values.size() ? QString::number(values[i], 'g', 9) : QString();
        };
        for (std::size_t i = 0; i < outcomes.exact.size(); ++i)
            table.rows.push_back({labelOf(outcomes, i), text(outcomes.exact, i), text(outcomes.noisy, i),
                                  text(outcomes.measured, i), text(outcomes.errors, i)});
        return table;
    }

protected:
    QString subject() const override { return QStringLiteral("Measurement outcomes, measured with ± 2 SE,"); }

private:
    static double valueOf(const std::vector<double>& values, std::size_t i)
    {
        return i < values.size() ? values[i] : 0.0;
    }

    QString labelOf(const PairOutcomes& outcomes, std::size_t i) const
    {
        return outcomes.labels.empty() ? keyName(i) : QString::fromStdString(outcomes.labels[i]);
    }

    bool hasMeasured() const { return reading().outcomes && !reading().outcomes->measured.empty(); }

    PairBar barOf(const PairOutcomes& outcomes, std::size_t i) const
    {
        PairBar bar{labelOf(outcomes, i),
                    valueOf(outcomes.measured, i),
                    valueOf(outcomes.errors, i),
                    outcomes.exact[i],
                    {},
                    i == outcomes.wanted,
                    false};
        if (!outcomes.noisy.empty())
            bar.noisy = outcomes.noisy[i];
        return bar;
    }

    QString note() const
    {
        const PairOutcomes& outcomes = *reading().outcomes;
        QString text = QString::fromStdString(outcomes.title);
        if (m_places.size() < outcomes.exact.size())
            text += QStringLiteral(" · %1 of %2").arg(m_places.size()).arg(outcomes.exact.size());
        return outcomes.shots > 0.0 ? text + QStringLiteral(" · %1 shots").arg(formatNumber(outcomes.shots, 0)) : text;
    }

    QString seen() const
    {
        if (!hasMeasured())
            return {};
        return reading().outcomes->errors.empty() ? QStringLiteral("measured") : QStringLiteral("measured ± 2 SE");
    }

    std::vector<std::size_t> m_places;
    BarPlot m_bars;
};

std::unique_ptr<Figure> make(const ComparisonPointer& comparison)
{
    return std::make_unique<PairOutcomesFigure>(comparison);
}

}  // namespace

const FigureType& pair_outcomesFigure()
{
    static const FigureType type{QStringLiteral("pair-outcomes"), QStringLiteral("Pair: measurement outcomes"), &make,
                                 nullptr, true};
    return type;
}

}  // namespace ketscope
