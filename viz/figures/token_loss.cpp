// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/study/token_loss.h"

#include "core/base/error.h"
#include "viz/caption.h"
#include "viz/colour_map.h"
#include "viz/figures/curves.h"
#include "viz/labels.h"
#include "viz/scale.h"

#include <QFontMetricsF>

#include <cmath>

namespace ketscope {

namespace {

constexpr double kStripRow = 15.0;
constexpr double kStripGap = 4.0;

// A causal model's text, position by position: the probability of the token that comes next as a strip of cells for every
// trace, and below it the loss.
class TokenLossFigure final : public CurveFigure {
public:
    explicit TokenLossFigure(const ComparisonPointer& comparison)
        : CurveFigure(comparison), m_losses(tokenLosses(*comparison)),
          m_colours(colourMap(QString::fromStdString(comparison->study.view.colourMap))),
          m_scale(ValueScale::sequential(comparison->study.view.scale, 1.0))
    {
        if (m_losses.empty())
            refuse({"loss by token", "a causal language model with outputs and at least two tokens",
                    comparison->model.title, "Open such a model or give a longer text."});
        double largest = 0.0;
        for (std::size_t trace = 0; trace < m_losses.size(); ++trace) {
            m_plot.series.push_back({trace, {}, m_losses[trace].loss});
            for (const double loss : m_losses[trace].loss)
                if (std::isfinite(loss))
                    largest = std::max(largest, loss);
        }
        const double uniform =
            std::log(static_cast<double>(comparison->traces.front()->outputs.at("logits")->matrix().columns));
        m_plot.series.push_back({std::nullopt, QStringLiteral("uniform over the vocabulary"),
                                 std::vector<double>(m_losses.front().loss.size(), uniform)});
        m_plot.maximum = std::ceil(std::max(largest, uniform));
        for (std::size_t i = 0; i < m_losses.front().loss.size(); ++i)
            m_plot.labels << elideMiddle(m_maps.queryText(i));
        m_plot.selected = m_selection.query;
        m_plot.areTokens = true;
    }

    double heightFor(double width, const Theme& theme) const override
    {
        return CurveFigure::heightFor(width, theme) + stripHeight(theme);
    }

    void paint(QPainter& painter, const QRectF& area, const Theme& theme) const override
    {
        CurveFigure::paint(painter, area, theme);
        const LinePlotLayout layout = layoutLinePlot(m_plot, plotArea(area, theme), theme);
        const QFont font = theme.ui(kTickPixels, QFont::DemiBold);
        const double pitch = pitchOf(layout);
        for (std::size_t trace = 0; trace < m_losses.size(); ++trace) {
            const double top = stripTop(area, theme) + theme.px(kStripRow * static_cast<double>(trace));
            const double height = theme.px(kStripRow - 2.0);
            drawLabel(painter,
                      {layout.plot.left() - theme.px(6.0), top + (height + QFontMetricsF(font).capHeight()) / 2.0},
                      QString::fromStdString(traceTag(trace)), font, theme.trace(trace), theme, Anchor::Right);
            for (std::size_t i = 0; i < m_losses[trace].probability.size(); ++i) {
                const double value = m_losses[trace].probability[i];
                const double left = layout.xOf(static_cast<double>(i)) - pitch / 2.0;
                const double width = pitch > theme.px(8.0) ? pitch - 1.0 : pitch;
                // The first and last cells are cut where they would leave the plot.
                const QRectF cell =
                    QRectF(left, top, width, height) & QRectF(layout.plot.left(), top, layout.plot.width(), height);
                if (std::isfinite(value))
                    painter.fillRect(cell, QColor(m_colours.at(m_scale.position(value))));
            }
        }
    }

    Hit hit(QPointF where, const QRectF& area, const Theme& theme) const override
    {
        Hit hit;
        LinePlotLayout layout = layoutLinePlot(m_plot, plotArea(area, theme), theme);
        layout.plot.setTop(stripTop(area, theme));
        hit.query = layout.positionAt(where);
        if (!hit.query)
            return hit;
        hit.panel = 0;
        QStringList values;
        for (std::size_t trace = 0; trace < m_losses.size(); ++trace)
            values << QStringLiteral("%1 P %2, loss %3")
                          .arg(QString::fromStdString(traceTag(trace)),
                               formatNumber(m_losses[trace].probability[*hit.query], 4),
                               formatNumber(m_losses[trace].loss[*hit.query], 4));
        hit.sentence = *hit.query + 1 < m_losses.front().loss.size()
                           ? QStringLiteral("“%1” after position %2 “%3”: %4 nats")
                                 .arg(m_maps.queryText(*hit.query + 1), QString::number(*hit.query),
                                      m_maps.queryText(*hit.query), values.join(QStringLiteral("; ")))
                           : QStringLiteral("the last token: nothing comes after it");
        return hit;
    }

    Table table() const override
    {
        Table table;
        table.header << QStringLiteral("position") << QStringLiteral("token") << QStringLiteral("next token");
        for (std::size_t trace = 0; trace < m_losses.size(); ++trace)
            for (const char* column : {" probability", " loss"})
                table.header << QString::fromStdString(traceTag(trace)) + QLatin1String(column);
        for (std::size_t i = 0; i + 1 < m_losses.front().loss.size(); ++i) {
            QStringList row{QString::number(i), m_maps.queryText(i), m_maps.queryText(i + 1)};
            for (const TokenLoss& loss : m_losses)
                row << QString::number(loss.probability[i], 'g', 9) << QString::number(loss.loss[i], 'g', 9);
            table.rows.push_back(std::move(row));
        }
        return table;
    }

    QString caption() const override
    {
        const Comparison& comparison = m_maps.comparison();
        return QStringLiteral("Probability of each token that comes next (cells) and its loss in %1, %2 %3 %4")
            .arg(modelName(comparison.model), captionOfInput(comparison),
                 captionOfTraces(comparison, m_maps.allTraces(), m_selection.stack), summary());
    }

    QString panelCaption() const override
    {
        return QStringLiteral("Probability of each token that comes next (cells) and its loss. ") + summary();
    }

protected:
    QString title() const override { return QStringLiteral("Loss by token"); }
    QString unit() const override { return QStringLiteral("nats"); }
    QString detail() const override
    {
        return QStringLiteral("nats; cells: P(next token), %1, 0 … 1").arg(m_scale.name());
    }
    QRectF plotArea(const QRectF& area, const Theme& theme) const override
    {
        return CurveFigure::plotArea(area, theme).adjusted(0.0, stripHeight(theme), 0.0, 0.0);
    }

private:
    double stripTop(const QRectF& area, const Theme& theme) const { return CurveFigure::plotArea(area, theme).top(); }

    double stripHeight(const Theme& theme) const
    {
        return theme.px(kStripRow * static_cast<double>(m_losses.size()) + kStripGap);
    }

    static double pitchOf(const LinePlotLayout& layout) { return layout.xOf(1.0) - layout.xOf(0.0); }

    QString summary() const
    {
        QStringList parts;
        for (std::size_t trace = 0; trace < m_losses.size(); ++trace)
            parts << QStringLiteral("%1 %2").arg(QString::fromStdString(traceTag(trace)),
                                                 formatNumber(m_losses[trace].perplexity, 3));
        return QStringLiteral("Perplexity over %1 tokens: %2.")
            .arg(QString::number(m_losses.front().tokens), parts.join(QStringLiteral(", ")));
    }

    std::vector<TokenLoss> m_losses;
    ColourMap m_colours;
    ValueScale m_scale;
};

std::unique_ptr<Figure> make(const ComparisonPointer& comparison)
{
    return std::make_unique<TokenLossFigure>(comparison);
}

QString obstacle(const Comparison& comparison)
{
    return hasTokenLosses(comparison)
               ? QString()
               : QStringLiteral(
                   "Losses by token are of causal language models with their logits and two tokens or more.");
}

}  // namespace

const FigureType& token_lossFigure()
{
    static const FigureType type{QStringLiteral("token-loss"), QStringLiteral("Loss by token"), &make, &obstacle};
    return type;
}

}  // namespace ketscope
