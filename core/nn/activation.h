// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

namespace ketscope {

// gelu is x/2 · (1 + erf(x/√2)); geluTanh its tanh form ("gelu_new"); quickGelu x · sigmoid(1.702 x). By itself, because
// kernels know it and may include nothing else.
enum class Activation { None, Gelu, GeluTanh, QuickGelu, Relu, Silu, Tanh };

}  // namespace ketscope
