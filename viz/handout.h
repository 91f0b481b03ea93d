// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/lessons/lesson_walk.h"

#include <QRectF>

#include <filesystem>
#include <functional>

class QPainter;

namespace ketscope {

// A lesson on paper, A4: every step's text, its figure as it is when the step begins, the prediction with boxes to
// tick, what to do, and lines to write on; then, on a page of their own, the measured answers and the caveats. Steps
// stay whole; figures stand below or beside the text, as large as lets pages be full.
class Handout {
public:
    static constexpr double kWidth = 793.7;  // of a page, in units of 1/96 inch
    static constexpr double kHeight = 1122.5;

    // Of a lesson that outlives it. `moments` from walkLesson(), one for each step. Throws Error as the figures do.
    Handout(const Lesson& lesson, const std::vector<LessonMoment>& moments);

    std::size_t pages() const { return m_pages.size(); }
    double used(std::size_t page) const;  // of the height between the margins, 0 … 1
    void paint(QPainter& painter, std::size_t page) const;

    // Something of a given height.
    struct Block {
        double height = 0.0;
        std::function<void(QPainter&, const QRectF&)> paint;
    };

private:
    struct StepParts {
        const LessonStep* step;
        QString head;
        std::shared_ptr<const class Figure> figure;  // null = that of the step before
    };

    QString said(const char* english) const;  // in the lesson's language
    std::vector<Block> tasks(const LessonStep& step, double width) const;
    std::vector<Block> stepBlocks(const StepParts& parts, std::size_t setting, int lines) const;
    std::vector<Block> answer(const LessonStep& step, const LessonMoment& moment, std::size_t number) const;
    void putSteps(const Lesson& lesson, const std::vector<LessonMoment>& moments, std::vector<Block> head);
    void putAnswers(const Lesson& lesson, const std::vector<LessonMoment>& moments);

    std::vector<std::vector<Block>> m_pages;
    const Lesson& m_lesson;
    QString m_title;
};

// Writes it as PDF with embedded fonts, beside the target first and renamed when complete. Throws Error (Failure), and
// as the figures do. Needs a QGuiApplication; may run on a worker thread.
void writeHandout(const Lesson& lesson, const std::vector<LessonMoment>& moments, const std::filesystem::path& file);

}  // namespace ketscope
