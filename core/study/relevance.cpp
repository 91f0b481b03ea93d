// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/study/relevance.h"

#include "core/base/error.h"
#include "core/base/memory.h"
#include "core/base/parallel.h"
#include "core/measures/relevance.h"
#include "core/models/heads.h"
#include "core/study/alignment.h"
#include "core/study/run_memory.h"

#include <algorithm>

namespace ketscope {

namespace {

bool looksAtItself(const StackInfo& stack) { return stack.queries == stack.keys; }

// The stack whose tokens look at themselves and are these; none = there is none.
std::optional<std::size_t> ownStack(const ModelInfo& model, TokenAxis axis)
{
    for (std::size_t stack = 0; stack < model.stacks.size(); ++stack)
        if (looksAtItself(model.stacks[stack]) && model.stacks[stack].queries == axis)
            return stack;
    return std::nullopt;
}

// The relevance of one pass, stack by stack.
class Rules {
public:
    Rules(const ModelInfo& model, const ModelGradients& gradients) : m_model(model), m_gradients(gradients)
    {
        for (std::size_t stack = 0; stack < model.stacks.size(); ++stack) {
            m_partner.push_back(std::nullopt);
            m_maps.emplace_back(sizeOf(stack), 0);
        }
        for (std::size_t cross = 0; cross < model.stacks.size(); ++cross)
            if (const auto own = ownStack(model, model.stacks[cross].queries);
                !looksAtItself(model.stacks[cross]) && own) {
                m_partner[*own] = cross;
                m_maps[*own] = RelevanceMaps(sizeOf(*own), gradients.trace.stacks[cross].attention[0]->shape()[2]);
            }
    }

    std::vector<TensorPointer> run()
    {
        // What is looked at comes before what looks at it.
        for (const bool looks : {false, true})
            for (std::size_t stack = 0; stack < m_maps.size(); ++stack)
                if (looksAtItself(m_model.stacks[stack]) && m_partner[stack].has_value() == looks)
                    runLayers(stack);
        std::vector<TensorPointer> result(m_maps.size());
        for (std::size_t stack = 0; stack < m_maps.size(); ++stack) {
            if (looksAtItself(m_model.stacks[stack]))
                result[stack] = std::make_shared<const Tensor>(m_maps[stack].own());
            if (m_partner[stack])
                result[*m_partner[stack]] = std::make_shared<const Tensor>(m_maps[stack].across());
        }
        return result;
    }

private:
    std::size_t sizeOf(std::size_t stack) const { return m_gradients.trace.stacks[stack].attention[0]->shape()[1]; }

    const Tensor& attention(std::size_t stack, std::size_t layer) const
    {
        return *m_gradients.trace.stacks[stack].attention[layer];
    }

    void runLayers(std::size_t stack)
    {
        const std::size_t layers = m_model.stacks[stack].layers;
        const bool twoTowers = m_model.task == Task::ImageTextContrast;
        for (std::size_t layer = twoTowers ? layers - 1 : 0; layer < layers; ++layer) {
            m_maps[stack].addSelfAttention(attention(stack, layer), *m_gradients.attention[stack][layer]);
            if (const auto cross = m_partner[stack]; cross && layer < m_model.stacks[*cross].layers)
                m_maps[stack].addCrossAttention(attention(*cross, layer), *m_gradients.attention[*cross][layer],
                                                m_maps[*ownStack(m_model, m_model.stacks[*cross].keys)]);
        }
    }

    const ModelInfo& m_model;
    const ModelGradients& m_gradients;
    std::vector<std::optional<std::size_t>> m_partner;  // of a stack: the cross-attention with its queries
    std::vector<RelevanceMaps> m_maps;
};

std::string answerText(const Comparison& comparison, const GradientTarget& target)
{
    if (target.output == "logits_per_image")
        return comparison.input.model.furtherTexts.empty() ? "the image–text score"
                                                           : "the image’s score with the first text";
    if (comparison.model.task == Task::ImageTextMatching && target.output == "logits")
        return "the image–text matching score";
    const auto* labels = target.output == "itm_logits" ? &comparison.model.labels : comparison.outputLabels.get();
    if (labels != nullptr && target.column < labels->size())
        return "“" + (*labels)[target.column] + "”";
    return "output " + std::to_string(target.column);
}

// What a pass writes down for the way back, about: of every layer eleven times its input and twice its feed-forward
// layer.
std::uint64_t tapeMemory(const ModelInfo& model, const ModelInput& input)
{
    std::uint64_t floats = 0;
    for (const StackInfo& stack : model.stacks)
        floats += std::uint64_t{stack.layers} * axisLength(model, input, input.image, stack.queries)
                  * (11 * stack.width + 2 * stack.feedForwardSize);
    return floats * sizeof(float);
}

void requireRoom(const Comparison& comparison, const ModelInput& input)
{
    RunMemory needed = memoryOfRun(comparison.model, input, *comparison.plans.front(), false, {});
    needed.maps *= 2;
    needed.hidden += tapeMemory(comparison.model, input);
    requireMemory(needed, 1, availableMemory(), false);
}

// What the model and its plans lack.
std::string obstacleOfModel(const Comparison& comparison)
{
    for (std::size_t trace = 0; trace < comparison.traces.size(); ++trace) {
        if (!planIsKnown(comparison, trace))
            return "Relevance needs gradients, and what " + traceTag(trace) + "'s heads run is not known.";
        const std::string obstacle = gradientObstacle(comparison.model, *comparison.plans[trace]);
        if (!obstacle.empty())
            return "Relevance needs gradients: " + traceTag(trace) + "'s " + obstacle;
    }
    if (!hasAnswers(comparison))
        return comparison.model.title + " has no head here: relevance is for something that a model answers.";
    return {};
}

}  // namespace

std::string relevanceObstacle(const Comparison& comparison)
{
    if (!comparison.recordedTitles.empty())
        return "Relevance needs gradients, and attention captured elsewhere comes without its model.";
    if (comparison.loaded == nullptr)
        return "Relevance needs gradients through the model. Open the run's own model to see it.";
    return obstacleOfModel(comparison);
}

std::shared_ptr<const Relevance> runRelevance(const Comparison& comparison, const LoadedModel& model, int threads,
                                              Monitor& monitor)
{
    if (const std::string obstacle = obstacleOfModel(comparison); !obstacle.empty())
        refuse({"relevance", "gradients through every trace", obstacle, ""});
    setThreads(threads);
    ModelInput input = comparison.input.model;
    input.furtherTexts.clear();  // the score is of the first text
    requireRoom(comparison, input);
    auto relevance = std::make_shared<Relevance>();
    relevance->of = comparison.traces;
    for (std::size_t trace = 0; trace < comparison.plans.size(); ++trace) {
        const auto target = [&](const Trace& pass) {
            return trace == 0 ? answerOf(comparison.model, input, pass) : relevance->target;
        };
        const ModelGradients gradients = gradientsOf(*model.model, {&input, comparison.plans[trace].get(), target},
                                                     *partOf(monitor, trace, comparison.plans.size()));
        relevance->target = gradients.target;
        relevance->traces.push_back(Rules(comparison.model, gradients).run());
    }
    relevance->answer = answerText(comparison, relevance->target);
    return relevance;
}

void computeRelevance(const Comparison& comparison, int threads, Monitor& monitor)
{
    if (alignmentObstacle(comparison).empty() && !alignmentDelay(comparison).empty())
        comparison.alignments->keep(runRelevance(comparison, *comparison.loaded, threads, monitor));
}

std::shared_ptr<const Relevance> AlignmentMemo::relevance(const Comparison& comparison)
{
    const std::scoped_lock lock(m_mutex);
    return m_relevance && m_relevance->of == comparison.traces ? m_relevance : nullptr;
}

void AlignmentMemo::keep(std::shared_ptr<const Relevance> relevance)
{
    const std::scoped_lock lock(m_mutex);
    m_relevance = std::move(relevance);
}

}  // namespace ketscope
