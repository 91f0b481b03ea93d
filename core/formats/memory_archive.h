// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/tensor.h"
#include "core/formats/tensor_archive.h"

#include <map>

namespace ketscope {

// Named float32 tensors in memory, seen as a file of weights; their values may be changed between readings.
class MemoryArchive : public TensorArchive {
public:
    // `file`: what messages call it.
    explicit MemoryArchive(std::filesystem::path file) : m_file(std::move(file)) {}

    // Replaces a tensor of the same name. An empty shape is one value.
    Tensor& add(const std::string& name, const std::vector<std::uint64_t>& shape);
    std::map<std::string, Tensor, std::less<>>& tensors() { return m_tensors; }
    const std::map<std::string, Tensor, std::less<>>& tensors() const { return m_tensors; }

    const std::vector<TensorEntry>& entries() const override { return m_entries; }
    void read(const TensorEntry& entry, std::uint64_t first, std::span<float> out) const override;
    std::filesystem::path fileOf(const TensorEntry&) const override { return m_file; }

private:
    std::filesystem::path m_file;
    std::map<std::string, Tensor, std::less<>> m_tensors;
    std::vector<TensorEntry> m_entries;
};

}  // namespace ketscope
