// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/formats/memory_archive.h"

namespace ketscope {

// The nearest binary16, ties to even, of a float32; beyond its range infinity.
std::uint16_t halfOf(float value);

// Writes all tensors of `archive` as a .safetensors file of type F32 or F16, with their shapes there, in the order of
// their names. The file appears whole or not at all. Throws Error (Failure) when it cannot be written.
void writeSafetensors(const MemoryArchive& archive, DataType type, const std::filesystem::path& file);

}  // namespace ketscope
