// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/study/alignment_stacks.h"
#include "core/study/relevance.h"

#include <algorithm>

namespace ketscope {

namespace {

std::string crossObstacle(const Comparison& comparison)
{
    if (stackOf(comparison, TokenAxis::Text, TokenAxis::Image))
        return {};
    const std::string& title = comparison.model.title;
    if (stackOf(comparison, TokenAxis::Joint, TokenAxis::Joint))
        return title + " has no cross-attention: text and image share one stack. See Joint attention.";
    if (comparison.model.task == Task::ImageTextContrast)
        return title + " has no cross-attention: its towers meet in their embeddings alone.";
    return title + " has no layers in which words look at patches.";
}

std::string jointObstacle(const Comparison& comparison)
{
    return stackOf(comparison, TokenAxis::Joint, TokenAxis::Joint)
               ? ""
               : comparison.model.title + " has no stack that text and image share.";
}

std::string similarityObstacle(const Comparison& comparison)
{
    if (comparison.model.task != Task::ImageTextContrast)
        return comparison.model.title + " projects single words and patches into no common space.";
    for (const auto& trace : comparison.traces)
        if (projectedTokens(*trace, kTextEmbeds) == nullptr || projectedTokens(*trace, kImageEmbeds) == nullptr)
            return "The file does not hold the projected words and patches: run the model again.";
    return {};
}

std::string rolloutObstacle(const Comparison& comparison)
{
    const auto stack = imageStack(comparison);
    if (!stack)
        return comparison.model.title + " has no self-attention over patches.";
    for (const auto& trace : comparison.traces)
        if (std::ranges::count(trace->stacks.at(*stack).attention, nullptr) > 0)
            return "Rollout needs the maps of every layer, and some were not kept.";
    return {};
}

std::string classObstacle(const Comparison& comparison)
{
    return stackOf(comparison, TokenAxis::Image, TokenAxis::Image) && classKey(comparison, TokenAxis::Image)
               ? ""
               : comparison.model.title + " has no image tower with a class token.";
}

constexpr const char* kWeights =
    "a = softmax(q·k / √d) over the keys where the head is exact, else as its mechanism gives it; of several heads the "
    "mean or the largest.";

}  // namespace

const std::vector<AlignmentMethod>& alignmentMethods()
{
    static const std::vector<AlignmentMethod> all = {
        {.id = "cross-attention",
         .title = "Cross-attention",
         .definition = "The weight with which each word (query) looks at each patch (key) of the image, as the layer "
                       "used it.",
         .formula = kWeights,
         .obstacle = crossObstacle,
         .usesHeads = true},
        {.id = "joint-attention",
         .title = "Joint attention",
         .definition = "The block of one self-attention map over text and image: words looking at patches, or patches "
                       "looking at words.",
         .formula = kWeights,
         .obstacle = jointObstacle,
         .bothDirections = true,
         .usesHeads = true},
        {.id = "patch-cosine",
         .title = "Patch–token cosine",
         .definition = "Cosine of each patch's and each token's last state after the model's own norm and projection. "
                       "A similarity, not attention. The model compares only its class token and its end-of-text token "
                       "this way: for other patches and words it is an approximation.",
         .formula = "s(t, p) = t·p / (‖t‖ ‖p‖) of the last states after norm and projection; −1 to 1.",
         .obstacle = similarityObstacle,
         .similarity = true},
        {.id = "late-interaction",
         .title = "Late interaction",
         .definition = "Of those cosines, only the largest: each word's best patch, or for each patch its best word "
                       "(Yao et al., FILIP, ICLR 2022).",
         .formula = "s(t, p) = t·p of states of length 1, kept only where p = argmax s(t, ·), or t = argmax s(·, p).",
         .obstacle = similarityObstacle,
         .similarity = true,
         .sparse = true,
         .bothDirections = true},
        {.id = "rollout",
         .title = "Rollout",
         .definition = "The product over layers of (mean of heads + residual) / 2 (Abnar and Zuidema, ACL 2020). It is "
                       "not defined across cross-attention: towers are rolled out by themselves, from the class token.",
         .formula = "R = Π over layers of (Ā + I) / 2, each row divided by its sum; Ā is the mean of the heads.",
         .obstacle = rolloutObstacle,
         .bothDirections = true},
        {.id = "class-attention",
         .title = "Class token",
         .definition = "The weight with which the image's class token looks at each patch in the image tower. No word "
                       "takes part.",
         .formula = kWeights,
         .obstacle = classObstacle,
         .usesHeads = true},
        {.id = "relevance",
         .title = "Relevance",
         .definition =
             "How much each patch counts, through all layers, for what a token becomes on the way to A's answer: "
             "the positive part of gradient × attention, propagated (Chefer et al., ICCV 2021). The row of the "
             "token that the answer is read from is the method's own map. Rows are scaled to sum to 1. Of two "
             "towers the last layer alone takes part.",
         .formula =
             "Ā = mean over heads of max(0, ∇A ⊙ A), ∇A the gradient of A's answer. Self-attention: R ← R + Ā·R. "
             "Cross-attention: R(t, p) ← R(t, p) + R̂(t)ᵀ·Ā·R̂(p), R̂ the rows of R − I divided by their sums, plus I.",
         .obstacle = relevanceObstacle,
         .ofPatchesAlone = true},
    };
    return all;
}

const AlignmentMethod& alignmentMethod(std::string_view id)
{
    std::string known;
    for (const AlignmentMethod& method : alignmentMethods()) {
        if (method.id == id)
            return method;
        known += (known.empty() ? "" : ", ") + method.id;
    }
    refuse({"alignment method", "one of " + known, "\"" + printable(std::string(id), 40) + "\"", ""});
}

std::string alignmentObstacle(const ModelInfo& model)
{
    return model.image ? "" : "Alignment needs an image and a text. " + model.title + " takes no image.";
}

std::string alignmentObstacle(const Comparison& comparison)
{
    const bool looksAtImage = std::ranges::any_of(comparison.model.stacks,
                                                  [](const StackInfo& stack) { return stack.keys != TokenAxis::Text; });
    if (!looksAtImage)
        return "Alignment needs an image and a text. " + comparison.model.title + " takes no image.";
    if (!comparison.input.patches || comparison.input.imageTokens.size() < comparison.input.patches->patches())
        return "Alignment needs to know how the image was cut into patches, which this file does not say.";
    std::string reasons;
    for (const AlignmentMethod& method : alignmentMethods()) {
        const std::string reason = method.obstacle(comparison);
        if (reason.empty())
            return {};
        reasons = reasons.empty() ? reason : reasons;
    }
    return reasons;
}

}  // namespace ketscope
