// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/quantum/ansatz.h"
#include "core/quantum/gradient.h"
#include "core/quantum/noisy_gradient.h"
#include "tests/support/quantum.h"

#include <gtest/gtest.h>

namespace ketscope {
namespace {

using namespace test;
using Complex = std::complex<double>;

// A Hermitian matrix (2^qubits, 2^qubits) of normal numbers.
std::vector<Complex> randomObservable(std::size_t qubits, std::uint64_t seed)
{
    const std::size_t size = std::size_t{1} << qubits;
    const auto numbers = randomNumbers(2 * size * size, seed);
    std::vector<Complex> entries(size * size);
    for (std::size_t row = 0; row < size; ++row)
        for (std::size_t column = 0; column <= row; ++column) {
            const std::size_t at = 2 * (row * size + column);
            entries[row * size + column] = {numbers[at], row == column ? 0.0 : numbers[at + 1]};
            entries[column * size + row] = std::conj(entries[row * size + column]);
        }
    return entries;
}

double expectationOf(const Circuit& circuit, const KrausOperators& kraus, const DensityMatrix& observable)
{
    return DensityMatrix(circuit.qubits())
        .apply(circuit, {}, {kraus, 0.0}, NoisePlace::AfterEachGate)
        .overlap(observable);
}

// `circuit` with the angle of one operation moved.
Circuit moved(const Circuit& circuit, std::size_t number, double by)
{
    Circuit result(circuit.qubits());
    for (std::size_t i = 0; i < circuit.operations().size(); ++i) {
        const Operation& operation = circuit.operations()[i];
        result.add(operation, Angle(operation.angle.offset + (i == number ? by : 0.0)));
    }
    return result;
}

TEST(NoisyGradient, SlopesAreThoseOfTheExpectation)
{
    const std::vector<KrausOperators> channels = {
        {}, depolarizing(0.2), amplitudeDamping(0.3), phaseDamping(0.4), thermalRelaxation(50, 70, 20, 0.2)};
    for (const std::size_t qubits : {1UL, 2UL, 3UL})
        for (const KrausOperators& kraus : channels) {
            const Circuit drawn = randomCircuit(qubits, 25, 60 + qubits);
            const Circuit circuit = drawn.bound(randomNumbers(drawn.parameterCount(), 3));
            const DensityMatrix observable = DensityMatrix::observable(randomObservable(qubits, 5));
            const std::vector<double> slopes = noisySlopes(circuit, kraus, observable);
            for (std::size_t i = 0; i < slopes.size(); ++i) {
                const Gate gate = circuit.operations()[i].gate;
                const bool rotation = gate == Gate::RX || gate == Gate::RY || gate == Gate::RZ;
                constexpr double kStep = 1e-4;
                const double slope = (expectationOf(moved(circuit, i, kStep), kraus, observable)
                                      - expectationOf(moved(circuit, i, -kStep), kraus, observable))
                                     / (2.0 * kStep);
                EXPECT_NEAR(slopes[i], rotation ? slope : 0.0, 1e-7) << qubits << " " << i;
            }
        }
}

// Through the angles of the circuit that loads a vector; the expectation is found anew for moved numbers.
TEST(NoisyGradient, ReachesTheEncodedNumbers)
{
    for (const std::size_t components : {2UL, 3UL, 8UL, 13UL}) {
        const auto numbers = randomNumbers(components, 11);
        const std::vector<float> data(numbers.begin(), numbers.end());
        std::vector<double> x(data.begin(), data.end());
        const KrausOperators kraus = amplitudeDamping(0.1);
        const Circuit circuit = amplitudeEncodingCircuit(x);
        const DensityMatrix observable = DensityMatrix::observable(randomObservable(circuit.qubits(), 5));
        std::vector<double> ofRotations;
        const std::vector<double> all = noisySlopes(circuit, kraus, observable);
        for (std::size_t i = 0; i < all.size(); ++i)
            if (circuit.operations()[i].gate == Gate::RY)
                ofRotations.push_back(all[i]);
        std::vector<double> found(components);
        amplitudeEncodingGradient(data, ofRotations, found);
        for (std::size_t i = 0; i < components; ++i) {
            const double kept = x[i];
            constexpr double kStep = 1e-5;
            x[i] = kept + kStep;
            const double above = expectationOf(amplitudeEncodingCircuit(x), kraus, observable);
            x[i] = kept - kStep;
            const double below = expectationOf(amplitudeEncodingCircuit(x), kraus, observable);
            x[i] = kept;
            EXPECT_NEAR(found[i], (above - below) / (2.0 * kStep), 1e-6) << components << " " << i;
        }
    }
    std::vector<double> none(2, 7.0);
    amplitudeEncodingGradient(std::vector<float>(2, 0.0F), std::vector<double>(1, 1.0), none);
    EXPECT_EQ(none, std::vector<double>(2, 0.0));
}

}  // namespace
}  // namespace ketscope
