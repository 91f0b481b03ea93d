// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/attention/pseudo_inverse.h"
#include "core/attention/segments.h"
#include "core/nn/row_softmax.h"

#include <cmath>
#include <limits>
#include <mutex>

namespace ketscope {

namespace {

std::vector<Parameter> nystromParameters()
{
    return {
        {.id = "landmarks",
         .title = "Landmarks",
         .symbol = "r",
         .help = "Segments of neighbouring tokens whose mean stands for them. With one for every token the result is "
                 "exact.",
         .kind = ParameterKind::Integer,
         .minimum = 1,
         .maximum = 512,
         .initial = 64,
         .logarithmic = true},
        {.id = "inverse",
         .title = "Pseudo-inverse",
         .help = "SVD drops singular values below a thousandth of the largest. Six iterations are what Nyströmformer "
                 "runs. With "
                 "a causal mask the landmark matrix is triangular and solved directly, and this changes nothing.",
         .kind = ParameterKind::Choice,
         .choices = {"svd", "iterations"},
         .choiceTitles = {"SVD", "Six iterations"}},
    };
}

MechanismInfo describe()
{
    MechanismInfo info;
    info.id = "nystrom";
    info.title = "Nyströmformer";
    info.shortTitle = "Nyström";
    info.formula = "softmax(QK̃ᵀ/√d) · softmax(Q̃K̃ᵀ/√d)⁺ · softmax(Q̃Kᵀ/√d), Q̃, K̃ means of r segments";
    info.summary =
        "Attention goes through r landmarks, in time linear in the number of tokens; weights may be negative. "
        "Landmarks of a whole text look ahead: with a causal mask each row uses only landmarks that have ended, and "
        "the mean of its own segment so far, which is causal but not the original.";
    info.source =
        "Xiong et al., “Nyströmformer: A Nyström-Based Algorithm for Approximating Self-Attention”, AAAI 2021";
    info.properties.rowStochastic = false;
    info.properties.signedWeights = true;
    info.properties.linearTime = true;
    info.properties.usesKeyOrder = true;
    info.parameters = nystromParameters();
    return info;
}

// The mean query of each segment of tokens; `used` says which segments have one. In self-attention a query belongs to the
// segment of its key, so that padding and later tokens do not enter.
struct QueryLandmarks {
    Tensor means;  // (landmarks, d)
    std::vector<bool> used;
};

QueryLandmarks meansOfQueries(const MatrixView& queries, const std::vector<std::size_t>& segmentOf, std::size_t count)
{
    QueryLandmarks result{Tensor::zeros({count, queries.columns}), std::vector<bool>(count, false)};
    std::vector<std::size_t> sizes(count, 0);
    for (std::size_t row = 0; row < queries.rows; ++row) {
        if (segmentOf[row] >= count)
            continue;
        ++sizes[segmentOf[row]];
        for (std::size_t c = 0; c < queries.columns; ++c)
            result.means.matrix()(segmentOf[row], c) += queries(row, c);
    }
    for (std::size_t a = 0; a < count; ++a) {
        result.used[a] = sizes[a] > 0;
        for (float& x : result.means.matrix().row(a))
            x /= static_cast<float>(std::max<std::size_t>(sizes[a], 1));
    }
    return result;
}

class NystromHead final : public WeightsHead {
public:
    NystromHead(const HeadInput& head, std::size_t landmarks, bool iterate)
        : WeightsHead(head), m_softmax(head, KeySegments(head, landmarks)), m_keys(PackedMatrix::transposed(head.keys))
    {
        if (head.mask.causal)
            solveCausal();
        else
            solve(landmarks, iterate);
        Tensor ofValues({m_toKeys.shape()[0], head.values.columns});
        values().multiply(m_toKeys.matrix(), ofValues.matrix());
        m_ofValues = multiplied(ofValues);
    }

private:
    const KeySegments& segments() const { return m_softmax.segments(); }

    // softmax of the landmark queries over the keys that belong to the segments < end(landmark).
    Tensor landmarksToKeys(const Tensor& queries, const std::vector<std::size_t>& ends) const;
    Dense landmarkLogits(const Tensor& queries) const;
    void solve(std::size_t landmarks, bool iterate);
    void solveCausal();

    // m_solved · rows, in double.
    PackedMatrix multiplied(const Tensor& rows) const
    {
        const Dense product = m_solved * dense(rows.matrix());
        Tensor result({static_cast<std::size_t>(product.rows()), rows.shape()[1]});
        for (std::size_t i = 0; i < result.shape()[0]; ++i)
            for (std::size_t j = 0; j < result.shape()[1]; ++j)
                result.matrix()(i, j) = static_cast<float>(product(i, j));
        return PackedMatrix::of(result.matrix());
    }

    void fillWeights(std::size_t first, MutableMatrixView weights, MutableMatrixView) const override;
    void maskWeights(std::size_t row, std::span<float> weights) const;

    bool fillOutput(std::size_t first, MutableMatrixView output) const override
    {
        if (!input().mask.additive.empty())
            return false;
        Tensor shares({output.rows, segments().count()});
        m_softmax.weigh(first, shares.matrix());
        m_softmax.apply(first, shares.matrix(), m_ofValues, output);
        return true;
    }

    SegmentSoftmax m_softmax;
    PackedMatrix m_keys;      // Kᵀ
    Tensor m_toKeys;          // (landmark queries, m): softmax(Q̃Kᵀ), causal: of segments that have ended
    Dense m_solved;           // (segments, landmark queries): what takes a share to rows of m_toKeys
    PackedMatrix m_ofValues;  // m_solved · m_toKeys · V
    mutable std::once_flag m_spreadOnce;
    mutable PackedMatrix m_spread;  // m_solved · m_toKeys, for the weights
};

Tensor NystromHead::landmarksToKeys(const Tensor& queries, const std::vector<std::size_t>& ends) const
{
    constexpr float kUnseen = -std::numeric_limits<float>::infinity();
    Tensor scaled({queries.shape()[0], queries.shape()[1]});
    std::ranges::transform(queries.values(), scaled.data(), [this](float x) { return input().scale * x; });
    Tensor rows({queries.shape()[0], input().keys.rows});
    m_keys.multiply(scaled.matrix(), rows.matrix());
    const auto& allowed = input().mask.keyAllowed;
    for (std::size_t a = 0; a < ends.size(); ++a) {
        const auto row = rows.matrix().row(a);
        for (std::size_t key = 0; key < allowed.size(); ++key)
            if (allowed[key] == 0)
                row[key] = kUnseen;
        const std::size_t last = std::min(ends[a] * segments().length, segments().keys.size());
        const std::size_t end = last == 0 ? 0 : segments().keys[last - 1] + 1;
        std::fill(row.begin() + static_cast<std::ptrdiff_t>(end), row.end(), kUnseen);
        softmaxRow(row.data(), row.size());
    }
    return rows;
}

Dense NystromHead::landmarkLogits(const Tensor& queries) const
{
    return static_cast<double>(input().scale) * dense(queries.matrix())
           * dense(m_softmax.keyMeans().matrix()).transpose();
}

void NystromHead::solve(std::size_t landmarks, bool iterate)
{
    constexpr double kCutoff = 1e-3;
    const std::size_t n = input().queries.rows;
    const bool self = n == input().keys.rows && !input().mask.keyAllowed.empty();
    std::vector<std::size_t> used;  // padding is no landmark where queries and keys are the same tokens
    for (std::size_t row = 0; row < n; ++row)
        if (!self || input().mask.keyAllowed[row] != 0)
            used.push_back(row);
    const std::size_t length = std::max<std::size_t>(1, (used.size() + landmarks - 1) / landmarks);
    const std::size_t count = (used.size() + length - 1) / length;
    std::vector<std::size_t> segmentOf(n, count);
    for (std::size_t index = 0; index < used.size(); ++index)
        segmentOf[used[index]] = index / length;
    const QueryLandmarks queries = meansOfQueries(input().queries, segmentOf, count);
    m_toKeys = landmarksToKeys(queries.means, std::vector<std::size_t>(count, segments().count()));
    Dense logits = landmarkLogits(queries.means);
    for (Eigen::Index i = 0; i < logits.rows() && logits.cols() > 0; ++i) {
        const double sizeOfLast = static_cast<double>(segments().sizeOf(segments().count() - 1));
        logits(i, logits.cols() - 1) += std::log(sizeOfLast / static_cast<double>(segments().length));
        logits.row(i) = (logits.row(i).array() - logits.row(i).maxCoeff()).exp();
        logits.row(i) /= logits.row(i).sum();
    }
    m_solved = iterate ? iteratedPseudoInverse(logits) : pseudoInverse(logits, kCutoff);
}

// Landmarks see those before them, so that their matrix A is lower triangular and row a of A⁻¹ is
// (eₐ − Σ_{b < a} Aₐᵦ A⁻¹ᵦ)/Aₐₐ: nothing of a later segment is in it. A landmark without queries, or whose row grows beyond
// what single precision bears, stands for the plain mean of its segment.
void NystromHead::solveCausal()
{
    constexpr double kMostGrowth = 100.0;
    const std::size_t n = input().queries.rows;
    const std::size_t count = segments().count();
    const std::size_t length = segments().length;
    std::vector<std::size_t> segmentOf(n, count);
    for (std::size_t row = 0; row < n; ++row) {
        const std::size_t visible = segments().visible(input(), row);
        const std::size_t own = input().mask.keyEnd(row, n, input().keys.rows) - 1;
        if (visible > 0 && segments().keys[visible - 1] == own)
            segmentOf[row] = (visible - 1) / length;
    }
    const QueryLandmarks queries = meansOfQueries(input().queries, segmentOf, count);
    std::vector<std::size_t> ends(count);
    for (std::size_t a = 0; a < count; ++a)
        ends[a] = a + 1;
    m_toKeys = landmarksToKeys(queries.means, ends);
    const Dense logits = landmarkLogits(queries.means);
    m_solved = Dense::Zero(logits.rows(), logits.cols());
    for (std::size_t a = 0; a < count; ++a) {
        const auto size = static_cast<Eigen::Index>(a + 1);
        Eigen::RowVectorXd row = logits.row(static_cast<Eigen::Index>(a)).head(size);
        row = (row.array() - row.maxCoeff()).exp().eval();
        row /= row.sum();
        Eigen::RowVectorXd solved = -row.head(size - 1) * m_solved.topRows(size - 1);
        solved[size - 1] += 1.0;
        solved /= row[size - 1];
        if (queries.used[a] && solved.cwiseAbs().sum() <= kMostGrowth) {
            m_solved.row(static_cast<Eigen::Index>(a)) = solved;
            continue;
        }
        m_solved(a, a) = 1.0;
        std::ranges::fill(m_toKeys.matrix().row(a), 0.0F);
        for (std::size_t index = a * length; index < a * length + segments().sizeOf(a); ++index)
            m_toKeys.matrix()(a, segments().keys[index]) = 1.0F / static_cast<float>(segments().sizeOf(a));
    }
}

void NystromHead::fillWeights(std::size_t first, MutableMatrixView weights, MutableMatrixView) const
{
    std::call_once(m_spreadOnce, [this] { m_spread = multiplied(m_toKeys); });
    Tensor shares({weights.rows, segments().count()});
    m_softmax.weigh(first, shares.matrix());
    std::vector<float> own(weights.rows, 0.0F);
    for (std::size_t i = 0; i < weights.rows; ++i)
        if (const auto part = m_softmax.partial(first + i); part.keys > 0)
            own[i] = std::exchange(shares.matrix()(i, part.segment), 0.0F);
    m_spread.multiply(shares.matrix(), weights);
    for (std::size_t i = 0; i < weights.rows; ++i) {
        const auto part = m_softmax.partial(first + i);
        for (std::size_t k = 0; k < part.keys; ++k)
            weights(i, segments().keys[part.segment * segments().length + k]) += own[i] / static_cast<float>(part.keys);
        maskWeights(first + i, weights.row(i));
    }
}

// An additive mask multiplies the approximated weights by e^M, and the row is normalised again: uniform where less than a
// hundredth of it is left.
void NystromHead::maskWeights(std::size_t row, std::span<float> weights) const
{
    constexpr double kLeast = 0.01;
    const MatrixView& bias = input().mask.additive;
    float largest = -std::numeric_limits<float>::infinity();
    for (std::size_t key = 0; key < weights.size(); ++key)
        if (!isAllowed(input(), row, key))
            weights[key] = 0.0F;
        else if (!bias.empty())
            largest = std::max(largest, bias(row, key));
    if (bias.empty())
        return;
    double sum = 0.0;
    for (std::size_t key = 0; key < weights.size(); ++key)
        if (isAllowed(input(), row, key)) {
            weights[key] *= std::exp(bias(row, key) - largest);
            sum += weights[key];
        }
    if (!(sum > kLeast))
        return uniformRule(input(), row, weights);
    for (float& weight : weights)
        weight = static_cast<float>(weight / sum);
}

class NystromMechanism final : public Mechanism {
public:
    const MechanismInfo& info() const override { return m_info; }

    std::unique_ptr<PreparedHead> prepare(const HeadInput& input, const Parameters& parameters,
                                          const Monitor& monitor) const override
    {
        monitor.check();
        checkShapes(input);
        return std::make_unique<NystromHead>(input, static_cast<std::size_t>(parameters.integer("landmarks")),
                                             parameters.choice("inverse") == "iterations");
    }

    // Both thin products with their softmax, the inverse (about 20 r³) and the map.
    double flops(const HeadInput& input, const Parameters& parameters) const override
    {
        const auto n = static_cast<double>(input.queries.rows);
        const auto m = static_cast<double>(input.keys.rows);
        const double landmarks = std::min({parameters.real("landmarks"), n, m});
        const auto width = static_cast<double>(input.queries.columns + input.values.columns);
        return (n + m) * landmarks * (2.0 * width + 20.0) + 20.0 * landmarks * landmarks * landmarks
               + 2.0 * landmarks * n * m;
    }

private:
    MechanismInfo m_info = describe();
};

}  // namespace

const Mechanism& nystromMechanism()
{
    static const NystromMechanism mechanism;
    return mechanism;
}

}  // namespace ketscope
