// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/quantum/state_batch.h"

#include "core/base/error.h"
#include "core/base/parallel.h"
#include "core/quantum/state_kernels.h"
#include "core/quantum/state_plan.h"

#include <algorithm>

namespace ketscope {

StateBatch::StateBatch(std::size_t qubits, std::size_t count) : m_qubits(qubits), m_count(count)
{
    if (qubits == 0 || qubits > kMaximumBatchQubits)
        refuse({"batch of states", "1 to " + std::to_string(kMaximumBatchQubits) + " qubits", std::to_string(qubits),
                "Larger states run one by one."});
    if (count > (std::size_t{1} << 32) >> qubits)
        refuse({"batch of states", "at most " + std::to_string((std::size_t{1} << 32) >> qubits) + " states",
                std::to_string(count), ""});
    m_states = Amplitudes(groups() * groupDoubles() / 2);
    std::fill_n(m_states.reals(), groups() * groupDoubles(), 0.0);
    for (std::size_t index = 0; index < count; ++index)
        *lane(index) = 1.0;
}

StateBatch StateBatch::clone() const
{
    StateBatch copy(m_qubits, 0);
    copy.m_count = m_count;
    copy.m_states = Amplitudes(m_states.size());
    std::ranges::copy(m_states.values(), copy.m_states.data());
    return copy;
}

std::size_t StateBatch::groups() const { return (m_count + kStateLanes - 1) / kStateLanes; }

std::size_t StateBatch::groupDoubles() const { return (std::size_t{2} << m_qubits) * kStateLanes; }

const double* StateBatch::group(std::size_t number) const { return m_states.reals() + number * groupDoubles(); }

// The real part of the first amplitude; the imaginary one is kStateLanes doubles after it, the next amplitude twice that.
double* StateBatch::lane(std::size_t index)
{
    return m_states.reals() + index / kStateLanes * groupDoubles() + index % kStateLanes;
}

bool StateBatch::encode(std::size_t index, std::span<const float> data)
{
    const std::size_t amplitudes = std::size_t{1} << m_qubits;
    if (data.size() > amplitudes)
        refuse({"amplitude encoding", "at most " + std::to_string(amplitudes) + " numbers", std::to_string(data.size()),
                "Use " + std::to_string(qubitsFor(data.size())) + " qubits."});
    std::vector<double> values(amplitudes);
    const bool hasState = encodeAmplitudes(data, values);
    double* at = lane(index);
    for (std::size_t b = 0; b < amplitudes; ++b) {
        at[2 * b * kStateLanes] = values[b];
        at[(2 * b + 1) * kStateLanes] = 0.0;
    }
    return hasState;
}

void StateBatch::set(std::size_t index, std::span<const std::complex<double>> amplitudes)
{
    double* at = lane(index);
    for (std::size_t b = 0; b < amplitudes.size(); ++b) {
        at[2 * b * kStateLanes] = amplitudes[b].real();
        at[(2 * b + 1) * kStateLanes] = amplitudes[b].imag();
    }
}

std::vector<std::complex<double>> StateBatch::amplitudes(std::size_t index) const
{
    const double* at = group(index / kStateLanes) + index % kStateLanes;
    std::vector<std::complex<double>> result(std::size_t{1} << m_qubits);
    for (std::size_t b = 0; b < result.size(); ++b)
        result[b] = {at[2 * b * kStateLanes], at[(2 * b + 1) * kStateLanes]};
    return result;
}

void StateBatch::apply(const Circuit& circuit, std::span<const double> parameters)
{
    if (circuit.qubits() != m_qubits)
        fail({"circuit", std::to_string(m_qubits) + " qubits", std::to_string(circuit.qubits()), ""});
    const std::vector<StateLayer> layers = planLayers(circuit, parameters);
    parallelFor(groups(), groupDoubles() * layers.size(), [&](std::size_t number) {
        Amplitudes spare(groupDoubles() / 2);
        runLayersOnBatch(layers, m_qubits, m_states.reals() + number * groupDoubles(), spare.reals());
    });
}

std::vector<double> StateBatch::expectations(std::span<const PauliString> strings) const
{
    std::vector<double> result(m_count * strings.size());
    parallelFor(groups(), groupDoubles() * strings.size(), [&](std::size_t number) {
        std::array<double, kStateLanes> sums{};
        const std::size_t first = number * kStateLanes;
        for (std::size_t s = 0; s < strings.size(); ++s) {
            const PauliString& string = strings[s];
            const std::size_t y = string.yCount();
            stateKernels().overlapBatch(group(number), std::size_t{1} << m_qubits, string.x, string.z,
                                        static_cast<int>(y & 1), sums.data());
            const double sign = y % 4 == 1 || y % 4 == 2 ? -1.0 : 1.0;  // of Re[i^y (a + i·b)]
            for (std::size_t i = first; i < std::min(first + kStateLanes, m_count); ++i)
                result[i * strings.size() + s] = sign * sums[i - first];
        }
    });
    return result;
}

}  // namespace ketscope
