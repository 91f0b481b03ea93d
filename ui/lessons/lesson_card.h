// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/appearance.h"
#include "ui/lessons/lesson_player.h"

#include <QAbstractButton>
#include <QFrame>
#include <QLabel>

class QBoxLayout;
class QPushButton;
class QRadioButton;
class QScrollArea;
class QVBoxLayout;

namespace ketscope {

class LessonProgress;

// A step in words: text, instructions, prediction, what is waited for, answer and caveat. Dragged by its head.
class LessonCard : public QFrame {
    Q_OBJECT

public:
    LessonCard(LessonPlayer& player, Appearance& appearance, QWidget* parent);

    int preferredWidth() const;
    int smallestWidth() const;
    // What all of the step takes at this width; the card scrolls in less.
    int heightFor(int width);
    void showTitle();
    void askToEnd();  // in place of the buttons, until it is answered
    bool isAsking() const { return m_asking; }
    bool isMovedByHand() const { return m_moved; }
    void takeFocus();

signals:
    void changed();  // its size may be another
    void endWanted();
    void movedByHand();

protected:
    void paintEvent(QPaintEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;

private:
    QWidget* makeHead();
    QWidget* makeBody();
    QWidget* makeFoot();
    QWidget* makeAsk();
    void showStep();
    void showInstructions();
    void showPrediction();
    void showProgress();
    void showWaiting();
    bool awaitsPrediction() const;
    QString said(const char* english) const;  // in the lesson's language
    void choose(bool sideBySide);
    void applySizes();
    void setAsking(bool on);

    LessonPlayer& m_player;
    Appearance& m_appearance;
    QWidget* m_head = nullptr;
    QWidget* m_body = nullptr;
    QScrollArea* m_scroll = nullptr;
    QWidget* m_foot = nullptr;
    QWidget* m_ask = nullptr;
    QLabel* m_lesson = nullptr;
    QLabel* m_place = nullptr;
    LessonProgress* m_progress = nullptr;
    QBoxLayout* m_footLines = nullptr;
    QBoxLayout* m_columns = nullptr;
    QLabel* m_title = nullptr;
    QLabel* m_text = nullptr;
    QVBoxLayout* m_instructions = nullptr;
    QFrame* m_prediction = nullptr;
    QVBoxLayout* m_predictionLines = nullptr;
    std::vector<std::pair<QRadioButton*, QLabel*>> m_choices;  // with their words
    QLabel* m_answer = nullptr;
    QLabel* m_hint = nullptr;
    QLabel* m_caveat = nullptr;
    QLabel* m_waiting = nullptr;
    std::vector<std::pair<QPushButton*, const char*>> m_buttons;  // with their English
    QLabel* m_question = nullptr;
    QPushButton* m_hintButton = nullptr;
    QPushButton* m_showMe = nullptr;
    QPushButton* m_back = nullptr;
    QPushButton* m_next = nullptr;
    QPushButton* m_keepOn = nullptr;
    bool m_asking = false;
    bool m_moved = false;
    bool m_wasReady = false;  // the step had begun when it was last shown
    bool m_sideBySide = true;
    std::optional<QPoint> m_grabbed;
};

}  // namespace ketscope
