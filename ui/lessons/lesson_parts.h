// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/appearance.h"

#include <QLabel>
#include <QLayout>
#include <QRadioButton>

namespace ketscope {

// What a lesson's card is made of.

// A label of several lines of simple Markdown.
QLabel* makeMarkdown(const char* role, QWidget* parent);
// Markdown as a label shows it, with room between its paragraphs.
QString paragraphs(const QString& markdown, const QLabel& label, const Theme& theme);
void clearLayout(QLayout& layout);

// A number in a disk, as instructions and their targets have it.
void paintBadge(QPainter& painter, QPointF centre, int number, const Theme& theme);
double badgeRadius(const Theme& theme);

// How far a lesson has come, one segment a step.
class LessonProgress : public QWidget {
    Q_OBJECT

public:
    LessonProgress(Appearance& appearance, QWidget* parent);
    void show(std::size_t step, std::size_t steps);
    QSize sizeHint() const override;

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    Appearance& m_appearance;
    std::size_t m_step = 0;
    std::size_t m_steps = 1;
};

// A badge beside an instruction.
class LessonBadge : public QWidget {
    Q_OBJECT

public:
    LessonBadge(int number, Appearance& appearance, QWidget* parent);

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    int m_number;
    Appearance& m_appearance;
};

// The words of a choice, over several lines; a click on them chooses.
class ChoiceText : public QLabel {
    Q_OBJECT

public:
    explicit ChoiceText(QRadioButton& choice);

protected:
    void mouseReleaseEvent(QMouseEvent* event) override;

private:
    QRadioButton& m_choice;
};

}  // namespace ketscope
