// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/attention/head_plan.h"
#include "core/base/monitor.h"
#include "core/base/tensor.h"
#include "core/formats/json.h"
#include "core/formats/tensor_archive.h"
#include "core/models/model_input.h"
#include "core/models/trace.h"
#include "core/text/tokenizer.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace ketscope {

// What the queries or the keys of a stack are: the text's tokens; the image's class token and then its patches, row by
// row; or the text followed by the image.
enum class TokenAxis { Text, Image, Joint };

// Layers whose maps share axes.
struct StackInfo {
    std::string name;  // "text", "vision", "joint", "cross"
    std::size_t layers = 0;
    std::size_t heads = 0;
    std::size_t headSize = 0;  // d
    std::size_t width = 0;     // D of the hidden states
    bool causal = false;
    TokenAxis queries = TokenAxis::Text;
    TokenAxis keys = TokenAxis::Text;
    std::size_t keyValueHeads = 0;    // fewer than heads where several heads share keys and values; 0 = heads
    std::size_t feedForwardSize = 0;  // 0 in a stack without feed-forward layers of its own
    std::shared_ptr<const HeadAssignment> own = {};  // what its heads run when nothing is patched; null = exact softmax
    std::vector<std::shared_ptr<const HeadAssignment>> ownHeads = {};  // the same of single heads, see HeadPlan
};

// The images that a model takes.
struct ImageInfo {
    std::size_t channels = 3;
    std::size_t height = 0;  // pixels that its positions were learned for
    std::size_t width = 0;
    std::size_t patchHeight = 0;
    std::size_t patchWidth = 0;
    bool anySize = false;  // positions are interpolated to the patches of other sizes
};

// Patches of one image.
struct PatchGrid {
    std::size_t rows = 0;
    std::size_t columns = 0;

    std::size_t count() const { return rows * columns; }
    bool operator==(const PatchGrid&) const = default;
};

enum class Task {
    None,
    SequenceClassification,
    MaskedLanguageModelling,
    CausalLanguageModelling,
    QuestionAnswering,
    ImageClassification,
    ImageTextMatching,
    ImageTextContrast,
    VisualQuestionAnswering
};

struct ModelInfo {
    std::string architecture;  // "distilbert": the id in models.def
    std::string title;         // "DistilBERT"
    std::filesystem::path path;
    std::vector<StackInfo> stacks;
    std::size_t vocabularySize = 0;    // 0 = takes no text
    std::size_t maximumPositions = 0;  // of text
    std::optional<ImageInfo> image;    // none = takes no image
    std::uint64_t parameterCount = 0;
    std::string weightsType;  // "F16", "F32", "mixed"
    Task task = Task::None;
    std::vector<std::string> labels;  // of a classification head, by index
    bool usesTokenTypes = false;
    bool takesFurtherTexts = false;     // holds an image against several texts
    std::vector<std::string> warnings;  // doubtful but usable: "encoder.layer.0…query.weight has 1 NaN value"
};

// The patches that `image` is cut into: all whole ones, or with a pixel mask those whose first pixel is picture.
PatchGrid patchGrid(const ImageInfo& info, const ImageInput& image);
// Tokens of an axis for this input. The image must be there when the axis has one.
std::size_t axisLength(const ModelInfo& info, const TextInput& text, const ImageInput& image, TokenAxis axis);
// 1 = real, 0 = padding, for each of the `length` tokens of an axis; empty = all real. Only text is padded here: patches
// outside the picture never become tokens.
std::vector<std::uint8_t> axisMask(const TextInput& text, TokenAxis axis, std::size_t length);

struct LayerAttention;  // core/nn/attention.h
class Tape;             // core/nn/tape.h

// Everything one forward pass needs to be told.
struct ForwardRequest {
    const ModelInput* input = nullptr;
    const HeadPlan* plan = nullptr;
    // A trace of the same model and input whose layers before `firstLayers` hold for this one too, for each stack as far
    // as that stack alone is concerned; the model computes again what other stacks change. Maps and hidden states of the
    // rest are shared. Null = start from the embeddings.
    const Trace* resumeFrom = nullptr;
    std::vector<std::size_t> firstLayers = {};
    bool standardErrors = true;  // keep standard errors of sampled heads
    // Which maps to keep, for memory: a flag for each layer of each stack; the others are null in the trace. Empty = all.
    std::vector<std::vector<std::uint8_t>> keepMaps = {};
    // Which outputs are wanted, by name: others may be left out, and some are only made when they are named. Empty = what
    // the model answers with.
    std::vector<std::string> outputs = {};
    // Told what the heads of every traced layer are given, before they run. Null = nobody asks.
    std::function<void(const LayerAttention&)> watch = {};
    // Where the pass is written down so that it can be run backwards; only for one that resumes nothing. Null = nowhere.
    Tape* tape = nullptr;
};

// A loaded model. Immutable after opening; forward() may be called from several threads.
class Model {
public:
    virtual ~Model() = default;

    const ModelInfo& info() const { return m_info; }

    // Runs the model and returns its trace. Throws Error: Input for ids outside the vocabulary, too many tokens
    // or an image of another size, Cancelled when the monitor says so.
    virtual Trace forward(const ForwardRequest& request, Monitor& monitor) const = 0;

protected:
    ModelInfo m_info;
};

class GgufFile;
class TensorDraft;  // tensor_draft.h
struct GgufLayout;

// The files of a model, opened but not interpreted: a folder, or one GGUF file.
struct ModelFiles {
    std::filesystem::path folder;  // or the GGUF file
    std::shared_ptr<const Json> config;
    std::shared_ptr<const TensorArchive> weights;
    // As the file has it; `config` and `weights` say the same in the architecture's own words. Null for a folder.
    std::shared_ptr<const GgufFile> gguf = {};

    std::string configName = "config.json";  // in a folder
    // Where tensors that the weights lack are noted, for a model that has none yet. Null = they are refused.
    std::shared_ptr<TensorDraft> draft = {};
    // The weights do not fit into memory: linear layers are packed anew for each use.
    bool streamed = false;

    // Where `config` is from, for messages.
    std::filesystem::path configFile() const { return gguf ? folder : folder / configName; }
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
    // How GGUF files hold it; null when they do not.
    const GgufLayout* gguf = nullptr;
};

// Fills ModelInfo::stacks' ownHeads from what training has left in a model's files, see own_heads.h.
void readOwnHeads(const ModelFiles& files, ModelInfo& info);

// The row for a class M of models that is made from what `resolve` finds in a model's files: a description whose `info` needs
// no weights.
template <typename M, auto resolve>
Architecture architectureFor(std::string id, std::string title, bool (*matches)(const Json& config),
                             const GgufLayout* gguf = nullptr)
{
    return {std::move(id),
            std::move(title),
            matches,
            [](const ModelFiles& files) {
                ModelInfo info = resolve(files).info;
                readOwnHeads(files, info);
                return info;
            },
            [](const ModelFiles& files, Monitor& monitor) -> std::unique_ptr<Model> {
                auto description = resolve(files);
                readOwnHeads(files, description.info);
                return std::make_unique<M>(description, monitor);
            },
            gguf};
}

const std::vector<const Architecture*>& architectures();

// Opens config.json and the weights' headers in a folder, or a GGUF file. Throws Error (Input) with the reason.
ModelFiles openModelFiles(const std::filesystem::path& path);
// The architecture that `files` are of. Throws Error (Input) naming the model_type and what is supported.
const Architecture& architectureOf(const ModelFiles& files);

std::string_view taskName(Task task);  // "sequence-classification"
std::optional<Task> taskNamed(std::string_view name);
std::string_view axisName(TokenAxis axis);  // "text", "image", "joint"
std::optional<TokenAxis> axisNamed(std::string_view name);

}  // namespace ketscope
