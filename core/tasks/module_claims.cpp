// SPDX-License-Identifier: GPL-3.0-or-later
// Claim 10: the multi-head module of Q-Transformers.
#include "core/measures/number_text.h"
#include "core/nn/multihead_attention.h"
#include "core/study/plan.h"
#include "core/tasks/claim.h"
#include "core/tasks/claim_studies.h"
#include "core/tasks/normal_heads.h"
#include "core/tasks/timing.h"

#include <cmath>

namespace ketscope {

namespace {

constexpr std::size_t kEmbedding = 128;
constexpr std::size_t kHeads = 8;
constexpr std::size_t kTokens = 64;

// The state of a module with random weights.
MultiheadAttention randomModule(std::uint64_t seed)
{
    const double deviation = 1.0 / std::sqrt(static_cast<double>(kEmbedding));
    NamedTensors weights;
    weights["in_proj_weight"] = std::make_shared<Tensor>(normalTensor(3 * kEmbedding, kEmbedding, deviation, seed, 0));
    weights["out_proj.weight"] = std::make_shared<Tensor>(normalTensor(kEmbedding, kEmbedding, deviation, seed, 1));
    return {{.embedding = kEmbedding, .heads = kHeads}, weights};
}

double distance(const Tensor& found, const Tensor& exact)
{
    double off = 0.0;
    double all = 0.0;
    for (std::size_t i = 0; i < exact.size(); ++i) {
        off += std::pow(static_cast<double>(found.data()[i]) - exact.data()[i], 2);
        all += std::pow(exact.data()[i], 2);
    }
    return std::sqrt(off / all);
}

class ModuleBench {
public:
    explicit ModuleBench(std::uint64_t seed)
        : m_seed(seed), m_module(randomModule(seed)), m_other(randomModule(seed + 100000)),
          m_input(normalTensor(kTokens, kEmbedding, 1.0, seed, 2))
    {
    }

    Tensor run(const MultiheadAttention& module, const std::string& spec, const Monitor& monitor) const
    {
        HeadPlan plan({{1, kHeads, {}}}, m_seed);
        const PlanEntry entry = parseSpec(spec);
        const auto assignment =
            std::make_shared<const HeadAssignment>(HeadAssignment{entry.mechanism, entry.parameters});
        for (std::size_t head = 0; head < kHeads; ++head)
            plan.assign(0, 0, head, assignment);
        return module.forward(m_input, m_input, m_input, {}, plan, monitor).output;
    }

    double errorOf(const std::string& spec, bool copied, const Monitor& monitor) const
    {
        return distance(run(copied ? m_module : m_other, spec, monitor), run(m_module, "exact", monitor));
    }

    const MultiheadAttention& module() const { return m_module; }

private:
    std::uint64_t m_seed;
    MultiheadAttention m_module;
    MultiheadAttention m_other;
    Tensor m_input;
};

ClaimFindings measureMultihead(const ClaimBudget& budget, Monitor& monitor)
{
    const std::string published = "shots:estimator=stratified-published,shots=32,control=blend-thirty";
    const std::string correct = "shots:estimator=systematic,shots=128";
    std::vector<std::vector<double>> errors(4);
    const std::size_t modules = budget.of(30, 6);
    for (std::size_t i = 0; i < modules; ++i) {
        monitor.check();
        const ModuleBench bench(budget.seed + i);
        errors[0].push_back(bench.errorOf(published, false, monitor));
        errors[1].push_back(bench.errorOf("exact", false, monitor));
        errors[2].push_back(bench.errorOf("exact", true, monitor));
        errors[3].push_back(bench.errorOf(correct, true, monitor));
    }
    ClaimFindings findings;
    const std::string scope = "n = 64, E = 128, 8 heads; " + std::to_string(modules) + " modules with random weights";
    const auto add = [&](QuantityRole role, const std::string& name, std::size_t which,
                         std::optional<double> value = {}) {
        findings.quantities.push_back({role, name, "", scope, meanInterval(errors[which]), value});
        return findings.quantities.back().value;
    };
    const Interval apart = add(QuantityRole::AsPublished, "Output error against a module with other weights", 0, 1.775);
    const Interval unrelated =
        add(QuantityRole::Baseline, "Output error of two exact modules with different weights", 1);
    const Interval same = add(QuantityRole::Correct, "Output error with the weights copied, exact", 2);
    const Interval sampled =
        add(QuantityRole::Correct, "Output error with the weights copied, systematic shots (S = 128)", 3);
    const ModuleBench bench(budget.seed);
    const std::size_t repeats = budget.of(40, 8);
    const Interval slower =
        medianInterval(ratios(secondsOf([&] { bench.run(bench.module(), correct, monitor); }, repeats, monitor),
                              secondsOf([&] { bench.run(bench.module(), "exact", monitor); }, repeats, monitor)));
    findings.quantities.push_back({QuantityRole::Correct, "Times slower than the exact module, systematic shots", "×",
                                   "n = 64, E = 128, 8 heads; median of " + std::to_string(repeats) + " runs", slower,
                                   143.7 / 14.3});
    findings.reproduced = isReproduced(apart, 1.775);
    findings.holds = isAbove(sampled, 1.0);
    findings.conclusion =
        "Two exact modules with different weights are " + significantText(unrelated.mean)
        + " apart (about √2): the published error says nothing of the sampling. With the weights copied " + "it is "
        + significantText(same.mean) + " for exact attention and " + significantText(sampled.mean) + " for shots.";
    return findings;
}

}  // namespace

Claim multiheadClaim()
{
    return {10,
            ClaimKind::Result,
            "Q-Transformers",
            "The multi-head module differs from the classical one by 1.775 and takes 143.7 ms for 14.3 ms.",
            "Output error of modules with different and with copied weights, exact and sampled, and their times.",
            "It was compared with a module of its own random weights; any two such are about √2 apart.",
            measureMultihead,
            [] {
                return sentimentStudy({"shots:estimator=stratified-published,shots=32,control=blend-thirty",
                                       "shots:estimator=systematic,shots=128"});
            }};
}

}  // namespace ketscope
