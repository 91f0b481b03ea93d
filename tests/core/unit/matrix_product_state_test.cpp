// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/measures/divergence.h"
#include "core/quantum/matrix_product_state.h"

#include <cmath>
#include <functional>
#include <gmock/gmock.h>
#include <numeric>

namespace ketscope {
namespace {

using Vector = std::vector<double>;

constexpr TruncationRule kExact = {.maximumBond = 1 << 20, .cutoff = 0.0, .mode = CutoffMode::Absolute};
constexpr TruncationRule kNumericalRank = {.maximumBond = 1 << 20, .cutoff = 1e-12, .mode = CutoffMode::Relative};

double dot(const Vector& a, const Vector& b) { return std::inner_product(a.begin(), a.end(), b.begin(), 0.0); }

Vector normalized(Vector values)
{
    const double norm = std::sqrt(dot(values, values));
    for (double& value : values)
        value /= norm;
    return values;
}

Vector stateOf(std::size_t qubits, const std::function<double(double)>& function)
{
    Vector values;
    for (std::size_t j = 0; j < (std::size_t{1} << qubits); ++j)
        values.push_back(function(static_cast<double>(j)));
    return normalized(std::move(values));
}

// √softmax of standard normal logits.
Vector randomState(std::size_t qubits, std::uint64_t seed)
{
    RandomStream stream({.seed = seed}, 0);
    return stateOf(qubits, [&stream](double) { return std::exp(0.5 * stream.normal()); });
}

Vector squares(const Vector& amplitudes)
{
    const double norm = dot(amplitudes, amplitudes);
    Vector result;
    for (const double a : amplitudes)
        result.push_back(a * a / norm);
    return result;
}

std::size_t rankOf(const Vector& state) { return MatrixProductState(state, kNumericalRank).largestBond(); }

TEST(MatrixProductState, WorkedExample)
{
    const MatrixProductState state(stateOf(3, [](double j) { return j + 1.0; }), kExact);
    ASSERT_EQ(state.sites(), 3U);
    EXPECT_NEAR(state.schmidtValues(0)[0], 0.996117762363, 1e-12);
    EXPECT_NEAR(state.schmidtValues(0)[1], 0.088030696377, 1e-12);
    EXPECT_NEAR(state.schmidtValues(1)[0], 0.999036512235, 1e-12);
    EXPECT_NEAR(state.schmidtValues(1)[1], 0.043886754498, 1e-12);
}

TEST(MatrixProductState, StructureDecidesTheBond)
{
    using std::exp;
    EXPECT_EQ(rankOf(stateOf(10, [](double) { return 1.0; })), 1U);
    EXPECT_EQ(rankOf(stateOf(10, [](double j) { return exp(-0.02 * j); })), 1U);
    EXPECT_EQ(rankOf(stateOf(10, [](double j) { return j == 77.0 ? 1.0 : 0.0; })), 1U);
    EXPECT_EQ(rankOf(stateOf(10, [](double j) { return j == 77.0 || j == 900.0 ? 1.0 : 0.0; })), 2U);
    EXPECT_EQ(rankOf(stateOf(10, [](double j) { return exp(-0.02 * j) + 0.5 * exp(-0.003 * j); })), 2U);
    EXPECT_EQ(rankOf(stateOf(10, [](double j) { return std::cos(0.11 * j + 0.4); })), 2U);
    EXPECT_EQ(rankOf(stateOf(10, [](double j) { return j <= 300.0 ? 1.0 : 0.0; })), 2U);
    EXPECT_EQ(rankOf(stateOf(10,
                             [](double j) {
                                 const double x = j / 1023.0;
                                 return 1.0 - 3.0 * x + 2.0 * x * x + x * x * x;
                             })),
              4U);
    EXPECT_EQ(rankOf(randomState(10, 1)), 32U);
    const std::size_t gaussian =
        rankOf(stateOf(10, [](double j) { return exp(-0.5 * std::pow((j - 500.0) / 100.0, 2)); }));
    EXPECT_TRUE(gaussian >= 8 && gaussian <= 14) << gaussian;
}

// A 32 × 32 map as the joint state of 10 qubits.
Vector jointState(SiteOrder order, const std::function<double(std::size_t, std::size_t)>& map)
{
    Vector values(1024, 0.0);
    for (std::size_t i = 0; i < 32; ++i)
        for (std::size_t j = 0; j < 32; ++j)
            values[jointIndex(i, j, 5, 5, order)] = std::sqrt(map(i, j));
    return normalized(values);
}

TEST(MatrixProductState, CausalMaskIsSimpleOnlyInterleaved)
{
    const auto mask = [](std::size_t i, std::size_t j) { return j <= i ? 1.0 : 0.0; };
    const auto uniform = [](std::size_t i, std::size_t j) { return j <= i ? 1.0 / static_cast<double>(i + 1) : 0.0; };
    EXPECT_EQ(rankOf(jointState(SiteOrder::Block, mask)), 32U);
    EXPECT_LE(rankOf(jointState(SiteOrder::Interleaved, mask)), 3U);
    EXPECT_LE(rankOf(jointState(SiteOrder::Interleaved, uniform)), 11U);
}

TEST(MatrixProductState, JointIndexMixesTheBits)
{
    EXPECT_EQ(jointIndex(0b101, 0b01, 3, 2, SiteOrder::Block), 0b10101U);
    EXPECT_EQ(jointIndex(0b10, 0b01, 2, 2, SiteOrder::Interleaved), 0b1001U);
    EXPECT_EQ(jointIndex(0b1, 0b011, 1, 3, SiteOrder::Interleaved), 0b1011U);
    EXPECT_EQ(jointIndex(0b101, 0, 3, 0, SiteOrder::Interleaved), 0b101U);
}

TEST(MatrixProductState, ErrorIsTheSumOfWhatIsDiscarded)
{
    const Vector state = randomState(10, 7);
    for (const TruncationRule& rule :
         {TruncationRule{.maximumBond = 8}, TruncationRule{16, 1e-3, CutoffMode::DiscardedWeight},
          TruncationRule{1024, 0.02, CutoffMode::Absolute}, TruncationRule{1024, 0.02, CutoffMode::Relative},
          TruncationRule{.maximumBond = 1}}) {
        const MatrixProductState mps(state, rule);
        const Vector found = mps.amplitudes();
        double distance = 0.0;
        for (std::size_t k = 0; k < state.size(); ++k)
            distance += std::pow(state[k] - found[k], 2);
        EXPECT_GT(mps.truncationError(), 1e-5);
        EXPECT_NEAR(distance, mps.truncationError(), 1e-14);
        EXPECT_NEAR(mps.squaredNorm(), 1.0 - mps.truncationError(), 1e-14);
        EXPECT_NEAR(dot(found, found), mps.squaredNorm(), 1e-14);
        const double overlap = dot(state, normalized(found));
        EXPECT_LE(totalVariation(squares(state), squares(found)), std::sqrt(1.0 - overlap * overlap) + 1e-14);
    }
}

TEST(MatrixProductState, FullBondIsLosslessAndLargerThanTheTensor)
{
    const Vector state = randomState(10, 3);
    const MatrixProductState mps(state, {.maximumBond = 32, .cutoff = 0.0});
    EXPECT_EQ(mps.parameterCount(), 2728U);  // of 1024 amplitudes: a ratio of 0.375
    EXPECT_EQ(mps.gaugeFreeParameterCount(), 1024U);
    EXPECT_NEAR(mps.truncationError(), 0.0, 1e-15);
    const Vector found = mps.amplitudes();
    for (std::size_t k = 0; k < state.size(); ++k)
        EXPECT_NEAR(found[k], state[k], 1e-14);
}

// Random attention does not compress: at D = 8 the ratio is 1.51 with a total variation of about a quarter.
TEST(MatrixProductState, RandomAttentionDoesNotCompress)
{
    const std::vector<std::tuple<std::size_t, double, double>> expected = {{8, 1.51, 0.256}, {16, 0.60, 0.104}};
    for (const auto& [bond, ratio, variation] : expected) {
        double sum = 0.0;
        for (std::uint64_t seed = 0; seed < 10; ++seed) {
            const Vector state = randomState(10, 100 + seed);
            const MatrixProductState mps(state, {.maximumBond = bond, .cutoff = 0.0});
            EXPECT_NEAR(1024.0 / static_cast<double>(mps.parameterCount()), ratio, 0.006);
            sum += totalVariation(squares(state), squares(mps.amplitudes()));
        }
        EXPECT_NEAR(sum / 10.0, variation, 0.03);
    }
}

TEST(MatrixProductState, EntropiesOfKnownStates)
{
    Vector pairs(16, 0.0);  // (|00⟩ + |11⟩)/√2 on qubits 0, 1 and |00⟩ on 2, 3
    pairs[0] = pairs[0b1100] = std::sqrt(0.5);
    const MatrixProductState bell(pairs, kExact);
    EXPECT_NEAR(bell.entanglementEntropy(0), std::log(2.0), 1e-14);
    EXPECT_NEAR(bell.entanglementEntropy(1), 0.0, 1e-14);
    EXPECT_NEAR(bell.entanglementEntropy(2), 0.0, 1e-14);
}

TEST(MatrixProductState, CutoffRules)
{
    const Vector values = {0.8, 0.5, 0.3, 0.1};
    EXPECT_EQ(keptValues(values, {10, 0.3, CutoffMode::Absolute}), 3U);
    EXPECT_EQ(keptValues(values, {10, 0.4, CutoffMode::Relative}), 2U);
    EXPECT_EQ(keptValues(values, {10, 0.102, CutoffMode::DiscardedWeight}), 2U);  // (.09 + .01)/.99 = .10101
    EXPECT_EQ(keptValues(values, {10, 0.1, CutoffMode::DiscardedWeight}), 3U);
    EXPECT_EQ(keptValues(values, {2, 0.0, CutoffMode::Absolute}), 2U);
    EXPECT_EQ(keptValues(values, {10, 5.0, CutoffMode::Absolute}), 1U);
}

TEST(MatrixProductState, SamplesFollowTheTruncatedState)
{
    const MatrixProductState mps(randomState(5, 2), {.maximumBond = 2});
    const Vector p = squares(mps.amplitudes());
    Vector counts(32, 0.0);
    RandomStream stream({.seed = 31}, 0);
    constexpr int kShots = 200000;
    for (int shot = 0; shot < kShots; ++shot)
        counts[mps.sample(stream)] += 1.0;
    for (std::size_t k = 0; k < 32; ++k)
        EXPECT_LE(std::abs(counts[k] / kShots - p[k]), 4.0 * std::sqrt(p[k] * (1.0 - p[k]) / kShots)) << k;
}

TEST(MatrixProductState, OneQubitAndNothingAtAll)
{
    const MatrixProductState one(Vector{0.6, 0.8}, {});
    EXPECT_EQ(one.sites(), 1U);
    EXPECT_EQ(one.largestBond(), 1U);
    EXPECT_EQ(one.amplitudes(), (Vector{0.6, 0.8}));
    EXPECT_EQ(MatrixProductState(Vector(8, 0.0), {}).amplitudes(), Vector(8, 0.0));
    EXPECT_THROW(MatrixProductState(Vector(6, 1.0), {}), Error);
    EXPECT_THROW(MatrixProductState(Vector(1, 1.0), {}), Error);
}

}  // namespace
}  // namespace ketscope
