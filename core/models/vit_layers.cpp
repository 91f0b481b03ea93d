// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/models/vit_layers.h"

namespace ketscope {

namespace {

constexpr TensorRow kLayer[] = {
    {"attention norm", Part::Norm, "encoder.layer.{}.layernorm_before", Axis::Width},
    {"attention output", Part::Linear, "encoder.layer.{}.attention.output.dense", Axis::Width, Axis::Width},
    {"feed-forward norm", Part::Norm, "encoder.layer.{}.layernorm_after", Axis::Width},
    {"expand", Part::Linear, "encoder.layer.{}.intermediate.dense", Axis::FeedForward, Axis::Width},
    {"contract", Part::Linear, "encoder.layer.{}.output.dense", Axis::Width, Axis::FeedForward},
};
constexpr TensorRow kProjections[] = {
    {"query", Part::Linear, "encoder.layer.{}.attention.attention.query", Axis::Width, Axis::Width},
    {"key", Part::Linear, "encoder.layer.{}.attention.attention.key", Axis::Width, Axis::Width},
    {"value", Part::Linear, "encoder.layer.{}.attention.attention.value", Axis::Width, Axis::Width},
};
constexpr TensorRow kProjectionsWithoutBias[] = {
    {"query", Part::NoBias, "encoder.layer.{}.attention.attention.query", Axis::Width, Axis::Width},
    {"key", Part::NoBias, "encoder.layer.{}.attention.attention.key", Axis::Width, Axis::Width},
    {"value", Part::NoBias, "encoder.layer.{}.attention.attention.value", Axis::Width, Axis::Width},
};

}  // namespace

void requireVitLayers(Weights& weights, std::size_t layers, bool bias)
{
    weights.requireLayers(kLayer, layers);
    weights.requireLayers(bias ? kProjections : kProjectionsWithoutBias, layers);
}

}  // namespace ketscope
