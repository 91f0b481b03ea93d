// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/optimizer.h"

#include "core/base/parallel.h"
#include "core/models/own_heads.h"

#include <cmath>
#include <numbers>

namespace ketscope {

namespace {

// What the update of one parameter needs to know.
struct Update {
    double beta1, beta2, epsilon, rate, decay;
    double firstScale, secondScale;  // 1/(1−βᵗ)

    void apply(std::span<const float> gradients, std::span<float> m, std::span<float> v, std::span<float> values) const
    {
        for (std::size_t i = 0; i < values.size(); ++i) {
            const double g = gradients[i];
            const double newM = beta1 * static_cast<double>(m[i]) + (1.0 - beta1) * g;
            const double newV = beta2 * static_cast<double>(v[i]) + (1.0 - beta2) * g * g;
            m[i] = static_cast<float>(newM);
            v[i] = static_cast<float>(newV);
            const double change = newM * firstScale / (std::sqrt(newV * secondScale) + epsilon);
            const double value = values[i];
            values[i] = static_cast<float>(value - rate * (change + decay * value));
        }
    }
};

Tensor& stateOf(ParameterValues& states, const std::string& name, const Tensor& like)
{
    Tensor& state = states[name];
    if (state.empty())
        state = Tensor::zeros(like.shape());
    return state;
}

}  // namespace

double Schedule::rate(std::size_t step) const
{
    if (step < warmUp)
        return peak * static_cast<double>(step + 1) / static_cast<double>(warmUp);
    const double part =
        steps <= warmUp ? 1.0 : static_cast<double>(step - warmUp) / static_cast<double>(steps - warmUp);
    return peak * (last + (1.0 - last) * 0.5 * (1.0 + std::cos(std::numbers::pi * std::min(part, 1.0))));
}

bool AdamW::decays(std::string_view name, const Tensor& parameter)
{
    return parameter.shape().size() >= 2 && !name.starts_with(kOwnHeads)
           && name.find("angles") == std::string_view::npos;
}

void AdamW::step(std::size_t t, double rate, const ParameterValues& gradients, ParameterValues& parameters)
{
    struct Work {
        std::span<const float> gradients;
        std::span<float> m, v, values;
        bool decays;
    };
    std::vector<Work> all;
    for (const auto& [name, gradient] : gradients) {
        const auto found = parameters.find(name);
        if (found == parameters.end() || gradient.empty())
            continue;
        Tensor& value = found->second;
        all.push_back({gradient.values(), stateOf(first, name, value).values(), stateOf(second, name, value).values(),
                       value.values(), decays(name, value)});
    }
    const auto power = static_cast<double>(t);
    Update update{
        beta1, beta2, epsilon, rate, 0.0, 1.0 / (1.0 - std::pow(beta1, power)), 1.0 / (1.0 - std::pow(beta2, power))};
    parallelFor(all.size(), kSerialWork, [&](std::size_t i) {
        Update own = update;
        own.decay = all[i].decays ? decay : 0.0;
        own.apply(all[i].gradients, all[i].m, all[i].v, all[i].values);
    });
}

double clip(ParameterValues& gradients, double most)
{
    double squares = 0.0;
    for (const auto& [name, gradient] : gradients)
        for (const float value : gradient.values())
            squares += static_cast<double>(value) * static_cast<double>(value);
    const double norm = std::sqrt(squares);
    if (most > 0.0 && norm > most) {
        const double scale = most / norm;
        for (auto& [name, gradient] : gradients)
            for (float& value : gradient.values())
                value = static_cast<float>(scale * static_cast<double>(value));
    }
    return norm;
}

}  // namespace ketscope
