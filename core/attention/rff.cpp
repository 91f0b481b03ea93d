// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/attention/fourier_features.h"

#include <algorithm>
#include <iterator>

namespace ketscope {

namespace {

std::vector<Parameter> featureParameters()
{
    return {
        {.id = "m",
         .title = "Random features",
         .symbol = "m",
         .help = "Length of φ. The kernel's error falls as 1/√m. Cos–sin pairs round an odd number down to even.",
         .kind = ParameterKind::Integer,
         .minimum = 16,
         .maximum = 4096,
         .initial = 128,
         .logarithmic = true},
        {.id = "sigma",
         .title = "Bandwidth",
         .symbol = "σ",
         .help = "Distance over which the kernel falls off, in units of the vectors compared (their length is 1 when "
                 "they are normalised). Large values make every row uniform.",
         .kind = ParameterKind::Real,
         .minimum = 0.05,
         .maximum = 20,
         .initial = 1,
         .logarithmic = true},
        {.id = "map",
         .title = "Feature map",
         .help = "Cos–sin pairs have the smaller variance and φ(x)·φ(x) = 1; cosine with a random phase is the map "
                 "as published.",
         .kind = ParameterKind::Choice,
         .choices = {"paired", "cosine"},
         .choiceTitles = {"Cos–sin pairs", "Cosine with phase"}},
        {.id = "orthogonal",
         .title = "Orthogonal frequencies",
         .help = "Draws the frequencies in orthogonal blocks, which lowers the error at the same m.",
         .kind = ParameterKind::Flag},
        {.id = "unit-norm",
         .title = "Normalise q and k",
         .help = "Scales queries and keys to length 1 before the features.",
         .kind = ParameterKind::Flag,
         .initial = 1},
    };
}

Parameter blendParameter()
{
    return {.id = "alpha",
            .title = "Share of classical scores",
            .symbol = "α",
            .help = "S = α·QKᵀ/√d + (1 − α)·φφᵀ. 0 is the kernel alone; 0.9 with τ = 1 is the mix as published, nearly "
                    "classical attention.",
            .kind = ParameterKind::Real,
            .minimum = 0,
            .maximum = 1,
            .shownWhen = "rule",
            .shownWhenIn = {"softmax"}};
}

MechanismInfo describe()
{
    MechanismInfo info;
    info.id = "rff";
    info.title = "RFF kernel (QRA)";
    info.shortTitle = "RFF kernel";
    info.formula =
        "Sᵢⱼ = φ(qᵢ)ᵀφ(kⱼ), φ(x) = √(2/m)·[cos Wx, sin Wx], W ~ N(0, 1/σ²); rows clipped at 0 and normalised";
    info.summary = "Random waves estimate a Gaussian kernel, exp(−‖q − k‖²/2σ²): keys near the query get more weight. "
                   "With the direct rule a row whose estimates are all 0 or less is uniform over its allowed keys.";
    info.source = "Quantum-inspired random attention (viklogit/qra_attention); features: Rahimi and Recht, NIPS 2007";
    info.properties.randomFeatures = true;
    info.parameters = featureParameters();
    std::ranges::move(ruleParameters(1.0), std::back_inserter(info.parameters));
    info.parameters.push_back(blendParameter());
    return info;
}

FourierSettings settingsOf(const Parameters& parameters)
{
    return {static_cast<std::size_t>(parameters.integer("m")), parameters.real("sigma"),
            parameters.choice("map") == "paired" ? FourierMap::Paired : FourierMap::Cosine,
            parameters.flag("orthogonal")};
}

class RffHead final : public WeightsHead {
public:
    RffHead(const HeadInput& head, const Parameters& parameters)
        : WeightsHead(head), m_features(head.queries.columns, settingsOf(parameters), head.random),
          m_unitNorm(parameters.flag("unit-norm")), m_softmax(parameters.choice("rule") == "softmax"),
          m_inverseTau(static_cast<float>(1.0 / parameters.real("tau"))),
          m_alpha(m_softmax ? static_cast<float>(parameters.real("alpha")) : 0.0F),
          m_keyFeatures(PackedMatrix::transposed(featuresOf(head.keys).matrix()))
    {
        if (m_alpha > 0.0F)
            m_keys = PackedMatrix::transposed(head.keys);
    }

private:
    Tensor featuresOf(MatrixView points) const
    {
        return m_unitNorm ? m_features.apply(normalizedRows(points).matrix()) : m_features.apply(points);
    }

    void fillWeights(std::size_t first, MutableMatrixView weights, MutableMatrixView) const override
    {
        const MatrixView queries = input().queries.middleRows(first, weights.rows);
        m_keyFeatures.multiply(featuresOf(queries).matrix(), weights);
        if (m_alpha > 0.0F)
            blend(queries, weights);
        for (std::size_t i = 0; i < weights.rows; ++i) {
            if (!m_softmax) {
                directRule(input(), first + i, weights.row(i));
                continue;
            }
            for (float& score : weights.row(i))
                score *= m_inverseTau;
            softmaxRule(input(), first + i, weights.row(i));
        }
    }

    void blend(MatrixView queries, MutableMatrixView scores) const
    {
        Tensor classical({scores.rows, scores.columns});
        m_keys.multiply(queries, classical.matrix());
        for (std::size_t i = 0; i < scores.rows; ++i)
            for (std::size_t j = 0; j < scores.columns; ++j)
                scores(i, j) = m_alpha * input().scale * classical.matrix()(i, j) + (1.0F - m_alpha) * scores(i, j);
    }

    FourierFeatures m_features;
    bool m_unitNorm;
    bool m_softmax;
    float m_inverseTau;
    float m_alpha;
    PackedMatrix m_keyFeatures;  // (features, m)
    PackedMatrix m_keys;         // (d, m); only for α > 0
};

class RffMechanism final : public Mechanism {
public:
    const MechanismInfo& info() const override { return m_info; }

    std::unique_ptr<PreparedHead> prepare(const HeadInput& input, const Parameters& parameters,
                                          const Monitor& monitor) const override
    {
        monitor.check();
        return std::make_unique<RffHead>(input, parameters);
    }

    // Projections, waves (one operation each), feature products, blend, row rule (four operations) and output. Drawing
    // the frequencies is not counted.
    double flops(const HeadInput& input, const Parameters& parameters) const override
    {
        const auto tokens = static_cast<double>(input.queries.rows + input.keys.rows);
        const auto pairs = static_cast<double>(input.queries.rows) * static_cast<double>(input.keys.rows);
        const auto d = static_cast<double>(input.queries.columns);
        const bool paired = parameters.choice("map") == "paired";
        const auto m = static_cast<double>(parameters.integer("m"));
        const bool blended = parameters.choice("rule") == "softmax" && parameters.real("alpha") > 0.0;
        return tokens * (2.0 * d * (paired ? m / 2.0 : m) + 2.0 * m)
               + pairs
                     * (2.0 * m + (blended ? 2.0 * d + 4.0 : 0.0) + 4.0
                        + 2.0 * static_cast<double>(input.values.columns));
    }

private:
    MechanismInfo m_info = describe();
};

}  // namespace

const Mechanism& rffMechanism()
{
    static const RffMechanism mechanism;
    return mechanism;
}

}  // namespace ketscope
