// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/study/run_file_repeats.h"

#include "core/base/error.h"
#include "core/study/output_errors.h"

#include <nlohmann/json.hpp>

namespace ketscope {

namespace {

constexpr std::size_t kMostStages = 64;

// One standard error of every element.
Tensor errorsOf(const std::vector<TensorPointer>& leftOut)
{
    Tensor errors(leftOut.front()->shape());
    std::vector<double> values(leftOut.size());
    for (std::size_t i = 0; i < errors.size(); ++i) {
        for (std::size_t group = 0; group < values.size(); ++group)
            values[group] = leftOut[group]->values()[i];
        errors.values()[i] = static_cast<float>(jackknifeError(values));
    }
    return errors;
}

[[noreturn]] void wrong(const std::string& where, const std::string& expected, const std::string& found)
{
    refuse({where, expected, found, "See the run-file layout in the documentation."});
}

std::vector<RepeatStage> readStages(const Hdf5File& file, const std::string& where, const std::string& path,
                                    const Trace& trace)
{
    std::vector<RepeatStage> stages;
    for (const std::int64_t repeats : file.readIntegers(path + "/stages"))
        if (repeats < 1 || stages.size() == kMostStages)
            wrong(where + path, "at most 64 stages of one repeat or more", std::to_string(repeats));
        else
            stages.push_back({static_cast<std::uint64_t>(repeats), {}});
    for (const StackTrace& stack : trace.stacks) {
        const std::string array = path + "/" + stack.name + "/maximum_standard_error";
        const std::vector<std::size_t> shape = file.shape(array);
        if (shape.size() != 3 || shape[0] != stages.size() || shape[1] != stack.attention.size())
            wrong(where + array, "(stages, layers, heads) values", "others");
        for (std::size_t stage = 0; stage < stages.size(); ++stage)
            stages[stage].maximumError.push_back(std::make_shared<const Tensor>(file.readFloatsAt(array, {stage})));
    }
    return stages;
}

std::vector<std::shared_ptr<const Trace>> readLeftOut(const Hdf5File& file, const std::string& where,
                                                      const std::string& path, const Trace& trace)
{
    std::vector<std::shared_ptr<Trace>> passes;
    for (const std::string& name : file.members(path)) {
        const std::string array = path + "/" + name;
        std::vector<std::size_t> shape = file.shape(array);
        const auto whole = trace.outputs.find(name);
        const std::size_t groups = shape.empty() ? 0 : shape.front();
        if (!shape.empty())
            shape.erase(shape.begin());
        if (groups < 2 || groups > kMostGroups || (!passes.empty() && passes.size() != groups)
            || whole == trace.outputs.end() || shape != whole->second->shape())
            wrong(where + array, "2 to " + std::to_string(kMostGroups) + " times the shape of the output", "another");
        passes.resize(groups);
        for (std::size_t group = 0; group < groups; ++group) {
            if (!passes[group])
                passes[group] = std::make_shared<Trace>();
            passes[group]->outputs[name] = std::make_shared<const Tensor>(file.readFloatsAt(array, {group}));
        }
    }
    return {passes.begin(), passes.end()};
}

}  // namespace

void writeRepeats(Hdf5File& file, const std::string& path, const Comparison& comparison, std::size_t trace)
{
    const TraceRepeats* repeats = repeatsOf(comparison, trace);
    if (repeats == nullptr)
        return;
    if (repeats->asked)
        file.setText(path, "plan_asked", toJson(*repeats->asked).dump());
    if (!repeats->stages.empty()) {
        std::vector<std::int64_t> counts;
        for (const RepeatStage& stage : repeats->stages)
            counts.push_back(static_cast<std::int64_t>(stage.repeats));
        file.writeIntegers(path + "/repeats/stages", {counts.size()}, counts);
        for (std::size_t stack = 0; stack < repeats->trace->stacks.size(); ++stack) {
            std::vector<TensorPointer> largest;
            for (const RepeatStage& stage : repeats->stages)
                largest.push_back(stage.maximumError.at(stack));
            file.writeFloatBlocks(path + "/repeats/" + repeats->trace->stacks[stack].name + "/maximum_standard_error",
                                  largest);
        }
    }
    if (repeats->leftOut.empty())
        return;
    for (const auto& [name, values] : repeats->leftOut.front()->outputs) {
        std::vector<TensorPointer> leftOut;
        for (const auto& pass : repeats->leftOut)
            leftOut.push_back(pass->outputs.at(name));
        file.writeFloatBlocks(path + "/outputs_left_out/" + name, leftOut);
        const Tensor errors = errorsOf(leftOut);
        file.writeFloats(path + "/outputs_standard_error/" + name, errors.shape(), errors.values());
    }
}

std::optional<TraceRepeats> readRepeats(const Hdf5File& file, const std::string& fileName, const std::string& path,
                                        const std::shared_ptr<const Trace>& trace, const Plan& plan)
{
    const std::string where = fileName + ", ";
    TraceRepeats repeats{trace};
    if (const auto asked = file.textAttribute(path, "plan_asked")) {
        const std::string place = where + path + ", plan_asked";
        repeats.asked = planFromJson(parseJson(*asked, place), place);
        if (!file.exists(path + "/repeats/stages") || mostDraws(*repeats.asked) <= mostDraws(plan)
            || withRepeats(*repeats.asked, mostDraws(plan)) != plan)
            wrong(place, "the trace's plan with more repeats", "another plan");
    }
    if (file.exists(path + "/repeats/stages"))
        repeats.stages = readStages(file, where, path + "/repeats", *trace);
    if (file.isGroup(path + "/outputs_left_out"))
        repeats.leftOut = readLeftOut(file, where, path + "/outputs_left_out", *trace);
    const bool any = repeats.asked || !repeats.stages.empty() || !repeats.leftOut.empty();
    return any ? std::optional(repeats) : std::nullopt;
}

}  // namespace ketscope
