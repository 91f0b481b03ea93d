// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/study/idle_parameters.h"

#include <algorithm>
#include <gmock/gmock.h>

namespace ketscope {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

ModelInfo modelWith(bool causal)
{
    ModelInfo model;
    model.stacks = {{.name = "text", .layers = 2, .heads = 2, .headSize = 4, .width = 8, .causal = causal}};
    return model;
}

template <typename Plans> std::vector<std::string> idle(const Plans& plans, bool causal = true)
{
    return idleChanges(plans, modelWith(causal));
}

TEST(IdleParameters, NeedACausalMaskThatTheModelHas)
{
    const PlanEntry entry = parseSpec("rfa:gate=on,bias=1");
    EXPECT_THAT(idle(entry, true), IsEmpty());
    EXPECT_THAT(idle(entry, false),
                ElementsAre("rfa: gate changes nothing without a causal mask, which this model does not have."));
    EXPECT_THAT(idle(parseSpec("rfa:m=32"), false), IsEmpty());
}

// Of circuits that find nothing there is nothing to choose; and no published drawing is blamed that was not drawn.
TEST(IdleParameters, OfCircuitsThatFindNothing)
{
    EXPECT_THAT(idle(parseSpec("qisa:values=model,identity=0.5,strings=published,layers=2")),
                ElementsAre("qisa: layers changes nothing without values=circuit or version=v1 or v2.",
                            "qisa: identity, strings change nothing without values=circuit or version=v2."));
    EXPECT_THAT(publishedFaults(parseSpec("qisa:values=model,strings=published").parameters), IsEmpty());
    EXPECT_THAT(idle(parseSpec("qisa:values=model,version=v2,identity=0.5,layers=2")), IsEmpty());
    EXPECT_THAT(idle(parseSpec("qisa:values=model,version=v1,layers=2")), IsEmpty());
}

TEST(IdleParameters, AreThoseThatChangeNothing)
{
    EXPECT_THAT(idle(parseSpec("shots:noise=amplitude-damping,gamma=0.9,epsilon=0.2")),
                ElementsAre("shots: epsilon changes nothing without estimator=adaptive.",
                            "shots: noise, gamma change nothing without register=on."));
    EXPECT_THAT(idle(parseSpec("pqc:bits=4")), ElementsAre("pqc: bits changes nothing without quantise=on."));
    for (const char* spec : {"shots", "shots:register=on,noise=amplitude-damping,gamma=0.9", "pqc:quantise=on,bits=4",
                             "shots:gamma=0.01", "exact"})
        EXPECT_THAT(idle(parseSpec(spec)), IsEmpty()) << spec;
}

TEST(IdleParameters, OfPlansAreSaidOnce)
{
    const std::vector<Plan> plans = {{{parseSpec("pqc:bits=4@layers=0"), parseSpec("pqc:bits=5@layers=1")}},
                                     {{parseSpec("pqc:bits=4"), parseSpec("rff:alpha=0.5")}}};
    EXPECT_THAT(idle(plans), ElementsAre("pqc: bits changes nothing without quantise=on.",
                                         "rff: alpha changes nothing without rule=softmax."));
}

TEST(IdleParameters, AllValuesThatWouldDoAreNamed)
{
    EXPECT_THAT(idle(PlanEntry(parseSpec("fidelity:shots=7"))),
                ElementsAre("fidelity: shots changes nothing without test=inversion, swap or hadamard."));
}

// Every condition that is named can be met, one after the other.
TEST(IdleParameters, ConditionsLeadToAMeaning)
{
    for (const Mechanism* mechanism : mechanisms())
        for (const Parameter& parameter : mechanism->info().parameters) {
            Parameters parameters = mechanism->defaults();
            std::string missing;
            for (int step = 0; step < 5 && !(missing = missingCondition(parameters, parameter)).empty(); ++step) {
                const std::size_t value = missing.find('=') + 1;  // the first of those that would do
                parameters.setText(missing.substr(0, value - 1),
                                   missing.substr(value, missing.find_first_of(", ", value) - value));
            }
            EXPECT_TRUE(missing.empty() && parameters.isShown(parameter))
                << mechanism->info().id << " " << parameter.id << " " << missing;
        }
}

}  // namespace
}  // namespace ketscope
