// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/quantum/state_batch.h"

#include "core/base/error.h"
#include "core/base/parallel.h"
#include "core/quantum/state_kernels.h"
#include "core/quantum/state_plan.h"

#include <algorithm>

namespace ketscope {

namespace {

template <typename Real> std::shared_ptr<float> allocate(std::size_t numbers)
{
    return allocateFloats(numbers * (sizeof(Real) / sizeof(float)));
}

}  // namespace

template <typename Real>
BasicStateBatch<Real>::BasicStateBatch(std::size_t qubits, std::size_t count) : m_qubits(qubits), m_count(count)
{
    if (qubits == 0 || qubits > kMaximumBatchQubits)
        refuse({"batch of states", "1 to " + std::to_string(kMaximumBatchQubits) + " qubits", std::to_string(qubits),
                "Larger states run one by one."});
    if (count > (std::size_t{1} << 32) >> qubits)
        refuse({"batch of states", "at most " + std::to_string((std::size_t{1} << 32) >> qubits) + " states",
                std::to_string(count), ""});
    m_states = allocate<Real>(groups() * groupSize());
    std::fill_n(group(0), groups() * groupSize(), Real{0});
    for (std::size_t index = 0; index < count; ++index)
        *lane(index) = Real{1};
}

template <typename Real> BasicStateBatch<Real> BasicStateBatch<Real>::clone() const
{
    BasicStateBatch copy(m_qubits, 0);
    copy.m_count = m_count;
    copy.m_states = allocate<Real>(groups() * groupSize());
    std::copy_n(group(0), groups() * groupSize(), copy.group(0));
    return copy;
}

template <typename Real> bool BasicStateBatch<Real>::encode(std::size_t index, std::span<const float> data)
{
    const std::size_t amplitudes = std::size_t{1} << m_qubits;
    if (data.size() > amplitudes)
        refuse({"amplitude encoding", "at most " + std::to_string(amplitudes) + " numbers", std::to_string(data.size()),
                "Use " + std::to_string(qubitsFor(data.size())) + " qubits."});
    std::array<double, 64> few;
    std::vector<double> many(amplitudes > few.size() ? amplitudes : 0);
    const std::span<double> values = many.empty() ? std::span(few).first(amplitudes) : std::span(many);
    const double length = encodeAmplitudes(data, values);
    write(index, values, {});
    return length != 0.0;
}

template <typename Real>
void BasicStateBatch<Real>::set(std::size_t index, std::span<const std::complex<double>> amplitudes)
{
    Real* at = lane(index);
    for (std::size_t b = 0; b < amplitudes.size(); ++b) {
        at[2 * b * kLanes] = static_cast<Real>(amplitudes[b].real());
        at[(2 * b + 1) * kLanes] = static_cast<Real>(amplitudes[b].imag());
    }
}

template <typename Real> std::vector<std::complex<double>> BasicStateBatch<Real>::amplitudes(std::size_t index) const
{
    const Real* at = lane(index);
    std::vector<std::complex<double>> result(std::size_t{1} << m_qubits);
    for (std::size_t b = 0; b < result.size(); ++b)
        result[b] = {at[2 * b * kLanes], at[(2 * b + 1) * kLanes]};
    return result;
}

template <typename Real>
void BasicStateBatch<Real>::write(std::size_t index, std::span<const double> real, std::span<const double> imaginary)
{
    Real* at = lane(index);
    for (std::size_t b = 0; b < std::size_t{1} << m_qubits; ++b) {
        at[2 * b * kLanes] = static_cast<Real>(real[b]);
        at[(2 * b + 1) * kLanes] = imaginary.empty() ? Real{0} : static_cast<Real>(imaginary[b]);
    }
}

template <typename Real>
void BasicStateBatch<Real>::read(std::size_t index, std::span<double> real, std::span<double> imaginary) const
{
    const Real* at = lane(index);
    for (std::size_t b = 0; b < real.size(); ++b)
        real[b] = static_cast<double>(at[2 * b * kLanes]);
    for (std::size_t b = 0; b < imaginary.size(); ++b)
        imaginary[b] = static_cast<double>(at[(2 * b + 1) * kLanes]);
}

template <typename Real> void BasicStateBatch<Real>::apply(const Circuit& circuit, std::span<const double> parameters)
{
    if (circuit.qubits() != m_qubits)
        fail({"circuit", std::to_string(m_qubits) + " qubits", std::to_string(circuit.qubits()), ""});
    const std::vector<StateLayer> layers = planLayers(circuit, parameters);
    parallelFor(groups(), groupSize() * layers.size(), [&](std::size_t number) {
        const std::shared_ptr<float> spare = allocate<Real>(groupSize());
        runLayersOnBatch(layers, m_qubits, group(number), reinterpret_cast<Real*>(spare.get()));
    });
}

template <typename Real>
std::vector<double> BasicStateBatch<Real>::expectations(std::span<const PauliString> strings) const
{
    std::vector<double> result(m_count * strings.size());
    parallelFor(groups(), groupSize() * strings.size(), [&](std::size_t number) {
        std::array<double, kLanes> sums{};
        const std::size_t first = number * kLanes;
        for (std::size_t s = 0; s < strings.size(); ++s) {
            const PauliString& string = strings[s];
            const std::size_t y = string.yCount();
            stateKernelsOf<Real>().overlapBatch(group(number), std::size_t{1} << m_qubits, string.x, string.z,
                                                static_cast<int>(y & 1), sums.data());
            const double sign = y % 4 == 1 || y % 4 == 2 ? -1.0 : 1.0;  // of Re[i^y (a + i·b)]
            for (std::size_t i = first; i < std::min(first + kLanes, m_count); ++i)
                result[i * strings.size() + s] = sign * sums[i - first];
        }
    });
    return result;
}

template <typename Real>
BasicStateBatch<Real> BasicStateBatch<Real>::observed(std::span<const PauliString> strings,
                                                      std::span<const double> weights) const
{
    if (weights.size() != m_count * strings.size())
        fail({"observables of a batch", std::to_string(m_count * strings.size()) + " weights",
              std::to_string(weights.size()), ""});
    BasicStateBatch result(m_qubits, 0);
    result.m_count = m_count;
    result.m_states = allocate<Real>(groups() * groupSize());
    parallelFor(groups(), groupSize() * strings.size(), [&](std::size_t number) {
        Real* target = result.group(number);
        std::fill_n(target, groupSize(), Real{0});
        const std::size_t first = number * kLanes;
        const std::size_t last = std::min(first + kLanes, m_count);
        for (std::size_t s = 0; s < strings.size(); ++s) {
            const std::size_t y = strings[s].yCount();
            std::array<Real, kLanes> factors{};  // i^y is 1 or i with this sign
            for (std::size_t i = first; i < last; ++i)
                factors[i - first] =
                    static_cast<Real>(y % 4 >= 2 ? -weights[i * strings.size() + s] : weights[i * strings.size() + s]);
            stateKernelsOf<Real>().addStringBatch(group(number), std::size_t{1} << m_qubits, strings[s].x, strings[s].z,
                                                  static_cast<int>(y & 1), factors.data(), target);
        }
    });
    return result;
}

template class BasicStateBatch<double>;
template class BasicStateBatch<float>;

}  // namespace ketscope
