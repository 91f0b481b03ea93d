// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/attention/overlap_tests.h"
#include "tests/support/random_head.h"
#include "tests/support/statistics.h"

#include <cmath>
#include <complex>
#include <gmock/gmock.h>
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
