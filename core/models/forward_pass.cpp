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

ForwardPass::ForwardPass(const ModelInfo& info, const ForwardRequest& request, Monitor& monitor)
    : m_info(info), m_request(request), m_input(*request.input), m_monitor(monitor),
      m_tokenTypes(request.input->tokenTypes), m_start(std::chrono::steady_clock::now())
{
    checkInput();
    m_tokenTypes.resize(tokens(), 0);
    m_padded = std::ranges::find(m_input.attentionMask, std::uint8_t{0}) != m_input.attentionMask.end();
    m_trace.stacks.resize(1);
    m_trace.stacks.front().name = info.stacks.front().name;
    if (request.resumeFrom != nullptr)
        share(*request.resumeFrom, std::min(request.firstLayer, layers()));
}

void ForwardPass::checkInput() const
{
    const std::size_t count = tokens();
    if (count == 0)
        refuse({"input", "at least one token", "none", "Enter some text."});
    if (count > m_info.maximumPositions)
        refuse({"input", "at most " + countOf(m_info.maximumPositions) + ", the limit of this model", countOf(count),
                "Shorten the text."});
    for (const std::int32_t id : m_input.tokenIds)
        if (id < 0 || static_cast<std::size_t>(id) >= m_info.vocabularySize)
            refuse({"input", "token ids from 0 to " + std::to_string(m_info.vocabularySize - 1), std::to_string(id),
                    "The tokenizer and the model do not belong together."});
    if (!m_input.attentionMask.empty() && m_input.attentionMask.size() != count)
        refuse({"attention mask", "one value for each of " + countOf(count),
                std::to_string(m_input.attentionMask.size()), "Give as many mask values as tokens."});
    if (!m_input.tokenTypes.empty() && m_input.tokenTypes.size() != count)
        refuse({"token types", "one value for each of " + countOf(count), std::to_string(m_input.tokenTypes.size()),
                "Give as many token types as tokens."});
}

void ForwardPass::requireTokenTypesBelow(std::size_t limit) const
{
    for (const std::int32_t type : m_tokenTypes)
        if (type < 0 || static_cast<std::size_t>(type) >= limit)
            refuse({"token types", "values from 0 to " + std::to_string(limit - 1), std::to_string(type),
                    "Use 0 for the first text and 1 for the second."});
}

void ForwardPass::share(const Trace& before, std::size_t firstLayer)
{
    const StackTrace& from = before.stacks.front();
    StackTrace& to = m_trace.stacks.front();
    const auto count = static_cast<std::ptrdiff_t>(firstLayer);
    to.attention.assign(from.attention.begin(), from.attention.begin() + count);
    to.standardError.assign(from.standardError.begin(), from.standardError.begin() + count);
    to.diagnostics.assign(from.diagnostics.begin(), from.diagnostics.begin() + count);
    to.hidden.assign(from.hidden.begin(), from.hidden.begin() + count + 1);
    m_trace.firstComputedLayer = firstLayer;
}

void ForwardPass::embeddings(const std::function<void(MutableMatrixView)>& embed)
{
    if (!m_trace.stacks.front().hidden.empty())
        return;
    Tensor values({tokens(), m_info.stacks.front().width});
    embed(values.matrix());
    endLayer(std::move(values));
}

void ForwardPass::beginLayer(std::size_t layer) const
{
    m_monitor.check();
    m_monitor.progress(static_cast<double>(layer) / static_cast<double>(layers()),
                       "Layer " + std::to_string(layer + 1) + " of " + std::to_string(layers()));
}

MatrixView ForwardPass::hidden(std::size_t index) const { return m_trace.stacks.front().hidden.at(index)->matrix(); }

void ForwardPass::attend(std::size_t layer, const Tensor& projected, MatrixView input, float scale, Tensor& context)
{
    const StackInfo& stack = m_info.stacks.front();
    const MatrixView all = projected.matrix();
    const std::size_t width = stack.heads * stack.headSize;
    LayerAttention work;
    work.queries = all.middleColumns(0, width);
    work.keys = all.middleColumns(width, width);
    work.values = all.middleColumns(2 * width, width);
    work.input = input;
    work.mask.causal = stack.causal;
    if (m_padded)
        work.mask.keyAllowed = m_input.attentionMask;
    work.scale = scale;
    work.heads = stack.heads;
    work.layer = layer;
    work.standardErrors = m_request.standardErrors;
    LayerMaps maps = ketscope::attend(work, *m_request.plan, context.matrix(), m_monitor);
    m_trace.stacks.front().attention.push_back(std::move(maps.weights));
    m_trace.stacks.front().standardError.push_back(std::move(maps.standardErrors));
    m_trace.stacks.front().diagnostics.push_back(std::move(maps.diagnostics));
    std::ranges::move(maps.warnings, std::back_inserter(m_trace.warnings));
}

void ForwardPass::endLayer(Tensor output)
{
    m_trace.stacks.front().hidden.push_back(std::make_shared<const Tensor>(std::move(output)));
}

void ForwardPass::output(const std::string& name, Tensor values)
{
    m_trace.outputs[name] = std::make_shared<const Tensor>(std::move(values));
}

Trace ForwardPass::finish()
{
    m_monitor.check();
    m_monitor.progress(1.0, "Done");
    m_trace.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - m_start).count();
    return std::move(m_trace);
}

float headScale(const ModelInfo& info) { return 1.0F / std::sqrt(static_cast<float>(info.stacks.front().headSize)); }

Tensor copyOf(MatrixView values)
{
    Tensor copy({values.rows, values.columns});
    for (std::size_t row = 0; row < values.rows; ++row)
        std::ranges::copy(values.row(row), copy.matrix().row(row).begin());
    return copy;
}

}  // namespace ketscope
