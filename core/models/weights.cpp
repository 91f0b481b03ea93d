// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/models/weights.h"

#include "core/base/error.h"
#include "core/models/own_heads.h"
#include "core/models/tensor_draft.h"
#include "core/nn/operations.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <deque>

namespace ketscope {

namespace {

std::string shapeText(const std::vector<std::uint64_t>& shape)
{
    std::string text;
    for (const std::uint64_t extent : shape)
        text += (text.empty() ? "" : ", ") + std::to_string(extent);
    return "(" + text + ")";
}

std::string withLayer(std::string_view pattern, const std::string& layer)
{
    std::string name(pattern);
    const auto place = name.find("{}");
    return place == std::string::npos ? name : name.replace(place, 2, layer);
}

std::string keyOf(std::string_view name, std::string_view layer)
{
    return layer.empty() ? std::string(name) : std::string(name) + " " + std::string(layer);
}

std::string countOf(std::size_t count, const char* what)
{
    return std::to_string(count) + " " + what + (count == 1 ? " value" : " values");
}

// Values that are not finite, counted by any thread.
struct NotFinite {
    std::atomic<std::size_t> nan{0};
    std::atomic<std::size_t> infinite{0};

    void count(std::span<const float> values)
    {
        std::size_t nans = 0;
        std::size_t infinities = 0;
        for (const float value : values) {
            nans += std::isnan(value) ? 1 : 0;
            infinities += std::isinf(value) ? 1 : 0;
        }
        nan += nans;
        infinite += infinities;
    }
};

// The rows of several tensors of one width, one tensor after the other. Reading is safe from any thread.
class StoredRows {
public:
    struct Part {
        const TensorEntry* entry = nullptr;
        std::size_t first = 0;
        std::size_t count = 0;
        NotFinite odd;
    };

    explicit StoredRows(std::shared_ptr<const TensorArchive> archive) : m_archive(std::move(archive)) {}

    // As the file has it: `count` rows of `width` values.
    void add(const TensorEntry& entry, std::size_t count, std::size_t width)
    {
        Part& part = m_parts.emplace_back();
        part.entry = &entry;
        part.first = m_count;
        part.count = count;
        m_count += count;
        m_width = width;
    }

    std::size_t count() const { return m_count; }
    std::size_t width() const { return m_width; }
    const std::deque<Part>& parts() const { return m_parts; }

    void read(std::size_t first, std::span<float> out)
    {
        for (Part& part : m_parts) {
            if (out.empty() || first >= part.first + part.count)
                continue;
            const std::size_t skipped = first - part.first;
            const std::size_t rows = std::min(part.count - skipped, out.size() / m_width);
            m_archive->read(*part.entry, std::uint64_t{skipped} * m_width, out.first(rows * m_width));
            part.odd.count(out.first(rows * m_width));
            out = out.subspan(rows * m_width);
            first += rows;
        }
    }

private:
    std::shared_ptr<const TensorArchive> m_archive;
    std::deque<Part> m_parts;
    std::size_t m_count = 0;
    std::size_t m_width = 0;
};

}  // namespace

void EmbeddingRows::lookUp(const Operations& operations, std::span<const std::int32_t> ids, MutableMatrixView out) const
{
    if (m_entry == nullptr)
        return operations.lookUp(m_table, ids, out);
    for (std::size_t i = 0; i < ids.size(); ++i)
        m_archive->read(*m_entry, static_cast<std::uint64_t>(ids[i]) * out.columns, out.row(i));
    operations.lookedUp(m_table.place, ids, out);
}

std::map<Axis, std::size_t> textAxes(const ModelInfo& info)
{
    const StackInfo& stack = info.stacks.front();
    return {{Axis::Vocabulary, info.vocabularySize},
            {Axis::Positions, info.maximumPositions},
            {Axis::Width, stack.width},
            {Axis::ThreeWidths, 3 * stack.width},
            {Axis::FeedForward, stack.feedForwardSize}};
}

Weights::Weights(const ModelFiles& files, std::map<Axis, std::size_t> sizes, std::string_view prefix,
                 std::string_view probe)
    : m_folder(files.folder), m_archive(files.weights), m_draft(files.draft), m_outputsFirst(files.gguf != nullptr),
      m_streamed(files.streamed), m_sizes(std::move(sizes))
{
    const bool bare =
        m_archive->find(probe) != nullptr && m_archive->find(std::string(prefix) + std::string(probe)) == nullptr;
    m_prefix = bare ? "" : prefix;
}

Weights Weights::tower(std::map<Axis, std::size_t> sizes, std::string_view prefix) const
{
    Weights other = *this;
    other.m_sizes = std::move(sizes);
    other.m_prefix = prefix;
    other.m_found.clear();
    return other;
}

bool Weights::hasBody(std::string_view name) const { return m_archive->find(m_prefix + std::string(name)) != nullptr; }

bool Weights::hasHead(std::string_view name) const { return m_archive->find(name) != nullptr; }

std::size_t Weights::rowsOfHead(std::string_view name) const
{
    const TensorEntry* entry = m_archive->find(name);
    return entry == nullptr || entry->shape.empty() ? 1 : static_cast<std::size_t>(entry->shape.front());
}

void Weights::requireBody(std::span<const TensorRow> rows)
{
    for (const TensorRow& row : rows)
        require(row, m_prefix, {});
}

void Weights::requireLayers(std::span<const TensorRow> rows, std::size_t layers)
{
    for (std::size_t layer = 0; layer < layers; ++layer)
        for (const TensorRow& row : rows)
            require(row, m_prefix, std::to_string(layer));
}

void Weights::requireHead(std::span<const TensorRow> rows)
{
    for (const TensorRow& row : rows)
        require(row, {}, {});
}

void Weights::ignore(std::string_view beginning, std::string_view ending)
{
    m_ledger->ignored.emplace_back(beginning, ending);
}

void Weights::require(const TensorRow& row, const std::string& prefix, const std::string& layer)
{
    const std::string name = prefix + withLayer(row.pattern, layer);
    const std::uint64_t rows = sizeOf(row.rows);
    const std::uint64_t columns = sizeOf(row.columns);
    Found entry{row.part == Part::Turned && m_outputsFirst ? Part::Linear : row.part};
    entry.rows = static_cast<std::size_t>(rows);
    entry.columns = static_cast<std::size_t>(columns);
    switch (entry.part) {
    case Part::Linear: entry.weight = claim(name + ".weight", {rows, columns}); break;
    case Part::Turned: entry.weight = claim(name + ".weight", {columns, rows}); break;
    case Part::NoBias: entry.weight = claim(name + ".weight", {rows, columns}); break;
    case Part::Norm: entry.weight = claimEither(name + ".weight", name + ".gamma", {rows}); break;
    case Part::RmsNorm: entry.weight = claim(name + ".weight", {rows}); break;
    case Part::Values: entry.weight = claimBare(name, {rows}); break;
    case Part::Matrix: entry.weight = claimBare(name, {rows, columns}); break;
    case Part::TurnedMatrix: entry.weight = claim(name, {columns, rows}); break;
    case Part::Fused: entry.weight = claim(name + "_weight", {rows, columns}); break;
    case Part::Patches:
    case Part::PatchesNoBias: {
        const std::vector<std::uint64_t> patch = {rows, sizeOf(Axis::Channels), sizeOf(Axis::PatchHeight),
                                                  sizeOf(Axis::PatchWidth)};
        entry.weight = claim(name + ".weight", patch);
        entry.columns = static_cast<std::size_t>(patch[1] * patch[2] * patch[3]);
        break;
    }
    }
    if (row.part == Part::Fused)
        entry.bias = claim(name + "_bias", {rows});
    if (row.part == Part::Linear || row.part == Part::Turned || row.part == Part::Patches)
        entry.bias = claim(name + ".bias", {rows});
    if (row.part == Part::Norm)
        entry.bias = claimEither(name + ".bias", name + ".beta", {rows});
    m_found[keyOf(row.name, layer)] = entry;
}

std::uint64_t Weights::sizeOf(Axis axis) const { return axis == Axis::One ? 1 : m_sizes.at(axis); }

// Files differ in the axes of 1 before a tensor that is no layer's: as many as the file has are expected.
const TensorEntry* Weights::claimBare(const std::string& name, std::vector<std::uint64_t> shape)
{
    const TensorEntry* entry = m_archive->find(name);
    if (entry != nullptr && entry->shape.empty() && shape == std::vector<std::uint64_t>{1})
        shape.clear();
    while (entry != nullptr && entry->shape.size() > shape.size()
           && entry->shape[entry->shape.size() - shape.size() - 1] == 1)
        shape.insert(shape.begin(), 1);
    return claim(name, std::move(shape));
}

const TensorEntry* Weights::claimEither(const std::string& name, const std::string& oldName,
                                        std::vector<std::uint64_t> shape)
{
    const bool old = m_archive->find(name) == nullptr && m_archive->find(oldName) != nullptr;
    return claim(old ? oldName : name, std::move(shape));
}

const TensorEntry* Weights::claim(const std::string& name, std::vector<std::uint64_t> shape)
{
    const TensorEntry* entry = m_archive->find(name);
    if (entry == nullptr && m_draft)
        return m_draft->add(name, shape);
    if (entry == nullptr)
        refuse({m_folder.string(), "tensor " + printable(m_archive->storedName(name)) + " of shape " + shapeText(shape),
                "no tensor of that name", "The weights are incomplete or of another kind of model."});
    const std::string where = m_archive->fileOf(*entry).string() + ": " + printable(m_archive->storedName(name));
    if (entry->shape != shape)
        refuse({where, "shape " + shapeText(shape), "shape " + shapeText(entry->shape),
                "The weights and the configuration do not belong together."});
    if (isInteger(entry->type))
        refuse(
            {where, "real numbers", std::string(dataTypeName(entry->type)), "Weights of integers are not supported."});
    m_ledger->used.insert(name);
    return entry;
}

bool Weights::isIgnored(std::string_view name) const
{
    if (name.starts_with(kOwnHeads))
        return true;
    return std::ranges::any_of(m_ledger->ignored, [&](const auto& known) {
        return name.starts_with(known.first) && name.ends_with(known.second);
    });
}

void Weights::describe(ModelInfo& info) const
{
    // Masks, position numbers and the like are small; an unknown tensor the size of a layer's is worth a word.
    const std::uint64_t notable = std::uint64_t{m_sizes.at(Axis::Width)} * m_sizes.at(Axis::Width);
    if (m_streamed)
        info.warnings.push_back("the weights do not fit into memory: each run unpacks them again, layer by layer");
    std::size_t unused = 0;
    std::string firstUnused;
    std::set<DataType> types;
    for (const TensorEntry& entry : m_archive->entries()) {
        if (m_ledger->used.contains(entry.name) || entry.name.starts_with(kOwnHeads)) {
            info.parameterCount += entry.elements;
            types.insert(entry.type);
        } else if (entry.elements >= notable && !isIgnored(entry.name) && unused++ == 0) {
            firstUnused = printable(m_archive->storedName(entry.name));
        }
    }
    info.weightsType = types.size() == 1 ? std::string(dataTypeName(*types.begin())) : "mixed";
    if (unused == 1)
        info.warnings.push_back("tensor " + firstUnused + " is not used");
    else if (unused > 1)
        info.warnings.push_back("tensor " + firstUnused + " and " + std::to_string(unused - 1) + " more are not used");
}

const Weights::Found& Weights::found(std::string_view name, std::string_view layer) const
{
    const auto entry = m_found.find(keyOf(name, layer));
    if (entry == m_found.end())
        fail({"model", "tensor \"" + keyOf(name, layer) + "\" in the table of names", "none", "Report this."});
    return entry->second;
}

bool Weights::has(std::string_view name) const { return m_found.contains(name); }

bool Weights::has(std::string_view name, std::size_t layer) const
{
    return m_found.contains(keyOf(name, std::to_string(layer)));
}

void Weights::read(const TensorEntry& entry, std::span<float> out) const
{
    m_archive->read(entry, 0, out);
    NotFinite odd;
    odd.count(out);
    warn(entry, odd.nan, odd.infinite);
}

void Weights::warn(const TensorEntry& entry, std::size_t nan, std::size_t infinite) const
{
    const std::string name = printable(m_archive->storedName(entry.name));
    const auto add = [&](std::size_t count, const char* what) {
        const std::string line = name + " has " + countOf(count, what);
        std::vector<std::string>& warnings = m_ledger->warnings;
        if (count > 0 && std::ranges::find(warnings, line) == warnings.end())
            warnings.push_back(line);
    };
    add(nan, "NaN");
    add(infinite, "infinite");
}

std::vector<float> Weights::readVector(const TensorEntry* entry) const
{
    std::vector<float> result(entry == nullptr ? 0 : static_cast<std::size_t>(entry->elements));
    if (entry != nullptr)
        read(*entry, result);
    return result;
}

Linear Weights::linearOf(std::span<const Found* const> parts, Activation activation) const
{
    const Part kind = parts.front()->part;
    const bool turned = kind == Part::Turned || kind == Part::TurnedMatrix;
    const auto rows = std::make_shared<StoredRows>(m_archive);
    std::vector<float> bias;
    std::vector<LinearPart> places;
    for (const Found* part : parts) {
        places.push_back({part->rows, placeOf(part->weight), placeOf(part->bias),
                          turned ? WeightLayout::InputOutput : WeightLayout::OutputInput});
        rows->add(*part->weight, turned ? part->columns : part->rows, turned ? part->rows : part->columns);
        const std::vector<float> values = readVector(part->bias);
        bias.insert(bias.end(), values.begin(), values.end());
    }
    const auto pack = [rows, bias, activation, turned] {
        if (!turned)
            return Linear(
                rows->width(), rows->count(), [&](std::size_t first, std::span<float> out) { rows->read(first, out); },
                bias, activation);
        Tensor weight({rows->count(), rows->width()});
        rows->read(0, weight.values());
        return Linear(weight.matrix(), bias, WeightLayout::InputOutput, activation);
    };
    if (m_streamed) {
        Linear streamed(turned ? rows->count() : rows->width(), turned ? rows->width() : rows->count(), pack);
        streamed.setParts(std::move(places));
        return streamed;
    }
    Linear packed = pack();
    packed.setParts(std::move(places));
    for (const StoredRows::Part& part : rows->parts())
        warn(*part.entry, part.odd.nan, part.odd.infinite);
    return packed;
}

RmsNorm Weights::rmsNormOf(const Found& which, double epsilon) const
{
    return {readVector(which.weight), epsilon, placeOf(which.weight)};
}

LayerNorm Weights::normOf(const Found& which, double epsilon) const
{
    return {readVector(which.weight), readVector(which.bias), epsilon, placeOf(which.weight), placeOf(which.bias)};
}

Linear Weights::linear(std::string_view name, Activation activation) const
{
    const Found* const part = &found(name);
    return linearOf({&part, 1}, activation);
}

Linear Weights::linear(std::string_view name, std::size_t layer, Activation activation) const
{
    const Found* const part = &found(name, std::to_string(layer));
    return linearOf({&part, 1}, activation);
}

Linear Weights::fused(std::initializer_list<std::string_view> names, std::size_t layer) const
{
    std::vector<const Found*> parts;
    for (const std::string_view name : names)
        parts.push_back(&found(name, std::to_string(layer)));
    return linearOf(parts, Activation::None);
}

LayerNorm Weights::norm(std::string_view name, double epsilon) const { return normOf(found(name), epsilon); }

LayerNorm Weights::norm(std::string_view name, std::size_t layer, double epsilon) const
{
    return normOf(found(name, std::to_string(layer)), epsilon);
}

RmsNorm Weights::rmsNorm(std::string_view name, double epsilon) const { return rmsNormOf(found(name), epsilon); }

RmsNorm Weights::rmsNorm(std::string_view name, std::size_t layer, double epsilon) const
{
    return rmsNormOf(found(name, std::to_string(layer)), epsilon);
}

WeightTable Weights::table(std::string_view name) const { return tableOf(found(name)); }

WeightTable Weights::table(std::string_view name, std::size_t layer) const
{
    return tableOf(found(name, std::to_string(layer)));
}

ParameterPlace Weights::place(std::string_view name, std::size_t layer) const
{
    return placeOf(found(name, std::to_string(layer)).weight);
}

WeightTable Weights::row(std::string_view name) const
{
    const Found& which = found(name);
    WeightTable result{Tensor({1, which.rows}), placeOf(which.weight)};
    read(*which.weight, result.values.values());
    return result;
}

WeightTable Weights::tableOf(const Found& which) const
{
    WeightTable result{Tensor({which.rows, which.columns}), placeOf(which.weight)};
    read(*which.weight, result.values.values());
    return result;
}

ParameterPlace Weights::placeOf(const TensorEntry* entry)
{
    if (entry == nullptr)
        return {};
    return {entry->name, std::vector<std::size_t>(entry->shape.begin(), entry->shape.end())};
}

EmbeddingRows Weights::embedding(std::string_view name) const
{
    const TensorEntry* const entry = found(name).weight;
    return m_streamed ? EmbeddingRows(m_archive, *entry, placeOf(entry)) : EmbeddingRows(table(name));
}

std::vector<float> Weights::values(std::string_view name) const { return readVector(found(name).weight); }

}  // namespace ketscope
