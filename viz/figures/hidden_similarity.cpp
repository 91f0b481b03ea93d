// SPDX-License-Identifier: GPL-3.0-or-later
#include "viz/caption.h"
#include "viz/figures/hidden_curves.h"

namespace ketscope {

namespace {

// Mean over tokens after every layer of the selected stack.
class HiddenSimilarity final : public HiddenCurves {
public:
    explicit HiddenSimilarity(const ComparisonPointer& comparison) : HiddenCurves(comparison)
    {
        for (std::size_t trace = 1; trace < comparison->traces.size(); ++trace)
            add(trace, hiddenByLayer(*comparison, trace, m_stack));
        setRange();
        m_plot.labels << QStringLiteral("input");
        for (std::size_t hidden = 1; hidden < m_plot.series.front().values.size(); ++hidden)
            m_plot.labels << QStringLiteral("L%1").arg(hidden - 1);
        m_plot.selected = m_selection.layer + 1;
    }

    Hit hit(QPointF where, const QRectF& area, const Theme& theme) const override
    {
        Hit hit;
        const LinePlotLayout layout = layoutLinePlot(m_plot, plotArea(area, theme), theme);
        const auto hidden = layout.positionAt(where);
        if (!hidden)
            return hit;
        hit.panel = 0;
        if (*hidden > 0)
            hit.layer = *hidden - 1;
        hit.sentence =
            QStringLiteral("%1: %2, mean over tokens: %3")
                .arg(*hidden == 0 ? QStringLiteral("embeddings") : QStringLiteral("after layer %1").arg(*hidden - 1),
                     quantity(), valuesAt(*hidden, 5));
        return hit;
    }

    Table table() const override { return tableOf(QStringLiteral("layer"), m_plot.labels); }

    QString caption() const override
    {
        return QStringLiteral("Hidden states against those of A (%1, mean over tokens) after each layer of %2, %3%4")
            .arg(quantity(), modelName(m_maps.comparison().model), stackNote(), captionTail());
    }

    QString panelCaption() const override
    {
        return QStringLiteral("Hidden states against those of A after each layer: %1, mean over tokens.")
            .arg(quantity());
    }

protected:
    QString title() const override { return QStringLiteral("Hidden states by layer"); }
    QString detail() const override { return stackNote() + quantity() + QStringLiteral(", mean over tokens"); }
};

std::unique_ptr<Figure> make(const ComparisonPointer& comparison)
{
    return std::make_unique<HiddenSimilarity>(comparison);
}

}  // namespace

const FigureType& hidden_similarityFigure()
{
    static const FigureType type{QStringLiteral("hidden-similarity"), QStringLiteral("Hidden states by layer"), &make,
                                 &HiddenCurves::obstacle};
    return type;
}

}  // namespace ketscope
