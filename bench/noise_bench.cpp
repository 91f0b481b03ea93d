// SPDX-License-Identifier: GPL-3.0-or-later
#include "bench/benchmarks.h"
#include "core/quantum/ansatz.h"
#include "core/quantum/trajectory.h"

#include <benchmark/benchmark.h>
#include <string>

namespace ketscope::bench {

namespace {

constexpr std::size_t kLayers = 4;

// Layers of RY, RZ and a ring of CNOTs with a channel on every wire of every gate.
struct NoisyCircuit {
    NoisyCircuit(std::size_t qubits, KrausOperators kraus)
        : circuit(pqcAnsatz(qubits, kLayers)), angles(circuit.parameterCount()), noise{std::move(kraus)}
    {
        RandomStream random({}, 0, 1);
        for (double& angle : angles)
            angle = 6.0 * random.uniform() - 3.0;
    }

    Circuit circuit;
    std::vector<double> angles;
    Noise noise;
};

void density(benchmark::State& state, const NoisyCircuit& noisy)
{
    for (auto _ : state) {
        DensityMatrix rho(noisy.circuit.qubits());
        rho.apply(noisy.circuit, noisy.angles, noisy.noise, NoisePlace::AfterEachGate);
        benchmark::DoNotOptimize(rho.trace());
    }
}

// One run; a score takes 32 of them.
void trajectory(benchmark::State& state, const NoisyCircuit& noisy)
{
    RandomStream stream({}, 0, 2);
    std::vector<std::complex<double>> psi;
    for (auto _ : state) {
        psi.assign(std::size_t{1} << noisy.circuit.qubits(), 0.0);
        psi[0] = 1.0;
        runTrajectory(psi, noisy.circuit, noisy.angles, noisy.noise, NoisePlace::AfterEachGate, stream);
        benchmark::DoNotOptimize(psi.data());
    }
}

}  // namespace

void addNoise()
{
    using Run = void (*)(benchmark::State&, const NoisyCircuit&);
    const auto add = [](const std::string& name, Run run, std::size_t qubits) {
        for (const auto& [channel, kraus] :
             {std::pair{"depolarizing", depolarizing(0.02)}, {"amplitude-damping", amplitudeDamping(0.02)}})
            benchmark::RegisterBenchmark(("noise/" + name + "/" + channel + "/layers:" + std::to_string(kLayers)
                                          + "/qubits:" + std::to_string(qubits))
                                             .c_str(),
                                         run, NoisyCircuit(qubits, kraus))
                ->Unit(benchmark::kMicrosecond);
    };
    for (const std::size_t qubits : {4UL, 6UL, 8UL})
        add("density", density, qubits);
    for (const std::size_t qubits : {4UL, 8UL, 12UL, 16UL})
        add("trajectory", trajectory, qubits);
}

}  // namespace ketscope::bench
