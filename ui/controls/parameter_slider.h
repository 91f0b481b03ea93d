// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/attention/parameter.h"
#include "ui/appearance.h"

#include <QSlider>

namespace ketscope {

// Values of a numeric parameter to slider positions and back.
class ParameterScale {
public:
    static constexpr int kSteps = 1000;

    explicit ParameterScale(const Parameter& parameter) : m_parameter(&parameter) {}

    int position(double value) const;
    // Whole numbers on a logarithmic scale are powers of two when `snap`; real ones have three digits.
    double value(int position, bool snap) const;

private:
    double warped(double value) const;

    const Parameter* m_parameter;
};

// A slider with a tick at the default. Clicking the groove jumps there; a double click asks for the default; the wheel
// counts only when it has the focus; Ctrl turns snapping off.
class ParameterSlider : public QSlider {
    Q_OBJECT

public:
    ParameterSlider(const Parameter& parameter, Appearance& appearance, QWidget* parent = nullptr);

    void show(double value);  // without signals
    QSize sizeHint() const override;

signals:
    void dragged(double value);
    void settled(double value);
    void resetWanted();

protected:
    void paintEvent(QPaintEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void mouseDoubleClickEvent(QMouseEvent* event) override;
    void wheelEvent(QWheelEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;

private:
    double xOf(int position) const;
    void jump(const QMouseEvent& event);
    void step(int direction);

    const Parameter& m_parameter;
    Appearance& m_appearance;
    ParameterScale m_scale;
    double m_value = 0.0;
};

}  // namespace ketscope
