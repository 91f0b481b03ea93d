// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/attention/fourier_features.h"

#include <cmath>
#include <numbers>

namespace ketscope {

namespace {

constexpr std::uint16_t kPhases = 2;
constexpr double kPublishedEpsilon = 1e-5;
constexpr float kPublishedBound = 100.0F;

// dL/dx where dL/du of u = x/(‖x‖ + epsilon) is given, for every row. A zero row has none.
void throughNormalisation(MatrixView points, double epsilon, Dense& gradient)
{
    for (std::size_t i = 0; i < points.rows; ++i) {
        const auto row = static_cast<Eigen::Index>(i);
        const Eigen::RowVectorXd x = dense(points.middleRows(i, 1));
        const double norm = x.norm();
        if (norm > 0.0)
            gradient.row(row) = gradient.row(row).eval() / (norm + epsilon)
                                - x * (x.dot(gradient.row(row)) / (norm * (norm + epsilon) * (norm + epsilon)));
        else
            gradient.row(row).setZero();
    }
}

}  // namespace

FourierFeatures::FourierFeatures(std::size_t dimension, const FourierSettings& settings, const RandomKey& random)
    : m_settings(settings)
{
    const std::size_t count = isPaired() ? settings.features / 2 : settings.features;
    m_projection = gaussianProjection(count, dimension, settings.orthogonal, random);
    if (isPaired())
        return;
    m_phases.resize(count);
    for (std::size_t f = 0; f < count; ++f)
        m_phases[f] = static_cast<float>(2.0 * std::numbers::pi
                                         * RandomStream(random, static_cast<std::uint32_t>(f), kPhases).uniform());
}

// What a point is divided by before the projection.
double FourierFeatures::lengthOf(std::span<const float> point) const
{
    const bool published = m_settings.map == FourierMap::AsPublished;
    if (!published && !m_settings.unitNorm)
        return 1.0;
    const double norm = std::sqrt(kernels().dot(point.data(), point.data(), point.size()));
    return published ? norm + kPublishedEpsilon : norm;
}

void FourierFeatures::normaliseAsPublished(std::span<float> features) const
{
    const double length =
        std::sqrt(kernels().dot(features.data(), features.data(), features.size())) + kPublishedEpsilon;
    for (float& feature : features)
        feature = static_cast<float>(feature / length);
}

void FourierFeatures::apply(MatrixView points, MutableMatrixView features, std::span<double> exponents) const
{
    std::ranges::fill(exponents, 0.0);
    const std::size_t count = frequencies();
    const bool published = m_settings.map == FourierMap::AsPublished;
    m_projection->packed.multiply(points, features.middleColumns(0, count));
    const auto amplitude = static_cast<float>(std::sqrt(2.0 / static_cast<double>(size())));
    for (std::size_t row = 0; row < points.rows; ++row) {
        float* values = features.row(row).data();
        const double length = lengthOf(points.row(row));
        auto factor = static_cast<float>(length > 0.0 ? 1.0 / (m_settings.sigma * length) : 0.0);
        if (published) {
            for (std::size_t f = 0; f < count; ++f)
                values[f] = std::clamp(factor * values[f], -kPublishedBound, kPublishedBound);
            factor = 1.0F;
        }
        kernels().waves(values, count, factor, m_phases.empty() ? nullptr : m_phases.data(), amplitude, values,
                        isPaired() ? values + count : nullptr);
        if (published)
            normaliseAsPublished(features.row(row));
    }
}

Tensor FourierFeatures::apply(MatrixView points) const
{
    Tensor features({points.rows, size()});
    apply(points, features.matrix(), {});
    return features;
}

Dense FourierFeatures::backward(MatrixView points, const FeatureGradients& gradients, double* sigma) const
{
    const bool published = m_settings.map == FourierMap::AsPublished;
    const auto count = static_cast<Eigen::Index>(frequencies());
    const double amplitude = std::sqrt(2.0 / static_cast<double>(size()));
    const Dense frequencies = dense(m_projection->rows.matrix()) / m_settings.sigma;
    Dense angles = dense(points) * frequencies.transpose();
    Dense into(angles.rows(), count);  // dL/dangle
    for (Eigen::Index i = 0; i < angles.rows(); ++i) {
        const double length = lengthOf(points.row(static_cast<std::size_t>(i)));
        angles.row(i) /= length > 0.0 ? length : 1.0;
        Eigen::RowVectorXd gradient = gradients.features.row(i);
        Eigen::RowVectorXd phase = angles.row(i);
        if (published)
            phase = phase.cwiseMax(-static_cast<double>(kPublishedBound)).cwiseMin(kPublishedBound);
        for (Eigen::Index f = 0; f < count && !m_phases.empty(); ++f)
            phase[f] += m_phases[static_cast<std::size_t>(f)];
        const Eigen::RowVectorXd cosines = amplitude * phase.array().cos();
        const Eigen::RowVectorXd sines = amplitude * phase.array().sin();
        if (published) {
            const double norm = cosines.norm();
            const double whole = norm + kPublishedEpsilon;
            gradient = (gradient / whole - cosines * (cosines.dot(gradient) / (norm * whole * whole))).eval();
        }
        into.row(i) = -sines.cwiseProduct(gradient.head(count));
        if (isPaired())
            into.row(i) += cosines.cwiseProduct(gradient.tail(count));
        if (published)
            into.row(i) = (angles.row(i).array().abs() < static_cast<double>(kPublishedBound)).select(into.row(i), 0.0);
    }
    if (sigma != nullptr)
        *sigma -= into.cwiseProduct(angles).sum() / m_settings.sigma;
    Dense result = into * frequencies;
    if (published || m_settings.unitNorm)
        throughNormalisation(points, published ? kPublishedEpsilon : 0.0, result);
    return result;
}

}  // namespace ketscope
