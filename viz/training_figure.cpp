// SPDX-License-Identifier: GPL-3.0-or-later
#include "viz/training_figure.h"

#include "core/train/curve.h"
#include "viz/labels.h"
#include "viz/line_plot.h"
#include "viz/scale.h"
#include "viz/trace_style.h"

#include <QFontMetricsF>

#include <algorithm>
#include <cmath>

namespace ketscope {

namespace {

constexpr std::size_t kTraining = 0, kValidation = 1;  // whose colours, dashes and markers they have
constexpr std::size_t kMeansOfRun = 50;                // the mean is over this part of all steps
constexpr std::size_t kMostInMean = 100;
constexpr double kLossShare = 0.66;  // of the height
constexpr double kTitleRoom = 42.0;
constexpr double kStepRoom = 34.0;
constexpr double kBetweenTicks = 1.3;  // heights of their text
constexpr double kAllFrom = 340.0;     // in less height there is room for the loss alone
constexpr int kDigits = 4;

// Steps to the right, values upwards.
struct Axes {
    QRectF plot;
    double steps = 1.0;
    double minimum = 0.0, maximum = 1.0;
    double interval = 1.0;  // between the values that are named

    QPointF at(double step, double value) const
    {
        const double share = (std::clamp(value, minimum, maximum) - minimum) / (maximum - minimum);
        return {plot.left() + plot.width() * step / steps, plot.bottom() - plot.height() * share};
    }
};

QString stepText(double step) { return formatNumber(step, 0); }

Axes axesIn(const QRectF& place, std::size_t steps, double least, double most, const Theme& theme)
{
    Axes axes;
    axes.steps = static_cast<double>(std::max<std::size_t>(1, steps));
    const double range = most > least ? most - least : std::max(std::abs(most), 1e-6);
    // As many values are named as there is room for.
    const QFont font = theme.ui(kTickPixels);
    const double height = std::max(1.0, place.height() - theme.px(kTitleRoom + kStepRoom));
    const auto named = std::max(1.0, std::floor(height / (kBetweenTicks * QFontMetricsF(font).height())));
    double interval = tickInterval(range);
    while (range / interval > named)
        interval *= 2.0;
    axes.interval = interval;
    axes.minimum = std::floor(least / interval + 1e-9) * interval;
    axes.maximum = std::ceil(most / interval - 1e-9) * interval;
    if (axes.maximum <= axes.minimum)
        axes.maximum = axes.minimum + interval;
    double numbers = 0.0;
    for (double value = axes.minimum; value <= axes.maximum + interval / 2.0; value += interval)
        numbers = std::max(numbers, textWidth(formatCompact(value, kDigits), font));
    axes.plot = QRectF(place.left() + numbers + theme.px(8.0), place.top() + theme.px(kTitleRoom),
                       place.width() - numbers - theme.px(22.0), height);
    return axes;
}

void paintAxes(QPainter& painter, const Axes& axes, const Theme& theme)
{
    const QFont font = theme.ui(kTickPixels);
    const QFontMetricsF metrics(font);
    const double interval = axes.interval;
    for (double value = axes.minimum; value <= axes.maximum + interval / 2.0; value += interval) {
        const double near = std::abs(value) < interval * 1e-6 ? 0.0 : value;
        const QPointF left = axes.at(0.0, near);
        painter.setPen(QPen(value == axes.minimum ? theme.line2 : theme.line, 1.0));
        painter.drawLine(left, QPointF(axes.plot.right(), left.y()));
        drawLabel(painter, left + QPointF(-theme.px(6.0), metrics.capHeight() / 2.0), formatCompact(near, kDigits),
                  font, theme.text2, theme, Anchor::Right);
    }
    // As many steps are named as there is room for.
    double every = std::max(1.0, tickInterval(axes.steps));
    const double room = textWidth(stepText(axes.steps), font) + theme.px(12.0);
    while (axes.plot.width() * every / axes.steps < room && every < axes.steps)
        every *= 2.0;
    const double below = axes.plot.bottom() + theme.px(4.0) + metrics.ascent();
    for (double step = 0.0; step <= axes.steps; step += every)
        drawLabel(painter, {axes.at(step, 0.0).x(), below}, stepText(step), font, theme.text2, theme, Anchor::Centre);
    drawLabel(painter, {axes.plot.center().x(), below + metrics.height()}, QStringLiteral("step"), font, theme.text2,
              theme, Anchor::Centre);
}

// A value for each step from 1. Where several fall on one pixel their least and largest are drawn.
QPolygonF lineOf(const std::vector<double>& values, const Axes& axes)
{
    QPolygonF line;
    std::size_t i = 0;
    while (i < values.size()) {
        const double column = std::floor(axes.at(static_cast<double>(i + 1), 0.0).x());
        double least = values[i], most = values[i];
        std::size_t end = i + 1;
        while (end < values.size() && std::floor(axes.at(static_cast<double>(end + 1), 0.0).x()) == column) {
            least = std::min(least, values[end]);
            most = std::max(most, values[end]);
            ++end;
        }
        const auto step = static_cast<double>(i + 1);
        line << axes.at(step, values[i]);
        if (end > i + 2)
            line << axes.at(step, least) << axes.at(step, most);
        if (end > i + 1)
            line << axes.at(static_cast<double>(end), values[end - 1]);
        i = end;
    }
    return line;
}

void paintLine(QPainter& painter, const std::vector<double>& values, const Axes& axes, const QPen& pen,
               std::size_t trace, const Theme& theme)
{
    painter.setPen(pen);
    painter.setBrush(Qt::NoBrush);
    if (values.size() == 1)
        paintMarker(painter, axes.at(1.0, values.front()), trace, theme.px(2.6), theme);
    else
        painter.drawPolyline(lineOf(values, axes));
}

void paintTitle(QPainter& painter, const QRectF& place, const QString& title, const QString& detail, const Theme& theme)
{
    const QFont bold = theme.ui(kLabelPixels, QFont::DemiBold), plain = theme.ui(kLabelPixels);
    const double baseline = place.top() + theme.px(14.0);
    drawLabel(painter, {place.left(), baseline}, title, bold, theme.text, theme);
    const double left = place.left() + textWidth(title, bold) + theme.px(8.0);
    drawLabel(painter, {left, baseline}, fitText(detail, plain, place.right() - left), plain, theme.text2, theme);
}

// Of a quantity that begins at 0.
Axes axesFromZero(const QRectF& place, const std::vector<double>& values, std::size_t steps, const Theme& theme)
{
    const double most = values.empty() ? 0.0 : *std::ranges::max_element(values);
    return axesIn(place, steps, 0.0, most > 0.0 ? most : 1.0, theme);
}

// One quantity with its last value.
void paintSmall(QPainter& painter, const QRectF& place, const QString& title, const QString& scope,
                const std::vector<double>& values, std::size_t steps, const Theme& theme)
{
    const Axes axes = axesFromZero(place, values, steps, theme);
    const QString last = values.empty() ? QString() : formatCompact(values.back(), 3) + QStringLiteral(", ");
    paintTitle(painter, place, title, last + scope, theme);
    paintAxes(painter, axes, theme);
    if (!values.empty())
        paintLine(painter, values, axes, QPen(theme.trace(kTraining), 1.2), kTraining, theme);
}

}  // namespace

TrainingFigure::TrainingFigure(TrainingCurves curves) : m_curves(std::move(curves))
{
    m_window = std::clamp<std::size_t>(m_curves.steps / kMeansOfRun, 1, kMostInMean);
    for (const CurvePoint& point : m_curves.points) {
        m_losses.push_back(point.loss);
        m_rates.push_back(point.rate);
        m_norms.push_back(point.gradientNorm);
        for (const double loss : {point.loss, point.validation ? point.validation->loss : point.loss}) {
            m_least = std::min(m_least.value_or(loss), loss);
            m_most = std::max(m_most.value_or(loss), loss);
        }
    }
    m_means = trailingMeans(m_losses, m_window);
}

std::size_t TrainingFigure::shownSteps() const
{
    for (std::size_t power = 10; !m_losses.empty() && power < m_curves.steps; power *= 10)
        for (const std::size_t round : {power, 2 * power, 5 * power})
            if (round >= m_losses.size())
                return std::min(round, m_curves.steps);
    return m_curves.steps;
}

QString TrainingFigure::unit() const
{
    return m_curves.question.isEmpty() ? QStringLiteral("nats") : QStringLiteral("nats per ") + m_curves.question;
}

QString TrainingFigure::validationScope() const
{
    return m_curves.validationExamples == 0
               ? m_curves.examples
               : QStringLiteral("%1 %2").arg(m_curves.validationExamples).arg(m_curves.examples);
}

double TrainingFigure::heightFor(double width, const Theme& theme) const
{
    return std::max(0.8 * width, theme.px(360.0));
}

double TrainingFigure::smallestText(double, const Theme& theme) const { return theme.px(kTickPixels); }

TrainingFigure::Places TrainingFigure::places(const QRectF& area, const Theme& theme) const
{
    if (area.height() < theme.px(kAllFrom))
        return {area, {}, {}};
    const double split = area.top() + kLossShare * area.height(), gap = theme.px(10.0);
    const double middle = area.center().x();
    return {QRectF(area.topLeft(), QPointF(area.right(), split)),
            QRectF(QPointF(area.left(), split), QPointF(middle - gap, area.bottom())),
            QRectF(QPointF(middle + gap, split), area.bottomRight())};
}

void TrainingFigure::paint(QPainter& painter, const QRectF& area, const Theme& theme) const
{
    const Places where = places(area, theme);
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    paintLoss(painter, where.loss, theme);
    if (where.rate.isEmpty())
        return painter.restore();
    paintSmall(painter, where.rate, QStringLiteral("Learning rate"), QStringLiteral("of each step"), m_rates,
               shownSteps(), theme);
    paintSmall(painter, where.norm, QStringLiteral("Gradient norm"), QStringLiteral("before clipping"), m_norms,
               shownSteps(), theme);
    painter.restore();
}

void TrainingFigure::paintLoss(QPainter& painter, const QRectF& place, const Theme& theme) const
{
    const Axes axes = axesIn(place, shownSteps(), m_least.value_or(0.0), m_most.value_or(1.0), theme);
    paintTitle(painter, place, QStringLiteral("Loss"), unit(), theme);
    paintLegend(painter, place, theme);
    paintAxes(painter, axes, theme);
    if (m_losses.empty())
        return;
    QPen raw(theme.trace(kTraining), 1.0);
    if (m_window > 1) {
        QColor light = raw.color();
        light.setAlphaF(0.35F);
        raw.setColor(light);
    }
    paintLine(painter, m_losses, axes, raw, kTraining, theme);
    if (m_window > 1)
        paintLine(painter, m_means, axes, tracePen(kTraining, theme), kTraining, theme);
    QPolygonF validation;
    for (const CurvePoint& point : m_curves.points)
        if (point.validation)
            validation << axes.at(static_cast<double>(point.step), point.validation->loss);
    painter.setPen(tracePen(kValidation, theme));
    painter.drawPolyline(validation);
    for (const QPointF& at : validation)
        paintMarker(painter, at, kValidation, theme.px(3.2), theme);
}

// Below the title: a sample of each line and what it is.
void TrainingFigure::paintLegend(QPainter& painter, const QRectF& place, const Theme& theme) const
{
    const QFont font = theme.ui(kTickPixels);
    const double baseline = place.top() + theme.px(32.0), sample = theme.px(22.0);
    double left = place.left();
    const auto entry = [&](std::size_t trace, const QString& text) {
        const double y = baseline - QFontMetricsF(font).capHeight() / 2.0;
        painter.setPen(tracePen(trace, theme));
        painter.drawLine(QPointF(left, y), QPointF(left + sample, y));
        if (trace == kValidation)
            paintMarker(painter, {left + sample / 2.0, y}, trace, theme.px(3.2), theme);
        left += sample + theme.px(6.0);
        const QString fitted = fitText(text, font, std::max(0.0, place.right() - left));
        drawLabel(painter, {left, baseline}, fitted, font, theme.text2, theme);
        left += textWidth(fitted, font) + theme.px(16.0);
    };
    entry(kTraining, m_window > 1 ? QStringLiteral("training, mean of %1 steps; light: each batch").arg(m_window)
                                  : QStringLiteral("training, each batch"));
    entry(kValidation, QStringLiteral("validation, on %1").arg(validationScope()));
}

Hit TrainingFigure::hit(QPointF where, const QRectF& area, const Theme& theme) const
{
    Hit hit;
    if (m_losses.empty())
        return hit;
    const Places at = places(area, theme);
    for (const Axes& axes :
         {axesIn(at.loss, shownSteps(), *m_least, *m_most, theme), axesFromZero(at.rate, m_rates, shownSteps(), theme),
          axesFromZero(at.norm, m_norms, shownSteps(), theme)}) {
        if (axes.plot.width() <= 0.0 || !axes.plot.contains(where))
            continue;
        const double share = (where.x() - axes.plot.left()) / axes.plot.width();
        const auto step = static_cast<std::size_t>(std::lround(share * axes.steps));
        hit.item = std::clamp<std::size_t>(step, 1, m_losses.size()) - 1;
        hit.sentence = sentence(*hit.item);
    }
    return hit;
}

QString TrainingFigure::sentence(std::size_t index) const
{
    const CurvePoint& point = m_curves.points[index];
    QString text =
        QStringLiteral("step %1: loss of its batch %2 %3").arg(point.step).arg(formatNumber(point.loss, 3), unit());
    if (m_window > 1)
        text += QStringLiteral(", mean of %1 steps %2")
                    .arg(std::min(m_window, index + 1))
                    .arg(formatNumber(m_means[index], 3));
    if (point.validation)
        text += QStringLiteral("; validation on %1: %2 %3")
                    .arg(validationScope(), formatNumber(point.validation->loss, 3), unit());
    return text
           + QStringLiteral("; learning rate %1, gradient norm %2")
                 .arg(formatCompact(point.rate, 3), formatCompact(point.gradientNorm, 3));
}

Table TrainingFigure::table() const
{
    Table table;
    table.header = {QStringLiteral("step"),
                    QStringLiteral("training loss [%1]").arg(unit()),
                    QStringLiteral("mean of %1 steps [%2]").arg(m_window).arg(unit()),
                    QStringLiteral("validation loss on %1 [%2]").arg(validationScope(), unit()),
                    QStringLiteral("learning rate"),
                    QStringLiteral("gradient norm")};
    for (std::size_t i = 0; i < m_curves.points.size(); ++i) {
        const CurvePoint& point = m_curves.points[i];
        table.rows.push_back({QString::number(point.step), formatNumber(point.loss, 4), formatNumber(m_means[i], 4),
                              point.validation ? formatNumber(point.validation->loss, 4) : QString(),
                              formatCompact(point.rate, 4), formatCompact(point.gradientNorm, 4)});
    }
    return table;
}

QString TrainingFigure::caption() const
{
    QString text = QStringLiteral("Training of “%1”: %2 of %3 steps.")
                       .arg(m_curves.title)
                       .arg(m_losses.size())
                       .arg(m_curves.steps);
    if (m_losses.empty())
        return text;
    text += QStringLiteral(" Training loss %1 %2, mean of %3 steps.")
                .arg(formatNumber(m_means.back(), 3), unit())
                .arg(std::min(m_window, m_losses.size()));
    for (auto point = m_curves.points.rbegin(); point != m_curves.points.rend(); ++point)
        if (point->validation)
            return text
                   + QStringLiteral(" Validation loss %1 %2 on %3, after step %4.")
                         .arg(formatNumber(point->validation->loss, 3), unit(), validationScope())
                         .arg(point->step);
    return text;
}

}  // namespace ketscope
