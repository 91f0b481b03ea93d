// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/toy_model.h"

#include <algorithm>
#include <fstream>

namespace ketscope::test {

ToyModel::ToyModel()
{
    m_info.architecture = "toy";
    m_info.title = "Toy";
    m_info.path = "toy";
    m_info.stacks = {{.name = "text", .layers = 2, .heads = 2, .headSize = 1, .width = 2}};
    m_info.vocabularySize = 10;
    m_info.maximumPositions = 6;
    m_info.task = Task::SequenceClassification;
    m_info.labels = {"short", "long"};
}

Trace ToyModel::forward(const ForwardRequest& request, Monitor& monitor) const
{
    ++passes;
    lastFirstLayer = request.firstLayers.empty() ? 0 : request.firstLayers[0];
    const std::size_t n = request.input->tokenIds.size();
    Trace trace;
    StackTrace stack;
    stack.name = "text";
    stack.standardError.resize(2);
    for (std::size_t layer = 0; layer < 3; ++layer) {
        auto hidden = std::make_shared<Tensor>(std::vector<std::size_t>{n, 2});
        for (std::size_t i = 0; i < 2 * n; ++i)
            hidden->data()[i] = static_cast<float>(request.input->tokenIds[i / 2]) + static_cast<float>(layer);
        stack.hidden.push_back(std::move(hidden));
    }
    float uniform = 0.0F;
    for (std::size_t layer = 0; layer < 2; ++layer) {
        monitor.check();
        monitor.progress(static_cast<double>(layer) / 2, "Layer");
        auto maps = std::make_shared<Tensor>(Tensor::zeros({2, n, n}));
        for (std::size_t head = 0; head < 2; ++head) {
            const bool patched = request.plan->isPatched(0, layer, head);
            uniform += patched ? 1.0F : 0.0F;
            for (std::size_t i = 0; i < n; ++i)
                for (std::size_t j = 0; j < n; ++j)
                    maps->matrix({head})(i, j) = patched ? 1.0F / static_cast<float>(n) : i == j ? 1.0F : 0.0F;
        }
        stack.attention.push_back(layer < lastFirstLayer ? request.resumeFrom->stacks[0].attention[layer] : maps);
    }
    auto logits = std::make_shared<Tensor>(std::vector<std::size_t>{2});
    logits->data()[0] = uniform;
    logits->data()[1] = 1.0F;
    trace.outputs["logits"] = std::move(logits);
    trace.stacks.push_back(std::move(stack));
    return trace;
}

Encoding ToyTokenizer::encode(std::string_view text, std::optional<std::string_view>,
                              const EncodeOptions& options) const
{
    Encoding encoding;
    std::size_t begin = 0;
    while (begin < text.size()) {
        const std::size_t end = std::min(text.find(' ', begin), text.size());
        if (end > begin) {
            Token token;
            token.piece = token.display = std::string(text.substr(begin, end - begin));
            token.id = static_cast<std::int32_t>(std::min<std::size_t>(end - begin, 9));
            token.span = {begin, end};
            encoding.unknown += token.piece == "?" ? 1 : 0;
            encoding.tokens.push_back(std::move(token));
        }
        begin = end + 1;
    }
    const std::size_t most = options.maximumLength.value_or(encoding.tokens.size());
    if (encoding.tokens.size() > most) {
        encoding.truncated = encoding.tokens.size() - most;
        encoding.tokens.resize(most);
    }
    return encoding;
}

Token ToyTokenizer::token(std::int32_t id) const
{
    Token token;
    token.id = id;
    token.piece = token.display = "word" + std::to_string(id);
    return token;
}

ToyImageModel::ToyImageModel(const std::filesystem::path& folder)
{
    m_info.architecture = "toy-image";
    m_info.title = "Toy image";
    m_info.path = folder;
    m_info.stacks = {{.name = "text", .layers = 1, .heads = 1, .headSize = 1, .width = 1},
                     {.name = "vision", .layers = 1, .heads = 1, .headSize = 1, .width = 1},
                     {.name = "cross", .layers = 1, .heads = 1, .headSize = 1, .width = 1}};
    m_info.stacks[1].queries = m_info.stacks[1].keys = m_info.stacks[2].keys = TokenAxis::Image;
    m_info.vocabularySize = 10;
    m_info.maximumPositions = 6;
    m_info.image = ImageInfo{.height = 4, .width = 6, .patchHeight = 2, .patchWidth = 2};
    m_info.task = Task::ImageTextContrast;
    m_info.takesFurtherTexts = true;
}

Trace ToyImageModel::forward(const ForwardRequest& request, Monitor&) const
{
    Trace trace;
    for (const StackInfo& info : m_info.stacks) {
        const std::size_t queries = axisLength(m_info, *request.input, request.input->image, info.queries);
        const std::size_t keys = axisLength(m_info, *request.input, request.input->image, info.keys);
        auto map = std::make_shared<Tensor>(std::vector<std::size_t>{1, queries, keys});
        std::ranges::fill(map->values(), 1.0F / static_cast<float>(keys));
        StackTrace stack;
        stack.name = info.name;
        stack.attention.push_back(std::move(map));
        stack.standardError.resize(1);
        trace.stacks.push_back(std::move(stack));
    }
    auto logits = std::make_shared<Tensor>(std::vector<std::size_t>{1 + request.input->furtherTexts.size()});
    logits->data()[0] = static_cast<float>(request.input->tokenIds.size());
    for (std::size_t i = 1; i < logits->size(); ++i)
        logits->data()[i] = static_cast<float>(request.input->furtherTexts[i - 1].tokenIds.size());
    trace.outputs["logits_per_image"] = std::move(logits);
    return trace;
}

std::shared_ptr<LoadedModel> toyImageModel(const std::filesystem::path& folder)
{
    std::ofstream(folder / "preprocessor_config.json")
        << R"({"image_processor_type":"CLIPImageProcessor","size":4,"crop_size":{"height":4,"width":6},)"
           R"("do_rescale":false,"do_normalize":false,"resample":0})";
    auto loaded = std::make_shared<LoadedModel>();
    loaded->model = std::make_unique<ToyImageModel>(folder);
    loaded->tokenizer = std::make_unique<ToyTokenizer>();
    loaded->weightsSha256 = "01";
    return loaded;
}

std::shared_ptr<LoadedModel> toyModel()
{
    auto loaded = std::make_shared<LoadedModel>();
    loaded->model = std::make_unique<ToyModel>();
    loaded->tokenizer = std::make_unique<ToyTokenizer>();
    loaded->weightsSha256 = "00";
    loaded->outputLabels = std::make_shared<const std::vector<std::string>>(loaded->model->info().labels);
    return loaded;
}

}  // namespace ketscope::test
