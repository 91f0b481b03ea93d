// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/lessons/exhibit.h"
#include "viz/figure.h"

namespace ketscope {

// The tip of an arrow that can be moved.
struct ExhibitGrip {
    std::size_t panel = 0;
    std::size_t arrow = 0;

    bool operator==(const ExhibitGrip&) const = default;
};

// An exhibit as its state is: planes, bars and lines from what core computes, with the tips that can be moved marked.
class ExhibitFigure final : public Figure {
public:
    ExhibitFigure(const ExhibitType& type, ExhibitState state);

    double heightFor(double width, const Theme& theme) const override;
    void paint(QPainter& painter, const QRectF& area, const Theme& theme) const override;
    Hit hit(QPointF where, const QRectF& area, const Theme& theme) const override;
    Table table() const override;  // the readings
    QString caption() const override;
    double smallestText(double width, const Theme& theme) const override;

    const ExhibitType& type() const { return m_type; }
    const ExhibitState& state() const { return m_state; }
    const std::vector<ExhibitReading>& readings() const { return m_result.readings; }

    const std::vector<ExhibitGrip>& grips() const { return m_grips; }
    QString nameOf(const ExhibitGrip& grip) const;  // "q at (1.20, 0.60)"
    QPointF placeOf(const ExhibitGrip& grip, const QRectF& area, const Theme& theme) const;
    std::optional<ExhibitGrip> gripAt(QPointF where, const QRectF& area, const Theme& theme) const;
    // The state with that tip at `where`, or moved by small steps along the axes; angles go with x + y.
    ExhibitState dragged(const ExhibitGrip& grip, QPointF where, const QRectF& area, const Theme& theme) const;
    ExhibitState nudged(const ExhibitGrip& grip, int right, int up) const;

private:
    const ExhibitArrow& arrowOf(const ExhibitGrip& grip) const;
    ExhibitState moved(const ExhibitArrow& arrow, double x, double y) const;
    std::vector<QRectF> places(const QRectF& area, const Theme& theme) const;

    const ExhibitType& m_type;
    ExhibitState m_state;
    ExhibitResult m_result;
    std::vector<ExhibitGrip> m_grips;
};

// The smallest step of a control under mouse and keys.
double exhibitStep(const Parameter& control);

}  // namespace ketscope
