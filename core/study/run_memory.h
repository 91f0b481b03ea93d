// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/error.h"
#include "core/models/model.h"

#include <cstdint>

namespace ketscope {

// Bytes that one forward pass leaves in its trace, and needs beside it.
struct RunMemory {
    std::uint64_t maps = 0;     // attention weights and their standard errors, of the layers that are kept
    std::uint64_t hidden = 0;   // hidden states
    std::uint64_t outputs = 0;  // logits
    std::uint64_t heads = 0;    // what the heads of a layer keep while it is computed, of the layer with the most

    std::uint64_t total() const { return maps + hidden + outputs + heads; }
    RunMemory& operator+=(const RunMemory& other);  // of a pass after this one
};

// Only layers from each stack's first patched one on are counted when the pass is `resumed`; the others are shared.
// `kept` as ForwardRequest::keepMaps.
RunMemory memoryOfRun(const ModelInfo& model, const ModelInput& input, const HeadPlan& plan, bool resumed,
                      const std::vector<std::vector<std::uint8_t>>& kept);

// An input error that another choice of the layers whose maps are kept (Study::keptLayers) can remedy.
class KeptLayersError : public Error {
public:
    explicit KeptLayersError(const ErrorText& text) : Error(ErrorKind::Input, text) {}
};

// Throws in one line when `traces` passes that leave `needed` do not fit into `available` bytes: how much is needed and
// how to need less. KeptLayersError where maps `canBeLeft` out and the rest fits, else Error (Input).
void requireMemory(const RunMemory& needed, std::size_t traces, std::uint64_t available, bool canBeLeft = true);

// Bytes of a model's weights as it keeps them, and of those that it needs at once when they are streamed.
std::uint64_t weightMemory(const ModelInfo& model);
std::uint64_t streamedWeightMemory(const ModelInfo& model, const TensorArchive& weights);

}  // namespace ketscope
