// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/appearance.h"
#include "ui/controls/controls.h"
#include "ui/study_controller.h"
#include "ui/when_visible.h"
#include "viz/charts/row_chart.h"

#include <QtCharts/QChartView>

namespace ketscope {

// Bars of the selected query's weights over the keys, or the selected key's over the queries, for every trace.
class RowPanel : public QWidget {
    Q_OBJECT

public:
    RowPanel(StudyController& controller, Appearance& appearance, QWidget* parent = nullptr);

    void setOrder(RowOrder order);
    QChartView& view() const { return *m_view; }
    // The filtered maps of the comparison that is shown, where somebody has them already; null = not yet.
    void setMaps(std::function<const HeadMaps*(const Comparison&)> maps) { m_maps = std::move(maps); }
    void request();  // to show what there is now

protected:
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    bool eventFilter(QObject* watched, QEvent* event) override;  // the pointer over the chart

private:
    void refresh();
    void mark();
    bool showsRow() const;

    StudyController& m_controller;
    Appearance& m_appearance;
    RowOrder m_order = RowOrder::Position;
    ElidedLabel* m_title;
    ElidedLabel* m_note;  // what the chart leaves out
    Segment* m_orders;
    QBoxLayout* m_head;
    QChartView* m_view;
    std::function<const HeadMaps*(const Comparison&)> m_maps;
    WhenVisible* m_refreshing;
    ComparisonPointer m_drawn;  // what the chart is of
    const HeadMaps* m_drawnMaps = nullptr;
    bool m_waits = false;  // for a slider to pause
};

}  // namespace ketscope
