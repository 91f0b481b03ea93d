// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/measures/measures.h"
#include "core/study/head_statistics.h"
#include "viz/caption.h"
#include "viz/figures/curves.h"
#include "viz/labels.h"
#include "viz/scale.h"

#include <cmath>
#include <limits>

namespace ketscope {

namespace {

constexpr double kUndefined = std::numeric_limits<double>::quiet_NaN();

// Entropy of every query's row of the selected head, each trace a line, with that of uniform rows.
class TokenEntropy final : public CurveFigure {
public:
    explicit TokenEntropy(const ComparisonPointer& comparison) : CurveFigure(comparison)
    {
        const auto mask = maskOf(*comparison, m_selection.stack);
        // A value of each query needs no choice of queries; padding is one of them all the same.
        ScopeView view = comparison->study.view.scope;
        view.queries = ScopeView::Queries::All;
        const HeadScope scope = headScope(*comparison, m_selection.stack, view);
        for (const std::string& part : describeScope(*comparison, m_selection.stack, view, false))
            m_scope << QString::fromStdString(part);
        const ScopedMap first(m_maps.weights(m_traces.front()), *mask, scope);
        PlotSeries uniform{std::nullopt, QStringLiteral("uniform"), {}};
        for (std::size_t query = 0; query < m_maps.queries(); ++query) {
            const std::size_t allowed = allowedKeys(first.mask(), query, m_maps.queries(), m_maps.keys());
            const bool counts = allowed > 0 && (scope.queries.empty() || scope.queries[query] != 0);
            uniform.values.push_back(counts ? std::log(static_cast<double>(allowed)) : kUndefined);
            m_plot.labels << elideMiddle(m_maps.queryText(query));
        }
        for (const std::size_t trace : m_traces) {
            PlotSeries series{trace, {}, {}};
            const ScopedMap scoped(m_maps.weights(trace), *mask, scope);
            for (std::size_t query = 0; query < m_maps.queries(); ++query) {
                const bool counts = scoped.rows().empty() || scoped.rows()[query] != 0;
                series.values.push_back(
                    counts && std::isfinite(uniform.values[query]) ? entropy(scoped.map().row(query)) : kUndefined);
            }
            m_plot.series.push_back(std::move(series));
        }
        const double top = std::log(static_cast<double>(std::max<std::size_t>(m_maps.keys(), 2)));
        m_plot.maximum = std::ceil(top * 2.0) / 2.0;
        m_plot.selected = m_selection.query;
        m_plot.areTokens = true;
        m_plot.series.push_back(std::move(uniform));
    }

    Hit hit(QPointF where, const QRectF& area, const Theme& theme) const override
    {
        Hit hit;
        const LinePlotLayout layout = layoutLinePlot(m_plot, plotArea(area, theme), theme);
        hit.query = layout.positionAt(where);
        if (!hit.query)
            return hit;
        hit.panel = 0;
        hit.sentence = QStringLiteral("query %1 “%2”: entropy %3 nats")
                           .arg(QString::number(*hit.query), m_maps.queryText(*hit.query), valuesAt(*hit.query, 4));
        return hit;
    }

    std::vector<QRectF> placesOf(const Pointed& pointed, const QRectF& area, const Theme& theme) const override
    {
        if (!pointed.query || *pointed.query >= m_maps.queries())
            return {};
        const LinePlotLayout layout = layoutLinePlot(m_plot, plotArea(area, theme), theme);
        const double x = layout.xOf(static_cast<double>(*pointed.query));
        const double pitch = layout.xOf(static_cast<double>(*pointed.query) + 1.0) - x;
        const double half = std::max(pitch, theme.px(6.0)) / 2.0;
        return {QRectF(x - half, layout.plot.top(), 2.0 * half, layout.plot.height())};
    }

    Table table() const override
    {
        QStringList names;
        for (std::size_t query = 0; query < m_maps.queries(); ++query)
            names << m_maps.queryText(query);
        return tableOf(QStringLiteral("query"), names);
    }

    QString caption() const override
    {
        const Comparison& comparison = m_maps.comparison();
        return QStringLiteral("Entropy of each query's attention in %1, %2, %3 %4 %5")
            .arg(modelName(comparison.model), captionOfHead(comparison, m_selection), captionOfInput(comparison),
                 captionOfTraces(comparison, m_traces, m_selection.stack), dotted());
    }

    QString metrics() const override { return captionOfMeans(m_maps, m_traces); }

    QString panelCaption() const override { return QStringLiteral("Entropy of each query's attention. ") + dotted(); }

protected:
    QString title() const override { return QStringLiteral("Entropy by query token"); }
    QString unit() const override
    {
        return (QStringList(QStringLiteral("nats")) + m_scope).join(QStringLiteral(" · "));
    }

private:
    QString dotted() const
    {
        return QStringLiteral("Dotted: rows that are uniform over the allowed keys.") + captionOfScope(m_scope);
    }

    QStringList m_scope;
};

std::unique_ptr<Figure> make(const ComparisonPointer& comparison) { return std::make_unique<TokenEntropy>(comparison); }

}  // namespace

const FigureType& token_entropyFigure()
{
    static const FigureType type{QStringLiteral("token-entropy"), QStringLiteral("Entropy by query token"), &make};
    return type;
}

}  // namespace ketscope
