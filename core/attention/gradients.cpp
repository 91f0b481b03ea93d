// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/attention/gradients.h"

#include <cmath>
#include <limits>

namespace ketscope {

namespace {

Eigen::Index index(std::size_t i) { return static_cast<Eigen::Index>(i); }

}  // namespace

Dense dense(MatrixView matrix)
{
    Dense result(index(matrix.rows), index(matrix.columns));
    for (std::size_t i = 0; i < matrix.rows; ++i)
        for (std::size_t j = 0; j < matrix.columns; ++j)
            result(index(i), index(j)) = matrix(i, j);
    return result;
}

void addTo(MutableMatrixView target, const Dense& gradient)
{
    for (std::size_t i = 0; i < target.rows; ++i)
        for (std::size_t j = 0; j < target.columns; ++j)
            target(i, j) += static_cast<float>(gradient(index(i), index(j)));
}

void addTo(std::map<std::string, double, std::less<>>* target, std::string_view id, double gradient)
{
    if (target != nullptr)
        (*target)[std::string(id)] += gradient;
}

namespace {

// M as the rules see it: −∞ where a key is forbidden.
Dense maskOf(const HeadInput& input)
{
    const std::size_t n = input.queries.rows;
    const std::size_t m = input.keys.rows;
    Dense mask(index(n), index(m));
    for (std::size_t i = 0; i < n; ++i)
        for (std::size_t j = 0; j < m; ++j) {
            const double bias = input.mask.additive.empty() ? 0.0 : static_cast<double>(input.mask.additive(i, j));
            mask(index(i), index(j)) = input.mask.allowed(i, j, n, m) ? bias : -std::numeric_limits<double>::infinity();
        }
    return mask;
}

// e^(x − largest of the row); −∞ becomes 0, also in a row of nothing else. Returns the largest. Eigen's exponential of −∞ is
// a number above 0, with which a forbidden key would pass for an allowed one.
Eigen::VectorXd exponentiateRows(Dense& matrix)
{
    Eigen::VectorXd largest = matrix.rowwise().maxCoeff();
    for (Eigen::Index i = 0; i < matrix.rows(); ++i)
        if (std::isinf(largest[i]))
            matrix.row(i).setZero();
        else
            matrix.row(i) = matrix.row(i).array().isInf().select(0.0, (matrix.row(i).array() - largest[i]).exp());
    return largest;
}

}  // namespace

Dense maskFactors(const HeadInput& input, const std::vector<double>& keyExponents, Eigen::VectorXd* largest)
{
    Dense factors = maskOf(input);
    for (std::size_t key = 0; key < keyExponents.size(); ++key)
        for (Eigen::Index i = 0; i < factors.rows(); ++i)
            factors(i, static_cast<Eigen::Index>(key)) += keyExponents[key];
    const Eigen::VectorXd found = exponentiateRows(factors);
    if (largest != nullptr)
        *largest = found;
    return factors;
}

Dense softmaxWeights(const HeadInput& input, Dense logits)
{
    logits += maskOf(input);
    exponentiateRows(logits);
    for (Eigen::Index i = 0; i < logits.rows(); ++i)
        if (const double sum = logits.row(i).sum(); sum > 0.0)
            logits.row(i) /= sum;
    return logits;
}

Dense softmaxBackward(const Dense& weights, const Dense& gradients)
{
    const Eigen::VectorXd means = weights.cwiseProduct(gradients).rowwise().sum();
    return weights.cwiseProduct(gradients.colwise() - means);
}

Dense weightGradients(const HeadInput& input, const Dense& weights, const OutputGradients& gradients,
                      const HeadGradients& into)
{
    const Dense output = dense(gradients.output);
    if (!into.values.empty())
        addTo(into.values, weights.transpose() * output);
    Dense result = output * dense(input.values).transpose();
    if (!gradients.weights.empty())
        result += dense(gradients.weights);
    addTo(into.weights, result);
    return result;
}

void addProductGradients(const HeadInput& input, const Dense& products, const HeadGradients& into)
{
    if (!into.queries.empty())
        addTo(into.queries, products * dense(input.keys));
    if (!into.keys.empty())
        addTo(into.keys, products.transpose() * dense(input.queries));
}

}  // namespace ketscope
