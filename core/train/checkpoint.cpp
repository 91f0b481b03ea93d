// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/checkpoint.h"

#include "core/base/error.h"
#include "core/formats/safetensors_write.h"

namespace ketscope {

namespace {

constexpr const char* kSteps = "steps";  // two values, each exact in float32: thousands and the rest
constexpr std::size_t kThousand = 1000;
constexpr std::string_view kWeights = "weights/", kFirst = "first/", kSecond = "second/", kAverages = "average/";

void addAll(const ParameterValues& values, std::string_view prefix, MemoryArchive& to)
{
    for (const auto& [name, tensor] : values) {
        const std::vector<std::uint64_t> shape(tensor.shape().begin(), tensor.shape().end());
        std::ranges::copy(tensor.values(), to.add(std::string(prefix) + name, shape).data());
    }
}

}  // namespace

void writeCheckpoint(const TrainingState& state, const std::filesystem::path& file)
{
    MemoryArchive all(file);
    Tensor& steps = all.add(kSteps, {2});
    const std::size_t thousands = state.steps / kThousand;
    steps.data()[0] = static_cast<float>(thousands);
    steps.data()[1] = static_cast<float>(state.steps % kThousand);
    addAll(state.weights->tensors(), kWeights, all);
    addAll(state.optimizer.first, kFirst, all);
    addAll(state.optimizer.second, kSecond, all);
    if (state.averages)
        addAll(state.averages->tensors(), kAverages, all);
    writeSafetensors(all, DataType::F32, file);
}

void readCheckpoint(const std::filesystem::path& file, TrainingState& state)
{
    const std::unique_ptr<TensorArchive> all = openSafetensors(file);
    const auto wrong = [&](const std::string& name) {
        refuse({file.string(), "the state of this recipe's model", "another tensor " + printable(name),
                "Choose another folder for the run."});
    };
    const TensorEntry* const steps = all->find(kSteps);
    if (steps == nullptr || steps->elements != 2)
        wrong(kSteps);
    float counts[2] = {};
    all->read(*steps, 0, counts);
    state.steps = static_cast<std::size_t>(counts[0]) * kThousand + static_cast<std::size_t>(counts[1]);
    const auto readInto = [&](std::string_view prefix, const std::string& name, Tensor& to) {
        const TensorEntry* const entry = all->find(std::string(prefix) + name);
        if (entry == nullptr || entry->elements != to.size())
            wrong(std::string(prefix) + name);
        all->read(*entry, 0, to.values());
    };
    for (auto& [name, tensor] : state.weights->tensors())
        readInto(kWeights, name, tensor);
    if (state.averages)
        for (auto& [name, tensor] : state.averages->tensors())
            readInto(kAverages, name, tensor);
    for (const auto& [name, tensor] : state.weights->tensors()) {
        for (const auto& [prefix, values] :
             {std::pair{kFirst, &state.optimizer.first}, std::pair{kSecond, &state.optimizer.second}})
            if (all->find(std::string(prefix) + name) != nullptr)  // else it never had gradients
                readInto(prefix, name, (*values)[name] = Tensor(tensor.shape()));
    }
}

}  // namespace ketscope
