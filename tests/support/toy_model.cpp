// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/toy_model.h"

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
