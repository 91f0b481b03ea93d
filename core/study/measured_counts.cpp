// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/study/measured_counts.h"

#include "core/formats/json_fields.h"
#include "core/quantum/openqasm.h"
#include "core/quantum/state_vector.h"

#include <algorithm>

namespace ketscope {

namespace {

std::string bitsOf(std::size_t outcome, std::size_t qubits)
{
    std::string bits(qubits, '0');
    for (std::size_t qubit = 0; qubit < qubits; ++qubit)
        if ((outcome >> (qubits - 1 - qubit) & 1U) != 0)
            bits[qubit] = '1';
    return bits;
}

std::size_t reversed(std::size_t outcome, std::size_t qubits)
{
    std::size_t result = 0;
    for (std::size_t bit = 0; bit < qubits; ++bit)
        result = 2 * result + (outcome >> bit & 1U);
    return result;
}

}  // namespace

std::uint64_t MeasuredCounts::shots() const
{
    std::uint64_t sum = 0;
    for (const auto& [outcome, count] : counts)
        sum += count;
    return sum;
}

MeasuredCounts inOrder(MeasuredCounts counts, BitOrder order)
{
    if (counts.order == order)
        return counts;
    for (auto& [outcome, count] : counts.counts)
        outcome = reversed(outcome, counts.qubits());
    std::ranges::sort(counts.counts);
    counts.order = order;
    return counts;
}

std::vector<std::pair<std::size_t, std::uint64_t>> seenOutcomes(std::span<const std::uint64_t> counts,
                                                                const std::string& where)
{
    std::vector<std::pair<std::size_t, std::uint64_t>> seen;
    for (std::size_t outcome = 0; outcome < counts.size(); ++outcome)
        if (counts[outcome] > 0)
            seen.emplace_back(outcome, counts[outcome]);
    if (seen.empty())
        refuse({where, "at least one shot", "none", ""});
    if (seen.size() > kMostMeasuredOutcomes)
        refuse({where, "at most " + std::to_string(kMostMeasuredOutcomes) + " different outcomes",
                std::to_string(seen.size()), "Measure a circuit of fewer qubits, or with fewer shots."});
    return seen;
}

Json toJson(const MeasuredCounts& counts)
{
    Json outcomes = Json::object();
    for (const auto& [outcome, count] : counts.counts)
        outcomes[bitsOf(outcome, counts.qubits())] = count;
    return {{"file", counts.file},
            {"order", kBitOrders[static_cast<std::size_t>(counts.order)]},
            {"cell", toJson(counts.cell)},
            {"expectations", counts.expectations},
            {"outcomes", std::move(outcomes)}};
}

MeasuredCounts measuredCountsFromJson(const Json& json, const std::string& where)
{
    const JsonFields fields(json, where);
    MeasuredCounts result;
    result.file = fields.text("file");
    result.order = static_cast<BitOrder>(fields.oneOf("order", kBitOrders));
    result.cell = selectionFromJson(fields.at("cell"), where + ", \"cell\"");
    const Json& expectations = fields.at("expectations");
    const bool valid =
        expectations.is_array() && !expectations.empty() && std::ranges::all_of(expectations, [](const Json& x) {
            return x.is_number() && std::abs(x.get<double>()) <= 1.001;
        });
    if (!valid)
        refuse({where + ", \"expectations\"", "numbers from −1 to 1, one for each qubit", "something else", ""});
    result.expectations = expectations.get<std::vector<double>>();
    result.counts = seenOutcomes(
        countsFromJson(fields.at("outcomes"), result.qubits(), BitOrder::Qubit0First, where + ", \"outcomes\""), where);
    return result;
}

}  // namespace ketscope
