// SPDX-License-Identifier: GPL-3.0-or-later
#include "bench/benchmarks.h"
#include "core/attention/mechanism.h"
#include "core/base/tensor.h"

#include <benchmark/benchmark.h>
#include <cmath>

namespace ketscope::bench {

namespace {

constexpr std::size_t kHeadSize = 64;

Tensor normalMatrix(std::size_t rows, std::uint16_t purpose)
{
    Tensor matrix({rows, kHeadSize});
    RandomStream random({}, 0, purpose);
    for (float& value : matrix.values())
        value = static_cast<float>(random.normal());
    return matrix;
}

// One head with its default parameters, d = 64, weights and output, on one thread.
void attend(benchmark::State& state, const Mechanism& mechanism)
{
    const auto tokens = static_cast<std::size_t>(state.range(0));
    const Tensor queries = normalMatrix(tokens, 1);
    const Tensor keys = normalMatrix(tokens, 2);
    const Tensor values = normalMatrix(tokens, 3);
    HeadInput input;
    input.queries = queries.matrix();
    input.keys = keys.matrix();
    input.values = values.matrix();
    input.layerInput = queries.matrix();
    input.scale = 1.0F / std::sqrt(static_cast<float>(kHeadSize));
    Tensor weights({tokens, tokens});
    Tensor result({tokens, kHeadSize});
    HeadOutput output;
    output.weights = weights.matrix();
    output.output = result.matrix();
    const Parameters parameters = mechanism.defaults();
    for (auto _ : state) {
        attendHead(mechanism, input, parameters, output, Monitor());
        benchmark::DoNotOptimize(result.data());
    }
    state.counters["flops"] =
        benchmark::Counter(mechanism.flops(input, parameters), benchmark::Counter::kIsIterationInvariantRate);
}

}  // namespace

void addMechanisms()
{
    for (const Mechanism* mechanism : mechanisms())
        benchmark::RegisterBenchmark(("mechanism/" + mechanism->info().id).c_str(), attend, std::cref(*mechanism))
            ->ArgName("tokens")
            ->Arg(64)
            ->Arg(128)
            ->Arg(512)
            ->UseRealTime()
            ->Unit(benchmark::kMicrosecond);
}

}  // namespace ketscope::bench
