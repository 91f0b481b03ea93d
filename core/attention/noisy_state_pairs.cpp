// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/attention/rows.h"
#include "core/attention/state_pairs.h"
#include "core/base/parallel.h"
#include "core/quantum/trajectory.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace ketscope {

namespace {

using Complex = std::complex<double>;

// Random numbers of the trajectories of queries and of keys.
constexpr std::uint16_t kQueryRuns = 11;
constexpr std::uint16_t kKeyRuns = 12;

// Pure pairs under noise on the whole register.
class MixedPairs final : public StatePairs {
public:
    MixedPairs(std::unique_ptr<StatePairs> pure, const RegisterMixing& mixing)
        : m_pure(std::move(pure)), m_mixing(mixing)
    {
    }

    BlochVectors bloch() const override { return m_pure->bloch(); }

    void fill(std::size_t first, PairScores& scores) const override
    {
        m_pure->fill(first, scores);
        for (double& fidelity : scores.fidelities)
            fidelity = m_mixing.factor * fidelity + m_mixing.offset;
    }

private:
    std::unique_ptr<StatePairs> m_pure;
    RegisterMixing m_mixing;
};

// A Hermitian matrix as D² real numbers whose products are the traces of products: the diagonal, and √2 times the real and
// imaginary parts above it.
void flatten(const DensityMatrix& state, std::span<float> numbers)
{
    std::size_t next = 0;
    for (std::size_t row = 0; row < state.dimension(); ++row) {
        numbers[next++] = static_cast<float>(state(row, row).real());
        for (std::size_t column = row + 1; column < state.dimension(); ++column) {
            const Complex entry = std::numbers::sqrt2 * state(row, column);
            numbers[next++] = static_cast<float>(entry.real());
            numbers[next++] = static_cast<float>(entry.imag());
        }
    }
}

class DensityPairs final : public StatePairs {
public:
    DensityPairs(std::unique_ptr<StatePairs> pure, const HeadInput& input, const FidelitySettings& settings,
                 const Monitor& monitor)
        : m_pure(std::move(pure)), m_queries(densities(input.queries, settings, true, monitor)),
          m_keys(PackedMatrix::transposed(densities(input.keys, settings, settings.bothStates, monitor).matrix()))
    {
    }

    BlochVectors bloch() const override { return m_pure->bloch(); }

    void fill(std::size_t first, PairScores& scores) const override
    {
        m_pure->fill(first, scores);
        Tensor products({scores.rows, scores.keys});
        m_keys.multiply(m_queries.matrix().middleRows(first, scores.rows), products.matrix());
        std::ranges::transform(products.values(), scores.fidelities.begin(),
                               [](float f) { return std::clamp(static_cast<double>(f), 0.0, 1.0); });
    }

private:
    static Tensor densities(MatrixView vectors, const FidelitySettings& settings, bool noisy, const Monitor& monitor)
    {
        const std::size_t dimension = std::size_t{1} << settings.qubitsOf(vectors.columns);
        Tensor result = Tensor::zeros({vectors.rows, dimension * dimension});
        parallelFor(vectors.rows, dimension * dimension * dimension, [&](std::size_t token) {
            monitor.check();
            if (hasState(vectors.row(token), settings))
                flatten(densityOf(vectors.row(token), settings, noisy), result.matrix().row(token));
        });
        return result;
    }

    std::unique_ptr<StatePairs> m_pure;
    Tensor m_queries;     // (n, D²)
    PackedMatrix m_keys;  // (D², m)
};

// A vector's noisy state, drawn again and again.
class Runs {
public:
    Runs(std::span<const float> vector, const FidelitySettings& settings)
        : m_settings(settings), m_circuit(encodingCircuit(vector, settings)), m_pure(encodedState(vector, settings))
    {
    }

    const std::vector<Complex>& pure() const { return m_pure; }

    std::vector<Complex> draw(RandomStream& stream) const
    {
        if (!m_settings.afterEachGate) {
            std::vector<Complex> state = m_pure;
            applyAtRandom(state, m_settings.noise, stream);
            return state;
        }
        std::vector<Complex> state(m_pure.size(), 0.0);
        state[0] = 1.0;
        runTrajectory(state, m_circuit, {}, m_settings.noise, NoisePlace::AfterEachGate, stream);
        return state;
    }

private:
    const FidelitySettings& m_settings;
    Circuit m_circuit;
    std::vector<Complex> m_pure;
};

// Run t of a query against run t of every key: the mean of |⟨q_t|k_t⟩|² comes to Tr(ρσ).
class TrajectoryPairs final : public StatePairs {
public:
    TrajectoryPairs(std::unique_ptr<StatePairs> pure, const HeadInput& input, const FidelitySettings& settings,
                    const Monitor& monitor)
        : m_pure(std::move(pure))
    {
        m_queries = allRuns(input.queries, settings, {input.random, kQueryRuns, true}, monitor);
        for (const ComplexStates& run :
             allRuns(input.keys, settings, {input.random, kKeyRuns, settings.bothStates}, monitor)) {
            m_real.push_back(PackedMatrix::transposed(run.matrix()));
            m_imaginary.push_back(PackedMatrix::transposed(run.turned().matrix()));
        }
    }

    BlochVectors bloch() const override { return m_pure->bloch(); }

    void fill(std::size_t first, PairScores& scores) const override
    {
        m_pure->fill(first, scores);
        scores.runs = m_queries.size();
        scores.samples.resize(scores.runs * scores.fidelities.size());
        std::ranges::fill(scores.fidelities, 0.0);
        Tensor real({scores.rows, scores.keys});
        Tensor imaginary({scores.rows, scores.keys});
        auto sample = scores.samples.begin();
        for (std::size_t run = 0; run < m_queries.size(); ++run) {
            const MatrixView queries = m_queries[run].matrix().middleRows(first, scores.rows);
            m_real[run].multiply(queries, real.matrix());
            m_imaginary[run].multiply(queries, imaginary.matrix());
            for (std::size_t pair = 0; pair < scores.fidelities.size(); ++pair) {
                const auto x = static_cast<double>(real.values()[pair]);
                const auto y = static_cast<double>(imaginary.values()[pair]);
                *sample = std::min(x * x + y * y, 1.0);
                scores.fidelities[pair] += *sample++ / static_cast<double>(scores.runs);
            }
        }
    }

private:
    struct Source {
        RandomKey random;
        std::uint16_t purpose;
        bool noisy;
    };

    static std::vector<ComplexStates> allRuns(MatrixView vectors, const FidelitySettings& settings,
                                              const Source& source, const Monitor& monitor)
    {
        std::vector<ComplexStates> runs;
        for (std::size_t run = 0; run < settings.runs; ++run)
            runs.emplace_back(vectors.rows, std::size_t{1} << settings.qubitsOf(vectors.columns));
        const std::size_t numbers = settings.runs << settings.qubitsOf(vectors.columns);
        parallelFor(vectors.rows, numbers, [&](std::size_t token) {
            monitor.check();
            if (!hasState(vectors.row(token), settings))
                return;
            RandomStream stream(source.random, static_cast<std::uint32_t>(token), source.purpose);
            const Runs drawn(vectors.row(token), settings);
            for (ComplexStates& run : runs)
                run.set(token, source.noisy ? drawn.draw(stream) : drawn.pure());
        });
        return runs;
    }

    std::unique_ptr<StatePairs> m_pure;
    std::vector<ComplexStates> m_queries;
    std::vector<PackedMatrix> m_real;
    std::vector<PackedMatrix> m_imaginary;
};

// All that is kept of a head's noisy states, in bytes, must stay below this.
constexpr double kMaximumBytes = 0x1p30;

void checkSize(const HeadInput& input, const FidelitySettings& settings, const std::string& remedy)
{
    const auto tokens = static_cast<double>(input.queries.rows + input.keys.rows);
    const double most = std::floor(kMaximumBytes / sizeof(float) / numbersOfState(settings, input.queries.columns));
    if (tokens > most)
        refuse({"noise on states", "at most " + shortestNumber(most) + " queries and keys in 1 GiB",
                shortestNumber(tokens), remedy});
}

std::unique_ptr<StatePairs> simulatedPairs(std::unique_ptr<StatePairs> pure, const HeadInput& input,
                                           const FidelitySettings& settings, const Monitor& monitor)
{
    if (settings.trajectories) {
        checkSize(input, settings, "Use fewer trajectories or tokens.");
        return std::make_unique<TrajectoryPairs>(std::move(pure), input, settings, monitor);
    }
    checkDensityQubits(settings, input.queries.columns);
    checkSize(input, settings, "Use trajectories or fewer tokens.");
    return std::make_unique<DensityPairs>(std::move(pure), input, settings, monitor);
}

// Gates that encode a vector, as many for every one.
double gatesOf(const FidelitySettings& settings, std::size_t components)
{
    if (settings.map == StateEncoding::Angle)
        return static_cast<double>(components);
    return static_cast<double>(encodingCircuit(std::vector<float>(components, 1.0F), settings).operations().size());
}

}  // namespace

double numbersOfState(const FidelitySettings& settings, std::size_t components)
{
    const std::size_t qubits = settings.qubitsOf(components);
    const double dimension = std::exp2(static_cast<double>(qubits));
    if (settings.hasTrajectories())
        return 4.0 * dimension * static_cast<double>(settings.runs);
    if (settings.simulatesNoise())
        return qubits > DensityMatrix::kMaximumQubits ? 0.0 : dimension * dimension;
    return settings.map == StateEncoding::Angle ? 0.0 : 4.0 * dimension;
}

bool hasState(std::span<const float> vector, const FidelitySettings& settings)
{
    return settings.map != StateEncoding::Amplitude || std::ranges::any_of(vector, [](float x) { return x != 0.0F; });
}

DensityMatrix densityOf(std::span<const float> vector, const FidelitySettings& settings, bool noisy)
{
    if (noisy && settings.afterEachGate)
        return DensityMatrix(settings.qubitsOf(vector.size()))
            .apply(encodingCircuit(vector, settings), {}, settings.noise, NoisePlace::AfterEachGate);
    DensityMatrix state = DensityMatrix::pure(encodedState(vector, settings));
    return noisy ? state.apply(settings.noise) : state;
}

void checkDensityQubits(const FidelitySettings& settings, std::size_t components)
{
    const std::size_t qubits = settings.qubitsOf(components);
    if (qubits > DensityMatrix::kMaximumQubits)
        refuse({"density matrix", "at most 8 qubits (256 components)",
                std::to_string(qubits) + " qubits for " + std::to_string(components) + " components",
                "Choose simulation=trajectories."});
}

RegisterMixing registerMixing(const FidelitySettings& settings, std::size_t components)
{
    if (settings.noise.registerMixing == 0.0)
        return {};
    const double times =
        (settings.bothStates ? 2.0 : 1.0) * (settings.afterEachGate ? gatesOf(settings, components) : 1.0);
    const double factor = std::pow(1.0 - settings.noise.registerMixing, times);
    return {factor, (1.0 - factor) * std::exp2(-static_cast<double>(settings.qubitsOf(components)))};
}

std::unique_ptr<StatePairs> statePairs(const HeadInput& input, const FidelitySettings& settings, const Monitor& monitor)
{
    auto pure = pureStatePairs(input, settings, monitor);
    if (settings.noise.registerMixing != 0.0)
        return std::make_unique<MixedPairs>(std::move(pure), registerMixing(settings, input.queries.columns));
    if (settings.simulatesNoise())
        return simulatedPairs(std::move(pure), input, settings, monitor);
    return pure;
}

}  // namespace ketscope
