// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/part_monitor.h"
#include "core/study/comparison.h"

namespace ketscope {

struct TraceRepeats;

// A study on its way to its comparison: what runStudy() and runInStages() share. Traces are taken in their order.
class ComparisonRun {
public:
    // Throws Error where the study does not fit the model or into memory; `model` must outlive the run.
    ComparisonRun(const Study& study, const LoadedModel& model, ComparisonPointer previous, int threads);
    // The traces of `like`, whose plans are known, on another input.
    ComparisonRun(const Comparison& like, EncodedInput input, const LoadedModel& model, int threads);

    std::size_t traces() const { return m_comparison.plans.size(); }
    // What is ready: all plans, and the traces that were taken.
    const Comparison& comparison() const { return m_comparison; }
    std::shared_ptr<const HeadPlan> planOf(const Plan& plan) const;
    // The trace as the previous comparison has it; null = it has to be computed.
    std::shared_ptr<const Trace> known(std::size_t trace) const;
    // What the previous comparison has of its first repeats; null = nothing.
    const TraceRepeats* begun(std::size_t trace) const;
    // The next trace, or with the plan of a candidate with fewer repeats a stage of it.
    std::shared_ptr<const Trace> compute(std::size_t trace, const HeadPlan& plan, Monitor& monitor) const;
    // The work on a trace as its part of the whole run.
    PartMonitor share(std::size_t trace, Monitor& monitor, std::string instead = {}) const;
    void take(std::shared_ptr<const Trace> trace);
    void note(const TraceRepeats& repeats);  // of a trace that is taken
    ComparisonPointer result() const;

private:
    const LoadedModel& m_model;
    ComparisonPointer m_previous;
    Comparison m_comparison;
    std::vector<std::vector<std::uint8_t>> m_kept;  // as ForwardRequest::keepMaps
};

}  // namespace ketscope
