// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace ketscope {

// A ZIP file of NumPy arrays, as numpy.savez and numpy.savez_compressed write it: entries stored or deflated, none
// encrypted, none twice. Throws Error (Input) for anything else, before memory is taken for it.
class NpzFile {
public:
    explicit NpzFile(const std::filesystem::path& file);
    NpzFile(NpzFile&&) noexcept;
    NpzFile& operator=(NpzFile&&) noexcept;
    ~NpzFile();

    // Names of the arrays, sorted, without ".npy"; other entries are passed over.
    const std::vector<std::string>& names() const;

    // Bytes of one of them, unpacked.
    std::uint64_t size(const std::string& name) const;
    // All of them, checked against their sum, or the first `limit`.
    std::vector<std::byte> read(const std::string& name) const;
    std::vector<std::byte> readStart(const std::string& name, std::size_t limit) const;

private:
    struct State;
    std::unique_ptr<State> m_state;
};

}  // namespace ketscope
