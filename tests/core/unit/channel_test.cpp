// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/quantum/channel.h"

#include <cmath>
#include <gmock/gmock.h>
#include <set>

namespace ketscope {
namespace {

using Complex = std::complex<double>;

// K†K summed over the operators.
KrausOperator completeness(const KrausOperators& operators)
{
    KrausOperator sum{};
    for (const KrausOperator& k : operators)
        for (std::size_t a = 0; a < 2; ++a)
            for (std::size_t b = 0; b < 2; ++b)
                for (std::size_t c = 0; c < 2; ++c)
                    sum[2 * a + b] += std::conj(k[2 * c + a]) * k[2 * c + b];
    return sum;
}

// ρ → Σ KρK† of one qubit.
KrausOperator applied(const KrausOperators& operators, const KrausOperator& rho)
{
    KrausOperator result{};
    for (const KrausOperator& k : operators)
        for (std::size_t a = 0; a < 2; ++a)
            for (std::size_t b = 0; b < 2; ++b)
                for (std::size_t c = 0; c < 2; ++c)
                    for (std::size_t d = 0; d < 2; ++d)
                        result[2 * a + b] += k[2 * a + c] * rho[2 * c + d] * std::conj(k[2 * b + d]);
    return result;
}

void expectIdentity(const KrausOperator& matrix, const std::string& what)
{
    EXPECT_NEAR(std::abs(matrix[0] - 1.0), 0.0, 1e-14) << what;
    EXPECT_NEAR(std::abs(matrix[1]), 0.0, 1e-14) << what;
    EXPECT_NEAR(std::abs(matrix[2]), 0.0, 1e-14) << what;
    EXPECT_NEAR(std::abs(matrix[3] - 1.0), 0.0, 1e-14) << what;
}

void expectMatrix(const BitMatrix& actual, const BitMatrix& expected)
{
    for (std::size_t cell = 0; cell < 4; ++cell)
        EXPECT_NEAR(actual[cell], expected[cell], 1e-15) << "cell " << cell;
}

TEST(Channel, EveryRowOfTheTableIsCompleteAtEveryEdge)
{
    for (const NoiseChannel& channel : noiseChannels())
        for (const double share : {0.0, 0.3, 1.0})
            for (const double scale : {1.0, 3.0}) {
                std::vector<double> values;
                for (const Parameter& parameter : channel.parameters)
                    values.push_back(parameter.minimum + share * (parameter.maximum - parameter.minimum));
                const Noise noise = channel.make(values, scale);
                if (!noise.kraus.empty())
                    expectIdentity(completeness(noise.kraus), channel.id);
                else
                    EXPECT_TRUE(noise.registerMixing >= 0.0 && noise.registerMixing <= 1.0) << channel.id;
            }
    expectIdentity(completeness(readoutError(0.02, 0.4)), "readout error");
    expectIdentity(completeness(depolarizing(4.0 / 3.0)), "largest depolarising");
}

TEST(Channel, BitMatricesAreTheClosedForms)
{
    expectMatrix(bitMatrix(depolarizing(0.2)), {0.9, 0.1, 0.1, 0.9});
    expectMatrix(bitMatrix(amplitudeDamping(0.2)), {1.0, 0.2, 0.0, 0.8});
    expectMatrix(bitMatrix(phaseDamping(0.36)), {1.0, 0.0, 0.0, 1.0});
    expectMatrix(bitMatrix(generalizedAmplitudeDamping(0.2, 0.3)), {0.94, 0.14, 0.06, 0.86});
    expectMatrix(bitMatrix(readoutError(0.02, 0.05)), {0.98, 0.05, 0.02, 0.95});
    expectMatrix(bitMatrix({}), {1.0, 0.0, 0.0, 1.0});
    const double gamma = 1.0 - std::exp(-0.4);
    expectMatrix(bitMatrix(thermalRelaxation(50.0, 70.0, 20.0, 0.1)),
                 {1.0 - 0.1 * gamma, 0.9 * gamma, 0.1 * gamma, 1.0 - 0.9 * gamma});
}

TEST(Channel, CoherencesShrinkAsStated)
{
    const KrausOperator plus = {Complex(0.5), Complex(0.5), Complex(0.5), Complex(0.5)};
    EXPECT_NEAR(applied(phaseDamping(0.36), plus)[1].real(), 0.5 * 0.8, 1e-15);
    EXPECT_NEAR(applied(amplitudeDamping(0.36), plus)[1].real(), 0.5 * 0.8, 1e-15);
    EXPECT_NEAR(applied(depolarizing(0.3), plus)[1].real(), 0.5 * 0.7, 1e-15);
    EXPECT_EQ(applied(readoutError(0.1, 0.1), plus)[1], 0.0);
    for (const double t2 : {30.0, 70.0, 100.0})  // the composition of both parts decays with T₂ alone
        EXPECT_NEAR(applied(thermalRelaxation(50.0, t2, 20.0, 0.2), plus)[1].real(), 0.5 * std::exp(-20.0 / t2), 1e-15);
}

TEST(Channel, FixedPointIsTheEnvironment)
{
    const BitMatrix m = bitMatrix(generalizedAmplitudeDamping(0.37, 0.3));
    EXPECT_NEAR(m[0] * 0.7 + m[1] * 0.3, 0.7, 1e-15);
    expectMatrix(bitMatrix(amplitudeDamping(1.0)), {1.0, 1.0, 0.0, 0.0});
    expectMatrix(bitMatrix(depolarizing(1.0)), {0.5, 0.5, 0.5, 0.5});
}

TEST(Channel, StrengthsCompose)
{
    const BitMatrix twice = bitMatrix(composed(depolarizing(0.2), depolarizing(0.3)));
    expectMatrix(twice, bitMatrix(depolarizing(1.0 - 0.8 * 0.7)));
    EXPECT_NEAR(repeatedStrength(0.05, 3.0), 1.0 - std::pow(0.95, 3.0), 1e-15);
    EXPECT_EQ(repeatedStrength(0.05, 1.0), 0.05);
    for (const NoiseChannel& channel : noiseChannels()) {
        std::vector<double> values;
        for (const Parameter& parameter : channel.parameters)
            values.push_back(0.5 * (parameter.minimum + std::min(parameter.maximum, 2.0)));
        const Noise once = channel.make(values, 1.0);
        const Noise three = channel.make(values, 3.0);
        if (!once.kraus.empty())
            expectMatrix(bitMatrix(composed(once.kraus, composed(once.kraus, once.kraus))), bitMatrix(three.kraus));
        else
            EXPECT_NEAR(1.0 - three.registerMixing, std::pow(1.0 - once.registerMixing, 3.0), 1e-15);
    }
}

std::string refusalOf(const std::function<void()>& action)
{
    try {
        action();
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::Input);
        return error.what();
    }
    return "nothing was refused";
}

TEST(Channel, RefusesWhatIsNoChannel)
{
    EXPECT_THAT(refusalOf([] { thermalRelaxation(50.0, 101.0, 1.0, 0.0); }), testing::HasSubstr("2·T1 = 100"));
    EXPECT_THAT(refusalOf([] { thermalRelaxation(0.0, 1.0, 1.0, 0.0); }), testing::HasSubstr("T1 > 0"));
    EXPECT_THAT(refusalOf([] { depolarizing(1.4); }), testing::HasSubstr("λ"));
    EXPECT_THAT(refusalOf([] { amplitudeDamping(std::nan("")); }), testing::HasSubstr("γ"));
    EXPECT_THAT(refusalOf([] { readoutError(-0.1, 0.0); }), testing::HasSubstr("P(1|0)"));
    EXPECT_THAT(refusalOf([] { noiseChannel("cosmic"); }), testing::HasSubstr("amplitude-damping"));
}

TEST(Channel, ParametersOfAMechanismComeFromTheTable)
{
    const std::vector<Parameter> definitions = channelParameters("noise", "Noise", "What acts.");
    EXPECT_EQ(definitions.front().choices.size(), noiseChannels().size() + 1);
    std::set<std::string> ids;
    for (const Parameter& parameter : definitions)
        EXPECT_TRUE(ids.insert(parameter.id).second) << parameter.id;
    Parameters parameters(definitions);
    EXPECT_TRUE(chosenNoise(parameters, "noise").empty());
    parameters.setText("noise", "amplitude-damping");
    parameters.setText("gamma", "0.2");
    expectMatrix(bitMatrix(chosenNoise(parameters, "noise").kraus), {1.0, 0.2, 0.0, 0.8});
    for (const Parameter& parameter : definitions)
        EXPECT_EQ(parameters.isShown(parameter), parameter.id == "noise" || parameter.id == "gamma") << parameter.id;
}

}  // namespace
}  // namespace ketscope
