// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/attention/gradients.h"

namespace ketscope {

// The gradients of a loss with respect to features φ and exponents s.
struct FeatureGradients {
    Dense features;             // (n, size())
    Eigen::VectorXd exponents;  // (n)
};

// Vectors to random features that estimate a kernel: E e^{s(x) + s(y)} φ(x)·φ(y) = κ(x, y), up to a constant factor.
class FeatureMap {
public:
    virtual ~FeatureMap() = default;

    virtual std::size_t size() const = 0;

    // points (n, d) → features (n, size()) and, where room is given, the exponents s (n).
    virtual void apply(MatrixView points, MutableMatrixView features, std::span<double> exponents) const = 0;

    // The gradient with respect to the points, (n, d), and added to `sigma` (unless null) the one with respect to the
    // kernel's bandwidth.
    virtual Dense backward(MatrixView points, const FeatureGradients& gradients, double* sigma) const = 0;
};

}  // namespace ketscope
