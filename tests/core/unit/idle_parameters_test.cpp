// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/study/idle_parameters.h"

#include <algorithm>
#include <gmock/gmock.h>

namespace ketscope {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(IdleParameters, AreThoseThatChangeNothing)
{
    EXPECT_THAT(idleChanges(parseSpec("shots:noise=amplitude-damping,gamma=0.9,epsilon=0.2")),
                ElementsAre("shots: epsilon changes nothing without estimator=adaptive.",
                            "shots: noise, gamma change nothing without register=on."));
    EXPECT_THAT(idleChanges(parseSpec("pqc:bits=4")), ElementsAre("pqc: bits changes nothing without quantise=on."));
    for (const char* spec : {"shots", "shots:register=on,noise=amplitude-damping,gamma=0.9", "pqc:quantise=on,bits=4",
                             "shots:gamma=0.01", "exact"})
        EXPECT_THAT(idleChanges(parseSpec(spec)), IsEmpty()) << spec;
}

TEST(IdleParameters, OfPlansAreSaidOnce)
{
    const std::vector<Plan> plans = {{{parseSpec("pqc:bits=4@layers=0"), parseSpec("pqc:bits=5@layers=1")}},
                                     {{parseSpec("pqc:bits=4"), parseSpec("rff:alpha=0.5")}}};
    EXPECT_THAT(idleChanges(plans), ElementsAre("pqc: bits changes nothing without quantise=on.",
                                                "rff: alpha changes nothing without rule=softmax."));
}

TEST(IdleParameters, AllValuesThatWouldDoAreNamed)
{
    EXPECT_THAT(idleChanges(PlanEntry(parseSpec("fidelity:shots=7"))),
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
