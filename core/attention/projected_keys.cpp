// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/attention/projected_keys.h"

#include "core/nn/row_softmax.h"

#include <cmath>
#include <limits>
#include <mutex>

namespace ketscope {

namespace {

constexpr std::size_t kChunk = PackedMatrix::kColumnUnit;

// Keys and values of a prefix, projected.
struct Prefix {
    PackedMatrix keys;    // (EK)ᵀ: (d, r)
    PackedMatrix values;  // FV: (r, dv)
};

class ProjectedHead final : public WeightsHead {
public:
    ProjectedHead(const HeadInput& head, const PositionProjections& projections, const Monitor& monitor)
        : WeightsHead(head), m_projections(projections), m_ofKeys(masked(*projections.keys, m_maskedOfKeys)),
          m_ofValues(masked(*projections.values, m_maskedOfValues))
    {
        if (head.mask.additive.empty())
            projectPrefixes(monitor);
    }

private:
    // What pairs of queries and keys need, for the weights and for the keys of a causal row's own chunk.
    struct Pairs {
        PackedMatrix keys;      // Kᵀ: (d, m)
        PackedMatrix ofKeys;    // Eᵀ: (m, r)
        PackedMatrix ofValues;  // F: (r, m)
    };

    std::size_t rank() const { return m_ofKeys.rows; }
    std::size_t chunkSize(std::size_t chunk) const { return std::min(kChunk, input().keys.rows - chunk * kChunk); }

    const Pairs& pairs() const
    {
        std::call_once(m_pairsOnce, [this] {
            m_pairs = {PackedMatrix::transposed(input().keys), PackedMatrix::transposed(m_ofKeys),
                       PackedMatrix::of(m_ofValues)};
        });
        return m_pairs;
    }

    // The columns of the keys; where there is padding a copy in `room` with its columns 0.
    MatrixView masked(const Tensor& projection, Tensor& room) const
    {
        const MatrixView whole = projection.matrix().middleColumns(0, input().keys.rows);
        const auto& allowed = input().mask.keyAllowed;
        if (allowed.empty())
            return whole;
        room = Tensor({whole.rows, whole.columns});
        for (std::size_t a = 0; a < whole.rows; ++a)
            for (std::size_t key = 0; key < whole.columns; ++key)
                room.matrix()(a, key) = allowed[key] != 0 ? whole(a, key) : 0.0F;
        return room.matrix();
    }

    void projectPrefixes(const Monitor& monitor)
    {
        const std::size_t chunks = (input().keys.rows + kChunk - 1) / kChunk;
        const PackedMatrix keys = PackedMatrix::of(input().keys);
        Tensor ofKeys = Tensor::zeros({rank(), input().keys.columns});
        Tensor ofValues = Tensor::zeros({rank(), input().values.columns});
        const auto keep = [&] {
            m_prefixes.push_back({PackedMatrix::transposed(ofKeys.matrix()), PackedMatrix::of(ofValues.matrix())});
        };
        for (std::size_t chunk = 0; chunk < chunks; ++chunk) {
            monitor.check();
            const std::size_t first = chunk * kChunk;
            const std::size_t count = chunkSize(chunk);
            if (input().mask.causal)
                keep();
            keys.multiplyPart(m_ofKeys.middleColumns(first, count), {first, count, 0, input().keys.columns},
                              ofKeys.matrix(), true);
            values().multiplyPart(m_ofValues.middleColumns(first, count), {first, count, 0, input().values.columns},
                                  ofValues.matrix(), true);
        }
        if (!input().mask.causal)
            keep();
    }

    void scaledSoftmax(MutableMatrixView logits) const
    {
        for (std::size_t i = 0; i < logits.rows; ++i) {
            for (float& logit : logits.row(i))
                logit *= input().scale;
            softmaxRow(logits.row(i).data(), logits.columns);
        }
    }

    // What each column of E and F counts for a query: 0 for a key that it may not see.
    void fillVisibility(std::size_t row, std::span<float> factors) const
    {
        const MatrixView& bias = input().mask.additive;
        float largest = -std::numeric_limits<float>::infinity();
        for (std::size_t key = 0; key < factors.size() && !bias.empty(); ++key)
            if (isAllowed(input(), row, key))
                largest = std::max(largest, bias(row, key));
        for (std::size_t key = 0; key < factors.size(); ++key)
            factors[key] = !isAllowed(input(), row, key) ? 0.0F
                           : bias.empty()                ? 1.0F
                                                         : std::exp(bias(row, key) - largest);
    }

    void fillWeights(std::size_t first, MutableMatrixView weights, MutableMatrixView) const override
    {
        pairs().keys.multiply(input().queries.middleRows(first, weights.rows), weights);
        Tensor visibility({weights.rows, weights.columns});
        for (std::size_t i = 0; i < weights.rows; ++i) {
            fillVisibility(first + i, visibility.matrix().row(i));
            std::ranges::transform(weights.row(i), visibility.matrix().row(i), weights.row(i).begin(),
                                   [](float score, float factor) { return factor == 0.0F ? 0.0F : score * factor; });
        }
        Tensor shares({weights.rows, rank()});
        pairs().ofKeys.multiply(weights, shares.matrix());
        scaledSoftmax(shares.matrix());
        pairs().ofValues.multiply(shares.matrix(), weights);
        for (std::size_t i = 0; i < weights.rows; ++i)
            std::ranges::transform(weights.row(i), visibility.matrix().row(i), weights.row(i).begin(),
                                   [](float weight, float factor) { return factor == 0.0F ? 0.0F : weight * factor; });
    }

    bool fillOutput(std::size_t first, MutableMatrixView output, MutableMatrixView) const override
    {
        if (m_prefixes.empty())
            return false;
        for (std::size_t done = 0; done < output.rows;) {
            std::size_t count = std::min(2 * kAttentionRowBlock, output.rows - done);
            std::size_t chunk = 0;
            if (input().mask.causal) {
                const std::size_t lastKey =
                    input().mask.keyEnd(first + done, input().queries.rows, input().keys.rows) - 1;
                chunk = lastKey / kChunk;
                count = std::min(count, (chunk + 1) * kChunk - lastKey);
            }
            fillPiece(first + done, chunk, output.middleRows(done, count));
            done += count;
        }
        return true;
    }

    void forgetLaterKeys(std::size_t first, std::size_t firstKey, MutableMatrixView scores) const
    {
        for (std::size_t i = 0; i < scores.rows; ++i) {
            const std::size_t end = input().mask.keyEnd(first + i, input().queries.rows, input().keys.rows) - firstKey;
            std::fill(scores.row(i).begin() + static_cast<std::ptrdiff_t>(std::min(end, scores.columns)),
                      scores.row(i).end(), 0.0F);
        }
    }

    // Queries that, with a causal mask, all end in the same chunk of keys.
    void fillPiece(std::size_t first, std::size_t chunk, MutableMatrixView output) const
    {
        const MatrixView queries = input().queries.middleRows(first, output.rows);
        const Prefix& before = m_prefixes[chunk];
        const std::size_t firstKey = chunk * kChunk;
        const std::size_t own = input().mask.causal ? chunkSize(chunk) : 0;
        Tensor shares({queries.rows, rank()});
        before.keys.multiply(queries, shares.matrix());
        Tensor scores({queries.rows, std::max<std::size_t>(own, 1)});
        if (own > 0) {
            pairs().keys.multiplyPart(queries, {0, queries.columns, firstKey, own}, scores.matrix());
            forgetLaterKeys(first, firstKey, scores.matrix());
            pairs().ofKeys.multiplyPart(scores.matrix(), {firstKey, own, 0, rank()}, shares.matrix(), true);
        }
        scaledSoftmax(shares.matrix());
        before.values.multiply(shares.matrix(), output);
        if (own > 0) {
            pairs().ofValues.multiplyPart(shares.matrix(), {0, rank(), firstKey, own}, scores.matrix());
            forgetLaterKeys(first, firstKey, scores.matrix());
            values().multiplyPart(scores.matrix(), {firstKey, own, 0, output.columns}, output, true);
        }
    }

    PositionProjections m_projections;
    Tensor m_maskedOfKeys;
    Tensor m_maskedOfValues;
    MatrixView m_ofKeys;    // E, (r, m)
    MatrixView m_ofValues;  // F
    mutable std::once_flag m_pairsOnce;
    mutable Pairs m_pairs;
    std::vector<Prefix> m_prefixes;  // before each chunk of keys; not causal: of all keys alone
};

}  // namespace

std::unique_ptr<PreparedHead> prepareProjectedKeys(const HeadInput& input, const PositionProjections& projections,
                                                   const Monitor& monitor)
{
    monitor.check();
    checkShapes(input);
    return std::make_unique<ProjectedHead>(input, projections, monitor);
}

KeyValueGradients backwardProjectedKeys(const HeadInput& input, const PositionProjections& projections,
                                        const OutputGradients& gradients, const HeadGradients& into)
{
    checkShapes(input);
    const auto keys = static_cast<Eigen::Index>(input.keys.rows);
    const Dense ofKeys = dense(projections.keys->matrix()).leftCols(keys);
    const Dense ofValues = dense(projections.values->matrix()).leftCols(keys);
    const double scale = input.scale;
    const Dense visible = maskFactors(input);
    const Dense scores = (dense(input.queries) * dense(input.keys).transpose()).cwiseProduct(visible);
    Dense shares = scale * scores * ofKeys.transpose();
    for (Eigen::Index i = 0; i < shares.rows(); ++i) {
        shares.row(i) = (shares.row(i).array() - shares.row(i).maxCoeff()).exp();
        shares.row(i) /= shares.row(i).sum();
    }
    const Dense weights = (shares * ofValues).cwiseProduct(visible);
    const Dense ofWeights = weightGradients(input, weights, gradients, into).cwiseProduct(visible);
    const Dense ofLogits = softmaxBackward(shares, ofWeights * ofValues.transpose());
    addProductGradients(input, scale * (ofLogits * ofKeys).cwiseProduct(visible), into);
    return {scale * ofLogits.transpose() * scores, shares.transpose() * ofWeights};
}

}  // namespace ketscope
