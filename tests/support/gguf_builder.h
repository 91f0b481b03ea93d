// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ketscope::test {

// Writes the bytes of a GGUF file, well-formed unless a test says otherwise.
class GgufBuilder {
public:
    // Numbers of value kinds and tensor types, as in the format.
    enum Kind : std::uint32_t { kU8 = 0, kI8, kU16, kI16, kU32, kI32, kF32, kBool, kText, kArray, kU64, kI64, kF64 };
    static constexpr std::uint32_t kTensorF32 = 0;
    static constexpr std::uint32_t kTensorQ4_0 = 2;

    template <typename Number> static std::string bytes(Number value)
    {
        std::string text(sizeof value, '\0');
        std::memcpy(text.data(), &value, sizeof value);
        return text;
    }
    static std::string text(std::string_view value) { return bytes<std::uint64_t>(value.size()) + std::string(value); }

    GgufBuilder& raw(std::string_view key, std::uint32_t kind, const std::string& value)
    {
        m_metadata += text(key) + bytes(kind) + value;
        ++pairs;
        return *this;
    }
    GgufBuilder& set(std::string_view key, std::string_view value) { return raw(key, kText, text(value)); }
    GgufBuilder& set(std::string_view key, const char* value) { return set(key, std::string_view(value)); }
    GgufBuilder& set(std::string_view key, std::uint32_t value) { return raw(key, kU32, bytes(value)); }
    GgufBuilder& set(std::string_view key, std::int64_t value) { return raw(key, kI64, bytes(value)); }
    GgufBuilder& set(std::string_view key, float value) { return raw(key, kF32, bytes(value)); }
    GgufBuilder& set(std::string_view key, bool value) { return raw(key, kBool, std::string(1, value ? '\1' : '\0')); }
    GgufBuilder& set(std::string_view key, const std::vector<std::string>& values)
    {
        std::string all = bytes<std::uint32_t>(kText) + bytes<std::uint64_t>(values.size());
        for (const std::string& value : values)
            all += text(value);
        return raw(key, kArray, all);
    }

    // `shape` is rows first; the file has it reversed. Data follow those of the tensor before, padded.
    GgufBuilder& tensor(std::string_view name, std::vector<std::uint64_t> shape, std::uint32_t type,
                        const std::string& data)
    {
        pad(m_data);
        addTensor(name, shape, type, m_data.size());
        m_data += data;
        return *this;
    }
    // A tensor at a place of the test's choice, without data.
    GgufBuilder& addTensor(std::string_view name, const std::vector<std::uint64_t>& shape, std::uint32_t type,
                           std::uint64_t offset)
    {
        m_tensors += text(name) + bytes(static_cast<std::uint32_t>(shape.size()));
        for (auto extent = shape.rbegin(); extent != shape.rend(); ++extent)
            m_tensors += bytes(*extent);
        m_tensors += bytes(type) + bytes(offset);
        ++tensors;
        return *this;
    }

    std::string header() const
    {
        std::string all = magic + bytes(version) + bytes(tensors) + bytes(pairs) + m_metadata + m_tensors;
        pad(all);
        return all;
    }
    std::string build() const { return header() + m_data; }

    std::string magic = "GGUF";
    std::uint32_t version = 3;
    std::uint64_t alignment = 32;
    std::uint64_t tensors = 0;
    std::uint64_t pairs = 0;

private:
    void pad(std::string& all) const
    {
        while (all.size() % alignment != 0)
            all += '\0';
    }

    std::string m_metadata;
    std::string m_tensors;
    std::string m_data;
};

}  // namespace ketscope::test
