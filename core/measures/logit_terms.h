// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/attention/mechanism.h"

#include <vector>

namespace ketscope {

// How the exact weight of one (query, key) comes about, in double precision: logit = scale · Σ qᵢkᵢ + mask, weight =
// softmax of the query's logits over the keys that the mask allows.
struct LogitTerms {
    std::vector<double> query;       // (d)
    std::vector<double> key;         // (d)
    std::vector<double> products;    // (d): qᵢkᵢ
    std::vector<double> cumulative;  // (d): scale · Σ of the products up to i
    double dot = 0.0;                // q·k
    double scale = 1.0;
    double additive = 0.0;  // mask added to the logit; −∞ where it forbids
    double logit = 0.0;     // with the mask; −∞ where the key is not allowed
    double largest = 0.0;   // of the row's logits
    double logSum = 0.0;    // ln Σⱼ exp(logitⱼ), of the row
    double weight = 0.0;    // exp(logit − logSum); 0 where the key is not allowed
};

// `query` and `key` are inside `head`. NaN where no key is allowed.
LogitTerms logitTerms(const HeadInput& head, std::size_t query, std::size_t key);

}  // namespace ketscope
