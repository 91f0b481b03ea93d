// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/train/trainer.h"
#include "viz/figure.h"

namespace ketscope {

// A training run as far as it is known.
struct TrainingCurves {
    QString title;                        // of the recipe
    QString question;                     // what losses are per: "character"
    QString examples;                     // what validation counts: "blocks"
    std::size_t steps = 0;                // of the whole run
    std::size_t validationExamples = 0;   // at each of its points
    std::vector<CurvePoint> points = {};  // from step 1
};

// The curves of a training run over its steps, as far as it has come: loss of the batches with its trailing mean, loss of
// validation, and below them learning rate and gradient norm.
class TrainingFigure final : public Figure {
public:
    explicit TrainingFigure(TrainingCurves curves);

    double heightFor(double width, const Theme& theme) const override;
    void paint(QPainter& painter, const QRectF& area, const Theme& theme) const override;
    Hit hit(QPointF where, const QRectF& area, const Theme& theme) const override;  // the step under the pointer
    Table table() const override;
    QString caption() const override;
    double smallestText(double width, const Theme& theme) const override;

    // Steps that the mean of the loss is over; 1 = too few steps for one.
    std::size_t window() const { return m_window; }
    // Where the axes end: at the round number of steps that the last one is within, so that a run is seen from its start.
    std::size_t shownSteps() const;

private:
    struct Places {
        QRectF loss, rate, norm;  // the last two empty where there is no room
    };
    Places places(const QRectF& area, const Theme& theme) const;
    QString unit() const;
    QString validationScope() const;
    QString sentence(std::size_t index) const;
    void paintLoss(QPainter& painter, const QRectF& place, const Theme& theme) const;
    void paintLegend(QPainter& painter, const QRectF& place, const Theme& theme) const;

    TrainingCurves m_curves;
    std::size_t m_window = 1;
    std::vector<double> m_losses, m_means, m_rates, m_norms;
    std::optional<double> m_least, m_most;  // of all losses
};

}  // namespace ketscope
