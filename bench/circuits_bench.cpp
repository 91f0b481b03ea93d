// SPDX-License-Identifier: GPL-3.0-or-later
#include "bench/benchmarks.h"
#include "core/base/tensor.h"
#include "core/quantum/ansatz.h"
#include "core/quantum/circuit_features.h"

#include <benchmark/benchmark.h>
#include <string>

namespace ketscope::bench {

namespace {

struct Head {
    explicit Head(std::size_t qubits, std::size_t count) : tokens({count, std::size_t{1} << qubits})
    {
        RandomStream random({}, 0, 2);
        for (float& x : tokens.values())
            x = static_cast<float>(random.normal());
        angles.resize(circuitOf(qubits).parameterCount());
        for (double& angle : angles)
            angle = 6.0 * random.uniform() - 3.0;
        strings = drawPauliStrings(qubits, 16, {.distinct = false}, random);
        gradients.resize(count * strings.size());
        for (double& x : gradients)
            x = random.normal();
    }

    static Circuit circuitOf(std::size_t qubits) { return qisaAnsatz(qubits, 1); }

    Tensor tokens;
    std::vector<double> angles;
    std::vector<PauliString> strings;
    std::vector<double> gradients;
};

// Values of a QISA head with 16 strings, and the way back to angles and tokens, as a training step does them: what is
// precomputed counts.
void head(benchmark::State& state, std::size_t qubits, CircuitExecution execution, bool backward)
{
    const auto count = static_cast<std::size_t>(state.range(0));
    const Head of(qubits, count);
    std::vector<double> ofAngles(of.angles.size(), 0.0);
    Tensor ofTokens = Tensor::zeros(of.tokens.shape());
    for (auto _ : state) {
        const CircuitFeatures features(Head::circuitOf(qubits), of.angles, of.strings, execution);
        if (backward)
            features.backward(of.tokens.matrix(), of.gradients, ofAngles, ofTokens.matrix());
        else
            benchmark::DoNotOptimize(features.apply(of.tokens.matrix()));
    }
    state.counters["tokens/s"] =
        benchmark::Counter(static_cast<double>(count), benchmark::Counter::kIsIterationInvariantRate);
}

}  // namespace

void addCircuits()
{
    constexpr std::pair<const char*, CircuitExecution> kExecutions[] = {{"gates", CircuitExecution::Gates},
                                                                        {"unitary", CircuitExecution::Unitary},
                                                                        {"observables", CircuitExecution::Observables}};
    for (const auto& [name, execution] : kExecutions)
        for (const bool backward : {false, true})
            for (const std::size_t qubits : {4UL, 6UL, 8UL})
                benchmark::RegisterBenchmark(("circuit-head/" + std::string(name)
                                              + (backward ? "/backward" : "/forward")
                                              + "/strings:16/qubits:" + std::to_string(qubits))
                                                 .c_str(),
                                             head, qubits, execution, backward)
                    ->ArgName("tokens")
                    ->Arg(16)
                    ->Arg(32)
                    ->Arg(128)
                    ->MeasureProcessCPUTime()
                    ->UseRealTime()
                    ->Unit(benchmark::kMicrosecond);
}

}  // namespace ketscope::bench
