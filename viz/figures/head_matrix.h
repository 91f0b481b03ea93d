// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/study/compared_pair.h"
#include "core/study/head_statistics.h"
#include "viz/colour_bar.h"
#include "viz/figure.h"
#include "viz/map_panel.h"

namespace ketscope {

// Where everything of a head matrix lies.
struct HeadMatrixLayout {
    std::vector<QRectF> headers;  // of every panel
    std::vector<QRectF> maps;
    std::vector<bool> rowLabels;  // whether a panel has them: the first of each row
    std::optional<QRectF> profile;
    std::optional<QRectF> weightBar, differenceBar;
    double pitch = 0.0;
    double gap = 0.0;
    double height = 0.0;
};

// One number for every head of a stack, layer by layer: the traces shown and the difference of the compared pair, with the mean of each layer beside them. Which
// number: the study's view.
class HeadMatrix final : public Figure {
public:
    // Throws Error (Input) when the selection is not in the traces.
    explicit HeadMatrix(const ComparisonPointer& comparison);

    double heightFor(double width, const Theme& theme) const override;
    void paint(QPainter& painter, const QRectF& area, const Theme& theme) const override;
    Hit hit(QPointF where, const QRectF& area, const Theme& theme) const override;
    std::vector<QRectF> placesOf(const Pointed& pointed, const QRectF& area, const Theme& theme) const override;
    Table table() const override;
    QString caption() const override;
    QString panelCaption() const override;
    double smallestText(double width, const Theme& theme) const override;
    QStringList alikeInGrey(double width, const Theme& theme) const override;

    HeadMatrixLayout layout(const QRectF& area, const Theme& theme) const;

private:
    bool hasDifference() const { return showsDifference(*m_comparison); }
    // Whether the first two panels are the compared pair.
    bool hasPair() const { return m_traces.size() == 2; }
    std::size_t panels() const { return m_heads.size() + (hasDifference() ? 1 : 0); }
    bool isDifference(std::size_t panel) const { return panel == m_heads.size(); }
    bool isPatched(std::size_t panel, std::size_t layer, std::size_t head) const;
    double value(std::size_t panel, std::size_t layer, std::size_t head) const;
    double meanOfPanel(std::size_t panel) const;
    bool isPatchedByAny(std::size_t layer, std::size_t head) const;
    QString letter(std::size_t place) const { return QString::fromStdString(traceTag(m_traces[place])); }
    QStringList patchers() const;  // letters of the candidates shown
    double meanOfLayer(std::size_t place, std::size_t layer) const;
    CellGrid grid(std::size_t panel) const;
    QString unit() const;
    QString notes() const;
    QString titleOf(std::size_t panel) const;
    double headerHeight(double width, const Theme& theme) const;
    QString detailOf(std::size_t panel) const;
    QString meanText(std::size_t panel) const;
    ColourMap coloursOf(std::size_t panel, const Theme& theme) const;
    const ValueScale& scaleOf(std::size_t panel) const { return isDifference(panel) ? m_deltaScale : m_scale; }
    ColourBar weightBar() const;
    ColourBar differenceBar() const;

    void paintPanel(QPainter& painter, const HeadMatrixLayout& layout, std::size_t panel, const Theme& theme) const;
    void paintAxes(QPainter& painter, const HeadMatrixLayout& layout, std::size_t panel, const Theme& theme) const;
    void paintMarks(QPainter& painter, const HeadMatrixLayout& layout, std::size_t panel, const Theme& theme) const;
    void paintProfile(QPainter& painter, const HeadMatrixLayout& layout, const Theme& theme) const;

    ComparisonPointer m_comparison;
    Selection m_selection;
    const HeadMeasure& m_measure;
    std::vector<std::size_t> m_traces;  // shown, one panel each
    ComparedPair m_pair;
    std::vector<std::shared_ptr<const StatisticsMemo::Heads>> m_heads;  // of m_traces
    std::size_t m_layers = 0;
    std::size_t m_columns = 0;
    double m_limit = 1.0;
    bool m_signed = false;  // values below 0: the traces' panels use the diverging map too
    QStringList m_scope;    // what of the view's scope changes the numbers
    ValueScale m_scale;
    ValueScale m_deltaScale;
};

}  // namespace ketscope
