// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/tasks/normal_heads.h"

#include "core/study/plan.h"
#include "core/study/sweep.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace ketscope {

namespace {

constexpr std::uint16_t kPurpose = 97;  // of the random numbers

std::shared_ptr<const Tensor> sharedNormals(std::size_t rows, std::size_t columns, std::uint64_t seed,
                                            std::uint32_t which)
{
    return std::make_shared<const Tensor>(normalTensor(rows, columns, 1.0, seed, which));
}

std::unique_ptr<RecordedHead> normalHead(std::size_t n, std::size_t d, std::uint64_t seed, std::size_t width)
{
    auto head = std::make_unique<RecordedHead>();
    for (std::uint32_t which = 0; which < 3; ++which)
        head->tensors.push_back(sharedNormals(n, d, seed, which));
    head->input.queries = head->tensors[0]->matrix();
    head->input.keys = head->tensors[1]->matrix();
    head->input.values = head->tensors[2]->matrix();
    head->input.scale = 1.0F / std::sqrt(static_cast<float>(d));
    head->input.random.seed = seed;
    if (width > 0) {
        head->tensors.push_back(sharedNormals(n, width, seed, 3));
        head->input.layerInput = head->tensors.back()->matrix();
    }
    return head;
}

}  // namespace

Tensor normalTensor(std::size_t rows, std::size_t columns, double deviation, std::uint64_t seed, std::uint32_t which)
{
    Tensor tensor({rows, columns});
    RandomStream stream({.seed = seed}, which, kPurpose);
    for (float& x : tensor.values())
        x = static_cast<float>(deviation * stream.normal());
    return tensor;
}

NormalHeads::NormalHeads(std::size_t n, std::size_t d, std::size_t heads, std::uint64_t seed, std::size_t width)
{
    for (std::size_t i = 0; i < heads; ++i) {
        m_heads.emplace_back();
        m_heads.back().push_back(normalHead(n, d, seed + i, width));
        m_exact.push_back(exactHeads(m_heads.back(), Monitor()));
    }
}

std::vector<double> NormalHeads::values(const std::string& spec, std::string_view measure, Monitor& monitor) const
{
    const PlanEntry entry = parseSpec(spec);
    const std::size_t index = sweepMeasureIndex(measure);
    std::vector<double> values;
    for (std::size_t i = 0; i < m_heads.size(); ++i) {
        monitor.check();
        values.push_back(measureHeads(m_heads[i], m_exact[i], *entry.mechanism, entry.parameters,
                                      m_heads[i].front()->input.random.seed, monitor)
                             .at(index));
    }
    return values;
}

Interval NormalHeads::mean(const std::string& spec, std::string_view measure, Monitor& monitor) const
{
    return meanInterval(values(spec, measure, monitor));
}

std::string NormalHeads::scope(const std::string& detail) const
{
    return "n = " + std::to_string(input(0).queries.rows) + ", d = " + std::to_string(input(0).queries.columns)
           + (detail.empty() ? "" : ", " + detail) + "; " + std::to_string(count()) + " heads of normal numbers";
}

double diagnosticOf(const HeadInput& input, const std::string& spec, std::string_view id, const Monitor& monitor)
{
    const PlanEntry entry = parseSpec(spec);
    Tensor weights({input.queries.rows, input.keys.rows});
    Tensor output({input.queries.rows, input.values.columns});
    for (const Diagnostic& each :
         attendHead(*entry.mechanism, input, entry.parameters, {weights.matrix(), output.matrix(), {}, {}}, monitor))
        if (each.info.id == id) {
            const std::span<const float> values = each.values->values();
            return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
        }
    return std::numeric_limits<double>::quiet_NaN();
}

}  // namespace ketscope
