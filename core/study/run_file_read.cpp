// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/formats/hdf5.h"
#include "core/study/attention_checks.h"
#include "core/study/run_file.h"
#include "core/study/run_file_diagnostics.h"
#include "core/study/run_file_input.h"
#include "core/study/run_file_model.h"
#include "core/study/run_file_repeats.h"
#include "core/study/sweep_file.h"

#include <cmath>
#include <nlohmann/json.hpp>

namespace ketscope {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kMaximumTraces = 64;

// Reads one file; every function throws Error (Input) that names the place in it.
class Reader {
public:
    Reader(const fs::path& path, Monitor& monitor)
        : m_name(path.string()), m_file(Hdf5File::open(path)), m_monitor(monitor)
    {
    }

    ComparisonPointer read()
    {
        checkFormat();
        readInput(m_file, m_name, m_comparison->input);
        if (const auto model = m_file.textAttribute("/", "model"))
            m_model = modelFromJson(parseJson(*model, m_name + ", model"), m_name + ", model");
        readTraces();
        completeImageTokens();
        readModelAndStudy();
        readSweep();
        if (m_file.exists("/labels"))
            m_comparison->outputLabels =
                std::make_shared<const std::vector<std::string>>(m_file.readStrings("/labels"));
        return m_comparison;
    }

private:
    [[noreturn]] void wrong(const std::string& place, const std::string& expected, const std::string& found) const
    {
        refuse({m_name + ", " + place, expected, found, "See the run-file layout in the documentation."});
    }

    void checkFormat() const
    {
        const std::string format = m_file.textAttribute("/", "format").value_or(std::string(kRunFormat));
        const double version = m_file.numberAttribute("/", "version").value_or(kRunVersion);
        if (format != kRunFormat || version != kRunVersion)
            wrong("format", std::string(kRunFormat) + " version " + std::to_string(kRunVersion),
                  format + " version " + std::to_string(static_cast<long>(version)));
        const bool named = m_file.isDataset("/input/tokens") || m_file.isDataset("/input/image_tokens");
        if (!named || !m_file.exists("/traces"))
            wrong("/", "/input/tokens and /traces", "a file without them");
    }

    std::vector<TensorPointer> layersOf(const std::string& path) const
    {
        std::vector<TensorPointer> layers;
        const std::vector<std::size_t> shape = m_file.shape(path);
        for (std::size_t layer = 0; layer < shape[0]; ++layer) {
            m_monitor.check();
            layers.push_back(std::make_shared<const Tensor>(m_file.readFloatsAt(path, {layer})));
        }
        return layers;
    }

    // What a stack's rows and columns are: as the model says, else as its name does.
    std::pair<TokenAxis, TokenAxis> axesOf(const std::string& name) const
    {
        if (m_model)
            for (const StackInfo& stack : m_model->stacks)
                if (stack.name == name)
                    return {stack.queries, stack.keys};
        const TokenAxis keys = name == "vision" || name == "cross" ? TokenAxis::Image : TokenAxis::Text;
        return name == "joint" ? std::pair{TokenAxis::Joint, TokenAxis::Joint}
                               : std::pair{name == "cross" ? TokenAxis::Text : keys, keys};
    }

    // Every extent over the same tokens is the same, in all stacks and traces.
    void checkMaps(const std::string& path, const std::string& name, const std::vector<std::size_t>& shape)
    {
        const auto [queries, keys] = axesOf(name);
        const std::size_t n = m_comparison->input.tokens.size();
        const auto extentOf = [&](TokenAxis axis) {
            return axis == TokenAxis::Text ? std::to_string(n) : std::string(axisName(axis)) + " tokens";
        };
        const auto fits = [&](TokenAxis axis, std::size_t found) {
            const std::size_t known = m_extents.try_emplace(axis, axis == TokenAxis::Text ? n : found).first->second;
            return found > 0 && found == known && (axis != TokenAxis::Joint || found >= n);
        };
        if (shape.size() != 4 || shape[0] == 0 || shape[1] == 0 || !fits(queries, shape[2]) || !fits(keys, shape[3]))
            wrong(path,
                  "(layers, heads, " + extentOf(queries) + ", " + extentOf(keys)
                      + ") values, one row and column a token",
                  shapeText(shape));
    }

    // The stacks in a trace: those of the model in its order, else all that have maps.
    std::vector<std::string> stackNames(const std::string& path) const
    {
        std::vector<std::string> names;
        if (m_model)
            std::ranges::transform(m_model->stacks, std::back_inserter(names), &StackInfo::name);
        else
            names = m_file.members(path);
        std::erase_if(names, [&](const std::string& name) { return !m_file.exists(path + "/" + name + "/attention"); });
        return names;
    }

    StackTrace readStack(const std::string& group, const std::string& name, Trace& trace)
    {
        const std::string path = group + "/attention";
        const std::vector<std::size_t> shape = m_file.shape(path);
        checkMaps(path, name, shape);
        StackTrace stack{.name = name, .attention = layersOf(path)};
        stack.standardError.resize(shape[0]);
        const double first = m_file.numberAttribute(group, "first_computed_layer").value_or(0.0);
        if (!(first >= 0.0 && first <= static_cast<double>(shape[0])))
            wrong(group, "a first computed layer of the stack", "none of it");
        stack.firstComputedLayer = static_cast<std::size_t>(first);
        if (const std::string errors = group + "/attention_standard_error"; m_file.exists(errors)) {
            if (m_file.shape(errors) != shape)
                wrong(errors, shapeText(shape), shapeText(m_file.shape(errors)));
            stack.standardError = layersOf(errors);
        }
        if (const std::string hidden = group + "/hidden_states"; m_file.exists(hidden)) {
            const std::vector<std::size_t> found = m_file.shape(hidden);
            if (found.size() != 3 || found[0] != shape[0] + 1 || found[1] != shape[2])
                wrong(hidden, "(layers + 1, tokens, width) values", shapeText(found));
            stack.hidden = layersOf(hidden);
        }
        readDiagnostics(m_file, group, shape[0], stack);
        dropLayersNotKept(group, stack);
        // Mechanisms of ours say themselves what their rows sum to; about others nothing is known.
        const auto queries = axisMask(m_comparison->input.model, axesOf(name).first, shape[2]);
        const bool ours = m_model && m_file.textAttribute("/", "study");
        for (std::string& doubt : attentionDoubts(stack, queries, !ours))
            trace.warnings.push_back(std::move(doubt));
        return stack;
    }

    // Layers whose maps were not kept are NaN throughout, and the stack says which ones it has.
    void dropLayersNotKept(const std::string& group, StackTrace& stack) const
    {
        const auto kept = m_file.textAttribute(group, "kept_layers");
        if (!kept)
            return;
        const std::vector<std::size_t> layers = parseIndexList(*kept, "kept_layers");
        if (layers.empty() || std::ranges::max(layers) >= stack.attention.size())
            wrong(group, "kept_layers that are layers", "\"" + printable(*kept, 60) + "\"");
        for (std::size_t layer = 0; layer < stack.attention.size(); ++layer)
            if (std::ranges::find(layers, layer) == layers.end())
                stack.attention[layer] = nullptr;
    }

    // The shape of one layer's maps.
    static const std::vector<std::size_t>& mapShape(const StackTrace& stack)
    {
        return (*std::ranges::find_if(stack.attention, [](const auto& maps) { return maps != nullptr; }))->shape();
    }

    static std::string shapeText(const std::vector<std::size_t>& shape)
    {
        std::string text;
        for (const std::size_t extent : shape)
            text += (text.empty() ? "(" : ", ") + std::to_string(extent);
        return text.empty() ? "one value" : text + ")";
    }

    void readTraces()
    {
        const std::vector<std::string> names = m_file.members("/traces");
        if (names.empty() || names.size() > kMaximumTraces)
            wrong("/traces", "1 to " + std::to_string(kMaximumTraces) + " traces", std::to_string(names.size()));
        for (const std::string& name : names) {
            const std::string path = "/traces/" + name;
            auto trace = std::make_shared<Trace>();
            trace->seconds = m_file.numberAttribute(path, "seconds").value_or(0.0);
            for (const std::string& stack : stackNames(path))
                trace->stacks.push_back(readStack(path + "/" + stack, stack, *trace));
            if (m_file.exists(path + "/outputs"))
                for (const std::string& output : m_file.members(path + "/outputs"))
                    trace->outputs[output] =
                        std::make_shared<const Tensor>(m_file.readFloats(path + "/outputs/" + output));
            if (trace->stacks.empty())
                wrong(path, "a stack with an attention array", "none");
            checkSameStacks(*trace, path);
            m_comparison->traces.push_back(std::move(trace));
            m_comparison->recordedTitles.push_back(
                {m_file.textAttribute(path, "mechanism").value_or("Attention " + name), "captured elsewhere"});
        }
    }

    // How many tokens the image has: as long as its own axis, or what is left of a joint one.
    void completeImageTokens()
    {
        EncodedInput& input = m_comparison->input;
        const auto alone = m_extents.find(TokenAxis::Image);
        const auto joint = m_extents.find(TokenAxis::Joint);
        const std::size_t length = alone != m_extents.end()   ? alone->second
                                   : joint != m_extents.end() ? joint->second - input.tokens.size()
                                                              : 0;
        // Other programs name an image's tokens where there is no text as they would name words.
        if (!m_model && m_extents.size() == 1 && input.imageTokens.empty() && input.tokens.size() == length) {
            input.imageTokens = std::exchange(input.tokens, {});
            static_cast<TextInput&>(input.model) = {};
        }
        if (length > 0)
            completeImage(m_file, m_name, length, m_model ? m_model->image : std::nullopt, input);
    }

    void checkSameStacks(const Trace& trace, const std::string& path) const
    {
        if (m_comparison->traces.empty())
            return;
        const std::vector<StackTrace>& first = m_comparison->traces.front()->stacks;
        bool same = trace.stacks.size() == first.size();
        for (std::size_t s = 0; same && s < first.size(); ++s)
            same = trace.stacks[s].name == first[s].name
                   && trace.stacks[s].attention.size() == first[s].attention.size()
                   && mapShape(trace.stacks[s]) == mapShape(first[s]);
        if (!same)
            wrong(path, "the same stacks and shapes as the first trace", "others");
    }

    // What an unknown model is: as many layers and heads as its arrays have.
    ModelInfo modelFromArrays() const
    {
        ModelInfo model;
        model.architecture = m_file.textAttribute("/", "architecture").value_or("unknown");
        model.title = model.architecture;
        for (const StackTrace& stack : m_comparison->traces.front()->stacks)
            model.stacks.push_back({.name = stack.name,
                                    .layers = stack.attention.size(),
                                    .heads = mapShape(stack)[0],
                                    .width = stack.hidden.empty() ? 0 : stack.hidden.front()->shape()[1],
                                    .queries = axesOf(stack.name).first,
                                    .keys = axesOf(stack.name).second});
        return model;
    }

    void checkModelFits(const ModelInfo& model) const
    {
        const std::vector<StackTrace>& stacks = m_comparison->traces.front()->stacks;
        bool fits = model.stacks.size() == stacks.size();
        for (std::size_t s = 0; fits && s < stacks.size(); ++s)
            fits = model.stacks[s].name == stacks[s].name && model.stacks[s].layers == stacks[s].attention.size()
                   && model.stacks[s].heads == mapShape(stacks[s])[0];
        if (!fits)
            wrong("model", "the stacks of the arrays", "others");
    }

    // A model that was moved with the file is where the file says; one that was not is named as it was.
    void findModel()
    {
        const std::string way = m_file.textAttribute("/", "model_path_relative").value_or("");
        if (way.empty())
            return;
        std::error_code error;
        const fs::path found = fs::weakly_canonical(fs::absolute(m_name).parent_path() / way, error);
        if (error || !fs::exists(found, error) || fs::equivalent(found, m_comparison->model.path, error))
            return;
        m_comparison->model.path = found;
        m_comparison->study.modelPath = found.string();
    }

    std::vector<std::string> givenText() const
    {
        return m_file.exists("/input/text") ? m_file.readStrings("/input/text") : std::vector<std::string>();
    }

    // A sweep costs more time than all of the rest; of other weights it would say nothing about this run.
    void readSweep()
    {
        const std::string group(kSweepGroup);
        if (!m_file.isGroup(group))
            return;
        auto sweep = std::make_shared<Sweep>(readSweepGroup(m_file, group, m_name + ", " + group));
        if (sweep->weightsSha256 != m_comparison->weightsSha256)
            wrong(group, "a sweep of this file's model", "one of other weights");
        sweep->model = m_comparison->model;
        m_comparison->sweep = std::move(sweep);
    }

    void readModelAndStudy()
    {
        const auto study = m_file.textAttribute("/", "study");
        m_comparison->model = m_model.value_or(modelFromArrays());
        checkModelFits(m_comparison->model);
        m_comparison->model.path = m_file.textAttribute("/", "model_path").value_or("");
        m_comparison->weightsSha256 = m_file.textAttribute("/", "model_sha256").value_or("");
        if (study && m_model)
            m_comparison->study = studyFromJson(parseJson(*study, m_name + ", study"), m_name + ", study");
        findModel();
        if (std::optional<PictureInput>& image = m_comparison->study.input.image)
            image->pixels = m_comparison->input.picture;
        const bool own = m_comparison->study.candidates.size() + 1 == m_comparison->traces.size() && study && m_model;
        if (own)
            m_comparison->recordedTitles.clear();
        else if (const auto text = givenText(); !text.empty())
            m_comparison->study.input.text = text.front();
        m_comparison->plans.resize(m_comparison->traces.size());
        for (std::size_t i = 0; own && i < m_comparison->traces.size(); ++i)
            m_comparison->plans[i] = std::make_shared<const HeadPlan>(resolve(
                i > 0 ? m_comparison->study.candidates[i - 1] : Plan{}, m_comparison->model, m_comparison->study.seed));
        if (own)
            readRepeatsOfAll();
        m_comparison->study.selection = clamped(m_comparison->study.selection, *m_comparison);
    }

    void readRepeatsOfAll()
    {
        const std::vector<std::string> names = m_file.members("/traces");
        for (std::size_t i = 1; i < names.size(); ++i)
            if (const auto repeats = readRepeats(m_file, m_name, "/traces/" + names[i], m_comparison->traces[i],
                                                 m_comparison->study.candidates[i - 1]))
                m_comparison->repeats = withRepeatsOf(m_comparison->repeats.get(), *repeats);
    }

    std::string m_name;
    Hdf5File m_file;
    Monitor& m_monitor;
    std::optional<ModelInfo> m_model;            // as the file says
    std::map<TokenAxis, std::size_t> m_extents;  // tokens of each axis, as found first
    std::shared_ptr<Comparison> m_comparison = std::make_shared<Comparison>();
};

}  // namespace

ComparisonPointer readRunFile(const fs::path& file, Monitor& monitor) { return Reader(file, monitor).read(); }

}  // namespace ketscope
