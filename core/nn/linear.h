// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/tensor.h"
#include "core/nn/activation.h"
#include "core/nn/parameter_place.h"

#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

namespace ketscope {

// The activation that a configuration names: "gelu", "gelu_new", "gelu_pytorch_tanh", "quick_gelu", "relu", "silu",
// "swish", "tanh". Empty when the name is not known.
std::optional<Activation> activationNamed(std::string_view name);

// a(x), and da/dx, in double precision.
double activate(Activation activation, double x);
double slopeOf(Activation activation, double x);

enum class WeightLayout {
    OutputInput,  // rows are outputs, as in most files
    InputOutput   // rows are inputs, as GPT-2 stores them
};

// Fills `rows` (count · inputs) with the weights of outputs [first, first + count). Called from several threads.
using WeightRows = std::function<void(std::size_t first, std::span<float> rows)>;

// Some outputs of a linear layer, next to each other, and where their parameters are in a file.
struct LinearPart {
    std::size_t outputs = 0;
    ParameterPlace weight = {};
    ParameterPlace bias = {};
    WeightLayout layout = WeightLayout::OutputInput;
};

// Where the gradients of what a linear layer was given are added to; empty = not asked for.
struct LinearGradients {
    // Of the outputs of one part, shaped as its file has them.
    struct Part {
        std::span<float> weight = {};
        std::span<float> bias = {};
    };
    MutableMatrixView in = {};     // (n, inputs)
    std::vector<Part> parts = {};  // as many as the layer has
};

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

    // apply() for a pass that is run backwards; returns activation'(z), z = x Wᵀ + b, or nothing without an activation.
    Tensor applyKeeping(MatrixView in, MutableMatrixView out) const;

    // The gradients of a loss of which those of apply(in) are `gradients` (n, outputs): with g = gradients ⊙ `slopes`,
    // which applyKeeping(in) gave, that is g W for the input, gᵀ x for the weights and the sum of g's rows for the bias,
    // the latter two in parts(). The same holds of addTo(), with factors of what is added or none as slopes.
    void backward(MatrixView in, const Tensor& slopes, MatrixView gradients, const LinearGradients& into) const;

    // What its outputs are in a file, in order; empty when nothing is known.
    const std::vector<LinearPart>& parts() const { return m_parts; }
    void setParts(std::vector<LinearPart> parts) { m_parts = std::move(parts); }

private:
    struct Packed;
    struct Source {
        std::size_t inputs = 0;
        std::size_t outputs = 0;
        std::function<Linear()> pack;
    };
    std::unique_ptr<const Packed> m_packed;  // null when there is a source
    Source m_source;
    std::vector<LinearPart> m_parts;
};

}  // namespace ketscope
