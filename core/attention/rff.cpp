// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/attention/averaged_draws.h"
#include "core/attention/feature_attention.h"
#include "core/attention/feature_pair.h"
#include "core/attention/fourier_features.h"

#include <algorithm>
#include <cmath>
#include <optional>

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
        {.id = "bandwidth",
         .title = "Bandwidth from",
         .help = "The median rule takes the median distance of queries and the keys that they may see, over the whole "
                 "text: "
                 "with a causal mask later tokens enter through it.",
         .kind = ParameterKind::Choice,
         .choices = {"fixed", "median"},
         .choiceTitles = {"The value below", "Median distance"}},
        {.id = "sigma",
         .title = "Bandwidth",
         .symbol = "σ",
         .help = "Distance over which the kernel falls off, in units of the vectors compared (their length is 1 when "
                 "they are normalised). Large values make every row uniform.",
         .kind = ParameterKind::Real,
         .minimum = 0.05,
         .maximum = 20,
         .initial = 1,
         .logarithmic = true,
         .shownWhen = "bandwidth",
         .shownWhenIn = {"fixed"}},
        {.id = "version",
         .title = "Version",
         .help = "The kernel as defined, or what the published code of QRA computes.",
         .kind = ParameterKind::Choice,
         .choices = {"kernel", "as-published"},
         .choiceTitles = {"Gaussian kernel", "As published (QRA)"},
         .choiceFaults =
             {"", "Features scaled to length 1 do not estimate the kernel, and with α = 0.9 it moves weights by "
                  "at most 9 %: the row is nearly softmax at temperature 1/0.9."}},
        {.id = "map",
         .title = "Feature map",
         .help =
             "Cos–sin pairs have the smaller variance and φ(x)·φ(x) = 1; cosine with a random phase is the older map.",
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
            .help = "S = α·QKᵀ/√d + (1 − α)·φφᵀ. 0 is the kernel alone; 0.9 with τ = 1 is the published mix, nearly "
                    "classical attention.",
            .kind = ParameterKind::Real,
            .minimum = 0,
            .maximum = 1,
            .shownWhen = "rule",
            .shownWhenIn = {"softmax"}};
}

// The rule of the row, with one that needs no n × m matrix beside the two of every kernel.
std::vector<Parameter> rowParameters()
{
    std::vector<Parameter> parameters = ruleParameters(1.0);
    parameters.front().help =
        "Direct: the row of scores, negative ones clipped at 0, is divided by its sum. Softmax: of "
        "score/τ. Linear: divided by the sum without clipping, which takes linear time; weights may "
        "be negative, and a row of mean 0.02 or less is uniform.";
    parameters.front().choices.emplace_back("linear");
    parameters.front().choiceTitles.emplace_back("Linear");
    parameters.push_back(blendParameter());
    return parameters;
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
    info.properties.gradient = GradientKind::Exact;
    info.parameters = featureParameters();
    for (Parameter& parameter : rowParameters())
        info.parameters.push_back(std::move(parameter));
    info.parameters.push_back(drawsParameter());
    for (Parameter& parameter : info.parameters)
        for (const char* hidden : {"map", "orthogonal", "unit-norm", "rule", "repeats"})
            if (parameter.id == hidden) {
                parameter.shownWhen = "version";
                parameter.shownWhenIn = {"kernel"};
            }
    return info;
}

enum class Rule { Direct, Softmax, Linear };

// The median of ‖q − k‖ over pairs that the mask allows, of at most 256 queries and 256 keys evenly taken; at least 0.05.
double medianDistance(const HeadInput& input, bool normalised)
{
    constexpr std::size_t kMost = 256;
    constexpr double kLeast = 0.05;
    const Tensor normalQueries = normalised ? normalizedRows(input.queries) : Tensor();
    const Tensor normalKeys = normalised ? normalizedRows(input.keys) : Tensor();
    const MatrixView queries = normalised ? normalQueries.matrix() : input.queries;
    const MatrixView keys = normalised ? normalKeys.matrix() : input.keys;
    std::vector<double> distances;
    for (std::size_t i = 0; i < queries.rows; i += (queries.rows + kMost - 1) / kMost)
        for (std::size_t j = 0; j < keys.rows; j += (keys.rows + kMost - 1) / kMost) {
            if (!isAllowed(input, i, j))
                continue;
            double square = 0.0;
            for (std::size_t c = 0; c < queries.columns; ++c) {
                const double difference = static_cast<double>(queries(i, c)) - keys(j, c);
                square += difference * difference;
            }
            distances.push_back(std::sqrt(square));
        }
    if (distances.empty())
        return 1.0;
    const auto middle = distances.begin() + static_cast<std::ptrdiff_t>(distances.size() / 2);
    std::ranges::nth_element(distances, middle);
    return std::max(*middle, kLeast);
}

// The parameters that have a meaning together; the others are as if they were not there.
struct Settings {
    explicit Settings(const Parameters& parameters)
    {
        features.features = static_cast<std::size_t>(parameters.integer("m"));
        features.sigma = parameters.real("sigma");
        median = parameters.choice("bandwidth") == "median";
        if (parameters.choice("version") == "as-published") {
            features.map = FourierMap::AsPublished;
            rule = Rule::Softmax;
            alpha = 0.9;
            return;
        }
        features.map = parameters.choice("map") == "paired" ? FourierMap::Paired : FourierMap::Cosine;
        features.orthogonal = parameters.flag("orthogonal");
        features.unitNorm = parameters.flag("unit-norm");
        rule = static_cast<Rule>(parameters.integer("rule"));
        if (rule == Rule::Softmax) {
            tau = parameters.real("tau");
            alpha = parameters.real("alpha");
        }
    }

    // The settings for one head: with its median where that is asked for.
    Settings(const Parameters& parameters, const HeadInput& input) : Settings(parameters)
    {
        if (!median)
            return;
        checkShapes(input);
        features.sigma = medianDistance(input, features.unitNorm || features.map == FourierMap::AsPublished);
    }

    FourierSettings features;
    bool median = false;
    Rule rule = Rule::Direct;
    double tau = 1.0;
    double alpha = 0.0;
};

constexpr FeatureRule kLinearRule = {.smallestMean = 0.02};

class RffHead final : public WeightsHead {
public:
    RffHead(const HeadInput& head, const Settings& settings)
        : WeightsHead(head), m_features(head.queries.columns, settings.features, head.random), m_rule(settings.rule),
          m_inverseTau(static_cast<float>(1.0 / settings.tau)), m_alpha(static_cast<float>(settings.alpha)),
          m_keyFeatures(PackedMatrix::transposed(m_features.apply(head.keys).matrix()))
    {
        if (m_alpha > 0.0F)
            m_keys = PackedMatrix::transposed(head.keys);
        if (settings.median)
            m_median = settings.features.sigma;
    }

private:
    // The bandwidth that the median rule found.
    std::vector<Diagnostic> diagnostics() const override
    {
        if (!m_median)
            return {};
        Tensor sigma({1});
        sigma.values()[0] = static_cast<float>(*m_median);
        return {{{"bandwidth", "Bandwidth σ"}, std::make_shared<const Tensor>(std::move(sigma))}};
    }

    void fillWeights(std::size_t first, MutableMatrixView weights, MutableMatrixView) const override
    {
        fillRows(first, {weights, {}, {}, {}});
    }

    void fillRows(std::size_t first, const HeadOutput& block) const override
    {
        const MutableMatrixView weights = block.weights;
        const MatrixView queries = input().queries.middleRows(first, weights.rows);
        m_keyFeatures.multiply(m_features.apply(queries).matrix(), weights);
        if (m_alpha > 0.0F)
            blend(queries, weights);
        for (std::size_t i = 0; i < weights.rows; ++i) {
            if (m_rule == Rule::Direct) {
                if (directRule(input(), first + i, weights.row(i)) && !block.diagnostics.empty())
                    block.diagnostics(0, i) = 1.0F;
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
    Rule m_rule;
    float m_inverseTau;
    float m_alpha;
    std::optional<double> m_median;
    PackedMatrix m_keyFeatures;  // (features, m)
    PackedMatrix m_keys;         // (d, m); only for α > 0
};

// dL/dscore of one head whose weights follow the direct rule, and those weights. Uniform rows have no gradient.
Dense backwardDirect(const HeadInput& input, const Dense& scores, const OutputGradients& gradients,
                     const HeadGradients& into)
{
    const Dense factors = maskFactors(input);
    Dense weights = factors.cwiseProduct(scores.cwiseMax(0.0));
    const Eigen::VectorXd sums = weights.rowwise().sum();
    for (Eigen::Index i = 0; i < weights.rows(); ++i)
        if (sums[i] > 0.0)
            weights.row(i) /= sums[i];
        else
            weights.row(i) = (factors.row(i).array() > 0.0).cast<double>()
                             / std::max<double>(1.0, static_cast<double>((factors.row(i).array() > 0.0).count()));
    Dense gradient = weightGradients(input, weights, gradients, into);
    const Eigen::VectorXd means = weights.cwiseProduct(gradient).rowwise().sum();
    gradient.colwise() -= means;
    for (Eigen::Index i = 0; i < weights.rows(); ++i)
        gradient.row(i) *= sums[i] > 0.0 ? 1.0 / sums[i] : 0.0;
    return (scores.array() > 0.0).select(factors.cwiseProduct(gradient), 0.0);
}

void backwardWeights(const HeadInput& input, const Settings& settings, const OutputGradients& gradients,
                     const HeadGradients& into)
{
    checkShapes(input);
    const FourierFeatures map(input.queries.columns, settings.features, input.random);
    const Dense queries = dense(map.apply(input.queries).matrix());
    const Dense keys = dense(map.apply(input.keys).matrix());
    const Dense kernel = queries * keys.transpose();
    Dense ofScores;
    if (settings.rule == Rule::Direct) {
        ofScores = backwardDirect(input, kernel, gradients, into);
    } else {
        const double scale = input.scale;
        const Dense classical = scale * dense(input.queries) * dense(input.keys).transpose();
        const Dense blend = settings.alpha * classical + (1.0 - settings.alpha) * kernel;
        const Dense weights = softmaxWeights(input, blend / settings.tau);
        ofScores = softmaxBackward(weights, weightGradients(input, weights, gradients, into)) / settings.tau;
        addTo(into.parameters, "tau", -ofScores.cwiseProduct(blend).sum() / settings.tau);
        addTo(into.parameters, "alpha", ofScores.cwiseProduct(classical - kernel).sum());
        addProductGradients(input, settings.alpha * scale * ofScores, into);
    }
    ofScores *= 1.0 - settings.alpha;
    double sigma = 0.0;
    addTo(into.queries, map.backward(input.queries, {ofScores * keys, {}}, &sigma));
    addTo(into.keys, map.backward(input.keys, {ofScores.transpose() * queries, {}}, &sigma));
    addTo(into.parameters, "sigma", sigma);
}

// exp(−‖q − k‖²/2σ²) of the vectors as the features take them.
double kernelOf(const HeadInput& input, const Settings& settings, std::size_t query, std::size_t key)
{
    const bool unit = settings.features.unitNorm;
    const Tensor normalQuery = normalizedRows(input.queries.middleRows(query, 1));
    const Tensor normalKey = normalizedRows(input.keys.middleRows(key, 1));
    const auto q = unit ? normalQuery.matrix().row(0) : input.queries.row(query);
    const auto k = unit ? normalKey.matrix().row(0) : input.keys.row(key);
    double square = 0.0;
    for (std::size_t c = 0; c < q.size(); ++c)
        square += (static_cast<double>(q[c]) - k[c]) * (static_cast<double>(q[c]) - k[c]);
    return std::exp(-square / (2.0 * settings.features.sigma * settings.features.sigma));
}

// One standard error of an estimate of κ over draws of independent frequencies: of m/2 waves with cosine and sine
// (1 − κ²)/√m, of m cosines with a phase √((1 − κ²)²/2 + 1/2)/√m, exact in both cases.
double errorOf(double kernel, const FourierSettings& settings, std::size_t features)
{
    const double spread = (1.0 - kernel * kernel) * (1.0 - kernel * kernel);
    const double variance = settings.map == FourierMap::Paired ? spread : 0.5 * spread + 0.5;
    return std::sqrt(variance / static_cast<double>(features));
}

// What the products estimate, and how far off they may be.
void addKernel(PairReading& reading, const HeadInput& input, const Settings& settings, std::size_t query,
               std::size_t key)
{
    PairFeatures& features = *reading.features;
    features.estimates = reading.scores;
    for (std::size_t j = 0; j < reading.scores.size(); ++j)
        features.exact.push_back(kernelOf(input, settings, query, j));
    for (std::size_t j = 0; j < reading.scores.size() && !settings.features.orthogonal; ++j)
        features.errors.push_back(errorOf(features.exact[j], settings.features, features.query.size()));
    const double estimate = features.estimates[key];
    reading.results.push_back({"Kernel exp(−‖q − k‖²/2σ²), exact", features.exact[key]});
    reading.results.push_back(
        {"Its estimate φ(q)·φ(k)", estimate, features.errors.empty() ? std::optional<double>() : features.errors[key]});
    reading.results.push_back({"Estimate − kernel", estimate - features.exact[key]});
}

class RffMechanism final : public Mechanism, public Repeated {
public:
    const MechanismInfo& info() const override { return m_info; }

    MechanismProperties properties(const Parameters& parameters) const override
    {
        MechanismProperties result = m_info.properties;
        const Settings settings(parameters);
        result.linearTime = result.signedWeights = settings.rule == Rule::Linear;
        result.rowStochastic = !result.signedWeights;
        result.givesStandardError = drawsOf(parameters) > 1;
        result.causalSafe = !settings.median;
        result.gradient = settings.median ? GradientKind::None : GradientKind::Exact;
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
        return averagedDraws(input, parameters, without, [&](const HeadInput& draw) -> std::unique_ptr<PreparedHead> {
            monitor.check();
            const Settings settings(parameters, draw);
            if (settings.rule != Rule::Linear)
                return std::make_unique<RffHead>(draw, settings);
            return prepareFeatureAttention(
                draw, std::make_shared<FourierFeatures>(draw.queries.columns, settings.features, draw.random),
                kLinearRule, {}, monitor);
        });
    }

    std::vector<DiagnosticInfo> rowDiagnostics(const Parameters& parameters) const override
    {
        if (Settings(parameters).rule == Rule::Softmax)
            return {};
        return {kEvenRow};
    }

    void backward(const HeadInput& input, const Parameters& parameters, const OutputGradients& gradients,
                  const HeadGradients& into, const Monitor& monitor) const override
    {
        monitor.check();
        const Settings settings(parameters);
        if (settings.median)
            return Mechanism::backward(input, parameters, gradients, into, monitor);
        backwardDraws(input, parameters, gradients, [&](const HeadInput& draw, const OutputGradients& share) {
            monitor.check();
            if (settings.rule != Rule::Linear)
                return backwardWeights(draw, settings, share, into);
            double sigma = 0.0;
            const FourierFeatures map(draw.queries.columns, settings.features, draw.random);
            backwardFeatureAttention(draw, map, kLinearRule, {}, share, into, &sigma, nullptr);
            addTo(into.parameters, "sigma", sigma);
        });
    }

    PairReading pair(const HeadInput& input, const Parameters& parameters, std::size_t query, std::size_t key,
                     const Monitor& monitor) const override
    {
        const Settings settings(parameters, input);
        PairReading reading =
            featurePair(input, FourierFeatures(input.queries.columns, settings.features, input.random), query, key);
        reading.comparison = m_info.formula;
        if (settings.features.map != FourierMap::AsPublished)
            addKernel(reading, input, settings, query, key);
        if (settings.rule == Rule::Softmax) {
            for (std::size_t j = 0; j < reading.scores.size() && settings.alpha > 0.0; ++j) {
                double product = 0.0;
                for (std::size_t c = 0; c < input.queries.columns; ++c)
                    product += static_cast<double>(input.queries(query, c)) * input.keys(j, c);
                reading.scores[j] = settings.alpha * input.scale * product + (1.0 - settings.alpha) * reading.scores[j];
            }
            if (settings.alpha > 0.0)
                reading.scoreTitle = "α · logit + (1 − α) · φ(q)·φ(k)";
            addSoftmaxRule(reading, input, query, key, settings.tau);
        } else if (settings.rule == Rule::Direct) {
            addDirectRule(reading, input, query, key);
        } else {
            addFeatureRule(reading, *this, input, oneDraw(parameters), query, key, monitor);
        }
        addDraws(reading, *this, input, parameters, query, key, monitor);
        return reading;
    }

    // Projections, waves, feature products, blend, row rule and output. Drawing the frequencies is not counted.
    double keptBytes(const HeadShape& shape, const Parameters& parameters) const override
    {
        return bytesOfDraws(shape, parameters, parameters.real("m"));
    }

    double flops(const HeadInput& input, const Parameters& parameters) const override
    {
        constexpr double kWave = 12.0;
        const Settings settings(parameters);
        const bool paired = settings.features.map == FourierMap::Paired;
        const auto m = static_cast<double>(settings.features.features);
        const auto pairs = static_cast<double>(input.queries.rows) * static_cast<double>(input.keys.rows);
        const auto d = static_cast<double>(input.queries.columns);
        return static_cast<double>(drawsOf(parameters))
               * (featureAttentionFlops(input, m, paired ? m / 2.0 : m, kWave)
                  + (settings.alpha > 0.0 ? pairs * (2.0 * d + 4.0) : 0.0));
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
