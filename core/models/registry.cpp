// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/models/config.h"
#include "core/models/gguf_model.h"
#include "core/models/model.h"

#include <nlohmann/json.hpp>

namespace ketscope {

#define MODEL(name) const Architecture& name##Architecture();
#include "core/models/models.def"
#undef MODEL

const std::vector<const Architecture*>& architectures()
{
    static const std::vector<const Architecture*> all = {
#define MODEL(name) &name##Architecture(),
#include "core/models/models.def"
#undef MODEL
    };
    return all;
}

ModelFiles openModelFiles(const std::filesystem::path& folder)
{
    std::error_code error;
    if (std::filesystem::is_regular_file(folder, error))
        return openGgufModel(folder);
    if (!std::filesystem::is_directory(folder, error))
        refuse({folder.string(), "a model folder", std::filesystem::exists(folder, error) ? "a file" : "nothing there",
                "Choose the folder that holds config.json and the weights."});
    ModelFiles files;
    files.folder = folder;
    if (!std::filesystem::exists(files.configFile(), error)
        && std::filesystem::exists(folder / "open_clip_config.json", error))
        files.configName = "open_clip_config.json";
    if (!std::filesystem::exists(files.configFile(), error))
        refuse({folder.string(), "a config.json", "none", "Choose the folder that holds the whole model."});
    files.config = std::make_shared<const Json>(readJsonFile(files.configFile()));
    files.weights = openWeights(folder);
    return files;
}

const Architecture& architectureOf(const ModelFiles& files)
{
    std::string known;
    for (const Architecture* candidate : architectures()) {
        if (candidate->matches(*files.config))
            return *candidate;
        known += (known.empty() ? "" : ", ") + candidate->id;
    }
    const std::string type = modelTypeOf(*files.config);
    refuse({files.configFile().string() + ": model_type", "one of " + known,
            type.empty() ? "none" : "\"" + printable(type, 60) + "\"", "Models of this kind are not supported yet."});
}

}  // namespace ketscope
