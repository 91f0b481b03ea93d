// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/nn/multihead_attention.h"

#include "core/nn/operations.h"

#include <cmath>
#include <limits>

namespace ketscope {

namespace {

std::string textOf(const std::vector<std::size_t>& shape)
{
    std::string text;
    for (const std::size_t size : shape)
        text += (text.empty() ? "(" : ", ") + std::to_string(size);
    return text.empty() ? "none" : text + ")";
}

void checkShape(const std::string& what, const std::vector<std::size_t>& expected,
                const std::vector<std::size_t>& found)
{
    if (expected != found)
        refuse({"multi-head attention, " + what, "shape " + textOf(expected), textOf(found), ""});
}

const Tensor& find(const NamedTensors& weights, const std::string& name, const std::vector<std::size_t>& shape)
{
    const auto found = weights.find(name);
    if (found == weights.end())
        refuse({"multi-head attention", "a tensor " + name + " of shape " + textOf(shape), "none", ""});
    checkShape(name, shape, found->second->shape());
    return *found->second;
}

void refuseUnsupported(const MultiheadShape& shape, const NamedTensors& weights)
{
    if (shape.addBiasKv || weights.contains("bias_k") || weights.contains("bias_v"))
        refuse({"multi-head attention", "no add_bias_kv", "add_bias_kv",
                "Keys and values with a learned token are not supported."});
    if (shape.addZeroAttn)
        refuse(
            {"multi-head attention", "no add_zero_attn", "add_zero_attn", "Attention to a zero key is not supported."});
    if (shape.heads == 0 || shape.embedding == 0 || shape.embedding % shape.heads != 0)
        refuse({"multi-head attention", "an embedding that the number of heads divides",
                std::to_string(shape.embedding) + " columns for " + std::to_string(shape.heads) + " heads", ""});
}

// Sizes of one call.
struct Sizes {
    bool batched;
    std::size_t batch, queries, keys;
};

// One item of a batch as a matrix.
template <typename Any> auto itemOf(Any& tensor, const Sizes& sizes, bool batchFirst, std::size_t item)
{
    const std::size_t width = tensor.shape().back();
    const std::size_t tokens = tensor.size() / (width * sizes.batch);
    const bool rows = batchFirst || !sizes.batched;
    using Values = std::remove_pointer_t<decltype(tensor.data())>;
    return View<Values>(tensor.data() + item * width * (rows ? tokens : 1), tokens, width,
                        width * (rows ? 1 : sizes.batch));
}

// The masks of all heads of one item, and what they look into.
class Masks {
public:
    Masks(const MultiheadOptions& options, const Sizes& sizes, std::size_t heads)
        : m_sizes(sizes), m_heads(heads), m_causal(options.causal), m_shape(options.mask.shape)
    {
        const MultiheadMask& mask = options.mask;
        if (!mask.masked.empty() && !mask.additive.empty())
            refuse({"multi-head attention, mask", "a boolean or an additive one", "both", ""});
        if (!mask.shape.empty())
            checkShape("mask",
                       mask.shape.size() == 3 ? std::vector{sizes.batch * heads, sizes.queries, sizes.keys}
                                              : std::vector{sizes.queries, sizes.keys},
                       mask.shape);
        std::size_t expected = mask.shape.empty() ? 0 : 1;
        for (const std::size_t size : mask.shape)
            expected *= size;
        if (mask.masked.size() + mask.additive.size() != expected)
            refuse({"multi-head attention, mask", std::to_string(expected) + " values",
                    std::to_string(mask.masked.size() + mask.additive.size()), ""});
        if (!options.keyPadding.empty() && options.keyPadding.size() != sizes.batch * sizes.keys)
            refuse({"multi-head attention, key padding", std::to_string(sizes.batch * sizes.keys) + " values",
                    std::to_string(options.keyPadding.size()), ""});
        for (const std::uint8_t padding : options.keyPadding)
            m_allowed.push_back(padding == 0 ? 1 : 0);
        if (isCausal(mask))
            m_causal = true;
        else
            makeAdditive(mask);
        if (m_causal && sizes.keys < sizes.queries)
            refuse({"multi-head attention, causal mask", "at least as many keys as queries",
                    std::to_string(sizes.keys) + " for " + std::to_string(sizes.queries), ""});
    }

    std::vector<AttentionMask> ofItem(std::size_t item) const
    {
        std::vector<AttentionMask> result(m_heads);
        const std::size_t size = m_sizes.queries * m_sizes.keys;
        for (std::size_t head = 0; head < m_heads; ++head) {
            result[head].causal = m_causal;
            if (!m_allowed.empty())
                result[head].keyAllowed = std::span(m_allowed).subspan(item * m_sizes.keys, m_sizes.keys);
            const std::size_t which = m_shape.size() == 3 ? item * m_heads + head : 0;
            if (!m_additive.empty())
                result[head].additive = {m_additive.data() + which * size, m_sizes.queries, m_sizes.keys};
        }
        return result;
    }

private:
    bool isCausal(const MultiheadMask& mask) const
    {
        if (mask.masked.empty() || mask.shape.size() != 2 || m_sizes.keys < m_sizes.queries)
            return false;
        for (std::size_t i = 0; i < m_sizes.queries; ++i)
            for (std::size_t j = 0; j < m_sizes.keys; ++j)
                if ((mask.masked[i * m_sizes.keys + j] != 0) != (j > i + (m_sizes.keys - m_sizes.queries)))
                    return false;
        return true;
    }

    void makeAdditive(const MultiheadMask& mask)
    {
        m_additive.assign(mask.additive.begin(), mask.additive.end());
        for (const std::uint8_t masked : mask.masked)
            m_additive.push_back(masked != 0 ? -std::numeric_limits<float>::infinity() : 0.0F);
    }

    Sizes m_sizes;
    std::size_t m_heads;
    bool m_causal;
    std::vector<std::size_t> m_shape;
    std::vector<std::uint8_t> m_allowed;  // (N, S)
    std::vector<float> m_additive;
};

Sizes sizesOf(const MultiheadShape& shape, const Tensor& query, const Tensor& key, const Tensor& value)
{
    const std::size_t rank = query.shape().size();
    if (rank != 2 && rank != 3)
        refuse({"multi-head attention, query", "2 or 3 axes", std::to_string(rank), ""});
    const auto axis = [&](const Tensor& tensor, bool ofBatch) {
        return rank == 2 ? (ofBatch ? 1 : tensor.shape()[0]) : tensor.shape()[ofBatch == shape.batchFirst ? 0 : 1];
    };
    if (key.shape().size() != rank)
        refuse({"multi-head attention, key", std::to_string(rank) + " axes, as the query",
                std::to_string(key.shape().size()), ""});
    const Sizes sizes{rank == 3, axis(query, true), axis(query, false), axis(key, false)};
    const auto expected = [&](std::size_t tokens, std::size_t width) {
        if (rank == 2)
            return std::vector{tokens, width};
        return shape.batchFirst ? std::vector{sizes.batch, tokens, width} : std::vector{tokens, sizes.batch, width};
    };
    checkShape("query", expected(sizes.queries, shape.embedding), query.shape());
    checkShape("key", expected(sizes.keys, shape.keyWidth), key.shape());
    checkShape("value", expected(sizes.keys, shape.valueWidth), value.shape());
    if (query.size() == 0 || key.size() == 0)
        refuse({"multi-head attention", "at least one query and one key", "none", ""});
    return sizes;
}

// The weights of one item to where the result has them.
void keepWeights(const Tensor& maps, std::size_t item, bool average, Tensor& weights)
{
    const std::size_t heads = maps.shape()[0];
    const std::size_t size = maps.size() / heads;
    if (!average) {
        std::ranges::copy(maps.values(), weights.data() + item * maps.size());
        return;
    }
    for (std::size_t i = 0; i < size; ++i) {
        double sum = 0.0;
        for (std::size_t head = 0; head < heads; ++head)
            sum += maps.values()[head * size + i];
        weights.data()[item * size + i] = static_cast<float>(sum / static_cast<double>(heads));
    }
}

Tensor emptyWeights(const Sizes& sizes, std::size_t heads, const MultiheadOptions& options)
{
    if (!options.needWeights)
        return {};
    std::vector<std::size_t> shape = {sizes.queries, sizes.keys};
    if (!options.averageWeights)
        shape.insert(shape.begin(), heads);
    if (sizes.batched)
        shape.insert(shape.begin(), sizes.batch);
    return Tensor(shape);
}

}  // namespace

MultiheadAttention::MultiheadAttention(const MultiheadShape& shape, const NamedTensors& weights) : m_shape(shape)
{
    const std::size_t width = shape.embedding;
    m_shape.keyWidth = shape.keyWidth == 0 ? width : shape.keyWidth;
    m_shape.valueWidth = shape.valueWidth == 0 ? width : shape.valueWidth;
    refuseUnsupported(m_shape, weights);
    const bool biased = weights.contains("in_proj_bias") || weights.contains("out_proj.bias");
    const auto bias = [&](const char* name, std::size_t size, std::size_t first) {
        return biased ? find(weights, name, {size}).values().subspan(first, width) : std::span<const float>();
    };
    const bool packed = m_shape.keyWidth == width && m_shape.valueWidth == width && weights.contains("in_proj_weight");
    const std::size_t inputs[] = {width, m_shape.keyWidth, m_shape.valueWidth};
    const char* names[] = {"q_proj_weight", "k_proj_weight", "v_proj_weight"};
    for (std::size_t which = 0; which < 3; ++which) {
        const MatrixView matrix =
            packed ? find(weights, "in_proj_weight", {3 * width, width}).matrix().middleRows(which * width, width)
                   : find(weights, names[which], {width, inputs[which]}).matrix();
        m_projections.emplace_back(matrix, bias("in_proj_bias", 3 * width, which * width));
        const ParameterPlace whole{"in_proj_weight", {3 * width, width}, which * width * width};
        m_projections.back().setParts({{width,
                                        packed ? whole : ParameterPlace{names[which], {width, inputs[which]}},
                                        {biased ? "in_proj_bias" : "", {3 * width}, which * width}}});
    }
    m_projections.emplace_back(find(weights, "out_proj.weight", {width, width}).matrix(),
                               bias("out_proj.bias", width, 0));
    m_projections.back().setParts(
        {{width, {"out_proj.weight", {width, width}}, {biased ? "out_proj.bias" : "", {width}}}});
}

MultiheadResult MultiheadAttention::forward(const Tensor& query, const Tensor& key, const Tensor& value,
                                            const MultiheadOptions& options, const HeadPlan& plan,
                                            const Monitor& monitor, Tape* tape) const
{
    const Sizes sizes = sizesOf(m_shape, query, key, value);
    const std::size_t width = m_shape.embedding;
    const Masks masks(options, sizes, m_shape.heads);
    const Operations operations(tape);
    MultiheadResult result{operations.tensor(query.shape()), emptyWeights(sizes, m_shape.heads, options), {}};
    Tensor queries = operations.tensor({sizes.queries, width});
    Tensor keys = operations.tensor({sizes.keys, width});
    Tensor values = operations.tensor({sizes.keys, width});
    Tensor context = operations.tensor({sizes.queries, width});
    for (std::size_t item = 0; item < sizes.batch; ++item) {
        const MatrixView queryInput = itemOf(query, sizes, m_shape.batchFirst, item);
        const MatrixView keyInput = itemOf(key, sizes, m_shape.batchFirst, item);
        operations.apply(m_projections[0], queryInput, queries.matrix());
        operations.apply(m_projections[1], keyInput, keys.matrix());
        operations.apply(m_projections[2], itemOf(value, sizes, m_shape.batchFirst, item), values.matrix());
        const std::vector<AttentionMask> ofHeads = masks.ofItem(item);
        LayerAttention layer;
        layer.queries = queries.matrix();
        layer.keys = keys.matrix();
        layer.values = values.matrix();
        layer.input = queryInput;
        layer.keyInput = keyInput;
        layer.headMasks = ofHeads;
        layer.scale = 1.0F / std::sqrt(static_cast<float>(width / m_shape.heads));
        layer.heads = m_shape.heads;
        layer.stack = options.stack;
        layer.layer = options.layer;
        layer.standardErrors = false;
        layer.maps = options.needWeights;
        const LayerMaps maps = operations.attend(layer, plan, context.matrix(), monitor, sizes.batch == 1);
        operations.apply(m_projections[3], context.matrix(), itemOf(result.output, sizes, m_shape.batchFirst, item));
        if (options.needWeights)
            keepWeights(*maps.weights, item, options.averageWeights, result.weights);
        result.warnings.insert(result.warnings.end(), maps.warnings.begin(), maps.warnings.end());
    }
    return result;
}

}  // namespace ketscope
