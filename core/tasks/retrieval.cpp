// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/tasks/retrieval.h"

#include "core/base/error.h"
#include "core/formats/json_fields.h"
#include "core/study/scene_list.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

namespace ketscope {

namespace {

// [trace][seed][picture]: the scores of all captions, then of the negatives.
using Scores = std::vector<std::vector<std::vector<std::vector<float>>>>;

TextEvaluation blank(const std::vector<CaptionedPicture>& pictures, std::size_t traces, bool ofText)
{
    TextEvaluation evaluation;
    for (std::size_t i = 0; i < pictures.size(); ++i) {
        const std::string file = pictures[i].file.filename().string();
        evaluation.texts.push_back({ofText ? pictures[i].caption : file, i});
        evaluation.classes.push_back(ofText ? file : pictures[i].caption);
    }
    evaluation.traces.resize(traces);
    return evaluation;
}

void fill(const std::vector<CaptionedPicture>& pictures, const std::vector<std::vector<float>>& scores,
          std::size_t trace, RetrievalEvaluation& into)
{
    const std::size_t count = pictures.size();
    for (TextEvaluation* each : {&into.textOfImage, &into.imageOfText, &into.negatives})
        each->traces[trace].emplace_back();
    std::size_t negative = count;
    for (std::size_t i = 0; i < count; ++i) {
        addAnswer(std::span(scores[i]).first(count), i, into.textOfImage.traces[trace].back());
        std::vector<float> column(scores.size());
        std::ranges::transform(scores, column.begin(), [i](const std::vector<float>& row) { return row[i]; });
        addAnswer(column, i, into.imageOfText.traces[trace].back());
        if (!pictures[i].negative.empty())
            addAnswer(std::vector{scores[i][i], scores[i][negative++]}, 0, into.negatives.traces[trace].back());
    }
}

// Also says in `titles` what the traces are.
Scores measureScores(const LoadedModel& model, const std::vector<CaptionedPicture>& pictures,
                     const EvaluationRequest& request, TextEvaluation& titles, Monitor& monitor)
{
    Study study{.modelPath = model.model->info().path.string(), .candidates = request.candidates};
    for (const CaptionedPicture& picture : pictures)
        study.input.labels.push_back(picture.caption);
    for (const CaptionedPicture& picture : pictures)
        if (!picture.negative.empty())
            study.input.labels.push_back(picture.negative);
    const std::size_t seeds = seedsOf(request);
    Scores scores(1 + request.candidates.size());
    for (std::size_t i = 0; i < pictures.size(); ++i) {
        study.input.image = PictureInput{pictures[i].file.string(), pictures[i].pixels};
        ComparisonPointer run;
        for (std::size_t seed = 0; seed < seeds; ++seed) {
            monitor.check();
            monitor.progress(static_cast<double>(i * seeds + seed) / static_cast<double>(pictures.size() * seeds),
                             "Picture " + std::to_string(i + 1) + " of " + std::to_string(pictures.size()));
            QuietMonitor quiet(monitor);
            study.seed = request.seed + seed;
            run = runStudy(study, model, run, request.threads, quiet);
            for (std::size_t t = 0; t < scores.size(); ++t) {
                if (seed > 0 && (t == 0 || !leavesToChance(request.candidates[t - 1])))
                    continue;
                scores[t].resize(std::max(scores[t].size(), seed + 1));
                scores[t][seed].push_back(scoresOfTexts(*run->traces[t]));
            }
        }
        if (i == 0)
            describeTraces(*run, titles.titles, titles.published);
    }
    return scores;
}

void checkPictures(const LoadedModel& model, const std::vector<CaptionedPicture>& pictures)
{
    requireSeveralTexts(model);
    std::set<std::string> captions;
    for (const CaptionedPicture& picture : pictures)
        if (!captions.insert(picture.caption).second)
            refuse({picture.file.string(), "captions that differ", "\"" + printable(picture.caption, 80) + "\" twice",
                    "Take one of them out."});
    if (pictures.size() < 2)
        refuse({"pictures", "at least two", std::to_string(pictures.size()), "Give more."});
}

std::vector<FalseCaption> falseCaptions(const Json& entry, const std::filesystem::path& file)
{
    std::vector<FalseCaption> captions;
    if (!entry.contains("false_captions"))
        return captions;
    for (const Json& each : entry["false_captions"]) {
        const JsonFields fields(each, file.string());
        captions.push_back({fields.text("text"), fields.text("wrong")});
    }
    return captions;
}

}  // namespace

std::vector<float> scoresOfTexts(const Trace& trace)
{
    if (const auto cosines = trace.outputs.find("logits_per_image"); cosines != trace.outputs.end()) {
        const std::span<const float> row = cosines->second->matrix().row(0);
        return {row.begin(), row.end()};
    }
    const MatrixView matches = trace.outputs.at("itm_logits")->matrix();
    std::vector<float> scores;
    for (std::size_t i = 0; i < matches.rows; ++i)
        scores.push_back(matches(i, 1) - matches(i, 0));
    return scores;
}

void requireSeveralTexts(const LoadedModel& model)
{
    const ModelInfo& info = model.model->info();
    if (!info.image || !info.takesFurtherTexts)
        refuse({info.path.string(), "a model that holds an image against several texts",
                std::string(taskName(info.task)), "Choose another model or task."});
}

std::vector<CaptionedPicture> readCaptionedPictures(const std::filesystem::path& folder)
{
    const std::filesystem::path file = folder / kSceneList;
    std::vector<CaptionedPicture> pictures;
    for (const Json& entry : readSceneList(folder)) {
        const JsonFields fields(entry, file.string());
        const auto text = [&](const char* key) { return fields.has(key) ? fields.text(key) : std::string(); };
        if (text("caption").empty())
            refuse({file.string(), "a \"caption\" in every entry", "none for " + printable(text("image"), 80), ""});
        pictures.push_back(
            {folder / text("image"), text("caption"), text("hard_negative"), {}, falseCaptions(entry, file)});
    }
    return pictures;
}

RetrievalEvaluation evaluateRetrieval(const LoadedModel& model, const std::vector<CaptionedPicture>& pictures,
                                      const EvaluationRequest& request, Monitor& monitor)
{
    checkPictures(model, pictures);
    const std::size_t traces = 1 + request.candidates.size();
    RetrievalEvaluation result{blank(pictures, traces, false), blank(pictures, traces, true), {}};
    result.negatives.classes = {"caption", "negative"};
    result.negatives.traces.resize(traces);
    for (const CaptionedPicture& picture : pictures)
        if (!picture.negative.empty())
            result.negatives.texts.push_back({picture.caption, 0});
    const Scores scores = measureScores(model, pictures, request, result.textOfImage, monitor);
    for (TextEvaluation* each : {&result.imageOfText, &result.negatives}) {
        each->titles = result.textOfImage.titles;
        each->published = result.textOfImage.published;
    }
    for (std::size_t t = 0; t < scores.size(); ++t)
        for (const auto& seed : scores[t])
            fill(pictures, seed, t, result);
    return result;
}

}  // namespace ketscope
