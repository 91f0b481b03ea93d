// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/attention/feed_forward_part.h"
#include "core/nn/attention.h"
#include "core/nn/embedding.h"
#include "core/nn/linear.h"
#include "core/nn/norm.h"
#include "core/nn/rotary.h"
#include "core/nn/tape.h"

namespace ketscope {

// The operations that forward passes are written with. Each does its work and, with a tape, writes down what runs it
// backwards; without one nothing else happens. Values that gradients shall flow through lie in tensors from tensor()
// and are changed by these operations alone.
class Operations {
public:
    explicit Operations(Tape* tape) : m_tape(tape) {}

    Tape* tape() const { return m_tape; }
    Tensor tensor(std::vector<std::size_t> shape) const;
    Tensor copyOf(MatrixView values) const;

    void copy(MatrixView in, MutableMatrixView out) const;
    void apply(const Linear& layer, MatrixView in, MutableMatrixView out) const;
    // A residual connection, of which a training pass leaves some out, and with the probability `whole` names all of it.
    void addTo(const Linear& layer, MatrixView in, MutableMatrixView out, double Dropout::*whole = nullptr) const;
    void add(MatrixView in, MutableMatrixView out) const;
    // out += what `part` gives for `in`, as a residual connection. Its tensors are at `places`, null = not trained.
    using Places = std::map<std::string, ParameterPlace, std::less<>>;
    void addTo(const std::shared_ptr<const FeedForwardPart>& part, MatrixView in, MutableMatrixView out,
               const Places* places) const;
    // Leaves out values with probability `rate`, as the tape's dropout says. Nothing without a tape.
    void dropOut(double rate, MutableMatrixView values) const;
    void apply(const LayerNorm& norm, MatrixView in, MutableMatrixView out) const;  // `out` may be `in`
    void apply(const RmsNorm& norm, MatrixView in, MutableMatrixView out) const;    // likewise
    void apply(const RotaryEmbedding& rotary, MutableMatrixView rows) const;
    void activate(Activation activation, MutableMatrixView values) const;

    void lookUp(const WeightTable& table, std::span<const std::int32_t> ids, MutableMatrixView out) const;
    void addLookUp(const WeightTable& table, std::span<const std::int32_t> ids, MutableMatrixView out) const;
    void addPositions(const WeightTable& table, MutableMatrixView out) const;
    // out[i] was just filled with row ids[i] of a table at this place.
    void lookedUp(const ParameterPlace& place, std::span<const std::int32_t> ids, MutableMatrixView out) const;

    // values ← values ⊙ factors.
    void multiply(MutableMatrixView values, MatrixView factors) const;
    // Scales every row to length 1; a row of zeros stays.
    void makeUnit(MutableMatrixView rows) const;
    // out (1, n) = e^s ⟨a[i], b⟩ for the rows of a (n, E) and b (1, E), in double precision. `logScale` (1, 1) is s.
    void scaledProducts(MatrixView a, MatrixView b, const WeightTable& logScale, MutableMatrixView out) const;

    // A head's trained tensors are the rows of these parameters that follow those of the heads before it.
    using TrainedPlaces = Places;
    // As ketscope::attend(). `layer` outlives the call alone. The gradients of the weights are kept where `keepMaps`.
    LayerMaps attend(const LayerAttention& layer, const HeadPlan& plan, MutableMatrixView context,
                     const Monitor& monitor, bool keepMaps, const TrainedPlaces& places = {}) const;
    // Adds every head's gradients of its trained tensors to those of the parameters that they are part of.
    using TrainedGradients = std::vector<std::map<std::string, Tensor, std::less<>>>;
    static void addTrained(Tape& tape, const TrainedGradients& trained, const TrainedPlaces& places);

private:
    bool writes(MatrixView values) const;
    Tensor dropoutMask(double rate, std::size_t rows, std::size_t columns) const;
    Tensor residualMask(std::size_t rows, std::size_t columns, double Dropout::*whole) const;
    template <typename Norm, typename Bias>
    void applyNorm(const Norm& norm, MatrixView in, MutableMatrixView out, const Bias& bias) const;
    void addedRows(const ParameterPlace& place, std::span<const std::int32_t> ids, MutableMatrixView out,
                   bool overwrites) const;

    Tape* m_tape;
};

}  // namespace ketscope
