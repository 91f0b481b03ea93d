// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/attention/fidelity.h"
#include "core/attention/iqp_gradients.h"
#include "core/attention/noisy_gate_gradients.h"
#include "core/attention/noisy_state_gradients.h"
#include "core/attention/rows.h"

#include <cmath>
#include <optional>

namespace ketscope {

namespace {

using Eigen::Index;
using Eigen::VectorXd;

// The gradient of the loss with respect to both sides, as they are collected.
struct Sides {
    Dense queries;
    Dense keys;
};

// One way to encode vectors: overlaps of all pairs, and what their gradients are of the vectors'.
struct Encoding {
    Dense overlaps;    // (n, m), their real parts
    Dense fidelities;  // (n, m)
    Dense queries;
    Dense keys;
    std::optional<IqpOverlaps> iqp = {};  // of that map
    std::optional<NoisyStates> noisy = {};
    std::optional<NoisyGates> noisyGates = {};
    std::optional<NoisyAngles> noisyAngles = {};
};

Dense unitRows(const Dense& matrix, const VectorXd& norms)
{
    Dense result = matrix;
    for (Index i = 0; i < matrix.rows(); ++i)
        result.row(i) /= norms[i] > 0.0 ? norms[i] : 1.0;
    return result;
}

// o = q̂·k̂: ∂o/∂q = (k̂ − o q̂)/‖q‖.
Dense amplitudeSide(const Dense& own, const Dense& other, const VectorXd& norms, const Dense& gradients,
                    const Dense& overlaps)
{
    const VectorXd along = gradients.cwiseProduct(overlaps).rowwise().sum();
    Dense result = gradients * other - along.asDiagonal() * own;
    for (Index i = 0; i < result.rows(); ++i)
        result.row(i) *= norms[i] > 0.0 ? 1.0 / norms[i] : 0.0;
    return result;
}

Sides amplitudeGradients(const Encoding& encoding, const Dense& gradients)
{
    const VectorXd queryNorms = encoding.queries.rowwise().norm();
    const VectorXd keyNorms = encoding.keys.rowwise().norm();
    const Dense q = unitRows(encoding.queries, queryNorms);
    const Dense k = unitRows(encoding.keys, keyNorms);
    return {amplitudeSide(q, k, queryNorms, gradients, encoding.overlaps),
            amplitudeSide(k, q, keyNorms, gradients.transpose(), encoding.overlaps.transpose())};
}

Dense amplitudeOverlaps(const Dense& queries, const Dense& keys)
{
    return unitRows(queries, queries.rowwise().norm()) * unitRows(keys, keys.rowwise().norm()).transpose();
}

// The affine embedding of a row: c² = |q·k*| of the allowed key k* where that is largest.
struct AffineRow {
    double c2 = 0.0;
    Index largest = -1;
    double sign = 0.0;
};

AffineRow affineRow(const HeadInput& input, std::size_t row, const Dense& products)
{
    AffineRow result;
    for (std::size_t key = 0; key < input.keys.rows; ++key) {
        const double product = products(static_cast<Index>(row), static_cast<Index>(key));
        if (isAllowed(input, row, key) && std::abs(product) > result.c2)
            result = {std::abs(product), static_cast<Index>(key), product > 0.0 ? 1.0 : -1.0};
    }
    return result;
}

Dense affineOverlaps(const HeadInput& input, const Dense& queries, const Dense& keys)
{
    Dense result = queries * keys.transpose();
    for (Index i = 0; i < result.rows(); ++i) {
        const double c2 = affineRow(input, static_cast<std::size_t>(i), result).c2;
        for (Index j = 0; j < result.cols(); ++j) {
            const double norms = (queries.row(i).squaredNorm() + c2) * (keys.row(j).squaredNorm() + c2);
            result(i, j) = norms > 0.0 ? (result(i, j) + c2) / std::sqrt(norms) : 0.0;
        }
    }
    return result;
}

// o = (q·k + c²)/√((‖q‖² + c²)(‖k‖² + c²)), c² included.
Sides affineGradients(const HeadInput& input, const Encoding& encoding, const Dense& gradients)
{
    const Dense products = encoding.queries * encoding.keys.transpose();
    Dense ofProducts = Dense::Zero(products.rows(), products.cols());
    VectorXd ofQueryNorms = VectorXd::Zero(products.rows());
    VectorXd ofKeyNorms = VectorXd::Zero(products.cols());
    for (Index i = 0; i < products.rows(); ++i) {
        const AffineRow row = affineRow(input, static_cast<std::size_t>(i), products);
        const double a = encoding.queries.row(i).squaredNorm() + row.c2;
        double ofC2 = 0.0;
        for (Index j = 0; j < products.cols(); ++j) {
            const double b = encoding.keys.row(j).squaredNorm() + row.c2;
            if (a * b == 0.0)
                continue;
            const double g = gradients(i, j);
            const double o = encoding.overlaps(i, j);
            ofProducts(i, j) += g / std::sqrt(a * b);
            ofQueryNorms[i] -= 0.5 * g * o / a;
            ofKeyNorms[j] -= 0.5 * g * o / b;
            ofC2 += g * (1.0 / std::sqrt(a * b) - 0.5 * o / a - 0.5 * o / b);
        }
        if (row.largest >= 0)
            ofProducts(i, row.largest) += row.sign * ofC2;
    }
    return {ofProducts * encoding.keys + 2.0 * (ofQueryNorms.asDiagonal() * encoding.queries),
            ofProducts.transpose() * encoding.queries + 2.0 * (ofKeyNorms.asDiagonal() * encoding.keys)};
}

Dense angleOverlaps(const Dense& queries, const Dense& keys, double bandwidth)
{
    Dense result(queries.rows(), keys.rows());
    for (Index i = 0; i < queries.rows(); ++i)
        for (Index j = 0; j < keys.rows(); ++j)
            result(i, j) = (0.5 * bandwidth * (queries.row(i) - keys.row(j)).array()).cos().prod();
    return result;
}

// o = Π cos(s(q_l − k_l)/2): ∂o/∂q_l = −(s/2) sin(…) Π of the others, which need no division.
Sides angleGradients(const Encoding& encoding, const Dense& gradients, double bandwidth, double* ofBandwidth)
{
    Sides sides{Dense::Zero(encoding.queries.rows(), encoding.queries.cols()),
                Dense::Zero(encoding.keys.rows(), encoding.keys.cols())};
    const Index d = encoding.queries.cols();
    VectorXd before(d + 1);
    for (Index i = 0; i < encoding.queries.rows(); ++i)
        for (Index j = 0; j < encoding.keys.rows(); ++j) {
            const VectorXd differences = encoding.queries.row(i) - encoding.keys.row(j);
            const VectorXd cosines = (0.5 * bandwidth * differences.array()).cos();
            before[0] = 1.0;
            for (Index l = 0; l < d; ++l)
                before[l + 1] = before[l] * cosines[l];
            double after = gradients(i, j);
            for (Index l = d - 1; l >= 0; --l) {
                const double slope = -0.5 * std::sin(0.5 * bandwidth * differences[l]) * before[l] * after;
                sides.queries(i, l) += bandwidth * slope;
                sides.keys(j, l) -= bandwidth * slope;
                *ofBandwidth += differences[l] * slope;
                after *= cosines[l];
            }
        }
    return sides;
}

// What a row's scores are made of its overlaps: F, of those not dropped, under noise on the register; or the overlap.
class Scores {
public:
    Scores(const HeadInput& input, const FidelitySettings& settings, const Encoding& encoding)
        : m_settings(settings), m_mixing(registerMixing(settings, input.queries.columns)), m_encoding(encoding),
          m_live(encoding.overlaps.rows(), encoding.overlaps.cols())
    {
        const bool amplitude = settings.map == StateEncoding::Amplitude;
        const VectorXd keyNorms = encoding.keys.rowwise().squaredNorm();
        for (Index i = 0; i < m_live.rows(); ++i)
            for (Index j = 0; j < m_live.cols(); ++j) {
                const bool state = !amplitude || keyNorms[j] > 0.0;
                const bool dropped = settings.sign == SignRemedy::PostSelected && encoding.overlaps(i, j) <= 0.0;
                const bool seen = isAllowed(input, static_cast<std::size_t>(i), static_cast<std::size_t>(j));
                m_live(i, j) = state && seen && !dropped ? 1.0 : 0.0;
            }
    }

    Dense values() const
    {
        if (m_settings.keepsSign())
            return m_live.cwiseProduct(m_encoding.overlaps);
        const Dense noisy = (m_mixing.factor * m_encoding.fidelities.array() + m_mixing.offset).matrix();
        return m_live.cwiseProduct(noisy);
    }

    // With respect to the overlaps where they are the scores, else to the fidelities.
    Dense backward(const Dense& gradients) const
    {
        return gradients.cwiseProduct(m_live) * (m_settings.keepsSign() ? 1.0 : m_mixing.factor);
    }

private:
    const FidelitySettings& m_settings;
    RegisterMixing m_mixing;
    const Encoding& m_encoding;
    Dense m_live;  // 1 where a score depends on its overlap
};

// Rows whose weights do not depend on their scores: queries without a state, and direct rows of no score.
void setUniform(const HeadInput& input, Index row, Dense& weights)
{
    double allowed = 0.0;
    for (Index j = 0; j < weights.cols(); ++j)
        allowed += isAllowed(input, static_cast<std::size_t>(row), static_cast<std::size_t>(j)) ? 1.0 : 0.0;
    for (Index j = 0; j < weights.cols(); ++j)
        weights(row, j) =
            isAllowed(input, static_cast<std::size_t>(row), static_cast<std::size_t>(j)) ? 1.0 / allowed : 0.0;
}

struct RuleResult {
    Dense weights;
    VectorXd sums;  // of direct rows; 0 = uniform
};

RuleResult applyRule(const HeadInput& input, const FidelitySettings& settings, const Dense& scores,
                     const Dense& queries)
{
    RuleResult result;
    if (settings.softmax) {
        result.weights = softmaxWeights(input, scores / settings.tau);
        result.sums = VectorXd::Ones(scores.rows());
    } else {
        result.weights = maskFactors(input).cwiseProduct(scores.cwiseMax(0.0));
        result.sums = result.weights.rowwise().sum();
    }
    for (Index i = 0; i < scores.rows(); ++i) {
        if (settings.map == StateEncoding::Amplitude && queries.row(i).squaredNorm() == 0.0)
            result.sums[i] = 0.0;
        if (result.sums[i] == 0.0)
            setUniform(input, i, result.weights);
        else if (!settings.softmax)
            result.weights.row(i) /= result.sums[i];
    }
    return result;
}

// dL/dscores; rows that are uniform whatever their scores get 0.
Dense ruleBackward(const HeadInput& input, const FidelitySettings& settings, const RuleResult& rule,
                   const Dense& scores, const Dense& gradients)
{
    Dense result;
    if (settings.softmax) {
        result = softmaxBackward(rule.weights, gradients) / settings.tau;
    } else {
        const VectorXd means = rule.weights.cwiseProduct(gradients).rowwise().sum();
        const Dense positive = (scores.array() > 0.0).cast<double>().matrix();
        result = maskFactors(input).cwiseProduct(positive).cwiseProduct(gradients.colwise() - means);
        for (Index i = 0; i < result.rows(); ++i)
            result.row(i) /= rule.sums[i] > 0.0 ? rule.sums[i] : 1.0;
    }
    for (Index i = 0; i < result.rows(); ++i)
        if (rule.sums[i] == 0.0)
            result.row(i).setZero();
    return result;
}

Dense pureOverlaps(const HeadInput& input, const FidelitySettings& settings, const Encoding& encoding)
{
    if (settings.sign == SignRemedy::Affine)
        return affineOverlaps(input, encoding.queries, encoding.keys);
    return settings.map == StateEncoding::Angle ? angleOverlaps(encoding.queries, encoding.keys, settings.bandwidth)
                                                : amplitudeOverlaps(encoding.queries, encoding.keys);
}

Encoding encode(const HeadInput& input, const FidelitySettings& settings, const Monitor& monitor)
{
    Encoding encoding{{}, {}, dense(input.queries), dense(input.keys)};
    if (settings.map == StateEncoding::Iqp) {
        encoding.iqp.emplace(input, settings);
        encoding.overlaps = encoding.iqp->real();
        encoding.fidelities = encoding.iqp->fidelities();
    } else {
        encoding.overlaps = pureOverlaps(input, settings, encoding);
        encoding.fidelities = encoding.overlaps.cwiseAbs2();
    }
    if (settings.simulatesNoise() && settings.afterEachGate)
        encoding.fidelities = encoding.noisyGates.emplace(input, settings, monitor).fidelities();
    else if (settings.simulatesNoise())
        encoding.fidelities = encoding.noisy.emplace(input, settings).fidelities();
    else if (!settings.noise.kraus.empty())
        encoding.fidelities = encoding.noisyAngles.emplace(input, settings).fidelities();
    return encoding;
}

// From the gradient of overlaps or fidelities (Scores::backward) to the vectors; adds that of the bandwidth.
Sides encodingBackward(const HeadInput& input, const FidelitySettings& settings, const Encoding& encoding,
                       const Dense& gradients, double* ofBandwidth)
{
    if (encoding.iqp || encoding.noisy || encoding.noisyGates || encoding.noisyAngles) {
        IqpGradients found = encoding.noisy         ? encoding.noisy->backward(gradients)
                             : encoding.noisyGates  ? encoding.noisyGates->backward(gradients)
                             : encoding.noisyAngles ? encoding.noisyAngles->backward(gradients)
                                                    : encoding.iqp->backward(gradients);
        *ofBandwidth += found.bandwidth;
        return {std::move(found.queries), std::move(found.keys)};
    }
    const Dense ofOverlaps = settings.keepsSign() ? gradients : Dense(2.0 * gradients.cwiseProduct(encoding.overlaps));
    if (settings.sign == SignRemedy::Affine)
        return affineGradients(input, encoding, ofOverlaps);
    if (settings.map == StateEncoding::Angle)
        return angleGradients(encoding, ofOverlaps, settings.bandwidth, ofBandwidth);
    return amplitudeGradients(encoding, ofOverlaps);
}

}  // namespace

void fidelityBackward(const HeadInput& input, const FidelitySettings& settings, const OutputGradients& gradients,
                      const HeadGradients& into, const Monitor& monitor)
{
    checkShapes(input);
    const Encoding encoding = encode(input, settings, monitor);
    const Scores scores(input, settings, encoding);
    const Dense values = scores.values();
    const RuleResult rule = applyRule(input, settings, values, encoding.queries);
    const Dense ofWeights = weightGradients(input, rule.weights, gradients, into);
    const Dense ofScores = ruleBackward(input, settings, rule, values, ofWeights);
    if (settings.softmax)
        addTo(into.parameters, "tau", -ofScores.cwiseProduct(values).sum() / settings.tau);
    double ofBandwidth = 0.0;
    const Sides sides = encodingBackward(input, settings, encoding, scores.backward(ofScores), &ofBandwidth);
    if (settings.map != StateEncoding::Amplitude)
        addTo(into.parameters, "bandwidth", ofBandwidth);
    addTo(into.queries, sides.queries);
    addTo(into.keys, sides.keys);
}

}  // namespace ketscope
