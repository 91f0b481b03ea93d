// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/study/head_statistics.h"
#include "core/study/patch_places.h"
#include "viz/caption.h"
#include "viz/figures/curves.h"
#include "viz/scale.h"

#include <cmath>
#include <limits>
#include <optional>

namespace ketscope {

namespace {

// How much attention of the selected head goes how far: a line for each trace and one for uniform rows. Between patches
// the distance is that on their grid, and the class token has no place.
class DistanceProfile final : public CurveFigure {
public:
    DistanceProfile(const ComparisonPointer& comparison, PatchDistance distance)
        : CurveFigure(comparison), m_curve(comparison->study.view.distanceCurve), m_distance(distance),
          m_patches(patchPlacesOf(*comparison))
    {
        const auto mask = maskOf(*comparison, m_selection.stack);
        const HeadScope scope = headScope(*comparison, m_selection.stack, comparison->study.view.scope);
        m_signed = !m_patches && scope.signedDistance;
        m_scope = scopeParts(*comparison, m_signed);
        const ScopedMap first(m_maps.weights(m_traces.front()), *mask, scope);
        const double zero = m_signed ? static_cast<double>(m_maps.queries()) - 1.0 : 0.0;
        m_plot.firstNumber = -static_cast<int>(zero);
        const std::vector<double> uniform =
            m_patches  ? uniformPatchDistanceProfile(*m_patches, m_distance)
            : m_signed ? uniformSignedDistanceProfile(first.mask(), m_maps.queries(), m_maps.keys(), scope.queries)
                       : uniformDistanceProfile(first.mask(), m_maps.queries(), m_maps.keys(), scope.queries);
        double largest = 0.0;
        for (const std::size_t trace : m_traces) {
            const ScopedMap scoped(m_maps.weights(trace), *mask, scope);
            const std::vector<double> profile =
                m_patches  ? patchDistanceProfile(scoped.map(), *m_patches, m_distance, scoped.rows())
                : m_signed ? signedDistanceProfile(scoped.map(), scoped.rows())
                           : distanceProfile(scoped.map(), scoped.rows());
            const double mean = m_patches ? meanPatchDistance(scoped.map(), *m_patches, m_distance, scoped.rows())
                                          : meanOfProfile(profile) - zero * cumulative(profile).back();
            m_plot.marks.push_back(
                {mean + zero, trace,
                 QStringLiteral("%1 mean %2").arg(QString::fromStdString(traceTag(trace)), formatNumber(mean, 2))});
            m_plot.series.push_back({trace, {}, shown(profile, uniform)});
            largest = std::max(largest, largestOf(m_plot.series.back().values));
        }
        m_plot.series.push_back({std::nullopt, QStringLiteral("uniform"), shown(uniform, uniform)});
        largest = std::max(largest, largestOf(m_plot.series.back().values));
        m_plot.maximum = m_curve == DistanceCurve::Cumulative ? 1.0 : niceMaximum(largest);
        m_plot.xTitle = axisTitle();
        m_uniformMean = meanOfProfile(uniform) - (m_signed ? zero : 0.0);
    }

    Hit hit(QPointF where, const QRectF& area, const Theme& theme) const override
    {
        Hit hit;
        const LinePlotLayout layout = layoutLinePlot(m_plot, plotArea(area, theme), theme);
        const auto distance = layout.positionAt(where);
        if (!distance)
            return hit;
        hit.panel = 0;
        hit.sentence = QStringLiteral("distance %1: %2 %3")
                           .arg(formatNumber(m_plot.firstNumber + static_cast<int>(*distance), 0), quantity(),
                                valuesAt(*distance, 4));
        return hit;
    }

    Table table() const override { return tableOf(QStringLiteral("distance"), {}); }

    QString caption() const override
    {
        const Comparison& comparison = m_maps.comparison();
        return QStringLiteral("%1 by distance %2 in %3, %4, %5 %6 %7")
            .arg(title(), between(), modelName(comparison.model), captionOfHead(comparison, m_selection),
                 captionOfInput(comparison), captionOfTraces(comparison, m_traces, m_selection.stack), means());
    }

    QString metrics() const override { return captionOfMeans(m_maps, m_traces); }

    QString panelCaption() const override
    {
        return QStringLiteral("%1 by distance %2. %3").arg(title(), between(), means());
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
    QString unit() const override { return m_scope.join(QStringLiteral(" · ")); }

private:
    // What is measured, along the axis and in a sentence.
    std::pair<QString, QString> distanceWords() const
    {
        switch (m_distance) {
        case PatchDistance::Rows: return {QStringLiteral("|Δrow| in patches"), QStringLiteral("|Δrow|")};
        case PatchDistance::Columns: return {QStringLiteral("|Δcolumn| in patches"), QStringLiteral("|Δcolumn|")};
        case PatchDistance::Euclidean: break;
        }
        return {QStringLiteral("distance on the grid in patches, rounded"),
                QStringLiteral("√(Δrow² + Δcolumn²), to the nearest whole patch,")};
    }

    QString axisTitle() const
    {
        if (!m_patches)
            return m_signed ? QStringLiteral("distance j − i in tokens, right of 0: later keys")
                            : QStringLiteral("distance in tokens");
        return distanceWords().first + (m_patches->first > 0 ? QStringLiteral(", without class token") : QString());
    }

    QString between() const
    {
        if (m_signed)
            return QStringLiteral("j\u00a0−\u00a0i from query i to key j");
        if (!m_patches)
            return QStringLiteral("|i\u00a0−\u00a0j| between query and key");
        return QStringLiteral("%1 on the grid of %2 × %3 patches%4")
            .arg(distanceWords().second)
            .arg(m_patches->patches / m_patches->columns)
            .arg(m_patches->columns)
            .arg(m_patches->first > 0 ? QStringLiteral(", the class token left out") : QString());
    }

    QString means() const
    {
        QStringList means;
        for (const PlotMark& mark : m_plot.marks)
            means << mark.text;
        return QStringLiteral("Distances in %1: %2; uniform rows %3.")
                   .arg(m_patches ? QStringLiteral("patches") : QStringLiteral("tokens"),
                        means.join(QStringLiteral(", ")), formatNumber(m_uniformMean, 2))
               + captionOfScope(m_scope);
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
    PatchDistance m_distance;
    std::optional<PatchPlaces> m_patches;  // none: distance along the tokens
    double m_uniformMean = 0.0;
    bool m_signed = false;
    QStringList m_scope;
};

template <PatchDistance distance> std::unique_ptr<Figure> make(const ComparisonPointer& comparison)
{
    return std::make_unique<DistanceProfile>(comparison, distance);
}

QString obstacle(const Comparison& comparison)
{
    const StackInfo& stack = comparison.model.stacks.at(comparison.study.selection.stack);
    return stack.queries == stack.keys
               ? QString()
               : QStringLiteral("Distance needs queries and keys that are the same tokens, here they are %1 and %2.")
                     .arg(QString::fromUtf8(axisName(stack.queries)), QString::fromUtf8(axisName(stack.keys)));
}

QString gridObstacle(const Comparison& comparison)
{
    return patchPlacesOf(comparison) ? QString()
                                     : QStringLiteral("Rows and columns are of patches: choose the image stack.");
}

}  // namespace

const FigureType& distance_profileFigure()
{
    static const FigureType type{QStringLiteral("distance-profile"), QStringLiteral("Attention mass by distance"),
                                 &make<PatchDistance::Euclidean>, &obstacle};
    return type;
}

const FigureType& row_distanceFigure()
{
    static const FigureType type{QStringLiteral("row-distance"),
                                 QStringLiteral("Attention mass by rows between patches"), &make<PatchDistance::Rows>,
                                 &gridObstacle};
    return type;
}

const FigureType& column_distanceFigure()
{
    static const FigureType type{QStringLiteral("column-distance"),
                                 QStringLiteral("Attention mass by columns between patches"),
                                 &make<PatchDistance::Columns>, &gridObstacle};
    return type;
}

}  // namespace ketscope
