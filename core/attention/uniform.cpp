// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/attention/rows.h"

namespace ketscope {

namespace {

class UniformHead final : public WeightsHead {
public:
    using WeightsHead::WeightsHead;

private:
    void fillWeights(std::size_t first, MutableMatrixView weights, MutableMatrixView) const override
    {
        for (std::size_t i = 0; i < weights.rows; ++i)
            uniformRule(input(), first + i, weights.row(i));
    }
};

class UniformMechanism final : public Mechanism {
public:
    const MechanismInfo& info() const override
    {
        static const MechanismInfo s_info = {
            .id = "uniform",
            .title = "Uniform weights (baseline)",
            .shortTitle = "Uniform",
            .formula = "Aᵢⱼ = 1/nᵢ for each of the nᵢ keys that query i may see",
            .summary =
                "A baseline for scale: every query takes the mean of the values it may see, whatever it asks for. An "
                "approximation with no smaller error than this one has learned nothing from the scores.",
            .source = "No information at all: the maximum-entropy row",
            .parameters = {},
            .properties = {.gradient = GradientKind::Exact},
            .baseline = true};
        return s_info;
    }

    std::unique_ptr<PreparedHead> prepare(const HeadInput& input, const Parameters&,
                                          const Monitor& monitor) const override
    {
        monitor.check();
        return std::make_unique<UniformHead>(input);
    }

    // Queries and keys have no say: only values receive anything.
    void backward(const HeadInput& input, const Parameters&, const OutputGradients& gradients,
                  const HeadGradients& into, const Monitor& monitor) const override
    {
        monitor.check();
        checkShapes(input);
        std::vector<float> weights(input.keys.rows);
        for (std::size_t i = 0; i < input.queries.rows; ++i) {
            uniformRule(input, i, weights);
            for (std::size_t j = 0; j < weights.size(); ++j) {
                double free = gradients.weights.empty() ? 0.0F : gradients.weights(i, j);
                for (std::size_t c = 0; c < input.values.columns; ++c) {
                    free += static_cast<double>(gradients.output(i, c)) * input.values(j, c);
                    if (!into.values.empty())
                        into.values(j, c) += weights[j] * gradients.output(i, c);
                }
                if (!into.weights.empty())
                    into.weights(i, j) += static_cast<float>(free);
            }
        }
    }

    double flops(const HeadInput& input, const Parameters&) const override
    {
        const auto pairs = static_cast<double>(input.queries.rows) * static_cast<double>(input.keys.rows);
        return pairs * (1.0 + 2.0 * static_cast<double>(input.values.columns));
    }
};

}  // namespace

const Mechanism& uniformMechanism()
{
    static const UniformMechanism mechanism;
    return mechanism;
}

}  // namespace ketscope
