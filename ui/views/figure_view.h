// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/appearance.h"
#include "ui/study_controller.h"
#include "ui/when_visible.h"
#include "viz/figures/heatmap.h"

#include <QPixmap>
#include <QTimer>
#include <QWidget>

namespace ketscope {

// The heatmap figure on screen: painted once into a pixmap, with the cell under the pointer marked on top.
class FigureView : public QWidget {
    Q_OBJECT

public:
    FigureView(StudyController& controller, Appearance& appearance, QWidget* parent = nullptr);

    const Heatmap* figure() const { return m_figure.get(); }
    HeatmapLayout layout() const;
    std::optional<HeatmapLayout::CellAt> hovered() const { return m_hovered; }
    void clearHover();
    // Keeps the colour range as it is now.
    void setRangeLocked(bool locked);
    bool isRangeLocked() const { return m_lockedMaximum.has_value(); }

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

protected:
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void leaveEvent(QEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void contextMenuEvent(QContextMenuEvent* event) override;

private:
    void rebuild();
    void invalidate();
    void hover(std::optional<HeatmapLayout::CellAt> cell);
    void showTip();
    bool moveByKey(const QKeyEvent& event);
    std::size_t keyByRank(int step) const;
    QRectF area() const;
    QRegion bandsOf(const HeatmapLayout::CellAt& cell) const;
    void drawCache();
    void paintWithoutFigure(QPainter& painter) const;

    StudyController& m_controller;
    Appearance& m_appearance;
    std::unique_ptr<Heatmap> m_figure;
    std::optional<HeatmapLayout> m_layout;
    QString m_problem;
    QPixmap m_cache;
    std::optional<HeatmapLayout::CellAt> m_hovered;
    int m_hoveredPanel = 0;
    std::optional<double> m_lockedMaximum;
    QTimer m_tip;
    WhenVisible* m_rebuilding;
};

// Tab-separated: one line a key with its value in every panel.
QString rowAsText(const Heatmap& figure, std::size_t query);
// Tab-separated: one line a query, one column a key.
QString matrixAsText(const Heatmap& figure, const MapSource& source);
// "A", "B", "Δ" …: the heading of a panel.
QString sourceTag(const MapSource& source);

}  // namespace ketscope
