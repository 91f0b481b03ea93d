// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/attention/gradients.h"
#include "core/attention/rows.h"
#include "core/attention/top_keys.h"

#include <numeric>

namespace ketscope {

namespace {

MechanismInfo describe()
{
    MechanismInfo info;
    info.id = "top-k";
    info.title = "Top-k softmax";
    info.shortTitle = "Top-k";
    info.formula = "Aᵢⱼ = Pᵢⱼ/Σ_{l ∈ Tᵢ} Pᵢₗ for j ∈ Tᵢ, the k largest of Pᵢ = softmax(QKᵀ/√d)ᵢ; 0 elsewhere";
    info.summary = "Softmax over the k largest scores of each query alone: sparse, and biased. The total variation "
                   "distance to the full row is exactly the mass τ that is left out.";
    info.source =
        "Explicit sparse transformer: Zhao et al., 2019; Q-Transformers (kumarlokesh/q-transformers), backend "
        "“classical”";
    info.properties.gradient = GradientKind::Exact;
    info.parameters = {{.id = "k",
                        .title = "Keys kept",
                        .symbol = "k",
                        .help =
                            "Keys of each query that keep a weight; of equal scores the first ones. All of them where "
                            "there are no more.",
                        .kind = ParameterKind::Integer,
                        .minimum = 1,
                        .maximum = 4096,
                        .initial = 8,
                        .logarithmic = true}};
    return info;
}

class TopKHead final : public WeightsHead {
public:
    TopKHead(const HeadInput& head, std::size_t count)
        : WeightsHead(head), m_keys(PackedMatrix::transposed(head.keys)), m_count(count)
    {
    }

private:
    void fillWeights(std::size_t first, MutableMatrixView weights, MutableMatrixView standardError) const override
    {
        fillRows(first, {weights, {}, standardError, {}});
    }

    void fillRows(std::size_t first, const HeadOutput& block) const override
    {
        softmaxRows(input(), m_keys, first, block.weights);
        for (std::size_t i = 0; i < block.weights.rows; ++i) {
            const std::span<float> row = block.weights.row(i);
            const double left = truncate(row);
            if (!block.diagnostics.empty())
                block.diagnostics(0, i) = static_cast<float>(left);
        }
    }

    // Keeps the largest weights, renormalised. Returns the mass of the others.
    double truncate(std::span<float> row) const
    {
        const std::vector<double> p(row.begin(), row.end());
        const auto kept = largestOf(p, m_count);
        double mass = 0.0;
        double left = 0.0;
        for (std::size_t j = 0; j < p.size(); ++j)
            (kept[j] != 0 ? mass : left) += p[j];
        for (std::size_t j = 0; j < p.size(); ++j)
            row[j] = kept[j] != 0 && mass > 0.0 ? static_cast<float>(p[j] / mass) : 0.0F;
        return left;
    }

    PackedMatrix m_keys;  // (d, m)
    std::size_t m_count;
};

class TopKMechanism final : public Mechanism {
public:
    const MechanismInfo& info() const override { return m_info; }

    std::unique_ptr<PreparedHead> prepare(const HeadInput& input, const Parameters& parameters,
                                          const Monitor& monitor) const override
    {
        monitor.check();
        return std::make_unique<TopKHead>(input, static_cast<std::size_t>(parameters.integer("k")));
    }

    std::vector<DiagnosticInfo> rowDiagnostics(const Parameters&) const override
    {
        return {{"tail_mass", "Mass τ of the keys left out"}};
    }

    // Which keys are kept does not change under a small step: that of the softmax over those that are.
    void backward(const HeadInput& input, const Parameters& parameters, const OutputGradients& gradients,
                  const HeadGradients& into, const Monitor& monitor) const override
    {
        Tensor weights({input.queries.rows, input.keys.rows});
        Tensor output({input.queries.rows, input.values.columns});
        attendHead(*this, input, parameters, {weights.matrix(), output.matrix(), {}, {}}, monitor);
        const Dense used = dense(weights.matrix());
        const Dense logits = softmaxBackward(used, weightGradients(input, used, gradients, into));
        addProductGradients(input, static_cast<double>(input.scale) * logits, into);
    }

    // Scores, softmax (four operations), selection (about eight) and output.
    double flops(const HeadInput& input, const Parameters&) const override
    {
        const auto pairs = static_cast<double>(input.queries.rows) * static_cast<double>(input.keys.rows);
        return pairs * (2.0 * static_cast<double>(input.queries.columns + input.values.columns) + 12.0);
    }

private:
    MechanismInfo m_info = describe();
};

}  // namespace

const Mechanism& top_kMechanism()
{
    static const TopKMechanism mechanism;
    return mechanism;
}

}  // namespace ketscope
