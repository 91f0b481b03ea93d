// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/study/captured_attention.h"

#include "core/base/error.h"
#include "core/formats/mapped_file.h"
#include "core/study/attention_checks.h"
#include "core/study/captured_arrays.h"
#include "core/study/run_file.h"
#include "core/study/token_list.h"

#include <algorithm>

namespace ketscope {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kMaximumTraces = 64;

std::string shapeText(const std::vector<std::size_t>& shape)
{
    std::string text;
    for (const std::size_t extent : shape)
        text += (text.empty() ? "(" : ", ") + std::to_string(extent);
    return text.empty() ? "one value" : text + ")";
}

// (L, H, N, M), with ones for the axes that an array leaves out.
std::vector<std::size_t> fullShape(const std::vector<std::size_t>& shape)
{
    std::vector<std::size_t> full(4 - shape.size(), 1);
    full.insert(full.end(), shape.begin(), shape.end());
    return full;
}

bool couldBeAttention(const std::vector<std::size_t>& shape, std::size_t tokens)
{
    return shape.size() >= 2 && shape.size() <= 4 && shape[shape.size() - 2] == tokens
           && std::ranges::all_of(shape, [](std::size_t extent) { return extent > 0; });
}

bool namedAttention(const std::string& name)
{
    std::string lower = name;
    std::ranges::transform(lower, lower.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    return lower.find("att") != std::string::npos;
}

// Makes a comparison of plain arrays.
class Assembly {
public:
    Assembly(const fs::path& file, Monitor& monitor) : m_file(file), m_name(file.string()), m_monitor(monitor) {}

    ComparisonPointer make(const CapturedArrays& arrays)
    {
        if (arrays.arrays.empty())
            refuse({m_name, "attention, as arrays of numbers", "none", "Save the attention in it."});
        readTokens(arrays);
        const std::vector<const CapturedArray*> chosen = choose(arrays.arrays);
        describe(fullShape(chosen.front()->shape));
        for (const CapturedArray* array : chosen)
            addTrace(*array);
        m_comparison->study.selection = clamped({}, *m_comparison);
        return m_comparison;
    }

private:
    void readTokens(const CapturedArrays& arrays)
    {
        std::optional<std::vector<std::string>> pieces = arrays.tokens;
        std::string where = m_name + ", tokens";
        if (!pieces) {
            const auto beside = tokensFileBeside(m_file);
            if (!beside)
                refuse({m_name, "the tokens, as 'tokens' in the file or a file beside it", "none",
                        "Write " + fs::path(m_file).replace_extension(".txt").filename().string()
                            + " with one token a line."});
            where = beside->string();
            pieces = readTokensFile(*beside);
        }
        EncodedInput& input = m_comparison->input;
        input.tokens = tokensOfPieces(*pieces, where);
        input.model.tokenIds.assign(input.tokens.size(), 0);
        input.model.attentionMask.assign(input.tokens.size(), 1);
        input.model.tokenTypes.assign(input.tokens.size(), 0);
    }

    // The arrays that are attention over the tokens: those that say so in their names, else all; of one shape.
    std::vector<const CapturedArray*> choose(const std::vector<CapturedArray>& arrays)
    {
        const std::size_t n = m_comparison->input.tokens.size();
        std::vector<const CapturedArray*> chosen;
        for (const CapturedArray& array : arrays)
            if (couldBeAttention(array.shape, n))
                chosen.push_back(&array);
        const auto named = [](const CapturedArray* array) { return namedAttention(array->name); };
        if (std::ranges::any_of(chosen, named))
            std::erase_if(chosen, [&](const CapturedArray* array) { return !named(array); });
        if (chosen.empty())
            refuse({m_name,
                    "attention of shape (layers, heads, " + std::to_string(n) + ", keys), (heads, " + std::to_string(n)
                        + ", keys) or (" + std::to_string(n) + ", keys) for " + std::to_string(n) + " tokens",
                    listed(arrays), "Check that arrays and tokens belong together."});
        const std::vector<std::size_t> shape = chosen.front()->shape;
        std::erase_if(chosen, [&](const CapturedArray* array) { return array->shape != shape; });
        if (chosen.size() > kMaximumTraces)
            refuse({m_name, "at most " + std::to_string(kMaximumTraces) + " arrays", std::to_string(chosen.size()),
                    "Stack the layers into one array."});
        noteOthers(arrays, chosen);
        return chosen;
    }

    static std::string listed(const std::vector<CapturedArray>& arrays)
    {
        std::string text;
        for (const CapturedArray& array : arrays)
            text += (text.empty() ? "" : ", ") + printable(array.name, 60) + " " + shapeText(array.shape);
        return text;
    }

    void noteOthers(const std::vector<CapturedArray>& arrays, const std::vector<const CapturedArray*>& chosen)
    {
        std::vector<CapturedArray> others;
        for (const CapturedArray& array : arrays)
            if (std::ranges::find(chosen, &array) == chosen.end())
                others.push_back(array);
        if (!others.empty())
            m_comparison->input.notices.push_back("Left out: " + printable(listed(others), 300) + ".");
    }

    void describe(const std::vector<std::size_t>& shape)
    {
        ModelInfo& model = m_comparison->model;
        model.architecture = "unknown";
        model.title = printable(m_file.stem().string(), 80);
        const bool square = shape[2] == shape[3];
        model.stacks.push_back({.name = square ? "text" : "cross",
                                .layers = shape[0],
                                .heads = shape[1],
                                .keys = square ? TokenAxis::Text : TokenAxis::Image});
    }

    void addTrace(const CapturedArray& array)
    {
        const std::vector<std::size_t> shape = fullShape(array.shape);
        auto trace = std::make_shared<Trace>();
        trace->stacks.push_back({.name = m_comparison->model.stacks.front().name});
        StackTrace& stack = trace->stacks.front();
        for (std::size_t layer = 0; layer < shape[0]; ++layer) {
            m_monitor.check();
            Tensor maps({shape[1], shape[2], shape[3]});
            array.readLayer(layer, maps.values());
            stack.attention.push_back(std::make_shared<const Tensor>(std::move(maps)));
        }
        stack.standardError.resize(shape[0]);
        trace->warnings = attentionDoubts(stack, {}, true);
        m_comparison->traces.push_back(std::move(trace));
        m_comparison->recordedTitles.push_back({printable(array.name, 60), "captured elsewhere"});
        m_comparison->plans.push_back(nullptr);
    }

    fs::path m_file;
    std::string m_name;
    Monitor& m_monitor;
    std::shared_ptr<Comparison> m_comparison = std::make_shared<Comparison>();
};

std::string headOf(const fs::path& file)
{
    const MappedFile mapped(file);
    return std::string(mapped.text().substr(0, 8));
}

}  // namespace

ComparisonPointer readComparison(const fs::path& file, Monitor& monitor)
{
    const std::string head = headOf(file);
    if (head.starts_with("\x93NUMPY"))
        return Assembly(file, monitor).make(openNpy(file));
    if (head.starts_with("PK\x03\x04") || head.starts_with("PK\x05\x06"))
        return Assembly(file, monitor).make(openNpz(file));
    if (const auto arrays = openPlainHdf5(file))
        return Assembly(file, monitor).make(*arrays);
    return readRunFile(file, monitor);
}

}  // namespace ketscope
