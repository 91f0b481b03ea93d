// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/loss.h"

#include "core/attention/gradients.h"
#include "core/attention/rows.h"
#include "core/base/parallel.h"

#include <cmath>

namespace ketscope {

namespace {

// softmax of a row; returns ln Σ eˣ.
double softmaxOf(std::span<const double> logits, std::span<double> shares)
{
    const double largest = *std::ranges::max_element(logits);
    double sum = 0.0;
    for (std::size_t i = 0; i < logits.size(); ++i)
        sum += shares[i] = std::exp(logits[i] - largest);
    for (double& share : shares)
        share /= sum;
    return largest + std::log(sum);
}

template <typename Values> std::size_t largestOf(const Values& values)
{
    return static_cast<std::size_t>(std::ranges::max_element(values) - values.begin());
}

// Adds the gradients of half the mean cross-entropy of finding i in row i, and returns the sum of those; counts rows
// whose largest logit is at i.
double addDiagonal(const Dense& logits, Dense& gradients, std::size_t& right)
{
    const auto count = static_cast<std::size_t>(logits.rows());
    double sum = 0.0;
    std::vector<double> shares(count);
    for (std::size_t i = 0; i < count; ++i) {
        const std::span<const double> row(logits.data() + i * count, count);
        sum += softmaxOf(row, shares) - row[i];
        right += largestOf(row) == i ? 1 : 0;
        for (std::size_t j = 0; j < count; ++j)
            gradients(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j)) +=
                (shares[j] - (i == j ? 1.0 : 0.0)) / (2.0 * static_cast<double>(count));
    }
    return sum / (2.0 * static_cast<double>(count));
}

Tensor tensorOf(const Dense& values)
{
    Tensor result = Tensor::zeros({static_cast<std::size_t>(values.rows()), static_cast<std::size_t>(values.cols())});
    addTo(result.matrix(), values);
    return result;
}

// Value and counts of a contrast with these logits (image, text), and its slopes by them.
Dense bothWays(const Dense& logits, ContrastiveLoss& result)
{
    Dense gradients = Dense::Zero(logits.rows(), logits.cols()), turned = gradients;
    result.value = addDiagonal(logits, gradients, result.rightTexts);
    result.value += addDiagonal(logits.transpose(), turned, result.rightImages);
    return gradients + turned.transpose();
}

// Each word of a text that counts, with the patch that it is most like.
struct BestPatches {
    std::vector<std::pair<std::size_t, std::size_t>> words;
    double mean = 0.0;  // of those cosines
};

// `cosines` has room for (words, patches).
BestPatches bestPatches(const TokenVectors& text, const PackedMatrix& turnedPatches, MutableMatrixView cosines)
{
    turnedPatches.multiply(text.words, cosines);
    BestPatches best;
    for (std::size_t word = 0; word < text.words.rows; ++word) {
        if (!text.counts.empty() && text.counts[word] == 0)
            continue;
        const std::span<const float> row = cosines.row(word);
        best.words.emplace_back(word, largestOf(row));
        best.mean += static_cast<double>(row[best.words.back().second]);
    }
    best.mean /= static_cast<double>(std::max<std::size_t>(best.words.size(), 1));
    return best;
}

void addRow(float factor, std::span<const float> from, std::span<float> to)
{
    for (std::size_t i = 0; i < to.size(); ++i)
        to[i] += factor * from[i];
}

}  // namespace

CrossEntropy crossEntropy(MatrixView logits, std::span<const std::int32_t> targets, double scale,
                          std::span<const double> weights)
{
    CrossEntropy result;
    result.gradients = Tensor::zeros({logits.rows, logits.columns});
    std::vector<double> row(logits.columns), shares(logits.columns);
    for (std::size_t i = 0; i < logits.rows; ++i) {
        if (targets[i] < 0)
            continue;
        const auto target = static_cast<std::size_t>(targets[i]);
        std::ranges::copy(logits.row(i), row.begin());
        const double weight = weights.empty() ? 1.0 : weights[i];
        result.sum += weight * (softmaxOf(row, shares) - row.at(target));
        ++result.counted;
        result.right += largestOf(row) == target ? 1 : 0;
        shares[target] -= 1.0;
        float* const slopes = result.gradients.data() + i * shares.size();
        for (std::size_t j = 0; j < shares.size(); ++j)
            slopes[j] = static_cast<float>(scale * weight * shares[j]);
    }
    return result;
}

CrossEntropy crossEntropy(MatrixView logits, MatrixView shares, double scale)
{
    CrossEntropy result{.counted = logits.rows};
    result.gradients = Tensor({logits.rows, logits.columns});
    std::vector<double> row(logits.columns), answered(logits.columns);
    for (std::size_t i = 0; i < logits.rows; ++i) {
        std::ranges::copy(logits.row(i), row.begin());
        const double logSum = softmaxOf(row, answered);
        result.right += largestOf(row) == largestOf(shares.row(i)) ? 1 : 0;
        float* const slopes = result.gradients.data() + i * row.size();
        for (std::size_t j = 0; j < row.size(); ++j) {
            const auto share = static_cast<double>(shares.row(i)[j]);
            result.sum += share * (logSum - row[j]);
            slopes[j] = static_cast<float>(scale * (answered[j] - share));
        }
    }
    return result;
}

ContrastiveLoss contrastiveLoss(MatrixView texts, MatrixView images, double logScale)
{
    ContrastiveLoss result;
    const Dense ofTexts = dense(texts), ofImages = dense(images);
    const double scale = std::exp(logScale);
    const Dense logits = scale * ofImages * ofTexts.transpose();  // (image, text)
    const Dense gradients = bothWays(logits, result);
    result.images = tensorOf(scale * gradients * ofTexts);
    result.texts = tensorOf(scale * gradients.transpose() * ofImages);
    result.logScale = gradients.cwiseProduct(logits).sum();
    return result;
}

LateContrastiveLoss lateContrastiveLoss(std::span<const TokenVectors> pairs, double logScale)
{
    const std::size_t count = pairs.size();
    const double scale = std::exp(logScale);
    std::vector<BestPatches> best(count * count);
    Dense logits(static_cast<Eigen::Index>(count), static_cast<Eigen::Index>(count));
    parallelFor(count, kSerialWork, [&](std::size_t image) {
        const PackedMatrix patches = PackedMatrix::transposed(pairs[image].patches);
        Tensor cosines;
        for (std::size_t text = 0; text < count; ++text) {
            if (cosines.empty() || cosines.shape().front() != pairs[text].words.rows)
                cosines = Tensor({pairs[text].words.rows, patches.columns()});
            best[image * count + text] = bestPatches(pairs[text], patches, cosines.matrix());
            logits.data()[image * count + text] = scale * best[image * count + text].mean;
        }
    });
    ContrastiveLoss both;
    const Dense gradients = bothWays(logits, both);
    LateContrastiveLoss result{both.value, std::vector<Tensor>(count), std::vector<Tensor>(count),
                               gradients.cwiseProduct(logits).sum()};
    const auto slope = [&](std::size_t image, std::size_t text) {
        return static_cast<float>(scale * gradients.data()[image * count + text]
                                  / static_cast<double>(best[image * count + text].words.size()));
    };
    parallelFor(count, kSerialWork, [&](std::size_t one) {
        result.texts[one] = Tensor::zeros({pairs[one].words.rows, pairs[one].words.columns});
        result.images[one] = Tensor::zeros({pairs[one].patches.rows, pairs[one].patches.columns});
        for (std::size_t other = 0; other < count; ++other) {
            for (const auto& [word, patch] : best[other * count + one].words)
                addRow(slope(other, one), pairs[other].patches.row(patch), result.texts[one].matrix().row(word));
            for (const auto& [word, patch] : best[one * count + other].words)
                addRow(slope(one, other), pairs[other].words.row(word), result.images[one].matrix().row(patch));
        }
    });
    return result;
}

}  // namespace ketscope
