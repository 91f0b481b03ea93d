// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/tasks/grounding.h"

#include "core/base/error.h"
#include "core/study/alignment_stacks.h"
#include "core/study/labelled_boxes.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

namespace ketscope {

namespace {

constexpr std::size_t kCandidates = 64;  // pictures whose captions are held against each other

// What is measured of every item: [seed][item][trace].
struct Items {
    std::string title;
    std::string unit;
    std::vector<std::vector<std::vector<double>>> seeds = {};
};

// The vectors that a trace compares: one each, or one for each word and patch.
struct Vectors {
    TensorPointer text;
    TensorPointer image;
    TensorPointer words;
    TensorPointer patches;
};

// How well a caption's words find their best patch.
double lateScore(const Vectors& text, const Vectors& image, std::span<const std::uint8_t> counts, std::size_t patches)
{
    const MatrixView all = image.patches->matrix();
    const Tensor values = cosines(text.words->matrix(), all.middleRows(all.rows - patches, patches));
    return lateInteraction(values.matrix(), counts).textScore;
}

double globalScore(const Vectors& text, const Vectors& image)
{
    return static_cast<double>(cosines(text.text->matrix().middleRows(0, 1), image.image->matrix()).matrix()(0, 0));
}

// Whether all items are 0 or 1: then the interval is exact.
bool isBinary(const std::vector<double>& values)
{
    return std::ranges::all_of(values, [](double value) { return value == 0.0 || value == 1.0; });
}

Interval intervalOf(const std::vector<double>& values)
{
    if (!isBinary(values))
        return meanInterval(values);
    return binomialInterval(static_cast<std::size_t>(std::ranges::count(values, 1.0)), values.size());
}

class Grounding {
public:
    Grounding(const LoadedModel& model, const std::vector<CaptionedPicture>& pictures, const EvaluationRequest& request)
        : m_model(model), m_pictures(pictures), m_request(request), m_vectors(request.candidates.size() + 1)
    {
        m_study.modelPath = model.model->info().path.string();
        m_study.candidates = request.candidates;
        m_study.view.alignment.reduction = HeadReduction::MeanOfHeads;
    }

    GroundingEvaluation run(Monitor& monitor)
    {
        const std::size_t seeds = seedsOf(m_request);
        GroundingEvaluation result;
        for (std::size_t i = 0; i < m_pictures.size(); ++i) {
            setPicture(m_pictures[i]);
            ComparisonPointer run;
            for (m_seed = 0; m_seed < seeds; ++m_seed) {
                monitor.check();
                monitor.progress(static_cast<double>(i * seeds + m_seed)
                                     / static_cast<double>(m_pictures.size() * seeds),
                                 "Picture " + std::to_string(i + 1) + " of " + std::to_string(m_pictures.size()));
                QuietMonitor quiet(monitor);
                m_study.seed = m_request.seed + m_seed;
                run = runStudy(m_study, m_model, run, m_request.threads, quiet);
                judgeCaptions(*run, m_pictures[i]);
                judgeWords(*run);
                keepVectors(*run);
            }
            if (i == 0)
                describeTraces(*run, result.titles, result.published);
        }
        rankCaptions(monitor);
        finish(result);
        return result;
    }

private:
    void setPicture(const CaptionedPicture& picture)
    {
        m_study.input.image = PictureInput{picture.file.string(), picture.pixels};
        m_study.input.labels = {picture.caption};
        for (const FalseCaption& caption : picture.falseCaptions)
            m_study.input.labels.push_back(caption.text);
    }

    void add(const std::string& id, const std::string& title, const std::string& unit, std::vector<double> ofTraces)
    {
        const auto [found, isNew] = m_items.try_emplace(id, Items{title, unit});
        if (isNew)
            m_order.push_back(id);
        auto& seeds = found->second.seeds;
        seeds.resize(std::max(seeds.size(), m_seed + 1));
        seeds[m_seed].push_back(std::move(ofTraces));
    }

    // `holds`: whether a trace's scores of all texts say so.
    template <typename Holds>
    void addCaption(const Comparison& run, const std::string& id, const std::string& title, const Holds& holds)
    {
        std::vector<double> values;
        for (const auto& trace : run.traces)
            values.push_back(holds(scoresOfTexts(*trace)) ? 1.0 : 0.0);
        add(id, title, "of captions", std::move(values));
    }

    void judgeCaptions(const Comparison& run, const CaptionedPicture& picture)
    {
        using Scores = std::vector<float>;
        const bool matching = run.traces.front()->outputs.contains("itm_logits");
        if (matching)
            addCaption(run, "accepted", "Caption accepted", [](const Scores& scores) { return scores[0] > 0.0F; });
        for (std::size_t i = 0; i < picture.falseCaptions.size(); ++i) {
            const std::string& wrong = picture.falseCaptions[i].wrong;
            if (matching)
                addCaption(run, "refused:" + wrong, "Refused when wrong in: " + wrong,
                           [i](const Scores& scores) { return !(scores[i + 1] > 0.0F); });
            addCaption(run, "above:" + wrong, "Caption above one wrong in: " + wrong,
                       [i](const Scores& scores) { return scores[0] > scores[i + 1]; });
        }
    }

    void judgeWords(const Comparison& run)
    {
        for (const LabelledBox& box : labelledBoxes(run)) {
            if (box.tokens.empty())
                continue;
            if (m_seed == 0) {
                const auto inside = middlesInBox(*run.input.patches, box.box);
                m_chances.push_back(static_cast<double>(std::ranges::count(inside, 1))
                                    / static_cast<double>(inside.size()));
            }
            for (const AlignmentMethod& method : alignmentMethods())
                if (method.obstacle(run).empty() && !method.sparse && method.id != "relevance")
                    judgeMethod(run, method, box);
        }
    }

    void judgeMethod(const Comparison& run, const AlignmentMethod& method, const LabelledBox& box)
    {
        Comparison view = run;
        view.study.view.alignment.method = method.id;
        const AlignmentSource source = alignmentSource(view);
        if (!source.perToken)
            return;
        const std::size_t layers = method.usesHeads ? run.model.stacks[*source.stack].layers : 1;
        for (std::size_t layer = 0; layer < layers; ++layer) {
            if (source.stack)
                view.study.selection.stack = *source.stack;
            view.study.selection.layer = layer;
            const auto maps = alignmentMaps(view);
            const std::vector<BoxReading> found = readBoxes(view, *maps, {.tokens = box.tokens}, {box});
            const std::string id = ":" + method.id + (method.usesHeads ? ":" + std::to_string(layer) : "");
            const std::string where = method.title + ", " + placeOf(maps->source, view);
            for (const BoxReading& reading : found) {
                add("points" + id, "Points into the box: " + where, "of words",
                    {reading.points.begin(), reading.points.end()});
                if (!method.similarity)
                    add("mass" + id, "Mass on the box: " + where, "of weight", reading.mass);
            }
        }
    }

    void keepVectors(const Comparison& run)
    {
        if (m_seed > 0 || run.model.task != Task::ImageTextContrast)
            return;
        std::vector<std::uint8_t> counts;
        for (const Token& token : run.input.tokens)
            counts.push_back(token.padding ? 0 : 1);
        m_counts.push_back(std::move(counts));
        m_patches = run.input.patches->patches();
        for (std::size_t t = 0; t < run.traces.size(); ++t) {
            const auto& outputs = run.traces[t]->outputs;
            m_vectors[t].push_back({outputs.at("text_embeds"), outputs.at("image_embeds"), outputs.at(kTextEmbeds),
                                    outputs.at(kImageEmbeds)});
        }
    }

    // The captions of up to 64 pictures held against each, with the first seed.
    void rankCaptions(Monitor& monitor)
    {
        m_seed = 0;
        for (std::size_t first = 0; first < m_counts.size(); first += kCandidates) {
            const std::size_t count = std::min(kCandidates, m_counts.size() - first);
            if (count < std::min(kCandidates, m_counts.size()))
                return;  // a last group would be easier than the others
            const std::string among = "Right caption first of " + std::to_string(count);
            for (std::size_t image = first; image < first + count; ++image) {
                monitor.check();
                std::vector<double> byModel, late;
                for (const std::vector<Vectors>& vectors : m_vectors) {
                    const auto isFirst = [&](const auto& score) {
                        const double own = score(image);
                        for (std::size_t text = first; text < first + count; ++text)
                            if (text != image && !(own > score(text)))
                                return 0.0;
                        return 1.0;
                    };
                    byModel.push_back(
                        isFirst([&](std::size_t text) { return globalScore(vectors[text], vectors[image]); }));
                    late.push_back(isFirst([&](std::size_t text) {
                        return lateScore(vectors[text], vectors[image], m_counts[text], m_patches);
                    }));
                }
                add("first", among + ", the model's similarity", "of pictures", std::move(byModel));
                add("first:late", among + ", late interaction", "of pictures", std::move(late));
            }
        }
    }

    void finish(GroundingEvaluation& result) const
    {
        result.pictures = m_pictures.size();
        result.words = m_chances.size();
        if (!m_chances.empty())
            result.chance =
                std::accumulate(m_chances.begin(), m_chances.end(), 0.0) / static_cast<double>(m_chances.size());
        for (const std::string& id : m_order)
            result.figures.push_back(figureOf(id, m_items.at(id)));
    }

    static GroundingFigure figureOf(const std::string& id, const Items& items)
    {
        const std::size_t count = items.seeds.front().size(), traces = items.seeds.front().front().size();
        GroundingFigure figure{id, items.title, items.unit, count, {}, {}};
        std::vector<double> baseline;
        for (std::size_t t = 0; t < traces; ++t) {
            std::vector<double> values(count), differences(count);
            for (std::size_t i = 0; i < count; ++i) {
                for (const auto& seed : items.seeds)
                    values[i] += seed[i][t] / static_cast<double>(items.seeds.size());
                differences[i] = values[i] - (t == 0 ? values[i] : baseline[i]);
            }
            figure.values.push_back(intervalOf(values));
            figure.differences.push_back(pairedDifference(differences));
            if (t == 0)
                baseline = std::move(values);
        }
        return figure;
    }

    const LoadedModel& m_model;
    const std::vector<CaptionedPicture>& m_pictures;
    const EvaluationRequest& m_request;
    Study m_study;
    std::size_t m_seed = 0;
    std::map<std::string, Items> m_items;
    std::vector<std::string> m_order;
    std::vector<double> m_chances;
    std::vector<std::vector<Vectors>> m_vectors;      // [trace][picture]
    std::vector<std::vector<std::uint8_t>> m_counts;  // [picture][token]: 0 = padding
    std::size_t m_patches = 0;
};

}  // namespace

GroundingEvaluation evaluateGrounding(const LoadedModel& model, const std::vector<CaptionedPicture>& pictures,
                                      const EvaluationRequest& request, Monitor& monitor)
{
    requireSeveralTexts(model);
    if (pictures.empty())
        refuse({"pictures", "at least one", "none", "Give more."});
    return Grounding(model, pictures, request).run(monitor);
}

}  // namespace ketscope
