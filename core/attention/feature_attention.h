// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/attention/feature_map.h"
#include "core/attention/rows.h"

namespace ketscope {

// How the rows of a feature attention are normalised: wᵢⱼ = cᵢⱼ / (Σⱼ cᵢⱼ + offset), cᵢⱼ = e^{sᵢ + sⱼ + M}·φ(qᵢ)·φ(kⱼ).
struct FeatureRule {
    // A row whose mean of φ·φ over its keys, weighted by e^{s + M}, is not above this is uniform over its allowed keys:
    // estimates that are not positive may sum to nothing.
    double smallestMean = 0.0;
    double offset = 0.0;  // of published code
};

// The attention of a feature map. Without weights to fill, and without an additive mask, it takes time and memory that are
// linear in the number of tokens and bounded memory: sums of φ(k)vᵀ over all keys or, with a causal mask, over the keys
// before the queries' own chunk, which run along with them. `keyExponents` (m) are added to the features' own; empty = none. The
// only row diagnostic is kEvenRow.
std::unique_ptr<PreparedHead> prepareFeatureAttention(const HeadInput& input, std::shared_ptr<const FeatureMap> map,
                                                      const FeatureRule& rule, std::vector<double> keyExponents,
                                                      const Monitor& monitor);

// Its backward pass, by the dense definition in double precision. `sigma` as in FeatureMap::backward; the gradient with
// respect to `keyExponents` is added to `exponents` (m) unless null.
void backwardFeatureAttention(const HeadInput& input, const FeatureMap& map, const FeatureRule& rule,
                              const std::vector<double>& keyExponents, const OutputGradients& gradients,
                              const HeadGradients& into, double* sigma, Eigen::VectorXd* exponents);

// Operations of one head: features of `featureCost` operations each for every token, φφᵀ and its row rule for every pair
// and the output, as if the weights were wanted.
double featureAttentionFlops(const HeadInput& input, double features, double frequencies, double featureCost);

}  // namespace ketscope
