// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/attention/feature_pair.h"

#include "core/attention/rows.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace ketscope {

PairReading featurePair(const HeadInput& input, const FeatureMap& map, std::size_t query, std::size_t key)
{
    Tensor queryFeatures({1, map.size()});
    Tensor keyFeatures({input.keys.rows, map.size()});
    std::vector<double> queryExponent(1, 0.0);
    std::vector<double> keyExponents(input.keys.rows, 0.0);
    map.apply(input.queries.middleRows(query, 1), queryFeatures.matrix(), queryExponent);
    map.apply(input.keys, keyFeatures.matrix(), keyExponents);
    double largest = -std::numeric_limits<double>::infinity();
    for (std::size_t j = 0; j < input.keys.rows; ++j)
        if (isAllowed(input, query, j))
            largest = std::max(largest, keyExponents[j]);
    PairReading reading;
    reading.noStates = "There are no quantum states or circuits: random features stand in their place.";
    const auto phi = queryFeatures.matrix().row(0);
    PairFeatures features{"Random features φ(q) and φ(k)", {phi.begin(), phi.end()}, {}, false};
    const auto phiKey = keyFeatures.matrix().row(key);
    features.key.assign(phiKey.begin(), phiKey.end());
    for (std::size_t j = 0; j < input.keys.rows; ++j) {
        double sum = 0.0;
        for (std::size_t f = 0; f < map.size(); ++f)
            sum += static_cast<double>(phi[f]) * keyFeatures.matrix()(j, f);
        const double exponent = std::isfinite(largest) ? std::min(keyExponents[j] - largest, 700.0) : 0.0;
        reading.scores.push_back(sum * std::exp(exponent));
    }
    reading.features = std::move(features);
    reading.scoreTitle = "Product φ(q)·φ(k)";
    return reading;
}

void addFeatureRule(PairReading& reading, const Mechanism& mechanism, const HeadInput& input,
                    const Parameters& parameters, std::size_t query, std::size_t key, const Monitor& monitor)
{
    double sum = 0.0;
    for (std::size_t j = 0; j < reading.scores.size(); ++j)
        if (isAllowed(input, query, j))
            sum += reading.scores[j]
                   * (input.mask.additive.empty() ? 1.0 : std::exp(static_cast<double>(input.mask.additive(query, j))));
    reading.weight = attendRow(mechanism, input, parameters, query, monitor).weights[key];
    reading.arithmetic.push_back({reading.scoreTitle, reading.scores[key]});
    reading.arithmetic.push_back({"Sum over the allowed keys", sum});
    reading.arithmetic.push_back({"Weight of " + mechanism.info().shortTitle, reading.weight});
}

}  // namespace ketscope
