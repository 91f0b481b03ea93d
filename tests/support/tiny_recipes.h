// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/error.h"
#include "core/models/model.h"
#include "core/train/recipe.h"
#include "tests/support/paths.h"

#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>

namespace ketscope::test {

// A language model of characters that takes seconds, on a text that is written beside it.
inline Json tinyRecipe(const std::filesystem::path& folder)
{
    std::ofstream text(folder / "text.txt");
    for (int i = 0; i < 200; ++i)
        text << "to be or not to be that is the question\n";
    return {{"format", "ketscope-recipe"},
            {"version", 1},
            {"title", "tiny"},
            {"objective", "language-modelling"},
            {"model",
             {{"config", (samples() / "char-gpt" / "config.json").string()},
              {"changes", {{"n_embd", 16}, {"n_layer", 2}, {"n_head", 2}, {"n_positions", 16}}},
              {"files", (samples() / "char-gpt").string()}}},
            {"data", {{"sources", {{{"file", "text.txt"}, {"licence", "public domain"}}}}}},
            {"batch", 6},
            {"steps", 12},
            {"optimizer", {{"rate", 0.01}, {"warm_up", 3}}},
            {"dropout", {{"embeddings", 0.1}, {"residuals", 0.2}}},
            {"validation", {{"every", 4}, {"examples", 8}}},
            {"checkpoint_every", 5}};
}

inline Recipe recipeOf(const std::filesystem::path& folder, const Json& json)
{
    std::ofstream(folder / "recipe-in.json") << json.dump();
    return readRecipe(folder / "recipe-in.json");
}
// What a recipe is refused with; empty: it is read.
inline std::string refusalOf(const std::filesystem::path& folder, const Json& json)
{
    try {
        recipeOf(folder, json);
    } catch (const Error& error) {
        return error.what();
    }
    return {};
}
// A run in pieces: again and again until it is done, at most 8 times.
inline void inPieces(const std::function<void()>& piece)
{
    for (int i = 0; i < 8; ++i)
        try {
            return piece();
        } catch (const Error& error) {
            if (error.kind() != ErrorKind::Cancelled)
                throw;
        }
}
// A recipe for a sample's model with one layer in each tower, from scenes.
inline Json sceneRecipe(const std::filesystem::path& folder, const std::string& sample, const std::string& objective)
{
    const std::string files = (samples() / sample).string();
    Json json = tinyRecipe(folder);
    json["model"] = {
        {"config", files + "/config.json"},
        {"changes", {{"text_config", {{"num_hidden_layers", 1}}}, {"vision_config", {{"num_hidden_layers", 1}}}}},
        {"files", files},
        {"deviation", 0.08}};
    json["objective"] = objective;
    json["data"] = {{"generated", "scenes"}};
    json["dropout"] = Json::object();
    return json;
}
// A small classifier of labelled lines that are written beside it.
inline Json lineRecipe(const std::filesystem::path& folder)
{
    std::ofstream(folder / "lines.txt") << "a fine film\t1\na dull film\t0\nfine and warm\t1\ndull and cold\t0\n";
    Json json = tinyRecipe(folder);
    json["objective"] = "classification";
    json["model"] = {{"config", (samples() / "sentiment" / "config.json").string()},
                     {"changes", {{"n_layers", 1}, {"dim", 16}, {"hidden_dim", 16}, {"n_heads", 2}}},
                     {"deviation", 0.3},
                     {"files", (samples() / "sentiment").string()}};
    json["data"] = {
        {"sources",
         {{{"file", "lines.txt"}, {"licence", "own"}}, {{"file", "lines.txt"}, {"licence", "own"}, {"use", "test"}}}}};
    json["dropout"] = Json::object();
    return json;
}
// A recipe's model before its first step.
inline ModelFiles newFiles(const Recipe& recipe, std::shared_ptr<const TensorArchive> weights)
{
    ModelFiles files;
    files.folder = recipe.filesFolder;
    files.config = std::make_shared<const Json>(recipe.config);
    files.weights = std::move(weights);
    return files;
}
}  // namespace ketscope::test
