// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/attention/control_variate.h"

#include "core/attention/positive_features.h"
#include "core/attention/top_keys.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace ketscope {

namespace {

// Shares of the exact answer that the published code mixes in, by the choice of "control".
double publishedShareOf(const std::string& control)
{
    if (control == "blend-thirty")
        return 0.3;
    return control == "blend-twenty" ? 0.2 : 0.0;
}

double squareOf(std::span<const double> vector)
{
    return std::inner_product(vector.begin(), vector.end(), vector.begin(), 0.0);
}

}  // namespace

std::vector<Parameter> controlParameters(const std::string& parent, const std::vector<std::string>& values)
{
    const std::string fault =
        "No control variate: it reads the exact answer, so that any error, even that of giving no "
        "output at all, is multiplied by ";
    return {
        {.id = "control",
         .title = "Control",
         .help = "A cheap approximate row p̃ whose output is known exactly takes off the part of the shot noise that it "
                 "shares with the softmax row. Weights become signed; their mean stays the softmax row.",
         .kind = ParameterKind::Choice,
         .choices = {"none", "top-k", "favor", "nystrom", "blend-thirty", "blend-twenty"},
         .choiceTitles = {"None", "Top-k softmax", "FAVOR+ features (Performer)", "Landmarks (Nyström)",
                          "0.7 sampled + 0.3 exact, as published", "0.8 sampled + 0.2 exact, as published"},
         .choiceFaults = {"", "", "", "", fault + "0.7.", fault + "0.8."},
         .shownWhen = parent,
         .shownWhenIn = values,
         .group = "Control variate"},
        {.id = "control-keys",
         .title = "Keys of the control",
         .symbol = "k",
         .help = "p̃ is the softmax over the k largest keys of the row.",
         .kind = ParameterKind::Integer,
         .minimum = 1,
         .maximum = 4096,
         .initial = 8,
         .logarithmic = true,
         .shownWhen = "control",
         .shownWhenIn = {"top-k"},
         .group = "Control variate"},
        {.id = "control-features",
         .title = "Features of the control",
         .symbol = "m",
         .help =
             "p̃ is the row that as many orthogonal positive random features estimate. Where logits vary much it needs "
             "many of them to have something in common with the softmax row.",
         .kind = ParameterKind::Integer,
         .minimum = 16,
         .maximum = 4096,
         .initial = 256,
         .logarithmic = true,
         .shownWhen = "control",
         .shownWhenIn = {"favor"},
         .group = "Control variate"},
        {.id = "control-landmarks",
         .title = "Landmarks of the control",
         .symbol = "r",
         .help = "p̃ is the row of Nyströmformer with as many landmarks, negative weights left out.",
         .kind = ParameterKind::Integer,
         .minimum = 1,
         .maximum = 512,
         .initial = 16,
         .logarithmic = true,
         .shownWhen = "control",
         .shownWhenIn = {"nystrom"},
         .group = "Control variate"},
        {.id = "beta",
         .title = "Coefficient β from",
         .help = "Shots that are not the ones it is applied to, so that it adds no bias: the other half of them, both "
                 "ways, or a pilot of a quarter of them, which are then used for nothing else.",
         .kind = ParameterKind::Choice,
         .choices = {"cross-fit", "pilot"},
         .choiceTitles = {"Cross-fit", "Pilot"},
         .shownWhen = "control",
         .shownWhenIn = {"top-k", "favor", "nystrom"},
         .group = "Control variate"}};
}

ControlVariate::ControlVariate(const HeadInput& input, const Parameters& parameters)
    : m_publishedShare(publishedShareOf(parameters.choice("control"))), m_pilot(parameters.choice("beta") == "pilot"),
      m_keys(static_cast<std::size_t>(parameters.integer("control-keys"))), m_input(input)
{
    for (std::size_t key = 0; key < m_input.values.rows; ++key) {
        const auto v = m_input.values.row(key);
        m_squaredNorms.push_back(std::inner_product(v.begin(), v.end(), v.begin(), 0.0, std::plus<>(),
                                                    [](double a, double b) { return a * b; }));
    }
    if (parameters.flag("register"))
        return;
    if (parameters.choice("control") == "nystrom")
        prepareNystrom(parameters);
    if (parameters.choice("control") == "favor")
        prepareFavor(parameters);
}

void ControlVariate::prepareNystrom(const Parameters& parameters)
{
    const Mechanism& nystrom = mechanism("nystrom");
    Parameters own = nystrom.defaults();
    own.setText("landmarks", parameters.text("control-landmarks"));
    m_nystrom = nystrom.prepare(m_input, own, Monitor());
}

void ControlVariate::prepareFavor(const Parameters& parameters)
{
    const HeadInput& input = m_input;
    const PositiveFeatures map(input.queries.columns,
                               {.features = static_cast<std::size_t>(parameters.integer("control-features")),
                                .pointFactor = std::sqrt(input.scale)},
                               input.random);
    m_queryFeatures = Tensor({input.queries.rows, map.size()});
    map.apply(input.queries, m_queryFeatures.matrix(), {});
    Tensor keys({input.keys.rows, map.size()});
    m_keyExponents.resize(input.keys.rows);
    map.apply(input.keys, keys.matrix(), m_keyExponents);
    m_keyFeatures = PackedMatrix::transposed(keys.matrix());
}

bool ControlVariate::isPublished(const Parameters& parameters)
{
    return publishedShareOf(parameters.choice("control")) > 0.0;
}

std::vector<double> ControlVariate::control(std::size_t query, std::span<const double> p) const
{
    std::vector<double> result = m_nystrom != nullptr      ? nystrom(query)
                                 : m_queryFeatures.empty() ? topKeys(p)
                                                           : favor(query, p);
    const double mass = std::accumulate(result.begin(), result.end(), 0.0);
    for (std::size_t j = 0; j < p.size(); ++j)
        result[j] = mass > 0.0 ? std::min(result[j] / mass, kLargestRatio * p[j]) : 0.0;
    return result;
}

std::vector<double> ControlVariate::topKeys(std::span<const double> p) const
{
    const auto top = largestOf(p, m_keys);
    std::vector<double> result(p.size());
    for (std::size_t j = 0; j < p.size(); ++j)
        result[j] = top[j] != 0 ? p[j] : 0.0;
    return result;
}

// e^{s + M} φ(q)·φ(k) up to a factor of the row; nothing where p is 0.
std::vector<double> ControlVariate::favor(std::size_t query, std::span<const double> p) const
{
    Tensor products({1, p.size()});
    m_keyFeatures.multiply(m_queryFeatures.matrix().middleRows(query, 1), products.matrix());
    const auto exponent = [&](std::size_t key) {
        const MatrixView& bias = m_input.mask.additive;
        return m_keyExponents[key] + (bias.empty() ? 0.0 : static_cast<double>(bias(query, key)));
    };
    double largest = -std::numeric_limits<double>::infinity();
    for (std::size_t j = 0; j < p.size(); ++j)
        largest = p[j] > 0.0 ? std::max(largest, exponent(j)) : largest;
    std::vector<double> result(p.size(), 0.0);
    for (std::size_t j = 0; j < p.size(); ++j)
        if (p[j] > 0.0)
            result[j] = products.data()[j] * std::exp(exponent(j) - largest);
    return result;
}

std::vector<double> ControlVariate::nystrom(std::size_t query) const
{
    Tensor weights({m_input.queries.rows, m_input.keys.rows});
    Tensor output({m_input.queries.rows, m_input.values.columns});
    m_nystrom->rows(query, query + 1, {weights.matrix(), output.matrix(), {}, {}});
    std::vector<double> result(m_input.keys.rows);
    std::ranges::transform(weights.matrix().row(query), result.begin(), [](float w) { return std::max(w, 0.0F); });
    return result;
}

double ControlVariate::beta(std::span<const double> frequencies, std::span<const double> p,
                            std::span<const double> control) const
{
    std::vector<double> mean(m_input.values.columns, 0.0);         // Σ ĉ v
    std::vector<double> controlMean(m_input.values.columns, 0.0);  // Σ ĉ h
    double product = 0.0;
    double square = 0.0;
    for (std::size_t j = 0; j < p.size(); ++j) {
        if (frequencies[j] == 0.0)
            continue;
        const double ratio = control[j] / p[j];
        product += frequencies[j] * ratio * m_squaredNorms[j];
        square += frequencies[j] * ratio * ratio * m_squaredNorms[j];
        for (std::size_t c = 0; c < mean.size(); ++c) {
            mean[c] += frequencies[j] * m_input.values(j, c);
            controlMean[c] += frequencies[j] * ratio * m_input.values(j, c);
        }
    }
    const double covariance = product - std::inner_product(mean.begin(), mean.end(), controlMean.begin(), 0.0);
    const double variance = square - squareOf(controlMean);
    // Of few shots the quotient can be anything. p̃ is a distribution as p is: more than 1 of it can be no part of p, and
    // less than none takes nothing off.
    return variance > 1e-12 * square ? std::clamp(covariance / variance, 0.0, 1.0) : 0.0;
}

void ControlVariate::apply(Estimate& estimate, std::span<const double> p, std::span<const double> control, double beta)
{
    for (std::size_t j = 0; j < p.size(); ++j) {
        const double kept = p[j] > 0.0 ? 1.0 - beta * control[j] / p[j] : 1.0;
        estimate.weights[j] = estimate.weights[j] * kept + beta * control[j];
        if (!estimate.variances.empty())
            estimate.variances[j] *= kept * kept;
    }
}

Estimate ControlVariate::estimate(std::span<const double> p, std::span<const double> control, std::uint64_t shots,
                                  const std::function<Estimate(std::uint64_t)>& draw, double& betaUsed) const
{
    const std::uint64_t second = m_pilot ? shots - shots / 4 : shots - shots / 2;
    const std::uint64_t first = shots - second;
    Estimate b = draw(second);
    if (first == 0) {
        betaUsed = 0.0;
        return b;
    }
    Estimate a = draw(first);
    betaUsed = beta(a.weights, p, control);
    const double other = m_pilot ? 0.0 : beta(b.weights, p, control);
    apply(b, p, control, betaUsed);
    b.parts.clear();
    if (!m_pilot) {
        apply(a, p, control, other);
        const double share = static_cast<double>(first) / static_cast<double>(shots);
        betaUsed = share * other + (1.0 - share) * betaUsed;
        for (std::size_t j = 0; j < p.size(); ++j) {
            b.weights[j] = share * a.weights[j] + (1.0 - share) * b.weights[j];
            if (!b.variances.empty())
                b.variances[j] = share * share * a.variances[j] + (1.0 - share) * (1.0 - share) * b.variances[j];
        }
    }
    b.shots += a.shots;
    return b;
}

}  // namespace ketscope
