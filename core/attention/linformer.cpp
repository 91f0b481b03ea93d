// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/attention/low_rank_weights.h"
#include "core/attention/projected_keys.h"
#include "core/attention/segment_attention.h"

#include <cmath>

namespace ketscope {

namespace {

std::vector<Parameter> linformerParameters()
{
    return {
        {.id = "rank",
         .title = "Projected keys",
         .symbol = "r",
         .help = "How many keys and values are left after the projection. With at least as many as tokens segments are "
                 "exact.",
         .kind = ParameterKind::Integer,
         .minimum = 1,
         .maximum = 1024,
         .initial = 64,
         .logarithmic = true},
        {.id = "projection",
         .title = "Projection",
         .help =
             "Segments: means of neighbouring keys. Learned: E and F as trained, segment means before that. Random: "
             "drawn, as published. P RᵀR and the fit start from the exact weights and show what rank r could do; the "
             "fit "
             "looks at later tokens, too.",
         .kind = ParameterKind::Choice,
         .choices = {"segments", "learned", "random", "jl", "fit"},
         .choiceTitles = {"Segment means", "Learned E and F (segment means until trained)",
                          "Random E and F, as published", "P RᵀR (Johnson–Lindenstrauss)", "Least-squares fit of F"},
         .choiceFaults = {"", "", "E and F are independent, random and never trained: what comes out is noise.", "",
                          ""}},
    };
}

MechanismInfo describe()
{
    MechanismInfo info;
    info.id = "linformer";
    info.title = "Linformer";
    info.shortTitle = "Linformer";
    info.formula = "softmax(Q(EK)ᵀ/√d)(FV), E, F (r × m); the weights are softmax(Q(EK)ᵀ/√d)·F";
    info.summary =
        "Keys and values are projected over positions to r of them, so that time is linear in the number of tokens. "
        "Such a projection mixes later tokens in: under a mask each query projects only the keys that it may see, "
        "which is causal but not the original.";
    info.source = "Wang et al., “Linformer: Self-Attention with Linear Complexity”, 2020";
    info.properties.linearTime = true;
    info.properties.usesKeyOrder = true;
    info.properties.gradient = GradientKind::Exact;
    info.parameters = linformerParameters();
    return info;
}

enum class Projection { Segments, Learned, Random, JohnsonLindenstrauss, Fit };
enum Purpose : std::uint16_t { kOfKeys = 1, kOfValues = 2, kOfWeights = 3 };

Projection projectionOf(const Parameters& parameters)
{
    return static_cast<Projection>(parameters.integer("projection"));
}

std::size_t rankOf(const Parameters& parameters) { return static_cast<std::size_t>(parameters.integer("rank")); }

// (r, m) of independent N(0, 1/r); column j depends on the key and j alone.
TensorPointer drawProjection(const HeadInput& input, std::size_t rank, Purpose purpose)
{
    Tensor projection({rank, input.keys.rows});
    const double deviation = 1.0 / std::sqrt(static_cast<double>(rank));
    for (std::size_t key = 0; key < input.keys.rows; ++key) {
        RandomStream stream(input.random, static_cast<std::uint32_t>(key), purpose);
        for (std::size_t a = 0; a < rank; ++a)
            projection.matrix()(a, key) = static_cast<float>(deviation * stream.normal());
    }
    return std::make_shared<const Tensor>(std::move(projection));
}

TensorPointer segmentMeans(std::size_t keys, std::size_t most)
{
    const std::size_t length = (keys + most - 1) / most;
    Tensor projection = Tensor::zeros({(keys + length - 1) / length, keys});
    for (std::size_t key = 0; key < keys; ++key) {
        const std::size_t segment = key / length;
        const std::size_t size = std::min(length, keys - segment * length);
        projection.matrix()(segment, key) = 1.0F / static_cast<float>(size);
    }
    return std::make_shared<const Tensor>(std::move(projection));
}

class LinformerMechanism final : public Mechanism {
public:
    const MechanismInfo& info() const override { return m_info; }

    MechanismProperties properties(const Parameters& parameters) const override
    {
        const Projection projection = projectionOf(parameters);
        const bool ofAllRows = projection == Projection::Fit;
        MechanismProperties result = m_info.properties;
        result.rowStochastic = projection == Projection::Segments;
        result.signedWeights = !result.rowStochastic;
        result.causalSafe = !ofAllRows;
        result.randomFeatures = projection == Projection::Random || projection == Projection::JohnsonLindenstrauss;
        result.linearTime = !ofAllRows && projection != Projection::JohnsonLindenstrauss;
        result.gradient = ofAllRows ? GradientKind::None : GradientKind::Exact;
        return result;
    }

    std::unique_ptr<PreparedHead> prepare(const HeadInput& input, const Parameters& parameters,
                                          const Monitor& monitor) const override
    {
        monitor.check();
        const std::size_t rank = rankOf(parameters);
        switch (projectionOf(parameters)) {
        case Projection::Segments: return prepareSegmentAttention(input, rank);
        case Projection::Learned:
        case Projection::Random: return prepareProjectedKeys(input, projectionsOf(input, parameters), monitor);
        case Projection::JohnsonLindenstrauss:
            return prepareRandomProjection(input, drawProjection(input, rank, kOfWeights));
        case Projection::Fit: break;
        }
        return prepareFixedWeights(input, fittedWeights(input, rank));
    }

    NamedTensors initialTensors(const HeadInput& input, const Parameters& parameters) const override
    {
        if (projectionOf(parameters) != Projection::Learned)
            return {};
        const TensorPointer means = segmentMeans(input.keys.rows, rankOf(parameters));
        return {{"E", means}, {"F", means}};
    }

    void backward(const HeadInput& input, const Parameters& parameters, const OutputGradients& gradients,
                  const HeadGradients& into, const Monitor& monitor) const override
    {
        monitor.check();
        const std::size_t rank = rankOf(parameters);
        switch (projectionOf(parameters)) {
        case Projection::Segments: return backwardSegmentAttention(input, rank, gradients, into);
        case Projection::Learned:
        case Projection::Random: return backwardProjections(input, parameters, gradients, into);
        case Projection::JohnsonLindenstrauss:
            return backwardRandomProjection(input, *drawProjection(input, rank, kOfWeights), gradients, into);
        case Projection::Fit: break;
        }
        Mechanism::backward(input, parameters, gradients, into, monitor);
    }

    // Scores of the projected keys, softmax, projection of the values and output, as if every key were in the weights.
    double flops(const HeadInput& input, const Parameters& parameters) const override
    {
        const auto pairs = static_cast<double>(input.queries.rows) * static_cast<double>(input.keys.rows);
        const double rank = std::min(parameters.real("rank"), static_cast<double>(input.keys.rows));
        return static_cast<double>(input.queries.rows) * rank
                   * (2.0 * static_cast<double>(input.queries.columns) + 20.0)
               + pairs * 2.0 * static_cast<double>(input.values.columns + input.queries.columns);
    }

private:
    PositionProjections projectionsOf(const HeadInput& input, const Parameters& parameters) const
    {
        const std::size_t rank = rankOf(parameters);
        if (projectionOf(parameters) == Projection::Random)
            return {drawProjection(input, rank, kOfKeys), drawProjection(input, rank, kOfValues)};
        const NamedTensors tensors = input.trained != nullptr ? *input.trained : initialTensors(input, parameters);
        const auto ofKeys = tensors.find("E");
        const auto ofValues = tensors.find("F");
        const auto fits = [&](const auto& found) {
            return found != tensors.end() && found->second->shape().size() == 2
                   && found->second->shape()[1] >= input.keys.rows && found->second->shape()[0] > 0;
        };
        if (!fits(ofKeys) || !fits(ofValues) || ofKeys->second->shape()[0] != ofValues->second->shape()[0])
            refuse({"linformer projections",
                    "tensors E and F of r rows and at least " + std::to_string(input.keys.rows) + " columns each",
                    "others", "Use a text that is not longer than the trained projections."});
        return {ofKeys->second, ofValues->second};
    }

    void backwardProjections(const HeadInput& input, const Parameters& parameters, const OutputGradients& gradients,
                             const HeadGradients& into) const
    {
        const PositionProjections projections = projectionsOf(input, parameters);
        const KeyValueGradients found = backwardProjectedKeys(input, projections, gradients, into);
        if (into.trained == nullptr || projectionOf(parameters) != Projection::Learned)
            return;
        const auto add = [&](const char* name, const Tensor& like, const Dense& gradient) {
            Tensor& target = (*into.trained)[name];
            if (target.empty())
                target = Tensor::zeros(like.shape());
            addTo(target.matrix().middleColumns(0, input.keys.rows), gradient);
        };
        add("E", *projections.keys, found.keys);
        add("F", *projections.values, found.values);
    }

    MechanismInfo m_info = describe();
};

}  // namespace

const Mechanism& linformerMechanism()
{
    static const LinformerMechanism mechanism;
    return mechanism;
}

}  // namespace ketscope
