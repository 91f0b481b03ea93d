// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/attention/head_plan.h"
#include "core/base/monitor.h"
#include "core/base/tensor.h"
#include "core/formats/json.h"
#include "core/formats/tensor_archive.h"
#include "core/models/trace.h"
#include "core/text/tokenizer.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace ketscope {

// Layers whose maps share axes.
struct StackInfo {
    std::string name;  // "text"
    std::size_t layers = 0;
    std::size_t heads = 0;
    std::size_t headSize = 0;  // d
    std::size_t width = 0;     // D of the hidden states
    bool causal = false;
};

enum class Task { None, SequenceClassification, MaskedLanguageModelling, CausalLanguageModelling };

struct ModelInfo {
    std::string architecture;  // "distilbert": the id in models.def
    std::string title;         // "DistilBERT"
    std::filesystem::path path;
    std::vector<StackInfo> stacks;
    std::size_t vocabularySize = 0;
    std::size_t maximumPositions = 0;
    std::size_t feedForwardSize = 0;
    std::uint64_t parameterCount = 0;
    std::string weightsType;  // "F16", "F32", "mixed"
    Task task = Task::None;
    std::vector<std::string> labels;  // of a classification head, by index
    bool usesTokenTypes = false;
    std::vector<std::string> warnings;  // doubtful but usable: "encoder.layer.0…query.weight has 1 NaN value"
};

// What goes in, as numbers. Vectors have one entry a token.
struct ModelInput {
    std::vector<std::int32_t> tokenIds;
    std::vector<std::uint8_t> attentionMask;  // 1 = real token, 0 = padding
    std::vector<std::int32_t> tokenTypes;     // 0 or 1; ignored by models without token types

    bool operator==(const ModelInput&) const = default;
};

// Everything one forward pass needs to be told.
struct ForwardRequest {
    const ModelInput* input = nullptr;
    const HeadPlan* plan = nullptr;
    // A trace of the same model and input whose layers before `firstLayer` hold for this one too; their maps and hidden
    // states are shared, not recomputed. Null = start from the embeddings.
    const Trace* resumeFrom = nullptr;
    std::size_t firstLayer = 0;
    bool standardErrors = true;  // keep standard errors of sampled heads
};

// A loaded model. Immutable after opening; forward() may be called from one thread at a time.
class Model {
public:
    virtual ~Model() = default;

    const ModelInfo& info() const { return m_info; }

    // Runs the model and returns its trace. Throws Error: Input for ids outside the vocabulary or too many tokens,
    // Cancelled when the monitor says so.
    virtual Trace forward(const ForwardRequest& request, Monitor& monitor) const = 0;

protected:
    ModelInfo m_info;
};

// The files of a model folder, opened but not interpreted.
struct ModelFiles {
    std::filesystem::path folder;
    std::shared_ptr<const Json> config;
    std::shared_ptr<const TensorArchive> weights;
};

// One architecture: a row of models.def.
struct Architecture {
    std::string id;     // "bert"
    std::string title;  // "BERT"
    // Whether config.json describes this architecture ("model_type", or failing that its own telling keys).
    bool (*matches)(const Json& config);
    // Fills ModelInfo from config and tensor headers only; checks every tensor's presence and shape. No weights are read.
    ModelInfo (*describe)(const ModelFiles& files);
    // Reads and packs the weights.
    std::unique_ptr<Model> (*open)(const ModelFiles& files, Monitor& monitor);
};

const std::vector<const Architecture*>& architectures();

// Opens config.json and the weights' headers. Throws Error (Input) with the reason.
ModelFiles openModelFiles(const std::filesystem::path& folder);
// The architecture that `files` are of. Throws Error (Input) naming the model_type and what is supported.
const Architecture& architectureOf(const ModelFiles& files);

std::string_view taskName(Task task);  // "sequence-classification"

}  // namespace ketscope
