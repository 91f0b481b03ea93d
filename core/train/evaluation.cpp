// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/evaluation.h"

#include "core/base/parallel.h"
#include "core/measures/classification.h"
#include "core/train/loss.h"

#include <numeric>

namespace ketscope {

Trace answer(const Model& model, const HeadPlan& plan, const ModelInput& input, std::vector<std::string> outputs,
             const Monitor& monitor)
{
    ForwardRequest request{.input = &input, .plan = &plan};
    request.standardErrors = false;
    request.outputs = std::move(outputs);
    for (const StackInfo& stack : model.info().stacks)
        request.keepMaps.emplace_back(stack.layers, std::uint8_t{0});
    QuietMonitor quiet(monitor);
    return model.forward(request, quiet);
}

namespace {

Figures evaluateSingly(const Model& model, const HeadPlan& plan, Objective objective, const ExampleSet& set,
                       std::size_t count, const Monitor& monitor)
{
    const Question question = questionOf(objective);
    std::vector<CrossEntropy> answers(count);
    std::vector<std::vector<double>> losses(count);
    std::vector<std::pair<std::size_t, std::size_t>> classes(count);  // of labelled texts: the right one, the answer
    parallelFor(count, kSerialWork, [&](std::size_t i) {
        const Example example = set.at(i);
        const Trace trace = answer(model, plan, example.input, {question.output}, monitor);
        const MatrixView logits = trace.outputs.at(question.output)->matrix();
        for (std::size_t row = 0; objective == Objective::LanguageModelling && row < logits.rows; ++row)
            losses[i].push_back(crossEntropy(logits.middleRows(row, 1), {&example.targets[row], 1}, 0.0).sum);
        answers[i] = crossEntropy(logits, example.targets, 0.0);
        if (objective == Objective::Classification)
            classes[i] = {static_cast<std::size_t>(example.targets.front()),
                          static_cast<std::size_t>(std::ranges::max_element(logits.row(0)) - logits.row(0).begin())};
    });
    Figures figures{set.name, count};
    std::size_t right = 0;
    for (std::size_t i = 0; i < count; ++i) {
        figures.loss += answers[i].sum;
        figures.questions += answers[i].counted;
        right += answers[i].right;
        figures.lossAt.resize(losses[i].size());
        for (std::size_t at = 0; at < losses[i].size(); ++at)
            figures.lossAt[at] += losses[i][at] / static_cast<double>(count);
    }
    const double questions = std::max(1.0, static_cast<double>(figures.questions));
    figures.loss /= questions;
    figures.accuracy = static_cast<double>(right) / questions;
    if (objective == Objective::Classification && count > 0) {
        ConfusionMatrix matrix(model.info().labels.size());
        for (const auto& [truth, answer] : classes)
            matrix.add(truth, answer);
        figures.f1 = matrix.macroF1();
    }
    return figures;
}

// ln of what a model scales cosines with. From a pair's own logit it would be lost where their cosine is near 0: the
// largest is safe.
double logScaleOf(const std::vector<Trace>& traces, const Embeddings& found)
{
    double logScale = kUsualLogScale, largest = 0.0;
    for (std::size_t i = 0; i < traces.size(); ++i) {
        const auto logits = traces[i].outputs.find("logits_per_image");
        if (logits == traces[i].outputs.end())
            return kUsualLogScale;
        const auto text = found.texts.matrix().row(i), image = found.images.matrix().row(i);
        const double cosine = std::inner_product(text.begin(), text.end(), image.begin(), 0.0);
        const double ratio = static_cast<double>(logits->second->values().front()) / cosine;
        if (std::abs(cosine) > largest && ratio > 0.0) {
            largest = std::abs(cosine);
            logScale = std::log(ratio);
        }
    }
    return logScale;
}

Figures evaluateBatches(const Model& model, const HeadPlan& plan, const ExampleSet& set, std::size_t count,
                        std::size_t batch, const Monitor& monitor)
{
    Figures figures{set.name, count / batch * batch};
    std::size_t right = 0;
    for (std::size_t first = 0; first + batch <= count; first += batch) {
        const std::vector<std::string> wanted = {"text_embeds", "image_embeds", "logits_per_image"};
        std::vector<Trace> traces(batch);
        parallelFor(batch, kSerialWork,
                    [&](std::size_t i) { traces[i] = answer(model, plan, set.at(first + i).input, wanted, monitor); });
        std::vector<const Trace*> all(batch);
        std::ranges::transform(traces, all.begin(), [](const Trace& trace) { return &trace; });
        const Embeddings found = gather(all);
        const ContrastiveLoss loss =
            contrastiveLoss(found.texts.matrix(), found.images.matrix(), logScaleOf(traces, found));
        figures.loss += loss.value * static_cast<double>(batch);
        right += loss.rightTexts;
    }
    figures.questions = figures.examples;
    const double questions = std::max(1.0, static_cast<double>(figures.questions));
    figures.loss /= questions;
    figures.accuracy = static_cast<double>(right) / questions;
    return figures;
}

}  // namespace

Question questionOf(Objective objective)
{
    if (objective == Objective::Matching || objective == Objective::ContrastAndMatching)
        return {"itm_logits", true};
    return {"logits", objective == Objective::LanguageModelling};
}

Figures evaluate(const Model& model, const HeadPlan& plan, Objective objective, const ExampleSet& set, std::size_t most,
                 std::size_t batch, const Monitor& monitor)
{
    const std::size_t count = std::min(most, set.count);
    if (objective == Objective::Contrast)
        return evaluateBatches(model, plan, set, count, std::min(batch, std::max<std::size_t>(count, 1)), monitor);
    return evaluateSingly(model, plan, objective, set, count, monitor);
}

Embeddings gather(std::span<const Trace* const> traces)
{
    const auto rowOf = [](const Trace& trace, const char* name) { return trace.outputs.at(name)->matrix().row(0); };
    const std::size_t width = rowOf(*traces.front(), "image_embeds").size();
    Embeddings all{Tensor({traces.size(), width}), Tensor({traces.size(), width})};
    for (std::size_t i = 0; i < traces.size(); ++i) {
        std::ranges::copy(rowOf(*traces[i], "text_embeds"), all.texts.matrix().row(i).begin());
        std::ranges::copy(rowOf(*traces[i], "image_embeds"), all.images.matrix().row(i).begin());
    }
    return all;
}

}  // namespace ketscope
