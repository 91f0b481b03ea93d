// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/attention/positive_features.h"

namespace ketscope {

PositiveFeatures::PositiveFeatures(std::size_t dimension, const PositiveSettings& settings, const RandomKey& random)
    : m_settings(settings), m_projection(gaussianProjection(settings.features, dimension, settings.orthogonal, random))
{
}

void PositiveFeatures::apply(MatrixView points, MutableMatrixView features, std::span<double> exponents) const
{
    m_projection->packed.multiply(points, features);
    const float factor = m_settings.pointFactor * m_settings.frequencyFactor;
    const double square = 0.5 * static_cast<double>(m_settings.pointFactor) * m_settings.pointFactor;
    for (std::size_t row = 0; row < points.rows; ++row) {
        float* values = features.row(row).data();
        const float largest = kernels().peakExponentials(values, features.columns, factor, m_settings.epsilon);
        if (!exponents.empty())
            exponents[row] = static_cast<double>(largest)
                             - square * kernels().dot(points.row(row).data(), points.row(row).data(), points.columns);
    }
}

Dense PositiveFeatures::backward(MatrixView points, const FeatureGradients& gradients, double*) const
{
    const double factor = static_cast<double>(m_settings.pointFactor) * m_settings.frequencyFactor;
    const double square = static_cast<double>(m_settings.pointFactor) * m_settings.pointFactor;
    const Dense frequencies = dense(m_projection->rows.matrix()) * factor;
    const Dense x = dense(points);
    Dense into = x * frequencies.transpose();  // a, then dL/da of a = factor · w·x
    for (Eigen::Index i = 0; i < into.rows(); ++i) {
        Eigen::Index peak = 0;
        const double largest = into.row(i).maxCoeff(&peak);
        into.row(i) = (into.row(i).array() - largest).exp() * gradients.features.row(i).array();
        const double sum = into.row(i).sum();
        into(i, peak) += gradients.exponents[i] - sum;
    }
    return into * frequencies - square * (gradients.exponents.asDiagonal() * x);
}

}  // namespace ketscope
