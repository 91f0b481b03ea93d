// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/attention/mps_pair.h"

#include "core/attention/rows.h"

#include <cmath>

namespace ketscope {

namespace {

// The exact weights of a row, from the logits in `reading`.
std::vector<double> exactRow(const HeadInput& input, const PairReading& reading, std::size_t query)
{
    std::vector<float> row(reading.scores.begin(), reading.scores.end());
    softmaxRule(input, query, row);
    return {row.begin(), row.end()};
}

// What the mechanism wrote down of one chain.
std::optional<BondReading> bondsOf(std::span<const Diagnostic> diagnostics, std::size_t state)
{
    BondReading result;
    for (const Diagnostic& known : diagnostics) {
        const auto copyRow = [&](std::vector<double>& into) {
            const auto row = known.values->matrix().row(state);
            into.assign(row.begin(), row.end());
        };
        if (known.info.id == "bonds")
            copyRow(result.kept);
        else if (known.info.id == "entanglement_entropy")
            copyRow(result.entropy);
        if (known.info.id != "schmidt_values")
            continue;
        const MatrixView bonds = known.values->matrix({state});
        for (std::size_t b = 0; b < bonds.rows; ++b) {
            std::vector<double>& values = result.schmidt.emplace_back();
            for (const float value : bonds.row(b))
                if (value > 0.0F)
                    values.push_back(value);
        }
    }
    return result.kept.empty() ? std::nullopt : std::optional(std::move(result));
}

// Of numbers that are stored.
bool isCount(const DiagnosticInfo& info) { return info.id.ends_with("parameters"); }

}  // namespace

void addChain(PairReading& reading, const HeadInput& input, const HeadRow& row, std::size_t query, bool wholeHead)
{
    reading.noStates.clear();
    std::vector<std::complex<double>> amplitudes;
    for (const double p : exactRow(input, reading, query))
        amplitudes.emplace_back(std::sqrt(p));
    reading.states.push_back({PairRole::Query, "Σ √p |j⟩ of the query's row", std::move(amplitudes), true});
    reading.bonds = bondsOf(row.diagnostics, wholeHead ? 0 : query);
    if (reading.bonds)
        reading.bonds->title = wholeHead ? "Whole head, one state" : "The query's own state";
    for (const auto& [info, value] : row.ofRow)
        reading.results.push_back({info.title, value, {}, isCount(info)});
    for (const Diagnostic& known : row.diagnostics)
        if (known.values->shape().size() == 1 && known.values->size() == 1)
            reading.results.push_back({known.info.title, known.values->values()[0], {}, isCount(known.info)});
}

}  // namespace ketscope
