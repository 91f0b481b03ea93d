// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/attention/index_register.h"

#include <algorithm>
#include <iterator>

namespace ketscope {

namespace {

Parameter registerParameter()
{
    return {
        .id = "register",
        .title = "Index register",
        .help =
            "The qubits whose measured bit string names a key. Noisy: they pass a channel before they are measured.",
        .kind = ParameterKind::Choice,
        .choices = {"ideal", "noisy"},
        .choiceTitles = {"Ideal", "Noisy"}};
}

Parameter probability(const std::string& id, const std::string& title, const std::string& symbol,
                      const std::string& help)
{
    return {.id = id,
            .title = title,
            .symbol = symbol,
            .help = help,
            .minimum = 0,
            .maximum = 0.5,
            .initial = 0.02,
            .shownWhen = "readout",
            .shownWhenIn = {"on"}};
}

std::vector<Parameter> noiseParameters()
{
    std::vector<Parameter> list = {registerParameter()};
    auto channels =
        channelParameters("noise", "Channel",
                          "What acts on the register before it is measured. Every channel acts on the measured "
                          "bits as a classical Markov map.",
                          "register", {"noisy"});
    channels.front().initial = 1;
    std::ranges::move(channels, std::back_inserter(list));
    list.push_back({.id = "readout",
                    .title = "Readout error",
                    .help = "Bits that are read wrongly, after the channel.",
                    .kind = ParameterKind::Flag,
                    .shownWhen = "register",
                    .shownWhenIn = {"noisy"}});
    list.push_back(probability("false-one", "0 read as 1", "P(1|0)", "Probability that a 0 is read as 1."));
    list.push_back(probability("false-zero", "1 read as 0", "P(0|1)", "Probability that a 1 is read as 0."));
    list.push_back({.id = "labels",
                    .title = "Key to bit string",
                    .help = "Which bit string stands for a key. Damping drags weight towards keys of few ones, so that "
                            "its effect depends on this arbitrary choice.",
                    .kind = ParameterKind::Choice,
                    .choices = {"binary", "gray", "random"},
                    .choiceTitles = {"Binary", "Gray code", "Random"},
                    .shownWhen = "register",
                    .shownWhenIn = {"noisy"}});
    list.push_back({.id = "padding",
                    .title = "Outcomes that are no key",
                    .help =
                        "Post-select: dropped, and the rest of the row scaled to sum 1. Show the leak: the row sums to "
                        "less than 1.",
                    .kind = ParameterKind::Choice,
                    .choices = {"post-select", "show-leak"},
                    .choiceTitles = {"Post-select", "Show the leak"},
                    .shownWhen = "register",
                    .shownWhenIn = {"noisy"}});
    return list;
}

std::vector<Parameter> readoutMitigationParameters()
{
    return {{.id = "readout-mitigation",
             .title = "Readout mitigation",
             .help = "Inversion: the known error is inverted bit by bit and the result projected to a distribution. "
                     "Unfolding: Richardson–Lucy iterations, which never leave it.",
             .kind = ParameterKind::Choice,
             .choices = {"none", "inversion", "unfolding"},
             .choiceTitles = {"None", "Inversion, projected", "Unfolding"},
             .shownWhen = "readout",
             .shownWhenIn = {"on"}},
            {.id = "iterations",
             .title = "Unfolding steps",
             .help = "More steps leave less bias and more noise.",
             .kind = ParameterKind::Integer,
             .minimum = 1,
             .maximum = 1000,
             .initial = 10,
             .logarithmic = true,
             .shownWhen = "readout-mitigation",
             .shownWhenIn = {"unfolding"}}};
}

const std::vector<std::string> kExtrapolations = {"linear", "richardson", "exponential"};

std::vector<Parameter> mitigationParameters()
{
    std::vector<Parameter> list = readoutMitigationParameters();
    list.push_back(
        {.id = "mitigation",
         .title = "Error mitigation",
         .help = "Extrapolation runs at several noise strengths and goes back to none. Cancellation applies the "
                 "inverse of the channel. Distillation measures ρᴹ. Projection only enforces what a row must "
                 "be. Each buys less bias with more variance.",
         .kind = ParameterKind::Choice,
         .choices = {"none", "linear", "richardson", "exponential", "cancellation", "distillation", "projection"},
         .choiceTitles = {"None", "Extrapolation, linear", "Extrapolation, Richardson", "Extrapolation, exponential",
                          "Probabilistic cancellation", "Virtual distillation", "Projection"},
         .shownWhen = "register",
         .shownWhenIn = {"noisy"}});
    list.push_back({.id = "scales",
                    .title = "Noise scales",
                    .symbol = "c",
                    .help = "The row is measured at these multiples of the noise, with all its shots at each. Variance "
                            "grows 2.5, 19 and 5.2 times with Richardson's weights.",
                    .kind = ParameterKind::Choice,
                    .initial = 2,
                    .choices = {"one-three", "one-two-three", "one-three-five"},
                    .choiceTitles = {"1, 3", "1, 2, 3", "1, 3, 5"},
                    .shownWhen = "mitigation",
                    .shownWhenIn = kExtrapolations});
    list.push_back({.id = "copies",
                    .title = "Copies",
                    .symbol = "M",
                    .help = "Noisy copies of the register that one shot of distillation uses.",
                    .kind = ParameterKind::Integer,
                    .minimum = 2,
                    .maximum = 4,
                    .initial = 2,
                    .shownWhen = "mitigation",
                    .shownWhenIn = {"distillation"}});
    Parameter project{.id = "project",
                      .title = "Project the row",
                      .help =
                          "On: the nearest row without negative weights that sums to 1. Off: the estimate as it is, "
                          "which may be negative.",
                      .kind = ParameterKind::Flag,
                      .initial = 1,
                      .shownWhen = "mitigation",
                      .shownWhenIn = kExtrapolations};
    project.shownWhenIn.push_back("cancellation");
    list.push_back(std::move(project));
    return list;
}

bool mayBeSigned(const Parameters& parameters)
{
    const auto& definitions = parameters.definitions();
    const auto project = std::ranges::find(definitions, "project", &Parameter::id);
    return parameters.isShown(*project) && !parameters.flag("project");
}

}  // namespace

std::vector<Parameter> indexRegisterParameters()
{
    std::vector<Parameter> list = noiseParameters();
    for (Parameter& parameter : list)
        parameter.group = "Noise";
    for (Parameter& parameter : mitigationParameters()) {
        parameter.group = "Mitigation";
        list.push_back(std::move(parameter));
    }
    return list;
}

void setIndexRegisterProperties(const Parameters& parameters, MechanismProperties& properties)
{
    if (parameters.choice("register") == "ideal")
        return;
    properties.usesKeyOrder = true;
    properties.randomFeatures = properties.randomFeatures || parameters.choice("labels") == "random";
    properties.signedWeights = properties.signedWeights || mayBeSigned(parameters);
    if (parameters.choice("padding") == "show-leak" || properties.signedWeights)
        properties.rowStochastic = false;
}

}  // namespace ketscope
