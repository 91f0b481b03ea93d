// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/lessons/lesson.h"
#include "ui/study_controller.h"

#include <set>

namespace ketscope {

// Goes through a lesson on a controller: puts away what is open, opens the lesson's study, does what steps do, looks
// whether the learner has reached what a step asks for, and brings back what was open. Draws nothing.
class LessonPlayer : public QObject {
    Q_OBJECT

public:
    explicit LessonPlayer(StudyController& controller, QObject* parent = nullptr);

    // Why a lesson cannot begin goes through StudyController::failed().
    void start(const Lesson& lesson);
    void end();
    void restart();
    void next();
    void back();
    void goTo(std::size_t step);
    void showMe();
    void predict(std::size_t choice);
    void setExhibit(const ExhibitState& state);
    void report(const std::string& deed);  // what the window has done: one of lessonDeeds()

    bool isPlaying() const { return m_lesson.has_value(); }
    bool isReady() const { return m_ready; }  // the step has begun
    const Lesson& lesson() const { return *m_lesson; }
    std::size_t index() const { return m_index; }
    const LessonStep& step() const { return m_lesson->steps.at(m_index); }
    bool isLast() const { return m_index + 1 == m_lesson->steps.size(); }
    bool isMet() const { return m_met; }  // what the step asks for was reached
    // Whether the next step may follow: reached, and predicted where it asks for that.
    bool mayGoOn() const;
    std::optional<std::size_t> prediction() const { return m_prediction; }
    // Of the choices, when the step's condition is met; none holds where no choice does.
    std::optional<std::size_t> right() const { return m_right; }
    QString answer() const;
    QString caveat() const;
    const ExhibitState& exhibitState() const { return m_state; }

signals:
    void began();
    void stepChanged();
    void progressed();  // readiness, condition, prediction
    void exhibitChanged();
    void deedWanted(const QString& deed);  // one of lessonDeeds(), by "Show me"
    void completed();                      // the last step was left by next()
    void ended();                          // the study is the learner's again

private:
    void open();
    void enter();
    void act(const LessonActs& acts, const QString& title);
    bool isSettled() const;
    void look();
    void accept(const LessonValues& values);
    LessonScene scene() const;

    StudyController& m_controller;
    std::optional<Lesson> m_lesson;
    std::size_t m_index = 0;
    bool m_opening = false;
    bool m_ready = false;
    bool m_met = false;
    std::optional<std::size_t> m_prediction;
    std::optional<std::size_t> m_right;
    std::set<std::string> m_done;
    ExhibitState m_state;
    LessonValues m_start;
    LessonValues m_values;
    Job m_job;
};

}  // namespace ketscope
