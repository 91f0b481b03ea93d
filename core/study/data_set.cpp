// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/study/data_set.h"

#include "core/study/head_statistics.h"
#include "core/study/token_axis.h"

#include <algorithm>
#include <limits>
#include <numeric>

namespace ketscope {

namespace {

constexpr float kNone = std::numeric_limits<float>::quiet_NaN();

const StackInfo& stackOf(const Comparison& comparison)
{
    return comparison.model.stacks.at(comparison.study.selection.stack);
}

DataAxis traces(const Comparison& comparison)
{
    DataAxis axis{"trace", comparison.traces.size(), {}, false};
    for (std::size_t trace = 0; trace < axis.extent; ++trace)
        axis.labels.push_back(traceTag(trace));
    return axis;
}

DataAxis tokens(const Comparison& comparison, std::string name, TokenAxis axis, std::size_t extent)
{
    DataAxis made{std::move(name), extent};
    for (std::size_t place = 0; place < extent; ++place)
        made.labels.push_back(axisLabel(comparison.input, axis, place));
    return made;
}

// Any map of the selected stack: they are of one shape. clamped() saw to it that the selected layer was kept.
const Tensor& someMaps(const Comparison& comparison)
{
    const Selection& at = comparison.study.selection;
    return *comparison.traces[0]->stacks[at.stack].attention[at.layer];
}

std::vector<DataAxis> queryAndKey(const Comparison& comparison)
{
    const StackInfo& stack = stackOf(comparison);
    const std::vector<std::size_t>& shape = someMaps(comparison).shape();
    return {tokens(comparison, "query", stack.queries, shape.at(1)),
            tokens(comparison, "key", stack.keys, shape.at(2))};
}

void copyMap(const TensorPointer& maps, std::size_t head, std::span<float> block)
{
    if (maps)
        std::ranges::copy(maps->values().subspan(head * block.size(), block.size()), block.begin());
    else
        std::ranges::fill(block, kNone);
}

using Maps = std::vector<TensorPointer> StackTrace::*;

// (trace, query, key) of the selected head.
DataSet ofHead(const ComparisonPointer& comparison, const char* id, Maps maps)
{
    DataSet data{id, "", {traces(*comparison)}, 2, {}};
    std::ranges::copy(queryAndKey(*comparison), std::back_inserter(data.axes));
    data.read = [comparison, maps](std::span<const std::size_t> at, std::span<float> block) {
        const Selection& selection = comparison->study.selection;
        const auto& layers = comparison->traces[at[0]]->stacks[selection.stack].*maps;
        copyMap(selection.layer < layers.size() ? layers[selection.layer] : nullptr, selection.head, block);
    };
    return data;
}

DataSet headWeights(const ComparisonPointer& comparison)
{
    return ofHead(comparison, "head_weights", &StackTrace::attention);
}

DataSet headStandardErrors(const ComparisonPointer& comparison)
{
    return ofHead(comparison, "head_standard_errors", &StackTrace::standardError);
}

// (trace, layer, head, query, key) of the selected stack.
DataSet weights(const ComparisonPointer& comparison)
{
    const StackInfo& stack = stackOf(*comparison);
    DataSet data{"weights", "", {traces(*comparison), {"layer", stack.layers}, {"head", stack.heads}}, 2, {}};
    std::ranges::copy(queryAndKey(*comparison), std::back_inserter(data.axes));
    data.read = [comparison](std::span<const std::size_t> at, std::span<float> block) {
        const StackTrace& shown = comparison->traces[at[0]]->stacks[comparison->study.selection.stack];
        copyMap(shown.attention.at(at[1]), at[2], block);
    };
    return data;
}

// (trace, layer, head, measure) of the selected stack.
DataSet measures(const ComparisonPointer& comparison)
{
    const StackInfo& stack = stackOf(*comparison);
    DataAxis names{"measure", headMeasures().size(), {}, false};
    for (const HeadMeasure& measure : headMeasures())
        names.labels.push_back(measure.id);
    DataSet data{
        "head_measures", "", {traces(*comparison), {"layer", stack.layers}, {"head", stack.heads}, names}, 1, {}};
    data.read = [comparison](std::span<const std::size_t> at, std::span<float> block) {
        const auto heads = comparison->statistics->of(*comparison, at[0], comparison->study.selection.stack, true);
        for (std::size_t i = 0; i < block.size(); ++i)
            block[i] = static_cast<float>((*heads)[at[1]][at[2]].*headMeasures()[i].value);
    };
    return data;
}

const std::vector<TensorPointer>& hiddenOf(const Comparison& comparison, std::size_t trace)
{
    return comparison.traces[trace]->stacks[comparison.study.selection.stack].hidden;
}

// (trace, layer, token, feature); layer 0 = embeddings.
DataSet hiddenStates(const ComparisonPointer& comparison)
{
    const auto& layers = hiddenOf(*comparison, 0);
    const std::vector<std::size_t>& shape = layers.front()->shape();
    DataSet data{"hidden_states",
                 "",
                 {traces(*comparison),
                  {"layer", layers.size()},
                  tokens(*comparison, "token", stackOf(*comparison).queries, shape.at(0)),
                  {"feature", shape.at(1)}},
                 2,
                 {}};
    data.read = [comparison](std::span<const std::size_t> at, std::span<float> block) {
        std::ranges::copy(hiddenOf(*comparison, at[0]).at(at[1])->values(), block.begin());
    };
    return data;
}

constexpr std::string_view kLogits = "logits";

const Tensor* logitsOf(const Comparison& comparison, std::size_t trace)
{
    const auto found = comparison.traces[trace]->outputs.find(std::string(kLogits));
    return found == comparison.traces[trace]->outputs.end() || found->second->empty() ? nullptr : found->second.get();
}

// (trace, class) or (trace, token, answer).
DataSet logits(const ComparisonPointer& comparison)
{
    const std::vector<std::size_t>& shape = logitsOf(*comparison, 0)->shape();
    DataSet data{std::string(kLogits), "", {traces(*comparison)}, shape.size(), {}};
    if (shape.size() > 1)
        data.axes.push_back(tokens(*comparison, "token", TokenAxis::Text, shape[0]));
    DataAxis answers{"answer", shape.back()};
    if (comparison->outputLabels && comparison->outputLabels->size() == answers.extent)
        answers.labels = *comparison->outputLabels;
    data.axes.push_back(std::move(answers));
    data.read = [comparison](std::span<const std::size_t> at, std::span<float> block) {
        std::ranges::copy(logitsOf(*comparison, at[0])->values(), block.begin());
    };
    return data;
}

std::string noObstacle(const Comparison&) { return {}; }

std::string standardErrorObstacle(const Comparison& comparison)
{
    const Selection& at = comparison.study.selection;
    for (const auto& trace : comparison.traces) {
        const auto& layers = trace->stacks[at.stack].standardError;
        if (at.layer < layers.size() && layers[at.layer])
            return {};
    }
    return "No trace of this layer is estimated: choose a mechanism with shots or repeats.";
}

bool haveOneShape(const Comparison& comparison, const std::function<const Tensor*(std::size_t)>& tensor)
{
    const Tensor* first = tensor(0);
    for (std::size_t trace = 0; trace < comparison.traces.size(); ++trace)
        if (first == nullptr || tensor(trace) == nullptr || tensor(trace)->shape() != first->shape())
            return false;
    return true;
}

std::string hiddenObstacle(const Comparison& comparison)
{
    const std::size_t layers = hiddenOf(comparison, 0).size();
    for (std::size_t layer = 0; layer < layers; ++layer)
        if (!haveOneShape(comparison, [&](std::size_t trace) {
                const auto& hidden = hiddenOf(comparison, trace);
                return layer < hidden.size() ? hidden[layer].get() : nullptr;
            }))
            return "Not every trace has the hidden states of every layer.";
    return layers > 0 ? std::string() : "This stack has no hidden states of its own.";
}

std::string logitsObstacle(const Comparison& comparison)
{
    return haveOneShape(comparison, [&](std::size_t trace) { return logitsOf(comparison, trace); })
               ? std::string()
               : "The model gives no logits.";
}

}  // namespace

std::size_t DataSet::size() const
{
    return std::transform_reduce(axes.begin(), axes.end(), std::size_t{1}, std::multiplies<>(),
                                 [](const DataAxis& axis) { return axis.extent; });
}

std::size_t DataSet::blockSize() const
{
    return std::transform_reduce(axes.end() - static_cast<std::ptrdiff_t>(blockAxes), axes.end(), std::size_t{1},
                                 std::multiplies<>(), [](const DataAxis& axis) { return axis.extent; });
}

const std::vector<DataSetType>& dataSetTypes()
{
    static const std::vector<DataSetType> types = {
        {"head_weights", "Attention weights of the selected head", headWeights, noObstacle},
        {"head_standard_errors", "Standard errors of the selected head", headStandardErrors, standardErrorObstacle},
        {"weights", "Attention weights of every layer and head", weights, noObstacle},
        {"head_measures", "Measures of every layer and head", measures, noObstacle},
        {"hidden_states", "Hidden states of every layer", hiddenStates, hiddenObstacle},
        {"logits", "Logits", logits, logitsObstacle},
    };
    return types;
}

}  // namespace ketscope
