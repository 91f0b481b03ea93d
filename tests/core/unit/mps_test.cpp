// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/quantum/matrix_product_state.h"
#include "tests/support/random_head.h"

#include <Eigen/SVD>

#include <cmath>
#include <gmock/gmock.h>
#include <numeric>

namespace ketscope {
namespace {

using namespace test;
using Vector = std::vector<double>;
using Changes = std::vector<std::pair<std::string, std::string>>;
using RowMajor = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

const Mechanism& mps() { return mechanism("mps"); }
const Changes kFull = {{"bond", "256"}, {"cutoff", "1e-16"}};

Changes with(Changes changes, const Changes& more)
{
    changes.insert(changes.end(), more.begin(), more.end());
    return changes;
}

HeadResult run(const HeadInput& input, const Changes& changes)
{
    return runHead(mps(), input, test::with(mps(), changes));
}

const Tensor& found(const HeadResult& result, const std::string& id)
{
    const auto at = std::ranges::find_if(result.diagnostics, [&](const Diagnostic& d) { return d.info.id == id; });
    if (at == result.diagnostics.end())
        throw std::runtime_error("no diagnostic " + id);
    return *at->values;
}

// Rows of HeadOutput::diagnostics by name.
std::map<std::string, std::vector<float>> rowsOf(const HeadInput& input, const Changes& changes)
{
    const Parameters parameters = test::with(mps(), changes);
    const auto infos = mps().rowDiagnostics(parameters);
    HeadResult result(input);
    Tensor rows({infos.size(), input.queries.rows});
    HeadOutput output = result.view();
    output.diagnostics = rows.matrix();
    attendHead(mps(), input, parameters, output, Monitor());
    std::map<std::string, std::vector<float>> named;
    for (std::size_t k = 0; k < infos.size(); ++k) {
        const auto row = rows.matrix().row(k);
        named[infos[k].id].assign(row.begin(), row.end());
    }
    return named;
}

TEST(Mps, FullBondIsExact)
{
    RandomHead head(9, 13, 6, 4);
    for (const bool causal : {false, true}) {
        head.input.mask.causal = causal;
        const HeadResult exact = runHead(mechanism("exact"), head.input, mechanism("exact").defaults());
        for (const Changes& state :
             {Changes{}, Changes{{"state", "joint"}}, Changes{{"state", "joint"}, {"order", "block"}}}) {
            const HeadResult result = run(head.input, with(kFull, state));
            for (std::size_t cell = 0; cell < exact.weights.size(); ++cell)
                ASSERT_NEAR(result.weights.values()[cell], exact.weights.values()[cell], 2e-6);
        }
    }
}

// TT-SVD as its definition reads: at every cut of the qubits the state is projected onto the D leading left singular
// vectors of the matrix (left bits) × (right bits).
Vector truncated(Vector state, std::size_t bond)
{
    const auto size = static_cast<Eigen::Index>(state.size());
    for (Eigen::Index left = 2; left < size; left *= 2) {
        const RowMajor matrix = Eigen::Map<const RowMajor>(state.data(), left, size / left);
        const Eigen::JacobiSVD<Eigen::MatrixXd> svd(matrix, Eigen::ComputeThinU);
        const auto kept = std::min<Eigen::Index>(static_cast<Eigen::Index>(bond), svd.matrixU().cols());
        const Eigen::MatrixXd u = svd.matrixU().leftCols(kept);
        const RowMajor projected = u * (u.transpose() * matrix);
        state.assign(projected.data(), projected.data() + size);
    }
    return state;
}

TEST(Mps, RowsAreTheProjectedStates)
{
    const RandomHead head(4, 14, 6, 3);
    const HeadResult exact = runHead(mechanism("exact"), head.input, mechanism("exact").defaults());
    for (const std::size_t bond : {1UL, 2UL, 3UL}) {
        const HeadResult result = run(head.input, {{"bond", std::to_string(bond)}, {"cutoff", "1e-16"}});
        for (std::size_t i = 0; i < 4; ++i) {
            Vector state(16, 0.0);
            for (std::size_t j = 0; j < 14; ++j)
                state[j] = std::sqrt(static_cast<double>(exact.weight(i, j)));
            state = truncated(state, bond);
            double kept = 0.0;
            for (std::size_t j = 0; j < 14; ++j)
                kept += state[j] * state[j];
            for (std::size_t j = 0; j < 14; ++j)
                EXPECT_NEAR(result.weight(i, j), state[j] * state[j] / kept, 2e-6) << bond;
        }
    }
}

TEST(Mps, JointRowsAreTheProjectedState)
{
    RandomHead head(7, 7, 6, 3);
    head.input.mask.causal = true;
    const HeadResult exact = runHead(mechanism("exact"), head.input, mechanism("exact").defaults());
    for (const std::string order : {"interleaved", "block"}) {
        const HeadResult result =
            run(head.input, {{"state", "joint"}, {"order", order}, {"bond", "3"}, {"cutoff", "1e-16"}});
        const SiteOrder sites = order == "block" ? SiteOrder::Block : SiteOrder::Interleaved;
        Vector state(64, 0.0);
        for (std::size_t i = 0; i < 7; ++i)
            for (std::size_t j = 0; j < 7; ++j)
                state[jointIndex(i, j, 3, 3, sites)] = std::sqrt(exact.weight(i, j) / 7.0);
        const Vector projected = truncated(state, 3);
        double error = 0.0;
        for (std::size_t k = 0; k < 64; ++k)
            error += std::pow(state[k] - projected[k], 2);
        EXPECT_NEAR(found(result, "truncation_error").values()[0], error, 1e-6);
        for (std::size_t i = 0; i < 7; ++i) {
            double kept = 0.0;
            for (std::size_t j = 0; j <= i; ++j)
                kept += std::pow(projected[jointIndex(i, j, 3, 3, sites)], 2);
            for (std::size_t j = 0; j < 7; ++j)
                EXPECT_NEAR(result.weight(i, j),
                            j <= i ? std::pow(projected[jointIndex(i, j, 3, 3, sites)], 2) / kept : 0.0, 1e-5);
        }
    }
}

// One query whose amplitudes are (1 … 8)/‖·‖: keys 2 ln j.
TEST(Mps, SchmidtValuesAreTheWorkedExample)
{
    RandomHead head(1, 8, 1, 2);
    head.input.scale = 1.0F;
    head.queries.data()[0] = 1.0F;
    for (std::size_t j = 0; j < 8; ++j)
        head.keys.data()[j] = 2.0F * std::log(static_cast<float>(j + 1));
    const HeadResult result = run(head.input, {{"cutoff", "1e-16"}});
    const MatrixView schmidt = found(result, "schmidt_values").matrix({0});
    ASSERT_EQ(schmidt.rows, 2U);
    EXPECT_NEAR(schmidt(0, 0), 0.996117762363, 1e-6);
    EXPECT_NEAR(schmidt(0, 1), 0.088030696377, 1e-6);
    EXPECT_NEAR(schmidt(1, 0), 0.999036512235, 1e-6);
    EXPECT_NEAR(schmidt(1, 1), 0.043886754498, 1e-6);
    const double p = 0.088030696377 * 0.088030696377;
    EXPECT_NEAR(found(result, "entanglement_entropy").values()[0], -p * std::log(p) - (1 - p) * std::log1p(-p), 1e-6);
    EXPECT_THAT(std::vector<float>({found(result, "bonds").values()[0], found(result, "bonds").values()[1]}),
                testing::ElementsAre(2.0F, 2.0F));
    const auto rows = rowsOf(head.input, {{"cutoff", "1e-16"}});
    EXPECT_EQ(rows.at("parameters")[0], 4 + 8 + 4);
    EXPECT_EQ(rows.at("gauge_free_parameters")[0], 16 - 4 - 4);
    EXPECT_EQ(rows.at("compression")[0], 0.5F);
}

TEST(Mps, VariationStaysBelowItsBound)
{
    RandomHead head(20, 30, 6, 3);
    for (const std::string bond : {"1", "2", "4"}) {
        const auto rows = rowsOf(head.input, {{"bond", bond}});
        for (std::size_t i = 0; i < 20; ++i) {
            EXPECT_GT(rows.at("total_variation")[i], 0.0F);
            EXPECT_LE(rows.at("total_variation")[i], rows.at("total_variation_bound")[i] + 1e-6F);
            EXPECT_TRUE(rows.at("leaked_mass")[i] >= 0.0F && rows.at("leaked_mass")[i] <= 1.0F);
        }
        const HeadResult joint = run(head.input, {{"bond", bond}, {"state", "joint"}});
        EXPECT_LE(found(joint, "joint_total_variation").values()[0], found(joint, "total_variation_bound").values()[0]);
    }
}

TEST(Mps, HonestCompressionCountsWhatIsRepresented)
{
    RandomHead head(32, 32, 8, 3);
    const HeadResult full = run(head.input, with(kFull, {{"state", "joint"}}));
    EXPECT_EQ(found(full, "parameters").values()[0], 2728.0F);
    EXPECT_NEAR(found(full, "compression").values()[0], 1024.0 / 2728.0, 1e-6);
    std::ranges::fill(head.queries.values(), 0.0F);  // uniform weights: every bond is 1
    const HeadResult uniform = run(head.input, {{"state", "joint"}});
    EXPECT_EQ(found(uniform, "parameters").values()[0], 20.0F);
    EXPECT_NEAR(found(uniform, "compression").values()[0], 51.2, 1e-5);
}

// The joint state's truncation mixes queries: a later token moves an earlier row, and the mechanism says so.
TEST(Mps, JointStateLeaksAndSaysSo)
{
    const Parameters parameters = test::with(mps(), {{"state", "joint"}, {"bond", "2"}});
    EXPECT_FALSE(mps().properties(parameters).causalSafe);
    EXPECT_TRUE(mps().properties(mps().defaults()).causalSafe);
    RandomHead head(16, 16, 6, 3);
    head.input.mask.causal = true;
    const HeadResult before = runHead(mps(), head.input, parameters);
    for (float& x : head.keys.matrix().row(15))
        x = 5.0F;
    const HeadResult after = runHead(mps(), head.input, parameters);
    double moved = 0.0;
    for (std::size_t i = 0; i < 15; ++i)
        for (std::size_t j = 0; j < 16; ++j)
            moved = std::max<double>(moved, std::abs(after.weight(i, j) - before.weight(i, j)));
    EXPECT_GT(moved, 1e-4);  // far above what rounding does
}

// n = 32: 31 tensors of one number and one of 1024, and 2³² as what they stand for.
TEST(Mps, AsPublishedIsMarkedAndChangesNothing)
{
    const RandomHead head(32, 32, 8, 3);
    const Parameters parameters = test::with(mps(), {{"method", "as-published"}});
    const HeadResult result = runHead(mps(), head.input, parameters);
    const HeadResult exact = runHead(mechanism("exact"), head.input, mechanism("exact").defaults());
    for (std::size_t cell = 0; cell < 1024; ++cell)
        ASSERT_NEAR(result.weights.values()[cell], exact.weights.values()[cell], 1e-6);
    EXPECT_NEAR(found(result, "claimed_compression").values()[0], 4071059.05, 1.0);
    EXPECT_EQ(found(result, "stored_numbers").values()[0], 1055.0F);
    EXPECT_NEAR(found(result, "compression").values()[0], 1024.0 / 1055.0, 1e-6);
    EXPECT_EQ(publishedFaults(parameters).size(), 1U);
    EXPECT_TRUE(publishedFaults(mps().defaults()).empty());
}

TEST(Mps, RefusesAJointStateThatDoesNotFit)
{
    const RandomHead head(4097, 4096, 1, 1);
    try {
        mps().prepare(head.input, test::with(mps(), {{"state", "joint"}}), Monitor());
        FAIL() << "not refused";
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::Input);
        EXPECT_THAT(error.what(), testing::HasSubstr("16777216"));
    }
    EXPECT_NO_THROW(mps().prepare(head.input, mps().defaults(), Monitor()));
}

}  // namespace
}  // namespace ketscope
