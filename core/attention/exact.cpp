// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/attention/exact.h"

#include "core/attention/rows.h"
#include "core/base/tensor.h"
#include "core/nn/product.h"

#include <Eigen/Core>
#include <limits>

namespace ketscope {

namespace {

// One block's logits and results, reused by every block that a thread computes.
float* scratchOfThread(std::size_t size)
{
    thread_local Tensor scratch;
    if (scratch.size() < size)
        scratch = Tensor({size});
    return scratch.data();
}

// Of a row of softmax(s z): from the gradients of its weights to those of z, in place.
void softmaxSlopes(std::span<const float> weights, float scale, std::span<float> slopes)
{
    const auto size = static_cast<Eigen::Index>(weights.size());
    const auto mean = static_cast<float>(kernels().dot(weights.data(), slopes.data(), weights.size()));
    Eigen::Map<Eigen::ArrayXf> row(slopes.data(), size);
    row = scale * Eigen::Map<const Eigen::ArrayXf>(weights.data(), size) * (row - mean);
}

class ExactHead : public PreparedHead {
public:
    ExactHead(const HeadInput& input, const KetscopeKernels& kernels)
        : m_kernels(kernels), m_queries(input.queries),
          m_keys({kernels.packedSize(input.keys.rows, input.keys.columns)}),
          m_values({kernels.packedSize(input.values.columns, input.keys.rows)})
    {
        for (const std::uint8_t allowed : input.mask.keyAllowed)
            m_keyBias.push_back(allowed != 0 ? 0.0F : -std::numeric_limits<float>::infinity());
        const float* bias = m_keyBias.empty() ? nullptr : m_keyBias.data();
        kernels.packKeys(input.keys.data, input.keys.stride, bias, input.keys.rows, input.keys.columns, m_keys.data());
        kernels.packValues(input.values.data, input.values.stride, bias, input.values.rows, input.values.columns,
                           m_values.data());
        m_head = {.keys = m_keys.data(),
                  .values = m_values.data(),
                  .keyBias = bias,
                  .additive = input.mask.additive.empty() ? nullptr : input.mask.additive.data,
                  .additiveStride = input.mask.additive.stride,
                  .queryCount = input.queries.rows,
                  .keyCount = input.keys.rows,
                  .depth = input.keys.columns,
                  .valueDepth = input.values.columns,
                  .scale = input.scale,
                  .causal = input.mask.causal ? 1 : 0};
    }

    void rows(std::size_t first, std::size_t last, const HeadOutput& output) const override
    {
        const KetscopeHeadRows rows = {.queries = m_queries.data,
                                       .queryStride = m_queries.stride,
                                       .weights = output.weights.empty() ? nullptr : output.weights.data,
                                       .weightStride = output.weights.stride,
                                       .output = output.output.data,
                                       .outputStride = output.output.stride,
                                       .scratch =
                                           scratchOfThread(m_kernels.scratchSize(m_head.keyCount, m_head.valueDepth))};
        m_kernels.attend(&m_head, &rows, first, last);
        for (std::size_t row = first; row < last && !output.standardError.empty(); ++row)
            std::ranges::fill(output.standardError.row(row), 0.0F);
    }

private:
    const KetscopeKernels& m_kernels;
    MatrixView m_queries;
    Tensor m_keys;
    Tensor m_values;
    std::vector<float> m_keyBias;
    KetscopePackedHead m_head{};
};

class Exact : public Mechanism {
public:
    const MechanismInfo& info() const override
    {
        static const MechanismInfo s_info = {
            .id = "exact",
            .title = "Exact softmax",
            .shortTitle = "Exact",
            .formula = "softmax(QKᵀ / √d + mask) V",
            .summary = "The attention that the model was trained with. Every other mechanism is compared with it.",
            .source = "Vaswani et al., “Attention Is All You Need”, 2017",
            .parameters = {},
            .properties = {.gradient = GradientKind::Exact}};
        return s_info;
    }

    std::unique_ptr<PreparedHead> prepare(const HeadInput& input, const Parameters&,
                                          const Monitor& monitor) const override
    {
        monitor.check();
        return prepareExact(input, kernels());
    }

    // dL = P ⊙ (dP − rowsum(P ⊙ dP)), dP = dH Vᵀ; dV = Pᵀ dH; dQ = s dL K; dK = s dLᵀ Q.
    void backward(const HeadInput& input, const Parameters& parameters, const OutputGradients& gradients,
                  const HeadGradients& into, const Monitor& monitor) const override
    {
        monitor.check();
        const std::size_t n = input.queries.rows, m = input.keys.rows;
        Tensor weights({n, m}), output({n, input.values.columns});
        attendHead(*this, input, parameters, {weights.matrix(), output.matrix(), {}}, monitor);
        Tensor slopes = gradients.weights.empty() ? Tensor::zeros({n, m}) : copyOf(gradients.weights);
        addProduct(gradients.output, PackedMatrix::transposed(input.values), slopes.matrix());
        for (std::size_t row = 0; row < into.weights.rows; ++row)
            for (std::size_t key = 0; key < m; ++key)
                into.weights(row, key) += slopes.matrix()(row, key);
        if (!into.values.empty())
            addTurnedProduct(weights.matrix(), gradients.output, into.values);
        for (std::size_t row = 0; row < n; ++row)
            softmaxSlopes(weights.matrix().row(row), input.scale, slopes.matrix().row(row));
        if (!into.queries.empty())
            addProduct(slopes.matrix(), input.keys, into.queries);
        if (!into.keys.empty())
            addTurnedProduct(slopes.matrix(), input.queries, into.keys);
    }

    // Two products of n × m × d, and for each weight about 20 operations of softmax (scale, maximum, eˣ, sum, division).
    double flops(const HeadInput& input, const Parameters&) const override
    {
        const double pairs = static_cast<double>(input.queries.rows) * static_cast<double>(input.keys.rows);
        return pairs * (2.0 * static_cast<double>(input.keys.columns + input.values.columns) + 20.0);
    }
};

}  // namespace

std::unique_ptr<PreparedHead> prepareExact(const HeadInput& input, const KetscopeKernels& kernels)
{
    checkShapes(input);
    return std::make_unique<ExactHead>(input, kernels);
}

const Mechanism& exactMechanism()
{
    static const Exact instance;
    return instance;
}

}  // namespace ketscope
