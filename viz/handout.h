// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/lessons/lesson_walk.h"

#include <QRectF>

#include <filesystem>
#include <functional>

class QPainter;

namespace ketscope {

// A lesson on paper, A4: every step's text, its figure as it is when the step begins, the prediction with boxes to
// tick, what to do, and lines to write on; then, on a page of their own, the measured answers and the caveats.
class Handout {
public:
    static constexpr double kWidth = 793.7;  // of a page, in units of 1/96 inch
    static constexpr double kHeight = 1122.5;

    // Of a lesson that outlives it. `moments` from walkLesson(), one for each step. Throws Error as the figures do.
    Handout(const Lesson& lesson, const std::vector<LessonMoment>& moments);

    std::size_t pages() const { return m_pages.size(); }
    void paint(QPainter& painter, std::size_t page) const;

private:
    QString said(const char* english) const;  // in the lesson's language

    struct Block {
        double height = 0.0;
        std::function<void(QPainter&, const QRectF&)> paint;
    };

    void put(Block block);
    void putText(const QString& markdown, double pixels, double space);
    void putFigure(const std::shared_ptr<const class Figure>& figure);
    void putLines(const QString& title, int lines);
    void putStep(const LessonStep& step, const LessonMoment& moment, const LessonMoment* before, std::size_t number);
    void putAnswers(const Lesson& lesson, const std::vector<LessonMoment>& moments);
    void newPage();

    std::vector<std::vector<Block>> m_pages;
    double m_left = 0.0;  // of the last page's height
    const Lesson& m_lesson;
    QString m_title;
};

// Writes it as PDF with embedded fonts, beside the target first and renamed when complete. Throws Error (Failure), and
// as the figures do. Needs a QGuiApplication; may run on a worker thread.
void writeHandout(const Lesson& lesson, const std::vector<LessonMoment>& moments, const std::filesystem::path& file);

}  // namespace ketscope
