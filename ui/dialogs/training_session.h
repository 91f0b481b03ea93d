// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/monitor.h"
#include "core/study/comparison.h"
#include "core/train/recipe.h"
#include "viz/training_figure.h"

#include <QMutex>
#include <QString>

namespace ketscope {

// What to train and where.
struct TrainingTask {
    QString recipe;   // its file
    QString variant;  // of a series; empty = the file is no series
    QString data;     // folder of its data; empty = where the recipe says
    QString out;      // folder of the run
    int threads = 0;

    bool operator==(const TrainingTask&) const = default;
};

// What a run in the background has to show and be told; safe from any thread. The window takes from it what is new a few
// times a second, so that a fast run does not flood it.
class TrainingFeed {
public:
    struct News {
        std::optional<TrainingCurves> begun;  // the run as it goes on, with the steps before
        std::vector<CurvePoint> points;       // since then
        ComparisonPointer look;               // the newest; null = none
        QString problem;                      // why the input cannot be looked at
        QString failure;                      // of what was being saved while the run was told to stop
    };

    // A text in place of the first example of validation.
    void setText(const std::optional<QString>& text);
    std::optional<QString> text() const;
    std::size_t wish() const;  // grows with every setText()

    void begin(TrainingCurves curves);
    void add(const CurvePoint& point);
    void show(ComparisonPointer look);
    void complain(const QString& problem);
    void fail(const QString& failure);
    News take();

private:
    mutable QMutex m_mutex;
    std::optional<QString> m_text;
    std::size_t m_wish = 0;
    News m_news;
};

// The recipe of a task: the one place that knows what a recipe file holds. Throws Error (Input).
Recipe recipeOf(const TrainingTask& task);

// A run's folder before it is started or gone on with: no points where there is no run in it. Throws Error (Input).
TrainingCurves readRun(const TrainingTask& task);

// Runs the recipe or goes on with it, telling the feed of every step and, at most about once a second, what the model makes
// of the input that is looked at. Throws as train().
TrainingResult runTraining(const TrainingTask& task, TrainingFeed& feed, Monitor& monitor);

}  // namespace ketscope
