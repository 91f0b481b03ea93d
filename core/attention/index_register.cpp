// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/attention/index_register.h"

#include "core/quantum/density_matrix.h"
#include "core/quantum/mitigation.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace ketscope {

namespace {

// So many repetitions that nothing of the state is left.
constexpr double kEndless = 1e9;

std::vector<double> scalesOf(const std::string& choice)
{
    if (choice == "one-three")
        return {1.0, 3.0};
    if (choice == "one-two-three")
        return {1.0, 2.0, 3.0};
    return {1.0, 3.0, 5.0};
}

template <typename Kind> Kind chosen(const Parameters& parameters, std::string_view id)
{
    return static_cast<Kind>(static_cast<int>(parameters.real(id)));
}

}  // namespace

IndexRegister::IndexRegister(const HeadInput& input, const Parameters& parameters)
    : m_input(input), m_noisy(parameters.choice("register") == "noisy")
{
    if (!m_noisy)
        return;
    m_padding = chosen<Padding>(parameters, "padding");
    m_mitigation = chosen<Mitigation>(parameters, "mitigation");
    const bool extrapolates = m_mitigation >= Mitigation::Linear && m_mitigation <= Mitigation::Exponential;
    if (extrapolates)
        m_scales = scalesOf(parameters.choice("scales"));
    if (m_mitigation == Mitigation::Distillation)
        m_copies = static_cast<int>(parameters.integer("copies"));
    m_project = (extrapolates || m_mitigation == Mitigation::Cancellation) && parameters.flag("project");
    if (parameters.flag("readout")) {
        m_readout = bitMatrix(readoutError(parameters.real("false-one"), parameters.real("false-zero")));
        m_readoutMitigation = chosen<ReadoutMitigation>(parameters, "readout-mitigation");
        m_iterations = static_cast<std::size_t>(parameters.integer("iterations"));
    }
    for (const double scale : m_scales)
        m_noise.push_back(chosenNoise(parameters, "noise", scale));
    m_endless = chosenNoise(parameters, "noise", kEndless);
    const std::size_t qubits = registerQubits(input.keys.rows);
    if (m_mitigation == Mitigation::Distillation && !m_noise.front().kraus.empty()
        && qubits > DensityMatrix::kMaximumQubits)
        refuse({"virtual distillation", "at most 256 keys for noise that acts on each qubit",
                std::to_string(input.keys.rows), "Use a shorter input or noise on the whole register."});
    overhead(qubits);  // refuses now what cannot be undone
    for (std::size_t m = 0; m <= qubits; ++m)
        m_labels.push_back(keyLabels(chosen<KeyLabels>(parameters, "labels"),
                                     std::min(input.keys.rows, std::size_t{1} << m), input.random));
}

std::size_t IndexRegister::visibleKeys(std::size_t row) const
{
    return m_input.mask.keyEnd(row, m_input.queries.rows, m_input.keys.rows);
}

std::span<const std::uint32_t> IndexRegister::labels(std::size_t row) const
{
    const std::size_t keys = visibleKeys(row);
    return std::span(m_labels[registerQubits(keys)]).first(keys);
}

RegisterRuns IndexRegister::runs(std::size_t row, std::span<const double> probabilities) const
{
    const auto names = labels(row);
    const std::size_t qubits = registerQubits(names.size());
    const std::vector<double> loaded = loadRegister(probabilities, names, qubits);
    RegisterRuns result;
    result.varianceFactor = overhead(qubits);
    result.copies = static_cast<std::size_t>(m_copies);
    if (m_mitigation == Mitigation::Distillation) {
        double powerTrace = 1.0;
        result.distributions.push_back(distilledOutcomes(loaded, &powerTrace));
        result.varianceFactor /= powerTrace * powerTrace;
    } else {
        for (const Noise& noise : m_noise) {
            result.distributions.push_back(loaded);
            applyNoise(result.distributions.back(), noise);
        }
    }
    for (std::vector<double>& distribution : result.distributions)
        applyToEveryBit(distribution, m_readout);
    return result;
}

std::vector<double> IndexRegister::distilledOutcomes(std::span<const double> loaded, double* powerTrace) const
{
    const Noise& noise = m_noise.front();
    if (noise.kraus.empty())
        return distilled(loaded, noise.registerMixing, m_copies, powerTrace);
    std::vector<double> amplitudes(loaded.size());
    std::ranges::transform(loaded, amplitudes.begin(), [](double p) { return std::sqrt(p); });
    return DensityMatrix::pure(amplitudes).apply(noise).distilled(m_copies, powerTrace);
}

// What inverting and extrapolating multiply a variance by, on a register of so many qubits.
double IndexRegister::overhead(std::size_t qubits) const
{
    const auto power = 2.0 * static_cast<double>(qubits);
    double factor = 1.0;
    if (m_readoutMitigation == ReadoutMitigation::Inversion)
        factor *= std::pow(inversionOverhead(m_readout), power);
    if (m_mitigation == Mitigation::Linear)
        factor *= varianceFactor(linearWeights(m_scales));
    if (m_mitigation == Mitigation::Richardson || m_mitigation == Mitigation::Exponential)
        factor *= varianceFactor(richardsonWeights(m_scales));
    if (m_mitigation == Mitigation::Cancellation) {
        const Noise& noise = m_noise.front();
        factor *= std::pow(inversionOverhead(bitMatrix(noise.kraus)), power);
        factor *= std::pow(mixingInverseOverhead(noise.registerMixing, std::size_t{1} << qubits), 2.0);
    }
    return factor;
}

// What is measured when nothing of the state is left.
std::vector<double> IndexRegister::asymptote(std::size_t states) const
{
    std::vector<double> result(states, 1.0 / static_cast<double>(states));
    applyNoise(result, m_endless);
    if (m_readoutMitigation == ReadoutMitigation::None)
        applyToEveryBit(result, m_readout);
    return result;
}

std::vector<double> IndexRegister::extrapolated(std::span<const std::vector<double>> runs) const
{
    const std::size_t states = runs.front().size();
    std::vector<double> result(states, 0.0);
    if (m_mitigation == Mitigation::Exponential) {
        const std::vector<double> endless = asymptote(states);
        std::vector<double> values(runs.size());
        for (std::size_t i = 0; i < states; ++i) {
            std::ranges::transform(runs, values.begin(), [i](const auto& run) { return run[i]; });
            result[i] = extrapolateExponentially(m_scales, values, endless[i]).value;
        }
        return result;
    }
    const auto weights = m_mitigation == Mitigation::Linear ? linearWeights(m_scales) : richardsonWeights(m_scales);
    for (std::size_t r = 0; r < runs.size(); ++r)
        for (std::size_t i = 0; i < states; ++i)
            result[i] += weights[r] * runs[r][i];
    return result;
}

void IndexRegister::undoReadout(std::vector<double>& distribution) const
{
    if (m_readoutMitigation == ReadoutMitigation::Unfolding)
        distribution = unfold(distribution, m_readout, m_iterations);
    if (m_readoutMitigation != ReadoutMitigation::Inversion)
        return;
    applyToEveryBit(distribution, inverseOf(m_readout));
    projectOntoSimplex(distribution);
}

void IndexRegister::undoNoise(std::vector<double>& distribution) const
{
    const Noise& noise = m_noise.front();
    unmixFromUniform(distribution, noise.registerMixing);
    if (!noise.kraus.empty())
        applyToEveryBit(distribution, inverseOf(bitMatrix(noise.kraus)));
}

std::vector<double> IndexRegister::mitigated(std::span<const std::vector<double>> measured) const
{
    std::vector<std::vector<double>> runs(measured.begin(), measured.end());
    for (std::vector<double>& run : runs)
        undoReadout(run);
    if (runs.size() > 1)
        return extrapolated(runs);
    if (m_mitigation == Mitigation::Cancellation)
        undoNoise(runs.front());
    return std::move(runs.front());
}

std::vector<std::int64_t> IndexRegister::keysOfOutcomes(std::size_t row) const
{
    const auto names = labels(row);
    std::vector<std::int64_t> keys(std::size_t{1} << registerQubits(names.size()), -1);
    for (std::size_t key = 0; key < names.size(); ++key)
        keys[names[key]] = static_cast<std::int64_t>(key);
    return keys;
}

double IndexRegister::read(std::size_t row, std::span<const std::vector<double>> measured,
                           std::span<double> weights) const
{
    std::vector<double> distribution = mitigated(measured);
    if (m_project && m_padding == Padding::ShowLeak)
        projectOntoSimplex(distribution);
    return project(row, distribution, weights);
}

double IndexRegister::project(std::size_t row, std::span<const double> distribution, std::span<double> weights) const
{
    std::vector<std::uint8_t> allowed(weights.size());
    for (std::size_t key = 0; key < allowed.size(); ++key)
        allowed[key] = m_input.mask.allowed(row, key, m_input.queries.rows, m_input.keys.rows) ? 1 : 0;
    const bool isSigned = !m_project && m_mitigation >= Mitigation::Linear && m_mitigation <= Mitigation::Cancellation;
    const bool nearest = m_project || m_mitigation == Mitigation::Projection;
    const bool scaled = m_padding == Padding::Postselect && !isSigned && !nearest;
    const double leaked =
        readRegister(distribution, labels(row), allowed, scaled ? Padding::Postselect : Padding::ShowLeak, weights);
    if (m_padding == Padding::ShowLeak || isSigned)
        return leaked;
    if (nearest)
        projectOntoConstraints(weights, allowed);
    if (std::ranges::all_of(weights, [](double w) { return w == 0.0; })) {
        const auto count = static_cast<double>(std::ranges::count(allowed, 1));
        std::ranges::transform(allowed, weights.begin(),
                               [count](std::uint8_t a) { return a != 0 ? 1.0 / count : 0.0; });
    }
    return leaked;
}

}  // namespace ketscope
