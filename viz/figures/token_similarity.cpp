// SPDX-License-Identifier: GPL-3.0-or-later
#include "viz/caption.h"
#include "viz/figures/hidden_curves.h"
#include "viz/labels.h"

namespace ketscope {

namespace {

// Token by token after the selected layer.
class TokenSimilarity final : public HiddenCurves {
public:
    explicit TokenSimilarity(const ComparisonPointer& comparison) : HiddenCurves(comparison)
    {
        for (std::size_t trace = 1; trace < comparison->traces.size(); ++trace)
            add(trace, hiddenByToken(*comparison, trace, m_stack, m_selection.layer + 1));
        setRange();
        for (std::size_t token = 0; token < m_plot.series.front().values.size(); ++token)
            m_plot.labels << elideMiddle(m_maps.queryText(token));
        m_plot.selected = m_selection.query;
        m_plot.areTokens = true;
    }

    Hit hit(QPointF where, const QRectF& area, const Theme& theme) const override
    {
        Hit hit;
        const LinePlotLayout layout = layoutLinePlot(m_plot, plotArea(area, theme), theme);
        hit.query = layout.positionAt(where);
        if (!hit.query)
            return hit;
        hit.panel = 0;
        hit.sentence = QStringLiteral("token %1 “%2” after layer %3: %4: %5")
                           .arg(QString::number(*hit.query), m_maps.queryText(*hit.query),
                                QString::number(m_selection.layer), quantity(), valuesAt(*hit.query, 5));
        return hit;
    }

    Table table() const override
    {
        QStringList names;
        for (qsizetype token = 0; token < m_plot.labels.size(); ++token)
            names << m_maps.queryText(static_cast<std::size_t>(token));
        return tableOf(QStringLiteral("position"), names);
    }

    QString caption() const override
    {
        return QStringLiteral("Hidden states against those of A (%1) token by token after layer %2 of %3, %4%5")
            .arg(quantity(), QString::number(m_selection.layer), modelName(m_maps.comparison().model), stackNote(),
                 captionTail());
    }

    QString panelCaption() const override
    {
        return QStringLiteral("Hidden states against those of A after layer %1, token by token: %2.")
            .arg(QString::number(m_selection.layer), quantity());
    }

protected:
    QString title() const override { return QStringLiteral("Hidden states by token"); }
    QString detail() const override
    {
        return stackNote() + QStringLiteral("after layer %1, ").arg(m_selection.layer) + quantity();
    }
};

std::unique_ptr<Figure> make(const ComparisonPointer& comparison)
{
    return std::make_unique<TokenSimilarity>(comparison);
}

}  // namespace

const FigureType& token_similarityFigure()
{
    static const FigureType type{QStringLiteral("token-similarity"), QStringLiteral("Hidden states by token"), &make,
                                 &HiddenCurves::obstacle};
    return type;
}

}  // namespace ketscope
