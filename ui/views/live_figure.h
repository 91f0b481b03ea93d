// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/appearance.h"
#include "viz/figure.h"

#include <QWidget>

namespace ketscope {

// A figure that is replaced while it is looked at and belongs to no study: a picture with its sentence under the pointer,
// and a table to screen readers.
class LiveFigure : public QWidget {
    Q_OBJECT

public:
    LiveFigure(const QString& title, Appearance& appearance, QWidget* parent = nullptr);

    // Null = `reason` in its place.
    void show(std::shared_ptr<const Figure> figure, const QString& reason = {});
    const Figure* figure() const { return m_figure.get(); }
    const QString& reason() const { return m_reason; }  // why nothing is shown
    QSize minimumSizeHint() const override;

protected:
    void paintEvent(QPaintEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;  // Ctrl+C copies the table

private:
    Appearance& m_appearance;
    std::shared_ptr<const Figure> m_figure;
    QString m_reason;
};

}  // namespace ketscope
