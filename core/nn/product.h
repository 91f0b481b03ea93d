// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/tensor.h"

namespace ketscope {

class PackedMatrix;

// out (n, k) += left (n, m) · right (m, k). The same bits for any thread count.
void addProduct(MatrixView left, MatrixView right, MutableMatrixView out);
void addProduct(MatrixView left, const PackedMatrix& right, MutableMatrixView out);
// out (n, k) += leftᵀ · right of left (m, n) and right (m, k).
void addTurnedProduct(MatrixView left, MatrixView right, MutableMatrixView out);

// to += from, of the same shape; nothing where `to` is empty.
void addTo(MatrixView from, MutableMatrixView to);

}  // namespace ketscope
