// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/attention/averaged_draws.h"
#include "core/attention/feature_attention.h"
#include "core/attention/feature_pair.h"
#include "core/attention/fourier_features.h"

#include <cmath>

namespace ketscope {

namespace {

std::vector<Parameter> rfaParameters()
{
    return {
        {.id = "m",
         .title = "Random features",
         .symbol = "m",
         .help = "Length of φ: m/2 waves, each as sine and cosine. The kernel's error falls as 1/√m.",
         .kind = ParameterKind::Integer,
         .minimum = 16,
         .maximum = 4096,
         .initial = 128,
         .logarithmic = true},
        {.id = "sigma",
         .title = "Bandwidth",
         .symbol = "σ",
         .help = "The kernel is e^(q·k/σ²). Without normalisation σ = d^¼ has softmax's own scale.",
         .kind = ParameterKind::Real,
         .minimum = 0.1,
         .maximum = 20,
         .initial = 1,
         .logarithmic = true},
        {.id = "orthogonal",
         .title = "Orthogonal frequencies",
         .help = "Draws the frequencies in orthogonal blocks of d, which lowers the error at the same m.",
         .kind = ParameterKind::Flag},
        {.id = "unit-norm",
         .title = "Normalise q and k",
         .help = "Scales queries and keys to length 1, as in the paper. Without it long keys get the factor "
                 "e^(‖k‖²/2σ²), and "
                 "the estimate is noise where q and k are far apart.",
         .kind = ParameterKind::Flag,
         .initial = 1},
        {.id = "gate",
         .title = "Gate",
         .help = "With a causal mask older keys fade: S_t = g_t S_(t−1) + (1 − g_t) φ(k_t)v_tᵀ, g = sigmoid(w·x + b) "
                 "of what "
                 "the key was projected from. Untrained, w is 0 and b the value below.",
         .kind = ParameterKind::Flag,
         .causalOnly = true},
        {.id = "bias",
         .title = "Gate bias",
         .symbol = "b",
         .help = "The gate's b before training: 2 keeps 88 % of the past at every token.",
         .kind = ParameterKind::Real,
         .minimum = -4,
         .maximum = 8,
         .initial = 2,
         .shownWhen = "gate",
         .shownWhenIn = {"on"}},
    };
}

MechanismInfo describe()
{
    MechanismInfo info;
    info.id = "rfa";
    info.title = "Random feature attention (RFA)";
    info.shortTitle = "RFA";
    info.formula = "Aᵢⱼ = φ(qᵢ)ᵀφ(kⱼ) / Σⱼ φ(qᵢ)ᵀφ(kⱼ), φ(x) = e^(‖x‖²/2σ²)·√(2/m)·[cos Wx, sin Wx], W ~ N(0, 1/σ²), "
                   "‖q‖ = ‖k‖ = 1";
    info.summary =
        "Random waves estimate e^(q·k/σ²) of unit vectors in time linear in the number of tokens. Estimates may "
        "be negative: a row whose mean estimate is at most 0.02 is uniform over its allowed keys. An additive "
        "mask is applied pair by pair, in quadratic time.";
    info.source = "Peng et al., “Random Feature Attention”, ICLR 2021";
    info.properties.randomFeatures = true;
    info.properties.rowStochastic = false;
    info.properties.signedWeights = true;
    info.properties.linearTime = true;
    info.properties.gradient = GradientKind::Exact;
    info.parameters = rfaParameters();
    info.parameters.push_back(drawsParameter());
    return info;
}

// Waves with the factor e^{‖x‖²/2σ²}, which makes e^{−‖x − y‖²/2σ²} to e^{x·y/σ²}. Of unit vectors it is a constant.
class RfaFeatures final : public FeatureMap {
public:
    RfaFeatures(std::size_t dimension, const Parameters& parameters, const RandomKey& random)
        : m_waves(dimension,
                  {.features = static_cast<std::size_t>(parameters.integer("m")),
                   .sigma = parameters.real("sigma"),
                   .orthogonal = parameters.flag("orthogonal"),
                   .unitNorm = parameters.flag("unit-norm")},
                  random),
          m_sigma(parameters.real("sigma")), m_unitNorm(parameters.flag("unit-norm"))
    {
    }

    std::size_t size() const override { return m_waves.size(); }

    void apply(MatrixView points, MutableMatrixView features, std::span<double> exponents) const override
    {
        m_waves.apply(points, features, exponents);
        for (std::size_t row = 0; row < exponents.size() && !m_unitNorm; ++row)
            exponents[row] = kernels().dot(points.row(row).data(), points.row(row).data(), points.columns)
                             / (2.0 * m_sigma * m_sigma);
    }

    Dense backward(MatrixView points, const FeatureGradients& gradients, double* sigma) const override
    {
        Dense result = m_waves.backward(points, gradients, sigma);
        if (m_unitNorm)
            return result;
        const Dense x = dense(points);
        result += gradients.exponents.asDiagonal() * x / (m_sigma * m_sigma);
        if (sigma != nullptr)
            *sigma -= gradients.exponents.dot(x.rowwise().squaredNorm()) / (m_sigma * m_sigma * m_sigma);
        return result;
    }

private:
    FourierFeatures m_waves;
    double m_sigma;
    bool m_unitNorm;
};

constexpr FeatureRule kRule = {.smallestMean = 0.02};

// The gate's weights w and bias b on the rows that keys were projected from (the keys themselves where those are unknown).
class Gate {
public:
    Gate(const HeadInput& input, const NamedTensors& initial)
        : m_input(input), m_rows(input.inputOfKeys().empty() ? input.keys : input.inputOfKeys())
    {
        const NamedTensors& tensors = input.trained != nullptr ? *input.trained : initial;
        const auto weights = tensors.find("gate_weights");
        const auto bias = tensors.find("gate_bias");
        if (weights == tensors.end() || bias == tensors.end() || weights->second->size() != m_rows.columns
            || bias->second->size() != 1)
            refuse({"rfa gate",
                    "tensors gate_weights of " + std::to_string(m_rows.columns) + " and gate_bias of 1 value", "others",
                    "Use the tensors that the mechanism was trained with."});
        m_weights = weights->second;
        const double b = static_cast<double>(bias->second->values()[0]);
        for (std::size_t key = 0; key < m_rows.rows; ++key) {
            double z = b;
            for (std::size_t i = 0; i < m_rows.columns; ++i)
                z += static_cast<double>(m_weights->values()[i]) * m_rows(key, i);
            m_logits.push_back(z);
        }
    }

    // The recursion gives key j the weight (1 − g_j) Π_{l > j} g_l. Up to a factor that all keys of a row share this is
    // e^{ln(1 − g_j) − Σ_{l ≤ j} ln g_l}. Padding does not count as a token.
    std::vector<double> exponents() const
    {
        std::vector<double> result(m_logits.size(), 0.0);
        double kept = 0.0;
        for (std::size_t key = 0; key < m_logits.size(); ++key) {
            if (!isKey(key))
                continue;
            const double lnGate = -std::log1p(std::exp(-m_logits[key]));
            kept += lnGate;
            result[key] = lnGate - m_logits[key] - kept;  // ln(1 − g) = ln g − z
        }
        return result;
    }

    void backward(const Eigen::VectorXd& exponents, const HeadGradients& into) const
    {
        Tensor weights = Tensor::zeros({m_rows.columns});
        double bias = 0.0;
        double later = 0.0;  // Σ over this and later keys of dL/dexponent
        for (std::size_t key = m_logits.size(); key-- > 0;) {
            if (!isKey(key))
                continue;
            const double gate = 1.0 / (1.0 + std::exp(-m_logits[key]));
            const double own = exponents[static_cast<Eigen::Index>(key)];
            later += own;
            const double gradient = -gate * own - (1.0 - gate) * later;
            bias += gradient;
            const MutableMatrixView rows = m_input.inputOfKeys().empty() ? into.keys : into.keyInput;
            for (std::size_t i = 0; i < m_rows.columns; ++i) {
                weights.values()[i] += static_cast<float>(gradient) * m_rows(key, i);
                if (!rows.empty())
                    rows(key, i) += static_cast<float>(gradient) * m_weights->values()[i];
            }
        }
        addTrained(into, weights, static_cast<float>(bias));
    }

private:
    bool isKey(std::size_t key) const { return m_input.mask.keyAllowed.empty() || m_input.mask.keyAllowed[key] != 0; }

    void addTrained(const HeadGradients& into, const Tensor& weights, float bias) const
    {
        if (into.trained == nullptr)
            return;
        Tensor& ofWeights = (*into.trained)["gate_weights"];
        if (ofWeights.empty())
            ofWeights = Tensor::zeros({weights.size()});
        for (std::size_t i = 0; i < weights.size(); ++i)
            ofWeights.values()[i] += weights.values()[i];
        Tensor& ofBias = (*into.trained)["gate_bias"];
        if (ofBias.empty())
            ofBias = Tensor::zeros({1});
        ofBias.values()[0] += bias;
    }

    const HeadInput& m_input;
    MatrixView m_rows;
    TensorPointer m_weights;
    std::vector<double> m_logits;
};

class RfaMechanism final : public Mechanism, public Repeated {
public:
    const MechanismInfo& info() const override { return m_info; }

    MechanismProperties properties(const Parameters& parameters) const override
    {
        MechanismProperties result = m_info.properties;
        result.usesKeyOrder = parameters.flag("gate");
        result.givesStandardError = drawsOf(parameters) > 1;
        return result;
    }

    std::uint64_t draws(const Parameters& parameters) const override { return drawsOf(parameters); }

    std::unique_ptr<PreparedHead> prepare(const HeadInput& input, const Parameters& parameters,
                                          const Monitor& monitor) const override
    {
        return prepareWithout(input, parameters, {}, monitor);
    }

    std::unique_ptr<PreparedHead> prepareWithout(const HeadInput& input, const Parameters& parameters,
                                                 DrawRange without, const Monitor& monitor) const override
    {
        checkShapes(input);
        std::vector<double> exponents;
        if (isGated(input, parameters))
            exponents = Gate(input, initialTensors(input, parameters)).exponents();
        return averagedDraws(input, parameters, without, [&](const HeadInput& draw) {
            return prepareFeatureAttention(draw,
                                           std::make_shared<RfaFeatures>(draw.queries.columns, parameters, draw.random),
                                           kRule, exponents, monitor);
        });
    }

    std::vector<DiagnosticInfo> rowDiagnostics(const Parameters&) const override { return {kEvenRow}; }

    NamedTensors initialTensors(const HeadInput& input, const Parameters& parameters) const override
    {
        if (!parameters.flag("gate"))
            return {};
        const MatrixView rows = input.inputOfKeys();
        Tensor bias({1});
        bias.values()[0] = static_cast<float>(parameters.real("bias"));
        return {{"gate_weights",
                 std::make_shared<const Tensor>(Tensor::zeros({rows.empty() ? input.keys.columns : rows.columns}))},
                {"gate_bias", std::make_shared<const Tensor>(std::move(bias))}};
    }

    void backward(const HeadInput& input, const Parameters& parameters, const OutputGradients& gradients,
                  const HeadGradients& into, const Monitor& monitor) const override
    {
        backwardDraws(input, parameters, gradients, [&](const HeadInput& draw, const OutputGradients& share) {
            monitor.check();
            const RfaFeatures map(draw.queries.columns, parameters, draw.random);
            double sigma = 0.0;
            if (isGated(draw, parameters)) {
                const Gate gate(draw, initialTensors(draw, parameters));
                Eigen::VectorXd exponents = Eigen::VectorXd::Zero(static_cast<Eigen::Index>(draw.keys.rows));
                backwardFeatureAttention(draw, map, kRule, gate.exponents(), share, into, &sigma, &exponents);
                gate.backward(exponents, into);
            } else {
                backwardFeatureAttention(draw, map, kRule, {}, share, into, &sigma, nullptr);
            }
            addTo(into.parameters, "sigma", sigma);
        });
    }

    PairReading pair(const HeadInput& input, const Parameters& parameters, std::size_t query, std::size_t key,
                     const Monitor& monitor) const override
    {
        PairReading reading =
            featurePair(input, RfaFeatures(input.queries.columns, parameters, input.random), query, key);
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
        constexpr double kWave = 12.0;
        const double features = 2.0 * std::floor(parameters.real("m") / 2.0);
        return static_cast<double>(drawsOf(parameters)) * featureAttentionFlops(input, features, features / 2.0, kWave);
    }

private:
    static bool isGated(const HeadInput& input, const Parameters& parameters)
    {
        return parameters.flag("gate") && input.mask.causal;
    }

    MechanismInfo m_info = describe();
};

}  // namespace

const Mechanism& rfaMechanism()
{
    static const RfaMechanism mechanism;
    return mechanism;
}

}  // namespace ketscope
