// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/models/gradients.h"

#include "core/base/error.h"
#include "core/models/heads.h"
#include "core/nn/tape.h"

#include <algorithm>

namespace ketscope {

namespace {

MatrixView valuesOf(const Trace& trace, const GradientTarget& target)
{
    const auto found = trace.outputs.find(target.output);
    if (found == trace.outputs.end() || found->second->empty())
        refuse({"gradients", "a model with the output \"" + target.output + "\"", "no such output",
                "Choose another number to differentiate."});
    const MatrixView values = found->second->matrix();
    if (target.row >= values.rows || target.column >= values.columns)
        refuse({"gradients",
                "an element of " + std::to_string(values.rows) + " × " + std::to_string(values.columns) + " outputs",
                "row " + std::to_string(target.row) + ", column " + std::to_string(target.column), ""});
    return values;
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
                if (what.mechanism->properties(what.parameters).gradient == GradientKind::None)
                    return what.mechanism->info().title + " gives no gradient with these parameters ("
                           + model.stacks[stack].name + " stack, layer " + std::to_string(layer) + ", head "
                           + std::to_string(head) + ").";
            }
    return {};
}

ModelGradients gradientsOf(const Model& model, const GradientRequest& request, Monitor& monitor)
{
    if (const std::string obstacle = gradientObstacle(model.info(), *request.plan); !obstacle.empty())
        refuse({"gradients", "mechanisms with gradients", obstacle, "Choose another mechanism for these heads."});
    Tape tape(request.weights);
    ForwardRequest forward{.input = request.input, .plan = request.plan};
    forward.standardErrors = false;
    forward.tape = &tape;
    ModelGradients result;
    result.trace = model.forward(forward, *partOf(monitor, 0, 2));
    result.target = request.target(result.trace);
    const MatrixView values = valuesOf(result.trace, result.target);
    result.value = values(result.target.row, result.target.column);
    if (tape.variable(values).empty())
        fail({"gradients", "a model that writes its pass down", model.info().title, "Report this."});
    tape.gradients(values)(result.target.row, result.target.column) = 1.0F;
    tape.backward(*partOf(monitor, 1, 2));
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
