// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/attention/register_parameters.h"

#include "core/quantum/channel.h"

#include <algorithm>

namespace ketscope {

namespace {

Parameter probability(const std::string& id, const std::string& title, const std::string& symbol)
{
    return {.id = id,
            .title = title,
            .symbol = symbol,
            .help = "Probability for each qubit that the measurement reports the other value.",
            .minimum = 0,
            .maximum = 0.5,
            .initial = 0.02,
            .shownWhen = "readout",
            .shownWhenIn = {"on"}};
}

std::vector<Parameter> noiseParameters()
{
    std::vector<Parameter> list = {
        {.id = "register",
         .title = "Noisy index register",
         .help =
             "Keys are basis states of ⌈log₂ m⌉ qubits, which pass a noise channel and are then measured. Measured in "
             "the same basis, every channel is a map on probabilities.",
         .kind = ParameterKind::Flag}};
    for (Parameter& parameter :
         channelParameters("noise", "Channel", "What happens to the register between preparation and measurement.",
                           "register", {"on"}))
        list.push_back(std::move(parameter));
    list[1].initial = 1;
    list.push_back({.id = "readout",
                    .title = "Readout error",
                    .help = "Whether each qubit's measured value may be reported wrongly.",
                    .kind = ParameterKind::Flag,
                    .shownWhen = "register",
                    .shownWhenIn = {"on"}});
    list.push_back(probability("read-one", "Reads 1 for 0", "p₀₁"));
    list.push_back(probability("read-zero", "Reads 0 for 1", "p₁₀"));
    list.push_back({.id = "labels",
                    .title = "Bit strings of keys",
                    .help =
                        "Which basis state stands for which key. It matters: damping drags every key towards the one "
                        "labelled 0…0, and errors lead to keys whose labels differ in one bit.",
                    .kind = ParameterKind::Choice,
                    .choices = {"binary", "gray", "random"},
                    .choiceTitles = {"Binary", "Gray code", "Random"},
                    .shownWhen = "register",
                    .shownWhenIn = {"on"}});
    list.push_back({.id = "padding",
                    .title = "Outcomes that are no key",
                    .help =
                        "States beyond the last key, and keys that the mask forbids, receive mass. Post-select: such "
                        "shots are dropped (with no shot left the row is uniform). Show the leak: the row sums to "
                        "less than one.",
                    .kind = ParameterKind::Choice,
                    .choices = {"postselect", "show-leak"},
                    .choiceTitles = {"Post-select", "Show the leak"},
                    .shownWhen = "mitigation",
                    .shownWhenIn = {"none"}});
    for (Parameter& parameter : list)
        parameter.group = "Noise";
    return list;
}

Parameter mitigationChoice()
{
    Parameter choice{
        .id = "mitigation",
        .title = "Mitigation",
        .help =
            "Estimates what the register would give without noise, for more variance. Extrapolation: S shots at each "
            "of several noise scales. Readout inversion: undoes the readout error alone. Cancellation: random extra "
            "operations with signs undo the channel; the standard error grows by γ for each qubit. Distillation: "
            "ρ^M/Tr ρ^M from M copies (at most 256 keys unless noise acts on the whole register). Symmetry: the "
            "nearest row that sums to one over the allowed keys.",
        .kind = ParameterKind::Choice,
        .shownWhen = "register",
        .shownWhenIn = {"on"}};
    for (const MitigationMethod& method : mitigationMethods()) {
        choice.choices.push_back(method.id);
        choice.choiceTitles.push_back(method.title);
    }
    return choice;
}

std::vector<Parameter> extrapolationParameters()
{
    return {{.id = "scales",
             .title = "Noise scales",
             .symbol = "c",
             .help = "Strengths λ of the channel become 1 − (1 − λ)^c, as folding a circuit does.",
             .kind = ParameterKind::Choice,
             .initial = 2,
             .choices = {"one-three", "one-two-three", "one-three-five"},
             .choiceTitles = {"1, 3", "1, 2, 3", "1, 3, 5"},
             .shownWhen = "mitigation",
             .shownWhenIn = {"zero-noise"}},
            {.id = "extrapolation",
             .title = "Extrapolation",
             .help =
                 "Richardson: the polynomial through all scales. Linear: the line of least squares. Exponential: decay "
                 "to the channel's own fixed point, exact for noise on the whole register.",
             .kind = ParameterKind::Choice,
             .choices = {"richardson", "linear", "exponential"},
             .choiceTitles = {"Richardson", "Linear", "Exponential"},
             .shownWhen = "mitigation",
             .shownWhenIn = {"zero-noise"}}};
}

std::vector<Parameter> inversionParameters()
{
    return {{.id = "inversion",
             .title = "Inversion",
             .help =
                 "Matrix: A⁻¹ on every bit, unbiased, signed. Unfolding (Richardson–Lucy): stays positive, with a bias "
                 "that fewer steps leave larger.",
             .kind = ParameterKind::Choice,
             .choices = {"matrix", "unfolding"},
             .choiceTitles = {"Inverse matrix", "Unfolding"},
             .shownWhen = "mitigation",
             .shownWhenIn = {"readout"}},
            {.id = "steps",
             .title = "Unfolding steps",
             .help = "Each step brings the estimate closer to the measured frequencies, and lets more shot noise in.",
             .kind = ParameterKind::Integer,
             .minimum = 1,
             .maximum = 100,
             .initial = 10,
             .logarithmic = true,
             .shownWhen = "inversion",
             .shownWhenIn = {"unfolding"}},
            {.id = "copies",
             .title = "Copies",
             .symbol = "M",
             .help = "Copies of the register that one shot measures together.",
             .kind = ParameterKind::Integer,
             .minimum = 2,
             .maximum = 4,
             .initial = 2,
             .shownWhen = "mitigation",
             .shownWhenIn = {"distillation"}}};
}

Parameter projection()
{
    Parameter flag{.id = "project",
                   .title = "Project onto distributions",
                   .help =
                       "Mitigated weights can be negative. On: the nearest row (Euclidean) that is a distribution over "
                       "the allowed keys, at a small bias. Off: the signed estimate itself. Standard errors are "
                       "those of the signed estimate.",
                   .kind = ParameterKind::Flag,
                   .initial = 1,
                   .shownWhen = "mitigation"};
    for (const MitigationMethod& method : mitigationMethods())
        if (method.projects)
            flag.shownWhenIn.push_back(method.id);
    return flag;
}

}  // namespace

const std::vector<MitigationMethod>& mitigationMethods()
{
    static const std::vector<MitigationMethod> methods = {
        {Mitigation::None, "none", "None", false},
        {Mitigation::ZeroNoise, "zero-noise", "Zero-noise extrapolation"},
        {Mitigation::Readout, "readout", "Readout inversion"},
        {Mitigation::Cancellation, "cancellation", "Probabilistic error cancellation"},
        {Mitigation::Distillation, "distillation", "Virtual distillation"},
        {Mitigation::Symmetry, "symmetry", "Symmetry projection", false},
    };
    return methods;
}

const MitigationMethod& chosenMitigation(const Parameters& parameters)
{
    return mitigationMethods()[static_cast<std::size_t>(parameters.integer("mitigation"))];
}

std::vector<Parameter> registerParameters()
{
    std::vector<Parameter> mitigation = {mitigationChoice()};
    for (auto&& part : {extrapolationParameters(), inversionParameters()})
        mitigation.insert(mitigation.end(), part.begin(), part.end());
    mitigation.push_back(projection());
    for (Parameter& parameter : mitigation)
        parameter.group = "Mitigation";
    std::vector<Parameter> list = noiseParameters();
    list.insert(list.end(), mitigation.begin(), mitigation.end());
    return list;
}

}  // namespace ketscope
