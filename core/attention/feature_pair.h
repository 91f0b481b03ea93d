// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/attention/feature_map.h"
#include "core/attention/pair_reading.h"

namespace ketscope {

// A pair that is scored by the product of features: φ(q), φ(k) and e^{s(q) + s(k)} φ(q)·φ(k) of the query with every key,
// with those of the keys relative to the row's largest exponent.
PairReading featurePair(const HeadInput& input, const FeatureMap& map, std::size_t query, std::size_t key);

// From reading.scores to the weight by the sum over the row, as the head itself comes to it where estimates that are not
// positive make it uniform, or a gate weighs keys.
void addFeatureRule(PairReading& reading, const Mechanism& mechanism, const HeadInput& input,
                    const Parameters& parameters, std::size_t query, std::size_t key, const Monitor& monitor);

}  // namespace ketscope
