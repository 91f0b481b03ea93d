// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/optimizer.h"

#include "core/base/parallel.h"
#include "core/models/own_heads.h"
#include "core/nn/kernels.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace ketscope {

namespace {

// Values that one thread updates or sums at a time.
constexpr std::size_t kChunk = 1U << 15U;

}  // namespace

double Schedule::rate(std::size_t step) const
{
    const auto next = std::ranges::upper_bound(restarts, step);
    const std::size_t first = next == restarts.begin() ? 0 : *std::prev(next);
    const std::size_t length = (next == restarts.end() ? steps : *next) - first;
    const std::size_t at = step - first;
    if (at < warmUp)
        return peak * static_cast<double>(at + 1) / static_cast<double>(warmUp);
    const double part =
        length <= warmUp ? 1.0 : static_cast<double>(at - warmUp) / static_cast<double>(length - warmUp);
    return peak * (last + (1.0 - last) * 0.5 * (1.0 + std::cos(std::numbers::pi * std::min(part, 1.0))));
}

bool AdamW::decays(std::string_view name, const Tensor& parameter)
{
    return parameter.shape().size() >= 2 && !name.starts_with(kOwnHeads)
           && name.find("angles") == std::string_view::npos;
}

void AdamW::step(double rate, const ParameterValues& gradients, ParameterValues& parameters)
{
    struct Work {
        std::span<const float> gradients;
        std::span<float> m, v, values;
        KetscopeAdam update;
    };
    std::vector<Work> all;
    for (const auto& [name, gradient] : gradients) {
        const auto found = parameters.find(name);
        if (found == parameters.end() || gradient.empty())
            continue;
        Tensor& value = found->second;
        const auto [state, isNew] = states.try_emplace(name);
        if (isNew)
            state->second = {Tensor::zeros(value.shape()), Tensor::zeros(value.shape())};
        const auto power = static_cast<double>(++state->second.updates);
        const KetscopeAdam update{beta1,
                                  beta2,
                                  epsilon,
                                  rate,
                                  decays(name, value) ? decay : 0.0,
                                  1.0 / (1.0 - std::pow(beta1, power)),
                                  1.0 / (1.0 - std::pow(beta2, power))};
        const std::span<float> m = state->second.first.values(), v = state->second.second.values();
        for (std::size_t at = 0; at < value.size(); at += kChunk) {
            const std::size_t size = std::min(kChunk, value.size() - at);
            all.push_back({gradient.values().subspan(at, size), m.subspan(at, size), v.subspan(at, size),
                           value.values().subspan(at, size), update});
        }
    }
    parallelFor(all.size(), kSerialWork, [&](std::size_t i) {
        const Work& work = all[i];
        kernels().adam(&work.update, work.gradients.data(), work.values.size(), work.m.data(), work.v.data(),
                       work.values.data());
    });
}

double clip(ParameterValues& gradients, double most)
{
    double squares = 0.0;
    for (const auto& [name, gradient] : gradients)
        squares += kernels().dot(gradient.data(), gradient.data(), gradient.size());
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
