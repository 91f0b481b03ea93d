// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/attention/segment_attention.h"

#include <cmath>
#include <limits>

namespace ketscope {

namespace {

// One query: every key's part of its segment, and every segment's share.
struct SegmentRow {
    std::vector<double> inside;  // (m)
    std::vector<double> shares;  // (segments)
};

// `scores` (m) are s·q·k.
SegmentRow segmentRow(const HeadInput& input, const KeySegments& segments, std::size_t row,
                      std::span<const float> scores)
{
    constexpr double kUnseen = -std::numeric_limits<double>::infinity();
    SegmentRow result{std::vector<double>(scores.size(), 0.0), std::vector<double>(segments.count(), kUnseen)};
    const auto biasOf = [&](std::size_t key) {
        return input.mask.additive.empty() ? 0.0 : static_cast<double>(input.mask.additive(row, key));
    };
    double largest = kUnseen;
    for (std::size_t a = 0; a < segments.count(); ++a) {
        const auto keys = std::span(segments.keys).subspan(a * segments.length, segments.sizeOf(a));
        double peak = kUnseen;
        for (const std::size_t key : keys)
            if (isAllowed(input, row, key))
                peak = std::max(peak, biasOf(key));
        double mass = 0.0;
        double mean = 0.0;
        for (const std::size_t key : keys)
            if (isAllowed(input, row, key)) {
                result.inside[key] = std::exp(biasOf(key) - peak);
                mass += result.inside[key];
                mean += result.inside[key] * scores[key];
            }
        if (mass == 0.0)
            continue;
        for (const std::size_t key : keys)
            result.inside[key] /= mass;
        result.shares[a] = mean / mass + peak + std::log(mass);
        largest = std::max(largest, result.shares[a]);
    }
    double sum = 0.0;
    for (double& share : result.shares)
        sum += share = largest == kUnseen ? 0.0 : std::exp(share - largest);
    for (double& share : result.shares)
        share /= sum > 0.0 ? sum : 1.0;
    return result;
}

class SegmentHead final : public WeightsHead {
public:
    SegmentHead(const HeadInput& head, std::size_t most)
        : WeightsHead(head), m_softmax(head, KeySegments(head, most)),
          m_values(PackedMatrix::of(m_softmax.valueMeans().matrix())), m_keys(PackedMatrix::transposed(head.keys))
    {
    }

private:
    void fillWeights(std::size_t first, MutableMatrixView weights, MutableMatrixView) const override
    {
        const KeySegments& segments = m_softmax.segments();
        m_keys.multiply(input().queries.middleRows(first, weights.rows), weights);
        for (std::size_t i = 0; i < weights.rows; ++i) {
            const auto row = weights.row(i);
            for (float& score : row)
                score *= input().scale;
            const SegmentRow found = segmentRow(input(), segments, first + i, row);
            std::ranges::fill(row, 0.0F);
            for (std::size_t index = 0; index < segments.keys.size(); ++index) {
                const std::size_t key = segments.keys[index];
                row[key] = static_cast<float>(found.inside[key] * found.shares[index / segments.length]);
            }
        }
    }

    bool fillOutput(std::size_t first, MutableMatrixView output, MutableMatrixView) const override
    {
        if (!input().mask.additive.empty())
            return false;
        Tensor shares({output.rows, m_softmax.segments().count()});
        m_softmax.weigh(first, shares.matrix());
        m_softmax.apply(first, shares.matrix(), m_values, output);
        return true;
    }

    SegmentSoftmax m_softmax;
    PackedMatrix m_values;  // means, (segments, dv)
    PackedMatrix m_keys;    // Kᵀ, for the weights
};

Dense scoresOf(const HeadInput& input)
{
    return static_cast<double>(input.scale) * dense(input.queries) * dense(input.keys).transpose();
}

SegmentRow segmentRow(const HeadInput& input, const KeySegments& segments, const Dense& scores, Eigen::Index row)
{
    std::vector<float> values(input.keys.rows);
    for (std::size_t key = 0; key < values.size(); ++key)
        values[key] = static_cast<float>(scores(row, static_cast<Eigen::Index>(key)));
    return segmentRow(input, segments, static_cast<std::size_t>(row), values);
}

}  // namespace

std::unique_ptr<PreparedHead> prepareSegmentAttention(const HeadInput& input, std::size_t most)
{
    checkShapes(input);
    return std::make_unique<SegmentHead>(input, most);
}

Dense segmentShares(const HeadInput& input, const KeySegments& segments)
{
    const Dense scores = scoresOf(input);
    Dense shares(scores.rows(), static_cast<Eigen::Index>(segments.count()));
    for (Eigen::Index i = 0; i < scores.rows(); ++i) {
        const SegmentRow row = segmentRow(input, segments, scores, i);
        shares.row(i) = Eigen::Map<const Eigen::RowVectorXd>(row.shares.data(), shares.cols());
    }
    return shares;
}

void backwardSegmentAttention(const HeadInput& input, std::size_t most, const OutputGradients& gradients,
                              const HeadGradients& into)
{
    checkShapes(input);
    const KeySegments segments(input, most);
    const Dense scores = scoresOf(input);
    Dense inside = Dense::Zero(scores.rows(), scores.cols());
    Dense shares(scores.rows(), static_cast<Eigen::Index>(segments.count()));
    Dense membership = Dense::Zero(shares.cols(), scores.cols());  // (segments, m), 1 where the key belongs
    for (std::size_t index = 0; index < segments.keys.size(); ++index)
        membership(index / segments.length, segments.keys[index]) = 1.0;
    for (Eigen::Index i = 0; i < scores.rows(); ++i) {
        const SegmentRow row = segmentRow(input, segments, scores, i);
        inside.row(i) = Eigen::Map<const Eigen::RowVectorXd>(row.inside.data(), inside.cols());
        shares.row(i) = Eigen::Map<const Eigen::RowVectorXd>(row.shares.data(), shares.cols());
    }
    const Dense weights = inside.cwiseProduct(shares * membership);
    const Dense ofWeights = weightGradients(input, weights, gradients, into);
    const Dense ofShares = inside.cwiseProduct(ofWeights) * membership.transpose();
    const Dense ofLogits = softmaxBackward(shares, ofShares);
    addProductGradients(input, static_cast<double>(input.scale) * inside.cwiseProduct(ofLogits * membership), into);
}

}  // namespace ketscope
