// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/training_step.h"

#include "core/base/error.h"
#include "core/base/parallel.h"
#include "core/nn/kernels.h"
#include "core/train/evaluation.h"
#include "core/train/loss.h"

namespace ketscope {

namespace {

constexpr std::size_t kMostGroups = 8;

// What the passes of a batch have in common.
class Batch {
public:
    Batch(const Model& model, const HeadPlan& plan, const std::vector<Example>& examples, const Dropout& dropout,
          const Monitor& monitor)
        : m_model(model), m_plan(plan), m_examples(examples), m_dropout(dropout), m_monitor(monitor),
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

    std::unique_ptr<WrittenPass> forward(std::size_t index) const
    {
        Dropout own = m_dropout;
        own.key.layer = static_cast<std::uint16_t>(index);
        QuietMonitor quiet(m_monitor);
        return std::make_unique<WrittenPass>(
            m_model,
            PassRequest{
                .input = &m_examples[index].input, .plan = &m_plan, .weights = true, .maps = false, .dropout = own},
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
    const Dropout& m_dropout;
    const Monitor& m_monitor;
    std::size_t m_groups;
    std::vector<ParameterValues> m_sums;
};

// Each example has a loss of its own.
BatchGradients singly(Batch& work, const Question& question, const std::vector<Example>& examples)
{
    std::size_t questions = 0;
    for (const Example& example : examples)
        questions += static_cast<std::size_t>(
            std::ranges::count_if(example.targets, [](std::int32_t target) { return target >= 0; }));
    const double scale = 1.0 / static_cast<double>(std::max<std::size_t>(questions, 1));
    std::vector<double> losses(examples.size());
    work.inGroups([&](std::size_t i, ParameterValues& sum) {
        const std::unique_ptr<WrittenPass> pass = work.forward(i);
        const auto output = pass->trace().outputs.find(question.output);
        if (output == pass->trace().outputs.end())
            refuse({"objective", std::string("a model with the output \"") + question.output + "\"", "no such output",
                    "Choose the objective that the model is made for."});
        CrossEntropy loss = crossEntropy(output->second->matrix(), examples[i].targets, scale);
        losses[i] = loss.sum;
        OutputSlopes slopes;
        slopes.emplace(question.output, std::move(loss.gradients));
        work.backward(*pass, slopes, sum);
    });
    BatchGradients result{0.0, work.total()};
    for (const double loss : losses)
        result.loss += loss * scale;
    return result;
}

OutputSlopes slopesOf(const ContrastiveLoss& loss, std::size_t index, std::size_t count)
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
    Tensor scale({1, 1});
    scale.values().front() = static_cast<float>(loss.logScale / static_cast<double>(count));
    slopes.emplace("log_scale", std::move(scale));
    return slopes;
}

// The loss is of all examples together: every pass stays until it is known.
BatchGradients together(Batch& work, std::size_t count)
{
    std::vector<std::unique_ptr<WrittenPass>> passes(count);
    work.inGroups([&](std::size_t i, ParameterValues&) { passes[i] = work.forward(i); });
    std::vector<const Trace*> traces(count);
    std::ranges::transform(passes, traces.begin(), [](const auto& pass) { return &pass->trace(); });
    if (!traces.front()->outputs.contains("log_scale"))
        refuse({"objective", "a model with embeddings of texts and images", "another", "Contrast is for CLIP."});
    const Embeddings all = gather(traces);
    const ContrastiveLoss loss =
        contrastiveLoss(all.texts.matrix(), all.images.matrix(),
                        static_cast<double>(traces.front()->outputs.at("log_scale")->values().front()));
    work.inGroups([&](std::size_t i, ParameterValues& sum) {
        work.backward(*passes[i], slopesOf(loss, i, count), sum);
        passes[i].reset();
    });
    return {loss.value, work.total()};
}

}  // namespace

BatchGradients batchGradients(const Model& model, const HeadPlan& plan, Objective objective,
                              const std::vector<Example>& batch, const Dropout& dropout, const Monitor& monitor)
{
    Batch work(model, plan, batch, dropout, monitor);
    return objective == Objective::Contrast ? together(work, batch.size()) : singly(work, questionOf(objective), batch);
}

}  // namespace ketscope
