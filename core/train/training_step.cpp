// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/training_step.h"

#include "core/base/error.h"
#include "core/base/parallel.h"
#include "core/nn/kernels.h"
#include "core/train/evaluation.h"
#include "core/train/loss.h"

#include <numeric>
#include <optional>

namespace ketscope {

namespace {

constexpr std::size_t kMostGroups = 8;

// What the passes of a batch have in common.
class Batch {
public:
    Batch(const Model& model, const HeadPlan& plan, const std::vector<Example>& examples,
          const std::vector<std::string>& frozen, const Dropout& dropout, const Monitor& monitor)
        : m_model(model), m_plan(plan), m_examples(examples), m_frozen(frozen), m_dropout(dropout), m_monitor(monitor),
          m_groups(std::min(examples.size(), kMostGroups)), m_sums(m_groups)
    {
    }

    // Calls `each` for every example; those of a group one after the other, in their order.
    void inGroups(const std::function<void(std::size_t index, ParameterValues& sum)>& each)
    {
        parallelFor(m_groups, kSerialWork, [&](std::size_t group) {
            const std::size_t first = group * m_examples.size() / m_groups;
            const std::size_t last = (group + 1) * m_examples.size() / m_groups;
            for (std::size_t i = first; i < last; ++i) {
                m_monitor.check();
                each(i, m_sums[group]);
            }
        });
    }

    // A pass with these outputs; none: all.
    std::unique_ptr<WrittenPass> forward(std::size_t index, std::vector<std::string> outputs = {}) const
    {
        Dropout own = m_dropout;
        own.key.layer = static_cast<std::uint16_t>(index);
        QuietMonitor quiet(m_monitor);
        return std::make_unique<WrittenPass>(m_model,
                                             PassRequest{.input = &m_examples[index].input,
                                                         .plan = &m_plan,
                                                         .weights = true,
                                                         .maps = false,
                                                         .dropout = own,
                                                         .hidden = m_examples[index].hidden,
                                                         .outputs = std::move(outputs),
                                                         .constants = m_frozen},
                                             quiet);
    }

    void backward(WrittenPass& pass, const OutputSlopes& slopes, ParameterValues& sum) const
    {
        QuietMonitor quiet(m_monitor);
        pass.tape().addToParameters(std::move(sum));
        pass.backward(slopes, quiet);
        sum = pass.tape().takeParameters();
    }

    // The groups' sums added up, in their order.
    ParameterValues total()
    {
        constexpr std::size_t kChunk = 1U << 15U;  // values that one thread adds up at a time
        struct Part {
            float* to;
            const float* from;
            std::size_t size;
        };
        std::map<std::pair<Tensor*, std::size_t>, std::vector<Part>> parts;
        for (std::size_t group = 1; group < m_groups; ++group)
            for (auto& [name, gradients] : m_sums[group]) {
                Tensor& to = m_sums[0][name];
                if (to.empty()) {
                    to = std::move(gradients);
                    continue;
                }
                for (std::size_t at = 0; at < to.size(); at += kChunk)
                    parts[{&to, at}].push_back(
                        {to.data() + at, gradients.data() + at, std::min(kChunk, to.size() - at)});
            }
        std::vector<const std::vector<Part>*> work;
        for (const auto& [where, list] : parts)
            work.push_back(&list);
        parallelFor(work.size(), kSerialWork, [&](std::size_t i) {
            for (const Part& part : *work[i])
                kernels().add(part.from, part.size, part.to);
        });
        return std::move(m_sums[0]);
    }

private:
    const Model& m_model;
    const HeadPlan& m_plan;
    const std::vector<Example>& m_examples;
    const std::vector<std::string> m_frozen;
    const Dropout& m_dropout;
    const Monitor& m_monitor;
    std::size_t m_groups;
    std::vector<ParameterValues> m_sums;
};

// One over the weight of all questions of a batch.
double shareOfQuestion(const std::vector<Example>& examples)
{
    double questions = 0.0;
    for (const Example& example : examples)
        for (std::size_t i = 0; i < example.targets.size(); ++i)
            if (example.targets[i] >= 0)
                questions += example.weights.empty() ? 1.0 : example.weights[i];
    return questions > 0.0 ? 1.0 / questions : 1.0;
}

// The loss of one example's questions, whose slopes are `share` of its own.
double addSlopes(const Trace& trace, const Question& question, const Example& example, double share,
                 OutputSlopes& slopes)
{
    const auto output = trace.outputs.find(question.output);
    if (output == trace.outputs.end())
        refuse({"objective", std::string("a model with the output \"") + question.output + "\"", "no such output",
                "Choose the objective that the model is made for."});
    const MatrixView logits = output->second->matrix();
    CrossEntropy loss = example.shares.empty()
                            ? crossEntropy(logits, example.targets, share, example.weights)
                            : crossEntropy(logits, {example.shares.data(), 1, example.shares.size()}, share);
    slopes.emplace(question.output, std::move(loss.gradients));
    return loss.sum * share;
}

// What one hidden word's loss counts at this step.
double shareOfHiddenWord(const Recipe::MaskedWords& words, double done, const std::vector<Example>& examples)
{
    double hidden = 0.0;
    for (const Example& each : examples)
        hidden += static_cast<double>(each.hidden.size());
    return (words.weight + done * (words.lastWeight - words.weight)) / std::max(hidden, 1.0);
}

// The loss of guessing an example's hidden words, as addSlopes().
double addWordSlopes(const Trace& trace, const Example& example, double share, OutputSlopes& slopes)
{
    constexpr const char* kWords = "word_logits";
    const auto output = trace.outputs.find(kWords);
    if (output == trace.outputs.end())
        refuse({"masked_words", "a model that can guess words, BERT or DistilBERT", "another", ""});
    CrossEntropy loss = crossEntropy(output->second->matrix(), example.hiddenIds, share);
    slopes.emplace(kWords, std::move(loss.gradients));
    return loss.sum * share;
}

// Each example has a loss of its own.
BatchGradients singly(Batch& work, const Recipe& recipe, std::size_t step, const std::vector<Example>& examples)
{
    const Question question = questionOf(recipe.objective);
    const double share = shareOfQuestion(examples);
    const double done =
        static_cast<double>(step) / static_cast<double>(std::max<std::size_t>(recipe.schedule.steps, 1));
    const double wordShare = shareOfHiddenWord(recipe.maskedWords, done, examples);
    std::vector<double> losses(examples.size());
    work.inGroups([&](std::size_t i, ParameterValues& sum) {
        const std::unique_ptr<WrittenPass> pass = work.forward(i, {question.output});
        OutputSlopes slopes;
        losses[i] = addSlopes(pass->trace(), question, examples[i], share, slopes);
        if (!examples[i].hidden.empty())
            losses[i] += addWordSlopes(pass->trace(), examples[i], wordShare, slopes);
        work.backward(*pass, slopes, sum);
    });
    return {std::accumulate(losses.begin(), losses.end(), 0.0), work.total()};
}

constexpr const char* kScale = "log_scale";  // of models that train it

OutputSlopes slopesOf(const ContrastiveLoss& loss, std::size_t index)
{
    const auto row = [index](const Tensor& all, std::vector<std::size_t> shape) {
        Tensor one(std::move(shape));
        std::ranges::copy(all.matrix().row(index), one.data());
        return one;
    };
    const std::size_t width = loss.texts.matrix().columns;
    OutputSlopes slopes;
    slopes.emplace("text_embeds", row(loss.texts, {1, width}));
    slopes.emplace("image_embeds", row(loss.images, {width}));
    return slopes;
}

using Passes = std::vector<std::unique_ptr<WrittenPass>>;

void requireOutput(const Passes& passes, const char* output)
{
    if (!passes.front()->trace().outputs.contains(output))
        refuse({"objective", std::string("a model with the output \"") + output + "\"", "no such output",
                "Contrast is for CLIP and BLIP, with matching for BLIP."});
}

double logScaleOf(const Passes& passes)
{
    const auto& outputs = passes.front()->trace().outputs;
    const auto scale = outputs.find(kScale);
    return scale == outputs.end() ? kUsualLogScale : static_cast<double>(scale->second->values().front());
}

// What the batch's examples are to each other.
struct Contrast {
    double value = 0.0;
    double logScale = 0.0;             // slope
    std::vector<OutputSlopes> slopes;  // of each example's outputs
};

void addGlobal(const Passes& passes, Contrast& contrast)
{
    requireOutput(passes, "text_embeds");
    requireOutput(passes, "image_embeds");
    std::vector<const Trace*> traces(passes.size());
    std::ranges::transform(passes, traces.begin(), [](const auto& pass) { return &pass->trace(); });
    const Embeddings all = gather(traces);
    const ContrastiveLoss loss = contrastiveLoss(all.texts.matrix(), all.images.matrix(), logScaleOf(passes));
    contrast.value += loss.value;
    contrast.logScale += loss.logScale;
    for (std::size_t i = 0; i < passes.size(); ++i)
        contrast.slopes.push_back(slopesOf(loss, i));
}

// The contrast by words and patches; the image's class token takes no part.
void addLate(const Passes& passes, const std::vector<Example>& examples, double weight, Contrast& contrast)
{
    requireOutput(passes, "text_token_embeds");
    requireOutput(passes, "image_token_embeds");
    std::vector<TokenVectors> pairs;
    for (std::size_t i = 0; i < passes.size(); ++i) {
        const auto& outputs = passes[i]->trace().outputs;
        const MatrixView image = outputs.at("image_token_embeds")->matrix();
        pairs.push_back({outputs.at("text_token_embeds")->matrix(), examples[i].input.attentionMask,
                         image.middleRows(1, image.rows - 1)});
    }
    LateContrastiveLoss loss = lateContrastiveLoss(pairs, logScaleOf(passes));
    contrast.value += weight * loss.value;
    contrast.logScale += weight * loss.logScale;
    const auto weighted = [weight](const Tensor& of, std::size_t before) {
        Tensor result = Tensor::zeros({before + of.matrix().rows, of.matrix().columns});
        for (std::size_t i = 0; i < of.size(); ++i)
            result.data()[before * of.matrix().columns + i] = static_cast<float>(weight) * of.data()[i];
        return result;
    };
    for (std::size_t i = 0; i < passes.size(); ++i) {
        contrast.slopes[i].emplace("text_token_embeds", weighted(loss.texts[i], 0));
        contrast.slopes[i].emplace("image_token_embeds", weighted(loss.images[i], 1));
    }
}

Contrast contrastOf(const Passes& passes, const std::vector<Example>& examples, double lateInteraction)
{
    Contrast contrast;
    addGlobal(passes, contrast);
    if (lateInteraction > 0.0)
        addLate(passes, examples, lateInteraction, contrast);
    if (passes.front()->trace().outputs.contains(kScale))
        for (OutputSlopes& slopes : contrast.slopes) {
            Tensor scale({1, 1});
            scale.values().front() = static_cast<float>(contrast.logScale / static_cast<double>(passes.size()));
            slopes.emplace(kScale, std::move(scale));
        }
    return contrast;
}

// The loss is of all examples together: every pass stays until it is known.
BatchGradients together(Batch& work, const Recipe& recipe, std::size_t step, const std::vector<Example>& examples)
{
    const std::size_t count = examples.size();
    const double share = shareOfQuestion(examples);
    std::optional<Question> question;  // asked of each besides
    std::vector<std::string> outputs = {"text_embeds", "image_embeds", kScale};
    if (recipe.lateInteraction > 0.0)
        outputs.insert(outputs.end(), {"text_token_embeds", "image_token_embeds"});
    if (recipe.objective == Objective::ContrastAndMatching && step >= recipe.matchingFrom) {
        question = questionOf(recipe.objective);
        outputs.emplace_back(question->output);
    }
    Passes passes(count);
    work.inGroups([&](std::size_t i, ParameterValues&) { passes[i] = work.forward(i, outputs); });
    Contrast contrast = contrastOf(passes, examples, recipe.lateInteraction);
    std::vector<double> losses(count);
    work.inGroups([&](std::size_t i, ParameterValues& sum) {
        if (question)
            losses[i] = addSlopes(passes[i]->trace(), *question, examples[i], share, contrast.slopes[i]);
        work.backward(*passes[i], contrast.slopes[i], sum);
        passes[i].reset();
    });
    return {std::accumulate(losses.begin(), losses.end(), contrast.value), work.total()};
}

}  // namespace

BatchGradients batchGradients(const Model& model, const HeadPlan& plan, const Recipe& recipe, std::size_t step,
                              const std::vector<Example>& batch, const Dropout& dropout, const Monitor& monitor)
{
    const bool frozen = step >= recipe.frozen.from;
    Batch work(model, plan, batch, frozen ? recipe.frozen.tensors : std::vector<std::string>(), dropout, monitor);
    const bool contrast = recipe.objective == Objective::Contrast
                          || (recipe.objective == Objective::ContrastAndMatching
                              && (recipe.contrastUntil == 0 || step < recipe.contrastUntil));
    BatchGradients found = contrast ? together(work, recipe, step, batch) : singly(work, recipe, step, batch);
    if (frozen)
        std::erase_if(found.weights, [&](const auto& each) { return recipe.frozen.has(each.first); });
    return found;
}

}  // namespace ketscope
