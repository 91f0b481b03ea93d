// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/appearance.h"
#include "viz/exhibit_figure.h"

#include <QWidget>

namespace ketscope {

// An exhibit whose tips are dragged by mouse, or chosen with Page Up and Page Down and moved with the arrow keys.
class ExhibitView : public QWidget {
    Q_OBJECT

public:
    ExhibitView(Appearance& appearance, QWidget* parent = nullptr);

    void show(const ExhibitType& type, const ExhibitState& state);
    const ExhibitFigure* figure() const { return m_figure.get(); }
    // Where a tip is now, in the widget's coordinates.
    QPointF placeOf(const ExhibitGrip& grip) const;
    QSize minimumSizeHint() const override;

signals:
    void moved(const ExhibitState& state);

protected:
    void paintEvent(QPaintEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;

private:
    QRectF area() const;
    void choose(int by);

    Appearance& m_appearance;
    std::unique_ptr<ExhibitFigure> m_figure;
    std::size_t m_chosen = 0;  // of the figure's grips
    bool m_dragging = false;
};

}  // namespace ketscope
