// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/study/counts_reading.h"
#include "viz/figures/pair_figure.h"
#include "viz/labels.h"
#include "viz/scale.h"

namespace ketscope {

namespace {

constexpr std::size_t kMostBars = 32;

// Imported counts of the pair's circuit: shares with their intervals beside the exact probabilities.
class PairCountsFigure final : public PairFigure {
public:
    explicit PairCountsFigure(const ComparisonPointer& comparison) : PairFigure(comparison)
    {
        if (!view().counts)
            return;
        m_reading = countsReading(pair(), *view().counts);
        std::vector<double> weights;
        for (const CountedOutcome& outcome : m_reading.outcomes)
            weights.push_back(std::max(outcome.exact, outcome.share.mean));
        double largest = 0.0;
        for (const std::size_t i : largestInOrder(weights, kMostBars)) {
            m_bars.bars.push_back(barOf(m_reading.outcomes[i]));
            m_places.push_back(i);
            const PairBar& bar = m_bars.bars.back();
            largest = std::max({largest, bar.interval->high, *bar.exact, bar.noisy.value_or(0.0)});
        }
        m_bars.maximum = niceMaximum(largest);
        m_bars.trace = pair().trace;
        m_bars.labelHeight = 44.0;
        m_bars.seen = QStringLiteral("counted, 95 %");
    }

    double heightFor(double, const Theme& theme) const override { return theme.px(m_bars.bars.empty() ? 90.0 : 230.0); }

    void paint(QPainter& painter, const QRectF& area, const Theme& theme) const override
    {
        const bool nothing = m_bars.bars.empty();
        const QRectF rest = paintPairTitle(painter, area, title(), nothing ? QString() : note(), theme.text, theme);
        if (nothing)
            return paintSentence(painter, rest, absence(), theme);
        paintOutcomes(painter, rest, m_bars, theme);
    }

    Hit hit(QPointF where, const QRectF& area, const Theme& theme) const override
    {
        Hit hit;
        const auto bar = outcomeAt(where, belowPairTitle(area, title(), theme), m_bars, theme);
        if (!bar)
            return hit;
        hit.panel = 0;
        hit.item = m_places[*bar];
        const CountedOutcome& at = m_reading.outcomes[m_places[*bar]];
        hit.sentence =
            QStringLiteral("outcome %1: exact %2, counted %3 of %4, %5 ± %6 (1 SE)")
                .arg(QString::fromStdString(at.label), formatNumber(at.exact, 4), QString::number(at.count),
                     formatNumber(m_reading.shots, 0), formatNumber(at.share.mean, 4), formatNumber(at.error, 4));
        return hit;
    }

    QString absence() const override
    {
        if (!m_bars.bars.empty())
            return {};
        if (!m_reading.problem.empty())
            return QString::fromStdString(m_reading.problem);
        return QStringLiteral("No counts are imported. Run the circuit’s OpenQASM 3 program elsewhere and import what "
                              "was counted.");
    }

    Table table() const override
    {
        Table table;
        table.header = QStringList{QStringLiteral("outcome"),  QStringLiteral("exact"),    QStringLiteral("with noise"),
                                   QStringLiteral("count"),    QStringLiteral("share"),    QStringLiteral("SE"),
                                   QStringLiteral("95 % low"), QStringLiteral("95 % high")};
        const auto text = [](double value) { return QString::number(value, 'g', 9); };
        for (const CountedOutcome& each : m_reading.outcomes)
            table.rows.push_back({QString::fromStdString(each.label), text(each.exact),
                                  each.noisy ? text(*each.noisy) : QString(), QString::number(each.count),
                                  text(each.share.mean), text(each.error), text(each.share.low),
                                  text(each.share.high)});
        return table;
    }

    QString caption() const override
    {
        const QString text = PairFigure::caption();
        if (m_bars.bars.empty())
            return text + QLatin1Char(' ') + absence();
        const QString where =
            view().counts->order == BitOrder::Qubit0Last ? QStringLiteral("last") : QStringLiteral("first");
        return text
               + QStringLiteral(
                     " Counts from %1, which writes qubit 0 %2 (here it is leftmost): %3 shots, whiskers are "
                     "Wilson’s 95 % intervals. Total variation distance to the exact probabilities without "
                     "noise, over %4: %5; as many exact draws have %6 on average.")
                     .arg(fileName(), where, formatNumber(m_reading.shots, 0), QString::fromStdString(m_reading.scope),
                          formatNumber(m_reading.distance, 4), formatNumber(m_reading.expectedDistance, 4));
    }

protected:
    QString subject() const override { return QStringLiteral("Measured counts beside exact outcome probabilities"); }

private:
    QString title() const
    {
        return view().counts ? QStringLiteral("Counts from %1").arg(fileName()) : QStringLiteral("Counts");
    }

    static PairBar barOf(const CountedOutcome& outcome)
    {
        PairBar bar;
        bar.label = QString::fromStdString(outcome.label);
        bar.value = outcome.share.mean;
        bar.exact = outcome.exact;
        bar.noisy = outcome.noisy;
        bar.interval = outcome.share;
        return bar;
    }

    QString fileName() const { return QString::fromStdString(printable(view().counts->file, 60)); }

    QString note() const
    {
        QString text = QStringLiteral("%1 shots · total variation %2 over %3; exact draws %4")
                           .arg(formatNumber(m_reading.shots, 0), formatNumber(m_reading.distance, 4),
                                QString::fromStdString(m_reading.scope), formatNumber(m_reading.expectedDistance, 4));
        if (m_places.size() < m_reading.outcomes.size())
            text += QStringLiteral(" · largest %1 shown").arg(m_places.size());
        return text;
    }

    CountsReading m_reading;
    std::vector<std::size_t> m_places;
    BarPlot m_bars;
};

std::unique_ptr<Figure> make(const ComparisonPointer& comparison)
{
    return std::make_unique<PairCountsFigure>(comparison);
}

}  // namespace

const FigureType& pair_countsFigure()
{
    static const FigureType type{QStringLiteral("pair-counts"), QStringLiteral("Pair: measured counts"), &make, nullptr,
                                 true};
    return type;
}

}  // namespace ketscope
