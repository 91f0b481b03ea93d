// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/study/staged_run.h"

#include "core/study/comparison_run.h"
#include "core/study/repeat_record.h"

#include <algorithm>

namespace ketscope {

namespace {

constexpr std::uint64_t kFirstStage = 2;

// One candidate, in stages.
class StagedTrace {
public:
    StagedTrace(ComparisonRun& run, std::size_t trace, const std::function<void(const ComparisonPointer&)>& finished,
                double longRun)
        : m_run(run), m_trace(trace), m_plan(run.comparison().study.candidates[trace - 1]),
          m_repeats(mostDraws(m_plan)), m_finished(finished), m_longRun(longRun)
    {
        if (const TraceRepeats* begun = run.begun(trace)) {
            m_stages = begun->stages;
            m_done = m_stages.empty() ? 0 : m_stages.back().repeats;
            m_staged = m_done > 0;
        }
        m_first = std::max(kFirstStage, 2 * m_done);
    }

    void compute(Monitor& monitor)
    {
        std::uint64_t next = m_first;
        while (next < m_repeats) {
            const Plan plan = withRepeats(m_plan, next);
            const auto stage = computeStage(plan, next, monitor);
            const double all = stage->seconds * static_cast<double>(m_repeats) / static_cast<double>(next);
            if (!m_staged && all <= m_longRun)
                break;
            m_staged = true;
            m_done = next;
            m_stages.push_back(stageOf(*stage, next));
            tell(stage, plan);
            next *= 2;
        }
        const auto whole = computeStage(m_plan, m_repeats, monitor);
        m_run.take(whole);
        m_stages.push_back(stageOf(*whole, m_repeats));
        m_run.note({whole, {}, m_stages});
    }

private:
    // Progress is counted in repeats, of all stages.
    std::uint64_t repeatsFrom(std::uint64_t stage) const
    {
        std::uint64_t sum = m_repeats;
        for (; stage < m_repeats; stage *= 2)
            sum += stage;
        return sum;
    }

    std::shared_ptr<const Trace> computeStage(const Plan& plan, std::uint64_t repeats, Monitor& monitor) const
    {
        const std::string said =
            "Sampling " + traceTag(m_trace) + ": repeat " + std::to_string(m_done) + " of " + std::to_string(m_repeats);
        PartMonitor whole = m_run.share(m_trace, monitor, m_staged ? said : "");
        const auto all = static_cast<double>(repeatsFrom(m_first));
        const double begin = 1.0 - static_cast<double>(repeatsFrom(m_staged ? repeats : m_first)) / all;
        PartMonitor share(whole, begin, repeats == m_repeats ? 1.0 : begin + static_cast<double>(repeats) / all, {});
        return m_run.compute(m_trace, *m_run.planOf(plan), share);
    }

    void tell(const std::shared_ptr<const Trace>& stage, const Plan& plan) const
    {
        auto comparison = std::make_shared<Comparison>(m_run.comparison());
        std::vector<Plan>& candidates = comparison->study.candidates;
        comparison->traces.push_back(stage);
        candidates[m_trace - 1] = plan;
        comparison->plans[m_trace] = m_run.planOf(plan);
        for (auto known = next(*comparison); known; known = next(*comparison))
            comparison->traces.push_back(known);
        candidates.resize(comparison->traces.size() - 1);
        comparison->plans.resize(comparison->traces.size());
        comparison->repeats = withRepeatsOf(finishedRepeats(*comparison).get(), {stage, m_plan, m_stages});
        comparison->study.selection = clamped(comparison->study.selection, *comparison);
        m_finished(comparison);
    }

    std::shared_ptr<const Trace> next(const Comparison& comparison) const
    {
        const std::size_t place = comparison.traces.size();
        return place < m_run.traces() ? m_run.known(place) : nullptr;
    }

    ComparisonRun& m_run;
    std::size_t m_trace;
    Plan m_plan;
    std::uint64_t m_repeats;
    std::uint64_t m_done = 0;
    std::uint64_t m_first = kFirstStage;  // stage to run
    bool m_staged = false;
    std::vector<RepeatStage> m_stages;
    const std::function<void(const ComparisonPointer&)>& m_finished;
    double m_longRun;
};

}  // namespace

ComparisonPointer runInStages(const Study& study, const LoadedModel& model, const ComparisonPointer& previous,
                              int threads, Monitor& monitor,
                              const std::function<void(const ComparisonPointer&)>& finished, double longRun)
{
    ComparisonRun run(study, model, previous, threads);
    for (std::size_t trace = 0; trace < run.traces(); ++trace) {
        if (const auto known = run.known(trace))
            run.take(known);
        else if (trace > 0 && mostDraws(study.candidates[trace - 1]) > kFirstStage + 1)
            StagedTrace(run, trace, finished, longRun).compute(monitor);
        else {
            PartMonitor share = run.share(trace, monitor);
            run.take(run.compute(trace, *run.comparison().plans[trace], share));
        }
    }
    return run.result();
}

}  // namespace ketscope
