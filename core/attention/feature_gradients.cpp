// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/attention/feature_attention.h"

namespace ketscope {

namespace {

struct Features {
    Features(const FeatureMap& map, MatrixView points) : exponents(points.rows)
    {
        Tensor features({points.rows, map.size()});
        map.apply(points, features.matrix(), exponents);
        values = dense(features.matrix());
    }

    Dense values;
    std::vector<double> exponents;
};

// The weights, and what makes them: w = factors ⊙ φφᵀ · inverse, row by row. A row of rule "uniform" has inverse 0.
struct Rows {
    Rows(const HeadInput& input, const Features& queries, const Features& keys, const std::vector<double>& added,
         const FeatureRule& rule)
    {
        std::vector<double> exponents = keys.exponents;
        for (std::size_t key = 0; key < added.size(); ++key)
            exponents[key] += added[key];
        Eigen::VectorXd largest;
        factors = maskFactors(input, exponents, &largest);
        weights = factors.cwiseProduct(queries.values * keys.values.transpose());
        inverse = Eigen::VectorXd::Zero(weights.rows());
        for (Eigen::Index i = 0; i < weights.rows(); ++i) {
            const double sum = weights.row(i).sum();
            const double queryExponent = queries.exponents[static_cast<std::size_t>(i)];
            if (sum > rule.smallestMean * factors.row(i).sum()) {
                inverse[i] =
                    1.0 / (sum + (rule.offset > 0.0 ? rule.offset * std::exp(-queryExponent - largest[i]) : 0.0));
                weights.row(i) *= inverse[i];
                continue;
            }
            const Eigen::RowVectorXd allowed = (factors.row(i).array() > 0.0).cast<double>();
            weights.row(i) = allowed / std::max(allowed.sum(), 1.0);
        }
    }

    Dense factors;
    Dense weights;
    Eigen::VectorXd inverse;
};

}  // namespace

void backwardFeatureAttention(const HeadInput& input, const FeatureMap& map, const FeatureRule& rule,
                              const std::vector<double>& keyExponents, const OutputGradients& gradients,
                              const HeadGradients& into, double* sigma, Eigen::VectorXd* exponents)
{
    checkShapes(input);
    const Features queries(map, input.queries);
    const Features keys(map, input.keys);
    const Rows rows(input, queries, keys, keyExponents, rule);
    Dense gradient = weightGradients(input, rows.weights, gradients, into);
    const Eigen::VectorXd means = rows.weights.cwiseProduct(gradient).rowwise().sum();
    gradient.colwise() -= means;
    for (Eigen::Index i = 0; i < gradient.rows(); ++i)
        if (rows.inverse[i] == 0.0)
            gradient.row(i).setZero();
    const Dense ofLogarithms = rows.weights.cwiseProduct(gradient);  // dL/d ln c
    const Dense ofProducts = rows.inverse.asDiagonal() * rows.factors.cwiseProduct(gradient);
    const Eigen::VectorXd ofKeys = ofLogarithms.colwise().sum().transpose();
    addTo(into.queries, map.backward(input.queries, {ofProducts * keys.values, ofLogarithms.rowwise().sum()}, sigma));
    addTo(into.keys, map.backward(input.keys, {ofProducts.transpose() * queries.values, ofKeys}, sigma));
    if (exponents != nullptr)
        *exponents += ofKeys;
}

}  // namespace ketscope
