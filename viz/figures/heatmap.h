// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "viz/figure.h"
#include "viz/figures/heatmap_data.h"
#include "viz/figures/heatmap_layout.h"
#include "viz/scale.h"

namespace ketscope {

struct HeatmapOptions {
    bool crosshair = false;  // mark the study's selected query and key
    // Which to show; the first is the baseline of Δ; empty = as the study's view says.
    std::vector<std::size_t> traces;
    HeatmapContent content = HeatmapContent::Weights;
    std::optional<MapWindow> window;               // in place of the view's
    std::shared_ptr<const HeatmapData> data = {};  // of an earlier figure: used again where it holds
};

// The selected head's map of every trace, and Δ = second − first, or the standard errors of the traces, with one layout
// and shared colour bars; the tokens, filter and uncertainty that the study's view says.
class Heatmap final : public Figure {
public:
    // Throws Error (Input) when the study's selection is not in the traces.
    explicit Heatmap(const ComparisonPointer& comparison, HeatmapOptions options = {});

    double heightFor(double width, const Theme& theme) const override;
    void paint(QPainter& painter, const QRectF& area, const Theme& theme) const override;
    void paint(QPainter& painter, const HeatmapLayout& layout, const Theme& theme) const;
    Hit hit(QPointF where, const QRectF& area, const Theme& theme) const override;
    Table table() const override;
    QString caption() const override;
    QString panelCaption() const override;
    double smallestText(double width, const Theme& theme) const override;
    QStringList alikeInGrey(double width, const Theme& theme) const override;
    QString metrics() const override;

    // Cells shrink until the whole figure fits `area`; a taller area stays empty below.
    HeatmapLayout layout(const QRectF& area, const Theme& theme) const;
    // Over what was painted: bands over the row and column and a ring on the cell, in every panel, with their labels
    // emphasised and those that these touch out of sight. For what the pointer is at, which may be a query or a key alone.
    void paintCrosshair(QPainter& painter, const HeatmapLayout& layout, std::optional<std::size_t> query,
                        std::optional<std::size_t> key, const Theme& theme) const;
    // "query 4 “not”, key 5 “great”: A 0.626173, B 0.421004 ± 0.0150 SE, Δ −0.205169; rank in the row: A 1, B 1 of 15"
    QString sentence(std::size_t query, std::size_t key) const;

    // What the panel's header says below its title: parameters, entropy, why a candidate is exact here.
    QStringList panelDetails(std::size_t panel) const;
    const std::vector<MapSource>& sources() const { return m_sources; }  // one for each panel
    const HeadMaps& maps() const { return m_data->maps(); }
    const std::shared_ptr<const HeatmapData>& data() const { return m_data; }
    const MapWindow& window() const { return m_window; }        // with its real numbers of tokens
    double maximum() const { return m_weightScale.maximum(); }  // shared range of the traces' panels

private:
    const Comparison& comparison() const { return *m_comparison; }
    const HeatmapView& view() const { return m_comparison->study.view.heatmap; }
    bool showsDeviations() const { return m_options.content == HeatmapContent::StandardErrors; }
    bool showsFlow() const { return !showsDeviations() && view().quantity != MapQuantity::Weights; }
    bool hasDifference() const { return m_sources.back().isDifference(); }
    void chooseScales();
    bool isZoomed() const;
    QString ranks(std::size_t query, std::size_t key) const;
    ValueScale scaleOf(const MapSource& source) const { return source.isDifference() ? m_deltaScale : m_weightScale; }
    ColourMap coloursOf(const MapSource& source, const Theme& theme) const;
    QString letter(const MapSource& source) const;
    QString title(const MapSource& source) const;
    QString shortTitle(const MapSource& source) const;
    QString exactHere(std::size_t trace) const;
    HeatmapContents contents() const;
    ColourBar weightBar() const;
    ColourBar differenceBar() const;
    QString notes() const;
    QString partInSight() const;
    bool showsErrors() const;

    void paintHeader(QPainter& painter, const HeatmapLayout& layout, std::size_t panel, const Theme& theme) const;
    void paintLabels(QPainter& painter, const HeatmapLayout& layout, const HeatmapLayout::Panel& panel,
                     const Theme& theme) const;
    void paintRowLabel(QPainter& painter, const HeatmapLayout& layout, const HeatmapLayout::Panel& panel,
                       std::size_t query, bool emphasised, const Theme& theme) const;
    void paintColumnLabel(QPainter& painter, const HeatmapLayout& layout, const HeatmapLayout::Panel& panel,
                          std::size_t key, bool emphasised, const Theme& theme) const;
    // The tokens of the axis whose labels stand there, in order. Where only every step-th has one, those that the selected
    // one's would touch give way.
    std::vector<std::size_t> labelledQueries(const HeatmapLayout& layout) const;
    std::vector<std::size_t> labelledKeys(const HeatmapLayout& layout) const;
    void replaceRowLabels(QPainter& painter, const HeatmapLayout& layout, const HeatmapLayout::Panel& panel,
                          std::size_t query, const Theme& theme) const;
    void replaceColumnLabels(QPainter& painter, const HeatmapLayout& layout, const HeatmapLayout::Panel& panel,
                             std::size_t key, const Theme& theme) const;
    void paintSelection(QPainter& painter, const HeatmapLayout& layout, const Theme& theme) const;
    void paintMapOf(QPainter& painter, const HeatmapLayout& layout, std::size_t panel, const Theme& theme) const;
    void paintOverview(QPainter& painter, const QRectF& place, const Theme& theme) const;
    void paintErrorLegend(QPainter& painter, const QRectF& place, const Theme& theme) const;

    HeatmapOptions m_options;
    ComparisonPointer m_comparison;
    std::shared_ptr<const HeatmapData> m_data;
    Selection m_selection;
    MapWindow m_window;
    std::vector<MapSource> m_sources;
    bool m_signed = false;  // weights below 0: the traces' panels use the diverging map too
    double m_largest = 0.0;
    ValueScale m_weightScale;
    ValueScale m_deltaScale;
};

}  // namespace ketscope
