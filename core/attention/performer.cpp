// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/attention/averaged_draws.h"
#include "core/attention/feature_attention.h"
#include "core/attention/feature_pair.h"
#include "core/attention/positive_features.h"

#include <cmath>

namespace ketscope {

namespace {

std::vector<Parameter> performerParameters()
{
    return {
        {.id = "m",
         .title = "Random features",
         .symbol = "m",
         .help = "Length of φ; d·ln d is usual, 266 for d = 64. Where logits vary by more than about ¼, even 256 "
                 "features are "
                 "further from softmax than uniform weights.",
         .kind = ParameterKind::Integer,
         .minimum = 16,
         .maximum = 4096,
         .initial = 256,
         .logarithmic = true},
        {.id = "version",
         .title = "Version",
         .help = "FAVOR+ as defined, or what the published code of Q-Transformers computes.",
         .kind = ParameterKind::Choice,
         .choices = {"favor", "as-published"},
         .choiceTitles = {"FAVOR+", "As published (Q-Transformers)"},
         .choiceFaults = {"",
                          "Inputs are not scaled by d^−¼, so that features are near e^−‖x‖²/2 and the 1e-8 added to "
                          "their sum is larger than it: for long vectors the output is about 0."}},
        {.id = "orthogonal",
         .title = "Orthogonal frequencies",
         .help = "Draws the frequencies in orthogonal blocks of d, which lowers the error at the same m.",
         .kind = ParameterKind::Flag,
         .initial = 1,
         .shownWhen = "version",
         .shownWhenIn = {"favor"}},
        {.id = "epsilon",
         .title = "Feature floor",
         .symbol = "ε",
         .help = "Added to every feature, relative to the largest of its vector, so that no row sums to 0.",
         .kind = ParameterKind::Real,
         .minimum = 1e-6,
         .maximum = 0.1,
         .initial = 1e-4,
         .logarithmic = true,
         .shownWhen = "version",
         .shownWhenIn = {"favor"}},
        {.id = "redraw",
         .title = "Redraw",
         .help = "Which of many independent draws of the frequencies is used.",
         .kind = ParameterKind::Integer,
         .minimum = 0,
         .maximum = 9999},
    };
}

MechanismInfo describe()
{
    MechanismInfo info;
    info.id = "performer";
    info.title = "Performer (FAVOR+)";
    info.shortTitle = "Performer";
    info.formula = "Aᵢⱼ = φ(xᵢ)ᵀφ(yⱼ) / Σⱼ φ(xᵢ)ᵀφ(yⱼ), φ(x) = exp(Wx − ‖x‖²/2)/√m, x = q/d^¼, y = k/d^¼, W ~ N(0, 1)";
    info.summary =
        "Positive random features estimate e^(q·k/√d), so that no weight is negative and time is linear in the "
        "number of tokens; the estimate is far off when logits are large. An additive mask is applied pair by "
        "pair, in quadratic time.";
    info.source = "Choromanski et al., “Rethinking Attention with Performers”, ICLR 2021";
    info.properties.randomFeatures = true;
    info.properties.linearTime = true;
    info.properties.gradient = GradientKind::Exact;
    info.parameters = performerParameters();
    info.parameters.push_back(drawsParameter());
    info.parameters.back().shownWhen = "version";
    info.parameters.back().shownWhenIn = {"favor"};
    return info;
}

bool isPublished(const Parameters& parameters) { return parameters.choice("version") == "as-published"; }

std::shared_ptr<const FeatureMap> mapOf(const HeadInput& input, const Parameters& parameters)
{
    const bool published = isPublished(parameters);
    RandomKey random = input.random;
    random.seed += static_cast<std::uint64_t>(parameters.integer("redraw")) << 32U;
    const float depth = static_cast<float>(input.queries.columns);
    const PositiveSettings settings = {.features = static_cast<std::size_t>(parameters.integer("m")),
                                       .pointFactor = published ? 1.0F : std::sqrt(std::max(input.scale, 0.0F)),
                                       .frequencyFactor = published ? 1.0F / std::sqrt(depth) : 1.0F,
                                       .epsilon = published ? 0.0F : static_cast<float>(parameters.real("epsilon")),
                                       .orthogonal = !published && parameters.flag("orthogonal")};
    return std::make_shared<PositiveFeatures>(input.queries.columns, settings, random);
}

// The published 1e-8 stands beside a sum of products of features with their factor 1/√m, which is left out here.
FeatureRule ruleOf(const Parameters& parameters)
{
    return {.offset = isPublished(parameters) ? 1e-8 * parameters.real("m") : 0.0};
}

class PerformerMechanism final : public Mechanism, public Repeated {
public:
    const MechanismInfo& info() const override { return m_info; }

    MechanismProperties properties(const Parameters& parameters) const override
    {
        MechanismProperties result = m_info.properties;
        result.rowStochastic = !isPublished(parameters);
        result.givesStandardError = drawsOf(parameters) > 1;
        return result;
    }

    std::vector<DiagnosticInfo> rowDiagnostics(const Parameters&) const override { return {kEvenRow}; }

    std::uint64_t draws(const Parameters& parameters) const override { return drawsOf(parameters); }

    std::unique_ptr<PreparedHead> prepare(const HeadInput& input, const Parameters& parameters,
                                          const Monitor& monitor) const override
    {
        return prepareWithout(input, parameters, {}, monitor);
    }

    std::unique_ptr<PreparedHead> prepareWithout(const HeadInput& input, const Parameters& parameters,
                                                 DrawRange without, const Monitor& monitor) const override
    {
        return averagedDraws(input, parameters, without, [&](const HeadInput& draw) {
            return prepareFeatureAttention(draw, mapOf(draw, parameters), ruleOf(parameters), {}, monitor);
        });
    }

    void backward(const HeadInput& input, const Parameters& parameters, const OutputGradients& gradients,
                  const HeadGradients& into, const Monitor& monitor) const override
    {
        backwardDraws(input, parameters, gradients, [&](const HeadInput& draw, const OutputGradients& share) {
            monitor.check();
            backwardFeatureAttention(draw, *mapOf(draw, parameters), ruleOf(parameters), {}, share, into, nullptr,
                                     nullptr);
        });
    }

    PairReading pair(const HeadInput& input, const Parameters& parameters, std::size_t query, std::size_t key,
                     const Monitor& monitor) const override
    {
        PairReading reading = featurePair(input, *mapOf(input, parameters), query, key);
        reading.comparison = m_info.formula;
        addFeatureRule(reading, *this, input, oneDraw(parameters), query, key, monitor);
        addDraws(reading, *this, input, parameters, query, key, monitor);
        return reading;
    }

    double keptBytes(const HeadShape& shape, const Parameters& parameters) const override
    {
        return bytesOfDraws(shape, parameters, parameters.real("m"));
    }

    double flops(const HeadInput& input, const Parameters& parameters) const override
    {
        constexpr double kExponential = 12.0;
        const double features = parameters.real("m");
        return static_cast<double>(drawsOf(parameters))
               * featureAttentionFlops(input, features, features, kExponential);
    }

private:
    MechanismInfo m_info = describe();
};

}  // namespace

const Mechanism& performerMechanism()
{
    static const PerformerMechanism mechanism;
    return mechanism;
}

}  // namespace ketscope
