// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/controls/parameter_slider.h"

#include <QMouseEvent>
#include <QPainter>

#include <algorithm>
#include <cmath>

namespace ketscope {

namespace {

constexpr double kMarginPixels = 8.0;
constexpr int kDigits = 3;

double roundedTo(double value, int digits)
{
    if (value == 0.0)
        return 0.0;
    const double unit = std::pow(10.0, digits - 1 - std::floor(std::log10(std::abs(value))));
    return std::round(value * unit) / unit;
}

}  // namespace

// A logarithmic scale that starts at 0 or below is stretched by log(1 + v − minimum) instead.
double ParameterScale::warped(double value) const
{
    if (!m_parameter->logarithmic)
        return value;
    return m_parameter->minimum > 0.0 ? std::log(value) : std::log1p(value - m_parameter->minimum);
}

int ParameterScale::position(double value) const
{
    const double low = warped(m_parameter->minimum);
    const double high = warped(m_parameter->maximum);
    return high > low ? static_cast<int>(std::lround(kSteps * (warped(value) - low) / (high - low))) : 0;
}

double ParameterScale::value(int position, bool snap) const
{
    const double low = warped(m_parameter->minimum);
    const double high = warped(m_parameter->maximum);
    const double place = low + (high - low) * position / kSteps;
    double value = place;
    if (m_parameter->logarithmic)
        value = m_parameter->minimum > 0.0 ? std::exp(place) : m_parameter->minimum + std::expm1(place);
    if (m_parameter->kind == ParameterKind::Integer)
        value = snap && m_parameter->logarithmic && value >= 1.0 ? std::exp2(std::round(std::log2(value)))
                                                                 : std::round(value);
    else
        value = m_parameter->logarithmic ? roundedTo(value, kDigits)
                                         : m_parameter->minimum + roundedTo(value - m_parameter->minimum, kDigits);
    return std::clamp(value, m_parameter->minimum, m_parameter->maximum);
}

ParameterSlider::ParameterSlider(const Parameter& parameter, Appearance& appearance, QWidget* parent)
    : QSlider(Qt::Horizontal, parent), m_parameter(parameter), m_appearance(appearance), m_scale(parameter)
{
    setRange(0, ParameterScale::kSteps);
    setFocusPolicy(Qt::StrongFocus);
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    setAccessibleName(QString::fromStdString(parameter.title));
    connect(&appearance, &Appearance::changed, this, [this] { updateGeometry(); });
}

void ParameterSlider::show(double value)
{
    m_value = value;
    if (isSliderDown())
        return;
    const QSignalBlocker blocker(this);
    setValue(m_scale.position(value));
}

QSize ParameterSlider::sizeHint() const
{
    return {qRound(m_appearance.theme().px(120)), qRound(m_appearance.theme().px(20))};
}

double ParameterSlider::xOf(int position) const
{
    const double margin = m_appearance.theme().px(kMarginPixels);
    return margin + (width() - 2 * margin) * position / ParameterScale::kSteps;
}

void ParameterSlider::paintEvent(QPaintEvent*)
{
    const Theme& theme = m_appearance.theme();
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const double middle = height() / 2.0;
    const double tick = xOf(m_scale.position(m_parameter.initial));
    painter.setPen(QPen(theme.line2, theme.px(1)));
    painter.drawLine(QPointF(tick, middle - theme.px(7)), QPointF(tick, middle + theme.px(7)));
    const double x = xOf(value());
    const double thickness = theme.px(3);
    painter.setPen(QPen(theme.line, thickness, Qt::SolidLine, Qt::RoundCap));
    painter.drawLine(QPointF(xOf(0), middle), QPointF(xOf(ParameterScale::kSteps), middle));
    const QColor fill = isEnabled() ? theme.accent : theme.line2;
    painter.setPen(QPen(fill, thickness, Qt::SolidLine, Qt::RoundCap));
    painter.drawLine(QPointF(xOf(0), middle), QPointF(x, middle));
    painter.setPen(QPen(fill, theme.px(hasFocus() ? 3 : 2)));
    painter.setBrush(theme.chip);
    painter.drawEllipse(QPointF(x, middle), theme.px(6), theme.px(6));
}

void ParameterSlider::jump(const QMouseEvent& event)
{
    const double margin = m_appearance.theme().px(kMarginPixels);
    const double share = (event.position().x() - margin) / std::max(1.0, width() - 2 * margin);
    setValue(static_cast<int>(std::lround(std::clamp(share, 0.0, 1.0) * ParameterScale::kSteps)));
    const double value = m_scale.value(this->value(), !event.modifiers().testFlag(Qt::ControlModifier));
    if (value == m_value)
        return;
    m_value = value;
    emit dragged(value);
}

void ParameterSlider::mousePressEvent(QMouseEvent* event)
{
    if (event->button() != Qt::LeftButton)
        return;
    setFocus(Qt::MouseFocusReason);
    setSliderDown(true);
    jump(*event);
}

void ParameterSlider::mouseMoveEvent(QMouseEvent* event)
{
    if (isSliderDown())
        jump(*event);
}

void ParameterSlider::mouseReleaseEvent(QMouseEvent* event)
{
    if (event->button() != Qt::LeftButton || !isSliderDown())
        return;
    setSliderDown(false);
    show(m_value);
    emit settled(m_value);
}

void ParameterSlider::mouseDoubleClickEvent(QMouseEvent*) { emit resetWanted(); }

void ParameterSlider::wheelEvent(QWheelEvent* event)
{
    if (!hasFocus() || event->angleDelta().y() == 0) {
        event->ignore();
        return;
    }
    step(event->angleDelta().y() > 0 ? 1 : -1);
    event->accept();
}

void ParameterSlider::keyPressEvent(QKeyEvent* event)
{
    switch (event->key()) {
    case Qt::Key_Left:
    case Qt::Key_Down: return step(-1);
    case Qt::Key_Right:
    case Qt::Key_Up: return step(1);
    case Qt::Key_Home: emit settled(m_parameter.minimum); return;
    case Qt::Key_End: emit settled(m_parameter.maximum); return;
    default: QSlider::keyPressEvent(event);
    }
}

// The nearest other value that the slider can show.
void ParameterSlider::step(int direction)
{
    constexpr int kStep = 20;
    for (int position = value() + direction * kStep; position > -kStep && position < ParameterScale::kSteps + kStep;
         position += direction * kStep) {
        const double candidate = m_scale.value(std::clamp(position, 0, ParameterScale::kSteps), true);
        if (candidate != m_value)
            return emit settled(candidate);
    }
}

}  // namespace ketscope
