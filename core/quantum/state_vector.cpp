// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/quantum/state_vector.h"

#include "core/base/error.h"
#include "core/quantum/gate_application.h"
#include "core/quantum/state_plan.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>

namespace ketscope {

void checkStateQubits(std::size_t qubits)
{
    if (qubits == 0 || qubits > kMaximumStateQubits)
        refuse({"state vector", "1 to " + std::to_string(kMaximumStateQubits) + " qubits", std::to_string(qubits),
                std::to_string(kMaximumStateQubits) + " qubits fit."});
}

std::size_t qubitsFor(std::size_t components)
{
    return components <= 2 ? 1 : static_cast<std::size_t>(std::bit_width(components - 1));
}

std::array<std::complex<double>, 4> QubitState::density() const
{
    const auto& [x, y, z] = bloch;
    return {0.5 * (1.0 + z), {0.5 * x, -0.5 * y}, {0.5 * x, 0.5 * y}, 0.5 * (1.0 - z)};
}

StateVector::StateVector(std::size_t qubits) : m_qubits(qubits)
{
    checkStateQubits(qubits);
    m_amplitudes = Amplitudes(std::size_t{1} << qubits);
    std::ranges::fill(m_amplitudes.values(), 0.0);
    m_amplitudes.data()[0] = 1.0;
}

StateVector::StateVector(std::span<const std::complex<double>> amplitudes) : m_qubits(qubitsFor(amplitudes.size()))
{
    checkStateQubits(m_qubits);
    if (amplitudes.size() != std::size_t{1} << m_qubits)
        refuse({"state vector", "a power of two amplitudes", std::to_string(amplitudes.size()), ""});
    m_amplitudes = Amplitudes(amplitudes.size());
    std::ranges::copy(amplitudes, m_amplitudes.data());
}

StateVector::StateVector(const StateVector& other) : m_qubits(other.m_qubits), m_amplitudes(other.m_amplitudes.size())
{
    std::ranges::copy(other.amplitudes(), m_amplitudes.data());
}

StateVector& StateVector::operator=(StateVector other) noexcept
{
    m_qubits = other.m_qubits;
    std::swap(m_amplitudes, other.m_amplitudes);
    return *this;
}

namespace {

// Σ (x/scale)², in lanes that a compiler can keep side by side.
template <typename T> double sumOfSquares(std::span<const T> data, double scale)
{
    std::array<double, 8> sums{};
    std::size_t i = 0;
    for (; i + sums.size() <= data.size(); i += sums.size())
        for (std::size_t lane = 0; lane < sums.size(); ++lane) {
            const double x = static_cast<double>(data[i + lane]) * scale;
            sums[lane] += x * x;
        }
    for (; i < data.size(); ++i)
        sums[0] += (static_cast<double>(data[i]) * scale) * (static_cast<double>(data[i]) * scale);
    return std::accumulate(sums.begin(), sums.end(), 0.0);
}

template <typename T> double encodeInto(std::span<const T> data, std::span<double> out)
{
    int exponent = 0;  // numbers in double precision are scaled by a power of two, so that no square overflows
    if constexpr (sizeof(T) == sizeof(double)) {
        double largest = 0.0;
        for (const T x : data)
            largest = std::max(largest, std::abs(x));
        std::frexp(largest, &exponent);
        exponent = std::max(exponent, -1000);  // 2^1000 still is a number
    }
    const double scale = std::ldexp(1.0, -exponent);
    const double length = std::sqrt(sumOfSquares(data, scale));
    if (!std::isfinite(length) || length == 0.0) {  // a sum with an infinity or a NaN is not finite
        std::ranges::fill(out, 0.0);
        return 0.0;
    }
    std::ranges::transform(data, out.begin(), [=](T x) { return static_cast<double>(x) * scale / length; });
    std::fill(out.begin() + static_cast<std::ptrdiff_t>(data.size()), out.end(), 0.0);
    return std::ldexp(length, exponent);
}

template <typename T> std::optional<StateVector> encoded(std::span<const T> data, std::size_t qubits)
{
    if (qubits == 0)
        qubits = qubitsFor(data.size());
    StateVector state(qubits);
    const std::span<std::complex<double>> amplitudes = state.amplitudes();
    if (data.size() > amplitudes.size())
        refuse({"amplitude encoding", "at most " + std::to_string(amplitudes.size()) + " numbers",
                std::to_string(data.size()), "Use " + std::to_string(qubitsFor(data.size())) + " qubits."});
    std::vector<double> values(amplitudes.size());
    if (encodeInto(data, values) == 0.0)
        return std::nullopt;
    std::ranges::copy(values, amplitudes.begin());
    return state;
}

}  // namespace

double encodeAmplitudes(std::span<const float> data, std::span<double> out) { return encodeInto(data, out); }

double encodeAmplitudes(std::span<const double> data, std::span<double> out) { return encodeInto(data, out); }

std::optional<StateVector> StateVector::encode(std::span<const float> data, std::size_t qubits)
{
    return encoded(data, qubits);
}

std::optional<StateVector> StateVector::encode(std::span<const double> data, std::size_t qubits)
{
    return encoded(data, qubits);
}

StateVector StateVector::product(const StateVector& first, const StateVector& second)
{
    StateVector result(first.qubits() + second.qubits());
    std::complex<double>* out = result.m_amplitudes.data();
    for (const std::complex<double> a : first.amplitudes())
        for (const std::complex<double> b : second.amplitudes())
            *out++ = a * b;
    return result;
}

StateVector& StateVector::apply(const Circuit& circuit, std::span<const double> parameters)
{
    if (circuit.qubits() != m_qubits)
        fail({"circuit", std::to_string(m_qubits) + " qubits", std::to_string(circuit.qubits()), ""});
    runLayers(planLayers(circuit, parameters), m_amplitudes);
    return *this;
}

std::vector<double> StateVector::probabilities() const
{
    std::vector<double> result(m_amplitudes.size());
    std::ranges::transform(amplitudes(), result.begin(), [](std::complex<double> a) { return std::norm(a); });
    return result;
}

std::vector<std::uint64_t> StateVector::sample(std::uint64_t shots, RandomStream& stream) const
{
    const std::vector<double> mass = probabilities();
    std::vector<double> rest = mass;  // of an outcome and all after it
    std::partial_sum(rest.rbegin(), rest.rend(), rest.rbegin());
    std::vector<std::uint64_t> counts(mass.size(), 0);
    for (std::size_t outcome = 0; outcome < mass.size() && shots > 0; ++outcome) {
        if (mass[outcome] > 0.0)
            counts[outcome] = stream.binomial(shots, std::min(1.0, mass[outcome] / rest[outcome]));
        shots -= counts[outcome];
    }
    return counts;
}

std::complex<double> StateVector::inner(const StateVector& other) const
{
    if (other.m_qubits != m_qubits)
        fail({"inner product", std::to_string(m_qubits) + " qubits", std::to_string(other.m_qubits), ""});
    std::complex<double> sum = 0.0;
    for (std::size_t b = 0; b < m_amplitudes.size(); ++b)
        sum += std::conj(m_amplitudes.data()[b]) * other.m_amplitudes.data()[b];
    return sum;
}

QubitState StateVector::qubit(std::size_t number) const
{
    if (number >= m_qubits)
        fail({"qubit", "a number below " + std::to_string(m_qubits), std::to_string(number), ""});
    const std::size_t bit = bitOf(number, m_qubits);
    double zero = 0.0;
    double one = 0.0;
    std::complex<double> coherence = 0.0;  // ρ₁₀ = Σ ψ₁ ψ₀*
    for (std::size_t b = 0; b < m_amplitudes.size(); ++b) {
        if ((b & bit) != 0)
            continue;
        const std::complex<double> a0 = m_amplitudes.data()[b];
        const std::complex<double> a1 = m_amplitudes.data()[b | bit];
        zero += std::norm(a0);
        one += std::norm(a1);
        coherence += a1 * std::conj(a0);
    }
    QubitState result{{2.0 * coherence.real(), 2.0 * coherence.imag(), zero - one}, 0.0};
    const auto& [x, y, z] = result.bloch;
    result.purity = 0.5 * ((zero + one) * (zero + one) + x * x + y * y + z * z);
    return result;
}

SingleStateVector::SingleStateVector(const StateVector& state)
    : m_qubits(state.qubits()), m_amplitudes(state.amplitudes().size())
{
    std::ranges::transform(state.amplitudes(), m_amplitudes.data(),
                           [](std::complex<double> a) { return std::complex<float>(a); });
}

SingleStateVector& SingleStateVector::apply(const Circuit& circuit, std::span<const double> parameters)
{
    if (circuit.qubits() != m_qubits)
        fail({"circuit", std::to_string(m_qubits) + " qubits", std::to_string(circuit.qubits()), ""});
    runLayers(planLayers(circuit, parameters), m_amplitudes);
    return *this;
}

StateVector SingleStateVector::whole() const
{
    StateVector result(m_qubits);
    std::ranges::copy(amplitudes(), result.amplitudes().begin());
    return result;
}

}  // namespace ketscope
