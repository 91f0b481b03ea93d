// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/formats/mapped_file.h"
#include "core/formats/tensor_archive.h"

#include <map>
#include <optional>

namespace ketscope {

class GgufReader;

// The kinds of metadata values, with the numbers that files use.
enum class GgufKind : std::uint32_t {
    U8 = 0,
    I8 = 1,
    U16 = 2,
    I16 = 3,
    U32 = 4,
    I32 = 5,
    F32 = 6,
    Bool = 7,
    Text = 8,
    Array = 9,
    U64 = 10,
    I64 = 11,
    F64 = 12
};

// The metadata of a GGUF file. Only the places of values are held; a vocabulary is read when it is asked for, and its
// texts stay views into the mapped file, which lives as long as the GgufFile. A key that the file does not have gives
// nothing; a value of another kind throws Error (Input) naming the file, the key and both kinds.
class GgufMetadata {
public:
    bool has(std::string_view key) const;
    std::vector<std::string_view> keys() const;  // sorted

    std::optional<std::string_view> text(std::string_view key) const;
    std::optional<bool> flag(std::string_view key) const;
    // Any kind of whole number. count() refuses negative ones, integer() those above 2⁶³ − 1.
    std::optional<std::uint64_t> count(std::string_view key) const;
    std::optional<std::int64_t> integer(std::string_view key) const;
    // Any kind of number.
    std::optional<double> number(std::string_view key) const;

    // Arrays. Texts are checked to be UTF-8.
    std::optional<std::vector<std::string_view>> texts(std::string_view key) const;
    std::optional<std::vector<std::int64_t>> integers(std::string_view key) const;
    std::optional<std::vector<float>> numbers(std::string_view key) const;
    std::optional<std::vector<bool>> flags(std::string_view key) const;
    bool isArray(std::string_view key) const;
    // Elements of an array, without reading it; 0 when there is none.
    std::uint64_t arraySize(std::string_view key) const;

    // "model.gguf: metadata general.alignment", for messages.
    std::string whereOf(std::string_view key) const;

private:
    friend class GgufFile;
    struct Value {
        GgufKind kind = GgufKind::U8;
        GgufKind element = GgufKind::U8;  // of an array
        std::uint64_t size = 1;           // elements
        std::string_view bytes;           // of the value, or of all elements
    };

    void read(GgufReader& reader, std::uint64_t count);
    const Value* find(std::string_view key) const;
    const Value* find(std::string_view key, GgufKind kind) const;
    const Value* findArray(std::string_view key, std::string_view wanted, bool (*fits)(GgufKind)) const;
    [[noreturn]] void refuseKind(std::string_view key, std::string_view wanted, const Value& value) const;

    std::string m_file;
    std::map<std::string_view, Value> m_values;
};

// A GGUF file of version 2 or 3 (https://github.com/ggml-org/ggml/blob/master/docs/gguf.md): metadata and tensors.
// Shapes are in the order of rows first, the reverse of the file's. Headers are read and every count, length and place is
// checked before it is used; data stay mapped and are dequantised when read. Throws Error (Input).
class GgufFile : public TensorArchive {
public:
    explicit GgufFile(const std::filesystem::path& path);

    std::uint32_t version() const { return m_version; }
    std::uint64_t alignment() const { return m_alignment; }
    const GgufMetadata& metadata() const { return m_metadata; }
    std::filesystem::path path() const { return m_file.path(); }

    const std::vector<TensorEntry>& entries() const override { return m_entries; }
    void read(const TensorEntry& entry, std::uint64_t first, std::span<float> out) const override;
    std::filesystem::path fileOf(const TensorEntry&) const override { return m_file.path(); }

    // Bytes of a tensor in the file.
    static std::uint64_t bytesOf(const TensorEntry& entry);

private:
    struct Place {
        TensorEntry entry;
        std::uint64_t offset = 0;  // from the start of the data
    };

    void readAlignment();
    std::vector<Place> readTensors(GgufReader& reader, std::uint64_t count) const;
    Place readTensor(GgufReader& reader) const;
    void checkPlaces(const std::vector<Place>& places) const;

    MappedFile m_file;
    std::uint32_t m_version = 0;
    std::uint64_t m_alignment = 32;
    GgufMetadata m_metadata;
    std::span<const std::byte> m_data;
    std::vector<TensorEntry> m_entries;
    std::vector<std::uint64_t> m_offsets;  // of m_entries
};

}  // namespace ketscope
