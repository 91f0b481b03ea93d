// SPDX-License-Identifier: GPL-3.0-or-later
#include "viz/figures/pair_figure.h"
#include "viz/labels.h"
#include "viz/scale.h"

#include <QFontMetricsF>

#include <cmath>

namespace ketscope {

namespace {

constexpr double kStrip = 78.0;

// The vectors of query and key, component by component, and what each component adds to their product or distance.
class PairFeaturesFigure final : public PairFigure {
public:
    explicit PairFeaturesFigure(const ComparisonPointer& comparison) : PairFigure(comparison)
    {
        if (!reading().features)
            return;
        const PairFeatures& features = *reading().features;
        std::vector<double> terms;
        for (std::size_t i = 0; i < std::min(features.query.size(), features.key.size()); ++i) {
            const double difference = features.query[i] - features.key[i];
            terms.push_back(features.distance ? difference * difference : features.query[i] * features.key[i]);
            m_sum += terms.back();
        }
        m_strips = {stripOf(features.query), stripOf(features.key), stripOf(terms)};
        const double common = std::max(m_strips[0].maximum, m_strips[1].maximum);
        m_strips[0].maximum = m_strips[1].maximum = common;
    }

    double heightFor(double, const Theme& theme) const override
    {
        return theme.px(m_strips.empty() ? 90.0 : kPairTitle + 3.0 * (kStrip + 20.0));
    }

    void paint(QPainter& painter, const QRectF& area, const Theme& theme) const override
    {
        const bool nothing = m_strips.empty();
        const QString title = nothing ? QStringLiteral("Vectors") : QString::fromStdString(reading().features->title);
        const QString note = nothing ? QString() : QStringLiteral("%1 components").arg(m_strips[0].bars.size());
        const QRectF rest = paintPairTitle(painter, area, title, note, theme.text, theme);
        if (nothing)
            return paintSentence(painter, rest, QStringLiteral("The states themselves are compared: see amplitudes."),
                                 theme);
        painter.save();
        painter.setRenderHint(QPainter::Antialiasing);
        const QColor colours[] = {theme.accent, theme.key, theme.text2};
        for (std::size_t i = 0; i < m_strips.size(); ++i) {
            const QRectF strip = place(i, rest);
            const QFont font = theme.ui(kTickPixels);
            drawLabel(painter, {strip.left() + theme.px(40.0), strip.top() + QFontMetricsF(font).ascent()},
                      fitText(nameOf(i), font, strip.width() - theme.px(44.0)), font, colours[i], theme);
            paintBars(painter, barsArea(strip, theme), m_strips[i], colours[i], theme);
        }
        painter.restore();
    }

    Hit hit(QPointF where, const QRectF& area, const Theme& theme) const override
    {
        Hit hit;
        const QRectF rest = area.adjusted(0.0, theme.px(kPairTitle), 0.0, 0.0);
        for (std::size_t i = 0; i < m_strips.size(); ++i)
            if (const auto bar = m_strips[i].barAt(where, barsArea(place(i, rest), theme), theme)) {
                hit.panel = static_cast<int>(i);
                hit.sentence = QStringLiteral("component %1: query %2, key %3, %4 %5")
                                   .arg(QString::number(*bar), formatNumber(m_strips[0].bars[*bar].value, 4),
                                        formatNumber(m_strips[1].bars[*bar].value, 4),
                                        reading().features->distance ? QStringLiteral("squared difference")
                                                                     : QStringLiteral("product"),
                                        formatNumber(m_strips[2].bars[*bar].value, 4));
            }
        return hit;
    }

    Table table() const override
    {
        Table table;
        table.header = QStringList{QStringLiteral("component"), QStringLiteral("query"), QStringLiteral("key"),
                                   QStringLiteral("term")};
        for (std::size_t i = 0; !m_strips.empty() && i < m_strips[2].bars.size(); ++i)
            table.rows.push_back({QString::number(i), QString::number(m_strips[0].bars[i].value, 'g', 9),
                                  QString::number(m_strips[1].bars[i].value, 'g', 9),
                                  QString::number(m_strips[2].bars[i].value, 'g', 9)});
        return table;
    }

protected:
    QString subject() const override { return QStringLiteral("Vectors component by component"); }

private:
    static BarPlot stripOf(const std::vector<double>& values)
    {
        BarPlot strip;
        double largest = 0.0;
        bool negative = false;
        for (const double value : values) {
            strip.bars.push_back({{}, value, 0.0, {}, {}, false, false});
            largest = std::max(largest, std::abs(value));
            negative = negative || value < 0.0;
        }
        strip.maximum = niceMaximum(largest);
        strip.isSigned = negative;
        strip.labelHeight = 2.0;
        return strip;
    }

    QString nameOf(std::size_t strip) const
    {
        if (strip == 0)
            return QStringLiteral("query %1").arg(m_maps.queryText(selection().query));
        if (strip == 1)
            return QStringLiteral("key %1").arg(m_maps.keyText(selection().key));
        return (reading().features->distance ? QStringLiteral("squared differences, in all %1")
                                             : QStringLiteral("products, in all %1"))
            .arg(formatNumber(m_sum, 4));
    }

    QRectF place(std::size_t strip, const QRectF& rest) const
    {
        const double height = rest.height() / static_cast<double>(m_strips.size());
        return {rest.left(), rest.top() + static_cast<double>(strip) * height, rest.width(), height};
    }

    static QRectF barsArea(const QRectF& strip, const Theme& theme)
    {
        return strip.adjusted(0.0, theme.px(12.0), 0.0, -theme.px(4.0));
    }

    std::vector<BarPlot> m_strips;
    double m_sum = 0.0;
};

std::unique_ptr<Figure> make(const ComparisonPointer& comparison)
{
    return std::make_unique<PairFeaturesFigure>(comparison);
}

}  // namespace

const FigureType& pair_featuresFigure()
{
    static const FigureType type{QStringLiteral("pair-features"), QStringLiteral("Pair: vectors and features"), &make,
                                 nullptr, true};
    return type;
}

}  // namespace ketscope
