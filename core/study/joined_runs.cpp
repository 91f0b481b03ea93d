// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/study/joined_runs.h"

#include "core/base/error.h"
#include "core/formats/hdf5.h"
#include "core/study/run_file_model.h"

namespace ketscope {

namespace {

// One trace for the baseline and one for each candidate, as the study has them.
std::vector<std::shared_ptr<const Trace>> tracesOf(const Hdf5File& file, const std::string& group, std::size_t count)
{
    std::vector<std::shared_ptr<const Trace>> traces;
    for (std::size_t index = 0; index < count; ++index) {
        const std::string path = group + "/traces/" + traceTag(index);
        if (!file.isGroup(path))
            refuse({path, "a trace for every candidate of the study", "none", ""});
        auto trace = std::make_shared<Trace>();
        trace->seconds = file.numberAttribute(path, "seconds").value_or(0.0);
        traces.push_back(std::move(trace));
    }
    return traces;
}

ComparisonPointer readRun(const Hdf5File& file, const std::string& group, const std::string& where)
{
    const auto text = [&](const char* name) {
        const auto found = file.textAttribute(group, name);
        if (!found)
            refuse({where, "an attribute \"" + std::string(name) + "\"", "none", "Join the run files again."});
        return *found;
    };
    if (text("format") != kRunFormat)
        refuse({where, "a run", "\"" + printable(text("format"), 60) + "\"", "Join the run files again."});
    auto run = std::make_shared<Comparison>();
    run->model = modelFromJson(parseJson(text("model"), where + ", model"), where + ", model");
    run->model.path = text("model_path");
    run->weightsSha256 = text("model_sha256");
    run->study = studyFromJson(parseJson(text("study"), where + ", study"), where + ", study");
    run->traces = tracesOf(file, group, run->study.candidates.size() + 1);
    run->plans.resize(run->traces.size());
    for (std::size_t index = 0; index < run->plans.size(); ++index)
        run->plans[index] = std::make_shared<const HeadPlan>(
            resolve(index > 0 ? run->study.candidates[index - 1] : Plan{}, run->model, run->study.seed));
    if (const std::string tokens = group + "/input/tokens"; file.isDataset(tokens))
        for (const std::string& token : file.readStrings(tokens)) {
            run->input.tokens.emplace_back();
            run->input.tokens.back().display = token;
        }
    return run;
}

}  // namespace

bool isJoinedRuns(const std::filesystem::path& file)
{
    try {
        return Hdf5File::open(file).textAttribute("/", "format") == kJoinedFormat;
    } catch (const Error&) {
        return false;
    }
}

std::vector<JoinedRun> readJoinedRuns(const std::filesystem::path& path, Monitor& monitor)
{
    const Hdf5File file = Hdf5File::open(path);
    if (file.textAttribute("/", "format") != kJoinedFormat || file.numberAttribute("/", "version") != 1.0
        || !file.isGroup("/runs"))
        refuse({path.string(), "runs that ketscope join wrote", "another file", ""});
    std::vector<JoinedRun> runs;
    for (const std::string& name : file.members("/runs")) {
        monitor.check();
        const std::string group = "/runs/" + name;
        runs.push_back({name, readRun(file, group, path.string() + ", " + group)});
    }
    return runs;
}

}  // namespace ketscope
