// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/study/sweep.h"

#include <QStringList>

#include <optional>
#include <vector>

namespace ketscope {

// One combination of a sweep in the measure that is drawn.
struct SweepPoint {
    std::size_t row = 0;  // of Sweep::rows
    std::size_t x = 0;    // of the first axis's values
    Interval value;
    bool published = false;
    bool current = false;  // what the candidate is set to now
};

struct SweepLine {
    QString name;  // "σ 0.5": the values of the other axes; empty with one axis
    std::vector<SweepPoint> points;
};

struct SweepBaseline {
    std::size_t row = 0;
    QString name;  // "exact", "uniform", "no output"
    double value = 0.0;
};

// A sweep in one measure, ready to be drawn.
struct SweepPoints {
    QString xTitle;
    QStringList xTexts;            // of the first axis's values
    std::vector<double> xNumbers;  // the same as numbers; empty for choices
    bool xLogarithmic = false;
    bool yLogarithmic = false;
    double low = 0.0, high = 1.0;  // range of everything that is drawn
    std::vector<SweepLine> lines;
    std::vector<SweepBaseline> baselines;  // only those that the scale can show
    QStringList leftOut;                   // "exact 0": baselines that a logarithmic scale cannot show
    QStringList missing;                   // "m 64 · σ 0.5": combinations without a finite value
    std::size_t combinations = 0;
    std::optional<std::size_t> currentX;
    std::size_t runs = 1;  // the most of any combination
    bool anyPublished = false;
    bool anyValue = false;
};

// `study` says what the candidate is set to now.
SweepPoints sweepPoints(const Sweep& sweep, std::size_t measure, const Study& study);

// Round values of the measure within the range: powers of ten where it is logarithmic.
std::vector<double> yTicks(const SweepPoints& points);

// Why a combination has no finite value of a measure: "rows are no distributions".
QString whyMissing(const Sweep& sweep, std::size_t measure);
// "Not drawn, 2 of 12: m 64, m 128; rows are no distributions." Empty where every combination has one.
QString missingNote(const SweepPoints& points, const QString& why);

// "Stages of the run so far: 8 of 32 repeats.", of a sweep that is of the stages of a run.
QString stagesNote(const Sweep& sweep);

// "exact", "uniform", "no output".
QString baselineName(const std::string& label);

// "Random features m", or "Estimator".
QString axisTitle(const Sweep& sweep, std::size_t axis);
// "m", or the title of a parameter without symbol.
QString axisSymbol(const Sweep& sweep, std::size_t axis);

}  // namespace ketscope
