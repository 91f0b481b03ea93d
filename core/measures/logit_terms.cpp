// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/measures/logit_terms.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace ketscope {

namespace {

constexpr double kForbidden = -std::numeric_limits<double>::infinity();

double maskOf(const HeadInput& head, std::size_t query, std::size_t key)
{
    if (!head.mask.allowed(query, key, head.queries.rows, head.keys.rows))
        return kForbidden;
    return head.mask.additive.empty() ? 0.0 : static_cast<double>(head.mask.additive(query, key));
}

double dotOf(const HeadInput& head, std::size_t query, std::size_t key)
{
    double dot = 0.0;
    for (std::size_t i = 0; i < head.queries.columns; ++i)
        dot += static_cast<double>(head.queries(query, i)) * static_cast<double>(head.keys(key, i));
    return dot;
}

}  // namespace

LogitTerms logitTerms(const HeadInput& head, std::size_t query, std::size_t key)
{
    LogitTerms terms;
    terms.scale = static_cast<double>(head.scale);
    for (std::size_t i = 0; i < head.queries.columns; ++i) {
        terms.query.push_back(static_cast<double>(head.queries(query, i)));
        terms.key.push_back(static_cast<double>(head.keys(key, i)));
        terms.products.push_back(terms.query.back() * terms.key.back());
        terms.dot += terms.products.back();
        terms.cumulative.push_back(terms.scale * terms.dot);
    }
    terms.additive = maskOf(head, query, key);
    terms.logit = terms.scale * terms.dot + terms.additive;
    std::vector<double> logits;
    for (std::size_t other = 0; other < head.keys.rows; ++other)
        logits.push_back(terms.scale * dotOf(head, query, other) + maskOf(head, query, other));
    terms.largest = *std::ranges::max_element(logits);
    double sum = 0.0;
    for (const double logit : logits)
        sum += std::exp(logit - terms.largest);
    terms.logSum = terms.largest + std::log(sum);
    terms.weight = std::exp(terms.logit - terms.logSum);
    return terms;
}

}  // namespace ketscope
