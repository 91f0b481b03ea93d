// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/study/token_flow.h"
#include "ui/controls/page_header.h"
#include "ui/views/figure_pane.h"
#include "ui/views/figure_view.h"
#include "ui/views/perspective.h"

#include <QScrollArea>
#include <QSplitter>
#include <QStackedWidget>

namespace ketscope {

// The centre of the window: the maps of the selected head, its row chart and its metrics.
class HeatmapPage : public Perspective {
    Q_OBJECT

public:
    HeatmapPage(StudyController& controller, Appearance& appearance, QWidget* parent = nullptr);

    QString figureId() const override;
    void copyImage() const override;
    void copyValues() const override;
    void takeFocus() override;
    void resetZoom() override;
    QString explanation() const override;

    FigureView& figureView() const { return *m_figure; }
    FigureView& errorView() const { return *m_errors; }
    void toggleRangeLock() { m_lock->click(); }

protected:
    void resizeEvent(QResizeEvent* event) override;
    void showEvent(QShowEvent* event) override;

private:
    // What a flow was asked for.
    struct FlowAsked {
        std::vector<std::shared_ptr<const Trace>> traces;
        MapQuantity quantity;
        std::size_t stack, layer;
        bool operator==(const FlowAsked&) const = default;
    };
    struct RelevanceObstacle {
        std::vector<std::shared_ptr<const Trace>> of;
        std::shared_ptr<const LoadedModel> loaded;
        QString obstacle;
    };
    void arrange();
    void arrangeCharts(bool narrow);
    int heightOfMaps() const;
    // The pane in place of the maps; null = the maps are shown.
    FigurePane* paneShown() const;
    bool showsErrors() const;
    QWidget* makeHeader();
    void addChoices(PageHeader& header);
    void addTicks(PageHeader& header);
    const HeadMaps* mapsOf(const Comparison& comparison);
    void makeErrorPanel();
    void makeBelow();
    void makeViews();
    void connectController();
    void refreshHeader();
    void refreshControls();
    void refreshQuantities();
    QString quantityObstacle(MapQuantity quantity);
    static QString explainFlow(MapQuantity quantity);
    void refreshPanels();
    // Rollout or relevance that is to be seen and has not been computed.
    void computeFlow();

    StudyController& m_controller;
    Appearance& m_appearance;
    PageHeader* m_header = nullptr;
    QScrollArea* m_scroll = nullptr;
    QSplitter* m_split = nullptr;
    QSplitter* m_below = nullptr;
    int m_metricsWidth = 0;  // that the charts were arranged for
    bool m_arrangedByHand = false;
    ViewSettings m_arrangedFor;  // without its window: zooming moves no panel
    TickBox* m_lock = nullptr;
    TickBox* m_difference = nullptr;
    TickBox* m_standardErrors = nullptr;
    Segment* m_shown = nullptr;
    ChoiceBox* m_quantity = nullptr;
    ChoiceBox* m_scale = nullptr;
    ChoiceBox* m_colours = nullptr;
    WhenVisible* m_flowing;
    std::optional<FlowAsked> m_flowAsked;  // last: after Esc it waits to be chosen again
    RelevanceObstacle m_relevance;
    QStackedWidget* m_views = nullptr;
    QWidget* m_errorPanel = nullptr;
    FigureView* m_figure;
    FigureView* m_errors;
    FigurePane* m_lines;
    FigurePane* m_elements;
    QWidget* m_metrics;
};

}  // namespace ketscope
