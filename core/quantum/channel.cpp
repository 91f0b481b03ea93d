// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/quantum/channel.h"

#include "core/base/error.h"

#include <algorithm>
#include <cmath>

namespace ketscope {

namespace {

using Complex = std::complex<double>;

void checkRange(const std::string& what, double value, double low, double high)
{
    if (!(value >= low && value <= high))
        refuse({what, "a number from " + shortestNumber(low) + " to " + shortestNumber(high), shortestNumber(value),
                "Choose a value inside the range."});
}

KrausOperator real(double a, double b, double c, double d) { return {Complex(a), Complex(b), Complex(c), Complex(d)}; }

bool isZero(const KrausOperator& k)
{
    return std::ranges::all_of(k, [](Complex x) { return x == Complex(0.0); });
}

KrausOperators withoutZeros(KrausOperators operators)
{
    std::erase_if(operators, isZero);
    return operators;
}

KrausOperator product(const KrausOperator& a, const KrausOperator& b)
{
    return {a[0] * b[0] + a[1] * b[2], a[0] * b[1] + a[1] * b[3], a[2] * b[0] + a[3] * b[2], a[2] * b[1] + a[3] * b[3]};
}

void checkTimes(double t1, double t2, double time)
{
    if (!(t1 > 0.0 && t2 > 0.0 && time >= 0.0))
        refuse({"thermal relaxation", "T1 > 0, T2 > 0 and t ≥ 0",
                "T1 = " + shortestNumber(t1) + ", T2 = " + shortestNumber(t2) + ", t = " + shortestNumber(time),
                "Choose positive times."});
    if (t2 > 2.0 * t1)
        refuse({"thermal relaxation", "T2 of at most 2·T1 = " + shortestNumber(2.0 * t1), "T2 = " + shortestNumber(t2),
                "Lower T2 or raise T1: coherence cannot outlive the populations so long."});
}

}  // namespace

KrausOperators depolarizing(double lambda)
{
    checkRange("depolarising λ", lambda, 0.0, 4.0 / 3.0);
    const double stay = std::sqrt(std::max(1.0 - 0.75 * lambda, 0.0));
    const double flip = std::sqrt(0.25 * lambda);
    return withoutZeros({real(stay, 0, 0, stay),
                         real(0, flip, flip, 0),
                         {Complex(0.0), Complex(0.0, -flip), Complex(0.0, flip), Complex(0.0)},
                         real(flip, 0, 0, -flip)});
}

KrausOperators amplitudeDamping(double gamma) { return generalizedAmplitudeDamping(gamma, 0.0); }

KrausOperators phaseDamping(double lambda)
{
    checkRange("phase damping λ", lambda, 0.0, 1.0);
    return withoutZeros({real(1, 0, 0, std::sqrt(1.0 - lambda)), real(0, 0, 0, std::sqrt(lambda))});
}

KrausOperators generalizedAmplitudeDamping(double gamma, double excited)
{
    checkRange("amplitude damping γ", gamma, 0.0, 1.0);
    checkRange("excited population p₁", excited, 0.0, 1.0);
    const double down = std::sqrt(1.0 - excited);
    const double up = std::sqrt(excited);
    const double keep = std::sqrt(1.0 - gamma);
    const double jump = std::sqrt(gamma);
    return withoutZeros({real(down, 0, 0, down * keep), real(0, down * jump, 0, 0), real(up * keep, 0, 0, up),
                         real(0, 0, up * jump, 0)});
}

KrausOperators thermalRelaxation(double t1, double t2, double time, double excited)
{
    checkTimes(t1, t2, time);
    const double gamma = -std::expm1(-time / t1);
    const double lambda = std::clamp(-std::expm1(-2.0 * time / t2 + time / t1), 0.0, 1.0);
    return composed(generalizedAmplitudeDamping(gamma, excited), phaseDamping(lambda));
}

KrausOperators readoutError(double p01, double p10)
{
    checkRange("readout error P(1|0)", p01, 0.0, 1.0);
    checkRange("readout error P(0|1)", p10, 0.0, 1.0);
    return withoutZeros({real(std::sqrt(1.0 - p01), 0, 0, 0), real(0, 0, std::sqrt(p01), 0),
                         real(0, std::sqrt(p10), 0, 0), real(0, 0, 0, std::sqrt(1.0 - p10))});
}

KrausOperators composed(const KrausOperators& first, const KrausOperators& second)
{
    KrausOperators all;
    for (const KrausOperator& after : second)
        for (const KrausOperator& before : first)
            all.push_back(product(after, before));
    return withoutZeros(std::move(all));
}

BitMatrix bitMatrix(const KrausOperators& operators)
{
    if (operators.empty())
        return {1.0, 0.0, 0.0, 1.0};
    BitMatrix matrix{};
    for (const KrausOperator& k : operators)
        for (std::size_t cell = 0; cell < 4; ++cell)
            matrix[cell] += std::norm(k[cell]);
    return matrix;
}

double repeatedStrength(double lambda, double scale)
{
    // Not through the logarithm, which does not know λ > 1.
    return scale == 1.0 ? lambda : 1.0 - std::pow(std::max(1.0 - lambda, 0.0), scale);
}

namespace {

Parameter strengthParameter(const std::string& id, const std::string& title, const std::string& symbol,
                            const std::string& help)
{
    return {.id = id, .title = title, .symbol = symbol, .help = help, .minimum = 0, .maximum = 1, .initial = 0.01};
}

Parameter excitedParameter()
{
    return {.id = "excited",
            .title = "Excited population",
            .symbol = "p₁",
            .help = "Share of |1⟩ that the environment drives every qubit to: 0 when cold, ½ when infinitely hot.",
            .minimum = 0,
            .maximum = 0.5,
            .initial = 0};
}

std::vector<Parameter> thermalParameters()
{
    return {{.id = "relaxation-time",
             .title = "Relaxation time",
             .symbol = "T₁",
             .help = "Microseconds after which the populations have relaxed by 1/e.",
             .minimum = 0.1,
             .maximum = 10000,
             .initial = 50,
             .logarithmic = true},
            {.id = "coherence-ratio",
             .title = "Coherence time in T₁",
             .symbol = "T₂/T₁",
             .help =
                 "T₂, after which coherences have relaxed by 1/e, in units of T₁. At most 2: coherence cannot outlive "
                 "the populations longer.",
             .minimum = 0.01,
             .maximum = 2,
             .initial = 1.4},
            {.id = "duration",
             .title = "Duration",
             .symbol = "t",
             .help = "Microseconds for which the register waits; one gate takes about 0.05.",
             .minimum = 0.001,
             .maximum = 10000,
             .initial = 0.05,
             .logarithmic = true},
            excitedParameter()};
}

std::vector<NoiseChannel> allChannels()
{
    const Parameter lambda = strengthParameter("lambda", "Strength", "λ", "Share of the state that is lost, 0 to 1.");
    const Parameter gamma =
        strengthParameter("gamma", "Damping", "γ", "Probability that an excited qubit decays, 0 to 1.");
    return {
        {"depolarizing",
         "Depolarising, each qubit",
         "Every qubit is replaced by a random one with probability λ.",
         {lambda},
         [](std::span<const double> v, double c) { return Noise{depolarizing(repeatedStrength(v[0], c))}; }},
        {"depolarizing-register",
         "Depolarising, whole register",
         "The whole register is replaced by a random one with probability λ.",
         {lambda},
         [](std::span<const double> v, double c) {
             return Noise{{}, repeatedStrength(v[0], c)};
         }},
        {"amplitude-damping",
         "Amplitude damping",
         "Excited qubits decay to |0⟩ with probability γ.",
         {gamma},
         [](std::span<const double> v, double c) { return Noise{amplitudeDamping(repeatedStrength(v[0], c))}; }},
        {"phase-damping",
         "Phase damping",
         "Coherences shrink by √(1 − λ); probabilities measured in the same basis do not change.",
         {lambda},
         [](std::span<const double> v, double c) { return Noise{phaseDamping(repeatedStrength(v[0], c))}; }},
        {"generalized-amplitude-damping",
         "Generalised amplitude damping",
         "Qubits relax with probability γ towards an environment that is not cold.",
         {gamma, excitedParameter()},
         [](std::span<const double> v, double c) {
             return Noise{generalizedAmplitudeDamping(repeatedStrength(v[0], c), v[1])};
         }},
        {"thermal-relaxation", "Thermal relaxation", "Qubits wait for a time t and relax with T₁ and T₂.",
         thermalParameters(),
         [](std::span<const double> v, double c) {
             return Noise{thermalRelaxation(v[0], v[0] * v[1], v[2] * c, v[3])};
         }},
    };
}

}  // namespace

const std::vector<NoiseChannel>& noiseChannels()
{
    static const std::vector<NoiseChannel> channels = allChannels();
    return channels;
}

const NoiseChannel& noiseChannel(std::string_view id)
{
    std::string known;
    for (const NoiseChannel& channel : noiseChannels()) {
        if (channel.id == id)
            return channel;
        known += (known.empty() ? "" : ", ") + channel.id;
    }
    refuse({"noise channel", "one of " + known, "\"" + std::string(id) + "\"", "See ketscope mechanisms."});
}

std::vector<Parameter> channelParameters(const std::string& id, const std::string& title, const std::string& help,
                                         const std::string& parent, const std::vector<std::string>& parentValues)
{
    Parameter choice{.id = id,
                     .title = title,
                     .help = help,
                     .kind = ParameterKind::Choice,
                     .choices = {"none"},
                     .choiceTitles = {"None"},
                     .shownWhen = parent,
                     .shownWhenIn = parentValues};
    std::vector<Parameter> values;
    for (const NoiseChannel& channel : noiseChannels()) {
        choice.choices.push_back(channel.id);
        choice.choiceTitles.push_back(channel.title);
        for (const Parameter& parameter : channel.parameters) {
            auto found = std::ranges::find(values, parameter.id, &Parameter::id);
            if (found == values.end()) {
                found = values.insert(values.end(), parameter);
                found->shownWhen = id;
            }
            found->shownWhenIn.push_back(channel.id);
        }
    }
    values.insert(values.begin(), std::move(choice));
    return values;
}

Noise chosenNoise(const Parameters& parameters, std::string_view id, double scale)
{
    const std::string& chosen = parameters.choice(id);
    if (chosen == "none")
        return {};
    const NoiseChannel& channel = noiseChannel(chosen);
    std::vector<double> values;
    for (const Parameter& parameter : channel.parameters)
        values.push_back(parameters.real(parameter.id));
    return channel.make(values, scale);
}

}  // namespace ketscope
