// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/formats/tensor_archive.h"

#include <map>

namespace ketscope {

// The tensors that a model of some configuration needs, noted while it is described without them.
class TensorDraft {
public:
    const TensorEntry* add(const std::string& name, const std::vector<std::uint64_t>& shape)
    {
        TensorEntry& entry = m_entries[name];
        entry = {name, DataType::F32, shape, 1};
        for (const std::uint64_t extent : shape)
            entry.elements *= extent;
        return &entry;
    }

    const std::map<std::string, TensorEntry>& entries() const { return m_entries; }

private:
    std::map<std::string, TensorEntry> m_entries;
};

}  // namespace ketscope
