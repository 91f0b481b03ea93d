// SPDX-License-Identifier: GPL-3.0-or-later
#include "bench/benchmarks.h"
#include "core/quantum/ansatz.h"
#include "core/quantum/state_batch.h"

#include <benchmark/benchmark.h>
#include <string>

namespace ketscope::bench {

namespace {

std::vector<double> randomAngles(const Circuit& circuit)
{
    RandomStream random({}, 0, 1);
    std::vector<double> angles(circuit.parameterCount());
    for (double& angle : angles)
        angle = 6.0 * random.uniform() - 3.0;
    return angles;
}

// 20 layers of RY, RZ and a ring of CNOTs on one state, planning of the layers included.
template <typename Vector> void oneState(benchmark::State& state, std::size_t qubits)
{
    const Circuit circuit = pqcAnsatz(qubits, 20);
    const std::vector<double> angles = randomAngles(circuit);
    Vector psi{StateVector(qubits)};
    for (auto _ : state) {
        psi.apply(circuit, angles);
        benchmark::DoNotOptimize(psi.amplitudes().data());
    }
}

// Four layers on the states of many tokens at once.
template <typename Real> void batch(benchmark::State& state, std::size_t qubits)
{
    const auto tokens = static_cast<std::size_t>(state.range(0));
    const Circuit circuit = pqcAnsatz(qubits, 4);
    const std::vector<double> angles = randomAngles(circuit);
    BasicStateBatch<Real> states(qubits, tokens);
    for (auto _ : state)
        states.apply(circuit, angles);
    state.counters["tokens/s"] =
        benchmark::Counter(static_cast<double>(tokens), benchmark::Counter::kIsIterationInvariantRate);
}

}  // namespace

void addStateVectors()
{
    using Run = void (*)(benchmark::State&, std::size_t);
    for (const auto& [precision, run] :
         {std::pair<std::string, Run>("double", oneState<StateVector>), {"single", oneState<SingleStateVector>}})
        for (const std::size_t qubits : {10UL, 14UL, 16UL, 20UL})
            benchmark::RegisterBenchmark(
                ("state-vector/" + precision + "/layers:20/qubits:" + std::to_string(qubits)).c_str(), run, qubits)
                ->MeasureProcessCPUTime()
                ->UseRealTime()
                ->Unit(benchmark::kMicrosecond);
    for (const auto& [precision, run] :
         {std::pair<std::string, Run>("double", batch<double>), {"single", batch<float>}})
        for (const std::size_t qubits : {4UL, 6UL, 8UL, 10UL})
            benchmark::RegisterBenchmark(
                ("state-batch/" + precision + "/layers:4/qubits:" + std::to_string(qubits)).c_str(), run, qubits)
                ->ArgName("tokens")
                ->Arg(16)
                ->Arg(128)
                ->UseRealTime()
                ->Unit(benchmark::kMicrosecond);
}

}  // namespace ketscope::bench
