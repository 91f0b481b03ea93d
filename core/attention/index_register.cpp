// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/attention/index_register.h"

#include "core/attention/signed_outcomes.h"
#include "core/quantum/mitigation.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace ketscope {

namespace {

// Variances of (y_b − w_b Y)/normaliser with y = Σ s over the outcomes of state b, Y the same over `kept` states, s = ±1
// for the two halves of signed outcomes: those of a ratio y/Y to first order, or of y itself for w = 0.
std::vector<double> ratioVariances(const Estimate& run, std::size_t states, std::span<const double> ratios,
                                   std::span<const std::uint8_t> kept, double normaliser)
{
    std::vector<double> result(states, 0.0);
    for (const Multinomial& part : run.parts) {
        const std::span<const double> d = part.probabilities;
        const auto minus = [&](std::size_t b) { return d.size() > states ? d[states + b] : 0.0; };
        double all = 0.0;
        double difference = 0.0;
        for (std::size_t b = 0; b < states; ++b) {
            all += kept.empty() || kept[b] != 0 ? d[b] + minus(b) : 0.0;
            difference += kept.empty() || kept[b] != 0 ? d[b] - minus(b) : 0.0;
        }
        const double factor = part.weight * part.weight / (part.draws * normaliser * normaliser);
        for (std::size_t b = 0; b < states; ++b) {
            const double w = ratios.empty() ? 0.0 : ratios[b];
            const double mean = d[b] - minus(b) - w * difference;
            result[b] += factor * std::max((d[b] + minus(b)) * (1.0 - 2.0 * w) + w * w * all - mean * mean, 0.0);
        }
    }
    return result;
}

}  // namespace

IndexRegister::IndexRegister(const Parameters& parameters, std::size_t keys, const RandomKey& random)
    : m_mitigation(chosenMitigation(parameters).kind),
      m_padding(parameters.choice("padding") == "postselect" ? Padding::Postselect : Padding::ShowLeak),
      m_project(m_mitigation == Mitigation::Symmetry || parameters.flag("project")),
      m_unfold(parameters.choice("inversion") == "unfolding"),
      m_steps(static_cast<std::size_t>(parameters.integer("steps"))),
      m_copies(static_cast<int>(parameters.integer("copies"))), m_qubits(registerQubits(keys)),
      m_labels(keyLabels(static_cast<KeyLabels>(parameters.integer("labels")), keys, random))
{
    if (parameters.flag("readout"))
        m_readout = bitMatrix(readoutError(parameters.real("read-one"), parameters.real("read-zero")));
    const std::size_t states = std::size_t{1} << m_qubits;
    m_keys.assign(states, -1);
    for (std::size_t key = 0; key < keys; ++key)
        m_keys[m_labels[key]] = static_cast<std::int64_t>(key);
    if (isSigned())
        m_keys.insert(m_keys.end(), m_keys.begin(), m_keys.begin() + static_cast<std::ptrdiff_t>(states));
    setScales(parameters);
    if (m_mitigation == Mitigation::Cancellation)
        m_scale =
            cancellationOutcomes(std::vector<double>(states, 1.0 / static_cast<double>(states)), m_noise.front()).scale;
}

bool IndexRegister::isSigned() const
{
    return m_mitigation == Mitigation::Cancellation || m_mitigation == Mitigation::Distillation;
}

void IndexRegister::setScales(const Parameters& parameters)
{
    m_scales = {1.0};
    if (m_mitigation == Mitigation::ZeroNoise) {
        const std::vector<std::vector<double>> choices = {{1.0, 3.0}, {1.0, 2.0, 3.0}, {1.0, 3.0, 5.0}};
        m_scales = choices[static_cast<std::size_t>(parameters.integer("scales"))];
        if (parameters.choice("extrapolation") == "richardson")
            m_combination = richardsonWeights(m_scales);
        else if (parameters.choice("extrapolation") == "linear")
            m_combination = linearWeights(m_scales);
        else
            m_fixedPoint = fixedPoint(parameters);
    }
    for (const double scale : m_scales)
        m_noise.push_back(chosenNoise(parameters, "noise", scale));
}

// Where endless noise leads, which no state has a say in; noise that moves no probability leads nowhere.
std::vector<double> IndexRegister::fixedPoint(const Parameters& parameters) const
{
    const Noise endless = chosenNoise(parameters, "noise", 1e9);
    const BitMatrix map = bitMatrix(endless.kraus);
    if (endless.registerMixing == 0.0 && map[1] == 0.0 && map[2] == 0.0)
        return {};
    std::vector<double> distribution(std::size_t{1} << m_qubits, 0.0);
    distribution[0] = 1.0;
    applyNoise(distribution, endless);
    applyToEveryBit(distribution, m_readout);
    return distribution;
}

std::vector<double> IndexRegister::distribution(std::span<const double> probabilities, std::size_t run) const
{
    std::vector<double> result = loadRegister(probabilities, m_labels, m_qubits);
    if (m_mitigation == Mitigation::Distillation)
        result = distillationOutcomes(result, m_noise[run], m_copies).probabilities;
    else
        applyNoise(result, m_noise[run]);
    if (m_mitigation == Mitigation::Cancellation)
        result = cancellationOutcomes(std::move(result), m_noise[run]).probabilities;
    const std::size_t states = std::size_t{1} << m_qubits;
    for (std::size_t first = 0; first < result.size(); first += states)
        applyToEveryBit(std::span(result).subspan(first, states), m_readout);
    const double total = std::accumulate(result.begin(), result.end(), 0.0);
    for (double& p : result)
        p /= total;
    return result;
}

std::vector<std::uint32_t> IndexRegister::order(std::span<const std::uint32_t> keyOrder) const
{
    const std::size_t states = std::size_t{1} << m_qubits;
    std::vector<std::uint32_t> result;
    for (std::size_t key = 0; key < m_labels.size() && keyOrder.empty(); ++key)
        result.push_back(m_labels[key]);
    for (const std::uint32_t key : keyOrder)
        if (key < m_labels.size())
            result.push_back(m_labels[key]);
    for (std::size_t state = 0; state < states; ++state)
        if (m_keys[state] < 0)
            result.push_back(static_cast<std::uint32_t>(state));
    for (std::size_t i = states; i < m_keys.size(); ++i)
        result.push_back(result[i - states] + static_cast<std::uint32_t>(states));
    return result;
}

IndexRegister::Reading IndexRegister::read(std::span<const Estimate> runs,
                                           std::span<const std::vector<double>> expected,
                                           std::span<const std::uint8_t> allowed) const
{
    Reading reading{std::vector<double>(m_labels.size()), {}, 0.0};
    if (m_mitigation == Mitigation::None) {
        readNoisy(runs.front(), expected.front(), allowed, reading);
        return reading;
    }
    const std::size_t states = std::size_t{1} << m_qubits;
    std::vector<double> raw(states, 0.0);
    for (std::size_t i = 0; i < runs.front().weights.size(); ++i)
        raw[i % states] += runs.front().weights[i];
    reading.leaked = readRegister(raw, m_labels, allowed, Padding::ShowLeak, reading.weights);
    readRegister(mitigated(runs), m_labels, allowed, Padding::ShowLeak, reading.weights);
    if (m_project)
        projectOntoConstraints(reading.weights, allowed);
    const std::vector<double> ofStates = variances(runs, expected);
    for (std::size_t key = 0; key < m_labels.size() && !ofStates.empty(); ++key)
        reading.variances.push_back(allowed[key] != 0 ? ofStates[m_labels[key]] : 0.0);
    return reading;
}

void IndexRegister::readNoisy(const Estimate& run, std::span<const double> expected,
                              std::span<const std::uint8_t> allowed, Reading& reading) const
{
    reading.leaked = readRegister(run.weights, m_labels, allowed, m_padding, reading.weights);
    const bool postselect = m_padding == Padding::Postselect;
    if (postselect && std::ranges::all_of(reading.weights, [](double w) { return w == 0.0; })) {
        const auto count = static_cast<double>(std::ranges::count_if(allowed, [](std::uint8_t a) { return a != 0; }));
        for (std::size_t key = 0; key < allowed.size(); ++key)
            reading.weights[key] = allowed[key] != 0 ? 1.0 / count : 0.0;
    }
    if (run.parts.empty())
        return;
    std::vector<std::uint8_t> kept(expected.size(), 0);
    std::vector<double> ratios(expected.begin(), expected.end());
    double mass = 0.0;
    for (std::size_t key = 0; key < m_labels.size(); ++key) {
        kept[m_labels[key]] = allowed[key];
        mass += allowed[key] != 0 ? expected[m_labels[key]] : 0.0;
    }
    for (double& ratio : ratios)
        ratio = postselect && mass > 0.0 ? ratio / mass : 0.0;
    const auto ofStates = ratioVariances(run, expected.size(), ratios, kept, postselect && mass > 0.0 ? mass : 1.0);
    for (std::size_t key = 0; key < m_labels.size();
         ++key)  // no weight's variance exceeds ¼, whatever first order says
        reading.variances.push_back(allowed[key] != 0 ? std::min(ofStates[m_labels[key]], 0.25) : 0.0);
}

// Estimates of the noiseless distribution (D), signed.
std::vector<double> IndexRegister::mitigated(std::span<const Estimate> runs) const
{
    std::vector<double> result = runs.front().weights;
    switch (m_mitigation) {
    case Mitigation::ZeroNoise: return extrapolated(runs);
    case Mitigation::Readout:
        if (m_unfold)
            return unfold(result, m_readout, m_steps);
        applyToEveryBit(result, inverseOf(m_readout));
        return result;
    case Mitigation::Cancellation:
    case Mitigation::Distillation: return difference(result);
    case Mitigation::None:
    case Mitigation::Symmetry: break;
    }
    return result;
}

std::vector<double> IndexRegister::extrapolated(std::span<const Estimate> runs) const
{
    std::vector<double> result(runs.front().weights.size(), 0.0);
    for (std::size_t b = 0; b < result.size(); ++b) {
        std::vector<double> values;
        for (const Estimate& run : runs)
            values.push_back(run.weights[b]);
        if (!m_combination.empty())
            result[b] = std::inner_product(values.begin(), values.end(), m_combination.begin(), 0.0);
        else
            result[b] = m_fixedPoint.empty() ? values.front()
                                             : extrapolateExponentially(m_scales, values, m_fixedPoint[b]).value;
    }
    return result;
}

// scale · (p₊ − p₋); distilled outcomes also divided by their sum, unless too few shots make that no more than 0.
std::vector<double> IndexRegister::difference(std::span<const double> outcomes) const
{
    const std::size_t states = outcomes.size() / 2;
    std::vector<double> result(states);
    for (std::size_t b = 0; b < states; ++b)
        result[b] = m_scale * (outcomes[b] - outcomes[states + b]);
    if (m_mitigation == Mitigation::Cancellation)
        return result;
    const double sum = std::accumulate(result.begin(), result.end(), 0.0);
    for (std::size_t b = 0; b < states; ++b)
        result[b] = sum > 0.0 ? result[b] / sum : outcomes[b] + outcomes[states + b];
    return result;
}

std::vector<double> IndexRegister::variances(std::span<const Estimate> runs,
                                             std::span<const std::vector<double>> expected) const
{
    if (runs.front().parts.empty())
        return {};
    const std::size_t states = std::size_t{1} << m_qubits;
    switch (m_mitigation) {
    case Mitigation::ZeroNoise: return extrapolationVariances(runs);
    case Mitigation::Readout: return m_unfold ? std::vector<double>() : inversionVariances(runs.front());
    case Mitigation::Cancellation: return ratioVariances(runs.front(), states, {}, {}, 1.0 / m_scale);
    case Mitigation::Distillation: {
        double trace = 0.0;
        for (std::size_t b = 0; b < states; ++b)
            trace += expected.front()[b] - expected.front()[states + b];
        return ratioVariances(runs.front(), states, difference(expected.front()), {}, trace);
    }
    case Mitigation::None:
    case Mitigation::Symmetry: break;
    }
    return runs.front().variances;
}

std::vector<double> IndexRegister::extrapolationVariances(std::span<const Estimate> runs) const
{
    std::vector<double> result(m_combination.empty() ? 0 : runs.front().variances.size(), 0.0);
    for (std::size_t b = 0; b < result.size(); ++b)
        for (std::size_t k = 0; k < runs.size(); ++k)
            result[b] += m_combination[k] * m_combination[k] * runs[k].variances[b];
    return result;
}

// Σ_b (A⁻¹)²_jb d_b − (Σ_b A⁻¹_jb d_b)² for every part: the squared inverse is a product over bits, too.
std::vector<double> IndexRegister::inversionVariances(const Estimate& run) const
{
    const BitMatrix inverse = inverseOf(m_readout);
    BitMatrix squared = inverse;
    for (double& cell : squared)
        cell *= cell;
    std::vector<double> result(run.weights.size(), 0.0);
    for (const Multinomial& part : run.parts) {
        std::vector<double> mean = part.probabilities;
        std::vector<double> square = part.probabilities;
        applyToEveryBit(mean, inverse);
        applyToEveryBit(square, squared);
        for (std::size_t b = 0; b < result.size(); ++b)
            result[b] += part.weight * part.weight * std::max(square[b] - mean[b] * mean[b], 0.0) / part.draws;
    }
    return result;
}

}  // namespace ketscope
