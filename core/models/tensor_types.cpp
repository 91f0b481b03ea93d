// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/models/tensor_types.h"

#include <algorithm>
#include <map>

namespace ketscope {

namespace {

using Shares = std::map<DataType, TypeShare>;

void count(Shares& shares, const TensorEntry& entry)
{
    TypeShare& share = shares[entry.type];
    share.type = entry.type;
    ++share.tensors;
    share.elements += entry.elements;
    share.bytes += entry.elements / dataTypeBlock(entry.type) * dataTypeBytes(entry.type);
}

std::vector<TypeShare> largestFirst(const Shares& shares)
{
    std::vector<TypeShare> list;
    for (const auto& [type, share] : shares)
        list.push_back(share);
    std::ranges::stable_sort(list, std::ranges::greater(), &TypeShare::bytes);
    return list;
}

// The parts of a name that are numbers become "*".
std::string kindOf(const std::string& name)
{
    std::string kind;
    for (std::size_t begin = 0; begin <= name.size();) {
        const std::size_t end = std::min(name.find('.', begin), name.size());
        const std::string part = name.substr(begin, end - begin);
        const bool number = !part.empty() && part.find_first_not_of("0123456789") == std::string::npos;
        kind += (begin == 0 ? "" : ".") + (number ? "*" : part);
        begin = end + 1;
    }
    return kind;
}

}  // namespace

std::vector<TypeShare> typesOf(const TensorArchive& archive)
{
    Shares shares;
    for (const TensorEntry& entry : archive.entries())
        count(shares, entry);
    return largestFirst(shares);
}

std::vector<TensorKind> tensorKinds(const TensorArchive& archive)
{
    std::map<std::string, Shares> kinds;
    for (const TensorEntry& entry : archive.entries())
        count(kinds[kindOf(entry.name)], entry);
    std::vector<TensorKind> list;
    for (const auto& [name, shares] : kinds)
        list.push_back({name, largestFirst(shares)});
    return list;
}

}  // namespace ketscope
