// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/tensor.h"

#include <cstdint>
#include <vector>

namespace ketscope {

// What losses are of the logits (n, C) of n questions, each with one right class among C. A negative target is a question
// that does not count; weights (n, empty: all 1) multiply the losses. All sums are taken in double precision.
struct CrossEntropy {
    double sum = 0.0;         // of weight · −ln softmax(logits)[target], in nats
    std::size_t counted = 0;  // questions
    std::size_t right = 0;    // of those, the ones whose largest logit is the target's
    Tensor gradients = {};    // (n, C): scale · weight · (softmax − one-hot) of the counted rows, 0 elsewhere
};
CrossEntropy crossEntropy(MatrixView logits, std::span<const std::int32_t> targets, double scale,
                          std::span<const double> weights = {});

// The same where each right class is not certain but has the probabilities of a row of `shares` (n, C): of −Σ p ln softmax.
// Right is where the largest logit is that of the largest probability.
CrossEntropy crossEntropy(MatrixView logits, MatrixView shares, double scale);

constexpr double kUsualLogScale = 2.6592;  // ln(1/0.07), of models that train no scale (Radford et al., ICML 2021)

// Of B texts and the images that belong to them, by unit vectors (B, E): with logits eˢ ⟨image i, text j⟩, the mean of
// the cross-entropies of finding the text of each image and the image of each text (Radford et al., ICML 2021).
struct ContrastiveLoss {
    double value = 0.0;           // nats
    std::size_t rightTexts = 0;   // images whose own text is the nearest
    std::size_t rightImages = 0;  // texts whose own image is the nearest
    Tensor texts = {};            // gradients with respect to the texts' vectors (B, E),
    Tensor images = {};           // the images' (B, E)
    double logScale = 0.0;        // and s
};
ContrastiveLoss contrastiveLoss(MatrixView texts, MatrixView images, double logScale);

// The same of B texts and B images by unit vectors of their words (words, E) and patches (P, E): image i and text j are as
// like as the mean over j's words of the largest cosine with a patch of i (Yao et al., FILIP, ICLR 2022, from text to
// image). `counts`: the rows of a text that are words (0 = padding); empty = all. Of equal cosines the first counts.
struct LateContrastiveLoss {
    double value = 0.0;               // nats
    std::vector<Tensor> texts = {};   // gradients with respect to each text's vectors
    std::vector<Tensor> images = {};  // and each image's
    double logScale = 0.0;
};
struct TokenVectors {
    MatrixView words;
    std::span<const std::uint8_t> counts;
    MatrixView patches;
};
LateContrastiveLoss lateContrastiveLoss(std::span<const TokenVectors> pairs, double logScale);

}  // namespace ketscope
