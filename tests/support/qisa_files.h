// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "tests/support/model_run.h"
#include "tests/support/quantum.h"

namespace ketscope::test {

constexpr std::size_t kWidth = 32;
constexpr std::size_t kHeads = 4;
constexpr std::size_t kHeadSize = 8;
constexpr std::size_t kQubits = 5;
constexpr double kSquaredBandwidth = 3.0;

inline std::vector<float> drawn(std::size_t count, std::uint64_t seed, double size)
{
    std::vector<float> values;
    for (const double x : randomNumbers(count, seed))
        values.push_back(static_cast<float>(size * x));
    return values;
}

// The GPT-1 fixture with QISA heads (version v3) in place of its own.
struct QisaFiles {
    ModelCopy copy{"openai-gpt-lm"};
    std::map<std::string, std::vector<float>> added;

    QisaFiles()
    {
        copy.config["model_type"] = "qisa-gpt";
        copy.config.erase("architectures");
        copy.config["qisa"] = {{"version", "v3"}, {"bandwidth", "chosen"}, {"variance", kSquaredBandwidth}};
        for (std::uint64_t layer = 0; layer < 2; ++layer) {
            const std::string at = "h." + std::to_string(layer) + ".attn.";
            copy.rename(at + "c_attn.weight", "old." + at + "c_attn.weight");
            copy.rename(at + "c_attn.bias", "old." + at + "c_attn.bias");
            for (const char* name : {"c_query", "c_key"}) {
                add(at + name + ".weight", {kWidth, kWidth}, drawn(kWidth * kWidth, 7 * layer + name[2], 0.3));
                add(at + name + ".bias", {kWidth}, drawn(kWidth, 70 * layer + name[2], 0.3));
            }
            add(at + "angles_v", {kHeads, 3 * kQubits}, drawn(kHeads * 3 * kQubits, 30 + layer, 1.0));
            std::vector<float> strings;
            for (std::size_t i = 0; i < kWidth * kQubits; ++i)
                strings.push_back(static_cast<float>((i * 7 + i / 5 + layer) % 4));
            add(at + "pauli_strings", {kWidth, kQubits}, strings);
        }
    }

    void add(const std::string& name, const std::vector<std::size_t>& shape, const std::vector<float>& values)
    {
        copy.add(name, shape, values);
        added[name] = values;
    }
};

}  // namespace ketscope::test
