// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/study/sweep.h"

#include "core/base/error.h"
#include "core/base/parallel.h"
#include "core/study/head_recorder.h"
#include "core/study/idle_parameters.h"
#include "core/study/sweep_heads.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace ketscope {

namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

// The combination with this number, the last axis fastest.
std::vector<std::string> combination(const std::vector<SweepAxis>& axes, std::size_t number)
{
    std::vector<std::string> values(axes.size());
    for (std::size_t i = axes.size(); i-- > 0;) {
        values[i] = axes[i].values[number % axes[i].values.size()];
        number /= axes[i].values.size();
    }
    return values;
}

std::size_t combinations(const std::vector<SweepAxis>& axes)
{
    std::size_t count = 1;
    for (const SweepAxis& axis : axes) {
        count *= axis.values.size();
        if (count > kMaximumCombinations)
            refuse({"sweep", "at most " + std::to_string(kMaximumCombinations) + " combinations of values", "more",
                    "Vary fewer parameters or give fewer values."});
    }
    return count;
}

// The candidate's parameters in every combination.
std::vector<Parameters> allParameters(const SweepRequest& request)
{
    std::vector<Parameters> all(combinations(request.axes), request.candidate.parameters);
    for (std::size_t number = 0; number < all.size(); ++number) {
        const auto values = combination(request.axes, number);
        for (std::size_t i = 0; i < values.size(); ++i)
            all[number].setText(request.axes[i].parameter, values[i]);
    }
    return all;
}

void checkAxes(const SweepRequest& request, const std::vector<Parameters>& all)
{
    for (std::size_t i = 0; i < request.axes.size(); ++i) {
        const std::string& id = request.axes[i].parameter;
        if (std::ranges::count(request.axes, id, &SweepAxis::parameter) > 1)
            refuse({"sweep", "every parameter once", "\"" + id + "\" twice", "Give all its values together."});
        const auto& definitions = request.candidate.parameters.definitions();
        const auto parameter = std::ranges::find(definitions, id, &Parameter::id);
        if (std::ranges::none_of(all, [&](const Parameters& p) { return p.isShown(*parameter); }))
            refuse({"sweep", "a parameter that has a meaning with the others as they are", "\"" + id + "\"",
                    "It needs " + missingCondition(all.front(), *parameter) + "."});
    }
    if (request.seeds < 1 || request.seeds > kMaximumSeeds)
        refuse({"sweep", "1 to " + std::to_string(kMaximumSeeds) + " seeds", std::to_string(request.seeds), ""});
}

bool leavesToChance(const Mechanism& mechanism, const Parameters& parameters, const HeadInput& head)
{
    const MechanismProperties properties = mechanism.properties(parameters);
    return properties.sampled || properties.randomFeatures || !mechanism.initialTensors(head, parameters).empty();
}

// The work of one sweep.
class SweepWork {
public:
    SweepWork(const SweepRequest& request, const LoadedModel& model, int threads, Monitor& monitor,
              const ComparisonPointer& previous)
        : m_request(request), m_model(model), m_threads(threads), m_monitor(monitor), m_all(allParameters(request))
    {
        checkAxes(request, m_all);
        Study study = request.study;
        study.candidates.clear();
        m_baseline = runStudy(study, model, previous, threads, monitor);
        const HeadPlan plan = resolve({{request.candidate}}, m_baseline->model, study.seed);
        m_heads = recordHeads(*m_baseline, model, plan, monitor);
        if (m_heads.empty())
            refuse({"sweep", "a candidate that patches a head", "none", "Choose layers and heads that the model has."});
        m_exact = exactHeads(m_heads, monitor);
        m_answers = outputTable(*m_baseline, 1);
        if (!m_answers.exclusive || !request.wholeModel)  // no distribution to compare, or nobody asks
            m_answers = {};
    }

    Sweep run()
    {
        Sweep sweep{m_request, m_baseline->model, m_baseline->weightsSha256, m_answers.title, "", {}};
        if (!m_answers.rows.empty())
            sweep.topAnswer = m_answers.rows.front().label;
        m_parts = m_all.size() + 3;
        const auto baseline = [&](const std::string& label, const Mechanism& mechanism) {
            sweep.rows.push_back(row(label, {}, mechanism, mechanism.defaults()));
        };
        baseline("exact", mechanism("exact"));
        baseline("uniform", mechanism("uniform"));
        baseline("zero", mechanism("zero"));
        for (std::size_t number = 0; number < m_all.size(); ++number)
            sweep.rows.push_back(
                row("swept", combination(m_request.axes, number), *m_request.candidate.mechanism, m_all[number]));
        return sweep;
    }

private:
    SweepRow row(const std::string& label, std::vector<std::string> values, const Mechanism& mechanism,
                 const Parameters& parameters)
    {
        const bool random = leavesToChance(mechanism, parameters, m_heads.front()->input);
        SweepRow result{
            label, std::move(values), random ? m_request.seeds : 1, !publishedFaults(parameters).empty(), {}};
        std::vector<std::vector<double>> runs(sweepMeasures().size());
        for (std::size_t i = 0; i < result.runs; ++i) {
            m_monitor.progress((static_cast<double>(m_done) + static_cast<double>(i) / static_cast<double>(result.runs))
                                   / static_cast<double>(m_parts),
                               label + " " + std::to_string(m_done + 1) + " of " + std::to_string(m_parts));
            m_monitor.check();
            const std::uint64_t seed = m_request.study.seed + i;
            std::vector<double> found = measureHeads(m_heads, m_exact, mechanism, parameters, seed, m_monitor);
            std::ranges::copy(measureModel(mechanism, parameters, seed), std::back_inserter(found));
            for (std::size_t k = 0; k < runs.size(); ++k)
                runs[k].push_back(found[k]);
        }
        for (const auto& measured : runs) {
            result.measures.push_back(meanInterval(measured));
            if (!random)  // nothing to spread over: the number itself
                result.measures.back().low = result.measures.back().high = result.measures.back().mean;
        }
        ++m_done;
        return result;
    }

    // The probability of the exact model's first answer, and KL(exact‖this) in nats.
    std::vector<double> measureModel(const Mechanism& mechanism, const Parameters& parameters, std::uint64_t seed)
    {
        if (m_answers.rows.empty())
            return {kNone, kNone};
        Study study = m_request.study;
        study.seed = seed;
        PlanEntry entry = m_request.candidate;
        entry.mechanism = &mechanism;
        entry.parameters = parameters;
        study.candidates = {{{entry}}};
        QuietMonitor quiet(m_monitor);
        const OutputChange change = outputChanges(*runStudy(study, m_model, m_baseline, m_threads, quiet)).back();
        return {change.topOfA, change.kl};
    }

    const SweepRequest& m_request;
    const LoadedModel& m_model;
    int m_threads;
    Monitor& m_monitor;
    std::vector<Parameters> m_all;
    ComparisonPointer m_baseline;
    std::vector<std::unique_ptr<RecordedHead>> m_heads;
    std::vector<HeadResults> m_exact;
    OutputTable m_answers;
    std::size_t m_done = 0;
    std::size_t m_parts = 1;
};

}  // namespace

SweepAxis parseAxis(std::string_view text)
{
    const std::size_t equals = text.find('=');
    SweepAxis axis{std::string(text.substr(0, equals)), {}};
    const std::string_view list = equals == std::string_view::npos ? std::string_view() : text.substr(equals + 1);
    for (std::size_t begin = 0; !list.empty() && begin <= list.size();) {
        const std::size_t end = std::min(list.find(',', begin), list.size());
        axis.values.emplace_back(list.substr(begin, end - begin));
        begin = end + 1;
    }
    const bool blank = std::ranges::any_of(axis.values, [](const std::string& value) { return value.empty(); });
    if (axis.parameter.empty() || axis.values.empty() || blank)
        refuse({"--vary", "parameter=value,value,…", "\"" + std::string(text) + "\"", "Example: shots=16,64,256"});
    return axis;
}

const std::vector<SweepMeasure>& sweepMeasures()
{
    static const std::vector<SweepMeasure> measures = {
        {"weight_error", "Relative error of the weights", ""},
        {"weight_variation", "Total variation of rows", ""},
        {"weight_divergence", "KL divergence of rows from exact", "nats"},
        {"weight_jensen_shannon", "Jensen–Shannon divergence of rows from exact", "nats"},
        {"weight_maximum", "Largest |Δ| of a weight from exact", ""},
        {"standard_error", "Largest standard error of a weight", ""},
        {"output_error", "Relative error of the output", ""},
        {"entropy", "Entropy of rows", "nats"},
        {"entropy_corrected", "Entropy, corrected for shots", "nats"},
        {"flops", "Operations of the patched heads", ""},
        {"seconds", "Time of the patched heads on one thread", "s"},
        {"shots", "Shots", ""},
        {"probability_of_top", "Probability of the exact model's first answer", ""},
        {"output_divergence", "KL divergence of the answers from exact", "nats"},
    };
    return measures;
}

std::size_t sweepMeasureIndex(std::string_view id)
{
    std::string known;
    for (std::size_t i = 0; i < sweepMeasures().size(); ++i) {
        if (sweepMeasures()[i].id == id)
            return i;
        known += (known.empty() ? "" : ", ") + sweepMeasures()[i].id;
    }
    refuse({"measure", "one of " + known, '"' + std::string(id) + '"', ""});
}

bool sweepIsCurrent(const Sweep& sweep, const Study& study)
{
    const Study& done = sweep.request.study;
    if (done.modelPath != study.modelPath || done.input != study.input || done.seed != study.seed)
        return false;
    PlanEntry then = sweep.request.candidate;
    const auto same = [&](PlanEntry now) {
        if (now.mechanism != then.mechanism)
            return false;
        for (const SweepAxis& axis : sweep.request.axes)
            now.parameters.set(axis.parameter, then.parameters.real(axis.parameter));
        return now == then;
    };
    return std::ranges::any_of(study.candidates,
                               [&](const Plan& plan) { return std::ranges::any_of(plan.entries, same); });
}

Sweep runSweep(const SweepRequest& request, const LoadedModel& model, int threads, Monitor& monitor,
               const ComparisonPointer& previous)
{
    setThreads(threads);
    return SweepWork(request, model, threads, monitor, previous).run();
}

PlanEntry onSelectedHead(PlanEntry entry, const Selection& selection, const ModelInfo& model)
{
    entry.stack = model.stacks.at(selection.stack).name;
    entry.layers = {selection.layer};
    entry.heads = {selection.head};
    return entry;
}

double countForError(double count, double now, double target)
{
    const double ratio = now / target;
    return std::max(1.0, std::ceil(count * ratio * ratio - 1e-9));
}

}  // namespace ketscope
