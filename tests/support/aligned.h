// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/study/alignment.h"
#include "core/study/token_axis.h"

#include <cmath>

namespace ketscope::test {

// An image of 4 rows × 6 columns of patches and a text in which a word comes twice, with maps that are known by hand:
// in layer 1, head 2 of "cross" or "joint" the word t looks at patch 3 t + 1 with most of its weight, in B at the patch
// right of it; every other head is uniform. 2 layers × 3 heads, so that neither of these is taken for the other. The
// picture of 60 × 50 pixels is resized to 36 × 30 and cut to 30 × 20, from (3, 5) on.
inline constexpr std::size_t kAlignedTokens = 8, kAlignedRows = 4, kAlignedColumns = 6, kAlignedPatches = 24;
inline constexpr std::size_t kAlignedLayer = 1, kAlignedHead = 2;
inline constexpr double kClassShare = 0.2, kPeakShare = 0.5;

inline std::size_t peakOf(std::size_t token, std::size_t trace) { return 3 * token + 1 + trace; }

// What word `token` gives a patch in the selected head.
inline float alignedWeight(std::size_t token, std::size_t patch, std::size_t trace)
{
    const double rest = (1.0 - kClassShare - kPeakShare) / static_cast<double>(kAlignedPatches - 1);
    return static_cast<float>(patch == peakOf(token, trace) ? kPeakShare : rest);
}

inline std::shared_ptr<const Image> alignedPicture()
{
    auto image = std::make_shared<Image>();
    image->width = 60;
    image->height = 50;
    for (std::size_t y = 0; y < image->height; ++y)
        for (std::size_t x = 0; x < image->width; ++x) {
            const bool red = x >= 12 && x < 26 && y >= 12 && y < 26, blue = x >= 36 && x < 50 && y >= 24 && y < 38;
            const auto shade = static_cast<std::uint8_t>(200 + (x + y) % 40);
            image->rgb.insert(image->rgb.end(), {red    ? std::uint8_t{190}
                                                 : blue ? std::uint8_t{30}
                                                        : shade,
                                                 red || blue ? std::uint8_t{40} : shade,
                                                 red    ? std::uint8_t{40}
                                                 : blue ? std::uint8_t{190}
                                                        : shade});
        }
    return image;
}

inline TensorPointer alignedLayer(const StackInfo& stack, std::size_t queries, std::size_t keys, bool selected,
                                  std::size_t trace)
{
    auto layer = std::make_shared<Tensor>(std::vector<std::size_t>{stack.heads, queries, keys});
    std::ranges::fill(layer->values(), 1.0F / static_cast<float>(keys));
    const bool joint = stack.keys == TokenAxis::Joint;
    const std::size_t first = joint ? kAlignedTokens : 0;
    if (!selected || !(joint || stack.queries != stack.keys))
        return layer;
    for (std::size_t token = 0; token < kAlignedTokens; ++token) {
        const auto row = layer->matrix({kAlignedHead}).row(token);
        std::ranges::fill(row, 0.0F);
        row[first] = static_cast<float>(kClassShare);
        for (std::size_t patch = 0; patch < kAlignedPatches; ++patch)
            row[first + 1 + patch] = alignedWeight(token, patch, trace);
    }
    return layer;
}

struct Aligned {
    Comparison comparison;

    explicit Aligned(bool joint = false)
    {
        ModelInfo& model = comparison.model;
        model.title = joint ? "Tiny ViLT" : "Tiny BLIP";
        model.path = "models/tiny";
        model.image = ImageInfo{3, 20, 30, 5, 5, true};
        const StackInfo usual{.name = {}, .layers = 2, .heads = 3, .headSize = 4, .width = 12};
        const auto stack = [&](const char* name, TokenAxis queries, TokenAxis keys) {
            model.stacks.push_back(usual);
            model.stacks.back().name = name;
            model.stacks.back().queries = queries;
            model.stacks.back().keys = keys;
        };
        if (joint) {
            stack("joint", TokenAxis::Joint, TokenAxis::Joint);
        } else {
            stack("text", TokenAxis::Text, TokenAxis::Text);
            stack("vision", TokenAxis::Image, TokenAxis::Image);
            stack("cross", TokenAxis::Text, TokenAxis::Image);
        }
        addInput();
        comparison.study.candidates.push_back({{parseSpec("rff")}});
        comparison.study.selection = {
            .stack = joint ? 0U : 2U, .layer = kAlignedLayer, .head = kAlignedHead, .query = 3};
        comparison.study.selection.key = (joint ? kAlignedTokens : 0) + 1 + peakOf(3, 0);
        for (std::size_t trace = 0; trace < 2; ++trace)
            addTrace(trace);
        for (std::size_t trace = 0; trace < 2; ++trace) {
            HeadPlan plan(std::vector<HeadPlan::StackShape>(model.stacks.size(), {2, 3}), 0);
            comparison.plans.push_back(std::make_shared<const HeadPlan>(std::move(plan)));
        }
    }

    ComparisonPointer make() const
    {
        auto made = std::make_shared<Comparison>(comparison);
        made->alignments = std::make_shared<AlignmentMemo>();
        return made;
    }

private:
    void addInput()
    {
        comparison.study.input.text = "the red square the blue circle";
        comparison.study.input.image = PictureInput{"pictures/shapes.png", nullptr};
        for (const char* word : {"[CLS]", "the", "red", "square", "the", "blue", "circle", "[SEP]"}) {
            Token token;
            token.piece = token.display = word;
            token.special = word[0] == '[';
            comparison.input.tokens.push_back(token);
            comparison.input.model.tokenIds.push_back(0);
            comparison.input.model.attentionMask.push_back(1);
        }
        comparison.input.patches = PatchGeometry({60, 50, 36, 30, 3, 5, 30, 20}, 5, 5);
        comparison.input.imageTokens = imageTokens(1 + kAlignedPatches, kAlignedRows, kAlignedColumns);
        comparison.input.picture = alignedPicture();
    }

    void addTrace(std::size_t trace)
    {
        auto made = std::make_shared<Trace>();
        for (const StackInfo& info : comparison.model.stacks) {
            StackTrace stack;
            stack.name = info.name;
            for (std::size_t layer = 0; layer < info.layers; ++layer) {
                stack.attention.push_back(alignedLayer(info, axisTokens(comparison.input, info.queries),
                                                       axisTokens(comparison.input, info.keys), layer == kAlignedLayer,
                                                       trace));
                stack.standardError.push_back(nullptr);
            }
            made->stacks.push_back(std::move(stack));
        }
        comparison.traces.push_back(std::move(made));
    }
};

}  // namespace ketscope::test
