// SPDX-License-Identifier: GPL-3.0-or-later
// GPT-1 whose heads are QISA heads (QISA and AQISA, arXiv 2603.03318): a character model with Pauli measurements for
// values. config.json has GPT-1's keys, "model_type": "qisa-gpt", and "qisa": an object with the parameters of the mechanism
// qisa that are not at their defaults ({"version": "v3", "bandwidth": "chosen", "variance": 4}).
//
// Tensors, for width D, H heads of size d = D/H, n = ⌈log₂ D⌉ qubits and 3nL angles of a circuit of L layers:
//   tokens_embed.weight (V, D), positions_embed.weight (P, D)
//   h.N.attn.c_query, h.N.attn.c_key     weight (D, D) as [in, out], bias (D): versions v3 and paper
//   h.N.attn.angles_q, h.N.attn.angles_k (H, 3nL): versions v1 and v2
//   h.N.attn.angles_v                    (H, 3nL): all versions but paper
//   h.N.attn.projection                  (H·D, D), the rows of head h after each other: version paper
//   h.N.attn.pauli_strings               (H·d, n), letters I, X, Y, Z as 0 … 3 in any real type
//   h.N.attn.c_proj, h.N.ln_1, h.N.mlp.c_fc, h.N.mlp.c_proj, h.N.ln_2 as in GPT-1
// The output layer is tied to the tokens' embedding. Outputs: "logits" (N, V).
#include "core/base/error.h"
#include "core/models/config.h"
#include "core/models/forward_pass.h"
#include "core/models/heads.h"
#include "core/models/weights.h"

#include <bit>
#include <limits>
#include <nlohmann/json.hpp>

namespace ketscope {

namespace {

constexpr TensorRow kBody[] = {
    {"words", Part::NoBias, "tokens_embed", Axis::Vocabulary, Axis::Width},
    {"positions", Part::NoBias, "positions_embed", Axis::Positions, Axis::Width},
};
constexpr TensorRow kLayer[] = {
    {"attention output", Part::Turned, "h.{}.attn.c_proj", Axis::Width, Axis::Width},
    {"attention norm", Part::Norm, "h.{}.ln_1", Axis::Width},
    {"expand", Part::Turned, "h.{}.mlp.c_fc", Axis::FeedForward, Axis::Width},
    {"contract", Part::Turned, "h.{}.mlp.c_proj", Axis::Width, Axis::FeedForward},
    {"output norm", Part::Norm, "h.{}.ln_2", Axis::Width},
    {"pauli_strings", Part::Matrix, "h.{}.attn.pauli_strings", Axis::HeadChannels, Axis::Qubits},
};
constexpr TensorRow kProjectedScores[] = {
    {"query", Part::Turned, "h.{}.attn.c_query", Axis::Width, Axis::Width},
    {"key", Part::Turned, "h.{}.attn.c_key", Axis::Width, Axis::Width},
};
constexpr TensorRow kCircuitScores[] = {
    {"angles_q", Part::Matrix, "h.{}.attn.angles_q", Axis::Heads, Axis::Angles},
    {"angles_k", Part::Matrix, "h.{}.attn.angles_k", Axis::Heads, Axis::Angles},
};
constexpr TensorRow kCircuitValues[] = {{"angles_v", Part::Matrix, "h.{}.attn.angles_v", Axis::Heads, Axis::Angles}};
constexpr TensorRow kQuadraticValues[] = {
    {"projection", Part::Matrix, "h.{}.attn.projection", Axis::HeadWidths, Axis::Width}};
// What a head was trained to: its share of the rows of each of these.
constexpr const char* kTrained[] = {"angles_q", "angles_k", "angles_v", "projection", "pauli_strings"};

// Everything that the files' headers say.
struct Description {
    ModelInfo info;
    Weights weights;
    Activation activation;
    double epsilon;
};

// The mechanism of every head, with the parameters that the file gives.
std::shared_ptr<const HeadAssignment> readMechanism(const Config& config)
{
    const Mechanism& qisa = mechanism("qisa");
    Parameters parameters = qisa.defaults();
    for (const auto& [id, value] : config.values("qisa"))
        parameters.setText(id, value);
    if (parameters.choice("values") == "model")
        config.refuseKey("qisa", "values of the circuit", "values of the model", "QISA-GPT has no values of its own.");
    return std::make_shared<const HeadAssignment>(HeadAssignment{&qisa, parameters});
}

ModelInfo readSizes(const Config& config, const std::filesystem::path& folder)
{
    StackInfo stack = readDecoderSizes(config);
    stack.own = readMechanism(config);
    ModelInfo info;
    info.architecture = "qisa_gpt";
    info.title = "QISA-GPT";
    info.path = folder;
    info.stacks = {stack};
    info.vocabularySize = config.count("vocab_size", 40478, kMostRows);
    info.maximumPositions = config.count("n_positions", 512, kMostRows);
    info.task = Task::CausalLanguageModelling;
    return info;
}

std::size_t qubitsOf(const StackInfo& stack)
{
    return std::max<std::size_t>(1, static_cast<std::size_t>(std::bit_width(stack.width - 1)));
}

std::map<Axis, std::size_t> axesOf(const ModelInfo& info)
{
    const StackInfo& stack = info.stacks.front();
    const auto layers = static_cast<std::size_t>(stack.own->parameters.integer("layers"));
    std::map<Axis, std::size_t> axes = textAxes(info);
    axes.merge(std::map<Axis, std::size_t>{{Axis::Heads, stack.heads},
                                           {Axis::HeadChannels, stack.heads * stack.headSize},
                                           {Axis::HeadWidths, stack.heads * stack.width},
                                           {Axis::Qubits, qubitsOf(stack)},
                                           {Axis::Angles, 3 * qubitsOf(stack) * layers}});
    return axes;
}

Description resolve(const ModelFiles& files)
{
    const Config config(files);
    ModelInfo info = readSizes(config, files.folder);
    const StackInfo& stack = info.stacks.front();
    const std::string& version = stack.own->parameters.choice("version");
    Weights weights(files, axesOf(info), "transformer.", "tokens_embed.weight");
    weights.requireBody(kBody);
    weights.requireLayers(kLayer, stack.layers);
    const bool projects = version == "v3" || version == "paper";
    weights.requireLayers(projects ? std::span<const TensorRow>(kProjectedScores) : kCircuitScores, stack.layers);
    weights.requireLayers(version == "paper" ? kQuadraticValues : kCircuitValues, stack.layers);
    weights.ignore("lm_head.");
    weights.describe(info);
    // "gelu" of GPT-1 is the tanh form.
    const bool plain = config.text("afn", "gelu") == "gelu";
    return {std::move(info), std::move(weights), plain ? Activation::GeluTanh : config.activation("afn", "gelu"),
            config.positive("layer_norm_epsilon", 1e-5)};
}

struct Layer {
    std::optional<Linear> query;  // none: a circuit's
    std::optional<Linear> key;
    std::vector<NamedTensors> trained;  // of each head
    Operations::TrainedPlaces trainedPlaces;
    Linear attentionOutput;
    LayerNorm attentionNorm;
    Linear expand;
    Linear contract;
    LayerNorm outputNorm;
};

// Every head's share of the rows of the tensors that its mechanism was trained to.
std::vector<NamedTensors> trainedTensors(const Weights& weights, std::size_t layer, std::size_t heads)
{
    std::vector<NamedTensors> trained(heads);
    for (const char* name : kTrained) {
        if (!weights.has(name, layer))
            continue;
        const WeightTable table = weights.table(name, layer);
        const Tensor& all = table.values;
        const std::size_t rows = all.matrix().rows / heads;
        const bool single = std::string_view(name).starts_with("angles");  // one row a head: a vector
        for (std::size_t head = 0; head < heads; ++head) {
            Tensor share(single ? std::vector{all.matrix().columns} : std::vector{rows, all.matrix().columns});
            std::ranges::copy(all.values().subspan(head * share.size(), share.size()), share.data());
            trained[head][name] = std::make_shared<const Tensor>(std::move(share));
        }
    }
    return trained;
}

// Where those are in the file.
Operations::TrainedPlaces trainedPlaces(const Weights& weights, std::size_t layer)
{
    Operations::TrainedPlaces places;
    for (const char* name : kTrained)
        if (weights.has(name, layer))
            places[name] = weights.place(name, layer);
    return places;
}

// The values of a head's circuit, for another mechanism: what the head gives when every token looks at itself alone.
class CircuitValues {
public:
    CircuitValues(const StackInfo& stack, const Layer& layer, std::size_t index, std::size_t head, MatrixView tokens)
        : m_own(*stack.own), m_layer(layer), m_head(head), m_headSize(stack.headSize), m_tokens(tokens)
    {
        if (!layer.query)
            refuse({"plan", "no other mechanism on heads of QISA's versions v1 and v2",
                    "one at layer " + std::to_string(index) + ", head " + std::to_string(head),
                    "Their queries and keys come from circuits: the model has none of its own."});
    }

    void fill(const Operations& operations, MutableMatrixView out) const
    {
        HeadOutput output;
        output.output = out;
        const Work work(*this, copyOf(m_tokens));
        attendHead(*m_own.mechanism, work.input, m_own.parameters, output, Monitor());
        if (Tape* const tape = operations.tape())
            tape->record([self = *this, out, tokens = std::make_shared<const Tensor>(copyOf(m_tokens))](Tape& to) {
                self.backward(to, *tokens, out);
            });
    }

private:
    // What the head is given. Its queries and keys do not matter: each token has one choice.
    struct Work {
        Work(const CircuitValues& of, Tensor layerInput)
            : tokens(std::move(layerInput)), nothing(Tensor::zeros({tokens.shape()[0], of.m_headSize})),
              onlyItself({tokens.shape()[0], tokens.shape()[0]})
        {
            std::ranges::fill(onlyItself.values(), -std::numeric_limits<float>::infinity());
            for (std::size_t token = 0; token < tokens.shape()[0]; ++token)
                onlyItself.matrix()(token, token) = 0.0F;
            input.queries = nothing.matrix();
            input.keys = nothing.matrix();
            input.values = nothing.matrix();
            input.mask.additive = onlyItself.matrix();
            input.layerInput = tokens.matrix();
            input.trained = &of.m_layer.trained[of.m_head];
        }
        Tensor tokens;
        Tensor nothing;
        Tensor onlyItself;
        HeadInput input;
    };

    void backward(Tape& tape, const Tensor& tokens, MatrixView out) const
    {
        const Tensor gradients = tape.take(out);
        if (gradients.empty())
            return;
        const Work work(*this, copyOf(tokens.matrix()));
        std::vector<std::map<std::string, Tensor, std::less<>>> trained(m_head + 1);
        HeadGradients into;
        into.layerInput = tape.gradients(m_tokens);
        into.keyInput = into.layerInput;
        into.trained = tape.wantsParameters() ? &trained[m_head] : nullptr;
        m_own.mechanism->backward(work.input, m_own.parameters, {gradients.matrix(), {}}, into, tape.monitor());
        Operations::addTrained(tape, trained, m_layer.trainedPlaces);
    }

    const HeadAssignment& m_own;
    const Layer& m_layer;
    std::size_t m_head;
    std::size_t m_headSize;
    MatrixView m_tokens;
};

class QisaGpt : public Model {
public:
    QisaGpt(const Description& from, Monitor& monitor)
        : m_words(from.weights.table("words")), m_positions(from.weights.table("positions")),
          m_head(from.weights, from.info.task)
    {
        m_info = from.info;
        const Weights& weights = from.weights;
        const StackInfo& stack = m_info.stacks.front();
        for (std::size_t i = 0; i < stack.layers; ++i) {
            beginReading(monitor, i, stack.layers);
            const bool projects = weights.has("query", i);
            m_layers.push_back({projects ? std::optional(weights.linear("query", i)) : std::nullopt,
                                projects ? std::optional(weights.linear("key", i)) : std::nullopt,
                                trainedTensors(weights, i, stack.heads), trainedPlaces(weights, i),
                                weights.linear("attention output", i), weights.norm("attention norm", i, from.epsilon),
                                weights.linear("expand", i, from.activation), weights.linear("contract", i),
                                weights.norm("output norm", i, from.epsilon)});
        }
        std::ranges::copy(weights.warnings(), std::back_inserter(m_info.warnings));
    }

    Trace forward(const ForwardRequest& request, Monitor& monitor) const override
    {
        ForwardPass pass(m_info, request, monitor);
        StackPass text = pass.stack(0);
        text.embeddings([&](MutableMatrixView out) {
            pass.operations().lookUp(m_words, pass.input().tokenIds, out);
            pass.operations().addPositions(m_positions, out);
        });
        const StackInfo& stack = text.info();
        const Operations& operations = text.operations();
        Tensor context = operations.tensor({text.queries(), stack.width});
        Tensor inner = operations.tensor({text.queries(), stack.feedForwardSize});
        for (std::size_t i = text.firstLayer(); i < text.layers(); ++i) {
            text.beginLayer(i);
            const Layer& layer = m_layers[i];
            Tensor x = operations.copyOf(text.hidden(i));
            attend(text, *request.plan, i, x, context);
            operations.addTo(layer.attentionOutput, context.matrix(), x.matrix());
            operations.apply(layer.attentionNorm, x.matrix(), x.matrix());
            text.feedForward(i, x.matrix(), x.matrix(), [&] {
                operations.apply(layer.expand, x.matrix(), inner.matrix());
                operations.addTo(layer.contract, inner.matrix(), x.matrix());
            });
            operations.apply(layer.outputNorm, x.matrix(), x.matrix());
            text.endLayer(std::move(x));
        }
        m_head.run(pass, text.lastHidden());
        return pass.finish();
    }

private:
    // Queries and keys are zero where the mechanism makes its own; values are the circuit's where another one needs them.
    void attend(StackPass& text, const HeadPlan& plan, std::size_t index, const Tensor& x, Tensor& context) const
    {
        const StackInfo& stack = text.info();
        const Layer& layer = m_layers[index];
        const Operations& operations = text.operations();
        Tensor queries = operations.tensor({text.queries(), stack.width});
        Tensor keys = operations.tensor({text.queries(), stack.width});
        Tensor values = operations.tensor({text.queries(), stack.width});
        for (Tensor* const each : {&queries, &keys, &values})
            std::ranges::fill(each->values(), 0.0F);
        if (layer.query) {
            operations.apply(*layer.query, x.matrix(), queries.matrix());
            operations.apply(*layer.key, x.matrix(), keys.matrix());
        }
        for (std::size_t head = 0; head < stack.heads; ++head)
            if (plan.at(0, index, head).mechanism != stack.own->mechanism)
                CircuitValues(stack, layer, index, head, x.matrix())
                    .fill(operations, values.matrix().middleColumns(head * stack.headSize, stack.headSize));
        text.attend(index,
                    {.queries = queries.matrix(),
                     .keys = keys.matrix(),
                     .values = values.matrix(),
                     .input = x.matrix(),
                     .trained = layer.trained,
                     .trainedPlaces = &layer.trainedPlaces},
                    headScale(stack), context);
    }

    WeightTable m_words;
    WeightTable m_positions;
    std::vector<Layer> m_layers;
    LanguageHead m_head;
};

bool matches(const Json& config) { return modelTypeOf(config) == "qisa-gpt"; }

}  // namespace

const Architecture& qisa_gptArchitecture()
{
    static const Architecture s_architecture = architectureFor<QisaGpt, resolve>("qisa_gpt", "QISA-GPT", matches);
    return s_architecture;
}

}  // namespace ketscope
