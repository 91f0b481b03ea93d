// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ketscope {

// Plain numbers, and the block formats of GGUF.
enum class DataType {
    F64,
    F32,
    F16,
    BF16,
    I64,
    I32,
    I16,
    I8,
    U64,
    U32,
    U16,
    U8,
    Bool,
    Q4_0,
    Q4_1,
    Q5_0,
    Q5_1,
    Q8_0,
    Q2_K,
    Q3_K,
    Q4_K,
    Q5_K,
    Q6_K,
    Q8_K,
    IQ4_NL,
    IQ4_XS,
    TQ1_0,
    TQ2_0
};

std::string_view dataTypeName(DataType type);  // "F32"
// Values that are stored together: 1 for plain numbers, 32 or 256 for quantised ones. Rows hold whole blocks.
std::size_t dataTypeBlock(DataType type);
std::size_t dataTypeBytes(DataType type);  // of one block
bool isInteger(DataType type);             // truth values included

struct TensorEntry {
    std::string name;
    DataType type = DataType::F32;
    std::vector<std::uint64_t> shape;
    std::uint64_t elements = 0;
};

// Named tensors in files: headers are read and checked at once, data are memory-mapped and read when asked for.
class TensorArchive {
public:
    virtual ~TensorArchive() = default;

    virtual const std::vector<TensorEntry>& entries() const = 0;  // sorted by name

    // Null when there is no such tensor.
    const TensorEntry* find(std::string_view name) const;

    // Widens elements [first, first + out.size()) to float32. Throws Error (Input) when the range is outside the tensor.
    virtual void read(const TensorEntry& entry, std::uint64_t first, std::span<float> out) const = 0;

    // The file that holds the tensor, for messages.
    virtual std::filesystem::path fileOf(const TensorEntry& entry) const = 0;

    // What the file itself calls the tensor, for messages, when names were translated.
    virtual std::string storedName(std::string_view name) const { return std::string(name); }

protected:
    // This archive's entry of that name, when elements [first, first + count) are inside it. Throws Error (Input).
    const TensorEntry& checkedRange(const std::string& name, std::uint64_t first, std::size_t count,
                                    const std::filesystem::path& file) const;
};

// A .safetensors file.
std::unique_ptr<TensorArchive> openSafetensors(const std::filesystem::path& file);

// model.safetensors, open_clip_model.safetensors, or the shards of model.safetensors.index.json, in a model folder. Throws Error (Input) when neither
// exists, saying what does.
std::unique_ptr<TensorArchive> openWeights(const std::filesystem::path& folder);

}  // namespace ketscope
