// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/train/initial_weights.h"

#include "core/base/error.h"
#include "core/models/own_heads.h"
#include "core/models/tensor_draft.h"

#include <cmath>
#include <nlohmann/json.hpp>

namespace ketscope {

namespace {

constexpr std::uint16_t kPurpose = 0x11;  // of the random numbers
constexpr std::uint16_t kDirections = 0x12;

bool endsWithAny(std::string_view name, std::initializer_list<std::string_view> endings)
{
    return std::ranges::any_of(endings, [&](std::string_view ending) { return name.ends_with(ending); });
}

double initialScale(const Json& config)
{
    constexpr double kUsual = 2.6592;  // ln(1/0.07), as CLIP starts
    const auto found = config.find("logit_scale_init_value");
    return found != config.end() && found->is_number() ? found->get<double>() : kUsual;
}

void fill(const TensorEntry& entry, const Json& config, const Deviations& deviations, std::uint64_t seed,
          std::uint32_t index, std::span<float> values)
{
    const double deviation = deviations.of(entry.name);
    const bool setVector = entry.shape.size() == 1 && !deviations.namesToTheEnd(entry.name);  // not drawn
    RandomStream stream({seed}, index, kPurpose);
    for (float& value : values)
        value = static_cast<float>(deviation * stream.normal());
    if (entry.name == "logit_scale")
        std::ranges::fill(values, static_cast<float>(initialScale(config)));
    else if (setVector && endsWithAny(entry.name, {"bias", ".beta"}))
        std::ranges::fill(values, 0.0F);
    else if (setVector && endsWithAny(entry.name, {".weight", ".gamma"}))
        std::ranges::fill(values, 1.0F);
}

void requireNamed(const Deviations& deviations, const TensorDraft& tensors, const std::filesystem::path& where)
{
    for (const auto& [part, deviation] : deviations.named)
        if (std::ranges::none_of(tensors.entries(),
                                 [&](const auto& each) { return each.first.find(part) != std::string::npos; }))
            refuse({where.string(), "\"deviations\" of parts of names of the model's tensors",
                    "\"" + printable(part, 60) + "\"", ""});
}

// A head's input of the right sizes, all zero: what a mechanism draws depends on nothing else.
struct Sizes {
    Sizes(const ModelInfo& model, std::size_t stack, std::size_t layer, std::size_t head, std::uint64_t seed)
        : tokens(lengthOf(model, model.stacks[stack].keys)), info(model.stacks[stack]),
          rows(Tensor::zeros({tokens, info.headSize})), wide(Tensor::zeros({tokens, info.width}))
    {
        input.queries = input.keys = input.values = rows.matrix();
        input.layerInput = wide.matrix();
        input.mask.causal = info.causal;
        input.random = {seed, static_cast<std::uint16_t>(stack), static_cast<std::uint16_t>(layer),
                        static_cast<std::uint16_t>(head)};
    }

    static std::size_t lengthOf(const ModelInfo& model, TokenAxis axis)
    {
        const std::size_t text = model.maximumPositions;
        const std::size_t image =
            model.image
                ? 1 + model.image->height / model.image->patchHeight * (model.image->width / model.image->patchWidth)
                : 0;
        return axis == TokenAxis::Text ? text : axis == TokenAxis::Image ? image : text + image;
    }

    std::size_t tokens;
    const StackInfo& info;
    Tensor rows, wide;
    HeadInput input;
};

// The layer that a tensor's name counts: the first part that is a number.
std::optional<std::size_t> layerOf(const std::string& name)
{
    for (std::size_t at = name.find('.'); at != std::string::npos; at = name.find('.', at + 1)) {
        const std::size_t end = name.find_first_not_of("0123456789", at + 1);
        if (end != std::string::npos && end > at + 1 && name[end] == '.')
            return std::stoull(name.substr(at + 1, end - at - 1));
    }
    return std::nullopt;
}

// Tensors of the mechanism that an architecture's own heads run: every head's share of the rows, as it draws them.
void fillOwn(const ModelInfo& model, std::uint64_t seed, MemoryArchive& weights)
{
    const StackInfo& stack = model.stacks.front();
    if (!stack.own)
        return;
    for (auto& [name, tensor] : weights.tensors()) {
        const std::optional<std::size_t> layer = layerOf(name);
        const std::string last = name.substr(name.rfind('.') + 1);
        for (std::size_t head = 0; layer && head < stack.heads; ++head) {
            const Sizes sizes(model, 0, *layer, head, seed);
            const NamedTensors drawn = stack.own->mechanism->initialTensors(sizes.input, stack.own->parameters);
            const auto found = drawn.find(last);
            if (found == drawn.end() || found->second->size() * stack.heads != tensor.size())
                break;
            std::ranges::copy(found->second->values(), tensor.data() + head * found->second->size());
        }
    }
}

}  // namespace

double Deviations::of(std::string_view tensor) const
{
    const std::pair<const std::string, double>* const found = deciding(tensor);
    return found == nullptr ? usual : found->second;
}

bool Deviations::namesToTheEnd(std::string_view tensor) const
{
    const std::pair<const std::string, double>* const found = deciding(tensor);
    return found != nullptr && tensor.ends_with(found->first);
}

const std::pair<const std::string, double>* Deviations::deciding(std::string_view tensor) const
{
    const std::pair<const std::string, double>* found = nullptr;
    for (const auto& each : named)
        if (tensor.find(each.first) != std::string_view::npos
            && (found == nullptr || each.first.size() > found->first.size()))
            found = &each;
    return found;
}

std::shared_ptr<MemoryArchive> initialWeights(const Json& config, const std::filesystem::path& where,
                                              const Deviations& deviations, std::uint64_t seed)
{
    auto weights = std::make_shared<MemoryArchive>(where / "model.safetensors");
    ModelFiles files;
    files.folder = where;
    files.config = std::make_shared<const Json>(config);
    files.weights = weights;
    files.draft = std::make_shared<TensorDraft>();
    const ModelInfo info = architectureOf(files).describe(files);
    requireNamed(deviations, *files.draft, where);
    std::uint32_t index = 0;
    for (const auto& [name, entry] : files.draft->entries())
        fill(entry, config, deviations, seed, index++, weights->add(name, entry.shape).values());
    fillOwn(info, seed, *weights);
    return weights;
}

void addOwnHeads(const HeadPlan& plan, const ModelInfo& model, const std::vector<std::string>& reals,
                 MemoryArchive& weights)
{
    for (std::size_t stack = 0; stack < model.stacks.size(); ++stack)
        for (std::size_t layer = 0; layer < model.stacks[stack].layers; ++layer)
            for (std::size_t head = 0; head < model.stacks[stack].heads; ++head) {
                if (!plan.isPatched(stack, layer, head))
                    continue;
                const HeadAssignment& what = plan.at(stack, layer, head);
                const auto name = [&](const std::string& of) {
                    return ownHeadTensor(model.stacks[stack].name, layer, head, of);
                };
                const bool modelsOwn = model.stacks[stack].own && model.stacks[stack].own->mechanism == what.mechanism;
                const Sizes sizes(model, stack, layer, head, plan.seed());
                const NamedTensors drawn =
                    modelsOwn ? NamedTensors() : what.mechanism->initialTensors(sizes.input, what.parameters);
                for (const auto& [each, values] : drawn)
                    std::ranges::copy(values->values(),
                                      weights.add(name(each), {values->shape().begin(), values->shape().end()}).data());
                for (const Parameter& each : what.parameters.definitions())
                    if (each.kind == ParameterKind::Real && std::ranges::find(reals, each.id) != reals.end()
                        && what.parameters.isShown(each))
                        weights.add(name(each.id), {1}).values().front() =
                            static_cast<float>(what.parameters.real(each.id));
            }
}

void addWordEvidence(MatrixView evidence, double scale, std::uint64_t seed, MemoryArchive& weights)
{
    auto& tensors = weights.tensors();
    const auto found = std::ranges::find_if(
        tensors, [](const auto& each) { return each.first.ends_with("embeddings.word_embeddings.weight"); });
    if (found == tensors.end() || found->second.shape().front() != evidence.rows)
        refuse({"naive_bayes", "a model with word embeddings", "none", "Leave out \"embeddings\"."});
    const std::size_t width = found->second.shape().back();
    for (std::size_t c = 0; c < evidence.columns; ++c) {
        RandomStream stream({seed}, static_cast<std::uint32_t>(c), kDirections);
        std::vector<double> direction(width);
        double squares = 0.0;
        for (double& value : direction) {
            value = stream.normal();
            squares += value * value;
        }
        const double length = std::sqrt(squares);
        for (std::size_t token = 0; token < evidence.rows; ++token) {
            const double nats = std::clamp(static_cast<double>(evidence(token, c)), -1.0, 1.0);
            for (std::size_t i = 0; i < width; ++i)
                found->second.values()[token * width + i] += static_cast<float>(scale * nats * direction[i] / length);
        }
    }
}

}  // namespace ketscope
