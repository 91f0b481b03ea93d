// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/models/rotary_config.h"

#include "core/base/error.h"

namespace ketscope {

namespace {

// A number that the scaling cannot do without.
double required(const Config& scaling, std::string_view key)
{
    if (!scaling.has(key))
        scaling.refuseKey(key, "a number greater than 0", "none");
    return scaling.positive(key, 1.0);
}

void scale(std::vector<double>& frequencies, const Config& scaling)
{
    const std::string_view key = scaling.has("rope_type") ? "rope_type" : "type";
    const std::string kind = scaling.text(key, "default");
    if (kind == "default")
        return;
    if (kind == "linear") {
        const double factor = required(scaling, "factor");
        for (double& frequency : frequencies)
            frequency /= factor;
        return;
    }
    if (kind != "llama3")
        scaling.refuseKey(key, "default, linear or llama3", "\"" + printable(kind, 60) + "\"",
                          "Models with this scaling of positions are not supported.");
    const Llama3Scaling llama3 = {required(scaling, "factor"), required(scaling, "low_freq_factor"),
                                  required(scaling, "high_freq_factor"),
                                  required(scaling, "original_max_position_embeddings")};
    if (llama3.lowFactor >= llama3.highFactor)
        scaling.refuseKey("high_freq_factor", "more than low_freq_factor", std::to_string(llama3.highFactor));
    scaleFrequencies(frequencies, llama3);
}

}  // namespace

std::vector<double> rotaryFrequenciesOf(const Config& config, std::size_t headSize)
{
    if (config.positive("partial_rotary_factor", 1.0) != 1.0)
        config.refuseKey("partial_rotary_factor", "1", std::to_string(config.positive("partial_rotary_factor", 1.0)),
                         "Heads turned in part are not supported.");
    const std::string_view key = config.has("rope_parameters") ? "rope_parameters" : "rope_scaling";
    const std::optional<Config> scaling = config.member(key);
    const double inner = scaling ? scaling->positive("rope_theta", 10000.0) : 10000.0;
    std::vector<double> frequencies = rotaryFrequencies(headSize, config.positive("rope_theta", inner));
    if (scaling)
        scale(frequencies, *scaling);
    return frequencies;
}

}  // namespace ketscope
