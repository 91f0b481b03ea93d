// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/nn/linear.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numbers>

namespace ketscope {

std::optional<Activation> activationNamed(std::string_view name)
{
    static const std::map<std::string_view, Activation> s_names = {{"gelu", Activation::Gelu},
                                                                   {"gelu_new", Activation::GeluTanh},
                                                                   {"gelu_pytorch_tanh", Activation::GeluTanh},
                                                                   {"quick_gelu", Activation::QuickGelu},
                                                                   {"relu", Activation::Relu},
                                                                   {"silu", Activation::Silu},
                                                                   {"swish", Activation::Silu},
                                                                   {"tanh", Activation::Tanh}};
    const auto found = s_names.find(name);
    return found == s_names.end() ? std::nullopt : std::optional(found->second);
}

namespace {

constexpr double kQuick = 1.702;  // of quickGelu

double sigmoid(double x) { return 1.0 / (1.0 + std::exp(-x)); }

// What geluTanh takes the tanh of, and its slope.
constexpr double kCubic = 0.044715;
double tanhArgument(double x) { return std::sqrt(2.0 / std::numbers::pi) * (x + kCubic * x * x * x); }
double tanhArgumentSlope(double x) { return std::sqrt(2.0 / std::numbers::pi) * (1.0 + 3.0 * kCubic * x * x); }

double swishSlope(double x, double factor)
{
    const double gate = sigmoid(factor * x);
    return gate + factor * x * gate * (1.0 - gate);
}

}  // namespace

double activate(Activation activation, double x)
{
    switch (activation) {
    case Activation::None: break;
    case Activation::Gelu: return 0.5 * x * (1.0 + std::erf(x / std::numbers::sqrt2));
    case Activation::GeluTanh: return 0.5 * x * (1.0 + std::tanh(tanhArgument(x)));
    case Activation::QuickGelu: return x * sigmoid(kQuick * x);
    case Activation::Relu: return std::max(x, 0.0);
    case Activation::Silu: return x * sigmoid(x);
    case Activation::Tanh: return std::tanh(x);
    }
    return x;
}

double slopeOf(Activation activation, double x)
{
    switch (activation) {
    case Activation::None: break;
    case Activation::Gelu:
        return 0.5 * (1.0 + std::erf(x / std::numbers::sqrt2))
               + x * std::exp(-0.5 * x * x) / std::sqrt(2.0 * std::numbers::pi);
    case Activation::GeluTanh: {
        const double t = std::tanh(tanhArgument(x));
        return 0.5 * (1.0 + t) + 0.5 * x * (1.0 - t * t) * tanhArgumentSlope(x);
    }
    case Activation::QuickGelu: return swishSlope(x, kQuick);
    case Activation::Relu: return x > 0.0 ? 1.0 : 0.0;
    case Activation::Silu: return swishSlope(x, 1.0);
    case Activation::Tanh: return 1.0 - std::tanh(x) * std::tanh(x);
    }
    return 1.0;
}

}  // namespace ketscope
