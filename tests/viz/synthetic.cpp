// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/viz/synthetic.h"

#include "core/study/selected_head.h"
#include "core/study/sweep.h"

#include <cmath>

namespace ketscope::test {

namespace {

constexpr std::size_t kLayers = 2, kHeads = 3;

TensorPointer layerOf(const Matrix& map, std::size_t tokens, bool selected, float elsewhere)
{
    auto tensor = std::make_shared<Tensor>(std::vector<std::size_t>{kHeads, tokens, tokens});
    std::fill(tensor->values().begin(), tensor->values().end(), elsewhere);
    for (std::size_t q = 0; selected && q < tokens; ++q)
        for (std::size_t k = 0; k < tokens; ++k)
            tensor->matrix({kHead})(q, k) = map[q][k];
    return tensor;
}

TensorPointer wave(std::vector<std::size_t> shape, double phase)
{
    Tensor tensor(std::move(shape));
    for (std::size_t i = 0; i < tensor.size(); ++i)
        tensor.data()[i] = static_cast<float>(2.0 * std::sin(static_cast<double>(i) * 1.7 + phase));
    return std::make_shared<const Tensor>(std::move(tensor));
}

Interval around(double mean, double half) { return {mean, mean - half, mean + half}; }

// Four values of m, two of σ, and one published point.
std::shared_ptr<Sweep> madeSweep(const Study& study)
{
    auto sweep = std::make_shared<Sweep>();
    sweep->request.study = study;
    sweep->request.candidate = study.candidates.front().entries.front();
    sweep->request.axes = {{"m", {"16", "64", "128", "512"}}, {"sigma", {"0.5", "1"}}};
    sweep->question = "class";
    const std::size_t measures = sweepMeasures().size();
    const auto baseline = [&](const char* label, double value) {
        sweep->rows.push_back({label, {}, 1, false, std::vector<Interval>(measures, Interval{value, value, value})});
    };
    baseline("exact", 0.0);
    baseline("uniform", 0.72);
    baseline("zero", 1.0);
    double value = 0.8;
    for (const char* m : {"16", "64", "128", "512"})
        for (const char* sigma : {"0.5", "1"}) {
            sweep->rows.push_back({"swept",
                                   {m, sigma},
                                   5,
                                   std::string_view(m) == "512" && std::string_view(sigma) == "1",
                                   std::vector<Interval>(measures, around(value, 0.05))});
            value *= 0.8;
        }
    return sweep;
}

}  // namespace

SyntheticComparison::SyntheticComparison(std::vector<std::string> tokens)
{
    m_comparison.model.title = "Synthetic";
    m_comparison.model.path = "models/tiny";
    m_comparison.model.stacks = {{.name = "text", .layers = kLayers, .heads = kHeads, .headSize = 4, .width = 12}};
    m_comparison.input.model.attentionMask.assign(tokens.size(), 1);
    std::string text;
    for (const std::string& token : tokens) {
        m_comparison.input.tokens.push_back({0, token, token, {}, 0, false, false});
        m_comparison.input.model.tokenIds.push_back(0);
        text += (text.empty() ? "" : " ") + token;
    }
    m_comparison.study.input.text = text;
    m_comparison.study.seed = 7;
    m_comparison.study.selection.layer = kLayer;
    m_comparison.study.selection.head = kHead;
}

SyntheticComparison& SyntheticComparison::trace(const Matrix& weights, const Matrix& standardErrors)
{
    const std::size_t tokens = m_comparison.input.tokens.size();
    auto trace = std::make_shared<Trace>();
    StackTrace stack;
    stack.name = "text";
    for (std::size_t layer = 0; layer < kLayers; ++layer) {
        const bool selected = layer == kLayer;
        stack.attention.push_back(layerOf(weights, tokens, selected, 1.0F / static_cast<float>(tokens)));
        const bool errors = selected && !standardErrors.empty();
        stack.standardError.push_back(errors ? layerOf(standardErrors, tokens, true, 0.0F) : nullptr);
    }
    trace->stacks.push_back(std::move(stack));
    const bool baseline = m_comparison.traces.empty();
    if (!baseline)
        m_comparison.study.candidates.push_back({{parseSpec("rff")}});
    m_comparison.traces.push_back(std::move(trace));
    return *this;
}

SyntheticComparison& SyntheticComparison::causal()
{
    m_comparison.model.stacks[0].causal = true;
    return *this;
}

SyntheticComparison& SyntheticComparison::padding(std::size_t lastTokens)
{
    auto& mask = m_comparison.input.model.attentionMask;
    std::fill(mask.end() - static_cast<long>(lastTokens), mask.end(), std::uint8_t{0});
    return *this;
}

SyntheticComparison& SyntheticComparison::select(std::size_t query, std::size_t key)
{
    m_comparison.study.selection.query = query;
    m_comparison.study.selection.key = key;
    return *this;
}

SyntheticComparison& SyntheticComparison::patch(std::vector<std::size_t> layers, std::vector<std::size_t> heads)
{
    m_layers = std::move(layers);
    m_heads = std::move(heads);
    return *this;
}

SyntheticComparison& SyntheticComparison::pairs(const std::string& spec)
{
    m_spec = spec;
    return *this;
}

std::shared_ptr<const SelectedHead> SyntheticComparison::selectedHead() const
{
    const std::size_t tokens = m_comparison.input.tokens.size();
    const auto tensor = [&](std::size_t columns, double phase) {
        auto made = std::make_shared<Tensor>(std::vector<std::size_t>{tokens, columns});
        for (std::size_t i = 0; i < made->size(); ++i)
            made->data()[i] = static_cast<float>(std::sin(1.7 * static_cast<double>(i) + phase)
                                                 + 0.5 * std::cos(0.9 * static_cast<double>(i * i % 31)));
        return made;
    };
    auto selected = std::make_shared<SelectedHead>(SelectedHead{0, kLayer, kHead, {}});
    const PlanEntry entry = parseSpec(m_spec);
    for (std::size_t trace = 0; trace < m_comparison.traces.size(); ++trace) {
        auto head = std::make_shared<RecordedHead>();
        head->layer = kLayer;
        head->head = kHead;
        head->assignment = trace == 0 ? HeadAssignment{&mechanism("exact"), mechanism("exact").defaults()}
                                      : HeadAssignment{entry.mechanism, entry.parameters};
        head->tensors = {tensor(8, 0.0), tensor(8, 1.1), tensor(8, 2.2), tensor(16, 3.3)};
        head->input.queries = head->tensors[0]->matrix();
        head->input.keys = head->tensors[1]->matrix();
        head->input.values = head->tensors[2]->matrix();
        head->input.layerInput = head->tensors[3]->matrix();
        head->input.mask.causal = m_comparison.model.stacks[0].causal;
        head->input.scale = 0.35F;
        head->input.random = {.seed = 7, .stack = 0, .layer = kLayer, .head = kHead};
        selected->traces.push_back(std::move(head));
    }
    return selected;
}

ComparisonPointer SyntheticComparison::make() const
{
    auto comparison = std::make_shared<Comparison>(m_comparison);
    comparison->selectedHead = selectedHead();
    const auto assignment = std::make_shared<const HeadAssignment>();
    for (std::size_t trace = 0; trace < comparison->traces.size(); ++trace) {
        HeadPlan plan({{kLayers, kHeads}}, comparison->study.seed);
        for (const std::size_t layer : m_layers)
            for (const std::size_t head : m_heads)
                if (trace > 0)
                    plan.assign(0, layer, head, assignment);
        comparison->plans.push_back(std::make_shared<const HeadPlan>(std::move(plan)));
    }
    return comparison;
}

const Matrix& mapA()
{
    static const Matrix map = {{0.5F, 0.25F, 0.25F}, {0.1F, 0.8F, 0.1F}, {0.0F, 0.36F, 0.64F}};
    return map;
}

const Matrix& mapB()
{
    static const Matrix map = {{0.25F, 0.5F, 0.25F}, {0.1F, 0.8F, 0.1F}, {0.04F, 0.32F, 0.64F}};
    return map;
}

ComparisonPointer threeTokens()
{
    return SyntheticComparison({"is", "it", "is"}).trace(mapA()).trace(mapB()).select(0, 1).make();
}

Matrix attentionLike(std::size_t tokens, unsigned variant, bool causal)
{
    Matrix map(tokens, std::vector<float>(tokens, 0.0F));
    for (std::size_t q = 0; q < tokens; ++q) {
        const std::size_t end = causal ? q + 1 : tokens;
        double sum = 0.0;
        std::vector<double> row(end);
        for (std::size_t k = 0; k < end; ++k) {
            const double distance = std::abs(static_cast<double>(q) - static_cast<double>(k));
            const double noise = std::sin(static_cast<double>((q * 37 + k * 101 + variant * 13) % 97) * 12.9898);
            row[k] = std::exp(2.2 * noise - 0.12 * distance + (k == 0 ? 1.2 : 0.0) + (k % 7 == variant ? 1.1 : 0.0));
            sum += row[k];
        }
        for (std::size_t k = 0; k < end; ++k)
            map[q][k] = static_cast<float>(row[k] / sum);
    }
    return map;
}

std::vector<std::string> sentence(std::size_t tokens)
{
    const std::vector<std::string> words = {"the", "film",   "is", "not",          "great", ",", "but",
                                            "its", "acting", "is", "surprisingly", "warm",  "."};
    std::vector<std::string> out = {"[CLS]"};
    while (out.size() + 1 < tokens)
        out.push_back(words[(out.size() - 1) % words.size()]);
    if (tokens > 1)
        out.push_back("[SEP]");
    return out;
}

ComparisonPointer sample(std::size_t tokens, bool causal, bool standardErrors, const std::string& pairs)
{
    Matrix errors;
    const Matrix b = attentionLike(tokens, 4, causal);
    if (standardErrors) {
        errors = b;
        for (auto& row : errors)
            for (float& value : row)
                value = std::sqrt(value * (1.0F - value) / 64.0F);
    }
    SyntheticComparison made(sentence(tokens));
    made.trace(attentionLike(tokens, 1, causal))
        .trace(b, errors)
        .select(std::min<std::size_t>(4, tokens - 1), std::min<std::size_t>(5, tokens - 1));
    made.pairs(pairs);
    if (causal)
        made.causal();
    return made.make();
}

ComparisonPointer sampleOfTraces(std::size_t tokens, std::size_t traces)
{
    SyntheticComparison made(sentence(tokens));
    for (std::size_t trace = 0; trace < traces; ++trace)
        made.trace(attentionLike(tokens, static_cast<unsigned>(1 + 3 * trace)));
    auto comparison = std::make_shared<Comparison>(*made.select(4, 5).make());
    comparison->study.view.compared.everyTrace = true;
    return comparison;
}

ComparisonPointer completeSample(std::size_t tokens)
{
    auto comparison = std::make_shared<Comparison>(*sample(tokens, false, true));
    comparison->model.task = Task::CausalLanguageModelling;
    comparison->outputLabels = std::make_shared<const std::vector<std::string>>(
        std::vector<std::string>{"great", "not", "film", "the", "is", "warm"});
    for (std::size_t i = 0; i < tokens; ++i)
        comparison->input.model.tokenIds[i] = static_cast<std::int32_t>(i * 5 % 6);
    comparison->traces.push_back(comparison->traces.back());
    comparison->plans.push_back(comparison->plans.back());
    comparison->study.candidates.push_back(comparison->study.candidates.back());
    for (std::size_t t = 0; t < 3; ++t) {
        auto trace = std::make_shared<Trace>(*comparison->traces[t]);
        const auto drift = static_cast<double>(t) * 0.4;
        trace->outputs["logits"] = wave({tokens, 6}, drift);
        trace->stacks[0].hidden = {wave({tokens, 12}, 0.0), wave({tokens, 12}, drift / 3.0), wave({tokens, 12}, drift)};
        comparison->traces[t] = std::move(trace);
    }
    comparison->sweep = madeSweep(comparison->study);
    return comparison;
}

}  // namespace ketscope::test
