// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/study/alignment.h"

#include "core/base/error.h"
#include "core/measures/rollout.h"
#include "core/study/alignment_stacks.h"
#include "core/study/relevance.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace ketscope {

namespace {

constexpr const char* kRelevance = "relevance";
constexpr float kNoLink = std::numeric_limits<float>::quiet_NaN();

bool available(const AlignmentMethod& method, const Comparison& comparison)
{
    return method.obstacle(comparison).empty();
}

const AlignmentMethod& methodOf(const Comparison& comparison)
{
    const std::string& wanted = comparison.study.view.alignment.method;
    if (!wanted.empty() && available(alignmentMethod(wanted), comparison))
        return alignmentMethod(wanted);
    for (const char* id : {"cross-attention", "joint-attention"})
        if (available(alignmentMethod(id), comparison))
            return alignmentMethod(id);
    return *std::ranges::find_if(alignmentMethods(), [&](const auto& each) { return available(each, comparison); });
}

std::optional<std::size_t> stackFor(const AlignmentMethod& method, const Comparison& comparison)
{
    if (method.similarity)
        return std::nullopt;
    const auto cross = stackOf(comparison, TokenAxis::Text, TokenAxis::Image);
    if (method.id == "cross-attention" || (method.id == kRelevance && cross))
        return cross;
    if (method.id == "joint-attention")
        return stackOf(comparison, TokenAxis::Joint, TokenAxis::Joint);
    return method.id == "rollout" || method.id == kRelevance ? imageStack(comparison)
                                                             : stackOf(comparison, TokenAxis::Image, TokenAxis::Image);
}

const std::vector<TensorPointer>& attentionOf(const Comparison& comparison, std::size_t trace, std::size_t stack)
{
    return comparison.traces.at(trace)->stacks.at(stack).attention;
}

// The heads that are read: one, a layer's, or those of all layers that were kept.
std::vector<MatrixView> headsOf(const Comparison& comparison, std::size_t trace, const AlignmentSource& source)
{
    std::vector<MatrixView> maps;
    const auto& layers = attentionOf(comparison, trace, *source.stack);
    for (std::size_t layer = 0; layer < layers.size(); ++layer) {
        const bool wanted = source.reduction == HeadReduction::MeanOfLayers || layer == source.layer;
        for (std::size_t head = 0; wanted && layers[layer] && head < layers[layer]->shape()[0]; ++head)
            if (source.reduction != HeadReduction::OneHead || head == source.head)
                maps.push_back(layers[layer]->matrix({head}));
    }
    return maps;
}

// The block that the source reads, on the axes of its stack.
MapBlock blockOf(const Comparison& comparison, const AlignmentSource& source)
{
    const StackInfo& stack = comparison.model.stacks[*source.stack];
    const std::size_t tokens = comparison.input.tokens.size(), patches = comparison.input.patches->patches();
    MapBlock block;
    block.firstKey = firstPatch(comparison, stack.keys);
    block.keys = patches;
    block.queries = source.perToken ? tokens : 1;
    if (source.fromPatches)
        block = {firstPatch(comparison, stack.queries), patches, 0, tokens, {}};
    if (source.withoutClass)
        block.without = classKey(comparison, stack.keys);
    return block;
}

AlignmentMaps::OfTrace attentionMapsOf(const Comparison& comparison, std::size_t trace, const AlignmentSource& source)
{
    const MapBlock block = blockOf(comparison, source);
    std::vector<MatrixView> maps = headsOf(comparison, trace, source);
    const bool rolled = source.method->id == "rollout";
    Tensor flow;
    if (rolled) {
        flow = attentionRollout(attentionOf(comparison, trace, *source.stack), block.firstQuery, block.queries);
        maps = {flow.matrix()};
    }
    MapBlock read = block;
    read.firstQuery = rolled ? 0 : block.firstQuery;
    Tensor values = reducedBlock(maps, read, source.reduction == HeadReduction::LargestOfHeads && !rolled);
    if (source.fromPatches)
        return {transposed(values.matrix()), {}, {}};
    return {std::move(values), massOnBlock(maps, read), {}};
}

// Rows of relevance as shares of what the patches have together.
AlignmentMaps::OfTrace relevanceMapsOf(const Comparison& comparison, std::size_t trace, const AlignmentMaps& maps)
{
    const std::vector<MatrixView> all = {maps.relevance->traces[trace][*maps.source.stack]->matrix()};
    Tensor values = reducedBlock(all, blockOf(comparison, maps.source), false);
    for (std::size_t row = 0; row < values.shape()[0]; ++row) {
        const std::span<float> shares = values.matrix().row(row);
        const double sum = std::accumulate(shares.begin(), shares.end(), 0.0);
        for (float& share : shares)
            share = sum > 0.0 ? static_cast<float>(static_cast<double>(share) / sum) : share;
    }
    return {std::move(values), {}, {}};
}

// Cosines, or of them only the links.
AlignmentMaps::OfTrace similaritiesOf(const Comparison& comparison, std::size_t trace, const AlignmentMaps& maps)
{
    const MatrixView text = projectedTokens(*comparison.traces[trace], kTextEmbeds)->matrix();
    const MatrixView image = projectedTokens(*comparison.traces[trace], kImageEmbeds)->matrix();
    const std::size_t patches = maps.grid.count();
    AlignmentMaps::OfTrace result{cosines(text, image.middleRows(image.rows - patches, patches)), {}, {}};
    result.late = lateInteraction(result.values.matrix(), maps.rows);
    for (std::size_t token = 0; maps.source.method->sparse && token < text.rows; ++token)
        for (std::size_t patch = 0; patch < patches; ++patch) {
            const bool linked = maps.source.fromPatches ? result.late->bestToken[patch] == token
                                                        : result.late->bestPatch[token] == patch;
            if (!linked)
                result.values.matrix()(token, patch) = kNoLink;
        }
    return result;
}

// Everything but the values.
AlignmentMaps emptyMaps(const Comparison& comparison)
{
    AlignmentMaps maps;
    maps.source = alignmentSource(comparison);
    maps.grid = {comparison.input.patches->rows(), comparison.input.patches->columns()};
    if (maps.source.perToken)
        for (const Token& token : comparison.input.tokens)
            maps.rows.push_back(token.padding ? 0 : 1);
    else
        maps.rows = {1};
    maps.madeOf = comparison.traces;
    if (const std::string delay = alignmentDelay(comparison); !delay.empty())
        refuse({"alignment", "relevance", delay, ""});
    if (maps.source.method->id == kRelevance)
        maps.relevance = comparison.alignments->relevance(comparison);
    return maps;
}

std::shared_ptr<const AlignmentMaps> filled(AlignmentMaps maps, const Comparison& comparison)
{
    for (std::size_t trace = 0; trace < comparison.traces.size(); ++trace)
        maps.traces.push_back(std::make_shared<const AlignmentMaps::OfTrace>(
            maps.relevance      ? relevanceMapsOf(comparison, trace, maps)
            : maps.source.stack ? attentionMapsOf(comparison, trace, maps.source)
                                : similaritiesOf(comparison, trace, maps)));
    return std::make_shared<const AlignmentMaps>(std::move(maps));
}

}  // namespace

const Tensor* projectedTokens(const Trace& trace, const char* output)
{
    const auto found = trace.outputs.find(output);
    return found == trace.outputs.end() || found->second->empty() ? nullptr : found->second.get();
}

std::optional<std::size_t> stackOf(const Comparison& comparison, TokenAxis queries, TokenAxis keys)
{
    const auto& stacks = comparison.model.stacks;
    const auto found = std::ranges::find_if(
        stacks, [&](const StackInfo& stack) { return stack.queries == queries && stack.keys == keys; });
    return found == stacks.end() ? std::nullopt : std::optional(static_cast<std::size_t>(found - stacks.begin()));
}

std::optional<std::size_t> imageStack(const Comparison& comparison)
{
    const auto joint = stackOf(comparison, TokenAxis::Joint, TokenAxis::Joint);
    return joint ? joint : stackOf(comparison, TokenAxis::Image, TokenAxis::Image);
}

std::size_t leadingTokens(const Comparison& comparison)
{
    return comparison.input.imageTokens.size() - comparison.input.patches->patches();
}

std::size_t firstPatch(const Comparison& comparison, TokenAxis axis)
{
    return (axis == TokenAxis::Joint ? comparison.input.tokens.size() : 0) + leadingTokens(comparison);
}

std::optional<std::size_t> classKey(const Comparison& comparison, TokenAxis axis)
{
    if (!comparison.input.patches || axis == TokenAxis::Text || leadingTokens(comparison) != 1)
        return std::nullopt;
    return firstPatch(comparison, axis) - 1;
}

AlignmentSource alignmentSource(const Comparison& comparison)
{
    if (const std::string obstacle = alignmentObstacle(comparison); !obstacle.empty())
        refuse({"alignment", "an image and words or a class token that look at it", obstacle, ""});
    const AlignmentView& view = comparison.study.view.alignment;
    AlignmentSource source;
    source.method = &methodOf(comparison);
    source.stack = stackFor(*source.method, comparison);
    source.fromPatches = view.fromPatches && source.method->bothDirections;
    if (!source.stack)
        return source;
    const StackInfo& stack = comparison.model.stacks[*source.stack];
    Selection selection = comparison.study.selection;
    selection.stack = *source.stack;
    selection = clamped(selection, comparison);
    source.layer = selection.layer;
    source.head = selection.head;
    source.reduction = source.method->usesHeads ? view.reduction : HeadReduction::MeanOfHeads;
    source.perToken = stack.queries != TokenAxis::Image;
    source.fromPatches = source.fromPatches && source.perToken;
    source.withoutClass =
        view.withoutClass && !source.method->ofPatchesAlone && classKey(comparison, stack.keys).has_value();
    return source;
}

std::string placeOf(const AlignmentSource& source, const Comparison& comparison)
{
    if (!source.stack)
        return "last layers, projected";
    const StackInfo& stack = comparison.model.stacks[*source.stack];
    const std::string name = stack.name + " stack, ";
    const std::string layer = "layer " + std::to_string(source.layer) + ", ";
    const std::string heads = std::to_string(stack.heads) + " heads";
    if (source.method->id == "rollout")
        return name + std::to_string(stack.layers) + " layers rolled out";
    if (source.method->id == kRelevance) {
        const auto relevance = comparison.alignments->relevance(comparison);
        return name + (comparison.model.task == Task::ImageTextContrast ? "last layer" : "all layers")
               + (relevance ? ", for " + relevance->answer : "");
    }
    switch (source.reduction) {
    case HeadReduction::OneHead: return name + layer + "head " + std::to_string(source.head);
    case HeadReduction::MeanOfHeads: return name + layer + "mean of " + heads;
    case HeadReduction::LargestOfHeads: return name + layer + "largest of " + heads;
    case HeadReduction::MeanOfLayers: break;
    }
    const auto& layers = attentionOf(comparison, 0, *source.stack);
    const auto kept = static_cast<std::size_t>(layers.size() - std::ranges::count(layers, nullptr));
    return name + "mean of " + std::to_string(kept) + " layers × " + heads;
}

std::string alignmentDelay(const Comparison& comparison)
{
    const bool waits =
        alignmentSource(comparison).method->id == kRelevance && !comparison.alignments->relevance(comparison);
    return waits ? "Relevance needs a pass backwards through the model, which has not been made." : "";
}

std::shared_ptr<const AlignmentMaps> alignmentMaps(const Comparison& comparison)
{
    return filled(emptyMaps(comparison), comparison);
}

std::shared_ptr<const AlignmentMaps> AlignmentMemo::of(const Comparison& comparison)
{
    AlignmentMaps maps = emptyMaps(comparison);
    const std::scoped_lock lock(m_mutex);
    if (!m_last || !(m_last->source == maps.source) || m_last->relevance != maps.relevance
        || m_last->madeOf != maps.madeOf || !(m_last->grid == maps.grid))
        m_last = filled(std::move(maps), comparison);
    return m_last;
}

}  // namespace ketscope
