// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/models/model.h"
#include "core/nn/linear.h"

namespace ketscope {

// config.json with every value checked when it is read. A key that is missing or null has its default; every other
// surprise throws Error (Input) naming the file and the key.
class Config {
public:
    explicit Config(const ModelFiles& files);
    Config(std::shared_ptr<const Json> json, std::string where);

    // An object inside this one; nothing when it is missing or null.
    std::optional<Config> member(std::string_view key) const;
    // The same, empty when it is missing or null.
    Config section(std::string_view key) const;

    bool has(std::string_view key) const;
    // A whole number from 1 to `most`.
    std::size_t count(std::string_view key, std::size_t byDefault, std::size_t most) const;
    std::int64_t wholeNumber(std::string_view key, std::int64_t byDefault) const;
    // The members of an object as texts, for settings that someone else checks; empty when it is missing.
    std::map<std::string, std::string> values(std::string_view key) const;
    // Height and width: one whole number from 1 to `most` for both, or a list of two.
    std::pair<std::size_t, std::size_t> sides(std::string_view key, std::size_t byDefault, std::size_t most) const;
    double positive(std::string_view key, double byDefault) const;
    bool flag(std::string_view key, bool byDefault) const;
    std::string text(std::string_view key, std::string_view byDefault) const;
    Activation activation(std::string_view key, std::string_view byDefault) const;
    // id2label, by index; empty when the file has none.
    std::vector<std::string> labels() const;
    // The class that wrote the file: "BertForMaskedLM"; empty when it does not say.
    std::string className() const;

    // Width of one head. Refuses heads that do not divide the width.
    std::size_t headSize(std::string_view widthKey, std::size_t width, std::string_view headsKey,
                         std::size_t heads) const;
    // Whether `key` is there and false.
    bool isFalse(std::string_view key) const;
    // Refuses the file unless `key` is absent or false.
    void requireOff(std::string_view key, const std::string& reason) const;

    [[noreturn]] void refuseKey(std::string_view key, const std::string& expected, const std::string& found,
                                const std::string& remedy = "Check the file or download the model again.") const;

private:
    const Json* find(std::string_view key) const;

    std::shared_ptr<const Json> m_json;
    std::string m_where;
};

// Sizes beyond these are mistakes or attacks.
inline constexpr std::size_t kMostLayers = 1024;
inline constexpr std::size_t kMostHeads = 4096;
inline constexpr std::size_t kMostWidth = 1U << 20;
inline constexpr std::size_t kMostRows = 1U << 26;  // vocabulary, positions

// What a size is when the configuration does not say; every architecture has its own. The name stays empty.
struct UsualSizes {
    std::size_t layers = 12;
    std::size_t heads = 12;
    std::size_t width = 768;
    std::size_t feedForward = 3072;
};
// Layers, heads, widths of a stack as the BERT family's configurations name them: "num_hidden_layers", …
StackInfo readEncoderSizes(const Config& config, const UsualSizes& usual = {});
// The same of GPT-1's and its kin, whose stack is causal text: "n_layer", …; the feed-forward width is four times the width.
StackInfo readDecoderSizes(const Config& config);

// The "model_type" of a config; empty when it has none.
std::string modelTypeOf(const Json& config);

}  // namespace ketscope
