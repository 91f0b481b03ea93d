// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/models/gradients.h"

#include "core/base/error.h"
#include "core/models/heads.h"
#include "core/nn/tape.h"

#include <algorithm>

namespace ketscope {

namespace {

const Tensor& outputOf(const Trace& trace, const std::string& name)
{
    const auto found = trace.outputs.find(name);
    if (found == trace.outputs.end() || found->second->empty())
        refuse({"gradients", "a model with the output \"" + name + "\"", "no such output",
                "Choose another number to differentiate."});
    return *found->second;
}

// The slopes of one element, which are 1 there and 0 elsewhere.
OutputSlopes slopesOf(const Trace& trace, const GradientTarget& target)
{
    const Tensor& output = outputOf(trace, target.output);
    Tensor slopes = Tensor::zeros(output.shape());
    const MutableMatrixView values = slopes.matrix();
    if (target.row >= values.rows || target.column >= values.columns)
        refuse({"gradients",
                "an element of " + std::to_string(values.rows) + " × " + std::to_string(values.columns) + " outputs",
                "row " + std::to_string(target.row) + ", column " + std::to_string(target.column), ""});
    values(target.row, target.column) = 1.0F;
    OutputSlopes result;
    result.emplace(target.output, std::move(slopes));
    return result;
}

// What a mechanism without a gradient says when it is asked for that of one token; empty where it gives no reason.
std::string reasonOf(const HeadAssignment& what)
{
    constexpr std::size_t kWidth = 2;
    const Tensor token = Tensor::zeros({1, kWidth});
    HeadInput input;
    input.queries = input.keys = input.values = input.layerInput = token.matrix();
    try {
        what.mechanism->backward(input, what.parameters, {token.matrix()}, {}, Monitor());
    } catch (const Error& error) {
        if (error.kind() == ErrorKind::Input)
            return error.what();
    }
    return {};
}

}  // namespace

GradientTarget answerOf(const ModelInfo& model, const ModelInput& input, const Trace& trace)
{
    for (const auto& [output, column] : {std::pair{"itm_logits", 1}, std::pair{"logits_per_image", 0}})
        if (trace.outputs.contains(output))
            return {output, 0, static_cast<std::size_t>(column)};
    for (const char* output : {"logits", "start_logits"}) {
        const auto found = trace.outputs.find(output);
        if (found == trace.outputs.end())
            continue;
        const Tensor& logits = *found->second;
        GradientTarget target{output};
        target.row = logits.shape().size() == 2 ? logits.shape().front() - 1 : 0;
        while (target.row > 0 && !input.attentionMask.empty() && input.attentionMask[target.row] == 0)
            --target.row;
        const auto values = logits.matrix().row(target.row);
        target.column = static_cast<std::size_t>(std::ranges::max_element(values) - values.begin());
        return target;
    }
    refuse({"gradients", "a model that answers something", model.title + " without a head",
            "Open the model with a head: gradients are of a number that it gives."});
}

std::string gradientObstacle(const ModelInfo& model, const HeadPlan& plan)
{
    for (std::size_t stack = 0; stack < model.stacks.size(); ++stack)
        for (std::size_t layer = 0; layer < model.stacks[stack].layers; ++layer)
            for (std::size_t head = 0; head < model.stacks[stack].heads; ++head) {
                const HeadAssignment& what = plan.at(stack, layer, head);
                if (what.mechanism->properties(what.parameters).gradient != GradientKind::None)
                    continue;
                const std::string reason = reasonOf(what);
                return what.mechanism->info().title + " gives no gradient with these parameters ("
                       + model.stacks[stack].name + " stack, layer " + std::to_string(layer) + ", head "
                       + std::to_string(head) + ")" + (reason.empty() ? "." : ": " + reason);
            }
    return {};
}

WrittenPass::WrittenPass(const Model& model, const PassRequest& request, Monitor& monitor)
    : m_title(model.info().title), m_tape(request.weights)
{
    if (const std::string obstacle = gradientObstacle(model.info(), *request.plan); !obstacle.empty())
        refuse({"gradients", "mechanisms with gradients", obstacle, "Choose another mechanism for these heads."});
    m_tape.setDropout(request.dropout);
    m_tape.setHidden(request.hidden);
    m_tape.setConstants(request.constants);
    ForwardRequest forward{.input = request.input, .plan = request.plan};
    forward.standardErrors = false;
    forward.tape = &m_tape;
    forward.outputs = request.outputs;
    for (const StackInfo& stack : model.info().stacks)
        if (!request.maps)
            forward.keepMaps.emplace_back(stack.layers, std::uint8_t{0});
    m_trace = model.forward(forward, monitor);
}

void WrittenPass::backward(const OutputSlopes& slopes, Monitor& monitor)
{
    for (const auto& [name, gradients] : slopes) {
        const MatrixView values = outputOf(m_trace, name).matrix(), from = gradients.matrix();
        if (m_tape.variable(values).empty())
            fail({"gradients", "a model that writes its pass down", m_title, "Report this."});
        const MutableMatrixView to = m_tape.gradients(values);
        for (std::size_t row = 0; row < to.rows; ++row)
            for (std::size_t i = 0; i < to.columns; ++i)
                to(row, i) += from(row, i);
    }
    m_tape.backward(monitor);
}

ModelGradients gradientsOf(const Model& model, const GradientRequest& request, Monitor& monitor)
{
    WrittenPass pass(model, {.input = request.input, .plan = request.plan, .weights = request.weights},
                     *partOf(monitor, 0, 2));
    ModelGradients result;
    result.target = request.target(pass.trace());
    const OutputSlopes slopes = slopesOf(pass.trace(), result.target);
    result.value = outputOf(pass.trace(), result.target.output).matrix()(result.target.row, result.target.column);
    pass.backward(slopes, *partOf(monitor, 1, 2));
    result.trace = pass.takeTrace();
    Tape& tape = pass.tape();
    const auto& stacks = result.trace.stacks;
    for (std::size_t stack = 0; stack < stacks.size(); ++stack) {
        auto& layers = result.attention.emplace_back();
        for (std::size_t layer = 0; layer < stacks[stack].attention.size(); ++layer) {
            Tensor map = tape.takeMap(stack, layer);
            if (map.empty())
                map = Tensor::zeros(stacks[stack].attention[layer]->shape());
            layers.push_back(std::make_shared<const Tensor>(std::move(map)));
        }
    }
    for (auto& [name, gradients] : tape.takeParameters())
        result.weights[name] = std::make_shared<const Tensor>(std::move(gradients));
    return result;
}

}  // namespace ketscope
