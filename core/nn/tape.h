// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/monitor.h"
#include "core/base/tensor.h"
#include "core/nn/dropout.h"
#include "core/nn/parameter_place.h"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ketscope {

// The operations of a forward pass, written down so that the pass can be run backwards: reverse differentiation of a
// program that overwrites its variables (Griewank, Walther, "Evaluating Derivatives", 2nd ed., 2008, chapter 4). Every
// held tensor has gradients of its own shape, which are those of what it holds at that moment of the pass; what
// overwrites values takes their gradients away. Layers, plans and parameters that took part must outlive the tape. One
// thread at a time.
class Tape {
public:
    // `parameters`: whether their gradients are wanted.
    explicit Tape(bool parameters) : m_wantsParameters(parameters) {}

    // What of the pass is left out, for training.
    void setDropout(const Dropout& dropout) { m_dropout = dropout; }
    const Dropout& dropout() const { return m_dropout; }
    // The number of the next mask of the pass.
    std::uint32_t nextMask() { return m_masks++; }

    // The tokens whose own words the pass shall guess, for training; models that can leave the output "word_logits".
    void setHidden(std::vector<std::size_t> tokens) { m_hidden = std::move(tokens); }
    const std::vector<std::size_t>& hidden() const { return m_hidden; }

    // Parameters whose names begin with one of these are constants; whoever runs them without the tape spares the pass
    // backwards their part.
    void setConstants(std::vector<std::string> beginnings) { m_constants = std::move(beginnings); }
    // Whether all parameters whose names begin so are constants.
    bool isConstant(std::string_view beginning) const
    {
        return std::ranges::any_of(m_constants,
                                   [beginning](const std::string& each) { return beginning.starts_with(each); });
    }

    // Gradients flow through this tensor's values, which stay in memory as long as the tape.
    void hold(const Tensor& tensor);
    // The values themselves if a held tensor has them now, else nothing: they are constants, whose memory others may
    // get.
    MatrixView variable(MatrixView values) const { return holderOf(values) == nullptr ? MatrixView() : values; }
    // The next operation; it runs when the pass is run backwards and adds to gradients of what it read.
    void record(std::function<void(Tape&)> backward);
    // The same of one that changed nothing but `written`.
    void record(MatrixView written, std::function<void(Tape&)> backward);
    // A copy of the values as they are; operations that read the same ones before they change share it.
    std::shared_ptr<const Tensor> keep(MatrixView values);

    // Runs all operations backwards, once. Throws Error (Cancelled) when `monitor` says so.
    void backward(Monitor& monitor);
    const Monitor& monitor() const { return *m_monitor; }

    // The gradients of `values`, to add to; zero at first. Empty for values of no held tensor.
    MutableMatrixView gradients(MatrixView values);
    // The gradients of `values` so far. Empty when none have come.
    MatrixView found(MatrixView values) const;
    // The same, and makes them zero: for operations that overwrote the values.
    Tensor take(MatrixView values);

    bool wantsParameters() const { return m_wantsParameters; }
    // The gradients of a parameter, with what follows it in its tensor, to add to; zero at first.
    std::span<float> parameter(const ParameterPlace& place);
    using ParameterGradients = std::map<std::string, Tensor, std::less<>>;
    // Gradients of other passes, to add this one's to.
    void addToParameters(ParameterGradients before) { m_parameters = std::move(before); }
    ParameterGradients takeParameters() { return std::move(m_parameters); }

    // The gradients of a layer's attention weights (H, n, m), zero at first.
    Tensor& map(std::size_t stack, std::size_t layer, const std::vector<std::size_t>& shape);
    // Moves them out; none when the pass backwards did not come to that layer.
    Tensor takeMap(std::size_t stack, std::size_t layer) { return std::move(m_maps[{stack, layer}]); }

private:
    struct Held {
        std::shared_ptr<const float> memory;
        std::size_t size = 0;
        Tensor gradients = {};  // empty until there are any
    };
    const Held* holderOf(MatrixView values) const;

    struct Kept {
        const Held* holder;
        MatrixView where;
        std::shared_ptr<const Tensor> values;
    };

    std::map<const float*, Held> m_held;  // by their first value
    std::vector<std::function<void(Tape&)>> m_steps;
    std::vector<Kept> m_kept;  // what is still as it was when it was copied
    bool m_wantsParameters;
    Monitor* m_monitor = nullptr;
    ParameterGradients m_parameters;
    Dropout m_dropout;
    std::vector<std::size_t> m_hidden;
    std::vector<std::string> m_constants;
    std::uint32_t m_masks = 0;
    std::map<std::pair<std::size_t, std::size_t>, Tensor> m_maps;
};

}  // namespace ketscope
