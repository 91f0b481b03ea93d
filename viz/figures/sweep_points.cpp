// SPDX-License-Identifier: GPL-3.0-or-later
#include "viz/figures/sweep_points.h"

#include "viz/labels.h"
#include "viz/line_plot.h"
#include "viz/scale.h"

#include <QRegularExpression>

#include <algorithm>
#include <cmath>

namespace ketscope {

namespace {

constexpr double kWideX = 16.0;  // a range of such a factor is drawn on a logarithmic axis
constexpr double kWideY = 200.0;
constexpr double kHeadroom = 0.06;
constexpr qsizetype kNamed = 6;  // of combinations without a value

const Parameter& parameterOf(const Sweep& sweep, std::size_t axis)
{
    return *std::ranges::find(sweep.request.candidate.parameters.definitions(), sweep.request.axes[axis].parameter,
                              &Parameter::id);
}

QString nameOf(const Parameter& parameter)
{
    return QString::fromStdString(parameter.symbol.empty() ? parameter.title : parameter.symbol);
}

// The parameters that the swept entry has now; null when the study has no such entry any more.
const Parameters* presentParameters(const Sweep& sweep, const Study& study)
{
    const PlanEntry& then = sweep.request.candidate;
    for (const Plan& plan : study.candidates)
        for (const PlanEntry& entry : plan.entries)
            if (entry.mechanism == then.mechanism && entry.stack == then.stack && entry.layers == then.layers
                && entry.heads == then.heads)
                return &entry.parameters;
    return nullptr;
}

bool isPresent(const Sweep& sweep, std::size_t axis, const std::string& text, const Parameters* present)
{
    if (present == nullptr)
        return false;
    const std::string& id = sweep.request.axes[axis].parameter;
    Parameters given = *present;
    given.setText(id, text);
    return given.real(id) == present->real(id);
}

void setX(SweepPoints& points, const Sweep& sweep, const Parameters* present)
{
    const SweepAxis& axis = sweep.request.axes.front();
    const Parameter& parameter = parameterOf(sweep, 0);
    const bool numeric = parameter.kind == ParameterKind::Integer || parameter.kind == ParameterKind::Real;
    points.xTitle = axisTitle(sweep, 0);
    for (std::size_t i = 0; i < axis.values.size(); ++i) {
        Parameters given = sweep.request.candidate.parameters;
        given.setText(axis.parameter, axis.values[i]);
        const double number = given.real(axis.parameter);
        if (numeric)
            points.xNumbers.push_back(number);
        points.xTexts << (parameter.kind == ParameterKind::Choice && !parameter.choiceTitles.empty()
                              ? elideMiddle(
                                  QString::fromStdString(parameter.choiceTitles[static_cast<std::size_t>(number)]), 24)
                              : QString::fromStdString(axis.values[i]));
        if (isPresent(sweep, 0, axis.values[i], present))
            points.currentX = i;
    }
    if (!points.xNumbers.empty()) {
        const auto [least, most] = std::ranges::minmax(points.xNumbers);
        // A run's stages double, but what is awaited and the time left go with the number itself.
        points.xLogarithmic = !sweep.ofStages && least > 0.0 && most / least >= kWideX;
    }
}

void addPoint(SweepPoints& points, const Sweep& sweep, std::size_t row, const Interval& value,
              const Parameters* present)
{
    const SweepRow& found = sweep.rows[row];
    QStringList others;
    bool current = true;
    for (std::size_t axis = 0; axis < found.values.size(); ++axis) {
        if (axis > 0)
            others << nameOf(parameterOf(sweep, axis)) + QLatin1Char(' ') + QString::fromStdString(found.values[axis]);
        current = current && isPresent(sweep, axis, found.values[axis], present);
    }
    const QString name = others.join(QStringLiteral(" · "));
    auto line = std::ranges::find(points.lines, name, &SweepLine::name);
    if (line == points.lines.end())
        line = points.lines.insert(line, SweepLine{name, {}});
    const auto& values = sweep.request.axes.front().values;
    const auto x = static_cast<std::size_t>(std::ranges::find(values, found.values.front()) - values.begin());
    line->points.push_back({row, x, value, found.published, current});
    ++points.combinations;
    if (!std::isfinite(value.mean))
        points.missing << QStringList{axisSymbol(sweep, 0) + QLatin1Char(' ')
                                          + points.xTexts[static_cast<qsizetype>(x)],
                                      name}
                              .filter(QRegularExpression(QStringLiteral(".")))
                              .join(QStringLiteral(" · "));
    points.runs = std::max(points.runs, found.runs);
    points.anyPublished = points.anyPublished || found.published;
    points.anyValue = points.anyValue || std::isfinite(value.mean);
}

// A logarithmic scale for values far apart; it leaves out what is not above zero.
void setY(SweepPoints& points, std::vector<SweepBaseline> baselines)
{
    double least = std::numeric_limits<double>::infinity(), most = -least;
    const auto take = [&](double value) {
        if (std::isfinite(value)) {
            least = std::min(least, value);
            most = std::max(most, value);
        }
    };
    for (const SweepLine& line : points.lines)
        for (const SweepPoint& point : line.points)
            take(point.value.mean);
    points.yLogarithmic = least > 0.0 && most / least > kWideY;
    for (SweepBaseline& baseline : baselines) {
        if (points.yLogarithmic && baseline.value <= 0.0) {
            points.leftOut << baseline.name + QLatin1Char(' ') + QString::number(baseline.value, 'g', 3);
            continue;
        }
        take(baseline.value);
        points.baselines.push_back(std::move(baseline));
    }
    for (const SweepLine& line : points.lines)
        for (const SweepPoint& point : line.points)
            for (const double end : {point.value.low, point.value.high})
                if (!points.yLogarithmic || end > 0.0)
                    take(end);
    if (!(least <= most))
        return;
    if (points.yLogarithmic) {
        points.low = least / 1.3;
        points.high = most * 1.3;
        return;
    }
    const double room = most > least ? (most - least) * kHeadroom : std::max(std::abs(most), 1.0) * kHeadroom;
    points.low = least >= 0.0 && least <= (most - least) ? std::min(0.0, least) : least - room;
    points.high = most + room;
}

}  // namespace

QString whyMissing(const Sweep& sweep, std::size_t measure)
{
    const std::string& id = sweepMeasures()[measure].id;
    if (id == "standard_error")
        return QStringLiteral("no standard error is known with these parameters");
    if (id == "probability_of_top" || id == "output_divergence")
        return sweep.question.empty() ? QStringLiteral("this model gives no distribution of answers")
                                      : QStringLiteral("the answers are no finite numbers");
    if (id == "weight_divergence" || id == "weight_jensen_shannon" || id.starts_with("entropy"))
        return QStringLiteral("rows are no distributions");
    return QStringLiteral("the result is no finite number");
}

QString missingNote(const SweepPoints& points, const QString& why)
{
    if (points.missing.isEmpty())
        return {};
    QString which = points.missing.mid(0, kNamed).join(QStringLiteral(", "));
    if (points.missing.size() > kNamed)
        which += QStringLiteral(" and %1 more").arg(points.missing.size() - kNamed);
    return QStringLiteral("Not drawn, %1 of %2: %3; %4.")
        .arg(points.missing.size())
        .arg(points.combinations)
        .arg(which, why);
}

QString stagesNote(const Sweep& sweep)
{
    const QString all = QString::fromStdString(sweep.request.axes.front().values.back());
    const QString done = QString::fromStdString(sweep.rows.back().values.front());
    return done == all ? QStringLiteral("Stages of the run with all its %1 repeats.").arg(all)
                       : QStringLiteral("Stages of the run so far: %1 of %2 repeats.").arg(done, all);
}

QString baselineName(const std::string& label)
{
    return label == "zero" ? QStringLiteral("no output") : QString::fromStdString(label);
}

QString axisTitle(const Sweep& sweep, std::size_t axis)
{
    const Parameter& parameter = parameterOf(sweep, axis);
    const QString title = QString::fromStdString(parameter.title);
    return parameter.symbol.empty() ? title : title + QLatin1Char(' ') + QString::fromStdString(parameter.symbol);
}

QString axisSymbol(const Sweep& sweep, std::size_t axis) { return nameOf(parameterOf(sweep, axis)); }

SweepPoints sweepPoints(const Sweep& sweep, std::size_t measure, const Study& study)
{
    SweepPoints points;
    const Parameters* present = presentParameters(sweep, study);
    setX(points, sweep, present);
    std::vector<SweepBaseline> baselines;
    for (std::size_t row = 0; row < sweep.rows.size(); ++row) {
        const Interval& value = sweep.rows[row].measures.at(measure);
        if (sweep.rows[row].label == "swept") {
            addPoint(points, sweep, row, value, present);
        } else if (sweep.request.wholeModel && std::isfinite(value.mean)) {
            baselines.push_back({row, baselineName(sweep.rows[row].label), value.mean});
        }
    }
    setY(points, std::move(baselines));
    return points;
}

std::vector<double> yTicks(const SweepPoints& points)
{
    std::vector<double> ticks;
    if (!points.yLogarithmic) {
        const double interval = tickInterval(points.high - points.low);
        for (double value = std::ceil(points.low / interval - 1e-9) * interval; value <= points.high; value += interval)
            ticks.push_back(std::abs(value) < interval * 1e-6 ? 0.0 : value);
        return ticks;
    }
    const int first = static_cast<int>(std::ceil(std::log10(points.low)));
    const int last = static_cast<int>(std::floor(std::log10(points.high)));
    const int step = std::max(1, (last - first) / 6 + 1);
    for (int decade = first; decade <= last; decade += step)
        ticks.push_back(std::pow(10.0, decade));
    return ticks;
}

}  // namespace ketscope
