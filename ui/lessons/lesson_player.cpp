// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/lessons/lesson_player.h"

#include "core/lessons/lesson_walk.h"

namespace ketscope {

LessonPlayer::LessonPlayer(StudyController& controller, QObject* parent) : QObject(parent), m_controller(controller)
{
    for (const auto signal :
         {&StudyController::stateChanged, &StudyController::selectionChanged, &StudyController::viewChanged,
          &StudyController::perspectiveChanged, &StudyController::comparisonChanged})
        connect(&controller, signal, this, &LessonPlayer::look);
    connect(&controller, &StudyController::sanityChecked, this, [this] { report("sanity"); });
    connect(&controller, &StudyController::relevanceComputed, this, [this] { report("relevance"); });
    connect(&m_job, &Job::failed, &controller, &StudyController::failed);
}

void LessonPlayer::start(const Lesson& lesson)
{
    end();
    m_controller.setAside();
    m_lesson = lesson;
    emit began();
    open();
}

void LessonPlayer::open()
{
    m_job.cancel();
    m_state.clear();
    m_index = 0;
    m_ready = m_met = false;
    m_prediction.reset();
    m_right.reset();
    m_opening = true;
    m_controller.openStudy(m_lesson->study, false);
    emit stepChanged();
}

void LessonPlayer::end()
{
    if (!m_lesson)
        return;
    m_job.cancel();
    m_lesson.reset();
    m_opening = m_ready = false;
    m_controller.takeBack();
    emit ended();
}

void LessonPlayer::next()
{
    if (isLast()) {
        emit completed();
        return end();
    }
    goTo(m_index + 1);
}

void LessonPlayer::back()
{
    if (m_index > 0)
        goTo(m_index - 1);
}

void LessonPlayer::goTo(std::size_t step)
{
    m_index = step;
    enter();
}

// What a step begins with is done at once; its values count from when that has run.
void LessonPlayer::enter()
{
    m_job.cancel();
    m_ready = m_met = false;
    m_prediction.reset();
    m_right.reset();
    m_start.clear();
    m_values.clear();
    const ExhibitType* exhibit = step().exhibit;
    if (exhibit != nullptr
        && (m_state.size() != exhibit->controls.size() || !m_state.contains(exhibit->controls[0].id)))
        m_state = exhibit->initial();
    emit stepChanged();
    act(step().start, tr("Begin step"));
    m_done.clear();
    emit exhibitChanged();
    look();
}

void LessonPlayer::act(const LessonActs& acts, const QString& title)
{
    try {
        m_controller.become(title, afterActs(m_controller.study(), acts, m_controller.comparison().get()));
        if (step().exhibit != nullptr)
            setExhibit(afterActs(m_state, *step().exhibit, acts));
    } catch (const Error& error) {
        emit m_controller.failed(QString::fromUtf8(error.what()));
    }
    for (const std::string& deed : deedsOf(acts))
        emit deedWanted(QString::fromStdString(deed));
}

void LessonPlayer::restart() { open(); }

void LessonPlayer::showMe()
{
    if (m_ready)
        act(step().show, tr("Show me"));
}

void LessonPlayer::predict(std::size_t choice)
{
    if (m_met && m_prediction)
        return;
    m_prediction = choice;
    emit progressed();
}

void LessonPlayer::setExhibit(const ExhibitState& state)
{
    if (state == m_state)
        return;
    m_state = state;
    emit exhibitChanged();
    look();
}

void LessonPlayer::report(const std::string& deed)
{
    if (!m_lesson)
        return;
    m_done.insert(deed);
    look();
}

bool LessonPlayer::mayGoOn() const { return m_ready && m_met && (m_prediction || !step().prediction); }

QString LessonPlayer::answer() const { return QString::fromStdString(filled(step().answer, m_values)); }

QString LessonPlayer::caveat() const { return QString::fromStdString(filled(step().caveat, m_values)); }

bool LessonPlayer::isSettled() const
{
    return m_controller.state() == StudyController::State::UpToDate && !m_controller.isDragging();
}

LessonScene LessonPlayer::scene() const
{
    return {m_controller.study(), m_controller.comparison(), step().exhibit, m_state, m_done};
}

// Nothing of a step is judged while something runs; what was reached stays reached.
void LessonPlayer::look()
{
    if (!m_lesson || !isSettled())
        return;
    if (std::exchange(m_opening, false)) {
        m_controller.leavePerspective(m_lesson->study.perspective);  // a model opens on the page that is shown
        return enter();
    }
    if (m_met)
        return;
    m_job.start([this, scene = scene(), names = step().names(), begins = !m_ready](Monitor& monitor) -> Job::Delivery {
        LessonValues values = lessonValues(scene, names, monitor);
        if (begins)
            values.merge(startValues(scene, names, monitor));
        return [this, values] { accept(values); };
    });
}

void LessonPlayer::accept(const LessonValues& values)
{
    if (!std::exchange(m_ready, true))
        for (const auto& [name, value] : values)
            if (name.starts_with(kAtStart))
                m_start[name] = value;
    m_values = values;
    m_values.insert(m_start.begin(), m_start.end());
    m_met = step().until.holds(m_values);
    if (m_met && step().prediction)
        for (std::size_t i = 0; i < step().prediction->choices.size() && !m_right; ++i)
            if (step().prediction->choices[i].when.holds(m_values))
                m_right = i;
    emit progressed();
}

}  // namespace ketscope
