// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/attention/circuit_feed_forward.h"

#include "core/quantum/ansatz.h"
#include "core/quantum/pqc_feed_forward.h"
#include "core/quantum/weight_encoding.h"

#include <algorithm>

namespace ketscope {

namespace {

constexpr const char* kAngles = "feed_forward_angles";
constexpr const char* kReadout = "feed_forward_readout";

TensorPointer tensorOf(const std::vector<double>& values, std::vector<std::size_t> shape)
{
    Tensor tensor(std::move(shape));
    std::ranges::transform(values, tensor.data(), [](double x) { return static_cast<float>(x); });
    return std::make_shared<const Tensor>(std::move(tensor));
}

class CircuitFeedForward final : public FeedForwardPart {
public:
    CircuitFeedForward(std::size_t width, std::size_t layers, PqcFeedForward::Weights weights)
        : m_width(width), m_layers(layers), m_parameters(weights.angles.size() + weights.readout.size()),
          m_circuit(width, width, layers, std::move(weights))
    {
    }

    void forward(MatrixView tokens, MutableMatrixView out) const override { m_circuit.forward(tokens, out); }

    void backward(MatrixView tokens, MatrixView gradients, MutableMatrixView inputs,
                  std::map<std::string, Tensor, std::less<>>* trained) const override
    {
        const PqcFeedForward::Weights found = m_circuit.backward(tokens, gradients, inputs);
        const HeadGradients into{.trained = trained};
        addTrainedGradient(into, kAngles, found.angles, {found.angles.size()});
        addTrainedGradient(into, kReadout, found.readout, {m_width, qubitsFor(m_width)});
    }

    std::vector<Diagnostic> diagnostics(MatrixView tokens) const override
    {
        const Circuit circuit = pqcAnsatz(qubitsFor(m_width), m_layers);
        const auto number = [](const char* id, const char* title, std::size_t value) {
            return numberDiagnostic(id, title, static_cast<double>(value));
        };
        return {number("feed_forward_qubits", "Qubits of the feed-forward circuit", circuit.qubits()),
                number("feed_forward_depth", "Depth of the feed-forward circuit", circuit.depth()),
                number("feed_forward_gates", "Gates of the feed-forward circuit", circuit.operations().size()),
                number("feed_forward_parameters", "Parameters of the feed-forward circuit", m_parameters),
                number("feed_forward_stateless_tokens", "Tokens without a state in the feed-forward circuit",
                       tokensWithoutState(tokens))};
    }

private:
    std::size_t m_width;
    std::size_t m_layers;
    std::size_t m_parameters;
    PqcFeedForward m_circuit;
};

}  // namespace

NamedTensors initialFeedForward(const HeadInput& input, std::size_t layers)
{
    const std::size_t width = input.layerInput.columns;
    const PqcFeedForward::Weights weights = PqcFeedForward::initial(width, width, layers, input.random);
    return {{kAngles, tensorOf(weights.angles, {weights.angles.size()})},
            {kReadout, tensorOf(weights.readout, {width, qubitsFor(width)})}};
}

std::unique_ptr<FeedForwardPart> circuitFeedForward(const HeadInput& input, std::size_t layers, int bits)
{
    const NamedTensors initial = initialFeedForward(input, layers);
    PqcFeedForward::Weights weights{trainedValues(input, kAngles, *initial.at(kAngles)),
                                    trainedValues(input, kReadout, *initial.at(kReadout))};
    if (bits > 0)
        for (double& angle : weights.angles)
            angle = quantisedAngle(angle, bits);
    return std::make_unique<CircuitFeedForward>(input.layerInput.columns, layers, std::move(weights));
}

}  // namespace ketscope
