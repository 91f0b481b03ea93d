// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/models/config.h"
#include "core/models/weights.h"

namespace ketscope {

// Everything that the headers of a CLIP model's files say. Both towers' weights go by the names that PreNormEncoder and
// ImageEmbedding read, and "words", "positions", "embedding norm", "final norm", "projection" and "scale".
struct ClipDescription {
    ModelInfo info;  // stacks: text, vision
    Weights text;
    Weights vision;
    Activation textActivation = Activation::QuickGelu;
    Activation visionActivation = Activation::QuickGelu;
    double textEpsilon = 1e-5;
    double visionEpsilon = 1e-5;
    std::optional<std::int32_t> endOfText;  // none: the text ends at its largest id
    std::string textTensors;                // what the names of a tower's tensors begin with; empty = nothing in common
    std::string visionTensors;
};

// Reads the configuration of transformers ("text_config", "vision_config") or of open_clip ("model_cfg"), and tensors
// under the names of transformers or of OpenAI and open_clip. Throws Error (Input).
ClipDescription describeClip(const ModelFiles& files);

}  // namespace ketscope
