// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/study/plan_table.h"
#include "core/study/repeat_record.h"
#include "core/study/sweep.h"

#include <cmath>
#include <limits>

namespace ketscope {

namespace {

SweepRow rowOf(const RepeatStage& stage, double error)
{
    constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
    SweepRow row;
    row.label = "swept";
    row.values = {std::to_string(stage.repeats)};
    row.measures.assign(sweepMeasures().size(), {kNone, kNone, kNone});
    row.measures[sweepMeasureIndex("standard_error")].mean = error;
    return row;
}

}  // namespace

std::shared_ptr<const Sweep> sweepOfStages(const Comparison& comparison, std::size_t trace)
{
    const TraceRepeats* repeats = repeatsOf(comparison, trace);
    if (repeats == nullptr || (repeats->stages.size() < 2 && !repeats->asked))
        return nullptr;
    const Study asked = askedStudy(comparison);
    const Selection& at = comparison.study.selection;
    const Plan& plan = asked.candidates.at(trace - 1);
    const auto deciding = decidingEntry(plan, comparison.model, at.stack, at.layer, at.head);
    if (!deciding)
        return nullptr;
    auto sweep = std::make_shared<Sweep>();
    sweep->ofStages = true;
    sweep->model = comparison.model;
    sweep->weightsSha256 = comparison.weightsSha256;
    sweep->request.study = asked;
    sweep->request.candidate = onSelectedHead(plan.entries[*deciding], at, comparison.model);
    sweep->request.seeds = 1;
    sweep->request.wholeModel = false;
    SweepAxis axis{"repeats", {}};
    const std::uint64_t own = mostDraws({{plan.entries[*deciding]}});
    for (const RepeatStage& stage : repeats->stages) {
        const double error = stage.maximumError.at(at.stack)->matrix()(at.layer, at.head);
        if (!std::isfinite(error) || stage.repeats > own)
            continue;  // more repeats of other heads tell nothing of this one
        axis.values.push_back(std::to_string(stage.repeats));
        sweep->rows.push_back(rowOf(stage, error));
    }
    if (axis.values.empty() || own < 2)
        return nullptr;
    if (axis.values.back() != std::to_string(own))
        axis.values.push_back(std::to_string(own));
    sweep->request.axes = {axis};
    return sweep;
}

}  // namespace ketscope
