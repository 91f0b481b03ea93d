// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/models/weights.h"

#include "core/base/error.h"

#include <algorithm>
#include <cmath>

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

}  // namespace

Weights::Weights(const ModelFiles& files, std::map<Axis, std::size_t> sizes, std::string_view prefix,
                 std::string_view probe)
    : m_folder(files.folder), m_archive(files.weights), m_outputsFirst(files.gguf != nullptr), m_sizes(std::move(sizes))
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
    return std::ranges::any_of(m_ledger->ignored, [&](const auto& known) {
        return name.starts_with(known.first) && name.ends_with(known.second);
    });
}

void Weights::describe(ModelInfo& info) const
{
    // Masks, position numbers and the like are small; an unknown tensor the size of a layer's is worth a word.
    const std::uint64_t notable = std::uint64_t{m_sizes.at(Axis::Width)} * m_sizes.at(Axis::Width);
    std::size_t unused = 0;
    std::string firstUnused;
    std::set<DataType> types;
    for (const TensorEntry& entry : m_archive->entries()) {
        if (m_ledger->used.contains(entry.name)) {
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
    std::size_t nan = 0;
    std::size_t infinite = 0;
    for (const float value : out) {
        nan += std::isnan(value) ? 1 : 0;
        infinite += std::isinf(value) ? 1 : 0;
    }
    if (nan > 0)
        m_ledger->warnings.push_back(printable(m_archive->storedName(entry.name)) + " has " + countOf(nan, "NaN"));
    if (infinite > 0)
        m_ledger->warnings.push_back(printable(m_archive->storedName(entry.name)) + " has "
                                     + countOf(infinite, "infinite"));
}

std::vector<float> Weights::readVector(const TensorEntry* entry) const
{
    std::vector<float> result(entry == nullptr ? 0 : static_cast<std::size_t>(entry->elements));
    if (entry != nullptr)
        read(*entry, result);
    return result;
}

Linear Weights::linearOf(const Found& which, Activation activation) const
{
    const bool turned = which.part == Part::Turned || which.part == Part::TurnedMatrix;
    Tensor weight(turned ? std::vector{which.columns, which.rows} : std::vector{which.rows, which.columns});
    read(*which.weight, weight.values());
    return {weight.matrix(), readVector(which.bias), turned ? WeightLayout::InputOutput : WeightLayout::OutputInput,
            activation};
}

LayerNorm Weights::normOf(const Found& which, double epsilon) const
{
    return {readVector(which.weight), readVector(which.bias), epsilon};
}

Linear Weights::linear(std::string_view name, Activation activation) const { return linearOf(found(name), activation); }

Linear Weights::linear(std::string_view name, std::size_t layer, Activation activation) const
{
    return linearOf(found(name, std::to_string(layer)), activation);
}

Linear Weights::fused(std::initializer_list<std::string_view> names, std::size_t layer) const
{
    std::vector<const Found*> parts;
    std::size_t rows = 0;
    for (const std::string_view name : names) {
        parts.push_back(&found(name, std::to_string(layer)));
        rows += static_cast<std::size_t>(parts.back()->weight->shape[0]);
    }
    Tensor weight({rows, static_cast<std::size_t>(parts.front()->weight->shape[1])});
    std::vector<float> bias;
    std::span<float> rest = weight.values();
    for (const Found* part : parts) {
        const auto size = static_cast<std::size_t>(part->weight->elements);
        read(*part->weight, rest.first(size));
        rest = rest.subspan(size);
        const std::vector<float> values = readVector(part->bias);
        bias.insert(bias.end(), values.begin(), values.end());
    }
    return {weight.matrix(), bias};
}

LayerNorm Weights::norm(std::string_view name, double epsilon) const { return normOf(found(name), epsilon); }

LayerNorm Weights::norm(std::string_view name, std::size_t layer, double epsilon) const
{
    return normOf(found(name, std::to_string(layer)), epsilon);
}

RmsNorm Weights::rmsNorm(std::string_view name, double epsilon) const
{
    return {readVector(found(name).weight), epsilon};
}

RmsNorm Weights::rmsNorm(std::string_view name, std::size_t layer, double epsilon) const
{
    return {readVector(found(name, std::to_string(layer)).weight), epsilon};
}

Tensor Weights::table(std::string_view name) const { return tableOf(found(name)); }

Tensor Weights::table(std::string_view name, std::size_t layer) const
{
    return tableOf(found(name, std::to_string(layer)));
}

Tensor Weights::tableOf(const Found& which) const
{
    Tensor result({which.rows, which.columns});
    read(*which.weight, result.values());
    return result;
}

std::vector<float> Weights::values(std::string_view name) const { return readVector(found(name).weight); }

}  // namespace ketscope
