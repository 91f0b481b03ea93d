// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/attention/feature_map.h"
#include "core/attention/gaussian_projection.h"
#include "core/nn/kernels.h"

namespace ketscope {

enum class FourierMap {
    Paired,  // √(2/m) · [cos Wx, sin Wx], m/2 frequencies: φ(x)·φ(x) = 1, variance (1 − κ²)²/m
    Cosine,  // √(2/m) · cos(Wx + b), m frequencies, b uniform in [0, 2π): variance (½(1 − κ²)² + ½)/m
    AsPublished  // QRA's: Cosine of x/(‖x‖ + 1e-5) with Wx kept in ±100, and φ divided by ‖φ‖ + 1e-5: not an estimate of κ
};

struct FourierSettings {
    std::size_t features = 128;  // m; an odd number of paired features is rounded down to even
    double sigma = 1.0;          // bandwidth of the kernel
    FourierMap map = FourierMap::Paired;
    bool orthogonal = false;  // frequencies in orthogonal blocks of d rows, each as long as a Gaussian vector
    bool unitNorm = false;    // of x/‖x‖ in place of x; a zero vector stays zero
};

// Random Fourier features of the Gaussian kernel: E φ(x)·φ(y) = κ = exp(−‖x − y‖² / 2σ²), W ~ N(0, σ⁻²). Frequency f
// depends on the key and f alone, so more features keep the ones before. Rahimi & Recht, NIPS 2007; orthogonal: Yu et
// al., NIPS 2016.
class FourierFeatures final : public FeatureMap {
public:
    FourierFeatures(std::size_t dimension, const FourierSettings& settings, const RandomKey& random);

    std::size_t size() const override { return isPaired() ? 2 * frequencies() : frequencies(); }
    std::size_t frequencies() const { return m_projection->packed.columns(); }

    void apply(MatrixView points, MutableMatrixView features, std::span<double> exponents) const override;
    // (n, d) → (n, size()).
    Tensor apply(MatrixView points) const;

    Dense backward(MatrixView points, const FeatureGradients& gradients, double* sigma) const override;

private:
    bool isPaired() const { return m_settings.map == FourierMap::Paired; }
    double lengthOf(std::span<const float> point) const;
    void normaliseAsPublished(std::span<float> features) const;

    FourierSettings m_settings;
    std::shared_ptr<const GaussianProjection> m_projection;
    std::vector<float> m_phases;
};

}  // namespace ketscope
