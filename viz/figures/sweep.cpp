// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "viz/caption.h"
#include "viz/figure.h"
#include "viz/figures/sweep_points.h"
#include "viz/fitted_title.h"
#include "viz/labels.h"
#include "viz/line_plot.h"
#include "viz/scale.h"
#include "viz/trace_style.h"

#include <QFontMetricsF>

#include <algorithm>
#include <cmath>

namespace ketscope {

namespace {

constexpr double kTitle = 24.0;
constexpr double kNoteRow = 17.0;
constexpr double kAspect = 0.6;
constexpr double kLeastHeight = 240.0, kMostHeight = 460.0;
constexpr double kNarrow = 360.0;  // a dock's width: lower, and without the trivial baselines' names
constexpr double kNarrowHeight = 120.0;
constexpr double kTargetError = 0.01;  // of a weight
constexpr int kExpectedSteps = 64;
constexpr double kHitRadius = 16.0;
constexpr double kMarker = 3.2;

QString tickText(double value) { return formatCompact(value, 4); }

// What standard errors fall with.
bool isConvergence(const Sweep& sweep)
{
    if (sweep.request.axes.size() != 1)
        return false;
    const std::string& parameter = sweep.request.axes.front().parameter;
    return parameter == "repeats" || parameter == "shots";
}

// A measure against a parameter: a line for each value of the other parameters, with intervals over the seeds and, of a
// whole model, the trivial baselines. As convergence: the largest standard error with what 1/√count lets expect.
class SweepFigure final : public Figure {
public:
    SweepFigure(const ComparisonPointer& comparison, bool convergence)
        : m_comparison(comparison), m_sweep(comparison->sweep), m_convergence(convergence)
    {
        if (!m_sweep || m_sweep->request.axes.empty())
            refuse({"sweep figure", "a sweep", "none", "Run one in the Sweep perspective; a run file has none."});
        m_measure =
            sweepMeasureIndex(convergence ? "standard_error" : comparison->study.view.outputs.sweepMeasure.c_str());
        m_points = sweepPoints(*m_sweep, m_measure, comparison->study);
        m_earlier = !sweepIsCurrent(*m_sweep, comparison->study);
        if (m_sweep->ofStages && !m_points.yLogarithmic)
            m_points.low = 0.0;  // where the expectation goes
    }

    double heightFor(double width, const Theme& theme) const override
    {
        const double plot = width < theme.px(kNarrow)
                                ? theme.px(kNarrowHeight)
                                : std::clamp(width * kAspect, theme.px(kLeastHeight), theme.px(kMostHeight));
        return plot + titleHeight(width, theme) + notesHeight(width, theme);
    }

    void paint(QPainter& painter, const QRectF& area, const Theme& theme) const override
    {
        painter.save();
        painter.setRenderHint(QPainter::Antialiasing);
        paintTitle(painter, area, theme);
        if (!m_points.anyValue) {
            drawLabel(painter, area.center(), fitText(noValue(), theme.ui(kLabelPixels), area.width()),
                      theme.ui(kLabelPixels), theme.text2, theme, Anchor::Centre);
            painter.restore();
            return;
        }
        const Layout layout = layoutOf(area, theme);
        paintAxes(painter, layout, theme);
        paintBaselines(painter, layout, theme);
        if (m_convergence)
            paintExpected(painter, layout, theme);
        for (std::size_t line = 0; line < m_points.lines.size(); ++line)
            paintLine(painter, layout, line, theme);
        paintNames(painter, layout, theme);
        painter.restore();
    }

    Hit hit(QPointF where, const QRectF& area, const Theme& theme) const override
    {
        Hit hit;
        if (!m_points.anyValue)
            return hit;
        const Layout layout = layoutOf(area, theme);
        double nearest = theme.px(kHitRadius);
        for (const SweepLine& line : m_points.lines) {
            for (const SweepPoint& point : line.points) {
                const double apart = QLineF(where, layout.at(point)).length();
                if (!std::isfinite(point.value.mean) || apart >= nearest)
                    continue;
                nearest = apart;
                hit.panel = 0;
                hit.item = point.row;
                hit.sentence = sentenceOf(line, point);
            }
        }
        return hit;
    }

    Table table() const override
    {
        Table table;
        table.header << QStringLiteral("row");
        for (const SweepAxis& axis : m_sweep->request.axes)
            table.header << QString::fromStdString(axis.parameter);
        const QString id = QString::fromStdString(sweepMeasures()[m_measure].id);
        table.header << QStringLiteral("runs") << QStringLiteral("as published") << id + QStringLiteral(" mean")
                     << id + QStringLiteral(" low") << id + QStringLiteral(" high");
        for (const SweepRow& row : m_sweep->rows) {
            QStringList texts{QString::fromStdString(row.label)};
            for (std::size_t axis = 0; axis < m_sweep->request.axes.size(); ++axis)
                texts << (row.values.empty() ? QString() : QString::fromStdString(row.values[axis]));
            texts << QString::number(row.runs) << (row.published ? QStringLiteral("yes") : QString());
            const Interval& value = row.measures.at(m_measure);
            for (const double number : {value.mean, value.low, value.high})
                texts << (std::isfinite(number) ? QString::number(number, 'g', 9) : QString());
            table.rows.push_back(std::move(texts));
        }
        return table;
    }

    QString caption() const override
    {
        PlanEntry entry = m_sweep->request.candidate;
        Comparison then;  // what the caption of the input needs, as it was when the sweep was run
        then.study.input = m_sweep->request.study.input;
        then.input.tokens = m_comparison->input.tokens;  // given ones are counted
        return QStringLiteral("%1 of %2 against %3 in %4, %5 %6")
            .arg(quantity(), QString::fromStdString(formatSpec(entry)), m_points.xTitle, modelName(m_sweep->model),
                 captionOfInput(then), notes().join(QLatin1Char(' ')));
    }

    QString panelCaption() const override
    {
        return QStringLiteral("%1 against %2. %3").arg(quantity(), m_points.xTitle, notes().join(QLatin1Char(' ')));
    }

    double smallestText(double, const Theme& theme) const override { return theme.px(kTickPixels); }

private:
    struct Layout {
        const SweepPoints* points = nullptr;
        QRectF plot;
        double bottom = 0.0;  // of the whole

        double xOf(std::size_t value) const
        {
            double share = points->xTexts.size() < 2
                               ? 0.5
                               : static_cast<double>(value) / static_cast<double>(points->xTexts.size() - 1);
            if (points->xNumbers.size() > 1)
                return xOfNumber(points->xNumbers[value]);
            return xOfShare(share);
        }
        double xOfShare(double share) const { return plot.left() + plot.width() * (0.03 + 0.94 * share); }
        double xOfNumber(double number) const
        {
            const auto place = [&](double x) { return points->xLogarithmic ? std::log(x) : x; };
            const auto [least, most] = std::ranges::minmax(points->xNumbers);
            return xOfShare(most > least ? (place(number) - place(least)) / (place(most) - place(least)) : 0.5);
        }
        double yOf(double value) const
        {
            const auto place = [&](double y) { return points->yLogarithmic ? std::log(y) : y; };
            const double inside = std::clamp(value, points->low, points->high);
            return plot.bottom()
                   - plot.height() * (place(inside) - place(points->low)) / (place(points->high) - place(points->low));
        }
        QPointF at(const SweepPoint& point) const { return {xOf(point.x), yOf(point.value.mean)}; }
    };

    QString quantity() const { return QString::fromStdString(sweepMeasures()[m_measure].title); }

    QString noValue() const { return QStringLiteral("No value: %1.").arg(whyMissing(*m_sweep, m_measure)); }

    QStringList notes() const
    {
        QStringList notes;
        if (m_earlier)
            notes << QStringLiteral("Of an earlier model, input, seed or setting: run it again.");
        notes << (m_sweep->ofStages ? stagesNote(*m_sweep)
                  : m_points.runs > 1
                      ? QStringLiteral("Points: mean of %1 seeds; bars: 95 % interval of the mean.").arg(m_points.runs)
                      : QStringLiteral("One run of each: no interval is known."));
        if (m_convergence && m_points.anyValue)
            notes << expectedNote();
        if (m_points.anyValue && !m_points.missing.isEmpty())
            notes << missingNote(m_points, whyMissing(*m_sweep, m_measure));
        if (m_points.anyPublished)
            notes << QStringLiteral("Open points: as published, faults included; not to be ranked.");
        if (!m_points.leftOut.isEmpty())
            notes << QStringLiteral("Not on a logarithmic scale: %1.").arg(m_points.leftOut.join(QStringLiteral(", ")));
        return notes;
    }

    // The present point, or the last one with a value: the expectation goes through it.
    std::optional<SweepPoint> anchor() const
    {
        std::optional<SweepPoint> found;
        for (const SweepPoint& point : m_points.lines.front().points)
            if (std::isfinite(point.value.mean) && !(found && found->current))
                found = point;
        return found;
    }

    QString expectedNote() const
    {
        const SweepPoint at = *anchor();
        const double needed = countForError(m_points.xNumbers[at.x], at.value.mean, kTargetError);
        return QStringLiteral("Dashed: expected 1/√%1. Needed for an error of at most %2: %3.")
            .arg(axisSymbol(*m_sweep, 0), QString::number(kTargetError), formatCompact(needed, 7));
    }

    // The first note stands out where it says that the sweep is old.
    QStringList noteLines(double width, const Theme& theme) const
    {
        QStringList lines;
        for (const QString& note : notes())
            lines << wrapText(note, theme.ui(kTickPixels), width);
        return lines;
    }

    double notesHeight(double width, const Theme& theme) const
    {
        return theme.px(kNoteRow) * static_cast<double>(noteLines(width, theme).size());
    }

    Layout layoutOf(const QRectF& area, const Theme& theme) const
    {
        Layout layout;
        layout.points = &m_points;
        double numbers = 0.0;
        for (const double tick : yTicks(m_points))
            numbers = std::max(numbers, textWidth(tickText(tick), theme.ui(kTickPixels)));
        double names = 0.0;
        for (const SweepLine& line : m_points.lines)
            names = std::max(names, textWidth(line.name, theme.ui(kTickPixels)));
        for (const SweepBaseline& baseline : m_points.baselines)
            names = std::max(names, textWidth(baseline.name, theme.ui(kTickPixels)));
        const double top = titleHeight(area.width(), theme) + theme.px(6.0) + notesHeight(area.width(), theme);
        layout.plot = area.adjusted(numbers + theme.px(10.0), top, -names - theme.px(10.0), -theme.px(40.0));
        layout.bottom = area.bottom();
        return layout;
    }

    double titleHeight(double width, const Theme& theme) const
    {
        return theme.px(kTitle) + fitTitle(quantity(), theme.ui(kLabelPixels, QFont::DemiBold), width, theme).more();
    }

    void paintTitle(QPainter& painter, const QRectF& area, const Theme& theme) const
    {
        const QFont bold = theme.ui(kLabelPixels, QFont::DemiBold), plain = theme.ui(kTickPixels);
        const FittedTitle heading = fitTitle(quantity(), bold, area.width(), theme);
        double baseline = area.top() + theme.px(4.0) + QFontMetricsF(heading.font).ascent();
        drawTitle(painter, {area.left(), baseline}, heading, theme.text, theme);
        baseline += heading.more();
        const double after = area.left() + heading.lastWidth() + theme.px(8.0);
        QString detail = QString::fromStdString(sweepMeasures()[m_measure].unit);
        const PlanEntry& swept = m_sweep->request.candidate;
        detail += (detail.isEmpty() ? QString() : QStringLiteral(" · "))
                  + (m_sweep->request.wholeModel
                         ? QString::fromStdString(swept.mechanism->info().shortTitle)
                         : QStringLiteral("L%1 H%2").arg(swept.layers.front()).arg(swept.heads.front()));
        drawLabel(painter, {after, baseline}, fitParts(detail, plain, std::max(0.0, area.right() - after)), plain,
                  theme.text3, theme);
        baseline = area.top() + titleHeight(area.width(), theme) + QFontMetricsF(plain).ascent();
        const qsizetype old =
            m_earlier ? wrapText(notes().front(), theme.ui(kTickPixels), area.width()).size() : qsizetype(0);
        const QStringList lines = noteLines(area.width(), theme);
        for (qsizetype i = 0; i < lines.size(); ++i, baseline += theme.px(kNoteRow))
            drawLabel(painter, {area.left(), baseline}, lines[i], plain, i < old ? theme.warn : theme.text2, theme);
    }

    void paintAxes(QPainter& painter, const Layout& layout, const Theme& theme) const
    {
        const QFont font = theme.ui(kTickPixels), bold = theme.ui(kTickPixels, QFont::DemiBold);
        const QFontMetricsF metrics(font);
        for (const double tick : yTicks(m_points)) {
            const double y = layout.yOf(tick);
            painter.setPen(QPen(tick == 0.0 ? theme.line2 : theme.line, 1.0));
            painter.drawLine(QPointF(layout.plot.left(), y), QPointF(layout.plot.right(), y));
            drawLabel(painter, {layout.plot.left() - theme.px(6.0), y + metrics.capHeight() / 2.0}, tickText(tick),
                      font, theme.text2, theme, Anchor::Right);
        }
        if (m_points.currentX) {
            const double x = layout.xOf(*m_points.currentX);
            painter.setPen(QPen(theme.accent, 1.0, Qt::DotLine));
            painter.drawLine(QPointF(x, layout.plot.top()), QPointF(x, layout.plot.bottom()));
        }
        // The present value's text is always there; others give way where they would touch.
        const double baseline = layout.plot.bottom() + theme.px(5.0) + metrics.ascent();
        double present = -1e9, half = 0.0;
        const auto write = [&](std::size_t i, const QFont& with, const QColor& ink) {
            drawLabel(painter, {layout.xOf(i), baseline}, m_points.xTexts[static_cast<qsizetype>(i)], with, ink, theme,
                      Anchor::Centre);
        };
        if (m_points.currentX) {
            present = layout.xOf(*m_points.currentX);
            half = textWidth(m_points.xTexts[static_cast<qsizetype>(*m_points.currentX)], bold) / 2.0;
            write(*m_points.currentX, bold, theme.accent);
        }
        double taken = -1e9;
        for (std::size_t i = 0; i < static_cast<std::size_t>(m_points.xTexts.size()); ++i) {
            const double own = textWidth(m_points.xTexts[static_cast<qsizetype>(i)], font) / 2.0;
            const double x = layout.xOf(i), gap = theme.px(6.0);
            if (i == m_points.currentX || x - own < taken + gap || std::abs(x - present) < own + half + gap)
                continue;
            write(i, font, theme.text2);
            taken = x + own;
        }
        drawLabel(painter, {layout.plot.center().x(), layout.bottom - theme.px(4.0)}, m_points.xTitle, font,
                  theme.text2, theme, Anchor::Centre);
    }

    void paintBaselines(QPainter& painter, const Layout& layout, const Theme& theme) const
    {
        QPen pen(theme.text3, 1.0);
        pen.setDashPattern({5.0, 4.0});
        painter.setPen(pen);
        for (const SweepBaseline& baseline : m_points.baselines) {
            const double y = layout.yOf(baseline.value);
            painter.drawLine(QPointF(layout.plot.left(), y), QPointF(layout.plot.right(), y));
        }
    }

    void paintNames(QPainter& painter, const Layout& layout, const Theme& theme) const
    {
        std::vector<SideLabel> names;
        for (std::size_t i = 0; i < m_points.lines.size(); ++i) {
            const auto& points = m_points.lines[i].points;
            const auto last = std::find_if(points.rbegin(), points.rend(),
                                           [](const SweepPoint& point) { return std::isfinite(point.value.mean); });
            if (last != points.rend())
                names.push_back({m_points.lines[i].name, layout.at(*last).y(), theme.trace(styleOf(i)), true});
        }
        for (const SweepBaseline& baseline : m_points.baselines)
            names.push_back({baseline.name, layout.yOf(baseline.value), theme.text3});
        std::erase_if(names, [](const SideLabel& name) { return name.text.isEmpty(); });
        drawSideLabels(painter, {layout.plot.right() + theme.px(6.0), layout.plot.bottom()}, names, theme);
    }

    // 1/√count through the anchor.
    void paintExpected(QPainter& painter, const Layout& layout, const Theme& theme) const
    {
        const SweepPoint at = *anchor();
        auto [least, most] = std::ranges::minmax(m_points.xNumbers);
        if (m_sweep->ofStages)
            least = m_points.xNumbers[at.x];  // what is still to come
        QPolygonF path;
        for (int i = 0; i <= kExpectedSteps; ++i) {
            const double share = static_cast<double>(i) / kExpectedSteps;
            const double x =
                m_points.xLogarithmic ? least * std::pow(most / least, share) : least + (most - least) * share;
            const double y = at.value.mean * std::sqrt(m_points.xNumbers[at.x] / x);
            if (y >= m_points.low && y <= m_points.high)
                path << QPointF(layout.xOfNumber(x), layout.yOf(y));
        }
        QPen pen(theme.text3, 1.0);
        pen.setDashPattern({4.0, 3.0});
        painter.setPen(pen);
        painter.setBrush(Qt::NoBrush);
        painter.drawPolyline(path);
    }

    // Lines are told apart by dash, marker and name; A's blue stays with the baseline.
    static std::size_t styleOf(std::size_t line) { return line + 1; }

    void paintLine(QPainter& painter, const Layout& layout, std::size_t index, const Theme& theme) const
    {
        const SweepLine& line = m_points.lines[index];
        const std::size_t style = styleOf(index);
        QPolygonF path;
        for (const SweepPoint& point : line.points) {
            if (!std::isfinite(point.value.mean))
                continue;
            const QPointF at = layout.at(point);
            path << at;
            if (!std::isfinite(point.value.low) || !std::isfinite(point.value.high))
                continue;
            painter.setPen(QPen(theme.trace(style), 1.0));
            const double low = layout.yOf(point.value.low), high = layout.yOf(point.value.high);
            painter.drawLine(QPointF(at.x(), low), QPointF(at.x(), high));
            for (const double end : {low, high})
                painter.drawLine(QPointF(at.x() - theme.px(3.0), end), QPointF(at.x() + theme.px(3.0), end));
        }
        painter.setPen(tracePen(style, theme));
        painter.setBrush(Qt::NoBrush);
        if (!m_points.xNumbers.empty())  // between choices there is nothing
            painter.drawPolyline(path);
        for (const SweepPoint& point : line.points) {
            if (!std::isfinite(point.value.mean))
                continue;
            const QPointF at = layout.at(point);
            paintMarker(painter, at, style, theme.px(kMarker), theme);
            if (point.published) {
                painter.setBrush(theme.panel);
                painter.setPen(Qt::NoPen);
                painter.drawEllipse(at, theme.px(kMarker * 0.55), theme.px(kMarker * 0.55));
            }
            painter.setBrush(Qt::NoBrush);
            if (point.current) {
                painter.setPen(QPen(theme.accent, 2.0));
                painter.drawEllipse(at, theme.px(7.0), theme.px(7.0));
            }
        }
    }

    QString sentenceOf(const SweepLine& line, const SweepPoint& point) const
    {
        QString text = m_points.xTitle + QLatin1Char(' ') + m_points.xTexts[static_cast<qsizetype>(point.x)];
        if (!line.name.isEmpty())
            text += QStringLiteral(", ") + line.name;
        text += QStringLiteral(": ") + QString::number(point.value.mean, 'g', 5);
        if (m_sweep->rows[point.row].runs > 1 && std::isfinite(point.value.low))
            text += QStringLiteral(" (%1 … %2)")
                        .arg(QString::number(point.value.low, 'g', 5), QString::number(point.value.high, 'g', 5));
        const QString unit = QString::fromStdString(sweepMeasures()[m_measure].unit);
        text += unit.isEmpty() ? QString() : QLatin1Char(' ') + unit;
        return point.published ? text + QStringLiteral(", as published") : text;
    }

    ComparisonPointer m_comparison;
    std::shared_ptr<const Sweep> m_sweep;
    bool m_convergence = false;
    std::size_t m_measure = 0;
    SweepPoints m_points;
    bool m_earlier = false;
};

std::unique_ptr<Figure> make(const ComparisonPointer& comparison)
{
    return std::make_unique<SweepFigure>(comparison, false);
}

std::unique_ptr<Figure> makeConvergence(const ComparisonPointer& comparison)
{
    return std::make_unique<SweepFigure>(comparison, true);
}

QString obstacle(const Comparison& comparison)
{
    return comparison.sweep && !comparison.sweep->request.axes.empty()
               ? QString()
               : QStringLiteral("Nothing was swept yet: run a sweep in the Sweep perspective. Run files hold none.");
}

QString convergenceObstacle(const Comparison& comparison)
{
    const QString missing = obstacle(comparison);
    return !missing.isEmpty() || isConvergence(*comparison.sweep)
               ? missing
               : QStringLiteral("Convergence is against repeats or shots alone: sweep one of them.");
}

}  // namespace

const FigureType& sweepFigure()
{
    static const FigureType type{QStringLiteral("sweep"), QStringLiteral("Parameter sweep"), &make, &obstacle};
    return type;
}

const FigureType& convergenceFigure()
{
    static const FigureType type{QStringLiteral("convergence"), QStringLiteral("Convergence of standard errors"),
                                 &makeConvergence, &convergenceObstacle};
    return type;
}

}  // namespace ketscope
