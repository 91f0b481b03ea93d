// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/quantum/matrix_product_state.h"

#include "core/base/error.h"

#include <Eigen/QR>
#include <Eigen/SVD>

#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>

namespace ketscope {

namespace {

using Eigen::Index;
using Matrix = Eigen::MatrixXd;
using RowMajor = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

struct LeftVectors {
    Matrix vectors;  // U
    std::vector<double> values;
};

// U and σ of A = U σ Vᵀ. A wide matrix is first reduced to the triangle of its transpose, which has the same U and σ:
// unlike A Aᵀ, that keeps small values accurate.
LeftVectors leftSingularVectors(const RowMajor& a)
{
    Eigen::BDCSVD<Matrix> svd;
    if (a.cols() > a.rows()) {
        const Eigen::HouseholderQR<Matrix> qr(a.transpose());
        const Matrix triangle = qr.matrixQR().topRows(a.rows()).triangularView<Eigen::Upper>();
        svd.compute(triangle.transpose(), Eigen::ComputeThinU);
    } else {
        svd.compute(a, Eigen::ComputeThinU);
    }
    const auto& values = svd.singularValues();
    return {svd.matrixU(), {values.data(), values.data() + values.size()}};
}

Eigen::Map<const RowMajor> reshaped(const std::vector<double>& values, std::size_t rows)
{
    return {values.data(), static_cast<Index>(rows), static_cast<Index>(values.size() / rows)};
}

double sumOfSquares(std::span<const double> values)
{
    return std::inner_product(values.begin(), values.end(), values.begin(), 0.0);
}

std::size_t keptByWeight(std::span<const double> values, double cutoff)
{
    const double allowed = cutoff * sumOfSquares(values);
    std::size_t kept = values.size();
    double discarded = 0.0;
    while (kept > 1 && discarded + values[kept - 1] * values[kept - 1] <= allowed) {
        --kept;
        discarded += values[kept] * values[kept];
    }
    return kept;
}

}  // namespace

std::size_t keptValues(std::span<const double> schmidtValues, const TruncationRule& rule)
{
    std::size_t kept = schmidtValues.size();
    if (rule.mode == CutoffMode::DiscardedWeight) {
        kept = keptByWeight(schmidtValues, rule.cutoff);
    } else {
        const double least = rule.mode == CutoffMode::Absolute ? rule.cutoff : rule.cutoff * schmidtValues.front();
        while (kept > 1 && schmidtValues[kept - 1] < least)
            --kept;
    }
    return std::clamp<std::size_t>(kept, 1, rule.maximumBond);
}

MatrixProductState::MatrixProductState(std::span<const double> amplitudes, const TruncationRule& rule,
                                       const Monitor& monitor)
{
    if (amplitudes.size() < 2 || !std::has_single_bit(amplitudes.size()))
        fail({"matrix product state", "2, 4, 8, … amplitudes", std::to_string(amplitudes.size()), "Report this."});
    const auto sites = static_cast<std::size_t>(std::bit_width(amplitudes.size()) - 1);
    RowMajor rest = Eigen::Map<const RowMajor>(amplitudes.data(), 2, static_cast<Index>(amplitudes.size() / 2));
    for (std::size_t b = 0; b + 1 < sites; ++b) {
        monitor.check();
        LeftVectors svd = leftSingularVectors(rest);
        const std::size_t kept = keptValues(svd.values, rule);
        const RowMajor tensor = svd.vectors.leftCols(static_cast<Index>(kept));
        const RowMajor carried = tensor.transpose() * rest;
        rest = Eigen::Map<const RowMajor>(carried.data(), carried.rows() * 2, carried.cols() / 2);
        const double discarded = sumOfSquares(std::span(svd.values).subspan(kept));
        m_sites.push_back({{tensor.data(), tensor.data() + tensor.size()}, kept, std::move(svd.values), discarded});
    }
    m_sites.push_back({{rest.data(), rest.data() + rest.size()}, 1, {}, 0.0});
    m_squaredNorm = rest.squaredNorm();
}

std::size_t MatrixProductState::largestBond() const { return std::ranges::max(m_sites, {}, &Site::bond).bond; }

double MatrixProductState::entanglementEntropy(std::size_t b) const
{
    const double total = sumOfSquares(schmidtValues(b));
    double entropy = 0.0;
    for (const double value : schmidtValues(b)) {
        const double p = total > 0.0 ? value * value / total : 0.0;
        entropy -= p > 0.0 ? p * std::log(p) : 0.0;
    }
    return std::max(entropy, 0.0);
}

double MatrixProductState::truncationError() const
{
    double sum = 0.0;
    for (const Site& site : m_sites)
        sum += site.discarded;
    return sum;
}

std::size_t MatrixProductState::parameterCount() const
{
    std::size_t count = 0;
    for (const Site& site : m_sites)
        count += site.tensor.size();
    return count;
}

std::size_t MatrixProductState::gaugeFreeParameterCount() const
{
    std::size_t count = parameterCount();
    for (std::size_t b = 0; b + 1 < m_sites.size(); ++b)
        count -= bond(b) * bond(b);
    return count;
}

std::vector<double> MatrixProductState::amplitudes() const
{
    // Row k of `left` is the product of the sites so far for the bits of k.
    RowMajor left = RowMajor::Ones(1, 1);
    for (const Site& site : m_sites) {
        const RowMajor product = left * reshaped(site.tensor, site.tensor.size() / (2 * site.bond));  // (χ, 2χ')
        left = Eigen::Map<const RowMajor>(product.data(), product.rows() * 2, product.cols() / 2);
    }
    return {left.data(), left.data() + left.size()};
}

std::size_t MatrixProductState::sample(RandomStream& stream) const
{
    // Everything left of a site is an isometry, so that the weight of a bit is the norm of what it leaves to the left.
    Eigen::VectorXd right = Eigen::VectorXd::Ones(1);
    std::size_t state = 0;
    for (std::size_t site = m_sites.size(); site-- > 0;) {
        const Site& at = m_sites[site];
        const Eigen::VectorXd both = reshaped(at.tensor, at.tensor.size() / at.bond) * right;  // entry 2a + s
        const Index half = both.size() / 2;
        const Eigen::Map<const Eigen::Matrix<double, 2, Eigen::Dynamic>> bits(both.data(), 2, half);
        const double zero = bits.row(0).squaredNorm();
        const double one = bits.row(1).squaredNorm();
        const int bit = stream.uniform() * (zero + one) < zero ? 0 : 1;
        right = bits.row(bit).transpose();
        right /= std::max(right.norm(), 1e-300);
        state |= static_cast<std::size_t>(bit) << (m_sites.size() - 1 - site);
    }
    return state;
}

std::size_t jointIndex(std::size_t i, std::size_t j, std::size_t iBits, std::size_t jBits, SiteOrder order)
{
    if (order == SiteOrder::Block)
        return (i << jBits) | j;
    std::size_t index = 0;
    for (std::size_t place = 0; place < std::max(iBits, jBits); ++place) {
        if (place < iBits)
            index = (index << 1) | ((i >> (iBits - 1 - place)) & 1);
        if (place < jBits)
            index = (index << 1) | ((j >> (jBits - 1 - place)) & 1);
    }
    return index;
}

}  // namespace ketscope
