// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/base/memory.h"
#include "core/base/sha256.h"
#include "core/study/comparison.h"
#include "core/study/run_memory.h"

#include <set>

namespace ketscope {

namespace {

std::string hashWeights(const TensorArchive& weights, const Monitor& monitor)
{
    std::set<std::filesystem::path> files;
    for (const TensorEntry& entry : weights.entries())
        files.insert(weights.fileOf(entry));
    return sha256OfFiles({files.begin(), files.end()}, monitor);
}

std::shared_ptr<const std::vector<std::string>> labelsOf(const ModelInfo& model, const Tokenizer* tokenizer)
{
    if (!model.labels.empty())
        return std::make_shared<const std::vector<std::string>>(model.labels);
    const bool speaks = model.task == Task::MaskedLanguageModelling || model.task == Task::CausalLanguageModelling;
    if (!speaks || tokenizer == nullptr)
        return nullptr;
    auto labels = std::make_shared<std::vector<std::string>>();
    for (std::size_t id = 0; id < model.vocabularySize; ++id)
        labels->push_back(tokenizer->token(static_cast<std::int32_t>(id)).display);
    return labels;
}

}  // namespace

namespace {

// A model whose weights do not fit is unpacked layer by layer in every run.
void fitIntoMemory(ModelFiles& files, const ModelInfo& info)
{
    const std::uint64_t available = availableMemory();
    if (weightMemory(info) <= available)
        return;
    files.streamed = true;
    if (const std::uint64_t least = streamedWeightMemory(info, *files.weights); least > available)
        refuse({files.folder.string(), bytesText(least) + " for its largest weights", bytesText(available) + " free",
                "Close other programs or choose a smaller model."});
}

}  // namespace

std::shared_ptr<const LoadedModel> loadModel(const std::filesystem::path& folder, Monitor& monitor)
{
    ModelFiles files = openModelFiles(folder);
    const Architecture& architecture = architectureOf(files);
    fitIntoMemory(files, architecture.describe(files));
    auto loaded = std::make_shared<LoadedModel>();
    loaded->tokenizer = openTokenizer(folder);
    loaded->model = architecture.open(files, monitor);
    loaded->weightsSha256 = hashWeights(*files.weights, monitor);
    loaded->outputLabels = labelsOf(loaded->model->info(), loaded->tokenizer.get());
    return loaded;
}

}  // namespace ketscope
