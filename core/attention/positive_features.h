// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/attention/feature_map.h"
#include "core/attention/gaussian_projection.h"
#include "core/nn/kernels.h"

namespace ketscope {

struct PositiveSettings {
    std::size_t features = 256;    // m
    float pointFactor = 1.0F;      // x = pointFactor · point
    float frequencyFactor = 1.0F;  // of W; 1 but in published code
    float epsilon = 1e-4F;         // added to every feature, relative to the point's largest
    bool orthogonal = true;
};

// FAVOR+ features (Choromanski et al., "Rethinking attention with Performers", ICLR 2021) of the kernel e^{x·y}:
// exp(w·x − ‖x‖²/2)/√m with rows w of W ~ N(0, 1). Features are given relative to the largest of their point, whose
// logarithm is the exponent, and without the constant 1/√m.
class PositiveFeatures final : public FeatureMap {
public:
    PositiveFeatures(std::size_t dimension, const PositiveSettings& settings, const RandomKey& random);

    std::size_t size() const override { return m_settings.features; }
    void apply(MatrixView points, MutableMatrixView features, std::span<double> exponents) const override;
    // There is no bandwidth: `sigma` gets nothing.
    Dense backward(MatrixView points, const FeatureGradients& gradients, double* sigma) const override;

private:
    PositiveSettings m_settings;
    std::shared_ptr<const GaussianProjection> m_projection;
};

}  // namespace ketscope
