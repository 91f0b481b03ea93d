// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/checkpoint.h"

#include "core/base/error.h"
#include "core/formats/safetensors_write.h"

namespace ketscope {

namespace {

constexpr const char* kSteps = "steps";
constexpr std::size_t kThousand = 1000;
constexpr std::string_view kWeights = "weights/", kFirst = "first/", kSecond = "second/", kUpdates = "updates/",
                           kAverages = "average/";

void addValues(const std::string& name, const Tensor& tensor, MemoryArchive& to)
{
    const std::vector<std::uint64_t> shape(tensor.shape().begin(), tensor.shape().end());
    std::ranges::copy(tensor.values(), to.add(name, shape).data());
}

void addAll(const ParameterValues& values, std::string_view prefix, MemoryArchive& to)
{
    for (const auto& [name, tensor] : values)
        addValues(std::string(prefix) + name, tensor, to);
}

// A count as two values, each exact in float32: thousands and the rest.
void addCount(const std::string& name, std::size_t count, MemoryArchive& to)
{
    Tensor& values = to.add(name, {2});
    values.data()[0] = static_cast<float>(count / kThousand);
    values.data()[1] = static_cast<float>(count % kThousand);
}

std::size_t countFrom(const Tensor& values)
{
    return static_cast<std::size_t>(values.data()[0]) * kThousand + static_cast<std::size_t>(values.data()[1]);
}

}  // namespace

void writeCheckpoint(const TrainingState& state, const std::filesystem::path& file)
{
    MemoryArchive all(file);
    addCount(kSteps, state.steps, all);
    addAll(state.weights->tensors(), kWeights, all);
    for (const auto& [name, of] : state.optimizer.states) {
        addValues(std::string(kFirst) + name, of.first, all);
        addValues(std::string(kSecond) + name, of.second, all);
        addCount(std::string(kUpdates) + name, of.updates, all);
    }
    if (state.averages)
        addAll(state.averages->tensors(), kAverages, all);
    writeSafetensors(all, DataType::F32, file);
}

void readCheckpoint(const std::filesystem::path& file, TrainingState& state)
{
    const std::unique_ptr<TensorArchive> all = openSafetensors(file);
    const auto readInto = [&](std::string_view prefix, const std::string& name, Tensor& to) {
        const std::string whole = std::string(prefix) + name;
        const TensorEntry* const entry = all->find(whole);
        if (entry == nullptr || entry->elements != to.size())
            refuse({file.string(), "the state of this recipe's model", "another tensor " + printable(whole),
                    "Choose another folder for the run."});
        all->read(*entry, 0, to.values());
    };
    Tensor count({2});
    readInto("", kSteps, count);
    state.steps = countFrom(count);
    for (auto& [name, tensor] : state.weights->tensors())
        readInto(kWeights, name, tensor);
    if (state.averages)
        for (auto& [name, tensor] : state.averages->tensors())
            readInto(kAverages, name, tensor);
    for (const auto& [name, tensor] : state.weights->tensors()) {
        if (all->find(std::string(kFirst) + name) == nullptr)
            continue;  // it never had gradients
        AdamW::State& of = state.optimizer.states[name] = {Tensor(tensor.shape()), Tensor(tensor.shape())};
        readInto(kFirst, name, of.first);
        readInto(kSecond, name, of.second);
        readInto(kUpdates, name, count);
        of.updates = countFrom(count);
    }
}

}  // namespace ketscope
