// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/models/forward_pass.h"

#include "core/base/error.h"
#include "core/nn/attention.h"

#include <algorithm>
#include <cmath>

namespace ketscope {

namespace {

std::string countOf(std::size_t count) { return std::to_string(count) + (count == 1 ? " token" : " tokens"); }

}  // namespace

StackPass::StackPass(ForwardPass& pass, std::size_t index, std::size_t firstLayer)
    : m_pass(pass), m_info(pass.m_info.stacks.at(index)), m_index(index),
      m_queries(axisLength(pass.m_info, pass.m_input, pass.m_input.image, m_info.queries)),
      m_keys(axisLength(pass.m_info, pass.m_input, pass.m_input.image, m_info.keys)),
      m_keyMask(axisMask(pass.m_input, m_info.keys, m_keys)), m_trace(&pass.m_trace.stacks.at(index)),
      m_operations(&pass.m_operations)
{
    if (pass.m_request.resumeFrom != nullptr)
        share(pass.m_request.resumeFrom->stacks.at(index), std::min(firstLayer, layers()));
}

StackPass::StackPass(ForwardPass& pass, std::size_t index, const TextInput& text)
    : m_pass(pass), m_info(pass.m_info.stacks.at(index)), m_index(index),
      m_queries(axisLength(pass.m_info, text, pass.m_input.image, m_info.queries)),
      m_keys(axisLength(pass.m_info, text, pass.m_input.image, m_info.keys)),
      m_keyMask(axisMask(text, m_info.keys, m_keys)), m_untraced(std::make_shared<StackTrace>()),
      m_trace(m_untraced.get()), m_operations(&pass.m_operations)
{
}

void StackPass::share(const StackTrace& before, std::size_t firstLayer)
{
    const auto count = static_cast<std::ptrdiff_t>(firstLayer);
    m_trace->attention.assign(before.attention.begin(), before.attention.begin() + count);
    m_trace->standardError.assign(before.standardError.begin(), before.standardError.begin() + count);
    m_trace->diagnostics.assign(before.diagnostics.begin(), before.diagnostics.begin() + count);
    if (!before.hidden.empty())
        m_trace->hidden.assign(before.hidden.begin(), before.hidden.begin() + count + 1);
    m_trace->firstComputedLayer = firstLayer;
}

void StackPass::embeddings(const std::function<void(MutableMatrixView)>& embed)
{
    if (!m_trace->hidden.empty())
        return;
    Tensor values = operations().tensor({queries(), m_info.width});
    embed(values.matrix());
    if (const Tape* const tape = operations().tape())
        operations().dropOut(tape->dropout().embeddings, values.matrix());
    endLayer(std::move(values));
}

void StackPass::beginLayer(std::size_t layer) const
{
    m_pass.m_monitor.check();
    if (m_untraced)
        return;
    const bool single = m_pass.m_info.stacks.size() == 1;
    const double done = static_cast<double>(single ? layer : m_pass.m_begunLayers++);
    m_pass.m_monitor.progress(done / static_cast<double>(m_pass.m_allLayers),
                              (single ? "Layer " : m_info.name + " layer ") + std::to_string(layer + 1) + " of "
                                  + std::to_string(layers()));
}

MatrixView StackPass::hidden(std::size_t index) const { return m_trace->hidden.at(index)->matrix(); }

bool StackPass::keepsMaps(std::size_t layer) const
{
    const auto& keep = m_pass.m_request.keepMaps;
    return !m_untraced && (keep.empty() || keep.at(m_index).at(layer) != 0);
}

void StackPass::attend(std::size_t layer, const Tensor& projected, MatrixView input, float scale, Tensor& context)
{
    const MatrixView all = projected.matrix();
    const std::size_t width = m_info.heads * m_info.headSize;
    const std::size_t keyWidth = (all.columns - width) / 2;
    attend(layer,
           {all.middleColumns(0, width), all.middleColumns(width, keyWidth),
            all.middleColumns(width + keyWidth, keyWidth), input},
           scale, context);
}

void StackPass::attend(std::size_t layer, const AttentionOperands& operands, float scale, Tensor& context)
{
    LayerAttention work;
    work.queries = operands.queries;
    work.keys = operands.keys;
    work.values = operands.values;
    work.input = operands.input;
    work.keyInput = operands.keyInput;
    work.trained = operands.trained;
    work.trainedFor = m_info.own ? m_info.own->mechanism : nullptr;
    work.mask.causal = m_info.causal;
    work.mask.keyAllowed = m_keyMask;
    work.scale = scale;
    work.heads = m_info.heads;
    work.keyValueHeads = m_info.keyValueHeads;
    work.stack = m_index;
    work.layer = layer;
    work.standardErrors = m_pass.m_request.standardErrors;
    work.maps = keepsMaps(layer);
    if (!m_untraced && m_pass.m_request.watch)
        m_pass.m_request.watch(work);
    LayerMaps maps =
        operations().attend(work, *m_pass.m_request.plan, context.matrix(), m_pass.m_monitor, keepsMaps(layer),
                            operands.trainedPlaces == nullptr ? Operations::TrainedPlaces() : *operands.trainedPlaces);
    m_trace->attention.push_back(std::move(maps.weights));
    m_trace->standardError.push_back(std::move(maps.standardErrors));
    m_trace->diagnostics.push_back(std::move(maps.diagnostics));
    const bool single = m_pass.m_info.stacks.size() == 1;
    if (m_info.feedForwardSize == 0 && feedForwardHead(layer))
        maps.warnings.push_back("layer " + std::to_string(layer)
                                + ": there is no feed-forward part of its own to replace");
    for (const std::string& warning : maps.warnings)
        m_pass.m_trace.warnings.push_back(single ? warning : m_info.name + " " + warning);
}

std::optional<std::size_t> StackPass::feedForwardHead(std::size_t layer) const
{
    for (std::size_t head = 0; head < m_info.heads; ++head)
        if (feedForwardOf(m_pass.m_request.plan->at(m_index, layer, head)) != nullptr)
            return head;
    return std::nullopt;
}

void StackPass::feedForward(std::size_t layer, MatrixView in, MutableMatrixView sum, const std::function<void()>& own)
{
    const std::optional<std::size_t> head = feedForwardHead(layer);
    if (!head)
        return own();
    const HeadAssignment& what = m_pass.m_request.plan->at(m_index, layer, *head);
    HeadInput input;
    input.layerInput = in;
    input.random = {m_pass.m_request.plan->seed(), static_cast<std::uint16_t>(m_index),
                    static_cast<std::uint16_t>(layer), static_cast<std::uint16_t>(*head)};
    input.trained = what.trained && !what.trained->tensors.empty() ? &what.trained->tensors : nullptr;
    const std::shared_ptr<const FeedForwardPart> part = feedForwardOf(what)->feedForward(input, what.parameters);
    auto& ofLayer = m_trace->diagnostics.back();
    auto known = std::ranges::find(ofLayer, *head, &HeadDiagnostics::head);
    if (known == ofLayer.end())
        known = ofLayer.insert(known, {*head, {}});
    std::ranges::move(part->diagnostics(in), std::back_inserter(known->list));
    operations().addTo(part, in, sum, what.trained ? &what.trained->places : nullptr);
}

void StackPass::endLayer(Tensor output)
{
    // Aside, only the newest hidden state is of use.
    if (m_untraced && !m_trace->hidden.empty())
        m_trace->hidden.back() = nullptr;
    m_trace->hidden.push_back(std::make_shared<const Tensor>(std::move(output)));
}

ForwardPass::ForwardPass(const ModelInfo& info, const ForwardRequest& request, Monitor& monitor)
    : m_info(info), m_request(request), m_input(*request.input), m_monitor(monitor), m_operations(request.tape),
      m_start(std::chrono::steady_clock::now())
{
    if (info.vocabularySize > 0)
        checkText(m_input);
    for (const TextInput& text : m_input.furtherTexts)
        checkText(text);
    if (info.image)
        checkImage();
    for (const StackInfo& stack : info.stacks) {
        m_trace.stacks.emplace_back().name = stack.name;
        m_allLayers += stack.layers;
    }
}

void ForwardPass::checkText(const TextInput& text) const
{
    const std::size_t count = text.tokenIds.size();
    if (count == 0)
        refuse({"input", "at least one token", "none", "Enter some text."});
    if (count > m_info.maximumPositions)
        refuse({"input", "at most " + countOf(m_info.maximumPositions) + ", the limit of this model", countOf(count),
                "Shorten the text."});
    for (const std::int32_t id : text.tokenIds)
        if (id < 0 || static_cast<std::size_t>(id) >= m_info.vocabularySize)
            refuse({"input", "token ids from 0 to " + std::to_string(m_info.vocabularySize - 1), std::to_string(id),
                    "The tokenizer and the model do not belong together."});
    if (!text.attentionMask.empty() && text.attentionMask.size() != count)
        refuse({"attention mask", "one value for each of " + countOf(count), std::to_string(text.attentionMask.size()),
                "Give as many mask values as tokens."});
    if (!text.tokenTypes.empty() && text.tokenTypes.size() != count)
        refuse({"token types", "one value for each of " + countOf(count), std::to_string(text.tokenTypes.size()),
                "Give as many token types as tokens."});
}

void ForwardPass::checkImage() const
{
    const ImageInfo& image = *m_info.image;
    const auto sizeText = [](std::size_t height, std::size_t width) {
        return std::to_string(height) + " × " + std::to_string(width) + " pixels";
    };
    if (!m_input.image.pixels)
        refuse({"input", "an image", "none", "This model looks at images: give one."});
    const std::vector<std::size_t>& shape = m_input.image.pixels->shape();
    if (shape.size() != 3 || shape[0] != image.channels)
        refuse({"image", std::to_string(image.channels) + " channels",
                shape.size() == 3 ? std::to_string(shape[0]) : "another shape", "Convert the image first."});
    const bool fits = image.anySize ? shape[1] >= image.patchHeight && shape[2] >= image.patchWidth
                                    : shape[1] == image.height && shape[2] == image.width;
    if (!fits)
        refuse({"image",
                image.anySize ? "at least one patch of " + sizeText(image.patchHeight, image.patchWidth)
                              : sizeText(image.height, image.width),
                sizeText(shape[1], shape[2]), "Resize the image as the model's processor says."});
    if (!m_input.image.pixelMask.empty() && m_input.image.pixelMask.size() != shape[1] * shape[2])
        refuse({"pixel mask", "one value for each of " + sizeText(shape[1], shape[2]),
                std::to_string(m_input.image.pixelMask.size()) + " values", ""});
    if (patchGrid(image, m_input.image).count() == 0)
        refuse({"pixel mask", "at least one patch of picture", "padding alone", ""});
}

std::size_t ForwardPass::firstLayer(std::size_t index) const
{
    if (m_request.resumeFrom == nullptr || index >= m_request.firstLayers.size())
        return 0;
    return std::min(m_request.firstLayers[index], m_info.stacks.at(index).layers);
}

StackPass ForwardPass::stack(std::size_t index) { return stack(index, firstLayer(index)); }

StackPass ForwardPass::stack(std::size_t index, std::size_t firstLayer) { return {*this, index, firstLayer}; }

StackPass ForwardPass::stack(std::size_t index, std::string_view tensors)
{
    StackPass pass = stack(index);
    if (isConstant(index, tensors))
        pass.m_operations = &m_unwritten;
    return pass;
}

bool ForwardPass::isConstant(std::size_t index, std::string_view tensors) const
{
    if (m_request.tape == nullptr || !m_request.tape->isConstant(tensors))
        return false;
    const StackInfo& stack = m_info.stacks.at(index);
    for (std::size_t layer = 0; layer < stack.layers; ++layer)
        for (std::size_t head = 0; head < stack.heads; ++head)
            if (m_request.plan->at(index, layer, head).trained != nullptr)  // its tensors have names of their own
                return false;
    return true;
}

StackPass ForwardPass::aside(std::size_t index, const TextInput& text) { return {*this, index, text}; }

void ForwardPass::output(const std::string& name, Tensor values)
{
    output(name, std::make_shared<const Tensor>(std::move(values)));
}

bool ForwardPass::names(const std::string& output) const
{
    return std::ranges::find(m_request.outputs, output) != m_request.outputs.end();
}

TensorPointer ForwardPass::reusable(const std::string& name, std::initializer_list<std::size_t> stacks) const
{
    if (!std::ranges::all_of(stacks, [this](std::size_t stack) { return unchanged(stack); }))
        return nullptr;
    const auto found = m_request.resumeFrom->outputs.find(name);
    return found == m_request.resumeFrom->outputs.end() ? nullptr : found->second;
}

Trace ForwardPass::finish()
{
    m_monitor.check();
    m_monitor.progress(1.0, "Done");
    m_trace.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - m_start).count();
    return std::move(m_trace);
}

std::vector<std::int32_t> tokenTypesOf(const TextInput& text, std::size_t limit)
{
    std::vector<std::int32_t> types = text.tokenTypes;
    types.resize(text.tokenIds.size(), 0);
    for (const std::int32_t type : types)
        if (type < 0 || static_cast<std::size_t>(type) >= limit)
            refuse({"token types", "values from 0 to " + std::to_string(limit - 1), std::to_string(type),
                    "Use 0 for the first text and 1 for the second."});
    return types;
}

float headScale(const StackInfo& stack) { return 1.0F / std::sqrt(static_cast<float>(stack.headSize)); }

}  // namespace ketscope
