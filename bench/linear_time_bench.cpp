// SPDX-License-Identifier: GPL-3.0-or-later
#include "bench/benchmarks.h"
#include "core/attention/mechanism.h"
#include "core/base/tensor.h"

#include <algorithm>
#include <benchmark/benchmark.h>
#include <cmath>
#include <ctime>
#include <limits>
#include <map>
#include <string>

namespace ketscope::bench {

namespace {

constexpr std::size_t kHeadSize = 64;

// Queries, keys and values N(0, ¼): logits of standard deviation ¼.
struct Head {
    explicit Head(std::size_t tokens, bool causal)
        : queries(normalMatrix(tokens, 1)), keys(normalMatrix(tokens, 2)), values(normalMatrix(tokens, 3)),
          output({tokens, kHeadSize})
    {
        input.queries = queries.matrix();
        input.keys = keys.matrix();
        input.values = values.matrix();
        input.layerInput = queries.matrix();
        input.mask.causal = causal;
        input.scale = 1.0F / std::sqrt(static_cast<float>(kHeadSize));
    }

    static Tensor normalMatrix(std::size_t rows, std::uint16_t purpose)
    {
        Tensor matrix({rows, kHeadSize});
        RandomStream random({}, 0, purpose);
        for (float& value : matrix.values())
            value = static_cast<float>(0.5 * random.normal());
        return matrix;
    }

    Tensor queries;
    Tensor keys;
    Tensor values;
    Tensor output;
    HeadInput input;
};

// How far the output is from exact attention's, ‖Ĥ − H‖/‖H‖: speed is never shown without it.
double outputError(Head& head, const Mechanism& mechanism, const Parameters& parameters)
{
    const Mechanism& exact = ketscope::mechanism("exact");
    Tensor reference({head.output.shape()[0], kHeadSize});
    attendHead(exact, head.input, exact.defaults(), {{}, reference.matrix(), {}, {}}, Monitor());
    attendHead(mechanism, head.input, parameters, {{}, head.output.matrix(), {}, {}}, Monitor());
    double difference = 0.0;
    double whole = 0.0;
    for (std::size_t i = 0; i < reference.size(); ++i) {
        const double h = reference.values()[i];
        difference += (head.output.values()[i] - h) * (head.output.values()[i] - h);
        whole += h * h;
    }
    return std::sqrt(difference / whole);
}

// Seconds of processor time for the output of one head.
double outputSeconds(Head& head, const Mechanism& mechanism, const Parameters& parameters)
{
    const std::clock_t start = std::clock();
    attendHead(mechanism, head.input, parameters, {{}, head.output.matrix(), {}, {}}, Monitor());
    return static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
}

// How many times faster than exact attention: best against best of rounds that alternate. With a causal mask that is causal
// exact attention, which leaves out the half that no row sees.
double speedOverExact(Head& head, const Mechanism& mechanism, const Parameters& parameters)
{
    constexpr int kRounds = 7;
    const Mechanism& exact = ketscope::mechanism("exact");
    double ofExact = std::numeric_limits<double>::infinity();
    double own = ofExact;
    for (int round = 0; round < kRounds; ++round) {
        ofExact = std::min(ofExact, outputSeconds(head, exact, exact.defaults()));
        own = std::min(own, outputSeconds(head, mechanism, parameters));
    }
    return ofExact / own;
}

// One head, d = 64, the output alone, on one thread, preparation included.
void attendOutput(benchmark::State& state, const Mechanism& mechanism, const Parameters& parameters, bool causal)
{
    Head head(static_cast<std::size_t>(state.range(0)), causal);
    for (auto _ : state) {
        attendHead(mechanism, head.input, parameters, {{}, head.output.matrix(), {}, {}}, Monitor());
        benchmark::DoNotOptimize(head.output.data());
    }
    state.counters["us_per_token"] =
        benchmark::Counter(static_cast<double>(state.range(0)) * 1e-6,
                           benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
    if (state.range(0) <= 2048 && mechanism.info().id != "exact") {
        state.counters["output_error"] = outputError(head, mechanism, parameters);
        state.counters["times_exact"] = speedOverExact(head, mechanism, parameters);
    }
}

struct Case {
    std::string mechanism;
    std::string size;  // the parameter that says how many features, rows or landmarks
    std::map<std::string, std::string> others = {};
};

void add(const Case& which, const std::string& size, bool causal)
{
    const Mechanism& mechanism = ketscope::mechanism(which.mechanism);
    Parameters parameters = mechanism.defaults();
    std::string name = "linear_time/" + which.mechanism;
    if (!which.size.empty()) {
        parameters.setText(which.size, size);
        name += "/" + which.size + ":" + size;
    }
    for (const auto& [id, text] : which.others)
        parameters.setText(id, text);
    benchmark::RegisterBenchmark((name + (causal ? "/causal" : "")).c_str(), attendOutput, std::cref(mechanism),
                                 parameters, causal)
        ->ArgName("tokens")
        ->Arg(64)
        ->Arg(512)
        ->Arg(1024)
        ->Arg(2048)
        ->Arg(8192)
        ->Arg(32768)
        ->UseRealTime()
        ->Unit(benchmark::kMicrosecond);
}

}  // namespace

void addLinearTime()
{
    const std::vector<Case> cases = {{"rff", "m", {{"rule", "linear"}}},
                                     {"rfa", "m"},
                                     {"performer", "m"},
                                     {"linformer", "rank"},
                                     {"nystrom", "landmarks"}};
    for (const bool causal : {false, true}) {
        add({"exact", ""}, "", causal);
        for (const Case& which : cases)
            for (const char* size : {"64", "128", "256"})
                add(which, size, causal);
    }
}

}  // namespace ketscope::bench
