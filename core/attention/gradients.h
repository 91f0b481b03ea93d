// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/attention/mechanism.h"

#include <Eigen/Dense>

namespace ketscope {

// Pieces of backward passes, in double precision and on dense matrices.
using Dense = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

Dense dense(MatrixView matrix);

// target += gradient; nothing when nobody asked for the target.
void addTo(MutableMatrixView target, const Dense& gradient);
void addTo(std::map<std::string, double, std::less<>>* target, std::string_view id, double gradient);

// (n, m): e^(M + exponent of the key), 0 for a forbidden key. The largest of a row is 1, only ratios matter; its exponent
// goes to `largest`. No exponents = 0.
Dense maskFactors(const HeadInput& input, const std::vector<double>& keyExponents = {},
                  Eigen::VectorXd* largest = nullptr);

// softmax(logits + M) of every row.
Dense softmaxWeights(const HeadInput& input, Dense logits);

// dL/dlogits of P = softmax(logits): P ⊙ (dP − rowsum(P ⊙ dP)).
Dense softmaxBackward(const Dense& weights, const Dense& gradients);

// dL/dW of output = W V, and adds what follows at once: the gradients of the values and, as if they were free, of W.
Dense weightGradients(const HeadInput& input, const Dense& weights, const OutputGradients& gradients,
                      const HeadGradients& into);

// Adds the gradients of queries and keys where products(i, j) are those of qᵢ·kⱼ.
void addProductGradients(const HeadInput& input, const Dense& products, const HeadGradients& into);

}  // namespace ketscope
