// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/tensor.h"
#include "core/models/model.h"
#include "core/nn/embedding.h"
#include "core/nn/linear.h"
#include "core/nn/norm.h"

#include <map>
#include <set>

namespace ketscope {

// What an axis of a tensor counts. One is for tensors with a single axis.
enum class Axis {
    One,
    Vocabulary,
    Positions,
    TokenTypes,
    Width,
    ThreeWidths,
    QueryWidth,     // heads · head size
    KeyValueWidth,  // key–value heads · head size
    RotaryPairs,    // half a head
    FeedForward,
    Labels,
    TwoWidths,
    Embedding,       // what text and image are compared in
    ImageWidth,      // of the image tokens that cross-attention looks at
    ImagePositions,  // class token and patches
    Channels,
    PatchHeight,
    PatchWidth,
    Modalities,
    Heads,
    HeadChannels,  // heads · head size
    HeadWidths,    // heads · width
    Qubits,
    Angles  // of one head's circuit
};

enum class Part {
    Linear,        // NAME.weight (rows, columns), NAME.bias (rows)
    Turned,        // the same with the weight stored (columns, rows), except in GGUF files
    NoBias,        // NAME.weight (rows, columns)
    Norm,          // NAME.weight and NAME.bias (rows); NAME.gamma and NAME.beta in old files
    RmsNorm,       // NAME.weight (rows)
    Values,        // NAME itself (rows), with any number of axes of 1 before it
    Matrix,        // NAME itself (rows, columns), the same
    TurnedMatrix,  // NAME itself (columns, rows)
    Fused,         // NAME_weight (rows, columns), NAME_bias (rows)
    Patches,       // NAME.weight (rows, channels, patch height, patch width), NAME.bias (rows)
    PatchesNoBias
};

// One row of a table of tensor names: what we call it, what files call it ("{}" stands for the layer), and its shape.
struct TensorRow {
    std::string_view name;
    Part part;
    std::string_view pattern;
    Axis rows;
    Axis columns = Axis::One;
};

class Operations;  // core/nn/operations.h

// The rows of a table of embeddings. Kept in memory, or read from the file when they are looked up if the model does not
// fit into it.
class EmbeddingRows {
public:
    EmbeddingRows(std::shared_ptr<const TensorArchive> archive, const TensorEntry& entry, ParameterPlace place)
        : m_archive(std::move(archive)), m_entry(&entry)
    {
        m_table.place = std::move(place);
    }
    explicit EmbeddingRows(WeightTable table) : m_table(std::move(table)) {}

    // out[i] = row ids[i]. Ids are inside the table.
    void lookUp(const Operations& operations, std::span<const std::int32_t> ids, MutableMatrixView out) const;

private:
    WeightTable m_table;
    std::shared_ptr<const TensorArchive> m_archive;
    const TensorEntry* m_entry = nullptr;
};

// The sizes that the tensors of a text model with one stack have: Vocabulary, Positions, Width, ThreeWidths, FeedForward.
std::map<Axis, std::size_t> textAxes(const ModelInfo& info);

// The tensors that a model needs, found in its files by a table of names. Everything is checked from headers when it is
// required; values are read when asked for. Throws Error (Input) naming the tensor, what was expected and what was found.
class Weights {
public:
    // `prefix` may stand before the names of the body (not of heads): present in some files, absent in others, which
    // the presence of `probe` decides.
    Weights(const ModelFiles& files, std::map<Axis, std::size_t> sizes, std::string_view prefix,
            std::string_view probe = {});

    // Another part of the same model, with its own sizes, prefix and names. What describe() and warnings() say is of all.
    Weights tower(std::map<Axis, std::size_t> sizes, std::string_view prefix) const;

    // Whether the file has this tensor. Body names are tried with the prefix.
    bool hasBody(std::string_view name) const;
    bool hasHead(std::string_view name) const;
    // Rows of a head's tensor that is there, for sizes that no configuration states.
    std::size_t rowsOfHead(std::string_view name) const;

    void requireBody(std::span<const TensorRow> rows);
    void requireLayers(std::span<const TensorRow> rows, std::size_t layers);
    void requireHead(std::span<const TensorRow> rows);
    // Tensors that are known and not needed: names that begin, or end, like this are never reported as unused.
    void ignore(std::string_view beginning, std::string_view ending = {});
    void setSize(Axis axis, std::size_t size) { m_sizes[axis] = size; }

    // Fills what ModelInfo says of the weights: parameter count, type, a warning for tensors that nothing uses.
    void describe(ModelInfo& info) const;

    // Whether a table that was required has this row.
    bool has(std::string_view name) const;
    bool has(std::string_view name, std::size_t layer) const;

    // Reading. `layer` for tensors of requireLayers. Values that are not finite add a line to warnings().
    Linear linear(std::string_view name, Activation activation = Activation::None) const;
    Linear linear(std::string_view name, std::size_t layer, Activation activation = Activation::None) const;
    // Several layers over the same input as one, their outputs side by side.
    Linear fused(std::initializer_list<std::string_view> names, std::size_t layer) const;
    LayerNorm norm(std::string_view name, double epsilon) const;
    LayerNorm norm(std::string_view name, std::size_t layer, double epsilon) const;
    RmsNorm rmsNorm(std::string_view name, double epsilon) const;
    RmsNorm rmsNorm(std::string_view name, std::size_t layer, double epsilon) const;
    WeightTable table(std::string_view name) const;
    WeightTable table(std::string_view name, std::size_t layer) const;
    ParameterPlace place(std::string_view name, std::size_t layer) const;
    WeightTable row(std::string_view name) const;  // a vector, as a table of one row
    EmbeddingRows embedding(std::string_view name) const;
    std::vector<float> values(std::string_view name) const;

    const std::vector<std::string>& warnings() const { return m_ledger->warnings; }

private:
    struct Found {
        Part part;
        const TensorEntry* weight = nullptr;
        const TensorEntry* bias = nullptr;
        std::size_t rows = 0;
        std::size_t columns = 0;
    };
    // What all towers of a model have in common.
    struct Ledger {
        std::set<std::string, std::less<>> used;
        std::vector<std::pair<std::string, std::string>> ignored;
        std::vector<std::string> warnings;
    };

    void require(const TensorRow& row, const std::string& prefix, const std::string& layer);
    std::uint64_t sizeOf(Axis axis) const;
    const TensorEntry* claim(const std::string& name, std::vector<std::uint64_t> shape);
    const TensorEntry* claimBare(const std::string& name, std::vector<std::uint64_t> shape);
    const TensorEntry* claimEither(const std::string& name, const std::string& oldName,
                                   std::vector<std::uint64_t> shape);
    const Found& found(std::string_view name, std::string_view layer = {}) const;
    void read(const TensorEntry& entry, std::span<float> out) const;
    void warn(const TensorEntry& entry, std::size_t nan, std::size_t infinite) const;
    std::vector<float> readVector(const TensorEntry* entry) const;
    Linear linearOf(std::span<const Found* const> parts, Activation activation) const;
    WeightTable tableOf(const Found& which) const;
    LayerNorm normOf(const Found& which, double epsilon) const;
    RmsNorm rmsNormOf(const Found& which, double epsilon) const;
    bool isIgnored(std::string_view name) const;
    static ParameterPlace placeOf(const TensorEntry* entry);

    std::filesystem::path m_folder;
    std::shared_ptr<const TensorArchive> m_archive;
    std::shared_ptr<TensorDraft> m_draft;
    bool m_outputsFirst;  // even where an architecture's own files turn weights
    bool m_streamed;      // linear layers are packed for each use
    std::map<Axis, std::size_t> m_sizes;
    std::string m_prefix;
    std::map<std::string, Found, std::less<>> m_found;
    std::shared_ptr<Ledger> m_ledger = std::make_shared<Ledger>();
};

}  // namespace ketscope
