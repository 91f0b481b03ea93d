// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/lessons/lesson_walk.h"

#include "core/base/error.h"
#include "core/study/relevance.h"
#include "core/study/sanity_check.h"

#include <algorithm>

namespace ketscope {

namespace {

class Walk {
public:
    Walk(const Lesson& lesson, const std::function<Study(Study)>& prepare, int threads, Monitor& monitor)
        : m_lesson(lesson), m_prepare(prepare), m_threads(threads), m_monitor(monitor)
    {
        m_model = loadModel(lesson.study.modelPath, monitor);
        m_scene.study = lesson.study;
        settle();
    }

    std::vector<LessonMoment> moments()
    {
        std::vector<LessonMoment> all;
        for (const LessonStep& step : m_lesson.steps)
            all.push_back(pass(step));
        return all;
    }

private:
    LessonMoment pass(const LessonStep& step)
    {
        if (step.exhibit != m_scene.exhibit && step.exhibit != nullptr)
            m_scene.state = step.exhibit->initial();
        m_scene.exhibit = step.exhibit;
        m_scene.done.clear();
        act(step.start);
        m_scene.done.clear();
        LessonMoment moment;
        moment.before = m_scene;
        const std::vector<std::string> names = step.names();
        LessonValues values = startValues(m_scene, names, m_monitor);
        values.merge(lessonValues(m_scene, names, m_monitor));
        moment.begunUnmet = step.until.isEmpty() || !step.until.holds(values);
        act(step.show);
        moment.after = m_scene;
        moment.values = startValues(moment.before, names, m_monitor);
        moment.values.merge(lessonValues(m_scene, names, m_monitor));
        moment.met = step.until.holds(moment.values);
        for (std::size_t i = 0; step.prediction && i < step.prediction->choices.size(); ++i)
            if (step.prediction->choices[i].when.holds(moment.values))
                moment.right.push_back(i);
        return moment;
    }

    void act(const LessonActs& acts)
    {
        m_scene.study = afterActs(m_scene.study, acts, m_scene.comparison.get());
        if (m_scene.exhibit != nullptr)
            m_scene.state = afterActs(m_scene.state, *m_scene.exhibit, acts);
        const Selection wanted = m_scene.study.selection;
        settle();
        requireInside(acts, wanted);
        for (const std::string& deed : deedsOf(acts)) {
            if (deed == "sanity")
                m_scene.comparison->alignments->keep(
                    runSanityCheck(*m_scene.comparison, *m_model, m_threads, m_monitor));
            else if (deed == "relevance")
                computeRelevance(*m_scene.comparison, m_threads, m_monitor);
            m_scene.done.insert(deed);
        }
    }

    // What an act selects has to be there.
    void requireInside(const LessonActs& acts, const Selection& wanted) const
    {
        const bool selects = std::ranges::any_of(
            acts, [](const LessonAct& act) { return act.kind == LessonAct::Kind::Select && !act.settings.empty(); });
        const Selection& found = m_scene.study.selection;
        if (selects && !(found == wanted))
            refuse({"lesson " + m_lesson.id + ", \"select\"", "a layer, head, query and key of the maps",
                    "layer " + std::to_string(wanted.layer) + ", head " + std::to_string(wanted.head) + ", query "
                        + std::to_string(wanted.query) + ", key " + std::to_string(wanted.key),
                    "The nearest is layer " + std::to_string(found.layer) + ", head " + std::to_string(found.head)
                        + ", query " + std::to_string(found.query) + ", key " + std::to_string(found.key) + "."});
    }

    // Runs the study where it is another one, and keeps the selection inside it.
    void settle()
    {
        auto shown =
            std::make_shared<Comparison>(*runStudy(m_prepare(m_scene.study), *m_model, m_run, m_threads, m_monitor));
        m_run = std::make_shared<const Comparison>(*shown);
        m_scene.study.selection = clamped(m_scene.study.selection, *shown);
        shown->study.selection = m_scene.study.selection;
        shown->study.view = m_scene.study.view;
        shown->loaded = m_model;
        m_scene.comparison = shown;
    }

    const Lesson& m_lesson;
    const std::function<Study(Study)>& m_prepare;
    int m_threads;
    Monitor& m_monitor;
    std::shared_ptr<const LoadedModel> m_model;
    ComparisonPointer m_run;
    LessonScene m_scene;
};

}  // namespace

LessonValues startValues(const LessonScene& scene, const std::vector<std::string>& names, const Monitor& monitor)
{
    std::vector<std::string> wanted;
    for (const std::string& name : names)
        if (name.starts_with(kAtStart))
            wanted.push_back(name.substr(kAtStart.size()));
    LessonValues values;
    for (const auto& [name, value] : lessonValues(scene, wanted, monitor))
        values[std::string(kAtStart) + name] = value;
    return values;
}

std::vector<LessonMoment> walkLesson(const Lesson& lesson, const std::function<Study(Study)>& prepare, int threads,
                                     Monitor& monitor)
{
    return Walk(lesson, prepare, threads, monitor).moments();
}

}  // namespace ketscope
