// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/quantum/openqasm.h"
#include "core/quantum/state_vector.h"
#include "tests/support/paths.h"
#include "tests/support/quantum.h"

#include <fstream>
#include <gmock/gmock.h>

namespace ketscope {
namespace {

using namespace test;

TEST(OpenQasm, WritesDeclarationsGatesAndMeasurement)
{
    Circuit circuit(3);
    circuit.h(0).add(Gate::SInverse, {1}).add(Gate::T, {2}).cx(0, 2).cz(1, 2).cswap(0, 1, 2);
    circuit.ry(0, 0.5).rx(1, parameter(1)).rz(2, -parameter(0)).ry(1, Angle(0, 2.0, -1.0));
    EXPECT_EQ(openQasm(circuit, {.comment = "token 3\nsecond line", .basis = PauliString::parse("XIY")}),
              "OPENQASM 3.0;\n// token 3\n// second line\ninclude \"stdgates.inc\";\n"
              "input float[64] p0;\ninput float[64] p1;\nqubit[3] q;\nbit[3] c;\n"
              "h q[0];\nsdg q[1];\nt q[2];\ncx q[0], q[2];\ncz q[1], q[2];\ncswap q[0], q[1], q[2];\n"
              "ry(0.5) q[0];\nrx(p1) q[1];\nrz(-p0) q[2];\nry(2.0 * p0 + -1.0) q[1];\n"
              "h q[0];\nsdg q[2];\nh q[2];\nc = measure q;\n");
    EXPECT_EQ(openQasm(Circuit(1).x(0), {.measure = false}),
              "OPENQASM 3.0;\ninclude \"stdgates.inc\";\nqubit[1] q;\nx q[0];\n");
}

// The definition that is written for RBS, gate by gate.
TEST(OpenQasm, DefinesRbsByStandardGates)
{
    const std::string text = openQasm(Circuit(2).rbs(0, 1, 0.25));
    EXPECT_THAT(text, testing::HasSubstr("gate rbs(theta) a, b {\n  h a; h b;\n  cz a, b;\n  ry(theta) a; "
                                         "ry(-theta) b;\n  cz a, b;\n  h a; h b;\n}\n"));
    EXPECT_THAT(text, testing::HasSubstr("rbs(0.25) q[0], q[1];\n"));
    Circuit written(2);
    written.h(0).h(1).cz(0, 1).ry(0, 0.25).ry(1, -0.25).cz(0, 1).h(0).h(1);
    const Eigen::MatrixXcd difference = unitaryOf(written, {}) - unitaryOf(Circuit(2).rbs(0, 1, 0.25), {});
    EXPECT_LT(difference.cwiseAbs().maxCoeff(), 1e-15);
}

TEST(OpenQasm, BasisChangeMeasuresTheString)
{
    const StateVector state = StateVector(3).apply(randomCircuit(3, 30, 2), randomNumbers(4, 3));
    for (const char* letters : {"XIY", "ZZI", "YXZ"}) {
        const PauliString string = PauliString::parse(letters);
        StateVector turned = state;
        const auto p = turned.apply(basisChange(string)).probabilities();
        std::vector<std::uint64_t> counts;
        for (const double x : p)
            counts.push_back(static_cast<std::uint64_t>(std::llround(1e12 * x)));
        EXPECT_NEAR(expectationFromCounts(string, counts), state.expectation(string), 1e-11) << letters;
    }
    EXPECT_THROW(expectationFromCounts(PauliString::parse("Z"), std::vector<std::uint64_t>{0, 0}), Error);
}

TEST(OpenQasm, ReadsCountsInBothOrders)
{
    const std::string json = R"({"counts": {"001": 5, "110": 7}})";
    const auto first = parseCounts(json, 3, BitOrder::Qubit0First, "counts.json");
    EXPECT_EQ(first, (std::vector<std::uint64_t>{0, 5, 0, 0, 0, 0, 7, 0}));
    const auto last = parseCounts(json, 3, BitOrder::Qubit0Last, "counts.json");
    EXPECT_EQ(last, (std::vector<std::uint64_t>{0, 0, 0, 7, 5, 0, 0, 0}));
    const TemporaryFolder folder;
    std::ofstream(folder.path() / "counts.json") << R"({"01": 3})";
    EXPECT_EQ(readCounts(folder.path() / "counts.json", 2, BitOrder::Qubit0First)[1], 3U);
}

TEST(OpenQasm, RefusesCountsThatAreNone)
{
    for (const char* json : {"[]", "{}", R"({"01": 3})", R"({"0a1": 3})", R"({"011": -1})", R"({"011": 1.5})",
                             R"({"011": "4"})", R"({"counts": 4})", R"({"011": 18446744073709551615})", "{"})
        EXPECT_THROW(parseCounts(json, 3, BitOrder::Qubit0First, "counts.json"), Error) << json;
    EXPECT_THROW(parseCounts(R"({"0": 1})", 40, BitOrder::Qubit0First, "counts.json"), Error);
}

}  // namespace
}  // namespace ketscope
