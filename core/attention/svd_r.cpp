// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/attention/rows.h"

#include <Eigen/SVD>
#include <cmath>

namespace ketscope {

namespace {

using Matrix = Eigen::MatrixXd;

MechanismInfo describe()
{
    MechanismInfo info;
    info.id = "svd-r";
    info.title = "Best rank-r map (baseline)";
    info.shortTitle = "SVD rank r";
    info.formula = "A = Σ_{k ≤ r} σₖ uₖvₖᵀ of P = softmax(QKᵀ/√d); 0 where the mask forbids";
    info.summary =
        "A baseline for scale: no map of rank r is closer to the exact one (Eckart–Young), so it bounds what any "
        "low-rank mechanism can reach. It needs the whole exact map, later tokens included, and saves nothing. "
        "Weights can be slightly negative.";
    info.source = "Eckart and Young, Psychometrika 1 (1936); as a bound for Linformer: Wang et al., 2020";
    info.properties.rowStochastic = false;
    info.properties.signedWeights = true;
    info.properties.causalSafe = false;
    info.baseline = true;
    info.parameters = {{.id = "rank",
                        .title = "Rank",
                        .symbol = "r",
                        .help = "Singular values that are kept. All of them where there are no more.",
                        .kind = ParameterKind::Integer,
                        .minimum = 1,
                        .maximum = 4096,
                        .initial = 8,
                        .logarithmic = true}};
    return info;
}

class SvdHead final : public WeightsHead {
public:
    SvdHead(const HeadInput& head, std::size_t rank, const Monitor& monitor)
        : WeightsHead(head), m_map({head.queries.rows, head.keys.rows})
    {
        const MutableMatrixView map = m_map.matrix();
        softmaxRows(head, PackedMatrix::transposed(head.keys), 0, map);
        Matrix exact(static_cast<Eigen::Index>(map.rows), static_cast<Eigen::Index>(map.columns));
        for (std::size_t i = 0; i < map.rows; ++i) {
            for (std::size_t j = 0; j < map.columns; ++j)
                exact(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j)) = map(i, j);
        }
        monitor.check();
        const Eigen::BDCSVD<Matrix> svd(exact, Eigen::ComputeThinU | Eigen::ComputeThinV);
        m_singularValues = svd.singularValues();
        m_kept = std::min(static_cast<Eigen::Index>(rank), m_singularValues.size());
        const Matrix nearest = svd.matrixU().leftCols(m_kept) * m_singularValues.head(m_kept).asDiagonal()
                               * svd.matrixV().leftCols(m_kept).transpose();
        for (std::size_t i = 0; i < map.rows; ++i)
            for (std::size_t j = 0; j < map.columns; ++j)
                map(i, j) =
                    isAllowed(head, i, j)
                        ? static_cast<float>(nearest(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j)))
                        : 0.0F;
    }

    std::vector<Diagnostic> diagnostics() const override
    {
        const double all = m_singularValues.norm();
        const double rest = m_singularValues.tail(m_singularValues.size() - m_kept).norm();
        Tensor values({static_cast<std::size_t>(m_singularValues.size())});
        for (std::size_t k = 0; k < values.size(); ++k)
            values.data()[k] = static_cast<float>(m_singularValues[static_cast<Eigen::Index>(k)]);
        Tensor error({1});
        error.data()[0] = static_cast<float>(all > 0.0 ? rest / all : 0.0);
        return {{{"singular_values", "Singular values of the exact map"},
                 std::make_shared<const Tensor>(std::move(values))},
                {{"relative_error", "Relative error of the best map of rank r"},
                 std::make_shared<const Tensor>(std::move(error))}};
    }

private:
    void fillWeights(std::size_t first, MutableMatrixView weights, MutableMatrixView) const override
    {
        for (std::size_t i = 0; i < weights.rows; ++i)
            std::ranges::copy(m_map.matrix().row(first + i), weights.row(i).begin());
    }

    Tensor m_map;  // (n, m)
    Eigen::VectorXd m_singularValues;
    Eigen::Index m_kept = 0;
};

class SvdMechanism final : public Mechanism {
public:
    const MechanismInfo& info() const override { return m_info; }

    std::unique_ptr<PreparedHead> prepare(const HeadInput& input, const Parameters& parameters,
                                          const Monitor& monitor) const override
    {
        monitor.check();
        return std::make_unique<SvdHead>(input, static_cast<std::size_t>(parameters.integer("rank")), monitor);
    }

    // Scores, softmax (four operations), the decomposition (about 20 for each pair and smaller side), its product, output.
    double flops(const HeadInput& input, const Parameters& parameters) const override
    {
        const auto n = static_cast<double>(input.queries.rows);
        const auto m = static_cast<double>(input.keys.rows);
        const double rank = std::min(std::min(n, m), parameters.real("rank"));
        return n * m
               * (2.0 * static_cast<double>(input.queries.columns + input.values.columns) + 4.0 + 20.0 * std::min(n, m)
                  + 2.0 * rank);
    }

private:
    MechanismInfo m_info = describe();
};

}  // namespace

const Mechanism& svd_rMechanism()
{
    static const SvdMechanism mechanism;
    return mechanism;
}

}  // namespace ketscope
