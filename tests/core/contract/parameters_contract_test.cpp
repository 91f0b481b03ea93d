// SPDX-License-Identifier: GPL-3.0-or-later
// What every mechanism's parameters promise to panels and the command line, and the registry.
#include "core/base/error.h"
#include "tests/support/mechanism_variants.h"

#include <cmath>
#include <functional>
#include <limits>
#include <set>

namespace ketscope {
namespace {

using namespace test;

class ParametersContract : public testing::TestWithParam<std::string> {
protected:
    const Mechanism& subject = mechanism(GetParam());
};

void expectRefused(const std::function<void()>& change, const std::string& what)
{
    try {
        change();
        ADD_FAILURE() << what << " was accepted";
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::Input) << what;
        EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos) << what;
    }
}

TEST_P(ParametersContract, ParametersRefuseWhatIsOutOfRange)
{
    Parameters parameters = subject.defaults();
    for (const Parameter& parameter : subject.info().parameters) {
        const bool numeric = parameter.kind == ParameterKind::Integer || parameter.kind == ParameterKind::Real;
        const double low = numeric ? parameter.minimum : 0.0;
        const double high = numeric                                   ? parameter.maximum
                            : parameter.kind == ParameterKind::Choice ? double(parameter.choices.size() - 1)
                                                                      : 1.0;
        for (const double bad : {low - 1.0, high + 1.0, std::nan(""), std::numeric_limits<double>::infinity()})
            expectRefused([&] { parameters.set(parameter.id, bad); }, parameter.id + "=" + shortestNumber(bad));
        if (parameter.kind != ParameterKind::Real)
            expectRefused([&] { parameters.set(parameter.id, low + 0.5); }, parameter.id + " + ½");
        for (const std::string bad : {"", "nan", "1e999", "12 ", "frob\nnicate"})
            expectRefused([&] { parameters.setText(parameter.id, bad); }, parameter.id + "=" + bad);
    }
    expectRefused([&] { parameters.setText("no-such-parameter", "1"); }, "an unknown parameter");
    EXPECT_EQ(parameters, subject.defaults());
}

// Parameters of one group stand together, so that a panel shows each heading once.
TEST_P(ParametersContract, GroupsAreContiguous)
{
    std::set<std::string> closed;
    std::string current;
    for (const Parameter& parameter : subject.info().parameters) {
        if (parameter.group == current)
            continue;
        EXPECT_TRUE(closed.insert(current).second && !closed.contains(parameter.group)) << parameter.id;
        current = parameter.group;
    }
}

INSTANTIATE_TEST_SUITE_P(All, ParametersContract, testing::ValuesIn(mechanismIds()), nameOfInstance);

TEST(MechanismRegistry, IdsAreUniqueAndExactComesFirst)
{
    const auto ids = mechanismIds();
    EXPECT_EQ(std::set<std::string>(ids.begin(), ids.end()).size(), ids.size());
    EXPECT_EQ(ids.front(), "exact");
    expectRefused([] { mechanism("no-such-mechanism"); }, "an unknown mechanism");
}

}  // namespace
}  // namespace ketscope
