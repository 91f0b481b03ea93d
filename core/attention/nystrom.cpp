// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/attention/landmark_attention.h"
#include "core/attention/pseudo_inverse.h"
#include "core/attention/segments.h"
#include "core/nn/attention_kernel.h"
#include "core/nn/row_softmax.h"

#include <cmath>
#include <limits>
#include <mutex>
#include <numeric>
#include <utility>

namespace ketscope {

namespace {

std::vector<Parameter> nystromParameters()
{
    return {
        {.id = "landmarks",
         .title = "Landmarks",
         .symbol = "r",
         .help = "Segments of neighbouring tokens whose mean stands for them. With one for every token only the "
                 "pseudo-inverse, which leaves small singular values out, stands between the result and the exact one.",
         .kind = ParameterKind::Integer,
         .minimum = 1,
         .maximum = 512,
         .initial = 64,
         .logarithmic = true},
        {.id = "inverse",
         .title = "Pseudo-inverse",
         .help = "Six iterations are what Nyströmformer runs: fast, and singular values below about a thirtieth of the "
                 "largest are left out. SVD keeps those down to a thousandth and takes several times as long. With a "
                 "causal mask the landmark matrix is triangular and solved directly, and this changes nothing.",
         .kind = ParameterKind::Choice,
         .initial = 1,
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
    const auto columns = static_cast<Eigen::Index>(queries.columns);
    const auto mean = [&](std::size_t segment) {
        return Eigen::Map<Eigen::RowVectorXf>(result.means.matrix().row(segment).data(), columns);
    };
    for (std::size_t row = 0; row < queries.rows; ++row) {
        if (segmentOf[row] >= count)
            continue;
        ++sizes[segmentOf[row]];
        mean(segmentOf[row]) += Eigen::Map<const Eigen::RowVectorXf>(queries.row(row).data(), columns);
    }
    for (std::size_t a = 0; a < count; ++a) {
        result.used[a] = sizes[a] > 0;
        mean(a) /= static_cast<float>(std::max<std::size_t>(sizes[a], 1));
    }
    return result;
}

class NystromHead final : public WeightsHead {
public:
    NystromHead(const HeadInput& head, std::size_t landmarks, bool iterate, const Monitor& monitor)
        : WeightsHead(head), m_softmax(head, KeySegments(head, landmarks))
    {
        if (head.mask.causal)
            solveCausal();
        else
            solve(landmarks, iterate);
        if (!head.mask.additive.empty())
            return;
        Tensor ofValues = landmarkOutput(head, m_queries.matrix(), segments().keys, seenKeys(), monitor);
        for (std::size_t a = 0; a < m_plain.size(); ++a)
            if (m_plain[a])
                std::ranges::copy(m_softmax.valueMeans().matrix().row(a), ofValues.matrix().row(a).begin());
        m_ofValues = multiplied(ofValues);
    }

private:
    const KeySegments& segments() const { return m_softmax.segments(); }

    // How many of the segments' keys each landmark sees.
    std::vector<std::size_t> seenKeys() const
    {
        std::vector<std::size_t> seen(m_ends.size());
        std::ranges::transform(m_ends, seen.begin(), [this](std::size_t end) {
            return std::min(end * segments().length, segments().keys.size());
        });
        return seen;
    }

    Tensor landmarksToKeys() const;
    Dense landmarkLogits() const;
    Tensor landmarkWeights() const;
    Tensor causalLandmarkWeights() const;
    void solve(std::size_t landmarks, bool iterate);
    void solveCausal();
    void invert(const Tensor& weights, const std::vector<bool>& used);
    void invertRow(std::size_t a, std::size_t first, std::span<const float> weights, bool used);
    Tensor inverseTimes(MatrixView rows) const;

    // A⁺ · rows.
    PackedMatrix multiplied(const Tensor& rows) const
    {
        if (!m_landmarks.empty())
            return PackedMatrix::of(iteratedInverseTimes(m_landmarks.matrix(), rows.matrix()).matrix());
        if (input().mask.causal)
            return PackedMatrix::of(inverseTimes(rows.matrix()).matrix());
        const Dense product = m_solved * dense(rows.matrix());
        Tensor result({static_cast<std::size_t>(product.rows()), rows.shape()[1]});
        for (Eigen::Index i = 0; i < product.rows(); ++i)
            for (Eigen::Index j = 0; j < product.cols(); ++j)
                result.matrix()(static_cast<std::size_t>(i), static_cast<std::size_t>(j)) =
                    static_cast<float>(product(i, j));
        return PackedMatrix::of(result.matrix());
    }

    void fillWeights(std::size_t first, MutableMatrixView weights, MutableMatrixView) const override
    {
        fillRows(first, {weights, {}, {}, {}});
    }
    void fillRows(std::size_t first, const HeadOutput& block) const override;
    bool maskWeights(std::size_t row, std::span<float> weights) const;

    bool fillOutput(std::size_t first, MutableMatrixView output, MutableMatrixView) const override
    {
        if (!input().mask.additive.empty())
            return false;
        Tensor shares({output.rows, segments().count()});
        m_softmax.weigh(first, shares.matrix());
        m_softmax.apply(first, shares.matrix(), m_ofValues, output);
        return true;
    }

    SegmentSoftmax m_softmax;
    Tensor m_queries;                 // landmarks, (r', d)
    std::vector<std::size_t> m_ends;  // segments before this are seen by each
    std::vector<bool> m_plain;        // causal: landmarks that stand for the plain mean of their segment
    Tensor m_landmarks;               // A = softmax(Q̃K̃ᵀ), (r', segments), where six iterations invert it
    Dense m_solved;                   // (segments, r'): A⁺ where the SVD does
    Tensor m_inverse;                 // causal: A⁻¹, (r', r' and more columns), 0 above the diagonal
    PackedMatrix m_ofValues;          // A⁺ · softmax(Q̃Kᵀ) · V, causal: of segments that have ended
    mutable std::once_flag m_spreadOnce;
    mutable PackedMatrix m_spread;  // A⁺ · softmax(Q̃Kᵀ), for the weights
};

// softmax of the landmark queries over the keys that belong to the segments before their end.
Tensor NystromHead::landmarksToKeys() const
{
    Tensor rows = Tensor::zeros({m_queries.shape()[0], input().keys.rows});
    const PackedMatrix keys = PackedMatrix::transposed(input().keys);
    Tensor products({1, input().keys.rows});
    const std::vector<std::size_t> seen = seenKeys();
    std::vector<float> logits;
    for (std::size_t a = 0; a < seen.size(); ++a) {
        const auto row = rows.matrix().row(a);
        if (a < m_plain.size() && m_plain[a]) {
            for (std::size_t index = a * segments().length; index < seen[a]; ++index)
                row[segments().keys[index]] = 1.0F / static_cast<float>(segments().sizeOf(a));
            continue;
        }
        keys.multiply(m_queries.matrix().middleRows(a, 1), products.matrix());
        logits.resize(seen[a]);
        for (std::size_t index = 0; index < seen[a]; ++index)
            logits[index] = input().scale * products.data()[segments().keys[index]];
        softmaxRow(logits.data(), logits.size());
        for (std::size_t index = 0; index < seen[a]; ++index)
            row[segments().keys[index]] = logits[index];
    }
    return rows;
}

Dense NystromHead::landmarkLogits() const
{
    return static_cast<double>(input().scale) * dense(m_queries.matrix())
           * dense(m_softmax.keyMeans().matrix()).transpose();
}

// softmax(Q̃K̃ᵀ), where a shorter last segment counts for as much less.
Tensor NystromHead::landmarkWeights() const
{
    const std::size_t count = segments().count();
    Tensor weights({m_queries.shape()[0], count});
    if (count == 0)
        return weights;
    PackedMatrix::transposed(m_softmax.keyMeans().matrix()).multiply(m_queries.matrix(), weights.matrix());
    const double share = static_cast<double>(segments().sizeOf(count - 1)) / static_cast<double>(segments().length);
    for (std::size_t a = 0; a < weights.shape()[0]; ++a) {
        const std::span<float> row = weights.matrix().row(a);
        for (float& logit : row)
            logit *= input().scale;
        row.back() += static_cast<float>(std::log(share));
        softmaxRow(row.data(), row.size());
    }
    return weights;
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
    m_queries = meansOfQueries(input().queries, segmentOf, count).means;
    m_ends.assign(count, segments().count());
    if (iterate) {
        m_landmarks = landmarkWeights();
        if (!m_landmarks.empty())
            return;
    }
    Dense weights = landmarkLogits();
    for (Eigen::Index i = 0; i < weights.rows() && weights.cols() > 0; ++i) {
        const double sizeOfLast = static_cast<double>(segments().sizeOf(segments().count() - 1));
        weights(i, weights.cols() - 1) += std::log(sizeOfLast / static_cast<double>(segments().length));
        weights.row(i) = (weights.row(i).array() - weights.row(i).maxCoeff()).exp();
        weights.row(i) /= weights.row(i).sum();
    }
    m_solved = pseudoInverse(weights, kCutoff);
}

// Landmarks see those before them, so that their matrix A is lower triangular and row a of A⁻¹ is
// (eₐ − Σ_{b < a} Aₐᵦ A⁻¹ᵦ)/Aₐₐ: nothing of a later segment is in it. A landmark without queries, or whose row grows beyond
// what single precision bears, stands for the plain mean of its segment.
void NystromHead::solveCausal()
{
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
    QueryLandmarks queries = meansOfQueries(input().queries, segmentOf, count);
    m_queries = std::move(queries.means);
    m_ends.resize(count);
    std::iota(m_ends.begin(), m_ends.end(), 1);
    m_plain.assign(count, false);
    invert(causalLandmarkWeights(), queries.used);
}

// Row a of softmax(Q̃K̃ᵀ) over the landmarks up to a; 0 beyond.
Tensor NystromHead::causalLandmarkWeights() const
{
    const std::size_t count = segments().count();
    Tensor weights({count, count});
    if (count == 0)
        return weights;
    PackedMatrix::transposed(m_softmax.keyMeans().matrix()).multiply(m_queries.matrix(), weights.matrix());
    for (std::size_t a = 0; a < count; ++a) {
        const std::span<float> row = weights.matrix().row(a);
        Eigen::Map<Eigen::ArrayXf>(row.data(), static_cast<Eigen::Index>(a + 1)) *= input().scale;
        softmaxRow(row.data(), a + 1);
        std::ranges::fill(row.subspan(a + 1), 0.0F);
    }
    return weights;
}

// In blocks of rows: what all rows before a block add to it is one product.
void NystromHead::invert(const Tensor& weights, const std::vector<bool>& used)
{
    constexpr std::size_t kBlock = 32;
    constexpr std::size_t kApart = 16;  // keeps rows out of each other's cache sets
    const std::size_t count = used.size();
    const std::size_t padded = PackedMatrix::padded(count);
    m_inverse = Tensor::zeros({count, padded + kApart});
    for (std::size_t first = 0; first < count; first += kBlock) {
        const std::size_t rows = std::min(kBlock, count - first);
        if (first > 0)
            multiplyWide(weights.matrix().middleRows(first, rows).middleColumns(0, first),
                         m_inverse.matrix().middleRows(0, first).middleColumns(0, padded),
                         m_inverse.matrix().middleRows(first, rows).middleColumns(0, first));
        for (std::size_t a = first; a < first + rows; ++a)
            invertRow(a, first, weights.matrix().row(a), used[a]);
    }
}

// Row a of A⁻¹, where Σ_{b < first} Aₐᵦ A⁻¹ᵦ is known.
void NystromHead::invertRow(std::size_t a, std::size_t first, std::span<const float> weights, bool used)
{
    constexpr float kMostGrowth = 100.0F;
    using Rows = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
    const MutableMatrixView inverse = m_inverse.matrix();
    const auto before = static_cast<Eigen::Index>(a);
    const auto inBlock = static_cast<Eigen::Index>(a - first);
    Eigen::Map<Eigen::RowVectorXf> row(inverse.row(a).data(), before + 1);
    const Eigen::Map<const Rows, 0, Eigen::OuterStride<>> above(
        inverse.row(first).data(), inBlock, before, Eigen::OuterStride<>(static_cast<Eigen::Index>(inverse.stride)));
    row.head(before).noalias() += Eigen::Map<const Eigen::RowVectorXf>(weights.data() + first, inBlock) * above;
    row[before] = -1.0F;
    row /= -weights[a];
    if (used && row.lpNorm<1>() <= kMostGrowth)
        return;
    row.setZero();
    row[before] = 1.0F;
    m_plain[a] = true;
}

// A⁻¹ · rows.
Tensor NystromHead::inverseTimes(MatrixView rows) const
{
    Tensor result({rows.rows, rows.columns});
    const PackedMatrix right = PackedMatrix::of(rows);
    for (std::size_t first = 0; first < rows.rows; first += kAttentionRowBlock) {
        const std::size_t end = std::min(rows.rows, first + kAttentionRowBlock);
        right.multiplyPart(m_inverse.matrix().middleRows(first, end - first).middleColumns(0, end),
                           {0, end, 0, rows.columns}, result.matrix().middleRows(first, end - first));
    }
    return result;
}

void NystromHead::fillRows(std::size_t first, const HeadOutput& block) const
{
    const MutableMatrixView weights = block.weights;
    std::call_once(m_spreadOnce, [this] { m_spread = multiplied(landmarksToKeys()); });
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
        if (maskWeights(first + i, weights.row(i)) && !block.diagnostics.empty())
            block.diagnostics(0, i) = 1.0F;
    }
}

// An additive mask multiplies the approximated weights by e^M, and the row is normalised again: uniform where less than a
// hundredth of it is left. Whether that was so.
bool NystromHead::maskWeights(std::size_t row, std::span<float> weights) const
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
        return false;
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
    return false;
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
                                             parameters.choice("inverse") == "iterations", monitor);
    }

    std::vector<DiagnosticInfo> rowDiagnostics(const Parameters&) const override { return {kEvenRow}; }

    // Both thin products with their softmax, the inverse (about 22 r³) and the map.
    double flops(const HeadInput& input, const Parameters& parameters) const override
    {
        const auto n = static_cast<double>(input.queries.rows);
        const auto m = static_cast<double>(input.keys.rows);
        const double landmarks = std::min({parameters.real("landmarks"), n, m});
        const auto width = static_cast<double>(input.queries.columns + input.values.columns);
        return (n + m) * landmarks * (2.0 * width + 20.0) + 22.0 * landmarks * landmarks * landmarks
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
