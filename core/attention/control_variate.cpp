// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/attention/control_variate.h"

#include "core/attention/top_keys.h"

#include <algorithm>
#include <cmath>
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
         .choices = {"none", "top-k", "blend-thirty", "blend-twenty"},
         .choiceTitles = {"None", "Top-k softmax", "0.7 sampled + 0.3 exact, as published",
                          "0.8 sampled + 0.2 exact, as published"},
         .choiceFaults = {"", "", fault + "0.7.", fault + "0.8."},
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
        {.id = "beta",
         .title = "Coefficient β from",
         .help = "Shots that are not the ones it is applied to, so that it adds no bias: the other half of them, both "
                 "ways, or a pilot of a quarter of them, which are then used for nothing else.",
         .kind = ParameterKind::Choice,
         .choices = {"cross-fit", "pilot"},
         .choiceTitles = {"Cross-fit", "Pilot"},
         .shownWhen = "control",
         .shownWhenIn = {"top-k"},
         .group = "Control variate"}};
}

ControlVariate::ControlVariate(const HeadInput& input, const Parameters& parameters)
    : m_publishedShare(publishedShareOf(parameters.choice("control"))), m_pilot(parameters.choice("beta") == "pilot"),
      m_keys(static_cast<std::size_t>(parameters.integer("control-keys"))), m_values(input.values)
{
    for (std::size_t key = 0; key < m_values.rows; ++key) {
        const auto v = m_values.row(key);
        m_squaredNorms.push_back(std::inner_product(v.begin(), v.end(), v.begin(), 0.0, std::plus<>(),
                                                    [](double a, double b) { return a * b; }));
    }
}

bool ControlVariate::isPublished(const Parameters& parameters)
{
    return publishedShareOf(parameters.choice("control")) > 0.0;
}

std::vector<double> ControlVariate::control(std::span<const double> p) const
{
    const auto top = largestOf(p, m_keys);
    std::vector<double> result(p.size(), 0.0);
    double mass = 0.0;
    for (std::size_t j = 0; j < p.size(); ++j)
        mass += top[j] != 0 ? p[j] : 0.0;
    for (std::size_t j = 0; j < p.size(); ++j)
        result[j] = top[j] != 0 ? std::min(p[j] / mass, kLargestRatio * p[j]) : 0.0;
    return result;
}

double ControlVariate::beta(std::span<const double> frequencies, std::span<const double> p,
                            std::span<const double> control) const
{
    std::vector<double> mean(m_values.columns, 0.0);         // Σ ĉ v
    std::vector<double> controlMean(m_values.columns, 0.0);  // Σ ĉ h
    double product = 0.0;
    double square = 0.0;
    for (std::size_t j = 0; j < p.size(); ++j) {
        if (frequencies[j] == 0.0)
            continue;
        const double ratio = control[j] / p[j];
        product += frequencies[j] * ratio * m_squaredNorms[j];
        square += frequencies[j] * ratio * ratio * m_squaredNorms[j];
        for (std::size_t c = 0; c < mean.size(); ++c) {
            mean[c] += frequencies[j] * m_values(j, c);
            controlMean[c] += frequencies[j] * ratio * m_values(j, c);
        }
    }
    const double covariance = product - std::inner_product(mean.begin(), mean.end(), controlMean.begin(), 0.0);
    const double variance = square - squareOf(controlMean);
    return variance > 1e-12 * square ? covariance / variance : 0.0;
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
