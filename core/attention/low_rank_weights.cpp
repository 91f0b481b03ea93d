// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/attention/low_rank_weights.h"

#include "core/attention/segment_attention.h"

namespace ketscope {

namespace {

void forbid(const HeadInput& input, std::size_t row, std::span<float> weights)
{
    for (std::size_t key = 0; key < weights.size(); ++key)
        if (!isAllowed(input, row, key))
            weights[key] = 0.0F;
}

Dense exactWeights(const HeadInput& input)
{
    return softmaxWeights(input,
                          static_cast<double>(input.scale) * dense(input.queries) * dense(input.keys).transpose());
}

// Solving for the whole matrix takes its size to the power 3/2.
void checkSize(const HeadInput& input)
{
    constexpr std::size_t kMost = std::size_t{2048} * 2048;
    if (input.queries.rows > kMost / input.keys.rows)
        refuse({"linformer projection", "at most 2048 × 2048 query–key pairs for a fit",
                std::to_string(input.queries.rows) + " × " + std::to_string(input.keys.rows),
                "Use segments, or a shorter text."});
}

class RandomProjectionHead final : public WeightsHead {
public:
    RandomProjectionHead(const HeadInput& head, const TensorPointer& projection)
        : WeightsHead(head), m_keys(PackedMatrix::transposed(head.keys)),
          m_down(PackedMatrix::transposed(projection->matrix())), m_up(PackedMatrix::of(projection->matrix()))
    {
    }

private:
    void fillWeights(std::size_t first, MutableMatrixView weights, MutableMatrixView) const override
    {
        softmaxRows(input(), m_keys, first, weights);
        Tensor projected({weights.rows, m_up.rows()});
        m_down.multiply(weights, projected.matrix());
        m_up.multiply(projected.matrix(), weights);
        for (std::size_t i = 0; i < weights.rows; ++i)
            forbid(input(), first + i, weights.row(i));
    }

    PackedMatrix m_keys;  // Kᵀ
    PackedMatrix m_down;  // Rᵀ
    PackedMatrix m_up;    // R
};

class FixedWeightsHead final : public WeightsHead {
public:
    FixedWeightsHead(const HeadInput& head, const Dense& weights)
        : WeightsHead(head), m_weights({head.queries.rows, head.keys.rows})
    {
        for (std::size_t i = 0; i < head.queries.rows; ++i) {
            for (std::size_t j = 0; j < head.keys.rows; ++j)
                m_weights.matrix()(i, j) = static_cast<float>(weights(i, j));
            forbid(head, i, m_weights.matrix().row(i));
        }
    }

private:
    void fillWeights(std::size_t first, MutableMatrixView weights, MutableMatrixView) const override
    {
        for (std::size_t i = 0; i < weights.rows; ++i)
            std::ranges::copy(m_weights.matrix().row(first + i), weights.row(i).begin());
    }

    Tensor m_weights;
};

}  // namespace

std::unique_ptr<PreparedHead> prepareRandomProjection(const HeadInput& input, TensorPointer projection)
{
    return std::make_unique<RandomProjectionHead>(input, projection);
}

void backwardRandomProjection(const HeadInput& input, const Tensor& projection, const OutputGradients& gradients,
                              const HeadGradients& into)
{
    checkShapes(input);
    const Dense exact = exactWeights(input);
    const Dense r = dense(projection.matrix());
    const Dense seen = (maskFactors(input).array() > 0.0).cast<double>();
    const Dense weights = (exact * r.transpose() * r).cwiseProduct(seen);
    const Dense ofWeights = weightGradients(input, weights, gradients, into).cwiseProduct(seen);
    const Dense ofLogits = softmaxBackward(exact, ofWeights * r.transpose() * r);
    addProductGradients(input, static_cast<double>(input.scale) * ofLogits, into);
}

Dense fittedWeights(const HeadInput& input, std::size_t rank)
{
    checkShapes(input);
    checkSize(input);
    const Dense shares = segmentShares(input, KeySegments(input, rank));
    Eigen::MatrixXd normal = shares.transpose() * shares;
    const double ridge = 1e-6 * normal.trace() / std::max<double>(1.0, static_cast<double>(normal.rows()));
    normal.diagonal().array() += std::max(ridge, 1e-12);
    return shares * normal.ldlt().solve(Eigen::MatrixXd(shares.transpose() * exactWeights(input)));
}

std::unique_ptr<PreparedHead> prepareFixedWeights(const HeadInput& input, const Dense& weights)
{
    return std::make_unique<FixedWeightsHead>(input, weights);
}

}  // namespace ketscope
