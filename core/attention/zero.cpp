// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/attention/mechanism.h"

#include <algorithm>

namespace ketscope {

namespace {

struct SilentHead final : PreparedHead {
    void rows(std::size_t first, std::size_t last, const HeadOutput& output) const override
    {
        for (const MutableMatrixView& view : {output.weights, output.output, output.standardError})
            for (std::size_t row = first; row < last && !view.empty(); ++row)
                std::ranges::fill(view.row(row), 0.0F);
    }
};

class ZeroMechanism final : public Mechanism {
public:
    const MechanismInfo& info() const override
    {
        static const MechanismInfo s_info = {
            .id = "zero",
            .title = "No output (ablation)",
            .shortTitle = "Ablated",
            .formula = "Aᵢⱼ = 0",
            .summary = "The head says nothing: it adds zero to its layer. What changes then is what the model had from "
                       "this head. Its weights are all zero, so they have neither entropy nor divergence.",
            .source = "Michel, Levy and Neubig, “Are sixteen heads really better than one?”, 2019",
            .parameters = {},
            .properties = {.rowStochastic = false, .gradient = GradientKind::Exact},
            .baseline = true};
        return s_info;
    }

    std::unique_ptr<PreparedHead> prepare(const HeadInput& input, const Parameters&,
                                          const Monitor& monitor) const override
    {
        monitor.check();
        checkShapes(input);
        return std::make_unique<SilentHead>();
    }

    // Nothing that goes in comes out; only weights that were free would.
    void backward(const HeadInput& input, const Parameters&, const OutputGradients& gradients,
                  const HeadGradients& into, const Monitor& monitor) const override
    {
        monitor.check();
        checkShapes(input);
        for (std::size_t i = 0; i < input.queries.rows && !into.weights.empty(); ++i)
            for (std::size_t j = 0; j < input.keys.rows; ++j) {
                double free = gradients.weights.empty() ? 0.0F : gradients.weights(i, j);
                for (std::size_t c = 0; c < input.values.columns; ++c)
                    free += static_cast<double>(gradients.output(i, c)) * input.values(j, c);
                into.weights(i, j) += static_cast<float>(free);
            }
    }

    double flops(const HeadInput&, const Parameters&) const override { return 0.0; }
};

}  // namespace

const Mechanism& zeroMechanism()
{
    static const ZeroMechanism mechanism;
    return mechanism;
}

}  // namespace ketscope
