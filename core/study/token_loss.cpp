// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/study/token_loss.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace ketscope {

namespace {

// −ln softmax(logits)[token], without leaving the range of double.
double lossOf(std::span<const float> logits, std::size_t token)
{
    const double top = *std::ranges::max_element(logits);
    double sum = 0.0;
    for (const float logit : logits)
        sum += std::exp(logit - top);
    return std::log(sum) + top - logits[token];
}

TokenLoss lossOf(const Tensor& logits, const EncodedInput& input)
{
    constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
    const std::size_t tokens = input.model.tokenIds.size();
    TokenLoss result{std::vector<double>(tokens, kNone), std::vector<double>(tokens, kNone), 0.0, 0.0, 0};
    const MatrixView rows = logits.matrix();
    const auto counts = [&](std::size_t i) {
        return i >= input.model.attentionMask.size() || input.model.attentionMask[i] != 0;
    };
    for (std::size_t i = 0; i + 1 < tokens && i < rows.rows; ++i) {
        const auto next = static_cast<std::size_t>(input.model.tokenIds[i + 1]);
        if (!counts(i) || !counts(i + 1) || next >= rows.columns)
            continue;
        result.loss[i] = lossOf(rows.row(i), next);
        result.probability[i] = std::exp(-result.loss[i]);
        result.mean += result.loss[i];
        ++result.tokens;
    }
    result.mean /= static_cast<double>(result.tokens);  // 0/0 = NaN
    result.perplexity = std::exp(result.mean);
    return result;
}

}  // namespace

bool hasTokenLosses(const Comparison& comparison)
{
    return comparison.model.task == Task::CausalLanguageModelling && comparison.input.model.tokenIds.size() > 1
           && std::ranges::all_of(comparison.traces, [](const auto& trace) {
                  const auto logits = trace->outputs.find("logits");
                  return logits != trace->outputs.end() && !logits->second->empty();
              });
}

std::vector<TokenLoss> tokenLosses(const Comparison& comparison)
{
    std::vector<TokenLoss> losses;
    if (!hasTokenLosses(comparison))
        return losses;
    for (const auto& trace : comparison.traces)
        losses.push_back(lossOf(*trace->outputs.at("logits"), comparison.input));
    return losses;
}

}  // namespace ketscope
