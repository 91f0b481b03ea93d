// SPDX-License-Identifier: GPL-3.0-or-later
#include "viz/exhibit_figure.h"

#include "viz/exhibit_panels.h"
#include "viz/scale.h"

#include <QLineF>

#include <cmath>
#include <numbers>

namespace ketscope {

namespace {

constexpr double kGap = 18.0;
constexpr double kNarrow = 380.0;  // below this width the panels stand below each other
constexpr double kPanel = 210.0;
constexpr double kReach = 14.0;  // of a grip
constexpr double kSteps = 360.0;

}  // namespace

double exhibitStep(const Parameter& control)
{
    const double wanted = (control.maximum - control.minimum) / kSteps;
    const double power = std::pow(10.0, std::floor(std::log10(wanted)));
    for (const double step : {1.0, 2.0, 5.0})
        if (wanted <= step * power * 1.0001)
            return step * power;
    return 10.0 * power;
}

ExhibitFigure::ExhibitFigure(const ExhibitType& type, ExhibitState state)
    : m_type(type), m_state(std::move(state)), m_result(type.compute(m_state))
{
    for (std::size_t panel = 0; panel < m_result.panels.size(); ++panel)
        if (const auto* plane = std::get_if<ExhibitPlane>(&m_result.panels[panel]))
            for (std::size_t arrow = 0; arrow < plane->arrows.size(); ++arrow)
                if (plane->arrows[arrow].canMove())
                    m_grips.push_back({panel, arrow});
}

double ExhibitFigure::heightFor(double width, const Theme& theme) const
{
    const auto panels = static_cast<double>(m_result.panels.size());
    return theme.px(kPanel) * (width < theme.px(kNarrow) ? panels : 2.0);
}

// Three panels: the first on the left, the others beside it; four: two rows of two.
std::vector<QRectF> ExhibitFigure::places(const QRectF& area, const Theme& theme) const
{
    const std::size_t count = m_result.panels.size();
    std::vector<QRectF> places;
    const double gap = theme.px(kGap);
    if (area.width() < theme.px(kNarrow)) {
        const double height = (area.height() - gap * static_cast<double>(count - 1)) / static_cast<double>(count);
        for (std::size_t i = 0; i < count; ++i)
            places.emplace_back(area.left(), area.top() + static_cast<double>(i) * (height + gap), area.width(),
                                height);
        return places;
    }
    const double width = (area.width() - gap) / 2.0, height = (area.height() - gap) / 2.0;
    const double right = area.left() + width + gap, below = area.top() + height + gap;
    const QRectF topRight(right, area.top(), width, height), bottomRight(right, below, width, height);
    if (count <= 3)
        return {QRectF(area.left(), area.top(), width, area.height()), topRight, bottomRight};
    return {QRectF(area.left(), area.top(), width, height), topRight, QRectF(area.left(), below, width, height),
            bottomRight};
}

void ExhibitFigure::paint(QPainter& painter, const QRectF& area, const Theme& theme) const
{
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    const std::vector<QRectF> where = places(area, theme);
    for (std::size_t i = 0; i < m_result.panels.size(); ++i)
        paintExhibitPanel(painter, m_result.panels[i], where[i], theme);
    painter.restore();
}

Hit ExhibitFigure::hit(QPointF where, const QRectF& area, const Theme& theme) const
{
    Hit hit;
    if (const auto grip = gripAt(where, area, theme)) {
        hit.panel = static_cast<int>(grip->panel);
        hit.sentence = nameOf(*grip);
    }
    return hit;
}

Table ExhibitFigure::table() const
{
    Table table;
    table.header = QStringList{QStringLiteral("quantity"), QStringLiteral("value"), QStringLiteral("unit")};
    for (const Parameter& control : m_type.controls)
        table.rows.push_back(
            {QString::fromStdString(control.title), formatNumber(m_state.at(control.id), 3), QString()});
    for (const ExhibitReading& reading : m_result.readings)
        table.rows.push_back({QString::fromStdString(reading.title), formatNumber(reading.value, reading.decimals),
                              QString::fromStdString(reading.unit)});
    return table;
}

QString ExhibitFigure::caption() const
{
    return QStringLiteral("%1. %2.").arg(QString::fromStdString(m_type.title), QString::fromStdString(m_type.formula));
}

double ExhibitFigure::smallestText(double, const Theme& theme) const { return theme.px(kTickPixels); }

const ExhibitArrow& ExhibitFigure::arrowOf(const ExhibitGrip& grip) const
{
    return std::get<ExhibitPlane>(m_result.panels.at(grip.panel)).arrows.at(grip.arrow);
}

QString ExhibitFigure::nameOf(const ExhibitGrip& grip) const
{
    const ExhibitArrow& arrow = arrowOf(grip);
    return QStringLiteral("%1 at (%2, %3)")
        .arg(QString::fromStdString(arrow.label), formatNumber(arrow.x, 2), formatNumber(arrow.y, 2));
}

QPointF ExhibitFigure::placeOf(const ExhibitGrip& grip, const QRectF& area, const Theme& theme) const
{
    const auto& plane = std::get<ExhibitPlane>(m_result.panels.at(grip.panel));
    const ExhibitArrow& arrow = plane.arrows.at(grip.arrow);
    return onPlane(plane, places(area, theme)[grip.panel], arrow.x, arrow.y, theme);
}

std::optional<ExhibitGrip> ExhibitFigure::gripAt(QPointF where, const QRectF& area, const Theme& theme) const
{
    std::optional<ExhibitGrip> nearest;
    double reach = theme.px(kReach);
    for (const ExhibitGrip& grip : m_grips)
        if (const double distance = QLineF(where, placeOf(grip, area, theme)).length(); distance < reach) {
            reach = distance;
            nearest = grip;
        }
    return nearest;
}

ExhibitState ExhibitFigure::moved(const ExhibitArrow& arrow, double x, double y) const
{
    const auto snapped = [&](const std::string& control, double value) {
        const double step = exhibitStep(m_type.control(control));
        return std::round(value / step) * step;
    };
    if (arrow.angleControl.empty()) {
        const ExhibitState across = m_type.with(m_state, arrow.xControl, snapped(arrow.xControl, x));
        return m_type.with(across, arrow.yControl, snapped(arrow.yControl, y));
    }
    double angle = std::atan2(y, x);
    if (angle < 0.0)
        angle += 2.0 * std::numbers::pi;
    return m_type.with(m_state, arrow.angleControl, snapped(arrow.angleControl, angle / arrow.angleUnit));
}

ExhibitState ExhibitFigure::dragged(const ExhibitGrip& grip, QPointF where, const QRectF& area,
                                    const Theme& theme) const
{
    const auto& plane = std::get<ExhibitPlane>(m_result.panels.at(grip.panel));
    const QPointF at = fromPlane(plane, places(area, theme)[grip.panel], where, theme);
    return moved(plane.arrows.at(grip.arrow), at.x(), at.y());
}

ExhibitState ExhibitFigure::nudged(const ExhibitGrip& grip, int right, int up) const
{
    const ExhibitArrow& arrow = arrowOf(grip);
    if (arrow.angleControl.empty()) {
        const double x = exhibitStep(m_type.control(arrow.xControl)), y = exhibitStep(m_type.control(arrow.yControl));
        return moved(arrow, arrow.x + right * x, arrow.y + up * y);
    }
    const Parameter& control = m_type.control(arrow.angleControl);
    return m_type.with(m_state, control.id, m_state.at(control.id) + (right + up) * exhibitStep(control));
}

}  // namespace ketscope
