// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/study/run_file.h"

#include "core/base/atomic_file.h"
#include "core/base/version.h"
#include "core/formats/hdf5.h"
#include "core/measures/concentration.h"
#include "core/measures/measures.h"
#include "core/study/run_file_diagnostics.h"
#include "core/study/run_file_input.h"
#include "core/study/run_file_model.h"
#include "core/study/run_file_repeats.h"
#include "core/study/sweep_file.h"

#include <limits>
#include <nlohmann/json.hpp>

namespace ketscope {

namespace {

// The way from the folder of `target` to the model; empty where there is none.
std::string relativePath(const std::filesystem::path& model, const std::filesystem::path& target)
{
    std::error_code error;
    const std::filesystem::path way = std::filesystem::relative(std::filesystem::absolute(model),
                                                                std::filesystem::absolute(target).parent_path(), error);
    return model.empty() || error ? std::string() : way.string();
}

constexpr float kNotKept = std::numeric_limits<float>::quiet_NaN();

// The maps of any layer that has them.
const Tensor& someMaps(const StackTrace& stack)
{
    return **std::ranges::find_if(stack.attention, [](const TensorPointer& maps) { return maps != nullptr; });
}

// (L, H, Nq, Nk): every layer, NaN where its maps were not kept, which an attribute of the stack says.
void writeMaps(Hdf5File& file, const std::string& group, const StackTrace& stack)
{
    std::vector<TensorPointer> layers;
    std::vector<std::size_t> kept;
    TensorPointer missing;
    for (std::size_t layer = 0; layer < stack.attention.size(); ++layer) {
        layers.push_back(stack.attention[layer]);
        if (layers.back()) {
            kept.push_back(layer);
            continue;
        }
        if (!missing) {
            Tensor values(someMaps(stack).shape());
            std::ranges::fill(values.values(), kNotKept);
            missing = std::make_shared<const Tensor>(std::move(values));
        }
        layers.back() = missing;
    }
    file.writeFloatBlocks(group + "/attention", layers);
    if (kept.size() != layers.size())
        file.setText(group, "kept_layers", formatIndexList(kept));
}

// (L, H, Nq) of one number for every row.
template <typename Measure>
void writeMeasure(Hdf5File& file, const std::string& path, const StackTrace& stack, const Measure& measure)
{
    const std::vector<std::size_t>& map = someMaps(stack).shape();
    Tensor values({stack.attention.size(), map[0], map[1]});
    float* next = values.data();
    for (const TensorPointer& layer : stack.attention)
        for (std::size_t head = 0; head < map[0]; ++head)
            for (std::size_t query = 0; query < map[1]; ++query)
                *next++ = layer ? static_cast<float>(measure(layer->matrix({head}).row(query), query)) : kNotKept;
    file.writeFloats(path, values.shape(), values.values());
}

void writeMeasures(Hdf5File& file, const std::string& path, const StackTrace& stack, const StackInfo& info,
                   const AttentionMask& mask)
{
    writeMeasure(file, path + "/entropy", stack, [](auto row, std::size_t) { return entropy(row); });
    writeMeasure(file, path + "/normalized_entropy", stack, [&](auto row, std::size_t query) {
        return normalizedEntropy(row, allowedKeys(mask, query, someMaps(stack).shape()[1], row.size()));
    });
    writeMeasure(file, path + "/gini", stack, [&](auto row, std::size_t query) {
        return giniCoefficient(row, allowedKeys(mask, query, someMaps(stack).shape()[1], row.size()));
    });
    // Between a word and a patch there is no distance.
    if (info.queries == info.keys)
        writeMeasure(file, path + "/mean_distance", stack,
                     [](auto row, std::size_t query) { return meanDistance(row, query); });
}

void writeStandardErrors(Hdf5File& file, const std::string& path, const StackTrace& stack)
{
    const auto given = std::ranges::find_if(stack.standardError, [](const TensorPointer& t) { return t != nullptr; });
    if (given == stack.standardError.end())
        return;
    const auto zero = std::make_shared<const Tensor>(Tensor::zeros((*given)->shape()));
    std::vector<TensorPointer> layers;
    for (const TensorPointer& layer : stack.standardError)
        layers.push_back(layer ? layer : zero);
    file.writeFloatBlocks(path + "/attention_standard_error", layers);
}

void writeTrace(Hdf5File& file, const Comparison& comparison, std::size_t index)
{
    const Trace& trace = *comparison.traces[index];
    const std::string path = "/traces/" + traceTag(index);
    file.makeGroup(path);
    const Plan plan = index == 0 ? Plan{} : comparison.study.candidates[index - 1];
    const bool single = plan.entries.size() == 1;
    file.setText(path, "mechanism",
                 plan.entries.empty() ? "exact"
                 : single             ? plan.entries[0].mechanism->info().id
                                      : "mixed");
    Json parameters = Json::object();
    if (single)
        for (const Parameter& parameter : plan.entries[0].parameters.definitions())
            parameters[parameter.id] = plan.entries[0].parameters.text(parameter.id);
    file.setText(path, "parameters", parameters.dump());
    file.setText(path, "plan", toJson(plan).dump());
    file.setWhole(path, "seed", comparison.study.seed);
    file.setNumber(path, "seconds", trace.seconds);
    for (std::size_t s = 0; s < trace.stacks.size(); ++s) {
        const StackTrace& stack = trace.stacks[s];
        const std::string group = path + "/" + stack.name;
        writeMaps(file, group, stack);
        file.setNumber(group, "first_computed_layer", static_cast<double>(stack.firstComputedLayer));
        if (!stack.hidden.empty())
            file.writeFloatBlocks(group + "/hidden_states", stack.hidden);
        writeStandardErrors(file, group, stack);
        writeDiagnostics(file, group, stack);
        const StackInfo& info = comparison.model.stacks[s];
        const auto keyAllowed = axisMask(comparison.input.model, info.keys, someMaps(stack).shape().at(2));
        writeMeasures(file, group, stack, info, {.causal = info.causal, .keyAllowed = keyAllowed});
    }
    for (const auto& [name, values] : trace.outputs)
        file.writeFloats(path + "/outputs/" + name, values->shape(), values->values());
    writeRepeats(file, path, comparison, index);
}

}  // namespace

std::uint64_t runFileBytes(const Comparison& comparison)
{
    std::uint64_t values = 0;
    for (const auto& trace : comparison.traces)
        for (const StackTrace& stack : trace->stacks) {
            values += stack.attention.size() * someMaps(stack).size();
            for (const TensorPointer& hidden : stack.hidden)
                values += hidden->size();
        }
    return values * sizeof(float);
}

void writeRunFile(const Comparison& comparison, const std::filesystem::path& target, Monitor& monitor)
{
    if (!comparison.recordedTitles.empty())
        refuse({target.string(), "a run of Ketscope's own", "attention captured elsewhere", "Copy its file instead."});
    AtomicFile place(target);
    Hdf5File file = Hdf5File::create(place.path());
    file.setText("/", "format", std::string(kRunFormat));
    file.setNumber("/", "version", kRunVersion);
    file.setText("/", "ketscope_version", versionString());
    file.setText("/", "model_path", comparison.model.path.string());
    if (const std::string way = relativePath(comparison.model.path, target); !way.empty())
        file.setText("/", "model_path_relative", way);
    file.setText("/", "model_sha256", comparison.weightsSha256);
    file.setText("/", "architecture", comparison.model.architecture);
    file.setText("/", "model", modelToJson(comparison.model).dump());
    file.setText("/", "study", toJson(comparison.study).dump());
    writeInput(file, comparison);
    for (std::size_t i = 0; i < comparison.traces.size(); ++i) {
        monitor.check();
        monitor.progress(static_cast<double>(i) / static_cast<double>(comparison.traces.size()),
                         "Writing trace " + traceTag(i));
        writeTrace(file, comparison, i);
    }
    if (comparison.outputLabels)
        file.writeStrings("/labels", *comparison.outputLabels);
    if (comparison.sweep && comparison.sweep->weightsSha256 == comparison.weightsSha256)
        writeSweepGroup(*comparison.sweep, file, std::string(kSweepGroup));
    file.close();
    monitor.check();
    place.commit();
}

}  // namespace ketscope
