// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/attention/fidelity.h"
#include "core/attention/rows.h"
#include "core/quantum/state_vector.h"

#include <algorithm>
#include <iterator>

namespace ketscope {

namespace {

std::vector<Parameter> circuitParameters()
{
    return {
        {.id = "test",
         .title = "Circuit",
         .help = "How the overlap of |q⟩ and |k⟩ is found. Exact: F itself. Inversion and swap test: F from shots. "
                 "Hadamard test: Re⟨q|k⟩, which keeps the sign, from shots or exactly.",
         .kind = ParameterKind::Choice,
         .choices = {"exact", "inversion", "swap", "hadamard", "hadamard-exact"},
         .choiceTitles = {"Exact fidelity", "Inversion test", "Swap test", "Hadamard test", "Hadamard test, exact"}},
        {.id = "shots",
         .title = "Shots for each pair",
         .symbol = "S",
         .help = "Measurements for every query–key pair. Estimates are clipped to the range of the quantity. Small "
                 "fidelities need about 1/(ε²F) of them, and random vectors have F about 1/d.",
         .kind = ParameterKind::Integer,
         .minimum = 1,
         .maximum = 1048576,
         .initial = 1024,
         .logarithmic = true,
         .shownWhen = "test",
         .shownWhenIn = {"inversion", "swap", "hadamard"}},
        {.id = "sign",
         .title = "Sign",
         .help =
             "F scores q and −q alike. Affine: encodes [x, c] with c² the largest |q·k| of the row, so that no overlap "
             "is negative. Post-select: drops keys of negative overlap, a classical heuristic. The Hadamard tests "
             "keep the sign by themselves.",
         .kind = ParameterKind::Choice,
         .choices = {"none", "affine", "post-select"},
         .choiceTitles = {"Lost", "Affine embedding", "Post-selected"},
         .shownWhen = "test",
         .shownWhenIn = {"exact", "inversion", "swap"}},
    };
}

std::vector<Parameter> mapParameters()
{
    return {
        {.id = "map",
         .title = "Encoding",
         .help =
             "Amplitude: the normalised vector is the state. Angle: one qubit for each component x, rotated by RY(x); "
             "F is then a product of cos² and depends on length. IQP: RZ and ZZ rotations by the components and their "
             "products, on few qubits, which are loaded again until all components are in.",
         .kind = ParameterKind::Choice,
         .choices = {"amplitude", "angle", "iqp"},
         .choiceTitles = {"Amplitude", "Angle", "IQP (ZZ feature map)"},
         .shownWhen = "sign",
         .shownWhenIn = {"none", "post-select"}},
        {.id = "bandwidth",
         .title = "Scale of the data",
         .symbol = "s",
         .help =
             "Components are multiplied by this before they become angles. Smaller values keep the fidelities of many "
             "components from vanishing.",
         .minimum = 0.01,
         .maximum = 10,
         .initial = 1,
         .logarithmic = true,
         .shownWhen = "map",
         .shownWhenIn = {"angle", "iqp"}},
        {.id = "qubits",
         .title = "Qubits",
         .help = "Qubits of the IQP map; each loading takes as many components.",
         .kind = ParameterKind::Integer,
         .minimum = 1,
         .maximum = 10,
         .initial = 4,
         .shownWhen = "map",
         .shownWhenIn = {"iqp"}},
        {.id = "repetitions",
         .title = "Repetitions",
         .help = "How often every loading of the IQP map is repeated.",
         .kind = ParameterKind::Integer,
         .minimum = 1,
         .maximum = 4,
         .initial = 2,
         .shownWhen = "map",
         .shownWhenIn = {"iqp"}},
    };
}

Parameter shownWithNoise(Parameter parameter, const Parameter& noise, std::size_t firstChannel = 1)
{
    parameter.shownWhen = noise.id;
    for (std::size_t channel = firstChannel; channel < noise.choices.size(); ++channel)
        parameter.shownWhenIn.push_back(noise.choices[channel]);
    return parameter;
}

std::vector<Parameter> noiseParameters()
{
    std::vector<Parameter> list = channelParameters(
        "noise", "Noise on the states",
        "What acts on the qubits of |q⟩ and |k⟩ before they are compared; the score is then Tr(ρσ). Unlike noise on an "
        "index register, dephasing matters here.",
        "sign", {"none", "post-select"});
    const Parameter noise = list.front();
    list.push_back(
        shownWithNoise({.id = "noise-at",
                        .title = "Where it acts",
                        .help = "Once on the prepared state, or on the qubits of every gate of its preparation.",
                        .kind = ParameterKind::Choice,
                        .choices = {"state", "gates"},
                        .choiceTitles = {"On the state", "After every gate"}},
                       noise));
    list.push_back(shownWithNoise({.id = "noisy-states",
                                   .title = "Noisy states",
                                   .help = "Whether queries and keys are noisy, or queries alone.",
                                   .kind = ParameterKind::Choice,
                                   .choices = {"both", "query"},
                                   .choiceTitles = {"Queries and keys", "Queries"}},
                                  noise));
    list.push_back(
        shownWithNoise({.id = "simulation",
                        .title = "Simulation",
                        .help = "Of noise on each qubit. Density matrices are exact and hold 8 qubits (256 "
                                "components); trajectories are random runs whose mean comes to them, without a "
                                "gradient.",
                        .kind = ParameterKind::Choice,
                        .choices = {"density", "trajectories"},
                        .choiceTitles = {"Density matrix", "Trajectories"}},
                       noise));
    list.push_back({.id = "runs",
                    .title = "Trajectories",
                    .symbol = "T",
                    .help = "Random runs for every state. The error falls as 1/√T.",
                    .kind = ParameterKind::Integer,
                    .minimum = 16,
                    .maximum = 256,
                    .initial = 32,
                    .logarithmic = true,
                    .shownWhen = "simulation",
                    .shownWhenIn = {"trajectories"}});
    for (Parameter& parameter : list)
        parameter.group = "Noise";
    return list;
}

}  // namespace

std::vector<Parameter> fidelityParameters()
{
    std::vector<Parameter> list = circuitParameters();
    std::ranges::move(mapParameters(), std::back_inserter(list));
    std::ranges::move(ruleParameters(0.1), std::back_inserter(list));
    std::ranges::move(noiseParameters(), std::back_inserter(list));
    return list;
}

FidelitySettings::FidelitySettings(const Parameters& parameters)
    : circuit(static_cast<OverlapCircuit>(static_cast<int>(parameters.real("test")))),
      shots(static_cast<std::uint64_t>(parameters.integer("shots"))), softmax(parameters.choice("rule") == "softmax"),
      tau(parameters.real("tau"))
{
    if (keepsSign())
        return;
    sign = static_cast<SignRemedy>(static_cast<int>(parameters.real("sign")));
    if (sign == SignRemedy::Affine)
        return;
    map = static_cast<StateEncoding>(static_cast<int>(parameters.real("map")));
    if (map != StateEncoding::Amplitude)
        bandwidth = parameters.real("bandwidth");
    qubits = static_cast<std::size_t>(parameters.integer("qubits"));
    repetitions = static_cast<std::size_t>(parameters.integer("repetitions"));
    noise = chosenNoise(parameters, "noise");
    afterEachGate = parameters.choice("noise-at") == "gates";
    bothStates = parameters.choice("noisy-states") == "both";
    trajectories = parameters.choice("simulation") == "trajectories";
    runs = static_cast<std::size_t>(parameters.integer("runs"));
}

std::size_t FidelitySettings::qubitsOf(std::size_t components) const
{
    switch (map) {
    case StateEncoding::Angle: return components;
    case StateEncoding::Iqp: return std::min(qubits, components);
    case StateEncoding::Amplitude: break;
    }
    return qubitsFor(components);
}

}  // namespace ketscope
