// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/study/run_memory.h"

#include "core/base/memory.h"

#include <algorithm>

namespace ketscope {

namespace {

constexpr std::uint64_t kFloat = sizeof(float);

bool speaks(const ModelInfo& model)
{
    return model.task == Task::CausalLanguageModelling || model.task == Task::MaskedLanguageModelling;
}

std::uint64_t widestStack(const ModelInfo& model)
{
    std::uint64_t widest = 0;
    for (const StackInfo& stack : model.stacks)
        widest = std::max<std::uint64_t>(widest, stack.width);
    return widest;
}

// Of the words, as a language model has them twice: to look up and to multiply by.
std::uint64_t embeddingMemory(const ModelInfo& model)
{
    return speaks(model) ? model.vocabularySize * widestStack(model) * kFloat : 0;
}

std::uint64_t memoryOfHeads(const HeadPlan& plan, std::size_t stack, std::size_t layer, std::size_t heads,
                            const HeadShape& shape)
{
    double bytes = 0.0;
    for (std::size_t head = 0; head < heads; ++head) {
        const HeadAssignment& what = plan.at(stack, layer, head);
        bytes += what.mechanism->keptBytes(shape, what.parameters);
    }
    return static_cast<std::uint64_t>(std::min(bytes, 0x1p62));
}

}  // namespace

RunMemory& RunMemory::operator+=(const RunMemory& other)
{
    maps += other.maps;
    hidden += other.hidden;
    outputs += other.outputs;
    heads = std::max(heads, other.heads);
    return *this;
}

RunMemory memoryOfRun(const ModelInfo& model, const ModelInput& input, const HeadPlan& plan, bool resumed,
                      const std::vector<std::vector<std::uint8_t>>& kept)
{
    RunMemory need;
    // A pass without the image that it needs refuses to start.
    if (model.image && !input.image.pixels)
        return need;
    for (std::size_t s = 0; s < model.stacks.size(); ++s) {
        const StackInfo& stack = model.stacks[s];
        const std::uint64_t queries = axisLength(model, input, input.image, stack.queries);
        const std::uint64_t keys = axisLength(model, input, input.image, stack.keys);
        const std::uint64_t map = stack.heads * queries * keys * kFloat;
        const std::size_t first = resumed ? plan.firstPatchedLayer(s) : 0;
        for (std::size_t layer = first; layer < stack.layers; ++layer) {
            if (kept.empty() || kept[s][layer] != 0)
                need.maps += plan.anyGivesStandardError(s, layer) ? 2 * map : map;
            need.hidden += queries * stack.width * kFloat;
            need.heads =
                std::max(need.heads, memoryOfHeads(plan, s, layer, stack.heads, {queries, keys, stack.headSize}));
        }
        need.hidden += resumed ? 0 : queries * stack.width * kFloat;
    }
    if (speaks(model))
        need.outputs = input.tokenIds.size() * model.vocabularySize * kFloat;
    return need;
}

void requireMemory(const RunMemory& needed, std::size_t traces, std::uint64_t available, bool canBeLeft)
{
    if (needed.total() <= available)
        return;
    ErrorText text{
        "memory",
        bytesText(needed.total()) + " for " + std::to_string(traces) + (traces == 1 ? " trace" : " traces") + " ("
            + bytesText(needed.maps) + " of attention maps, " + bytesText(needed.hidden) + " of hidden states, "
            + bytesText(needed.outputs) + " of outputs"
            + (needed.heads > 0 ? ", " + bytesText(needed.heads) + " of a layer's features or states)" : ")"),
        bytesText(available) + " free", "Shorten the input or compare less at once."};
    if (needed.heads > available)
        text.remedy =
            "Shorten the input, patch fewer heads of a layer, or use fewer features, repeats, qubits or trajectories.";
    if (!canBeLeft || needed.total() - needed.maps > available)
        refuse(text);
    text.remedy = "Keep the maps of selected layers only (--keep-layers 0,5; in the window Plan, Layers to keep), "
                  "shorten the input or compare less at once.";
    throw KeptLayersError(text);
}

std::uint64_t weightMemory(const ModelInfo& model) { return model.parameterCount * kFloat + embeddingMemory(model); }

std::uint64_t streamedWeightMemory(const ModelInfo& model, const TensorArchive& weights)
{
    std::uint64_t largest = 0;
    for (const TensorEntry& entry : weights.entries())
        largest = std::max(largest, entry.elements);
    return 2 * largest * kFloat + embeddingMemory(model);
}

}  // namespace ketscope
