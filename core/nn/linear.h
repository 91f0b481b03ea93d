// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/view.h"

#include <functional>
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

// Fills `rows` (count · inputs) with the weights of outputs [first, first + count). Called from several threads.
using WeightRows = std::function<void(std::size_t first, std::span<float> rows)>;

// y = activation(x Wᵀ + b) with weights packed once for the processor that the program runs on. Results are the same
// bits for any thread count: the work is cut into fixed tiles and each is computed by one thread.
class Linear {
public:
    // `bias` has one value an output, or is empty.
    Linear(MatrixView weights, std::span<const float> bias, WeightLayout layout = WeightLayout::OutputInput,
           Activation activation = Activation::None);
    // The same from rows that are read when they are packed, a tile at a time: the matrix is never there twice.
    Linear(std::size_t inputs, std::size_t outputs, const WeightRows& read, std::span<const float> bias,
           Activation activation = Activation::None);
    // A layer that `pack` makes anew for each use and that is forgotten after it, for models that do not fit into memory.
    Linear(std::size_t inputs, std::size_t outputs, std::function<Linear()> pack);
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
    struct Source {
        std::size_t inputs = 0;
        std::size_t outputs = 0;
        std::function<Linear()> pack;
    };
    std::unique_ptr<const Packed> m_packed;  // null when there is a source
    Source m_source;
};

}  // namespace ketscope
