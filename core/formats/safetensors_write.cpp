// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/formats/safetensors_write.h"

#include "core/base/atomic_file.h"
#include "core/base/error.h"

#include <bit>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

namespace ketscope {

std::uint16_t halfOf(float value)
{
    const auto bits = std::bit_cast<std::uint32_t>(value);
    const auto sign = static_cast<std::uint16_t>((bits >> 16) & 0x8000U);
    if (std::isnan(value))
        return static_cast<std::uint16_t>(sign | 0x7E00U);
    const float magnitude = std::abs(value);
    constexpr float kFirstBeyond = 65520.0F;  // halfway from the largest half to what would follow it
    if (magnitude >= kFirstBeyond)
        return static_cast<std::uint16_t>(sign | 0x7C00U);
    // In units of the last place of the halves around the value; subnormal ones share the smallest normal's.
    const int exponent = std::max(std::ilogb(magnitude == 0.0F ? 1e-30F : magnitude), -14);
    const auto units = static_cast<std::uint32_t>(std::nearbyint(std::ldexp(magnitude, 10 - exponent)));
    const std::uint32_t biased = static_cast<std::uint32_t>(exponent + 14) << 10;
    return static_cast<std::uint16_t>(sign | (biased + units));
}

void writeSafetensors(const MemoryArchive& archive, DataType type, const std::filesystem::path& file)
{
    const std::size_t bytes = dataTypeBytes(type);
    nlohmann::json header = nlohmann::json::object();
    std::uint64_t end = 0;
    for (const TensorEntry& entry : archive.entries()) {
        const std::uint64_t begin = end;
        end += entry.elements * bytes;
        header[entry.name] = {{"dtype", dataTypeName(type)}, {"shape", entry.shape}, {"data_offsets", {begin, end}}};
    }
    std::string text = header.dump();
    constexpr std::size_t kAlignment = 8;
    text.resize((text.size() + kAlignment - 1) / kAlignment * kAlignment, ' ');
    AtomicFile target(file);
    std::ofstream out(target.path(), std::ios::binary);
    const auto length = static_cast<std::uint64_t>(text.size());
    out.write(reinterpret_cast<const char*>(&length), sizeof length);
    out.write(text.data(), static_cast<std::streamsize>(text.size()));
    std::vector<std::uint16_t> halves;
    for (const auto& [name, tensor] : archive.tensors()) {
        const void* from = tensor.data();
        if (type == DataType::F16) {
            halves.clear();
            std::ranges::transform(tensor.values(), std::back_inserter(halves), halfOf);
            from = halves.data();
        }
        out.write(static_cast<const char*>(from), static_cast<std::streamsize>(tensor.size() * bytes));
    }
    out.close();
    if (!out)
        fail({file.string(), "to write " + std::to_string(end) + " bytes of weights", "that it failed",
              "Is the disk full?"});
    target.commit();
}

}  // namespace ketscope
