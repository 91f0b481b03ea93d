// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/formats/memory_archive.h"

#include <algorithm>

namespace ketscope {

Tensor& MemoryArchive::add(const std::string& name, const std::vector<std::uint64_t>& shape)
{
    TensorEntry entry{name, DataType::F32, shape, 1};
    for (const std::uint64_t extent : shape)
        entry.elements *= extent;
    const auto place = std::ranges::lower_bound(m_entries, name, {}, &TensorEntry::name);
    if (place != m_entries.end() && place->name == name)
        *place = entry;
    else
        m_entries.insert(place, entry);
    std::vector<std::size_t> sizes(shape.begin(), shape.end());
    if (sizes.empty())
        sizes = {1};
    return m_tensors[name] = Tensor::zeros(std::move(sizes));
}

void MemoryArchive::read(const TensorEntry& entry, std::uint64_t first, std::span<float> out) const
{
    const TensorEntry& own = checkedRange(entry.name, first, out.size(), m_file);
    const Tensor& tensor = m_tensors.find(own.name)->second;
    std::ranges::copy(tensor.values().subspan(static_cast<std::size_t>(first), out.size()), out.begin());
}

}  // namespace ketscope
