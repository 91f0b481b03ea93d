// SPDX-License-Identifier: GPL-3.0-or-later
#include "bench/base_size_model.h"

#include "core/base/random.h"

#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>

namespace ketscope::bench {

namespace {

constexpr std::size_t kLayers = 12;
constexpr std::size_t kWidth = 768;
constexpr std::size_t kVocabulary = 1000;

struct NamedShape {
    std::string name;
    std::vector<std::size_t> shape;
};

std::vector<NamedShape> tensors()
{
    std::vector<NamedShape> all = {{"embeddings.word_embeddings.weight", {kVocabulary, kWidth}},
                                   {"embeddings.position_embeddings.weight", {512, kWidth}},
                                   {"embeddings.token_type_embeddings.weight", {2, kWidth}}};
    const auto norm = [&](const std::string& name) {
        all.push_back({name + ".weight", {kWidth}});
        all.push_back({name + ".bias", {kWidth}});
    };
    const auto linear = [&](const std::string& name, std::size_t out, std::size_t in) {
        all.push_back({name + ".weight", {out, in}});
        all.push_back({name + ".bias", {out}});
    };
    norm("embeddings.LayerNorm");
    for (std::size_t i = 0; i < kLayers; ++i) {
        const std::string layer = "encoder.layer." + std::to_string(i);
        for (const char* part : {"query", "key", "value"})
            linear(layer + ".attention.self." + part, kWidth, kWidth);
        linear(layer + ".attention.output.dense", kWidth, kWidth);
        norm(layer + ".attention.output.LayerNorm");
        linear(layer + ".intermediate.dense", 4 * kWidth, kWidth);
        linear(layer + ".output.dense", kWidth, 4 * kWidth);
        norm(layer + ".output.LayerNorm");
    }
    linear("pooler.dense", kWidth, kWidth);
    return all;
}

// Norm weights near one, everything else as BERT is initialised: normal with deviation 0.02.
void writeWeights(const std::filesystem::path& file)
{
    nlohmann::json header;
    std::vector<float> values;
    RandomStream random({1}, 0);
    for (const NamedShape& tensor : tensors()) {
        std::size_t count = 1;
        for (const std::size_t extent : tensor.shape)
            count *= extent;
        const std::size_t begin = values.size() * sizeof(float);
        const float mean = tensor.name.ends_with("LayerNorm.weight") ? 1.0F : 0.0F;
        for (std::size_t i = 0; i < count; ++i)
            values.push_back(mean + 0.02F * static_cast<float>(random.normal()));
        header[tensor.name] = {
            {"dtype", "F32"}, {"shape", tensor.shape}, {"data_offsets", {begin, values.size() * sizeof(float)}}};
    }
    const std::string text = header.dump();
    const std::uint64_t length = text.size();
    std::ofstream out(file, std::ios::binary);
    out.write(reinterpret_cast<const char*>(&length), sizeof length);
    out << text;
    out.write(reinterpret_cast<const char*>(values.data()),
              static_cast<std::streamsize>(values.size() * sizeof(float)));
}

// A folder that goes with the object.
struct ModelFolder {
    ModelFolder()
    {
        std::string pattern = (std::filesystem::temp_directory_path() / "ketscope-bench-XXXXXX").string();
        path = mkdtemp(pattern.data());
        const nlohmann::json config = {{"model_type", "bert"},
                                       {"hidden_size", kWidth},
                                       {"num_hidden_layers", kLayers},
                                       {"num_attention_heads", 12},
                                       {"intermediate_size", 4 * kWidth},
                                       {"vocab_size", kVocabulary},
                                       {"max_position_embeddings", 512},
                                       {"type_vocab_size", 2},
                                       {"architectures", {"BertModel"}}};
        std::ofstream(path / "config.json") << config;
        writeWeights(path / "model.safetensors");
    }
    ~ModelFolder()
    {
        std::error_code ignored;
        std::filesystem::remove_all(path, ignored);
    }
    ModelFolder(const ModelFolder&) = delete;
    ModelFolder& operator=(const ModelFolder&) = delete;

    std::filesystem::path path;
};

}  // namespace

const std::filesystem::path& baseSizeModel()
{
    static const ModelFolder folder;
    return folder.path;
}

}  // namespace ketscope::bench
