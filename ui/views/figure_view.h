// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/appearance.h"
#include "ui/job.h"
#include "ui/study_controller.h"
#include "ui/when_visible.h"
#include "viz/figures/heatmap.h"

#include <QPixmap>
#include <QTimer>
#include <QWidget>

namespace ketscope {

// The heatmap figure on screen: painted once into a pixmap, with the cell under the pointer marked on top. Dragging
// zooms to the tokens that were dragged over, the wheel with Ctrl zooms at the pointer, the middle button or Space
// pans.
class FigureView : public QWidget {
    Q_OBJECT

public:
    FigureView(StudyController& controller, Appearance& appearance, QWidget* parent = nullptr,
               HeatmapContent content = HeatmapContent::Weights);

    const Heatmap* figure() const { return m_figure.get(); }
    // Of what is shown; null while they are being read.
    const HeadMaps* mapsOf(const Comparison& comparison) const;
    HeatmapLayout layout() const;
    // What is marked of what the pointer is at, here or in another view: a query, a key, or both.
    const Pointed& pointed() const { return m_pointed; }
    // Keeps the colour range as it is now.
    void setRangeLocked(bool locked);
    bool isRangeLocked() const;
    bool isZoomed() const;
    void resetZoom();
    bool isReading() const { return m_reading.isRunning(); }
    // Another view of the same head to zoom with this one.
    void linkWith(FigureView& other);

    void refresh() { rebuild(); }  // though it may be hidden: somebody wants mapsOf()
    void copyValue() const;
    void copyRow() const;
    void copyMatrix() const;  // of the panel last pointed at
    void copyImage() const;
    QString spokenName() const;
    QString spokenValue() const;

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;
    int heightForWidth(int width) const override;

signals:
    void exportWanted();
    void dataChanged();  // another head or filter, not only another part of it
    void windowMoved();

protected:
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void mouseDoubleClickEvent(QMouseEvent* event) override;
    void wheelEvent(QWheelEvent* event) override;
    void leaveEvent(QEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void keyReleaseEvent(QKeyEvent* event) override;
    void contextMenuEvent(QContextMenuEvent* event) override;
    void dragEnterEvent(QDragEnterEvent* event) override;
    void dragMoveEvent(QDragMoveEvent* event) override;
    void dropEvent(QDropEvent* event) override;

private:
    enum class Gesture { None, Press, RubberBand, Pan, Overview };

    void rebuild();
    void forgetData();
    void read(const ComparisonPointer& comparison);
    void makeFigure(const ComparisonPointer& comparison);
    void invalidate();
    void point(std::optional<HeatmapLayout::CellAt> cell);
    void mark(const Pointed& pointed);
    void showTip();
    void selectUnder(const QMouseEvent& event);
    bool moveByKey(const QKeyEvent& event);
    bool zoomByKey(int key);
    std::size_t keyByRank(int step) const;
    QRectF area() const;
    QRegion bandsOf(const Pointed& pointed) const;
    void drawCache();
    void paintWithoutFigure(QPainter& painter) const;
    void paintRubberBand(QPainter& painter) const;

    void showWindow(const MapWindow& window);
    void follow(const FigureView& other);
    void keepWindow();
    void reveal();
    void zoomAt(double factor, const MapAnchor& anchor);
    MapAnchor anchorAt(int panel, QPointF where);
    void pan(std::ptrdiff_t queries, std::ptrdiff_t keys);
    void panTo(QPointF where);
    void centreOn(QPointF inOverview);
    MapWindow rubberBand() const;
    void endGesture();
    // What is compared when a dragged trace takes the place of what the map under the point shows; none = nothing there.
    std::optional<ComparedPair> pairAfterDrop(const QDropEvent& event);

    StudyController& m_controller;
    Appearance& m_appearance;
    const HeatmapContent m_content;
    std::unique_ptr<Heatmap> m_figure;
    std::shared_ptr<const HeatmapData> m_data;
    const HeatmapData* m_announced = nullptr;
    std::optional<HeatmapLayout> m_layout;
    QString m_problem;
    QPixmap m_cache;
    Pointed m_pointed;
    int m_pointedPanel = 0;
    std::optional<MapWindow> m_window;  // while it moves; the study has it when the hand rests
    Gesture m_gesture = Gesture::None;
    QPointF m_pressed;
    HeatmapLayout::CellAt m_from{}, m_to{};  // of the rubber band
    MapWindow m_panned;                      // where panning began
    std::optional<MapAnchor> m_anchor;       // what stays under the pointer while it rests and the wheel turns
    QPointF m_anchored;
    bool m_space = false;
    QTimer m_tip;
    QTimer m_keep;
    Job m_reading;
    WhenVisible* m_rebuilding;
};

// Tab-separated: one line a key with its value in every panel.
QString rowAsText(const Heatmap& figure, std::size_t query);
// Tab-separated: one line a query, one column a key.
QString matrixAsText(const Heatmap& figure, const MapSource& source);
// "A", "B", "Δ" …: the heading of a panel.
QString sourceTag(const MapSource& source);

}  // namespace ketscope
