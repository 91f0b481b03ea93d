// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/attention/overlap_tests.h"
#include "core/attention/state_pairs.h"
#include "core/quantum/state_vector.h"
#include "tests/support/random_head.h"
#include "tests/support/statistics.h"

#include <array>
#include <cmath>
#include <complex>
#include <gmock/gmock.h>
#include <map>
#include <numeric>

namespace ketscope {
namespace {

using namespace test;
using Vector = std::vector<double>;

const Mechanism& fidelity() { return mechanism("fidelity"); }
constexpr double kFidelity = 0.10714285714;
const Vector kQuery = {1, 2, 3};
const Vector kKey = {2, -1, 1};

double dotProduct(const Vector& a, const Vector& b) { return std::inner_product(a.begin(), a.end(), b.begin(), 0.0); }

double overlapOf(const Vector& q, const Vector& k)
{
    const double norms = std::sqrt(dotProduct(q, q) * dotProduct(k, k));
    return norms > 0.0 ? dotProduct(q, k) / norms : 0.0;
}

Vector rowOf(MatrixView matrix, std::size_t row)
{
    const auto values = matrix.row(row);
    return {values.begin(), values.end()};
}

// One query against some keys of three components.
struct SmallHead {
    SmallHead(const Vector& query, const std::vector<Vector>& keys)
        : queryValues({1, query.size()}), keyValues({keys.size(), query.size()}),
          values(normalTensor(keys.size(), 2, 1))
    {
        std::ranges::transform(query, queryValues.data(), [](double x) { return static_cast<float>(x); });
        for (std::size_t j = 0; j < keys.size(); ++j)
            std::ranges::transform(keys[j], keyValues.matrix().row(j).begin(),
                                   [](double x) { return static_cast<float>(x); });
        input.queries = queryValues.matrix();
        input.keys = keyValues.matrix();
        input.values = values.matrix();
    }

    Tensor queryValues;
    Tensor keyValues;
    Tensor values;
    HeadInput input;
};

// The weights of one query's row.
std::vector<float> weightsOf(const Vector& query, const std::vector<Vector>& keys,
                             const std::vector<std::pair<std::string, std::string>>& changes = {})
{
    const SmallHead head(query, keys);
    const HeadResult result = runHead(fidelity(), head.input, with(fidelity(), changes));
    return {result.weights.data(), result.weights.data() + keys.size()};
}

// The score of `key`, found from the direct weights beside those of the query itself, whose score is 1.
double scoreOf(const Vector& query, const Vector& key, const std::vector<std::pair<std::string, std::string>>& changes)
{
    const auto weights = weightsOf(query, {key, query}, changes);
    return weights[0] / weights[1];
}

TEST(Fidelity, WorkedExample)
{
    EXPECT_NEAR(overlapOf(kQuery, kKey) * overlapOf(kQuery, kKey), kFidelity, 1e-10);
    EXPECT_NEAR(scoreOf(kQuery, kKey, {}), kFidelity, 1e-6);
    EXPECT_NEAR((1.0 + scoreOf(kQuery, kKey, {{"test", "hadamard-exact"}})) / 2.0, 0.66366341768, 1e-6);
    EXPECT_NEAR((1.0 + scoreOf(kQuery, kKey, {})) / 2.0, 0.55357142857, 1e-6);
}

TEST(Fidelity, ScaleAndSignDoNotMatterToTheAmplitudeMap)
{
    const Vector scaled = {20, -10, 10};
    const Vector opposite = {-2, 1, -1};
    EXPECT_NEAR(scoreOf(kQuery, scaled, {}), kFidelity, 1e-6);
    EXPECT_NEAR(scoreOf(kQuery, opposite, {}), kFidelity, 1e-6);
    EXPECT_NEAR(scoreOf({0.1, 0.2, 0.3}, kKey, {}), kFidelity, 1e-6);
}

TEST(Fidelity, SignRemediesTellOppositeKeysApart)
{
    const std::vector<Vector> keys = {kQuery, {-1, -2, -3}, kKey};
    EXPECT_FLOAT_EQ(weightsOf(kQuery, keys)[0], weightsOf(kQuery, keys)[1]);
    EXPECT_EQ(weightsOf(kQuery, keys, {{"sign", "affine"}})[1], 0.0F);  // c² = |q·k| of just this key
    EXPECT_EQ(weightsOf(kQuery, keys, {{"sign", "post-select"}})[1], 0.0F);
    EXPECT_EQ(weightsOf(kQuery, keys, {{"test", "hadamard-exact"}})[1], 0.0F);
    EXPECT_NEAR(weightsOf(kQuery, keys, {{"test", "hadamard-exact"}})[0], 1.0 / (1.0 + overlapOf(kQuery, kKey)), 1e-6);
}

// (q·k + c²)/√((‖q‖² + c²)(‖k‖² + c²)) is the overlap of [q, c] and [k, c]; here c² = q·q = 14.
TEST(Fidelity, AffineEmbeddingIsTheOverlapOfTheLongerVectors)
{
    const double c = std::sqrt(14.0);
    const double overlap = overlapOf({1, 2, 3, c}, {2, -1, 1, c});
    EXPECT_NEAR(overlap, 17.0 / std::sqrt(28.0 * 20.0), 1e-12);
    EXPECT_NEAR(scoreOf(kQuery, kKey, {{"sign", "affine"}}), overlap * overlap, 1e-6);
}

TEST(Fidelity, AngleMapIsAProductOfSquaredCosines)
{
    const double expected = std::pow(std::cos(0.5) * std::cos(1.5) * std::cos(1.0), 2);
    EXPECT_NEAR(scoreOf(kQuery, kKey, {{"map", "angle"}}), expected, 1e-6);
}

TEST(Fidelity, VectorsWithoutLengthHaveNoState)
{
    const std::vector<Vector> keys = {kQuery, {0, 0, 0}, kKey};
    for (const std::string test : {"exact", "inversion", "swap", "hadamard", "hadamard-exact"}) {
        EXPECT_THAT(weightsOf({0, 0, 0}, keys, {{"test", test}}), testing::Each(1.0F / 3.0F)) << test;
        EXPECT_EQ(weightsOf(kQuery, keys, {{"test", test}})[1], 0.0F) << test;
    }
}

TEST(Fidelity, RowOfZeroScoresIsUniform)
{
    const std::vector<Vector> keys = {{-1, -2, -3}, {-2, 1, -1}};
    EXPECT_THAT(weightsOf(kQuery, keys, {{"test", "hadamard-exact"}}), testing::Each(0.5F));
    EXPECT_THAT(weightsOf(kQuery, keys, {{"sign", "post-select"}}), testing::Each(0.5F));
}

// One row of weights for keys 0 … end − 1, in double precision.
Vector rowByDefinition(const HeadInput& input, const Parameters& parameters, std::size_t row, std::size_t end)
{
    const Vector query = rowOf(input.queries, row);
    const std::string test = parameters.choice("test");
    const std::string sign = test == "exact" ? parameters.choice("sign") : "none";
    double c2 = 0.0;
    for (std::size_t j = 0; j < end; ++j)
        c2 = std::max(c2, std::abs(dotProduct(query, rowOf(input.keys, j))));
    Vector weights(input.keys.rows, 0.0);
    for (std::size_t j = 0; j < end; ++j) {
        const Vector key = rowOf(input.keys, j);
        double overlap = overlapOf(query, key);
        if (sign == "affine")
            overlap = (dotProduct(query, key) + c2)
                      / std::sqrt((dotProduct(query, query) + c2) * (dotProduct(key, key) + c2));
        if (parameters.choice("map") == "angle") {
            overlap = 1.0;
            for (std::size_t i = 0; i < key.size(); ++i)
                overlap *= std::cos((query[i] - key[i]) / 2.0);
        }
        double score = test == "hadamard-exact" ? overlap : overlap * overlap;
        if (sign == "post-select" && overlap <= 0.0)
            score = 0.0;
        weights[j] =
            parameters.choice("rule") == "softmax" ? std::exp(score / parameters.real("tau")) : std::max(score, 0.0);
    }
    const double sum = std::accumulate(weights.begin(), weights.end(), 0.0);
    for (std::size_t j = 0; j < end; ++j)
        weights[j] = sum > 0.0 ? weights[j] / sum : 1.0 / static_cast<double>(end);
    return weights;
}

TEST(Fidelity, WeightsAreTheDefinition)
{
    RandomHead head(9, 9, 6, 4);
    head.input.mask.causal = true;
    using Changes = std::vector<std::pair<std::string, std::string>>;
    for (const Changes& what :
         {Changes{}, Changes{{"sign", "affine"}}, Changes{{"sign", "post-select"}}, Changes{{"map", "angle"}},
          Changes{{"map", "angle"}, {"sign", "post-select"}}, Changes{{"test", "hadamard-exact"}}})
        for (const std::string rule : {"direct", "softmax"}) {
            Changes changes = what;
            changes.emplace_back("rule", rule);
            changes.emplace_back("tau", "0.2");
            const Parameters parameters = with(fidelity(), changes);
            const HeadResult result = runHead(fidelity(), head.input, parameters);
            for (std::size_t i = 0; i < 9; ++i) {
                const Vector expected = rowByDefinition(head.input, parameters, i, i + 1);
                for (std::size_t j = 0; j < 9; ++j)
                    EXPECT_NEAR(result.weight(i, j), expected[j], 1e-5) << rule << " " << i << " " << j;
            }
        }
}

// Products of hundreds of cosines are far below the smallest float; their ratios are not.
TEST(Fidelity, AngleMapOfLongVectorsKeepsItsRatios)
{
    const RandomHead head(4, 7, 400, 3);
    const Parameters parameters = with(fidelity(), {{"map", "angle"}});
    const HeadResult result = runHead(fidelity(), head.input, parameters);
    for (std::size_t i = 0; i < 4; ++i) {
        const Vector expected = rowByDefinition(head.input, parameters, i, 7);
        for (std::size_t j = 0; j < 7; ++j)
            EXPECT_NEAR(result.weight(i, j), expected[j], 1e-5);
    }
}

// Whether a symmetric matrix (n, n) has no eigenvalue below −slack, by Cholesky's decomposition of matrix + slack.
bool isPositive(std::vector<Vector> matrix, double slack)
{
    for (std::size_t i = 0; i < matrix.size(); ++i) {
        matrix[i][i] += slack;
        for (std::size_t k = 0; k < i; ++k)
            matrix[i][i] -= matrix[i][k] * matrix[i][k];
        if (matrix[i][i] <= 0.0)
            return false;
        matrix[i][i] = std::sqrt(matrix[i][i]);
        for (std::size_t j = i + 1; j < matrix.size(); ++j) {
            for (std::size_t k = 0; k < i; ++k)
                matrix[j][i] -= matrix[j][k] * matrix[i][k];
            matrix[j][i] /= matrix[i][i];
        }
    }
    return true;
}

// F of vectors among themselves, 1 on the diagonal: symmetric, and no eigenvalue is negative.
TEST(Fidelity, IsAKernel)
{
    EXPECT_FALSE(isPositive({{1.0, 0.9, 0.0}, {0.9, 1.0, 0.9}, {0.0, 0.9, 1.0}}, 1e-4));
    RandomHead head(9, 9, 5, 3);
    head.input.keys = head.input.queries;
    using Changes = std::vector<std::pair<std::string, std::string>>;
    for (const Changes& changes :
         {Changes{}, Changes{{"map", "angle"}, {"bandwidth", "0.5"}}, Changes{{"map", "iqp"}, {"bandwidth", "0.2"}}}) {
        const HeadResult result = runHead(fidelity(), head.input, with(fidelity(), changes));
        std::vector<Vector> f(9, Vector(9));
        for (std::size_t i = 0; i < 9; ++i)
            for (std::size_t j = 0; j < 9; ++j)  // a row's weights are F over its sum, and F with itself is 1
                f[i][j] = static_cast<double>(result.weight(i, j)) / result.weight(i, i);
        for (std::size_t i = 0; i < 9; ++i)
            for (std::size_t j = 0; j < i; ++j) {
                EXPECT_NEAR(f[i][j], f[j][i], 2e-6);
                EXPECT_LE(f[i][j], 1.0 + 2e-6);
            }
        EXPECT_TRUE(isPositive(f, 1e-4));
    }
}

// methods.md §22: tokens that name colours, one of them with the opposite sign. Fidelity matches −e₁ to patch 1 as if it were e₁;
// the Hadamard test, which is the cosine here, does not.
TEST(Fidelity, LosesTheSignThatTheCosineKeeps)
{
    RandomHead head(3, 3, 3, 3);
    std::ranges::copy(std::array{1.0F, 0.0F, 0.0F, 0.0F, -1.0F, 0.0F, 0.0F, 0.0F, 1.0F}, head.queries.data());
    std::ranges::copy(std::array{1.0F, 0.0F, 0.0F, 0.0F, 1.0F, 0.0F, 0.0F, 0.0F, 1.0F}, head.keys.data());
    const HeadResult lost = runHead(fidelity(), head.input, fidelity().defaults());
    for (std::size_t i = 0; i < 3; ++i)
        EXPECT_NEAR(lost.weight(i, i), 1.0, 1e-6) << "every token has its patch";
    const HeadResult kept = runHead(
        fidelity(), head.input, with(fidelity(), {{"test", "hadamard-exact"}, {"rule", "softmax"}, {"tau", "0.1"}}));
    EXPECT_NEAR(kept.weight(0, 0), 1.0, 1e-3);
    EXPECT_LT(kept.weight(1, 1), 1e-3);
    EXPECT_NEAR(kept.weight(2, 2), 1.0, 1e-3);
}

// Bloch vectors of every token's qubits, and how many have none.
TEST(Fidelity, DiagnosticsAreTheStates)
{
    RandomHead head(2, 3, 4, 3);
    std::ranges::copy(std::array{1.0F, 0.0F, 0.0F, 1.0F, 0.0F, 0.0F, 0.0F, 0.0F}, head.queries.data());
    std::ranges::copy(std::array{1.0F, 1.0F, 0.0F, 0.0F}, head.keys.data());
    const auto found = [&](const std::vector<std::pair<std::string, std::string>>& changes) {
        std::map<std::string, TensorPointer> named;
        for (const Diagnostic& one : runHead(fidelity(), head.input, with(fidelity(), changes)).diagnostics)
            named[one.info.id] = one.values;
        return named;
    };
    auto amplitude = found({{"noise", "depolarizing"}, {"lambda", "0.5"}});
    EXPECT_EQ(amplitude.at("qubits")->values()[0], 2.0F);
    EXPECT_EQ(amplitude.at("stateless_queries")->values()[0], 1.0F);
    EXPECT_EQ(amplitude.at("stateless_keys")->values()[0], 0.0F);
    ASSERT_EQ(amplitude.at("query_bloch")->shape(), (std::vector<std::size_t>{2, 2, 3}));
    ASSERT_EQ(amplitude.at("key_bloch")->shape(), (std::vector<std::size_t>{3, 2, 3}));
    EXPECT_THAT(amplitude.at("query_bloch")->values(), testing::Each(testing::FloatNear(0.0F, 1e-7F)))
        << "a Bell pair's qubits are mixed, and the other query has no state";
    const std::vector<float> key = {0.0F, 0.0F, 1.0F, 1.0F, 0.0F, 0.0F};  // |0⟩ ⊗ |+⟩
    for (std::size_t i = 0; i < 6; ++i)
        EXPECT_NEAR(amplitude.at("key_bloch")->values()[i], key[i], 1e-6) << i;
    const auto angle = found({{"map", "angle"}, {"bandwidth", "0.5"}});
    ASSERT_EQ(angle.at("key_bloch")->shape(), (std::vector<std::size_t>{3, 4, 3}));
    EXPECT_NEAR(angle.at("key_bloch")->values()[0], std::sin(0.5), 1e-6);
    EXPECT_NEAR(angle.at("key_bloch")->values()[2], std::cos(0.5), 1e-6);
    EXPECT_EQ(angle.at("stateless_queries")->values()[0], 0.0F);
    EXPECT_FALSE(found({{"sign", "affine"}}).contains("key_bloch"));
    for (const char* map : {"amplitude", "iqp"}) {
        const std::vector<std::pair<std::string, std::string>> changes = {
            {"map", map}, {"qubits", "2"}, {"noise", "depolarizing"}};
        const auto states = found(changes);
        for (std::size_t token = 1; token < 3; ++token) {
            const auto amplitudes =
                encodedState(head.input.keys.row(token), FidelitySettings(with(fidelity(), changes)));
            for (std::size_t qubit = 0; qubit < 2; ++qubit)
                for (std::size_t axis = 0; axis < 3; ++axis)
                    EXPECT_NEAR(states.at("key_bloch")->values()[3 * (2 * token + qubit) + axis],
                                StateVector(amplitudes).qubit(qubit).bloch[axis], 1e-6)
                        << map << token << qubit << axis;
        }
    }
}

// Real unit vectors: E F = 1/d, Var F = 2(d − 1)/(d²(d + 2)).
TEST(Fidelity, RandomVectorsConcentrate)
{
    const double d = 64.0;
    Samples samples;
    const Tensor vectors = normalTensor(400, 64, 5);
    for (std::size_t i = 0; i < 400; i += 2)
        for (std::size_t j = 1; j < 400; j += 2)
            if ((i / 2 + j / 2) % 4 == 0) {
                const double overlap = overlapOf(rowOf(vectors.matrix(), i), rowOf(vectors.matrix(), j));
                samples.add(overlap * overlap);
            }
    EXPECT_LT(std::abs(samples.mean() - 1.0 / d), 4.0 * samples.errorOfMean());
    EXPECT_LT(std::abs(samples.variance() - 2.0 * (d - 1.0) / (d * d * (d + 2.0))), 4.0 * samples.errorOfVariance());
}

Samples drawMany(double (*test)(double, std::uint64_t, RandomStream&), double quantity, std::uint64_t shots)
{
    Samples samples;
    RandomStream stream({.seed = 23}, 0);
    for (int i = 0; i < 20000; ++i)
        samples.add(test(quantity, shots, stream));
    return samples;
}

TEST(OverlapTests, MeansAndVariancesAreTheClosedForms)
{
    struct Case {
        double (*test)(double, std::uint64_t, RandomStream&);
        double quantity;
        double variance;  // of one shot
    };
    for (const double f : {kFidelity, 0.6, 0.95})
        for (const auto& [test, quantity, variance] :
             {Case{inversionTest, f, f * (1.0 - f)}, Case{swapTest, f, 1.0 - f * f},
              Case{hadamardTest, -f, 1.0 - f * f}})
            for (const std::uint64_t shots : {5000UL, 100000UL}) {
                const Samples samples = drawMany(test, quantity, shots);
                const double expected = variance / static_cast<double>(shots);
                EXPECT_LT(std::abs(samples.mean() - quantity), 4.0 * std::sqrt(expected / 20000.0)) << f;
                EXPECT_LT(std::abs(samples.variance() - expected), 4.0 * samples.errorOfVariance()) << f;
            }
}

TEST(OverlapTests, EstimatesStayInTheRangeOfTheQuantity)
{
    RandomStream stream({.seed = 3}, 0);
    for (int i = 0; i < 1000; ++i) {
        EXPECT_GE(swapTest(0.0, 9, stream), 0.0);
        EXPECT_EQ(inversionTest(1.0, 9, stream), 1.0);
        EXPECT_LE(std::abs(hadamardTest(0.3, 9, stream)), 1.0);
    }
}

// Probability of 0 on the ancilla of H · controlled-swap · H for two states of 2 qubits each: amplitudes
// [ancilla][q state][k state].
double swapCircuit(const Vector& q, const Vector& k)
{
    const std::size_t d = q.size();
    std::vector<std::complex<double>> state(2 * d * d, 0.0);
    const double h = std::sqrt(0.5);
    for (std::size_t a = 0; a < d; ++a)
        for (std::size_t b = 0; b < d; ++b) {
            const double amplitude = q[a] * k[b] / std::sqrt(dotProduct(q, q) * dotProduct(k, k));
            state[a * d + b] = h * amplitude;          // ancilla 0: as prepared
            state[d * d + b * d + a] = h * amplitude;  // ancilla 1: swapped
        }
    double zero = 0.0;
    for (std::size_t i = 0; i < d * d; ++i)
        zero += std::norm(h * (state[i] + state[d * d + i]));
    return zero;
}

// The same of the Hadamard test, whose ancilla chooses which state is prepared.
double hadamardCircuit(const Vector& q, const Vector& k)
{
    double zero = 0.0;
    for (std::size_t i = 0; i < q.size(); ++i)
        zero += std::pow(0.5 * (q[i] / std::sqrt(dotProduct(q, q)) + k[i] / std::sqrt(dotProduct(k, k))), 2);
    return zero;
}

TEST(OverlapTests, CircuitsGiveTheStatedProbabilities)
{
    const Vector q = {1, 2, 3, 0};
    const Vector k = {2, -1, 1, 0};
    EXPECT_NEAR(swapCircuit(q, k), 0.55357142857, 1e-11);
    EXPECT_NEAR(swapCircuit(q, k), (1.0 + std::pow(overlapOf(q, k), 2)) / 2.0, 1e-14);
    EXPECT_NEAR(hadamardCircuit(q, k), 0.66366341768, 1e-11);
}

TEST(Fidelity, ManyShotsComeToTheExactRow)
{
    RandomHead head(5, 8, 6, 4);
    using Changes = std::vector<std::pair<std::string, std::string>>;
    for (const Changes& what :
         {Changes{}, Changes{{"sign", "affine"}}, Changes{{"sign", "post-select"}}, Changes{{"map", "angle"}}})
        for (const std::string test : {"inversion", "swap"}) {
            Changes changes = what;
            const HeadResult exact = runHead(fidelity(), head.input, with(fidelity(), changes));
            changes.insert(changes.end(), {{"test", test}, {"shots", "1048576"}});
            const HeadResult result = runHead(fidelity(), head.input, with(fidelity(), changes));
            for (std::size_t cell = 0; cell < 40; ++cell)
                EXPECT_NEAR(result.weights.data()[cell], exact.weights.data()[cell], 0.03) << test;
        }
    const HeadResult exact = runHead(fidelity(), head.input, with(fidelity(), {{"test", "hadamard-exact"}}));
    const HeadResult result =
        runHead(fidelity(), head.input, with(fidelity(), {{"test", "hadamard"}, {"shots", "1048576"}}));
    for (std::size_t cell = 0; cell < 40; ++cell)
        EXPECT_NEAR(result.weights.data()[cell], exact.weights.data()[cell], 0.01);
}

TEST(Fidelity, OnlyCircuitsWithShotsAreSampled)
{
    for (const std::string test : {"inversion", "swap", "hadamard"})
        EXPECT_TRUE(fidelity().properties(with(fidelity(), {{"test", test}})).sampled) << test;
    for (const std::string test : {"exact", "hadamard-exact"})
        EXPECT_FALSE(fidelity().properties(with(fidelity(), {{"test", test}})).sampled) << test;
}

// Standard deviation of every weight over many seeds, against the error that the mechanism gives.
TEST(Fidelity, StandardErrorsOfTheTestsWithShotsAreTheSpreadOverSeeds)
{
    constexpr int kSeeds = 3000;
    RandomHead head(2, 5, 4, 3);
    for (const char* circuit : {"inversion", "swap", "hadamard"}) {
        for (const char* rule : {"direct", "softmax"}) {
            // Scores far enough from 0 that clipping them does not matter.
            for (std::size_t key = 0; key < 5; ++key)
                for (std::size_t i = 0; i < 4; ++i)
                    head.keys.matrix()(key, i) = 1.0F + 0.1F * static_cast<float>(key * i);
            std::ranges::fill(head.queries.values(), 1.0F);
            head.queries.matrix()(1, 0) = 0.2F;
            const Parameters parameters =
                with(fidelity(), {{"test", circuit}, {"rule", rule}, {"shots", "4096"}, {"tau", "0.5"}});
            Vector sum(10, 0.0);
            Vector squares(10, 0.0);
            HeadResult result = runHead(fidelity(), head.input, parameters);
            for (int seed = 0; seed < kSeeds; ++seed) {
                head.input.random.seed = static_cast<std::uint64_t>(seed);
                result = runHead(fidelity(), head.input, parameters);
                for (std::size_t cell = 0; cell < 10; ++cell) {
                    sum[cell] += result.weights.data()[cell];
                    squares[cell] += std::pow(static_cast<double>(result.weights.data()[cell]), 2);
                }
            }
            for (std::size_t cell = 0; cell < 10; ++cell) {
                const double mean = sum[cell] / kSeeds;
                const double spread = std::sqrt(squares[cell] / kSeeds - mean * mean);
                EXPECT_NEAR(result.standardError.data()[cell] / spread, 1.0, 0.08)
                    << circuit << " " << rule << " cell " << cell;
            }
        }
    }
}

}  // namespace
}  // namespace ketscope
