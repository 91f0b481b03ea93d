// SPDX-License-Identifier: GPL-3.0-or-later
// Claims 11 and 12: noise and error correction in Q-Transformers.
#include "core/measures/number_text.h"
#include "core/quantum/mitigation.h"
#include "core/tasks/claim.h"
#include "core/tasks/claim_studies.h"
#include "core/tasks/normal_heads.h"
#include "core/tasks/timing.h"

namespace ketscope {

namespace {

constexpr QuantityRole kPublished = QuantityRole::AsPublished;
constexpr QuantityRole kCorrect = QuantityRole::Correct;

ClaimFindings measureNoiseTime(const ClaimBudget& budget, Monitor& monitor)
{
    const NormalHeads heads(64, 64, 1, budget.seed);
    const std::size_t repeats = budget.of(60, 10);
    ClaimFindings findings;
    const auto add = [&](QuantityRole role, const std::string& name, const std::string& spec,
                         std::optional<double> published = {}) {
        const Interval time = scaled(medianInterval(secondsOf(heads.input(0), spec, repeats, true, monitor)), 1e3);
        findings.quantities.push_back(
            {role, name, "ms", "n = 64, d = 64, S = 32; median of " + std::to_string(repeats) + " runs, one thread",
             time, published});
        return time;
    };
    const Interval published = add(kPublished, "Time with amplitudes mixed",
                                   "shots:estimator=amplitudes-published,shots=32,amplitude-noise=0.01", 2.0);
    const Interval real = add(kCorrect, "Time with depolarising noise on every qubit of the register",
                              "shots:shots=32,register=on,noise=depolarizing,lambda=0.01");
    add(kCorrect, "Time with thermal relaxation and readout error",
        "shots:shots=32,register=on,noise=thermal-relaxation,readout=on");
    add(QuantityRole::Baseline, "Time without noise", "shots:shots=32");
    add(QuantityRole::Baseline, "Time of exact attention", "exact");
    findings.reproduced = isBelow(published, 2.0);
    findings.holds = isBelow(real, 2.0);
    findings.conclusion =
        "The time is met by a real channel too: " + significantText(real.mean) + " ms here ("
        + significantText(published.mean)
        + " ms as published). Measured in the basis of the keys every channel is a classical map on bits, "
          "so nothing quantum has to be simulated.";
    return findings;
}

// Total variation from the exact rows.
struct Variations {
    const NormalHeads& heads;
    Monitor& monitor;
    ClaimFindings& findings;

    Interval add(QuantityRole role, const std::string& name, const std::string& spec, const std::string& detail) const
    {
        findings.quantities.push_back(
            {role, name, "", heads.scope(detail), heads.mean(spec, "weight_variation", monitor)});
        return findings.quantities.back().value;
    }
};

ClaimFindings measureNoiseModels(const ClaimBudget& budget, Monitor& monitor)
{
    const NormalHeads heads(32, 64, budget.of(20, 4), budget.seed);
    const std::string register_ = "shots:estimator=exact,register=on,noise=";
    ClaimFindings findings;
    const Variations variations{heads, monitor, findings};
    // So many shots that their own noise does not show.
    const std::string many = std::to_string(budget.of(1048576, 262144));
    const std::string mixing = "shots:estimator=amplitudes-published,shots=" + many + ",amplitude-noise=";
    const Interval sampling =
        variations.add(QuantityRole::Baseline, "Change of rows by shots alone", "shots:shots=" + many, "S = " + many);
    const Interval published =
        variations.add(kPublished, "Change of rows, amplitudes mixed", mixing + "0.1", "p = 0.1");
    const Interval real =
        variations.add(kCorrect, "Change of rows, depolarising", register_ + "depolarizing,lambda=0.1", "λ = 0.1");
    const Interval whole = variations.add(kCorrect, "Change of rows, depolarising the whole register",
                                          register_ + "depolarizing-register,lambda=0.1", "λ = 0.1");
    variations.add(kCorrect, "Change of rows, amplitude damping", register_ + "amplitude-damping,gamma=0.1", "γ = 0.1");
    variations.add(kCorrect, "Change of rows, phase damping", register_ + "phase-damping,lambda=0.1", "λ = 0.1");
    variations.add(kCorrect, "Change of rows, readout error", register_ + "none,readout=on", "2 % each way");
    const Interval mitigated =
        variations.add(kCorrect, "Change of rows, depolarising, then zero-noise extrapolation",
                       register_ + "depolarizing,lambda=0.1,mitigation=zero-noise", "λ = 0.1, scales 1, 3, 5");
    findings.quantities.push_back({kCorrect, "Logical error of the three-qubit repetition code, decoded", "",
                                   "bit-flip probability 0.01; 3p² − 2p³", exactly(repetitionCodeError(0.01))});
    // A strength that means the same must act the same, whichever depolarising channel was meant.
    const Interval off{published.mean - sampling.high, published.low - sampling.high, published.high - sampling.low};
    const Answer asLocal = isReproduced(off, real.mean);
    const Answer asWhole = isReproduced(off, whole.mean);
    findings.holds = either(asLocal, asWhole);
    findings.conclusion = "At a strength of 0.1 mixed amplitudes move rows by " + significantText(published.mean)
                          + ", real depolarising noise by " + significantText(real.mean) + " (qubit by qubit) or "
                          + significantText(whole.mean) + " (whole register). Mitigation takes the first to "
                          + significantText(mitigated.mean) + "; what is published as correction decodes nothing.";
    return findings;
}

Study noiseStudy()
{
    return sentimentStudy({"shots:estimator=amplitudes-published,shots=1024,amplitude-noise=0.1@layers=4-5",
                           "shots:estimator=exact,register=on,noise=depolarizing,lambda=0.1@layers=4-5"},
                          "quantum");
}

}  // namespace

Claim noiseTimeClaim()
{
    return {11,
            ClaimKind::Result,
            "Q-Transformers",
            "A noisy 64 × 64 simulation in less than 2 ms.",
            "Processor time of one head of 64 tokens with the published mixing of amplitudes and with real channels.",
            "What is timed is a vectorised multinomial draw; the noise is not that of any device.",
            measureNoiseTime,
            noiseStudy};
}

Claim noiseModelsClaim()
{
    return {12,
            ClaimKind::Result,
            "Q-Transformers",
            "Four realistic noise models, and error correction.",
            "How far equal strengths of the published depolarising and of real channels move attention rows, and what "
            "mitigation takes back.",
            "The published models act on amplitudes: one mixes them, one scales them all (which does nothing after "
            "normalising), two add random numbers. The correction code adds gates and decodes nothing.",
            measureNoiseModels,
            noiseStudy};
}

}  // namespace ketscope
