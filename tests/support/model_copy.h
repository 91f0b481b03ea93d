// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "tests/support/paths.h"

#include <cstdint>
#include <cstring>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace ketscope::test {

inline std::string readBytes(const std::filesystem::path& file)
{
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

// A copy of a model fixture whose configuration and tensors a test may change before it opens them.
class ModelCopy {
public:
    explicit ModelCopy(const std::string& fixture)
    {
        const std::filesystem::path from = fixtures() / "models" / fixture;
        config = nlohmann::json::parse(readBytes(from / "config.json"));
        const std::string bytes = readBytes(from / "model.safetensors");
        std::uint64_t length = 0;
        std::memcpy(&length, bytes.data(), sizeof length);
        tensors = nlohmann::json::parse(bytes.substr(8, length));
        m_data = bytes.substr(8 + length);
    }

    void rename(const std::string& from, const std::string& to)
    {
        tensors[to] = tensors.at(from);
        tensors.erase(from);
    }

    void add(const std::string& name, const std::vector<std::size_t>& shape, const std::vector<float>& values)
    {
        const std::size_t begin = m_data.size();
        m_data.append(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float));
        tensors[name] = {{"dtype", "F32"}, {"shape", shape}, {"data_offsets", {begin, m_data.size()}}};
    }

    // Overwrites one value of an F32 tensor.
    void setValue(const std::string& name, std::size_t index, float value)
    {
        const auto begin = tensors.at(name).at("data_offsets").at(0).get<std::size_t>();
        std::memcpy(m_data.data() + begin + index * sizeof(float), &value, sizeof value);
    }

    // Of an F32 tensor.
    std::vector<float> values(const std::string& name) const
    {
        const auto& offsets = tensors.at(name).at("data_offsets");
        const auto begin = offsets.at(0).get<std::size_t>(), end = offsets.at(1).get<std::size_t>();
        std::vector<float> values((end - begin) / sizeof(float));
        std::memcpy(values.data(), m_data.data() + begin, end - begin);
        return values;
    }

    // Writes config.json and model.safetensors and returns their folder.
    const std::filesystem::path& write() const
    {
        std::ofstream(m_folder.path() / "config.json") << config.dump();
        const std::string header = tensors.dump();
        const std::uint64_t length = header.size();
        std::ofstream out(m_folder.path() / "model.safetensors", std::ios::binary);
        out.write(reinterpret_cast<const char*>(&length), sizeof length);
        out << header << m_data;
        return m_folder.path();
    }

    nlohmann::json config;
    nlohmann::json tensors;

private:
    std::string m_data;
    TemporaryFolder m_folder;
};

}  // namespace ketscope::test
