// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/formats/gguf.h"
#include "core/models/model.h"

namespace ketscope {

// A tensor's name in GGUF files and in the architecture's own files, both without ".weight" and ".bias"; "{}" stands for
// the layer.
struct GgufName {
    std::string_view file;
    std::string_view own;
    // Rows of a head alternate between its two halves, for rotary embeddings that turn neighbours: row 2i + h of the file
    // is row i of half h.
    bool alternatingRows = false;
};

enum class GgufValue {
    Count,   // metadata: a whole number, at least 1
    Number,  // metadata: a number
    Rows     // the rows of a tensor
};

// A value of the configuration and where a GGUF file has it: metadata of the architecture ("embedding_length" for
// "llama.embedding_length") or a tensor.
struct GgufKey {
    std::string_view file;
    std::string_view own;
    GgufValue kind = GgufValue::Count;
    bool required = true;
};

// How GGUF files hold an architecture.
struct GgufLayout {
    std::string_view architecture;  // metadata general.architecture, and the "model_type" of configurations
    std::span<const GgufName> names;
    std::span<const GgufKey> keys;
    // What the tables cannot say, and refusals. The configuration has "head_dim" afterwards if names have alternating
    // rows. May be null.
    void (*complete)(const GgufFile& file, Json& config) = nullptr;
};

// A GGUF file as the files of a model: its configuration from metadata, its tensors under the architecture's own names
// with rows in their own order. Throws Error (Input) naming the metadata or tensor that is missing or wrong.
ModelFiles openGgufModel(const std::filesystem::path& path);

}  // namespace ketscope
