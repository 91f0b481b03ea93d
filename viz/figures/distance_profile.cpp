// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/measures/distance.h"
#include "core/study/head_statistics.h"
#include "viz/caption.h"
#include "viz/figures/curves.h"
#include "viz/scale.h"

#include <cmath>
#include <limits>

namespace ketscope {

namespace {

// How much attention of the selected head goes how far: a line for each trace and one for uniform rows.
class DistanceProfile final : public CurveFigure {
public:
    explicit DistanceProfile(const ComparisonPointer& comparison)
        : CurveFigure(comparison), m_curve(comparison->study.view.distanceCurve)
    {
        const StackInfo& stack = comparison->model.stacks.at(m_selection.stack);
        if (stack.queries != stack.keys)
            refuse(
                {"distance", "queries and keys that are the same tokens",
                 std::string(axisName(stack.queries)) + " queries and " + std::string(axisName(stack.keys)) + " keys",
                 "Choose another stack."});
        const auto mask = maskOf(*comparison, m_selection.stack);
        const std::vector<double> uniform =
            uniformDistanceProfile(mask->mask, m_maps.queries(), m_maps.keys(), mask->queries);
        double largest = 0.0;
        for (const std::size_t trace : m_traces) {
            const std::vector<double> profile = distanceProfile(m_maps.weights(trace), mask->queries);
            const double mean = meanOfProfile(profile);
            m_plot.marks.push_back(
                {mean, trace,
                 QStringLiteral("%1 mean %2").arg(QString::fromStdString(traceTag(trace)), formatNumber(mean, 2))});
            m_plot.series.push_back({trace, {}, shown(profile, uniform)});
            largest = std::max(largest, largestOf(m_plot.series.back().values));
        }
        m_plot.series.push_back({std::nullopt, QStringLiteral("uniform"), shown(uniform, uniform)});
        largest = std::max(largest, largestOf(m_plot.series.back().values));
        m_plot.maximum = m_curve == DistanceCurve::Cumulative ? 1.0 : niceMaximum(largest);
        m_plot.xTitle = QStringLiteral("distance in tokens");
        m_uniformMean = meanOfProfile(uniform);
    }

    Hit hit(QPointF where, const QRectF& area, const Theme& theme) const override
    {
        Hit hit;
        const LinePlotLayout layout = layoutLinePlot(m_plot, plotArea(area, theme), theme);
        const auto distance = layout.positionAt(where);
        if (!distance)
            return hit;
        hit.panel = 0;
        hit.sentence =
            QStringLiteral("distance %1: %2 %3").arg(QString::number(*distance), quantity(), valuesAt(*distance, 4));
        return hit;
    }

    Table table() const override { return tableOf(QStringLiteral("distance"), {}); }

    QString caption() const override
    {
        const Comparison& comparison = m_maps.comparison();
        return QStringLiteral("%1 by distance |i − j| between query and key in %2, %3, %4 %5 %6")
            .arg(title(), modelName(comparison.model), captionOfHead(comparison, m_selection),
                 captionOfInput(comparison), captionOfTraces(comparison, m_traces, m_selection.stack), means());
    }

    QString panelCaption() const override
    {
        return QStringLiteral("%1 by distance |i − j| between query and key. %2").arg(title(), means());
    }

protected:
    QString title() const override
    {
        switch (m_curve) {
        case DistanceCurve::Mass: return QStringLiteral("Attention mass");
        case DistanceCurve::Cumulative: return QStringLiteral("Cumulative attention mass");
        case DistanceCurve::AgainstUniform: return QStringLiteral("Attention mass against uniform");
        }
        return {};
    }
    QString unit() const override { return {}; }

private:
    QString means() const
    {
        QStringList means;
        for (const PlotMark& mark : m_plot.marks)
            means << mark.text;
        return QStringLiteral("Distances in tokens: %1; uniform rows %2.")
            .arg(means.join(QStringLiteral(", ")), formatNumber(m_uniformMean, 2));
    }

    QString quantity() const
    {
        switch (m_curve) {
        case DistanceCurve::Mass: return QStringLiteral("mass");
        case DistanceCurve::Cumulative: return QStringLiteral("mass up to here");
        case DistanceCurve::AgainstUniform: return QStringLiteral("mass ÷ uniform");
        }
        return {};
    }

    std::vector<double> shown(const std::vector<double>& profile, const std::vector<double>& uniform) const
    {
        if (m_curve == DistanceCurve::Cumulative)
            return cumulative(profile);
        if (m_curve == DistanceCurve::Mass)
            return profile;
        std::vector<double> ratios(profile.size(), std::numeric_limits<double>::quiet_NaN());
        for (std::size_t i = 0; i < profile.size(); ++i)
            if (uniform[i] > 0.0)
                ratios[i] = profile[i] / uniform[i];
        return ratios;
    }

    static double largestOf(const std::vector<double>& values)
    {
        double largest = 0.0;
        for (const double value : values)
            if (std::isfinite(value))
                largest = std::max(largest, value);
        return largest;
    }

    DistanceCurve m_curve;
    double m_uniformMean = 0.0;
};

std::unique_ptr<Figure> make(const ComparisonPointer& comparison)
{
    return std::make_unique<DistanceProfile>(comparison);
}

}  // namespace

const FigureType& distance_profileFigure()
{
    static const FigureType type{QStringLiteral("distance-profile"), QStringLiteral("Attention mass by distance"),
                                 &make};
    return type;
}

}  // namespace ketscope
