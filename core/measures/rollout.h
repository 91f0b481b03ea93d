// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/monitor.h"
#include "core/base/tensor.h"

#include <span>

namespace ketscope {

// Attention rollout (Abnar and Zuidema, "Quantifying Attention Flow in Transformers", ACL 2020): with the residual
// connection as half of a layer, Ã = rows of (mean over heads of A) + I scaled to sum 1, R = Ã(L) … Ã(1). `layers` are
// the self-attention weights (H, n, n) of layers 1 … L. Returns rows `firstRow` … `firstRow` + `rows` − 1 of R, (rows,
// n), in double precision inside. A row that is not finite makes what depends on it NaN. Throws Error (Cancelled) when
// `monitor` says so.
Tensor attentionRollout(std::span<const TensorPointer> layers, std::size_t firstRow, std::size_t rows,
                        const Monitor& monitor = Monitor());

}  // namespace ketscope
