// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/attention/state_pairs.h"

#include "core/attention/rows.h"
#include "core/quantum/ansatz.h"
#include "core/quantum/iqp_state.h"
#include "core/quantum/state_vector.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace ketscope {

namespace {

using Complex = std::complex<double>;

std::vector<double> scaled(std::span<const float> vector, double factor)
{
    std::vector<double> result(vector.begin(), vector.end());
    for (double& x : result)
        x *= factor;
    return result;
}

double squaredNorm(std::span<const float> vector)
{
    double sum = 0.0;
    for (const float x : vector)
        sum += static_cast<double>(x) * x;
    return sum;
}

void square(PairScores& scores)
{
    for (std::size_t pair = 0; pair < scores.overlaps.size(); ++pair) {
        scores.overlaps[pair] = std::clamp(scores.overlaps[pair], -1.0, 1.0);
        scores.fidelities[pair] = scores.overlaps[pair] * scores.overlaps[pair];
    }
}

// Cosines of the angle between vectors.
class AmplitudePairs final : public StatePairs {
public:
    explicit AmplitudePairs(const HeadInput& input)
        : m_queries(input.queries), m_keys(PackedMatrix::transposed(normalizedRows(input.keys).matrix()))
    {
    }

    void fill(std::size_t first, PairScores& scores) const override
    {
        Tensor products({scores.rows, scores.keys});
        m_keys.multiply(normalizedRows(m_queries.middleRows(first, scores.rows)).matrix(), products.matrix());
        std::ranges::copy(products.values(), scores.overlaps.begin());
        square(scores);
    }

private:
    MatrixView m_queries;
    PackedMatrix m_keys;  // (d, m)
};

// Overlaps of [q, c] and [k, c]. c belongs to the row and looks at allowed keys alone, so that no later token enters.
class AffinePairs final : public StatePairs {
public:
    explicit AffinePairs(const HeadInput& input) : m_input(input), m_keys(PackedMatrix::transposed(input.keys))
    {
        for (std::size_t key = 0; key < input.keys.rows; ++key)
            m_norms.push_back(squaredNorm(input.keys.row(key)));
    }

    void fill(std::size_t first, PairScores& scores) const override
    {
        Tensor products({scores.rows, scores.keys});
        m_keys.multiply(m_input.queries.middleRows(first, scores.rows), products.matrix());
        for (std::size_t i = 0; i < scores.rows; ++i)
            fillRow(first + i, products.matrix().row(i), scores.overlapRow(i));
        square(scores);
    }

private:
    void fillRow(std::size_t row, std::span<const float> products, std::span<double> overlaps) const
    {
        double c2 = 0.0;
        for (std::size_t key = 0; key < products.size(); ++key)
            if (isAllowed(m_input, row, key))
                c2 = std::max(c2, std::abs(static_cast<double>(products[key])));
        const double queryNorm = squaredNorm(m_input.queries.row(row));
        for (std::size_t key = 0; key < products.size(); ++key) {
            const double norms = (queryNorm + c2) * (m_norms[key] + c2);
            overlaps[key] = norms > 0.0 ? (products[key] + c2) / std::sqrt(norms) : 0.0;
        }
    }

    const HeadInput& m_input;
    PackedMatrix m_keys;
    std::vector<double> m_norms;  // ‖k‖²
};

// Product states ⊗ RY(x)|0⟩: overlaps Π cos((q − k)/2), with the cosine of a difference taken apart so that only n + m sets
// of waves are needed; with noise on each qubit Tr(ρσ) is a product over qubits, too.
class AnglePairs final : public StatePairs {
public:
    AnglePairs(const HeadInput& input, const FidelitySettings& settings)
        : m_queries(input.queries), m_scale(settings.bandwidth), m_count(input.keys.rows),
          m_kraus(settings.noise.kraus), m_cosines(input.keys.rows * input.keys.columns), m_sines(m_cosines)
    {
        const KrausOperators keyNoise = settings.bothStates ? m_kraus : KrausOperators();
        if (!m_kraus.empty())
            m_points.resize(m_cosines.size());
        for (std::size_t key = 0; key < m_count; ++key)
            for (std::size_t i = 0; i < input.keys.columns; ++i) {
                const double angle = m_scale * input.keys(key, i);
                m_cosines[i * m_count + key] = std::cos(0.5 * angle);
                m_sines[i * m_count + key] = std::sin(0.5 * angle);
                if (!m_kraus.empty())
                    m_points[i * m_count + key] = noisyBloch(angle, keyNoise);
            }
    }

    void fill(std::size_t first, PairScores& scores) const override
    {
        for (std::size_t i = 0; i < scores.rows; ++i)
            fillOverlaps(m_queries.row(first + i), scores.overlapRow(i));
        square(scores);
        for (std::size_t i = 0; i < scores.rows && !m_kraus.empty(); ++i)
            fillFidelities(m_queries.row(first + i), scores.fidelityRow(i));
    }

private:
    void fillOverlaps(std::span<const float> query, std::span<double> overlaps) const
    {
        std::ranges::fill(overlaps, 1.0);
        for (std::size_t i = 0; i < query.size(); ++i) {
            const double c = std::cos(0.5 * m_scale * query[i]);
            const double s = std::sin(0.5 * m_scale * query[i]);
            for (std::size_t key = 0; key < m_count; ++key)
                overlaps[key] *= c * m_cosines[i * m_count + key] + s * m_sines[i * m_count + key];
        }
    }

    void fillFidelities(std::span<const float> query, std::span<double> fidelities) const
    {
        std::ranges::fill(fidelities, 1.0);
        for (std::size_t i = 0; i < query.size(); ++i) {
            const Bloch q = noisyBloch(m_scale * query[i], m_kraus);
            for (std::size_t key = 0; key < m_count; ++key) {
                const Bloch& k = m_points[i * m_count + key];
                fidelities[key] *= 0.5 * (1.0 + q[0] * k[0] + q[1] * k[1] + q[2] * k[2]);
            }
        }
    }

    MatrixView m_queries;
    double m_scale;
    std::size_t m_count;
    KrausOperators m_kraus;
    std::vector<double> m_cosines;  // (d, m)
    std::vector<double> m_sines;
    std::vector<Bloch> m_points;  // (d, m); empty without noise
};

class IqpPairs final : public StatePairs {
public:
    IqpPairs(const HeadInput& input, const FidelitySettings& settings, const Monitor& monitor)
        : m_queries(encode(input.queries, settings, monitor, m_bloch.queries))
    {
        const ComplexStates keys = encode(input.keys, settings, monitor, m_bloch.keys);
        m_real = PackedMatrix::transposed(keys.matrix());
        m_imaginary = PackedMatrix::transposed(keys.turned().matrix());
    }

    BlochVectors bloch() const override { return m_bloch; }

    void fill(std::size_t first, PairScores& scores) const override
    {
        Tensor real({scores.rows, scores.keys});
        Tensor imaginary({scores.rows, scores.keys});
        const MatrixView queries = m_queries.matrix().middleRows(first, scores.rows);
        m_real.multiply(queries, real.matrix());
        m_imaginary.multiply(queries, imaginary.matrix());
        std::ranges::copy(real.values(), scores.overlaps.begin());
        square(scores);
        for (std::size_t pair = 0; pair < scores.fidelities.size(); ++pair) {
            const auto other = static_cast<double>(imaginary.values()[pair]);
            scores.fidelities[pair] = std::min(scores.fidelities[pair] + other * other, 1.0);
        }
    }

private:
    static ComplexStates encode(MatrixView vectors, const FidelitySettings& settings, const Monitor& monitor,
                                TensorPointer& bloch)
    {
        const std::size_t qubits = settings.qubitsOf(vectors.columns);
        ComplexStates states(vectors.rows, std::size_t{1} << qubits);
        Tensor points({vectors.rows, qubits, 3});
        for (std::size_t token = 0; token < vectors.rows; ++token) {
            monitor.check();
            const std::vector<Complex> state = encodedState(vectors.row(token), settings);
            states.set(token, state);
            fillBloch(state, points.values().subspan(3 * qubits * token, 3 * qubits));
        }
        bloch = std::make_shared<const Tensor>(std::move(points));
        return states;
    }

    BlochVectors m_bloch;
    ComplexStates m_queries;
    PackedMatrix m_real;
    PackedMatrix m_imaginary;
};

}  // namespace

Bloch noisyBloch(double angle, const KrausOperators& kraus)
{
    const double x = std::sin(angle);
    const double z = std::cos(angle);
    if (kraus.empty())
        return {x, 0.0, z};
    KrausOperator after{};
    const std::array<double, 4> before = {0.5 * (1.0 + z), 0.5 * x, 0.5 * x, 0.5 * (1.0 - z)};
    for (const KrausOperator& k : kraus)
        for (std::size_t cell = 0; cell < 4; ++cell)
            for (std::size_t inner = 0; inner < 4; ++inner)
                after[cell] += k[cell / 2 * 2 + inner / 2] * before[inner] * std::conj(k[cell % 2 * 2 + inner % 2]);
    return {2.0 * after[1].real(), -2.0 * after[1].imag(), (after[0] - after[3]).real()};
}

void fillBloch(std::span<const std::complex<double>> amplitudes, std::span<float> bloch)
{
    for (std::size_t bit = amplitudes.size() / 2, at = 0; bit > 0; bit /= 2, at += 3) {
        Complex coherence = 0.0;  // Σ ψ*(…0…) ψ(…1…)
        double z = 0.0;
        for (std::size_t b = 0; b < amplitudes.size(); ++b) {
            if ((b & bit) != 0)
                continue;
            coherence += std::conj(amplitudes[b]) * amplitudes[b | bit];
            z += std::norm(amplitudes[b]) - std::norm(amplitudes[b | bit]);
        }
        bloch[at] = static_cast<float>(2.0 * coherence.real());
        bloch[at + 1] = static_cast<float>(2.0 * coherence.imag());
        bloch[at + 2] = static_cast<float>(z);
    }
}

void ComplexStates::set(std::size_t token, std::span<const std::complex<double>> amplitudes)
{
    const std::span<float> row = m_values.matrix().row(token);
    for (std::size_t i = 0; i < m_dimension; ++i) {
        row[i] = static_cast<float>(amplitudes[i].real());
        row[m_dimension + i] = static_cast<float>(amplitudes[i].imag());
    }
}

Tensor ComplexStates::turned() const
{
    Tensor result(m_values.shape());
    for (std::size_t token = 0; token < result.shape()[0]; ++token)
        for (std::size_t i = 0; i < m_dimension; ++i) {
            result.matrix()(token, i) = m_values.matrix()(token, m_dimension + i);
            result.matrix()(token, m_dimension + i) = -m_values.matrix()(token, i);
        }
    return result;
}

std::unique_ptr<StatePairs> pureStatePairs(const HeadInput& input, const FidelitySettings& settings,
                                           const Monitor& monitor)
{
    if (settings.sign == SignRemedy::Affine)
        return std::make_unique<AffinePairs>(input);
    switch (settings.map) {
    case StateEncoding::Angle: return std::make_unique<AnglePairs>(input, settings);
    case StateEncoding::Iqp: return std::make_unique<IqpPairs>(input, settings, monitor);
    case StateEncoding::Amplitude: break;
    }
    return std::make_unique<AmplitudePairs>(input);
}

Circuit encodingCircuit(std::span<const float> vector, const FidelitySettings& settings)
{
    const std::size_t qubits = settings.qubitsOf(vector.size());
    const std::vector<double> data = scaled(vector, settings.bandwidth);
    if (settings.map == StateEncoding::Amplitude)
        return amplitudeEncodingCircuit(data);
    if (settings.map == StateEncoding::Angle)
        return angleEncoding(data);
    Circuit circuit(qubits);
    for (std::size_t first = 0; first < data.size(); first += qubits)
        circuit.append(
            iqpFeatureMap(std::span(data).subspan(first, std::min(qubits, data.size() - first)), settings.repetitions));
    return circuit;
}

std::vector<std::complex<double>> encodedState(std::span<const float> vector, const FidelitySettings& settings)
{
    std::vector<Complex> state(std::size_t{1} << settings.qubitsOf(vector.size()), 0.0);
    if (settings.map == StateEncoding::Amplitude) {
        const double norm = std::sqrt(squaredNorm(vector));
        for (std::size_t i = 0; i < vector.size(); ++i)
            state[i] = norm > 0.0 ? vector[i] / norm : 0.0;
        return state;
    }
    state[0] = 1.0;
    if (settings.map == StateEncoding::Iqp) {
        const std::vector<double> data = scaled(vector, settings.bandwidth);
        const std::size_t qubits = settings.qubitsOf(vector.size());
        for (std::size_t first = 0; first < data.size(); first += qubits)
            applyIqpFeatureMap(std::span(data).subspan(first, std::min(qubits, data.size() - first)),
                               settings.repetitions, state);
        return state;
    }
    const StateVector encoded = StateVector(settings.qubitsOf(vector.size())).apply(encodingCircuit(vector, settings));
    std::ranges::copy(encoded.amplitudes(), state.begin());
    return state;
}

}  // namespace ketscope
