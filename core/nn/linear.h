// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/view.h"

#include <memory>
#include <optional>
#include <string_view>

namespace ketscope {

// gelu is x/2 · (1 + erf(x/√2)); geluTanh its tanh form ("gelu_new"); quickGelu x · sigmoid(1.702 x).
enum class Activation { None, Gelu, GeluTanh, QuickGelu, Relu, Silu, Tanh };

// The activation that a configuration names: "gelu", "gelu_new", "gelu_pytorch_tanh", "quick_gelu", "relu", "silu",
// "swish", "tanh". Empty when the name is not known.
std::optional<Activation> activationNamed(std::string_view name);

enum class WeightLayout {
    OutputInput,  // rows are outputs, as in most files
    InputOutput   // rows are inputs, as GPT-2 stores them
};

// y = activation(x Wᵀ + b) with weights packed once for the processor that the program runs on. Results are the same
// bits for any thread count: the work is cut into fixed tiles and each is computed by one thread.
class Linear {
public:
    // `bias` has one value an output, or is empty.
    Linear(MatrixView weights, std::span<const float> bias, WeightLayout layout = WeightLayout::OutputInput,
           Activation activation = Activation::None);
    ~Linear();
    Linear(Linear&&) noexcept;
    Linear& operator=(Linear&&) noexcept;

    std::size_t inputs() const;
    std::size_t outputs() const;

    // (n, inputs) → (n, outputs). The two must not overlap.
    void apply(MatrixView in, MutableMatrixView out) const;
    // out += x Wᵀ + b: a residual connection. Only without an activation.
    void addTo(MatrixView in, MutableMatrixView out) const;

private:
    struct Packed;
    std::unique_ptr<const Packed> m_packed;
};

}  // namespace ketscope
