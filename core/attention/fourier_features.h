// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/attention/rows.h"

namespace ketscope {

enum class FourierMap {
    Paired,  // √(2/m) · [cos Wx, sin Wx], m/2 frequencies: φ(x)·φ(x) = 1, variance (1 − κ²)²/m
    Cosine   // √(2/m) · cos(Wx + b), m frequencies, b uniform in [0, 2π): variance (½(1 − κ²)² + ½)/m
};

struct FourierSettings {
    std::size_t features = 128;  // m; an odd number of paired features is rounded down to even
    double sigma = 1.0;          // bandwidth of the kernel
    FourierMap map = FourierMap::Paired;
    bool orthogonal = false;  // frequencies in orthogonal blocks of d rows, each as long as a Gaussian vector
};

// Random Fourier features of the Gaussian kernel: E φ(x)·φ(y) = κ = exp(−‖x − y‖² / 2σ²), W ~ N(0, σ⁻²). Frequency f
// depends on the key and f alone, so more features keep the ones before. Rahimi & Recht, NIPS 2007; orthogonal: Yu et
// al., NIPS 2016.
class FourierFeatures {
public:
    FourierFeatures(std::size_t dimension, const FourierSettings& settings, const RandomKey& random);

    std::size_t size() const { return m_map == FourierMap::Paired ? 2 * frequencies() : frequencies(); }
    std::size_t frequencies() const { return m_frequencies.columns(); }

    // (n, d) → (n, size()).
    Tensor apply(MatrixView points) const;

private:
    FourierMap m_map;
    PackedMatrix m_frequencies;  // (d, frequencies)
    std::vector<float> m_phases;
};

}  // namespace ketscope
