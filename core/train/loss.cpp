// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/loss.h"

#include "core/attention/gradients.h"

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

}  // namespace

CrossEntropy crossEntropy(MatrixView logits, std::span<const std::int32_t> targets, double scale)
{
    CrossEntropy result;
    result.gradients = Tensor::zeros({logits.rows, logits.columns});
    std::vector<double> row(logits.columns), shares(logits.columns);
    for (std::size_t i = 0; i < logits.rows; ++i) {
        if (targets[i] < 0)
            continue;
        const auto target = static_cast<std::size_t>(targets[i]);
        std::ranges::copy(logits.row(i), row.begin());
        result.sum += softmaxOf(row, shares) - row.at(target);
        ++result.counted;
        result.right += largestOf(row) == target ? 1 : 0;
        shares[target] -= 1.0;
        float* const slopes = result.gradients.data() + i * shares.size();
        for (std::size_t j = 0; j < shares.size(); ++j)
            slopes[j] = static_cast<float>(scale * shares[j]);
    }
    return result;
}

ContrastiveLoss contrastiveLoss(MatrixView texts, MatrixView images, double logScale)
{
    ContrastiveLoss result;
    const Dense ofTexts = dense(texts), ofImages = dense(images);
    const double scale = std::exp(logScale);
    const Dense logits = scale * ofImages * ofTexts.transpose();  // (image, text)
    Dense gradients = Dense::Zero(logits.rows(), logits.cols()), turned = gradients;
    result.value = addDiagonal(logits, gradients, result.rightTexts);
    result.value += addDiagonal(logits.transpose(), turned, result.rightImages);
    gradients += turned.transpose();
    result.images = tensorOf(scale * gradients * ofTexts);
    result.texts = tensorOf(scale * gradients.transpose() * ofImages);
    result.logScale = gradients.cwiseProduct(logits).sum();
    return result;
}

}  // namespace ketscope
