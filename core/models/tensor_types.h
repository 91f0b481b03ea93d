// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/formats/tensor_archive.h"

namespace ketscope {

// Tensors of one number type.
struct TypeShare {
    DataType type = DataType::F32;
    std::size_t tensors = 0;
    std::uint64_t elements = 0;
    std::uint64_t bytes = 0;  // in the file
};

// Tensors that differ in their layer only.
struct TensorKind {
    std::string name;  // "blk.*.attn_q.weight"
    std::vector<TypeShare> types;
};

// By bytes, largest first.
std::vector<TypeShare> typesOf(const TensorArchive& archive);
// Sorted by name.
std::vector<TensorKind> tensorKinds(const TensorArchive& archive);

}  // namespace ketscope
